/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rings of a channel under the eyes of the machine's checkers.
 */
#include "mocks/hyperv/ring_check.h"

/** The guest's publications in the ring to the host. */
struct publishing {
	uint32_t index;
	/** The index before the last publication, and what held since. */
	bool under_way, unmasked, caught_up;
	/** A doorbell is called for. */
	bool called;
	uint32_t before;
};

/** The room that the guest gave back in the ring from the host. */
struct releasing {
	uint32_t index;
	bool under_way, called;
	uint32_t before;
	/** What the host last waited for since. */
	uint32_t pending;
};

struct host_ring_check {
	struct machine *machine;
	const char *name;
	uint32_t relid;
	const struct host_ring *from, *to;
	struct machine_watch from_control, from_data, to_control, to_data;
	struct publishing publishing;
	struct releasing releasing;
};

static uint32_t distance(const struct host_ring *ring, uint32_t from,
			 uint32_t to)
{
	return to >= from ? to - from : ring->size - from + to;
}

static bool index_valid(const struct host_ring *ring, uint32_t index)
{
	return index < ring->size && index % 8 == 0;
}

/** Where an index is, and how much of so many bytes lies in its page. */
static const uint8_t *place_of(const struct host_ring *ring, uint32_t at,
			       uint32_t bytes, uint32_t *part)
{
	uint32_t rest = MACHINE_PAGE_SIZE - at % MACHINE_PAGE_SIZE;

	*part = bytes < rest ? bytes : rest;
	return ring->pages[at / MACHINE_PAGE_SIZE] + at % MACHINE_PAGE_SIZE;
}

static void ring_renew(const struct host_ring_check *check,
		       const struct host_ring *ring, uint32_t from, uint32_t to)
{
	uint32_t bytes = distance(ring, from, to), part;
	const uint8_t *place;

	for (; bytes; bytes -= part) {
		place = place_of(ring, from, bytes, &part);
		machine_watch_renew(check->machine, place, part);
		from = (from + part) % ring->size;
	}
}

/* ---- Signals ---- */

static void publishing_look(struct host_ring_check *check)
{
	struct publishing *publishing = &check->publishing;
	const struct host_ring_control *control = check->from->control;

	if (!publishing->under_way)
		return;
	if (!host_load32(&control->interrupt_mask))
		publishing->unmasked = true;
	if (host_load32(&control->read_index) == publishing->before)
		publishing->caught_up = true;
	if (publishing->unmasked && publishing->caught_up)
		publishing->called = true;
}

static void releasing_look(struct host_ring_check *check)
{
	struct releasing *releasing = &check->releasing;
	const struct host_ring_control *control = check->to->control;
	uint32_t pending = host_load32(&control->pending_send_size);
	uint32_t most = check->to->size - 8;
	uint32_t write = host_load32(&control->write_index);
	uint32_t free_before, free_after;

	if (!releasing->under_way)
		return;
	if (pending)
		releasing->pending = pending < most ? pending : most;
	free_after =
		check->to->size - distance(check->to, releasing->index, write);
	free_before = free_after -
		      distance(check->to, releasing->before, releasing->index);
	if (releasing->pending && free_before <= releasing->pending &&
	    releasing->pending < free_after)
		releasing->called = true;
}

void host_ring_check_look(struct host_ring_check *check)
{
	if (!check)
		return;
	publishing_look(check);
	releasing_look(check);
}

bool host_ring_check_doorbell(struct host_ring_check *check)
{
	if (!check ||
	    !machine_checks(check->machine, MACHINE_CHECK_SIGNAL_BUDGET))
		return true;
	host_ring_check_look(check);
	/* Both may be owed: then there may be two. */
	if (check->releasing.called) {
		check->releasing.called = false;
		check->releasing.under_way = false;
		return true;
	}
	if (!check->publishing.called)
		return false;
	check->publishing.called = false;
	check->publishing.under_way = false;
	return true;
}

/* ---- Indices ---- */

