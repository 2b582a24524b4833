/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events of a trace: taken apart, written as a line, read and put together they
 * are what they were, whatever they hold; in pcapng too. And each way in which
 * a line can be wrong has its sentence with line and column.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/cli/random.h"
#include "mocks/trace/codec.h"
#include "mocks/trace/filter.h"
#include "mocks/trace/layout.h"
#include "mocks/trace/pcapng.h"
#include "mocks/trace/text.h"
#include "tests/support/trace_lines.h"

#define ROUNDS	  4000u
#define BYTES_MAX 800u

/* ---- Events out of chance ---- */

struct made {
	struct trace_event event;
	uint8_t bytes[BYTES_MAX];
	char text[32];
};

static const char *const places[] = {"bar0",
				     "bar1",
				     "tx",
				     "rx0",
				     "rx1",
				     "txc",
				     "rxc",
				     "uart8250",
				     NULL,
				     "x y",
				     "virtio-mmio0",
				     "desc",
				     "indirect",
				     "avail",
				     "used",
				     "packed",
				     "packed-indirect",
				     "header",
				     "control",
				     "ack",
				     "shared",
				     "tx-queue",
				     "rx-queue",
				     "filter",
				     "mac-table",
				     "rss",
				     "command",
				     "coalesce",
				     "events",
				     "tx-status",
				     "rx-stats",
				     "pci-ports"};

/** What has its length, at places beside the rings. */
static const struct {
	const char *place;
	uint16_t bytes;
} areas[] = {
	{"shared", 720}, {"tx-queue", 256}, {"rx-queue", 256}, {"filter", 528},
	{"rss", 176},	 {"events", 4},	    {"tx-status", 8},  {"rx-stats", 80},
};

/** A length that is right for the place. */
static uint16_t place_bytes(const char *place)
{
	size_t n;

	for (n = 0; n < sizeof(areas) / sizeof(areas[0]); n++)
		if (place && strcmp(areas[n].place, place) == 0)
			return areas[n].bytes;
	return 16;
}

static uint64_t number(struct random *random, uint64_t most)
{
	uint64_t value = (uint64_t)random_below(random, UINT32_MAX) << 32 |
			 random_below(random, UINT32_MAX);

	/* Small numbers are the ones with names. */
	if (random_below(random, 2))
		value &= 0xff;
	return value & most;
}

/** The type of a message that there is, or any. */
static void message_type(struct random *random, enum trace_kind kind,
			 uint8_t *bytes)
{
	const struct layout_family *family = &layout_vmbus;
	uint64_t type;
	unsigned n;

	if (kind == TRACE_RNDIS)
		family = &layout_rndis;
	if (kind == TRACE_PACKET)
		family = &layout_nvsp;
	type = family->layouts[random_below(random, (uint32_t)family->count)]
		       .type;
	for (n = 0; n < 4; n++)
		bytes[n] = (uint8_t)(type >> n * 8);
}

/** The numbers of an event; it carries no bytes so far. */
static void make_numbers(struct random *random, struct trace_event *event)
{
	switch (event->kind) {
	case TRACE_PORT:
	case TRACE_MMIO:
		event->place =
			places[random_below(random, sizeof(places) /
							    sizeof(places[0]))];
		event->width = random_below(random, 9);
		/* fall through */
	case TRACE_MSR:
	case TRACE_HYPERCALL:
		event->address = number(random, UINT64_MAX);
		event->value = number(random, UINT64_MAX);
		if (event->kind == TRACE_HYPERCALL)
			event->other = number(random, UINT64_MAX);
		break;
	case TRACE_VECTOR:
		event->address = number(random, UINT8_MAX);
		break;
	case TRACE_LINE:
		event->address = number(random, UINT32_MAX);
		event->value = random_below(random, 3);
		break;
	case TRACE_FRAME:
		event->cpu = 0;
		break;
	default:
		event->address = number(random, UINT32_MAX);
		event->value = number(random, UINT32_MAX);
	}
}

