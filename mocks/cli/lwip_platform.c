/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP's memory and time, taken from the guest in which it runs.
 */
#include <lwip/init.h>
#include <lwip/mem.h>
#include <lwip/sys.h>
#include <string.h>

#include "mocks/cli/lwip_platform.h"

#define NANOSECONDS_PER_MILLISECOND 1000000u

/** What lies before each piece, as long as port_alloc() aligns. */
struct lwip_piece {
	struct lwip_piece *previous, *next;
};

/* lwIP names no instance in its calls: what serves them is global. */
static struct port *lwip_port;
static struct lwip_piece lwip_pieces = {&lwip_pieces, &lwip_pieces};
static unsigned lwip_live, lwip_timers;

void lwip_platform_init(struct port *port)
{
	lwip_port = port;
	lwip_live = 0;
	lwip_init();
	lwip_timers = lwip_live;
}

unsigned lwip_platform_release(void)
{
	unsigned leaked = lwip_live - lwip_timers;

	while (lwip_pieces.next != &lwip_pieces)
		mem_free(lwip_pieces.next + 1);
	return leaked;
}

void *mem_malloc(mem_size_t size)
{
	struct lwip_piece *piece;

	if (size > SIZE_MAX - sizeof(*piece))
		return NULL;
	piece = port_alloc(lwip_port, sizeof(*piece) + size, "lwip");
	if (!piece)
		return NULL;
	piece->previous = &lwip_pieces;
	piece->next = lwip_pieces.next;
	piece->next->previous = piece;
	lwip_pieces.next = piece;
	lwip_live++;
	return piece + 1;
}

void *mem_calloc(mem_size_t count, mem_size_t size)
{
	if (size && count > SIZE_MAX / size)
		return NULL;
	return mem_malloc(count * size);
}

/** What is not needed at the end stays. */
void *mem_trim(void *mem, mem_size_t size)
{
	(void)size;
	return mem;
}

void mem_free(void *mem)
{
	struct lwip_piece *piece = mem;

	if (!mem)
		return;
	piece--;
	piece->previous->next = piece->next;
	piece->next->previous = piece->previous;
	lwip_live--;
	port_free(lwip_port, piece);
}

u32_t sys_now(void)
{
	return (u32_t)(port_time(lwip_port) / NANOSECONDS_PER_MILLISECOND);
}
