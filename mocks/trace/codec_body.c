/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is nested in messages: sections of NVSP, per-packet information and
 * information buffers of RNDIS.
 *
 * Parts of the bytes behind a message's members are regions, which have fields
 * or groups of their own; the bytes around them are "data" while they are not
 * zero. What cannot be taken apart is no region: what is shown can always be
 * put together to what it was.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/trace/codec_internal.h"

/** Where offsets of RNDIS count from (MS-RNDIS 2.2.1). */
#define OFFSET_BASE  8u
#define PPI_HEADER   12u
#define SECTION	     16u
/** More of one kind are shown as bytes. */
#define GROUPS_MAX   24u
/** Of PACKET_MSG, by number. */
#define REGION_PPI   0
#define REGION_FRAME 1

bool codec_is_nested(const struct layout *layout)
{
	return layout->tail == LAYOUT_TAIL_PACKET ||
	       layout->tail == LAYOUT_TAIL_INFORMATION ||
	       layout->tail == LAYOUT_TAIL_STATUS ||
	       layout->tail == LAYOUT_TAIL_SECTIONS;
}

/* ---- Regions ---- */

static struct codec_region *region_add(struct codec_body *body, uint64_t start,
				       uint64_t length)
{
	struct codec_region *region = &body->regions[body->count++];

	region->start = start;
	region->length = length;
	region->information = NULL;
	return region;
}

/** Whether bytes lie between the members and the end, beside other regions. */
static bool is_free(const struct codec_body *body, const struct layout *layout,
		    uint64_t start, uint64_t length, uint64_t end)
{
	unsigned n;

	if (start < layout->bytes || start + length > end)
		return false;
	for (n = 0; n < body->count; n++)
		if (start < body->regions[n].start + body->regions[n].length &&
		    body->regions[n].start < start + length)
			return false;
	return true;
}

/** The first byte from a place on that is in no region. */
static uint64_t next_free(const struct codec_body *body, uint64_t at)
{
	unsigned n;

	for (n = 0; n < body->count; n++)
		if (at >= body->regions[n].start &&
		    at < body->regions[n].start + body->regions[n].length)
			return next_free(body, body->regions[n].start +
						       body->regions[n].length);
	return at;
}

/** How long a message is with so many bytes around its regions. */
static uint64_t extent(const struct codec_body *body,
		       const struct layout *layout, uint64_t others)
{
	uint64_t end = layout->bytes, at = layout->bytes;
	unsigned n;

	for (n = 0; n < body->count; n++)
		if (body->regions[n].start + body->regions[n].length > end)
			end = body->regions[n].start + body->regions[n].length;
	for (; others; others--)
		at = next_free(body, at) + 1;
	return at > end ? at : end;
}

/** The bytes around the regions. @return for how many bytes all stands */
static size_t others_show(struct codec *codec, const struct layout *layout,
			  const struct codec_body *body, const uint8_t *bytes,
			  uint32_t length)
{
	uint8_t *others = malloc(length ? length : 1);
	size_t count = 0;
	uint64_t at;

	if (!others) {
		codec_fail(codec, 0, "out of memory");
		return 0;
	}
	for (at = next_free(body, layout->bytes); at < length;
	     at = next_free(body, at + 1))
		others[count++] = bytes[at];
	count = codec_trimmed(others, count);
	if (count)
		trace_record_bytes(codec->record,
				   codec_key(codec, layout->tail_name), others,
				   count);
	free(others);
	return (size_t)extent(body, layout, count);
}

static void others_take(struct codec *codec, const struct layout *layout,
			const struct codec_body *body, uint8_t *to)
{
	const struct trace_field *field = codec_find(codec, layout->tail_name);
	uint64_t at = layout->bytes;
	const uint8_t *from;
	size_t n;

	if (!field || field->kind != TRACE_BYTES)
		return;
	from = trace_field_bytes(codec->record, field);
	for (n = 0; n < field->length; n++, at++) {
		at = next_free(body, at);
		to[at] = from[n];
	}
}