/** The length of an event's bytes, and what comes with them. */
static void make_length(struct random *random, struct trace_event *event)
{
	event->length = random_below(random, BYTES_MAX);
	switch (event->kind) {
	case TRACE_CPUID:
		event->length = 16;
		break;
	case TRACE_RNDIS:
		event->value = 0;
		event->queue = (uint32_t)number(random, UINT32_MAX);
		break;
	case TRACE_PACKET:
		event->queue = (uint32_t)number(random, UINT32_MAX);
		event->value = random_below(random, 14);
		event->other = number(random, UINT16_MAX);
		event->width = random_below(random, 100);
		break;
	case TRACE_DESCRIPTOR:
		event->value = 0;
		event->place =
			places[random_below(random, sizeof(places) /
							    sizeof(places[0]))];
		event->queue = (uint32_t)number(random, UINT32_MAX);
		if (random_below(random, 4))
			event->length = place_bytes(event->place);
		break;
	case TRACE_MESSAGE:
	case TRACE_FRAME:
		break;
	default:
		event->length = 0;
	}
}

/** Bytes, many of them zeros at the end, often of a message that there is. */
static void make_bytes(struct random *random, struct made *made)
{
	struct trace_event *event = &made->event;
	uint32_t end = event->length, n;

	if (!random_below(random, 3))
		end = random_below(random, event->length + 1);
	for (n = 0; n < end; n++)
		made->bytes[n] = (uint8_t)number(random, 0xff);
	n = event->kind == TRACE_PACKET && event->width > 16 ? event->width - 16
							     : 0;
	if (random_below(random, 4) && n + 4 <= event->length)
		message_type(random, event->kind, made->bytes + n);
	event->bytes = made->bytes;
}

static void make(struct random *random, struct made *made)
{
	struct trace_event *event = &made->event;
	uint32_t n;

	memset(made, 0, sizeof(*made));
	event->kind = random_below(random, TRACE_KINDS);
	event->direction = random_below(random, 2);
	event->time = random_below(random, 20)
			      ? number(random, UINT64_MAX) >> 8
			      : UINT64_MAX - random_below(random, 3);
	event->cpu = random_below(random, 3);
	if (event->kind == TRACE_RULE || event->kind == TRACE_NOTE) {
		for (n = random_below(random, 31); n; n--)
			made->text[n - 1] =
				(char)(1 + random_below(random, 254));
		event->text = made->text;
		return;
	}
	make_numbers(random, event);
	make_length(random, event);
	make_bytes(random, made);
}

static void lines_hold_every_event(void **state)
{
	struct trace_blocks *blocks = trace_blocks_create();
	struct trace_record shown = {0}, read = {0};
	struct random random = {.state = 7};
	struct trace_built built = {0};
	char error[512], *line;
	struct made made;
	unsigned n, column;
	FILE *stream;
	size_t bytes;

	(void)state;
	for (n = 0; n < ROUNDS; n++) {
		make(&random, &made);
		stream = open_memstream(&line, &bytes);
		fprintf(stream, "trace 1\n");
		assert_true(trace_decode(&shown, &made.event));
		trace_text_write(stream, &shown, n % 2 ? NULL : blocks);
		fclose(stream);
		if (n % 2 == 0) {
			/* Blocks live from one line to the next. */
			trace_blocks_destroy(blocks);
			blocks = trace_blocks_create();
		}
		if (trace_line_read(line, &read, error, sizeof(error)) !=
			    TRACE_ITEM_EVENT ||
		    !trace_encode(&built, &read, error, &column))
			fail_msg("round %u: %s in:\n%s", n, error, line);
		assert_null(trace_difference(&made.event, &built.event, false));
		free(line);
	}
	trace_blocks_destroy(blocks);
	trace_record_free(&shown);
	trace_record_free(&read);
	trace_built_free(&built);
}

