/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shared memory as both sides reach it: loads, stores through a buffer, fences,
 * copies, signals.
 *
 * Not each access is a place for a choice. A store goes into a buffer where
 * nobody else sees it, so that others may as well go on before the next access;
 * but the guest's may be stopped by its own interrupt handler. Packets are
 * copied where the other side has no business: instead of trying all orders,
 * each copy out of the ring is checked to be of what is published, and each
 * copy into it to be where there is room, at the moment at which it happens.
 * The feature bits do not change.
 */
#include "tests/interleave/explorer_internal.h"

#include <stdarg.h>
#include <string.h>

#define CONTROL_BYTES 4096u
#define DATA_BYTES    (EXPLORER_RING_BYTES - CONTROL_BYTES)
#define FEATURE_BITS  64u

uint64_t explorer_mix(uint64_t hash, uint64_t value)
{
	hash ^= value + 0x9e3779b97f4a7c15u;
	hash *= 0xff51afd7ed558ccdu;
	return hash ^ hash >> 29;
}

const char *explorer_side_name(enum side side)
{
	return side == GUEST ? "guest" : "host";
}

bool explorer_is_shared(const struct explorer *explorer, const void *address)
{
	uintptr_t at = (uintptr_t)address - (uintptr_t)explorer->memory;

	return at < (uintptr_t)EXPLORER_RINGS * EXPLORER_RING_BYTES;
}

/* ---- What is shown ---- */

static void note_show(struct explorer *explorer, const char *who,
		      const char *format, va_list arguments)
{
	fprintf(explorer->show, "  %3u  %-6s  ", ++explorer->step, who);
	vfprintf(explorer->show, format, arguments);
	fputc('\n', explorer->show);
}

void explorer_note(struct explorer *explorer, const char *format, ...)
{
	va_list arguments;

	if (!explorer->show)
		return;
	va_start(arguments, format);
	note_show(explorer, explorer_side_name(explorer->running), format,
		  arguments);
	va_end(arguments);
}

