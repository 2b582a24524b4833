/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose turn it is at a queue.
 *
 * nic.h has each queue used by one caller at a time, who needs no lock. What
 * touches all queues of a card, such as bringing it up anew after an error,
 * waits until nobody is in one of them and has nobody enter meanwhile; who
 * comes is sent away, and is woken afterwards.
 */
#ifndef NET_TURN_H
#define NET_TURN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

/** Of a card. Zeroed: everybody may enter. */
struct net_turns {
	atomic_bool halted;
};

/** Of each of its queues. */
struct net_turn {
	struct net_turns *card;
	atomic_bool busy;
};

/** Whether the queue may be used now; then net_turn_end() follows. */
static inline bool net_turn_begin(struct net_turn *turn)
{
	atomic_store(&turn->busy, true);
	if (!atomic_load(&turn->card->halted))
		return true;
	atomic_store(&turn->busy, false);
	return false;
}

static inline void net_turn_end(struct net_turn *turn)
{
	atomic_store(&turn->busy, false);
}

/** Have nobody enter from now on; who is in a queue may still be. */
static inline void net_turns_suspend(struct net_turns *turns)
{
	atomic_store(&turns->halted, true);
}

/** All may enter again. */
static inline void net_turns_resume(struct net_turns *turns)
{
	atomic_store(&turns->halted, false);
}

/**
 * Have nobody enter, and wait until nobody is in a queue.
 *
 * @param first the turn of the first queue
 * @param step bytes from one queue to the next
 * @param patience nanoseconds
 * @return false: one was in use for so long, and all may enter again
 */
static inline bool net_turns_halt(struct net_turns *turns, struct port *port,
				  struct net_turn *first, size_t step,
				  unsigned count, uint64_t patience)
{
	uint64_t deadline = port_time(port) + patience;
	unsigned i = 0;

	net_turns_suspend(turns);
	while (i < count) {
		struct net_turn *turn =
			(struct net_turn *)((uint8_t *)first + i * step);

		if (!atomic_load(&turn->busy)) {
			i++;
			continue;
		}
		if (port_time(port) >= deadline) {
			net_turns_resume(turns);
			return false;
		}
		port_relax(port, deadline);
	}
	return true;
}

#endif /* NET_TURN_H */
