/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS over USB, as others spoke it, through the RNDIS code of the driver and
 * of the host: each message to the device is read as the host reads it, each
 * from the device as the driver does, answers are matched with questions, and
 * packets are written anew and compared.
 */
#ifndef MOCKS_CLI_USBMON_REPLAY_H
#define MOCKS_CLI_USBMON_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "mocks/cli/cli.h"

/**
 * Replay captures of usbmon, and print what was found.
 * @return CLI_FAIL if a message was refused or an answer fits no question;
 *	else CLI_USAGE if a capture was bad; else CLI_SKIP without any message
 */
enum cli_exit usbmon_replay(char *const paths[], size_t count, bool is_json);

#endif /* MOCKS_CLI_USBMON_REPLAY_H */
