/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In which order a virtqueue touches what the device shares: each access passes
 * through a log on its way. Values alone would not tell; a fence that is
 * missing shows on some processors and in some moments only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "port/shared.h"
#include "tests/support/scripted_virtio.h"
#include "virtio/virtqueue.h"

#define SIZE 8u
#define LOG  256u

enum access_kind {
	ACCESS_LOAD,
	ACCESS_STORE,
	ACCESS_FENCE,
};

struct access {
	enum access_kind kind;
	const uint8_t *at;
};

static struct access accesses[LOG];
static unsigned logged;
static bool recording;

static void note(enum access_kind kind, const void *at)
{
	if (!recording)
		return;
	assert_true(logged < LOG);
	accesses[logged++] = (struct access){.kind = kind, .at = at};
}

/* ---- The linker leads each access through here ---- */

uint16_t __real_shared_load16(struct port *port, const le16 *word);
uint32_t __real_shared_load32(struct port *port, const le32 *word);
void __real_shared_store16(struct port *port, le16 *word, uint16_t value);
void __real_shared_store32(struct port *port, le32 *word, uint32_t value);
void __real_shared_store64(struct port *port, le64 *word, uint64_t value);
void __real_shared_fence(struct port *port);
uint16_t __wrap_shared_load16(struct port *port, const le16 *word);
uint32_t __wrap_shared_load32(struct port *port, const le32 *word);
void __wrap_shared_store16(struct port *port, le16 *word, uint16_t value);
void __wrap_shared_store32(struct port *port, le32 *word, uint32_t value);
void __wrap_shared_store64(struct port *port, le64 *word, uint64_t value);
void __wrap_shared_fence(struct port *port);

uint16_t __wrap_shared_load16(struct port *port, const le16 *word)
{
	note(ACCESS_LOAD, word);
	return __real_shared_load16(port, word);
}

uint32_t __wrap_shared_load32(struct port *port, const le32 *word)
{
	note(ACCESS_LOAD, word);
	return __real_shared_load32(port, word);
}

void __wrap_shared_store16(struct port *port, le16 *word, uint16_t value)
{
	note(ACCESS_STORE, word);
	__real_shared_store16(port, word, value);
}

void __wrap_shared_store32(struct port *port, le32 *word, uint32_t value)
{
	note(ACCESS_STORE, word);
	__real_shared_store32(port, word, value);
}

void __wrap_shared_store64(struct port *port, le64 *word, uint64_t value)
{
	note(ACCESS_STORE, word);
	__real_shared_store64(port, word, value);
}

void __wrap_shared_fence(struct port *port)
{
	note(ACCESS_FENCE, NULL);
	__real_shared_fence(port);
}

/* ---- Looking into the log ---- */

#define NEVER UINT32_MAX

/* The first access of a kind to some of the bytes, from a place on. */
static unsigned first(enum access_kind kind, const uint8_t *at, size_t bytes,
		      unsigned from)
{
	unsigned i;

	for (i = from; i < logged; i++)
		if (accesses[i].kind == kind &&
		    (kind == ACCESS_FENCE ||
		     (accesses[i].at >= at && accesses[i].at < at + bytes)))
			return i;
	return NEVER;
}

static unsigned last(enum access_kind kind, const uint8_t *at, size_t bytes)
{
	unsigned i, found = NEVER;

	for (i = first(kind, at, bytes, 0); i != NEVER;
	     i = first(kind, at, bytes, i + 1))
		found = i;
	return found;
}

static void record(void)
{
	logged = 0;
	recording = true;
}

/* What is stored to the first is seen before the second is loaded. */
static void expect_fence(const uint8_t *stored, size_t stored_bytes,
			 const uint8_t *loaded, size_t loaded_bytes)
{
	unsigned store = last(ACCESS_STORE, stored, stored_bytes);
	unsigned load, fence;

	assert_int_not_equal(store, NEVER);
	fence = first(ACCESS_FENCE, NULL, 0, store);
	load = first(ACCESS_LOAD, loaded, loaded_bytes, store);
	assert_int_not_equal(load, NEVER);
	assert_true(store < fence && fence < load);
}

/* ---- Queues ---- */

static struct virtqueue queue;
static bool is_packed, has_events;
static uint32_t tables;

static void queue_begin(struct virtio_script *script)
{
	const struct virtqueue_configuration configuration = {
		.size = SIZE,
		.packed = is_packed,
		.event_index = has_events,
		.tables = tables,
	};

	memset(&queue, 0, sizeof(queue));
	assert_int_equal(virtqueue_make(&queue, script->port, &configuration),
			 0);
}

static void queue_end(void)
{
	recording = false;
	virtqueue_free(&queue);
}

static void chain_add(unsigned pieces, uint32_t token)
{
	static const struct virtqueue_piece some[] = {
		{0x1000, 10},
		{0x2000, 20},
		{0x3000, 30},
	};

	assert_true(virtqueue_add(&queue, some, pieces, 0, token));
}

/* The index of a split ring; the flags of a packed descriptor. */
static uint8_t *index_of(uint8_t *ring)
{
	return ring + 2;
}

static uint8_t *flags_of(unsigned n)
{
	return queue.descriptors.memory + 16ull * n + 14;
}

/* ---- To the device ---- */