size_t codec_body_raw(struct codec *codec, const struct layout *layout,
		      const uint8_t *bytes, uint32_t length)
{
	const struct codec_body none = {.count = 0};

	return others_show(codec, layout, &none, bytes, length);
}

/* ---- RNDIS: per-packet information (MS-RNDIS 2.2.14.1) ---- */

struct ppi {
	uint64_t size, type, is_internal, offset;
};

/** How its value lies: NULL: it is shown as bytes. */
static const struct layout *ppi_layout(const struct codec *codec,
				       const struct ppi *ppi)
{
	return ppi->is_internal || ppi->offset != PPI_HEADER
		       ? NULL
		       : layout_ppi((uint32_t)ppi->type,
				    codec->record->direction == TRACE_TO_GUEST);
}

static void ppi_head(struct codec *codec, struct ppi *ppi)
{
	codec_number(codec, "type", &ppi->type, 10, INT32_MAX,
		     layout_ppi_types);
	codec_number_unless(codec, "internal", &ppi->is_internal, 10, 1, 0);
	codec_number_unless(codec, "offset", &ppi->offset, 10, UINT32_MAX,
			    PPI_HEADER);
}

static bool ppis_are_whole(const uint8_t *bytes, uint64_t length)
{
	uint64_t size;
	unsigned n;

	for (n = 0; length; n++) {
		size = length < PPI_HEADER ? 0 : codec_get(bytes, 4);
		if (size < PPI_HEADER || size > length || n == GROUPS_MAX)
			return false;
		bytes += size;
		length -= size;
	}
	return true;
}

static void ppi_show(struct codec *codec, const uint8_t *bytes)
{
	struct ppi ppi = {
		.size = codec_get(bytes, 4),
		.type = codec_get(bytes + 4, 4) & INT32_MAX,
		.is_internal = bytes[7] >> 7,
		.offset = codec_get(bytes + 8, 4),
	};
	const struct layout *layout = ppi_layout(codec, &ppi);

	ppi_head(codec, &ppi);
	if (layout && ppi.size - PPI_HEADER == layout->bytes)
		codec_members_show(codec, layout, bytes + PPI_HEADER, 0);
	else
		trace_record_bytes(codec->record, codec_key(codec, "data"),
				   bytes + PPI_HEADER, ppi.size - PPI_HEADER);
}

static void ppis_show(struct codec *codec, const uint8_t *bytes,
		      uint64_t length)
{
	const uint8_t *end = bytes + length;
	size_t before;
	unsigned n;

	for (n = 0; bytes < end; n++) {
		before = codec_enter(codec, "ppi", n);
		ppi_show(codec, bytes);
		codec_leave(codec, before);
		bytes += codec_get(bytes, 4);
	}
}

/** @param to NULL: only its bytes are counted. @return how many */
static uint64_t ppi_take(struct codec *codec, uint8_t *to)
{
	uint8_t scratch[LAYOUT_PPI_MAX] = {0};
	struct ppi ppi = {.size = 0};
	const struct layout *layout;
	const uint8_t *from = NULL;
	struct trace_field *data;
	uint64_t bytes;

	ppi_head(codec, &ppi);
	if (codec->is_partial && !codec_peek(codec, "type", &ppi.type)) {
		codec_use_group(codec);
		return PPI_HEADER;
	}
	data = codec_find(codec, "data");
	layout = data ? NULL : ppi_layout(codec, &ppi);
	if (!layout) {
		data = codec_take(codec, "data", true);
		from = data ? codec_field_bytes(codec, data) : NULL;
		if (codec->is_partial)
			codec_use_group(codec);
	}
	bytes = PPI_HEADER + (layout ? layout->bytes : from ? data->length : 0);
	codec_number_unless(codec, "size", &ppi.size, 10, UINT32_MAX, bytes);
	if (layout && codec->is_partial)
		codec_members_take(codec, layout, scratch, 0);
	if (!to || codec->failed)
		return bytes;
	codec_put(to, 4, ppi.size);
	codec_put(to + 4, 4, ppi.type | ppi.is_internal << 31);
	codec_put(to + 8, 4, ppi.offset);
	if (layout)
		codec_members_take(codec, layout, to + PPI_HEADER, 0);
	else if (from && data->length)
		memcpy(to + PPI_HEADER, from, data->length);
	return bytes;
}

