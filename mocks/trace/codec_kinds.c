/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each kind of event consists of, described once for both ways.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/trace/codec_internal.h"

/* ---- Words ---- */

/** Where it happens: one word; an event without has none. */
static void place(struct codec *codec, struct trace_event *event)
{
	struct trace_field *field;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		if (event->place)
			trace_record_text(codec->record, "at", event->place,
					  strlen(event->place));
		return;
	}
	event->place = NULL;
	field = codec_take(codec, "at", false);
	if (!field)
		return;
	if (field->kind != TRACE_TEXT ||
	    field->length >= sizeof(codec->built->place)) {
		codec_fail(codec, field->column,
			   "'at' wants the name of a place");
		return;
	}
	memcpy(codec->built->place, trace_field_bytes(codec->record, field),
	       field->length);
	codec->built->place[field->length] = 0;
	event->place = codec->built->place;
}

static void text(struct codec *codec, struct trace_event *event)
{
	struct trace_field *field;
	char *copy;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		trace_record_text(codec->record, "text", event->text,
				  strlen(event->text));
		return;
	}
	field = codec_take(codec, "text", true);
	if (!field)
		return;
	if (field->kind != TRACE_TEXT) {
		codec_fail(codec, field->column, "'text' wants a text");
		return;
	}
	copy = trace_text_copy(trace_field_bytes(codec->record, field),
			       field->length);
	if (!copy) {
		codec_fail(codec, 0, "out of memory");
		return;
	}
	free(codec->built->text);
	codec->built->text = copy;
	event->text = copy;
}

/** The name of what is at a number, in place of the number. */
static void named(struct codec *codec, const char *key, uint64_t *value,
		  const struct layout_name *names)
{
	const char *name;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		name = layout_name(names, *value);
		snprintf(codec->record->name, TRACE_NAME_MAX, "%s",
			 name ? name : "-");
		if (!name)
			codec_number(codec, key, value, 16, UINT64_MAX, NULL);
		return;
	}
	if (strcmp(codec->record->name, "-") == 0) {
		codec_number(codec, key, value, 16, UINT64_MAX, NULL);
		return;
	}
	for (; names->name; names++)
		if (strcmp(names->name, codec->record->name) == 0) {
			*value = names->number;
			return;
		}
	codec_fail(codec, codec->record->name_column, "there is no '%s'",
		   codec->record->name);
}

static void queue(struct codec *codec, const char *key,
		  struct trace_event *event)
{
	uint64_t value = event->queue;

	codec_number(codec, key, &value, 10, UINT32_MAX, NULL);
	event->queue = (uint32_t)value;
}

static void width(struct codec *codec, struct trace_event *event)
{
	uint64_t value = event->width;

	codec_number(codec, "width", &value, 10, 8, NULL);
	event->width = (unsigned)value;
}

/* ---- The kinds, in the order of enum trace_kind ---- */

static void kind_cpuid(struct codec *codec, struct trace_event *event)
{
	codec_number(codec, "leaf", &event->address, 16, UINT32_MAX, NULL);
	codec_number_unless(codec, "subleaf", &event->value, 16, UINT32_MAX, 0);
	codec_message(codec, &layout_cpuid, event, 0);
}

static void kind_msr(struct codec *codec, struct trace_event *event)
{
	named(codec, "number", &event->address, layout_msrs);
	codec_number(codec, "value", &event->value, 16, UINT64_MAX, NULL);
}

static void kind_hypercall(struct codec *codec, struct trace_event *event)
{
	static const struct layout_name names[] = {
		{"HvCallPostMessage", 0x5c},
		{"HvCallSignalEvent", 0x1005d},
		{NULL, 0},
	};

	named(codec, "control", &event->address, names);
	codec_number(codec, "input", &event->other, 16, UINT64_MAX, NULL);
	codec_number_unless(codec, "result", &event->value, 16, UINT64_MAX, 0);
}

static const struct layout_name *register_names(const char *where)
{
	static const struct layout_name none[] = {{NULL, 0}};

	if (where && strcmp(where, "pci-ports") == 0)
		return layout_pci_ports;
	if (where && strcmp(where, "bar0") == 0)
		return layout_vmxnet3_bar0;
	if (where && strcmp(where, "bar1") == 0)
		return layout_vmxnet3_bar1;
	if (where && strncmp(where, "virtio-mmio", 11) == 0)
		return layout_virtio_mmio;
	return none;
}

static void kind_register(struct codec *codec, struct trace_event *event)
{
	const struct layout_name *commands = NULL;

	place(codec, event);
	named(codec, "offset", &event->address, register_names(event->place));
	if (event->place && strcmp(event->place, "bar1") == 0 &&
	    strcmp(codec->record->name, "CMD") == 0)
		commands = layout_vmxnet3_commands;
	width(codec, event);
	codec_number(codec, "value", &event->value, 16, UINT64_MAX, commands);
}

static void kind_vector(struct codec *codec, struct trace_event *event)
{
	codec_number(codec, "vector", &event->address, 10, UINT8_MAX, NULL);
}