static void pcapng_holds_every_event(void **state)
{
	struct random random = {.state = 8};
	struct trace_event event;
	struct pcapng *pcapng;
	struct made made;
	char *file = NULL;
	size_t bytes;
	FILE *stream;
	unsigned n;

	(void)state;
	stream = open_memstream(&file, &bytes);
	assert_true(pcapng_begin(stream, "seed=8"));
	for (n = 0; n < ROUNDS; n++) {
		make(&random, &made);
		assert_true(pcapng_event(stream, &made.event));
	}
	fclose(stream);
	stream = fmemopen(file, bytes, "r");
	pcapng = pcapng_open(stream, "x.pcapng");
	random.state = 8;
	for (n = 0; n < ROUNDS; n++) {
		make(&random, &made);
		if (pcapng_next(pcapng, &event) != PCAPNG_EVENT)
			fail_msg("event %u: %s", n, pcapng_error(pcapng));
		assert_null(trace_difference(&made.event, &event, true));
	}
	assert_int_equal(pcapng_next(pcapng, &event), PCAPNG_END);
	assert_string_equal(pcapng_about(pcapng), "seed=8");
	pcapng_close(pcapng);
	fclose(stream);
	free(file);
}

/* ---- What is read of names and fields ---- */

static void messages_are_named(void **state)
{
	const uint8_t contact[40] = {14, 0, 0, 0, 0, 0, 0, 0, 3, 0, 5, 0};
	const struct trace_event event = {
		.kind = TRACE_MESSAGE,
		.time = 1234567890123,
		.address = 4,
		.value = 1,
		.bytes = contact,
		.length = sizeof(contact),
	};
	struct trace_record record = {0};
	char *line = NULL;
	size_t bytes;
	FILE *stream = open_memstream(&line, &bytes);

	(void)state;
	assert_true(trace_decode(&record, &event));
	trace_text_write(stream, &record, NULL);
	fclose(stream);
	assert_string_equal(line, "@1234.567890123 > message INITIATE_CONTACT "
				  "connection=0x4 version=0x50003 target_vp=0 "
				  "interrupt_page_or_target=0x0 "
				  "parent_to_child_monitor=0x0 "
				  "child_to_parent_monitor=0x0\n");
	free(line);
	trace_record_free(&record);
}

static const struct {
	const char *place;
	uint32_t length;
	const char *shown;
} rings[] = {
	{"desc", 16,
	 "address=0x807060504030201 len=202050057 flags=NEXT|INDIRECT|0xe08 "
	 "next=4111"},
	{"indirect", 16,
	 "address=0x807060504030201 len=202050057 flags=NEXT|INDIRECT|0xe08 "
	 "next=4111"},
	{"avail", 2, "head=513"},
	{"used", 8, "id=67305985 len=134678021"},
	{"packed", 16,
	 "address=0x807060504030201 len=202050057 id=3597 "
	 "flags=NEXT|WRITE|INDIRECT|0x1008"},
	{"packed-indirect", 16,
	 "address=0x807060504030201 len=202050057 id=3597 "
	 "flags=NEXT|WRITE|INDIRECT|0x1008"},
	{"header", 12,
	 "flags=NEEDS_CSUM gso_type=0x2 hdr_len=1027 gso_size=1541 "
	 "csum_start=2055 csum_offset=2569 num_buffers=3083"},
	{"control", 4, "class=MAC command=2 data=[0304]"},
	{"ack", 1, "ack=ERR"},
};

static void rings_of_virtio_are_named(void **state)
{
	struct trace_record record = {0};
	struct trace_event event = {.kind = TRACE_DESCRIPTOR, .address = 7};
	uint8_t bytes[16];
	char wanted[256], *line;
	size_t length, n;
	FILE *stream;

	(void)state;
	for (n = 0; n < sizeof(bytes); n++)
		bytes[n] = (uint8_t)(n + 1);
	event.bytes = bytes;
	for (n = 0; n < sizeof(rings) / sizeof(rings[0]); n++) {
		event.place = rings[n].place;
		event.length = rings[n].length;
		stream = open_memstream(&line, &length);
		assert_true(trace_decode(&record, &event));
		trace_text_write(stream, &record, NULL);
		fclose(stream);
		snprintf(wanted, sizeof(wanted),
			 "@0.000000000 > descriptor at=%s queue=0 index=7 %s\n",
			 rings[n].place, rings[n].shown);
		assert_string_equal(line, wanted);
		free(line);
	}
	trace_record_free(&record);
}