static uint64_t ppis_take(struct codec *codec, uint8_t *to)
{
	uint64_t bytes = 0;
	size_t before;
	unsigned n;

	for (n = 0; codec_has_group(codec, "ppi", n); n++) {
		before = codec_enter(codec, "ppi", n);
		bytes += ppi_take(codec, to ? to + bytes : NULL);
		codec_leave(codec, before);
	}
	return bytes;
}

/* ---- RNDIS: PACKET_MSG ---- */

static void packet_regions(struct codec_body *body, const struct layout *layout,
			   const uint8_t *bytes, uint32_t length)
{
	uint64_t start = OFFSET_BASE + codec_get(bytes + 28, 4);
	uint64_t size = codec_get(bytes + 32, 4);

	if (is_free(body, layout, start, size, length) &&
	    ppis_are_whole(bytes + start, size))
		region_add(body, start, size);
	else
		region_add(body, 0, 0);
	start = OFFSET_BASE + codec_get(bytes + 8, 4);
	size = codec_get(bytes + 12, 4);
	if (size && is_free(body, layout, start, size, length))
		region_add(body, start, size);
	else
		region_add(body, 0, 0);
}

static void packet_show(struct codec *codec, const struct codec_body *body,
			const uint8_t *bytes)
{
	const struct codec_region *ppi = &body->regions[REGION_PPI];
	const struct codec_region *frame = &body->regions[REGION_FRAME];

	ppis_show(codec, bytes + ppi->start, ppi->length);
	if (frame->length)
		trace_record_bytes(codec->record, codec_key(codec, "frame"),
				   bytes + frame->start, frame->length);
}

/** A region at an offset that a field says. */
static void region_plan(struct codec *codec, const struct layout *layout,
			struct codec_body *body, const char *what,
			const char *offset_key, uint64_t length)
{
	const struct trace_field *field = codec_find(codec, offset_key);
	uint64_t offset = 0;

	/* What is missing is said where it is read. */
	if (codec->failed || !length || codec->is_partial ||
	    !codec_peek(codec, offset_key, &offset)) {
		region_add(body, 0, 0);
		return;
	}
	if (!is_free(body, layout, OFFSET_BASE + offset, length,
		     TRACE_BYTES_MAX))
		codec_fail(codec, field->column,
			   "'%s' has no room at '%s', between the message's "
			   "fields and what else it holds",
			   what, field->key);
	region_add(body, OFFSET_BASE + offset, length);
}

static void packet_plan(struct codec *codec, const struct layout *layout,
			struct codec_body *body)
{
	struct trace_field *frame;
	uint64_t bytes;

	codec_no_field(codec, "ppi");
	bytes = ppis_take(codec, NULL);
	region_plan(codec, layout, body, "ppi", "per_packet_info_offset",
		    bytes);
	frame = codec_take(codec, "frame", false);
	bytes = frame && codec_field_bytes(codec, frame) ? frame->length : 0;
	region_plan(codec, layout, body, "frame", "data_offset", bytes);
}

static void packet_take(struct codec *codec, const struct codec_body *body,
			uint8_t *to)
{
	const struct codec_region *frame = &body->regions[REGION_FRAME];

	if (body->regions[REGION_PPI].length)
		ppis_take(codec, to + body->regions[REGION_PPI].start);
	if (frame->length && !codec->failed)
		memcpy(to + frame->start,
		       trace_field_bytes(codec->record,
					 codec_find(codec, "frame")),
		       frame->length);
}

/* ---- RNDIS: information buffers ---- */

