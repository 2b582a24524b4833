/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small virtqueues, explored: from every state that a driver and a device can
 * bring a queue of 2, 4 or 8 entries into by so many steps, each step that one
 * of them can take, in whatever order the device uses chains. A state that was
 * seen is not entered twice.
 *
 * What holds in each: what the device finds is what was added, in that order;
 * what comes back is what it used, in that order, each once; entries are in
 * flight or free; a device that sleeps is woken, one that is awake is not told;
 * and so for the driver that armed the queue.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "tests/support/scripted_virtio.h"
#include "virtio/virtqueue.h"

#define QUEUE	    0u
#define ENTRIES_MAX 8u
#define RING_BYTES  256u
#define TABLES	    2u
#define SEEN_BITS   18u
#define SEEN	    (1u << SEEN_BITS)
#define PIECE_BASE  0x100000u

/* A chain as one side knows it. */
struct known {
	uint32_t token, id, entries, pieces;
};

struct list {
	struct known items[ENTRIES_MAX];
	unsigned count;
};

/* All that there is of both sides. */
struct world {
	struct virtqueue queue;
	struct virtqueue_chain chains[ENTRIES_MAX];
	uint16_t next_free[ENTRIES_MAX], next_table[TABLES];
	uint8_t descriptors[RING_BYTES], driver[RING_BYTES], device[RING_BYTES];
	uint8_t tables[RING_BYTES];
	struct virtio_script_queue half;
	/* Added and not shown, shown and not found, found and not used, used
	 * and not taken. */
	struct list added, shown, found, used;
	uint32_t next_token;
	bool device_sleeps, driver_armed;
};

static struct virtio_script *script;
static struct virtqueue queue;
static struct world now;
static uint64_t *seen;
static unsigned states, size;
static bool packed, events, tables;

/* ---- States ---- */

static void world_keep(void)
{
	now.queue = queue;
	memcpy(now.chains, queue.chains, size * sizeof(now.chains[0]));
	memcpy(now.next_free, queue.next_free, size * sizeof(uint16_t));
	if (tables) {
		memcpy(now.next_table, queue.next_table,
		       sizeof(now.next_table));
		memcpy(now.tables, queue.tables.memory, RING_BYTES);
	}
	memcpy(now.descriptors, queue.descriptors.memory, RING_BYTES);
	memcpy(now.driver, queue.driver.memory, RING_BYTES);
	memcpy(now.device, queue.device.memory, RING_BYTES);
	now.half = script->queues[QUEUE];
}

static void world_restore(const struct world *from)
{
	now = *from;
	queue = now.queue;
	memcpy(queue.chains, now.chains, size * sizeof(now.chains[0]));
	memcpy(queue.next_free, now.next_free, size * sizeof(uint16_t));
	if (tables) {
		memcpy(queue.next_table, now.next_table,
		       sizeof(now.next_table));
		memcpy(queue.tables.memory, now.tables, RING_BYTES);
	}
	memcpy(queue.descriptors.memory, now.descriptors, RING_BYTES);
	memcpy(queue.driver.memory, now.driver, RING_BYTES);
	memcpy(queue.device.memory, now.device, RING_BYTES);
	script->queues[QUEUE] = now.half;
}

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t bytes)
{
	const uint8_t *at = data;

	while (bytes-- > 0)
		hash = (hash ^ *at++) * 0x100000001b3ull;
	return hash;
}

/* Whether a state is new, with so many steps left. */
static bool is_new(unsigned left)
{
	uint64_t hash = hash_bytes(0xcbf29ce484222325ull, &now, sizeof(now));
	unsigned at;

	hash = hash_bytes(hash, &left, sizeof(left)) | 1;
	for (at = hash >> 20 & (SEEN - 1); seen[at] != 0;
	     at = (at + 1) & (SEEN - 1))
		if (seen[at] == hash)
			return false;
	assert_true(states < SEEN / 2);
	seen[at] = hash;
	states++;
	return true;
}

/* ---- Lists ---- */

static void list_put(struct list *list, struct known item)
{
	assert_true(list->count < ENTRIES_MAX);
	list->items[list->count++] = item;
}

static struct known list_take(struct list *list, unsigned at)
{
	struct known item = list->items[at];

	list->count--;
	memmove(&list->items[at], &list->items[at + 1],
		(list->count - at) * sizeof(item));
	memset(&list->items[list->count], 0, sizeof(item));
	return item;
}