/* ---- What is wrong ---- */

static const struct {
	const char *text, *error;
} wrong_lines[] = {
	{"", "x.vt:0: it is empty: a trace begins with the line 'trace 1'"},
	{"hello\n", "x.vt:1:1: a trace begins with the line 'trace 1'"},
	{"trace 2\n", "x.vt:1:7: version 2 of the format is not known"},
	{"trace 1\n* msr\n", "x.vt:2:1: '>' (from the guest) or '<' (to it) is "
			     "expected"},
	{"trace 1\n\n# c\n> mrs A\n", "x.vt:4:3: there is no kind of event "
				      "'mrs'"},
	{"trace 1\n@ > msr\n", "x.vt:2:1: '@' stands before seconds"},
	{"trace 1\n@99999999999999999999 > msr\n",
	 "x.vt:2:1: the time is too large"},
	{"trace 1\n@18446744073.709551616 > msr\n",
	 "x.vt:2:1: the time is too large"},
	{"trace 1\n@18446744074 > msr\n", "x.vt:2:1: the time is too large"},
	{"trace 1\n@0.0000000001 > msr\n", "x.vt:2:13: a space is expected"},
	{"trace 1\n> msr - value\n", "x.vt:2:9: 'key=value' is expected"},
	{"trace 1\n> msr - value=\n", "x.vt:2:15: a value is expected"},
	{"trace 1\n> msr - value=0xg\n", "x.vt:2:15: that is no number of 64 "
					 "bits"},
	{"trace 1\n> msr - value=18446744073709551616\n",
	 "x.vt:2:15: that is no number of 64 bits"},
	{"trace 1\n> msr - value=1 value=2\n", "x.vt:2:17: 'value' stands here "
					       "twice"},
	{"trace 1\n> frame data=[0g]\n", "x.vt:2:15: two hexadecimal digits or "
					 "']' are expected"},
	{"trace 1\n> frame data=[00*9999999]\n", "x.vt:2:14: more than 1048576 "
						 "bytes"},
	{"trace 1\n> frame data=[00\n", "x.vt:2:17: two hexadecimal digits or "
					"']' are expected"},
	{"trace 1\n> frame data=%b\n", "x.vt:2:15: there is no block 'b' so "
				       "far"},
	{"trace 1\n> note text=\"a\n", "x.vt:2:13: the text has no end in its "
				       "line"},
	{"trace 1\n> note text=\"\\q\"\n",
	 "x.vt:2:15: '\\' stands before '\"', "
	 "'\\' or 'x'"},
	{"trace 1\n> frame data=[00]x\n", "x.vt:2:18: a space is expected"},
	{"trace 1\n> frame ... data=[]\n", "x.vt:2:13: '...' stands at the "
					   "end"},
	{"trace 1\nblock\n", "x.vt:2:6: the block has no name"},
	{"trace 1\nblock b 1\n", "x.vt:2:9: '[' is expected"},
	{"trace 1\nunordered 1\n", "x.vt:2:11: the line should end here"},
	{"trace 1\n> message GPADL_BODY pages={1 x}\n",
	 "x.vt:2:31: a number is expected"},
};

static void wrong_lines_are_named(void **state)
{
	struct trace_record record = {0};
	char error[512];
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(wrong_lines) / sizeof(wrong_lines[0]); n++) {
		const char *text = wrong_lines[n].text;

		/* An empty memory stream cannot be opened. */
		assert_int_equal(trace_line_read(*text ? text : "\n", &record,
						 error, sizeof(error)),
				 TRACE_ITEM_BROKEN);
		if (*text)
			assert_string_equal(error, wrong_lines[n].error);
	}
	trace_record_free(&record);
}