static void split_added(void)
{
	uint8_t *index = index_of(queue.driver.memory);
	unsigned shown;

	record();
	chain_add(3, 1);
	chain_add(1, 2);
	/* Nothing is shown of what is added. */
	assert_int_equal(first(ACCESS_STORE, index, 2, 0), NEVER);
	virtqueue_publish(&queue);
	shown = first(ACCESS_STORE, index, 2, 0);
	assert_int_equal(shown, last(ACCESS_STORE, index, 2));
	assert_int_not_equal(shown, NEVER);
	/* The descriptors, the entries, a table, and then the index. */
	assert_true(last(ACCESS_STORE, queue.descriptors.memory, 16 * SIZE) <
		    shown);
	assert_true(last(ACCESS_STORE, queue.driver.memory + 4, 2 * SIZE) <
		    shown);
	if (tables > 0)
		assert_true(last(ACCESS_STORE, queue.tables.memory, 16 * 3) <
			    shown);
	/* M25: the device's word is that of one who sees the index. */
	expect_fence(index, 2, queue.device.memory, PORT_PAGE_SIZE);
}

static void packed_added(void)
{
	unsigned i, shown, entries = tables > 0 ? 2 : 4;

	record();
	chain_add(3, 1);
	chain_add(1, 2);
	assert_int_equal(first(ACCESS_STORE, flags_of(0), 2, 0), NEVER);
	virtqueue_publish(&queue);
	shown = first(ACCESS_STORE, flags_of(0), 2, 0);
	assert_int_not_equal(shown, NEVER);
	/* Flags behind the rest, and the first ones behind all. */
	for (i = 0; i < entries; i++)
		assert_true(last(ACCESS_STORE, flags_of(i) - 14, 14) <
			    first(ACCESS_STORE, flags_of(i), 2, 0));
	assert_int_equal(
		last(ACCESS_STORE, queue.descriptors.memory, 16 * SIZE), shown);
	if (tables > 0)
		assert_true(last(ACCESS_STORE, queue.tables.memory, 16 * 3) <
			    shown);
	expect_fence(flags_of(0), 2, queue.device.memory, 4);
}

static void added(struct virtio_script *script)
{
	queue_begin(script);
	if (is_packed)
		packed_added();
	else
		split_added();
	queue_end();
}

/* ---- From the device ---- */

/* The device is done with the chain of id 0. */
static void chain_use(struct virtio_script *script)
{
	uint8_t *used =
		is_packed ? queue.descriptors.memory : queue.device.memory + 4;
	uint32_t length = 77, id = 0;
	uint16_t index = 1, flags = 0x8082;

	(void)script;
	if (is_packed) {
		memcpy(used + 8, &length, 4);
		memcpy(used + 12, &id, 2);
		memcpy(used + 14, &flags, 2);
		return;
	}
	memcpy(used, &id, 4);
	memcpy(used + 4, &length, 4);
	memcpy(index_of(queue.device.memory), &index, 2);
}

static void taken(struct virtio_script *script)
{
	const uint8_t *told, *entry;
	struct virtqueue_used used;
	unsigned look;

	queue_begin(script);
	chain_add(1, 5);
	virtqueue_publish(&queue);
	chain_use(script);
	told = is_packed ? flags_of(0) : index_of(queue.device.memory);
	entry = is_packed ? flags_of(0) - 14 : queue.device.memory + 4;
	record();
	assert_int_equal(virtqueue_take(&queue, &used), 1);
	assert_int_equal(used.token, 5);
	assert_int_equal(used.bytes, 77);
	/* What says that there is an entry, and then the entry. */
	look = first(ACCESS_LOAD, told, 2, 0);
	assert_int_not_equal(look, NEVER);
	assert_true(look < first(ACCESS_LOAD, entry, is_packed ? 14 : 8, 0));
	queue_end();
}

static void armed(struct virtio_script *script)
{
	queue_begin(script);
	chain_add(1, 5);
	virtqueue_publish(&queue);
	virtqueue_disarm(&queue);
	record();
	assert_true(virtqueue_arm(&queue));
	expect_fence(queue.driver.memory, PORT_PAGE_SIZE,
		     is_packed ? flags_of(0) : index_of(queue.device.memory),
		     2);
	recording = false;
	/* What came meanwhile is found by the look. */
	chain_use(script);
	assert_false(virtqueue_arm(&queue));
	queue_end();
}

/* ---- Sizes ---- */

static void sizes(struct virtio_script *script)
{
	static const struct virtqueue_configuration wrong[] = {
		{.size = 0},
		{.size = 3},
		{.size = 65536},
		{.size = 32769, .packed = true},
		{.size = 8, .tables = 32769},
	};
	struct virtqueue_configuration odd = {.size = 3, .packed = true};
	unsigned i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memset(&queue, 0, sizeof(queue));
		assert_int_equal(virtqueue_make(&queue, script->port,
						&wrong[i]),
				 ERROR_INVALID);
		virtqueue_free(&queue);
	}
	memset(&queue, 0, sizeof(queue));
	assert_int_equal(virtqueue_make(&queue, script->port, &odd), 0);
	/* No pieces are no chain. */
	assert_false(virtqueue_add(&queue, NULL, 0, 0, 0));
	virtqueue_free(&queue);
}

static void each_kind(void (*body)(struct virtio_script *script))
{
	unsigned kind;

	for (kind = 0; kind < 8; kind++) {
		is_packed = kind & 1;
		has_events = kind & 2;
		tables = kind & 4 ? 4 : 0;
		virtio_script_run(body, NULL, false);
	}
}

static void edge_M24_M25_shown_when_it_is_whole(void **state)
{
	(void)state;
	each_kind(added);
}

static void edge_M24_told_and_then_read(void **state)
{
	(void)state;
	each_kind(taken);
}

static void edge_M26_asked_and_then_looked(void **state)
{
	(void)state;
	each_kind(armed);
}

static void edge_M14_sizes_that_cannot_be(void **state)
{
	(void)state;
	virtio_script_run(sizes, NULL, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_M24_M25_shown_when_it_is_whole),
		cmocka_unit_test(edge_M24_told_and_then_read),
		cmocka_unit_test(edge_M26_asked_and_then_looked),
		cmocka_unit_test(edge_M14_sizes_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