/* ---- What holds ---- */

static void invariants(void)
{
	unsigned i, entries = 0;
	unsigned chains = now.added.count + now.shown.count + now.found.count +
			  now.used.count;

	for (i = 0; i < size; i++)
		entries +=
			queue.chains[i].in_flight ? queue.chains[i].entries : 0;
	assert_int_equal(queue.free + entries, size);
	assert_int_equal(queue.in_flight, chains);
	assert_int_equal(virtqueue_has_used(&queue), now.used.count > 0);
}

/* ---- Steps of the driver ---- */

static void device_asks(bool asks)
{
	uint16_t place = script->queues[QUEUE].next;

	if (!events) {
		virtio_script_quiet(script, QUEUE, !asks);
		return;
	}
	if (packed && !asks) {
		virtio_script_quiet(script, QUEUE, true);
		return;
	}
	if (packed)
		place |= (uint16_t)(script->queues[QUEUE].next_wrap << 15);
	/* An event that was passed asks for nothing. */
	virtio_script_event(script, QUEUE,
			    asks ? place : (uint16_t)(place - 1));
}

/* Where a piece is says whose it is. */
static bool driver_adds(unsigned pieces)
{
	struct virtqueue_piece piece[2];
	struct known item = {.token = now.next_token, .pieces = pieces};
	unsigned i, readable = now.next_token % (pieces + 1);

	for (i = 0; i < pieces; i++)
		piece[i] = (struct virtqueue_piece){
			.physical = PIECE_BASE + now.next_token * 16 + i,
			.bytes = 1 + i,
		};
	if (!virtqueue_add(&queue, piece, readable, pieces - readable,
			   now.next_token))
		return false;
	now.next_token++;
	list_put(&now.added, item);
	return true;
}

static bool driver_shows(void)
{
	bool notified = virtqueue_publish(&queue);
	bool any = now.added.count > 0;

	/* Who sleeps is woken, and nobody else is. */
	assert_int_equal(notified, any && now.device_sleeps);
	if (notified) {
		now.device_sleeps = false;
		/* A flag stands until it is taken back; an event is passed. */
		if (!events)
			device_asks(false);
	}
	while (now.added.count > 0)
		list_put(&now.shown, list_take(&now.added, 0));
	return any;
}

static bool driver_takes(void)
{
	struct virtqueue_used used;
	struct known item;

	if (now.used.count == 0) {
		assert_int_equal(virtqueue_take(&queue, &used), 0);
		return false;
	}
	item = list_take(&now.used, 0);
	assert_int_equal(virtqueue_take(&queue, &used), 1);
	assert_int_equal(used.token, item.token);
	assert_int_equal(used.bytes, item.token + 7);
	return true;
}

static bool driver_arms(void)
{
	bool armed = virtqueue_arm(&queue);

	assert_int_equal(armed, now.used.count == 0);
	now.driver_armed = armed;
	if (!armed)
		virtqueue_disarm(&queue);
	return true;
}

/* ---- Steps of the device ---- */

static bool device_finds(void)
{
	struct virtio_script_chain *chain = &script->chain;
	struct known item;
	unsigned i;

	if (now.device_sleeps)
		return false;
	if (!virtio_script_take(script, QUEUE, chain)) {
		assert_int_equal(now.shown.count, 0);
		device_asks(true);
		now.device_sleeps = true;
		return true;
	}
	assert_true(now.shown.count > 0);
	item = list_take(&now.shown, 0);
	assert_true(chain->id < size);
	assert_int_equal(chain->count, item.pieces);
	for (i = 0; i < chain->count; i++) {
		assert_int_equal(chain->pieces[i].address,
				 PIECE_BASE + item.token * 16 + i);
		assert_int_equal(chain->pieces[i].length, 1 + i);
		assert_int_equal(chain->pieces[i].writable,
				 i >= item.token % (item.pieces + 1));
	}
	item.id = chain->id;
	item.entries = chain->entries;
	device_asks(false);
	list_put(&now.found, item);
	return true;
}

/* Whether the driver asks for an interrupt for what is used next. */
static bool driver_asks(void)
{
	const struct virtio_script_queue *half = &script->queues[QUEUE];
	uint16_t flags, place = virtio_script_ram16(script, half->driver);

	if (packed) {
		flags = virtio_script_ram16(script, half->driver + 2);
		return flags == 0 ||
		       (flags == 2 &&
			place == (half->used | half->used_wrap << 15));
	}
	if (!events)
		return place == 0;
	assert_int_equal(place, 0);
	return virtio_script_ram16(script, half->driver + 4 + 2ull * size) ==
	       half->used;
}

