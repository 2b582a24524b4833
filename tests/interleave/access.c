/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shared memory as both sides reach it: loads, stores through a buffer, fences,
 * copies, signals.
 *
 * A copy of many bytes is one store; nobody may look at it before the index that
 * follows it, so where it is cut does not matter. It is no place for a choice
 * either: alone in the buffer nobody can see it, and what follows it is one.
 */
#include "tests/interleave/explorer_internal.h"

#include <stdarg.h>
#include <string.h>

#define CONTROL_BYTES 4096u

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

void explorer_note(struct explorer *explorer, const char *format, ...)
{
	va_list arguments;

	if (!explorer->show)
		return;
	fprintf(explorer->show, "  %3u  %-5s  ", ++explorer->step,
		explorer_side_name(explorer->running));
	va_start(arguments, format);
	vfprintf(explorer->show, format, arguments);
	va_end(arguments);
	fputc('\n', explorer->show);
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

static void store_show(struct explorer *explorer, const char *what,
		       const struct buffered_store *store)
{
	struct word_name name;
	uint32_t value;

	if (!explorer->show)
		return;
	name = word_name(explorer, store->address);
	if (store->bytes == sizeof(value)) {
		memcpy(&value, store->data, sizeof(value));
		explorer_note(explorer, "%s %s = %u", what, name.text, value);
	} else {
		explorer_note(explorer, "%s %s, %zu bytes", what, name.text,
			      store->bytes);
	}
}

/* ---- Store buffers ---- */

void explorer_drain(struct explorer *explorer, enum side side)
{
	struct coroutine *owner = &explorer->sides[side];
	const struct buffered_store *store =
		&owner->stores[owner->first++ % BUFFER_STORES];

	memcpy(store->address, store->data, store->bytes);
	store_show(explorer,
		   side == GUEST ? "(reaches memory: the guest's)"
				 : "(reaches memory: the host's)",
		   store);
	explorer->world->changed(explorer->world->context);
}

void explorer_drain_all(struct explorer *explorer, enum side side)
{
	while (explorer->sides[side].first != explorer->sides[side].last)
		explorer_drain(explorer, side);
}

/** A consumer writes read_index and interrupt_mask, a producer all else. */
static void store_check(struct explorer *explorer, const void *address)
{
	size_t at = (size_t)((const uint8_t *)address - explorer->memory);
	bool consumers = at % EXPLORER_RING_BYTES >= 4 &&
			 at % EXPLORER_RING_BYTES < 12;
	enum side producer = at < EXPLORER_RING_BYTES ? GUEST : HOST;

	if (consumers != (explorer->running != producer))
		explorer_fail(explorer, "foreign word",
			      "the %s writes %s, which is not its to write",
			      explorer_side_name(explorer->running),
			      word_name(explorer, address).text);
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
	store_show(explorer, "stores", store);
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

void explorer_read(struct explorer *explorer, void *to, const void *from,
		   size_t bytes)
{
	size_t at;

	explorer_point(explorer);
	view(explorer, explorer->running, to, from, bytes);
	for (at = 0; at < bytes; at += sizeof(uint64_t)) {
		size_t part = bytes - at < sizeof(uint64_t) ? bytes - at
							    : sizeof(uint64_t);
		uint64_t value = 0;

		memcpy(&value, (const uint8_t *)to + at, part);
		history_add(explorer, value);
	}
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

void explorer_signal(struct explorer *explorer)
{
	explorer_point(explorer);
	history_add(explorer, 3);
	explorer_drain_all(explorer, explorer->running);
	explorer_note(explorer, "SIGNALS the %s",
		      explorer_side_name(!explorer->running));
	explorer->signalled[!explorer->running] = true;
}