/** Where a message says where its buffer is, and by which names. */
static const struct buffer_place {
	enum layout_tail tail;
	unsigned offset_at, length_at;
	const char *offset_key, *length_key;
} buffer_places[] = {
	{LAYOUT_TAIL_INFORMATION, 20, 16, "information_buffer_offset",
	 "information_buffer_length"},
	{LAYOUT_TAIL_STATUS, 16, 12, "status_buffer_offset",
	 "status_buffer_length"},
};

static const struct buffer_place *buffer_place(const struct layout *layout)
{
	return &buffer_places[layout->tail == LAYOUT_TAIL_STATUS];
}

/** The longest of its layouts that is not longer; NULL: there is none. */
static const struct layout *
information_layout(const struct layout_information *information,
		   uint64_t length)
{
	size_t n;

	for (n = 0; n < information->count; n++)
		if (information->layouts[n].bytes <= length)
			return &information->layouts[n];
	return NULL;
}

static bool information_fits(const struct layout_information *information,
			     uint64_t length)
{
	switch (information->form) {
	case LAYOUT_FORM_NUMBER:
		return length == 4 || (length == 8 && !information->names);
	case LAYOUT_FORM_ADDRESS:
		return length && length % 6 == 0;
	default:
		return information_layout(information, length);
	}
}

/** What a buffer holds: a question says it, an answer lets it be seen. */
static const struct layout_information *
information_of(const struct layout *layout, const uint8_t *bytes,
	       uint64_t start, uint64_t length)
{
	const struct layout_information *information;
	bool is_known = layout->tail == LAYOUT_TAIL_INFORMATION &&
			layout->bytes == LAYOUT_OID_BYTES;

	if (is_known)
		information = layout_information_by_oid(
			(uint32_t)codec_get(bytes + 12, 4));
	else
		information =
			layout_information_by_bytes(bytes + start, length,
						    layout->tail ==
							    LAYOUT_TAIL_STATUS);
	return information && information_fits(information, length)
		       ? information
		       : NULL;
}

static void information_regions(struct codec_body *body,
				const struct layout *layout,
				const uint8_t *bytes, uint32_t length)
{
	const struct buffer_place *place = buffer_place(layout);
	uint64_t start = OFFSET_BASE + codec_get(bytes + place->offset_at, 4);
	uint64_t size = codec_get(bytes + place->length_at, 4);
	const struct layout_information *information;

	if (!size || !is_free(body, layout, start, size, length))
		return;
	information = information_of(layout, bytes, start, size);
	if (information)
		region_add(body, start, size)->information = information;
}

static void structure_show(struct codec *codec,
			   const struct codec_region *region,
			   const uint8_t *bytes)
{
	const struct layout *layout =
		information_layout(region->information, region->length);
	size_t before = codec_enter(codec, region->information->key, 0), rest;

	codec_members_show(codec, layout, bytes, 0);
	rest = codec_trimmed(bytes + layout->bytes,
			     region->length - layout->bytes);
	if (rest)
		trace_record_bytes(codec->record, codec_key(codec, "data"),
				   bytes + layout->bytes, rest);
	codec_leave(codec, before);
}

static void information_show(struct codec *codec,
			     const struct codec_region *region,
			     const uint8_t *bytes)
{
	const struct layout_information *information = region->information;
	const char *key = codec_key(codec, information->key);

	bytes += region->start;
	if (information->form == LAYOUT_FORM_STRUCTURE)
		structure_show(codec, region, bytes);
	else if (information->form == LAYOUT_FORM_ADDRESS)
		trace_record_bytes(codec->record, key, bytes, region->length);
	else if (information->names)
		codec_flags_show(codec, key, codec_get(bytes, 4),
				 information->names);
	else
		trace_record_number(codec->record, key,
				    codec_get(bytes, (unsigned)region->length),
				    10, NULL);
}

