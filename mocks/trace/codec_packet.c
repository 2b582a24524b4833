/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What lies between the descriptor of a ring packet and its payload: ranges of
 * the receive buffer, or of guest memory.
 */
#include <string.h>

#include "mocks/trace/codec_internal.h"

#define PAGE	   4096u
#define DESCRIPTOR 16u
/** More of them are shown as bytes. */
#define RANGES_MAX 24u

static uint64_t pages_of(uint64_t bytes, uint64_t offset)
{
	return (offset % PAGE + bytes + PAGE - 1) / PAGE;
}

/** How many pages of a range are there, of the bytes behind its head. */
static uint64_t range_pages(const uint8_t *range, uint64_t rest)
{
	uint64_t pages = pages_of(codec_get(range, 4), codec_get(range + 4, 4));

	return pages > rest / 8 ? rest / 8 : pages;
}

/** How long the n-th range is; 0: it cannot be taken apart. */
static uint64_t range_bytes(uint64_t type, const uint8_t *bytes, uint64_t rest)
{
	uint64_t pages;

	if (rest < 8)
		return 0;
	if (type != LAYOUT_GPA_DIRECT)
		return 8;
	pages = range_pages(bytes, rest - 8);
	return pages > CODEC_LIST_MAX ? 0 : 8 + 8 * pages;
}

static bool has_ranges(uint64_t type, const uint8_t *bytes, uint64_t length)
{
	uint64_t at, size;
	unsigned n;

	if ((type != LAYOUT_GPA_DIRECT && type != LAYOUT_TRANSFER_PAGES) ||
	    length < 8)
		return false;
	for (at = 8, n = 0; at < length; at += size, n++) {
		size = range_bytes(type, bytes + at, length - at);
		if (!size || n == RANGES_MAX)
			return false;
	}
	return true;
}

/** What stands in front of the ranges; both ways. */
static void ranges_head(struct codec *codec, uint64_t type, uint64_t *first,
			uint64_t *owns, uint64_t *count)
{
	if (type == LAYOUT_TRANSFER_PAGES) {
		codec_number(codec, "transfer_page_set_id", first, 16,
			     UINT16_MAX, NULL);
		codec_number_unless(codec, "sender_owns_set", owns, 10,
				    UINT16_MAX, 0);
	} else {
		codec_number_unless(codec, "gpa_reserved", first, 16,
				    UINT32_MAX, 0);
	}
	codec_number(codec, "range_count", count, 10, UINT32_MAX, NULL);
}

static void ranges_show(struct codec *codec, uint64_t type,
			const uint8_t *bytes, uint64_t length)
{
	bool is_transfer = type == LAYOUT_TRANSFER_PAGES;
	uint64_t first = codec_get(bytes, is_transfer ? 2 : 4);
	uint64_t owns = is_transfer ? codec_get(bytes + 2, 2) : 0;
	uint64_t count = codec_get(bytes + 4, 4), at, size;
	size_t before;
	unsigned n;

	ranges_head(codec, type, &first, &owns, &count);
	for (at = 8, n = 0; at < length; at += size, n++) {
		size = range_bytes(type, bytes + at, length - at);
		before = codec_enter(codec, "range", n);
		codec_members_show(codec, &layout_range, bytes + at, 0);
		if (!is_transfer)
			codec_list_show(codec, "pfns", bytes + at + 8,
					(size - 8) / 8, 8);
		codec_leave(codec, before);
	}
}

static void range_take(struct codec *codec, uint64_t type,
		       struct trace_event *event)
{
	struct trace_field *pages = NULL;
	uint8_t *to;
	size_t size = 8;

	if (type == LAYOUT_GPA_DIRECT)
		pages = codec_take(codec, "pfns", true);
	if (pages && pages->kind != TRACE_LIST)
		codec_fail(codec, pages->column, "'%s' wants a list of numbers",
			   pages->key);
	if (pages)
		size += pages->length;
	to = codec_bytes_add(codec, event, size);
	if (!to)
		return;
	codec_members_take(codec, &layout_range, to, 0);
	if (pages && !codec->failed)
		codec_list_take(codec, pages, 8, to + 8);
}

static void ranges_take(struct codec *codec, uint64_t type,
			struct trace_event *event)
{
	uint64_t first = 0, owns = 0, count = 0;
	uint8_t *to = codec_bytes_add(codec, event, 8);
	size_t before;
	unsigned n;

	if (!to)
		return;
	ranges_head(codec, type, &first, &owns, &count);
	codec_put(to, 4, first | owns << 16);
	codec_put(to + 4, 4, count);
	for (n = 0; codec_has_group(codec, "range", n); n++) {
		before = codec_enter(codec, "range", n);
		range_take(codec, type, event);
		codec_leave(codec, before);
	}
}

/** Whether the record that is read has ranges. */
static bool wants_ranges(struct codec *codec, uint64_t type)
{
	return (type == LAYOUT_GPA_DIRECT || type == LAYOUT_TRANSFER_PAGES) &&
	       (codec_find(codec, "range_count") ||
		codec_has_group(codec, "range", 0));
}

/** Of a packet of any type they can be any. */
static void use_ranges(struct codec *codec)
{
	static const char *const keys[] = {
		"header",	   "gpa_reserved",
		"range",	   "transfer_page_set_id",
		"sender_owns_set", "range_count"};
	size_t before, n;

	for (n = 0; n < sizeof(keys) / sizeof(keys[0]); n++)
		codec_take(codec, keys[n], false);
	for (n = 0; codec_has_group(codec, "range", (unsigned)n); n++) {
		before = codec_enter(codec, "range", (unsigned)n);
		codec_use_group(codec);
		codec_leave(codec, before);
	}
}

static void header_take(struct codec *codec, struct trace_event *event)
{
	struct trace_field *field;
	const uint8_t *from;
	uint8_t *to;

	event->width = DESCRIPTOR;
	if (codec->is_partial && !codec_peek(codec, "type", &event->value)) {
		use_ranges(codec);
		return;
	}
	codec_no_field(codec, "range");
	if (wants_ranges(codec, event->value)) {
		ranges_take(codec, event->value, event);
	} else {
		field = codec_take(codec, "header", false);
		from = field ? codec_field_bytes(codec, field) : NULL;
		if (!from)
			return;
		to = codec_bytes_add(codec, event, field->length);
		if (to)
			memcpy(to, from, field->length);
	}
	event->width += event->length;
}

void codec_packet_header(struct codec *codec, struct trace_event *event)
{
	struct trace_mark mark = trace_record_mark(codec->record);
	uint32_t bytes;

	if (codec->failed)
		return;
	if (codec->is_encoding) {
		header_take(codec, event);
		return;
	}
	bytes = event->width > DESCRIPTOR ? event->width - DESCRIPTOR : 0;
	if (bytes > event->length)
		bytes = event->length;
	if (has_ranges(event->value, event->bytes, bytes)) {
		ranges_show(codec, event->value, event->bytes, bytes);
		if (!codec->record->is_broken)
			return;
		trace_record_back(codec->record, &mark);
	}
	if (bytes)
		trace_record_bytes(codec->record, "header", event->bytes,
				   bytes);
}
