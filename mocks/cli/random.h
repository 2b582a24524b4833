/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers from a seed, for the choices of a run: the same seed gives the same
 * run. SplitMix64, a public domain generator of Steele, Lea and Flood.
 */
#ifndef MOCKS_CLI_RANDOM_H
#define MOCKS_CLI_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/** A number from 0 to bound - 1; bound is not 0. */
static inline uint32_t random_below(struct random *random, uint32_t bound)
{
	return (uint32_t)(((random_next(random) >> 32) * bound) >> 32);
}

#endif /* MOCKS_CLI_RANDOM_H */
