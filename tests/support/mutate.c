/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/mutate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of a sanitizer's runtime, if there is one. */
void __sanitizer_set_death_callback(void (*callback)(void))
	__attribute__((weak));

/* What a process says that dies of what was told. */
static const struct told *last_told;
static uint64_t last_seed;

static void last_words(void)
{
	if (last_told)
		dprintf(STDERR_FILENO, "died of seed %llu; told:%s\n",
			(unsigned long long)last_seed, last_told->text);
}

void tell_at_death(const struct told *told, uint64_t seed)
{
	last_told = told;
	last_seed = seed;
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(last_words);
}

void tell(struct told *told, const char *format, ...)
{
	size_t at = strlen(told->text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(told->text + at, sizeof(told->text) - at, format, arguments);
	va_end(arguments);
}

uint64_t mutate_number(struct random *random, uint64_t is, uint32_t bytes)
{
	switch (random_below(random, 19)) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return is - 1;
	case 3:
		return is + 1;
	case 4:
		return is * 2;
	case 5:
		return bytes - 1;
	case 6:
		return bytes;
	case 7:
		return bytes + 1;
	case 8:
		return 0x7fffffff;
	case 9:
		return 0x80000000;
	case 10:
		return 0xffffffff;
	case 11:
		return UINT64_MAX;
	case 12:
		return -(uint64_t)random_below(random, 64);
	case 13:
		return random_below(random, 256);
	case 14:
		return 0x20000 - random_below(random, 16);
	case 15:
		return 4095 + random_below(random, 4096);
	case 16:
		return -(uint64_t)(is + random_below(random, 64));
	case 17:
		return is ^ 1ull << random_below(random, 64);
	default:
		return random_next(random);
	}
}

/* Change one field of some bytes, at a place that fields begin at. */
static void field(struct random *random, uint8_t *bytes, uint32_t count,
		  struct told *told)
{
	/* Most fields are words. */
	static const uint8_t widths[] = {4, 4, 4, 4, 2, 2, 1, 8};
	uint32_t width = widths[random_below(random, 8)], at, is32 = 0;
	uint64_t is = 0, value;

	if (count == 0)
		return;
	if (width > count)
		width = 1;
	/* Most of what matters comes first. */
	at = random_below(random,
			  count > 64 && random_below(random, 2) ? 64 : count);
	at -= at % width;
	if (at + width > count)
		at = count - width;
	memcpy(&is, bytes + at, width);
	value = mutate_number(random, is, count);
	memcpy(bytes + at, &value, width);
	memcpy(&is32, bytes + at, width < 4 ? width : 4);
	tell(told, " %u@%u=%#x", width, at, is32);
}

void mutate(struct random *random, uint8_t *bytes, uint32_t count,
	    struct told *told)
{
	unsigned n = random_below(random, 4) ? 1 : 1 + random_below(random, 6);

	for (; n > 0; n--)
		field(random, bytes, count, told);
}