static void kind_line(struct codec *codec, struct trace_event *event)
{
	static const struct layout_name names[] = {
		{"low", 0},
		{"high", 1},
		{"edge", 2},
		{NULL, 0},
	};

	codec_number(codec, "line", &event->address, 10, UINT32_MAX, NULL);
	codec_number(codec, "level", &event->value, 10, 2, names);
}

static void kind_msi(struct codec *codec, struct trace_event *event)
{
	codec_number(codec, "address", &event->address, 16, UINT64_MAX, NULL);
	codec_number(codec, "data", &event->value, 16, UINT32_MAX, NULL);
}

/** The connection that a guest names, or the source of the host. */
static const char *port_key(const struct trace_event *event)
{
	return event->direction == TRACE_FROM_GUEST ? "connection" : "sint";
}

static void kind_message(struct codec *codec, struct trace_event *event)
{
	codec_number(codec, port_key(event), &event->address, 16, UINT32_MAX,
		     NULL);
	codec_number_unless(codec, "message_type", &event->value, 16,
			    UINT32_MAX, 1);
	codec_message(codec, &layout_vmbus, event, 0);
}

static void kind_event(struct codec *codec, struct trace_event *event)
{
	codec_number(codec, port_key(event), &event->address, 16, UINT32_MAX,
		     NULL);
	codec_number(codec, "flag", &event->value, 10, UINT32_MAX, NULL);
}

/** Ranges and the like, between descriptor and payload. */
static void packet_header(struct codec *codec, struct trace_event *event)
{
	const uint32_t descriptor = 16;
	struct trace_field *field;
	const uint8_t *from;
	uint8_t *to;
	uint32_t bytes;

	if (codec->failed)
		return;
	if (!codec->is_encoding) {
		bytes = event->width > descriptor ? event->width - descriptor
						  : 0;
		if (bytes > event->length)
			bytes = event->length;
		if (bytes)
			trace_record_bytes(codec->record, "header",
					   event->bytes, bytes);
		return;
	}
	event->width = descriptor;
	field = codec_take(codec, "header", false);
	from = field ? codec_field_bytes(codec, field) : NULL;
	if (!from)
		return;
	to = codec_bytes_add(codec, event, field->length);
	if (to)
		memcpy(to, from, field->length);
	event->width += (unsigned)field->length;
}

static void kind_packet(struct codec *codec, struct trace_event *event)
{
	uint32_t header;
	uint64_t offset;

	queue(codec, "channel", event);
	codec_number(codec, "type", &event->value, 10, UINT16_MAX,
		     layout_packet_types);
	codec_number_unless(codec, "flags", &event->other, 16, UINT16_MAX, 0);
	codec_number(codec, "transaction", &event->address, 16, UINT64_MAX,
		     NULL);
	offset = event->width;
	packet_header(codec, event);
	header = event->width > 16 ? event->width - 16 : 0;
	if (!codec->is_encoding && header > event->length)
		header = event->length;
	/* A data offset that its header does not have. */
	codec_number_unless(codec, "data_offset", &offset, 10, UINT32_MAX,
			    header + 16);
	event->width = (unsigned)offset;
	codec_message(codec, &layout_nvsp, event, header);
}

static void kind_rndis(struct codec *codec, struct trace_event *event)
{
	queue(codec, "channel", event);
	codec_number(codec,
		     event->direction == TRACE_FROM_GUEST ? "section"
							  : "at_offset",
		     &event->address, 16, UINT32_MAX, NULL);
	codec_message(codec, &layout_rndis, event, 0);
}

static void kind_descriptor(struct codec *codec, struct trace_event *event)
{
	static const struct {
		const char *place;
		const struct layout_family *family;
	} rings[] = {
		{"tx", &layout_vmxnet3_tx},
		{"rx0", &layout_vmxnet3_rx},
		{"rx1", &layout_vmxnet3_rx},
		{"txc", &layout_vmxnet3_txc},
		{"rxc", &layout_vmxnet3_rxc},
		{"shared", &layout_vmxnet3_shared},
		{"tx-queue", &layout_vmxnet3_tx_queue},
		{"rx-queue", &layout_vmxnet3_rx_queue},
		{"filter", &layout_vmxnet3_filter},
		{"mac-table", &layout_vmxnet3_mac_table},
		{"rss", &layout_vmxnet3_rss},
		{"command", &layout_vmxnet3_command},
		{"coalesce", &layout_vmxnet3_coalesce},
		{"events", &layout_vmxnet3_events},
		{"tx-status", &layout_vmxnet3_status},
		{"rx-status", &layout_vmxnet3_status},
		{"tx-stats", &layout_vmxnet3_tx_stats},
		{"rx-stats", &layout_vmxnet3_rx_stats},
		{"desc", &layout_virtq_desc},
		{"indirect", &layout_virtq_desc},
		{"avail", &layout_virtq_avail},
		{"used", &layout_virtq_used},
		{"packed", &layout_virtq_packed},
		{"packed-indirect", &layout_virtq_packed},
		{"header", &layout_virtio_header},
		{"control", &layout_virtio_control},
		{"ack", &layout_virtio_ack},
	};
	size_t n;

	place(codec, event);
	queue(codec, "queue", event);
	codec_number(codec, "index", &event->address, 10, UINT32_MAX, NULL);
	for (n = 0; n < sizeof(rings) / sizeof(rings[0]); n++)
		if (event->place && strcmp(event->place, rings[n].place) == 0) {
			codec_message(codec, rings[n].family, event, 0);
			return;
		}
	codec_blob(codec, "data", event);
}

