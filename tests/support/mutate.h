/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes made wrong by chance: a field here and there, to numbers on the edges
 * of what it can be. What was done is written down, to be read by a person.
 */
#ifndef TESTS_SUPPORT_MUTATE_H
#define TESTS_SUPPORT_MUTATE_H

#include <stddef.h>
#include <stdint.h>

#include "mocks/cli/random.h"

/* Where it is written down; what does not fit is left out. */
struct told {
	char text[1024];
};

void tell(struct told *told, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Say it and the seed if a sanitizer ends the process; NULL: no more. */
void tell_at_death(const struct told *told, uint64_t seed);

/* A number instead of another, where so many bytes are. */
uint64_t mutate_number(struct random *random, uint64_t is, uint32_t bytes);
/* One field of some bytes, or now and then several. */
void mutate(struct random *random, uint8_t *bytes, uint32_t count,
	    struct told *told);

#endif /* TESTS_SUPPORT_MUTATE_H */
