/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Free ranges, see space.h: a list by address, next fit, neighbours joined.
 */
#include "mocks/machine/space.h"

#include <stdlib.h>

static struct space_range *range_new(size_t start, size_t bytes,
				     struct space_range *next)
{
	struct space_range *range = malloc(sizeof(*range));

	if (!range)
		return NULL;
	range->start = start;
	range->bytes = bytes;
	range->next = next;
	return range;
}

/** Join a range with the one behind it when they touch. */
static void range_join(struct space_range *range)
{
	struct space_range *next = range->next;

	if (!next || range->start + range->bytes != next->start)
		return;
	range->bytes += next->bytes;
	range->next = next->next;
	free(next);
}

bool space_add(struct space *space, size_t start, size_t bytes)
{
	struct space_range *before = NULL;
	struct space_range *after = space->ranges;
	struct space_range *range;

	while (after && after->start < start) {
		before = after;
		after = after->next;
	}
	range = range_new(start, bytes, after);
	if (!range)
		return false;
	if (before)
		before->next = range;
	else
		space->ranges = range;
	range_join(range);
	if (before)
		range_join(before);
	return true;
}

/** Cut bytes out of a range, from its middle if need be. */
static bool range_cut(struct space_range **link, size_t start, size_t bytes)
{
	struct space_range *range = *link;
	struct space_range *rest;
	size_t head = start - range->start;
	size_t tail = range->bytes - head - bytes;

	if (head && tail) {
		rest = range_new(start + bytes, tail, range->next);
		if (!rest)
			return false;
		range->next = rest;
		range->bytes = head;
	} else if (head) {
		range->bytes = head;
	} else if (tail) {
		range->start += bytes;
		range->bytes = tail;
	} else {
		*link = range->next;
		free(range);
	}
	return true;
}

/** Look from an address on. */
static bool space_search(struct space *space, size_t from, size_t bytes,
			 size_t *start)
{
	struct space_range **link;

	for (link = &space->ranges; *link; link = &(*link)->next) {
		struct space_range *range = *link;
		size_t end = range->start + range->bytes;
		size_t begin = range->start > from ? range->start : from;

		if (begin >= end || end - begin < bytes)
			continue;
		if (!range_cut(link, begin, bytes))
			return false;
		space->rover = begin + bytes;
		*start = begin;
		return true;
	}
	return false;
}

bool space_take(struct space *space, size_t bytes, size_t *start)
{
	return space_search(space, space->rover, bytes, start) ||
	       space_search(space, 0, bytes, start);
}

void space_clear(struct space *space)
{
	while (space->ranges) {
		struct space_range *range = space->ranges;

		space->ranges = range->next;
		free(range);
	}
	space->rover = 0;
}
