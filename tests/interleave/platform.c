/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest's platform: words shared with the host, through the explorer. It
 * has what a ring needs.
 */
#include "tests/interleave/platform_internal.h"

uint32_t shared_load32(struct port *port, const le32 *word)
{
	return explorer_load(port->explorer, word);
}

void shared_store32(struct port *port, le32 *word, uint32_t value)
{
	explorer_store(port->explorer, word, value);
}

void shared_fence(struct port *port)
{
	explorer_fence(port->explorer);
}

void shared_read(struct port *port, void *to, const void *from, size_t bytes)
{
	explorer_read(port->explorer, to, from, bytes);
}

void shared_write(struct port *port, void *to, const void *from, size_t bytes)
{
	explorer_write(port->explorer, to, from, bytes);
}