static const struct {
	const char *line, *error;
	unsigned column;
} wrong_events[] = {
	{"> msr NOTHING value=1", "there is no 'NOTHING'", 7},
	{"> msr HV_X64_MSR_EOM", "'value' is missing", 0},
	{"> msr HV_X64_MSR_EOM value=1 x=2", "nobody asks for 'x' here", 30},
	{"> msr HV_X64_MSR_EOM value=one", "'value' wants a number", 22},
	{"> msr HV_X64_MSR_EOM value=...",
	 "'value' has to be known here: it is sent", 22},
	{"> msr HV_X64_MSR_EOM value=$v", "'$v' has no value yet", 22},
	{"> msr HV_X64_MSR_EOM value=1 ...",
	 "'...' stands where an event has to be whole", 0},
	{"> msr HV_X64_MSR_EOM value=1 cpu=256",
	 "'cpu' is at most 0xff, not 0x100", 30},
	{"< vector vector=300", "'vector' is at most 0xff, not 0x12c", 10},
	{"< line line=1 level=maybe", "'level' has no value named 'maybe'", 15},
	{"> message NO connection=1", "there is no 'NO'", 11},
	{"> message RELID_RELEASED connection=1 child_relid=0x100000000",
	 "'child_relid' is at most 0xffffffff, not 0x100000000", 39},
	{"> message RELID_RELEASED connection=1 child_relid=1 length=3",
	 "a length of 3, where there are 12 bytes", 0},
	{"> message RELID_RELEASED connection=1 child_relid=1 data=7",
	 "'data' wants bytes", 53},
	{"> message GPADL_BODY connection=1 message_number=1 gpadl=1 pages=7",
	 "'pages' wants a list of numbers", 60},
	{"< message OFFERCHANNEL sint=2 interface_type=[00]",
	 "'interface_type' has 16 bytes, not 1", 31},
	{"> frame data=1", "'data' wants bytes", 9},
	{"> mmio CMD at=[00] width=4 value=1", "'at' wants the name of a place",
	 12},
	{"> mmio CMD at=\"\" width=4 value=1", "'at' wants the name of a place",
	 12},
	{"> mmio CMD at=\"b\\x00r\" width=4 value=1",
	 "'at' wants the name of a place", 12},
	{"> note text=1", "'text' wants a text", 8},
	{"> note text=\"a\\x00\"",
	 "'text' wants at most 65535 bytes, none of them zero", 8},
	{"> frame FRAME data=[00]", "nobody asks for the name 'FRAME' here", 9},
	{"> descriptor D at=nowhere queue=0 index=0 data=[]",
	 "nobody asks for the name 'D' here", 14},
	{"> packet SEND_INDIRECTION_TABLE channel=1 type=INBAND transaction=1 "
	 "count=1 table_offset=12 table={0x100000000}",
	 "0x100000000 of 'table' does not fit into 4 bytes", 93},
};

static void wrong_events_are_named(void **state)
{
	struct trace_record record = {0};
	struct trace_built built = {0};
	char error[512], line[256];
	unsigned column;
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(wrong_events) / sizeof(wrong_events[0]); n++) {
		snprintf(line, sizeof(line), "trace 1\n%s\n",
			 wrong_events[n].line);
		column = 999;
		if (trace_line_read(line, &record, error, sizeof(error)) !=
		    TRACE_ITEM_EVENT)
			fail_msg("%s: %s", wrong_events[n].line, error);
		assert_false(trace_encode(&built, &record, error, &column));
		assert_string_equal(error, wrong_events[n].error);
		assert_int_equal(column, wrong_events[n].column);
	}
	trace_record_free(&record);
	trace_built_free(&built);
}

/* ---- pcapng that is damaged ---- */

static size_t pcapng_make(char **file)
{
	struct random random = {.state = 9};
	struct made made;
	size_t bytes;
	FILE *stream = open_memstream(file, &bytes);
	unsigned n;

	pcapng_begin(stream, "seed=9");
	for (n = 0; n < 12; n++) {
		make(&random, &made);
		pcapng_event(stream, &made.event);
	}
	fclose(stream);
	return bytes;
}