/** Put one together. @param to room for as many bytes as it was planned */
static void structure_take(struct codec *codec,
			   const struct codec_region *region, uint8_t *to)
{
	const struct layout_information *information = region->information;
	const struct layout *layout =
		information_layout(information, region->length);
	size_t before = codec_enter(codec, information->key, 0);
	struct trace_field *data = codec_take(codec, "data", false);
	const uint8_t *from = data ? codec_field_bytes(codec, data) : NULL;

	codec_members_take(codec, layout, to, 0);
	/* Of what is checked only as far as it goes the buffer is none. */
	if (from && !codec->is_partial) {
		if (data->length > region->length - layout->bytes)
			codec_fail(codec, data->column,
				   "'%s' has no room in its buffer", data->key);
		else if (data->length)
			memcpy(to + layout->bytes, from, data->length);
	}
	codec_leave(codec, before);
}

static void number_take(struct codec *codec,
			const struct layout_information *information,
			uint64_t bytes, uint8_t *to)
{
	uint64_t value = 0;

	if (information->names)
		codec_flags(codec, information->key, &value, UINT32_MAX,
			    information->names, false);
	else
		codec_number(codec, information->key, &value, 10,
			     bytes < 8 ? UINT32_MAX : UINT64_MAX, NULL);
	codec_put(to, (unsigned)bytes, value);
}

static void information_take(struct codec *codec,
			     const struct codec_region *region, uint8_t *to)
{
	const struct layout_information *information = region->information;
	struct trace_field *field;
	const uint8_t *from;

	if (information->form == LAYOUT_FORM_STRUCTURE) {
		structure_take(codec, region, to);
	} else if (information->form == LAYOUT_FORM_NUMBER) {
		number_take(codec, information, region->length, to);
	} else {
		field = codec_take(codec, information->key, true);
		from = field ? codec_field_bytes(codec, field) : NULL;
		if (from)
			memcpy(to, from, region->length);
	}
}

/** How many bytes it takes; 0: the record has none of it. */
static uint64_t information_bytes(struct codec *codec,
				  const struct layout *layout,
				  const struct layout_information *information)
{
	const struct trace_field *field = codec_find(codec, information->key);
	const char *length_key = buffer_place(layout)->length_key;
	uint64_t length = 0;

	if (information->form == LAYOUT_FORM_NUMBER)
		return !field ? 0
		       : !information->names &&
				       codec_peek(codec, length_key, &length) &&
				       length == 8
			       ? 8
			       : 4;
	if (information->form == LAYOUT_FORM_ADDRESS)
		return field && field->kind == TRACE_BYTES ? field->length : 0;
	if (!codec_has_group(codec, information->key, 0))
		return 0;
	if (!codec_peek(codec, length_key, &length) && codec->is_partial)
		return information->layouts[0].bytes;
	if (!codec->failed && !information_layout(information, length)) {
		field = codec_find(codec, length_key);
		codec_fail(codec, field ? field->column : 0,
			   "'%s' is too short for '%s'", length_key,
			   information->key);
	}
	return codec->failed ? 0 : length;
}

static void information_plan(struct codec *codec, const struct layout *layout,
			     struct codec_body *body)
{
	uint8_t scratch[LAYOUT_INFORMATION_MAX] = {0};
	const struct layout_information *information = layout_informations;
	struct codec_region whole;
	uint64_t length;

	for (; information->key && !codec->failed; information++) {
		if (information->form == LAYOUT_FORM_STRUCTURE)
			codec_no_field(codec, information->key);
		length = information_bytes(codec, layout, information);
		if (!length) {
			if (codec->is_partial)
				codec_take(codec, information->key, false);
			continue;
		}
		whole.information = information;
		whole.length = LAYOUT_INFORMATION_MAX;
		if (information->form != LAYOUT_FORM_STRUCTURE)
			whole.length = length < LAYOUT_INFORMATION_MAX
					       ? length
					       : LAYOUT_INFORMATION_MAX;
		if (codec->is_partial) {
			information_take(codec, &whole, scratch);
			continue;
		}
		if (body->count)
			codec_fail(codec, 0, "'%s' is one thing too many",
				   information->key);
		else
			region_plan(codec, layout, body, information->key,
				    buffer_place(layout)->offset_key, length);
		body->regions[0].information = information;
	}
}

