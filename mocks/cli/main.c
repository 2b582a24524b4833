/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command, which is in cli.c so that tests can link it.
 */
#include "mocks/cli/cli.h"

int main(int argc, char *argv[])
{
	return cli_main(argc, argv);
}