/** Each byte up to the new index was stored since the index last passed it. */
static void publishing_check(const struct host_ring_check *check,
			     uint32_t index)
{
	const struct host_ring *ring = check->from;
	uint32_t at = check->publishing.index;
	uint32_t bytes = distance(ring, at, index), part, stored;
	const uint8_t *place;

	for (; bytes; bytes -= part) {
		place = place_of(ring, at, bytes, &part);
		stored = (uint32_t)machine_watch_stored(check->machine, place,
							part);
		if (stored != part)
			machine_stop(
				check->machine, MACHINE_FAULT,
				"publish order: channel %u (%s): the write "
				"index goes from 0x%x to 0x%x, but the "
				"byte at 0x%x of the ring was not stored "
				"since it was last consumed",
				check->relid, check->name,
				check->publishing.index, index, at + stored);
		at = (at + part) % ring->size;
	}
}

static void published(void *context, uint32_t offset, uint32_t value)
{
	struct host_ring_check *check = context;
	struct publishing *publishing = &check->publishing;

	if (offset != offsetof(struct host_ring_control, write_index) ||
	    !index_valid(check->from, value) || value == publishing->index)
		return;
	if (machine_checks(check->machine, MACHINE_CHECK_PUBLISH_ORDER))
		publishing_check(check, value);
	ring_renew(check, check->from, publishing->index, value);
	publishing_look(check);
	publishing->before = publishing->index;
	publishing->index = value;
	publishing->under_way = true;
	publishing->unmasked = false;
	publishing->caught_up = false;
	publishing_look(check);
}

static void released(void *context, uint32_t offset, uint32_t value)
{
	struct host_ring_check *check = context;
	struct releasing *releasing = &check->releasing;

	if (offset != offsetof(struct host_ring_control, read_index) ||
	    !index_valid(check->to, value) || value == releasing->index)
		return;
	ring_renew(check, check->to, releasing->index, value);
	releasing_look(check);
	releasing->before = releasing->index;
	releasing->index = value;
	releasing->under_way = true;
	releasing->pending = 0;
	releasing_look(check);
}

/* ---- Life ---- */

static void ring_watch(struct host_ring_check *check,
		       const struct host_ring *ring,
		       struct machine_watch *control,
		       struct machine_watch *data)
{
	uint32_t i;

	control->kind = MACHINE_WATCH_WORDS;
	control->context = check;
	machine_watch(check->machine, ring->control, control);
	for (i = 0; i < ring->size / MACHINE_PAGE_SIZE; i++) {
		machine_watch(check->machine, ring->pages[i], data);
		machine_watch_renew(check->machine, ring->pages[i],
				    MACHINE_PAGE_SIZE);
	}
}

static void ring_unwatch(struct host_ring_check *check,
			 const struct host_ring *ring,
			 const struct machine_watch *control,
			 const struct machine_watch *data)
{
	uint32_t i;

	machine_unwatch(check->machine, ring->control, control);
	for (i = 0; i < ring->size / MACHINE_PAGE_SIZE; i++)
		machine_unwatch(check->machine, ring->pages[i], data);
}

struct host_ring_check *host_ring_check_create(struct machine *machine,
					       const char *name, uint32_t relid,
					       const struct host_ring *from,
					       const struct host_ring *to)
{
	struct host_ring_check *check = host_alloc(1, sizeof(*check));

	check->machine = machine;
	check->name = name;
	check->relid = relid;
	check->from = from;
	check->to = to;
	check->from_data.kind = MACHINE_WATCH_STORES;
	check->from_data.what = "the ring to the host";
	check->from_control.stored = published;
	check->to_data.kind = MACHINE_WATCH_MESSAGES;
	check->to_data.what = "the ring to the guest";
	check->to_control.stored = released;
	/* What the guest published before it opened is as it is. */
	check->publishing.index = host_load32(&from->control->write_index);
	check->publishing.before = from->index;
	check->publishing.under_way = check->publishing.index != from->index;
	check->releasing.index = host_load32(&to->control->read_index);
	ring_watch(check, from, &check->from_control, &check->from_data);
	ring_watch(check, to, &check->to_control, &check->to_data);
	return check;
}

void host_ring_check_destroy(struct host_ring_check *check)
{
	if (!check)
		return;
	ring_unwatch(check, check->from, &check->from_control,
		     &check->from_data);
	ring_unwatch(check, check->to, &check->to_control, &check->to_data);
	free(check);
}