static bool device_uses(unsigned at)
{
	struct known item;

	if (at >= now.found.count)
		return false;
	if (now.driver_armed)
		assert_true(driver_asks());
	item = list_take(&now.found, at);
	virtio_script_use_id(script, QUEUE, item.id, item.entries,
			     item.token + 7);
	/* It was told, and is armed no more. */
	if (now.driver_armed)
		virtqueue_disarm(&queue);
	now.driver_armed = false;
	list_put(&now.used, item);
	return true;
}

/* ---- Exploring ---- */

static bool step(unsigned which)
{
	switch (which) {
	case 0:
		return driver_adds(1);
	case 1:
		return driver_adds(2);
	case 2:
		return driver_shows();
	case 3:
		return driver_takes();
	case 4:
		return driver_arms();
	case 5:
		return device_finds();
	default:
		return device_uses(which - 6);
	}
}

static void explore(unsigned left)
{
	struct world here;
	unsigned which;

	invariants();
	world_keep();
	if (left == 0 || !is_new(left))
		return;
	here = now;
	for (which = 0; which < 6 + size; which++) {
		if (step(which))
			explore(left - 1);
		world_restore(&here);
	}
}

static void no_card(struct virtio_script *prepared)
{
	prepared->device_id = 0;
}

/* A device half for a queue that no card has. */
static void queue_make(void)
{
	const struct virtqueue_configuration configuration = {
		.size = size,
		.packed = packed,
		.event_index = events,
		.tables = tables ? TABLES : 0,
	};
	struct virtio_mmio_queue described;
	struct virtio_script_queue *half = &script->queues[QUEUE];

	memset(&queue, 0, sizeof(queue));
	assert_int_equal(virtqueue_make(&queue, script->port, &configuration),
			 0);
	virtqueue_disarm(&queue);
	virtqueue_describe(&queue, &described);
	*half = (struct virtio_script_queue){
		.size = described.size,
		.ready = 1,
		.descriptors = described.descriptors,
		.driver = described.driver,
		.device = described.device,
		.next_wrap = true,
		.used_wrap = true,
	};
	script->status = 0xf;
	script->accepted = (packed ? VIRTIO_BIT(F_PACKED) : 0) |
			   (events ? VIRTIO_BIT(F_EVENT_IDX) : 0) |
			   (tables ? VIRTIO_BIT(F_INDIRECT) : 0);
}

/*
 * Rounds before, so that the exploration begins anywhere in the ring, and with
 * indexes that are about to wrap.
 */
static void rounds(unsigned count)
{
	for (; count > 0; count--) {
		assert_true(driver_adds(1));
		assert_true(driver_shows());
		assert_true(device_finds());
		assert_true(device_uses(0));
		assert_true(driver_takes());
	}
	now.next_token = 0;
}

static void explored(struct virtio_script *prepared)
{
	static const unsigned depths[] = {[2] = 14, [4] = 11, [8] = 9};
	unsigned start;

	script = prepared;
	seen = calloc(SEEN, sizeof(*seen));
	assert_non_null(seen);
	for (start = 0; start < 3; start++) {
		memset(seen, 0, SEEN * sizeof(*seen));
		memset(&now, 0, sizeof(now));
		states = 0;
		/* One that was reset wants to be told. */
		now.device_sleeps = true;
		queue_make();
		device_asks(true);
		rounds(start == 0 ? 0 : start == 1 ? size - 1 : 65535);
		explore(depths[size]);
		/* It got somewhere. */
		assert_true(states > 1000);

		virtqueue_free(&queue);
	}
	free(seen);
	script->status = 0;
}

static void explored_all(void)
{
	unsigned mode;

	for (size = 2; size <= 8; size *= 2)
		for (mode = 0; mode < 4; mode++) {
			events = mode & 1;
			tables = (mode & 2) != 0;
			virtio_script_run(explored, no_card, false);
		}
}

static void edge_M31_M45_split_queues(void **state)
{
	(void)state;
	packed = false;
	explored_all();
}

static void edge_M31_M45_packed_queues(void **state)
{
	(void)state;
	packed = true;
	explored_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_M31_M45_split_queues),
		cmocka_unit_test(edge_M31_M45_packed_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
