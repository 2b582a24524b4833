/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the border's struct port is here.
 */
#ifndef INTERLEAVE_PLATFORM_INTERNAL_H
#define INTERLEAVE_PLATFORM_INTERNAL_H

#include "port/port.h"
#include "tests/interleave/explorer.h"

struct port {
	struct explorer *explorer;
};

#endif /* INTERLEAVE_PLATFORM_INTERNAL_H */