/* ---- NVSP: the sections of a receive buffer ---- */

static void section_regions(struct codec_body *body,
			    const struct layout *layout, const uint8_t *bytes,
			    uint32_t length)
{
	uint64_t count = codec_get(bytes + 8, 4);

	if (count > (length - layout->bytes) / SECTION)
		count = (length - layout->bytes) / SECTION;
	region_add(body, layout->bytes,
		   SECTION * (count > GROUPS_MAX ? GROUPS_MAX : count));
}

static void sections_show(struct codec *codec,
			  const struct codec_region *region,
			  const uint8_t *bytes)
{
	size_t before;
	unsigned n;

	for (n = 0; n < region->length / SECTION; n++) {
		before = codec_enter(codec, "section", n);
		codec_members_show(codec, &layout_nvsp_section,
				   bytes + region->start + n * SECTION, 0);
		codec_leave(codec, before);
	}
}

static void section_plan(struct codec *codec, const struct layout *layout,
			 struct codec_body *body)
{
	uint8_t scratch[SECTION] = {0};
	size_t before;
	unsigned n;

	codec_no_field(codec, "section");
	for (n = 0; codec_has_group(codec, "section", n); n++) {
		if (!codec->is_partial)
			continue;
		before = codec_enter(codec, "section", n);
		codec_members_take(codec, &layout_nvsp_section, scratch, 0);
		codec_leave(codec, before);
	}
	region_add(body, layout->bytes, (uint64_t)n * SECTION);
}

static void sections_take(struct codec *codec,
			  const struct codec_region *region, uint8_t *to)
{
	size_t before;
	unsigned n;

	for (n = 0; n < region->length / SECTION; n++) {
		before = codec_enter(codec, "section", n);
		codec_members_take(codec, &layout_nvsp_section,
				   to + region->start + n * SECTION, 0);
		codec_leave(codec, before);
	}
}

/* ---- Each of them ---- */

size_t codec_body_show(struct codec *codec, const struct layout *layout,
		       const uint8_t *bytes, uint32_t length)
{
	struct codec_body body = {.count = 0};

	if (layout->tail == LAYOUT_TAIL_PACKET) {
		packet_regions(&body, layout, bytes, length);
		packet_show(codec, &body, bytes);
	} else if (layout->tail == LAYOUT_TAIL_SECTIONS) {
		section_regions(&body, layout, bytes, length);
		sections_show(codec, &body.regions[0], bytes);
	} else {
		information_regions(&body, layout, bytes, length);
		if (body.count)
			information_show(codec, &body.regions[0], bytes);
	}
	return others_show(codec, layout, &body, bytes, length);
}

uint64_t codec_body_plan(struct codec *codec, const struct layout *layout,
			 struct codec_body *body)
{
	struct trace_field *others =
		codec_take(codec, layout->tail_name, false);

	if (others && !codec_field_bytes(codec, others))
		return 0;
	if (layout->tail == LAYOUT_TAIL_PACKET)
		packet_plan(codec, layout, body);
	else if (layout->tail == LAYOUT_TAIL_SECTIONS)
		section_plan(codec, layout, body);
	else
		information_plan(codec, layout, body);
	return codec->failed
		       ? 0
		       : extent(body, layout, others ? others->length : 0);
}

void codec_body_take(struct codec *codec, const struct layout *layout,
		     const struct codec_body *body, uint8_t *to,
		     uint32_t length)
{
	(void)length;
	/* Whoever looks at a part of it has no room for the whole. */
	if (codec->is_partial)
		return;
	if (layout->tail == LAYOUT_TAIL_PACKET)
		packet_take(codec, body, to);
	else if (layout->tail == LAYOUT_TAIL_SECTIONS)
		sections_take(codec, &body->regions[0], to);
	else if (body->count)
		information_take(codec, &body->regions[0],
				 to + body->regions[0].start);
	others_take(codec, layout, body, to);
}