static void kind_frame(struct codec *codec, struct trace_event *event)
{
	codec_blob(codec, "data", event);
}

static void kind_text(struct codec *codec, struct trace_event *event)
{
	text(codec, event);
}

static const struct {
	const char *name;
	void (*describe)(struct codec *codec, struct trace_event *event);
} kinds[TRACE_KINDS] = {
	[TRACE_CPUID] = {"cpuid", kind_cpuid},
	[TRACE_MSR] = {"msr", kind_msr},
	[TRACE_HYPERCALL] = {"hypercall", kind_hypercall},
	[TRACE_PORT] = {"port", kind_register},
	[TRACE_MMIO] = {"mmio", kind_register},
	[TRACE_VECTOR] = {"vector", kind_vector},
	[TRACE_LINE] = {"line", kind_line},
	[TRACE_MSI] = {"msi", kind_msi},
	[TRACE_MESSAGE] = {"message", kind_message},
	[TRACE_EVENT] = {"event", kind_event},
	[TRACE_PACKET] = {"packet", kind_packet},
	[TRACE_RNDIS] = {"rndis", kind_rndis},
	[TRACE_DESCRIPTOR] = {"descriptor", kind_descriptor},
	[TRACE_FRAME] = {"frame", kind_frame},
	[TRACE_RULE] = {"rule", kind_text},
	[TRACE_NOTE] = {"note", kind_text},
};

const char *trace_kind_name(enum trace_kind kind)
{
	return kinds[kind].name;
}

bool trace_kind_find(const char *name, size_t length, enum trace_kind *kind)
{
	unsigned n;

	for (n = 0; n < TRACE_KINDS; n++)
		if (strlen(kinds[n].name) == length &&
		    !memcmp(kinds[n].name, name, length)) {
			*kind = (enum trace_kind)n;
			return true;
		}
	return false;
}

/* ---- Both ways ---- */

static void describe(struct codec *codec, struct trace_event *event)
{
	uint64_t cpu = event->cpu;

	codec_number_unless(codec, "cpu", &cpu, 10, UINT8_MAX, 0);
	event->cpu = (unsigned)cpu;
	kinds[event->kind].describe(codec, event);
}

bool trace_decode(struct trace_record *record, const struct trace_event *event)
{
	char error[TRACE_ERROR_MAX];
	unsigned column;
	struct codec codec = {
		.record = record,
		.error = error,
		.column = &column,
	};
	struct trace_event copy = *event;

	trace_record_clear(record);
	record->kind = event->kind;
	record->direction = event->direction;
	record->has_time = true;
	record->time = event->time;
	describe(&codec, &copy);
	if (event->comment)
		trace_record_comment(record, event->comment,
				     strlen(event->comment));
	return !codec.failed && !record->is_broken;
}

/** A comment is part of no kind: it goes as it came. */
static void comment_take(struct codec *codec, struct trace_event *event)
{
	const struct trace_record *record = codec->record;
	struct trace_built *built = codec->built;

	free(built->comment);
	built->comment = NULL;
	if (!record->comment_length)
		return;
	built->comment = trace_text_copy(record->pool + record->comment_start,
					 record->comment_length);
	event->comment = built->comment;
	if (!built->comment)
		codec_fail(codec, 0, "out of memory");
}

bool trace_encode(struct trace_built *built, struct trace_record *record,
		  char *error, unsigned *column)
{
	struct codec codec = {
		.record = record,
		.is_encoding = true,
		.error = error,
		.column = column,
		.built = built,
	};
	struct trace_event *event = &built->event;
	unsigned n;

	memset(event, 0, sizeof(*event));
	event->kind = record->kind;
	event->direction = record->direction;
	event->time = record->time;
	for (n = 0; n < record->count; n++)
		record->fields[n].is_used = false;
	if (record->is_open)
		codec_fail(&codec, 0,
			   "'...' stands where an event has to be whole");
	describe(&codec, event);
	comment_take(&codec, event);
	for (n = 0; n < record->count && !codec.failed; n++)
		if (!record->fields[n].is_used)
			codec_fail(&codec, record->fields[n].column,
				   "nobody asks for '%s' here",
				   record->fields[n].key);
	return !codec.failed;
}

void trace_built_free(struct trace_built *built)
{
	free(built->bytes);
	free(built->text);
	free(built->comment);
	memset(built, 0, sizeof(*built));
}