/** Read to the end. @return whether it ended well */
static bool pcapng_read(const char *file, size_t bytes, unsigned *events)
{
	FILE *stream = fmemopen((void *)(uintptr_t)file, bytes, "r");
	struct pcapng *pcapng = pcapng_open(stream, "x.pcapng");
	enum pcapng_result result;
	struct trace_event event;

	*events = 0;
	while ((result = pcapng_next(pcapng, &event)) == PCAPNG_EVENT)
		++*events;
	if (result == PCAPNG_BROKEN)
		assert_int_equal(strncmp(pcapng_error(pcapng),
					 "x.pcapng: block ", 16),
				 0);
	pcapng_close(pcapng);
	fclose(stream);
	return result == PCAPNG_END;
}

static void pcapng_ends_only_between_blocks(void **state)
{
	unsigned events, ends = 0;
	char *file = NULL;
	size_t bytes = pcapng_make(&file), n;

	(void)state;
	for (n = 1; n < bytes; n++)
		ends += pcapng_read(file, n, &events);
	/* Behind the section, each interface, each event but the last. */
	assert_int_equal(ends, 1 + 2 + 11);
	assert_true(pcapng_read(file, bytes, &events));
	assert_int_equal(events, 12);
	free(file);
}

static void pcapng_survives_flipped_bytes(void **state)
{
	unsigned events, broken = 0;
	char *file = NULL;
	size_t bytes = pcapng_make(&file), n;

	(void)state;
	for (n = 0; n < bytes * 4; n++) {
		char was = file[n / 4];

		file[n / 4] ^= (char)(1 << n % 4 * 2);
		broken += !pcapng_read(file, bytes, &events);
		file[n / 4] = was;
	}
	assert_true(broken > 100);
	free(file);
}

/* ---- Filters ---- */

static void filters_choose(void **state)
{
	static const struct {
		const char *expression;
		bool passes;
	} cases[] = {
		{"kind=msr", true},
		{"kind!=msr", false},
		{"name=HV_X64_MSR_EOM", true},
		{"value=0x10", true},
		{"value=16 and cpu=1", true},
		{"value>16", false},
		{"value>=16 and value<=16 and value<17", true},
		{"value!=3", true},
		{"missing=1", false},
		{"missing!=1", false},
		{"direction=from-guest", true},
		{"time>1.4", true},
		{"time < 1.4", false},
	};
	const struct trace_event event = {
		.kind = TRACE_MSR,
		.time = 1500000000,
		.cpu = 1,
		.address = 0x40000084,
		.value = 16,
	};
	struct trace_record record = {0};
	char error[TRACE_ERROR_MAX];
	size_t n;

	(void)state;
	assert_true(trace_decode(&record, &event));
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct trace_filter *filter =
			trace_filter_create(cases[n].expression, error);

		assert_non_null(filter);
		if (trace_filter_passes(filter, &record) != cases[n].passes)
			fail_msg("%s", cases[n].expression);
		trace_filter_destroy(filter);
	}
	assert_null(trace_filter_create("value", error));
	assert_null(trace_filter_create("value=1 or value=2", error));
	assert_null(trace_filter_create("time=soon", error));
	assert_int_equal(trace_layers("frames,rndis", error),
			 1u << TRACE_FRAME | 1u << TRACE_RNDIS);
	assert_int_equal(trace_layers("frames,nothing", error), 0);
	assert_string_equal(error, "names no layer: 'nothing'; there are: "
				   "rndis, registers, interrupts, messages, "
				   "packets, descriptors, frames, notes");
	trace_record_free(&record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_hold_every_event),
		cmocka_unit_test(pcapng_holds_every_event),
		cmocka_unit_test(messages_are_named),
		cmocka_unit_test(rings_of_virtio_are_named),
		cmocka_unit_test(wrong_lines_are_named),
		cmocka_unit_test(wrong_events_are_named),
		cmocka_unit_test(pcapng_ends_only_between_blocks),
		cmocka_unit_test(pcapng_survives_flipped_bytes),
		cmocka_unit_test(filters_choose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