static void memory_note(struct explorer *explorer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void memory_note(struct explorer *explorer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	note_show(explorer, "memory", format, arguments);
	va_end(arguments);
}

struct word_name {
	char text[48];
};

static struct word_name word_name(const struct explorer *explorer,
				  const void *address)
{
	static const char *const words[] = {"write_index", "read_index",
					    "interrupt_mask",
					    "pending_send_size"};
	size_t at = (size_t)((const uint8_t *)address - explorer->memory);
	const char *ring =
		at < EXPLORER_RING_BYTES ? "guest_to_host" : "host_to_guest";
	struct word_name name;

	at %= EXPLORER_RING_BYTES;
	if (at < sizeof(words) / sizeof(*words) * 4)
		snprintf(name.text, sizeof(name.text), "%s.%s", ring,
			 words[at / 4]);
	else if (at < CONTROL_BYTES)
		snprintf(name.text, sizeof(name.text), "%s.feature_bits", ring);
	else
		snprintf(name.text, sizeof(name.text), "%s.data[%zu]", ring,
			 at - CONTROL_BYTES);
	return name;
}

/** What a store is, as it is made and as it reaches memory. */
static void store_show(struct explorer *explorer,
		       const struct buffered_store *store, bool reaches,
		       enum side side)
{
	struct word_name name;
	uint32_t value;
	char what[96];

	if (!explorer->show)
		return;
	name = word_name(explorer, store->address);
	if (store->bytes == sizeof(value)) {
		memcpy(&value, store->data, sizeof(value));
		snprintf(what, sizeof(what), "%s = %u", name.text, value);
	} else {
		snprintf(what, sizeof(what), "%s, %zu bytes", name.text,
			 store->bytes);
	}
	if (reaches)
		memory_note(explorer, "%s (the %s's store)", what,
			    explorer_side_name(side));
	else
		explorer_note(explorer, "stores %s", what);
}

/* ---- Whose memory it is ---- */

/** Where in its ring something lies, and the ring's two indices in memory. */
struct place {
	enum side producer;
	size_t at;
	uint32_t write, read;
};

static struct place place_of(const struct explorer *explorer,
			     const void *address)
{
	size_t at = (size_t)((const uint8_t *)address - explorer->memory);
	size_t ring = at / EXPLORER_RING_BYTES;
	const le32 *control =
		(const le32 *)(const void *)(explorer->memory +
					     ring * EXPLORER_RING_BYTES);
	struct place place = {
		.producer = ring == 0 ? GUEST : HOST,
		.at = at % EXPLORER_RING_BYTES,
		.write = explorer_memory(explorer, &control[0]),
		.read = explorer_memory(explorer, &control[1]),
	};

	return place;
}

/** Whether bytes of a ring's data are inside [from, to) of the circle. */
static bool is_inside(size_t at, size_t bytes, uint32_t from, uint32_t to)
{
	size_t offset = (at - CONTROL_BYTES + DATA_BYTES - from) % DATA_BYTES;
	size_t length = (to + DATA_BYTES - from) % DATA_BYTES;

	return offset + bytes <= length;
}

/** A consumer writes read_index and interrupt_mask, a producer all else. */
static void store_check(struct explorer *explorer, const void *address)
{
	struct place place = place_of(explorer, address);
	bool consumers = place.at >= 4 && place.at < 12;

	if (consumers != (explorer->running != place.producer))
		explorer_fail(explorer, "foreign word",
			      "the %s writes %s, which is not its to write",
			      explorer_side_name(explorer->running),
			      word_name(explorer, address).text);
}

/** What reaches the ring's data must not lie on what is not read yet. */
static void drain_check(struct explorer *explorer,
			const struct buffered_store *store)
{
	struct place place = place_of(explorer, store->address);

	/* All but the one byte that would make a full ring look empty. */
	if (place.at >= CONTROL_BYTES &&
	    !is_inside(place.at, store->bytes, place.write,
		       (place.read + DATA_BYTES - 1) % DATA_BYTES))
		explorer_fail(explorer, "wrong packet",
			      "%zu bytes are written at %s, where there is no "
			      "room or where there are packets already",
			      store->bytes,
			      word_name(explorer, store->address).text);
}

/** What is copied out must be published. */
static void read_check(struct explorer *explorer, const void *address,
		       size_t bytes)
{
	struct place place = place_of(explorer, address);

	if (!is_inside(place.at, bytes, place.read, place.write))
		explorer_fail(explorer, "wrong packet",
			      "%zu bytes are read at %s, which are not "
			      "published",
			      bytes, word_name(explorer, address).text);
}

/* ---- Store buffers ---- */

void explorer_drain(struct explorer *explorer, enum side side)
{
	struct coroutine *owner = &explorer->sides[side];
	const struct buffered_store *store =
		&owner->stores[owner->first++ % BUFFER_STORES];

	drain_check(explorer, store);
	memcpy(store->address, store->data, store->bytes);
	store_show(explorer, store, true, side);
	explorer->world->changed(explorer->world->context);
}

void explorer_drain_all(struct explorer *explorer, enum side side)
{
	while (explorer->sides[side].first != explorer->sides[side].last)
		explorer_drain(explorer, side);
}

static void store_buffer(struct explorer *explorer, void *to, const void *from,
			 size_t bytes)
{
	struct coroutine *self = &explorer->sides[explorer->running];
	struct buffered_store *store;

	store_check(explorer, to);
	if (self->data_used + bytes > sizeof(self->data))
		explorer_fail(explorer, "livelock", "stores without an end");
	if (self->last - self->first == BUFFER_STORES)
		explorer_drain(explorer, explorer->running);
	store = &self->stores[self->last++ % BUFFER_STORES];
	memcpy(self->data + self->data_used, from, bytes);
	store->address = to;
	store->data = self->data + self->data_used;
	store->bytes = bytes;
	self->data_used += bytes;
	store_show(explorer, store, false, explorer->running);
}

/** Memory as a side sees it: with what is in its own buffer. */
static void view(const struct explorer *explorer, enum side side, void *to,
		 const uint8_t *from, size_t bytes)
{
	const struct coroutine *self = &explorer->sides[side];
	const struct buffered_store *store;
	const uint8_t *begin, *end;
	unsigned i;

	memcpy(to, from, bytes);
	for (i = self->first; i != self->last; i++) {
		store = &self->stores[i % BUFFER_STORES];
		begin = store->address > from ? store->address : from;
		end = store->address + store->bytes < from + bytes
			      ? store->address + store->bytes
			      : from + bytes;
		if (begin < end)
			memcpy((uint8_t *)to + (begin - from),
			       store->data + (begin - store->address),
			       (size_t)(end - begin));
	}
}

static void history_add(struct explorer *explorer, uint64_t value)
{
	struct coroutine *self = &explorer->sides[explorer->running];

	self->history = explorer_mix(self->history, value);
}

/*
 * Packets are told by how many were written, which is in the history of who
 * wrote them; so of a copy only the place counts.
 */
uint64_t explorer_memory_key(const struct explorer *explorer)
{
	uint64_t key = 0;
	unsigned i, side;
	uint32_t value;

	for (i = 0; i < EXPLORER_RINGS; i++) {
		uint64_t words[2];

		memcpy(words,
		       explorer->memory + (size_t)i * EXPLORER_RING_BYTES,
		       sizeof(words));
		key = explorer_mix(explorer_mix(key, words[0]), words[1]);
	}
	for (side = 0; side < SIDES; side++) {
		const struct coroutine *self = &explorer->sides[side];

		key = explorer_mix(key, self->last - self->first);
		for (i = self->first; i != self->last; i++) {
			const struct buffered_store *store =
				&self->stores[i % BUFFER_STORES];

			value = 0;
			if (store->bytes == sizeof(value))
				memcpy(&value, store->data, sizeof(value));
			key = explorer_mix(key, (uintptr_t)store->address);
			key = explorer_mix(key, value);
		}
	}
	return key;
}

/* ---- Accesses ---- */

uint32_t explorer_seen(const struct explorer *explorer, enum side side,
		       const le32 *word)
{
	le32 value;

	view(explorer, side, &value, (const uint8_t *)word, sizeof(value));
	return le32_to_cpu(value);
}

uint32_t explorer_memory(const struct explorer *explorer, const le32 *word)
{
	le32 value;

	(void)explorer;
	memcpy(&value, word, sizeof(value));
	return le32_to_cpu(value);
}

uint32_t explorer_load(struct explorer *explorer, const le32 *word)
{
	uint32_t value;

	if (place_of(explorer, word).at != FEATURE_BITS)
		explorer_point(explorer);
	value = explorer_seen(explorer, explorer->running, word);
	history_add(explorer, value);
	if (explorer->show)
		explorer_note(explorer, "loads %s: %u",
			      word_name(explorer, word).text, value);
	return value;
}

void explorer_store(struct explorer *explorer, le32 *word, uint32_t value)
{
	le32 stored = cpu_to_le32(value);

	if (explorer->running == GUEST)
		explorer_point(explorer);
	store_buffer(explorer, word, &stored, sizeof(stored));
	history_add(explorer, 1);
	explorer->world->changed(explorer->world->context);
}

void explorer_fence(struct explorer *explorer)
{
	explorer_point(explorer);
	explorer_note(explorer, "fence");
	history_add(explorer, 2);
	explorer_drain_all(explorer, explorer->running);
}

/** Words may be added in any order, so that the processor need not wait. */
static uint64_t bytes_key(const uint8_t *bytes, size_t count)
{
	uint64_t sum = count, word;
	size_t at;

	for (at = 0; at + sizeof(word) <= count; at += sizeof(word)) {
		memcpy(&word, bytes + at, sizeof(word));
		sum += (word ^ word >> 32 ^ at) *
		       (0x9e3779b97f4a7c15u + 2 * at);
	}
	for (; at < count; at++)
		sum += bytes[at] * (0xff51afd7ed558ccdu + 2 * at);
	return sum;
}

void explorer_read(struct explorer *explorer, void *to, const void *from,
		   size_t bytes)
{
	read_check(explorer, from, bytes);
	view(explorer, explorer->running, to, from, bytes);
	history_add(explorer, bytes_key(to, bytes));
	if (explorer->show)
		explorer_note(explorer, "reads %s, %zu bytes",
			      word_name(explorer, from).text, bytes);
}

void explorer_write(struct explorer *explorer, void *to, const void *from,
		    size_t bytes)
{
	if (bytes)
		store_buffer(explorer, to, from, bytes);
}

void explorer_pause(struct explorer *explorer)
{
	explorer_point(explorer);
	history_add(explorer, 8);
}

void explorer_signal(struct explorer *explorer)
{
	explorer_point(explorer);
	history_add(explorer, 3);
	explorer_drain_all(explorer, explorer->running);
	explorer_note(explorer, "SIGNALS the %s",
		      explorer_side_name(!explorer->running));
	explorer->signalled[!explorer->running] = true;
}
