/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is nested in messages: whatever lies, its line gives the same bytes
 * again; what is well-formed has names; and each way in which groups can be
 * wrong has its sentence with line and column.
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
#include "tests/support/hex.h"
#include "tests/support/trace_lines.h"

#define ROUNDS	  6000u
#define BYTES_MAX 1200u

/* ---- Nested bytes out of chance ---- */

struct made {
	struct trace_event event;
	uint8_t bytes[BYTES_MAX];
};

static void put(struct made *made, uint32_t at, uint32_t value)
{
	if (at + 4 <= BYTES_MAX)
		memcpy(made->bytes + at, &value, 4);
}

/** Mostly right, now and then off by a little or by all. */
static uint32_t about(struct random *random, uint32_t value)
{
	switch (random_below(random, 12)) {
	case 0:
		return value + random_below(random, 9) - 4;
	case 1:
		return random_below(random, UINT32_MAX);
	default:
		return value;
	}
}

static void fill(struct random *random, struct made *made, uint32_t at,
		 uint32_t length)
{
	for (; length-- && at < BYTES_MAX; at++)
		made->bytes[at] = random_below(random, 3)
					  ? 0
					  : (uint8_t)random_below(random, 256);
}

/** Per-packet information. @return where it ends */
static uint32_t make_ppi(struct random *random, struct made *made, uint32_t at)
{
	uint32_t size = 12 + 4 * random_below(random, 3);

	fill(random, made, at, size);
	put(made, at, about(random, size));
	put(made, at + 4,
	    random_below(random, 12) |
		    (random_below(random, 8) ? 0 : 0x80000000u));
	put(made, at + 8, about(random, 12));
	return at + size;
}

/** One PACKET_MSG. @return where it ends */
static uint32_t make_packet(struct random *random, struct made *made,
			    uint32_t start)
{
	uint32_t gap = random_below(random, 3) ? 0 : 4, at = start + 44, n;
	uint32_t length = random_below(random, 40), ppi;

	fill(random, made, start, 44 + gap);
	put(made, start, 1);
	at += gap;
	ppi = at;
	for (n = random_below(random, 4); n; n--)
		at = make_ppi(random, made, at);
	put(made, start + 28, about(random, ppi == at ? 0 : ppi - start - 8));
	put(made, start + 32, about(random, at - ppi));
	at += random_below(random, 3) ? 0 : 4;
	fill(random, made, at, length);
	put(made, start + 8, about(random, at - start - 8));
	put(made, start + 12, about(random, length));
	at += length + random_below(random, 9);
	put(made, start + 4, about(random, at - start));
	return at;
}

static void make_packets(struct random *random, struct made *made)
{
	uint32_t at = 0, n;

	for (n = 1 + random_below(random, 4); n; n--)
		at = make_packet(random, made, at);
	made->event.length = at;
}

/** A message with a buffer. */
static void make_information(struct random *random, struct made *made)
{
	static const struct {
		uint32_t type, bytes, offset_at, length_at;
	} kinds[] = {
		{4, 28, 20, 16},
		{5, 28, 20, 16},
		{0x80000004, 24, 20, 16},
		{7, 20, 16, 12},
	};
	static const uint32_t oids[] = {0x0001010e, 0x00010203, 0x00010204,
					0x00010207, 0x0001021b, 0x01010103,
					0xfc01020b, 0xfc01020c, 0x00010107};
	static const uint32_t lengths[] = {0,  3,  4,  6,   8,	 12,  18,
					   20, 28, 40, 112, 144, 156, 160};
	uint32_t which = random_below(random, 4);
	uint32_t start = kinds[which].bytes + random_below(random, 2) * 4;
	uint32_t length =
		lengths[random_below(random,
				     sizeof(lengths) / sizeof(lengths[0]))];

	fill(random, made, 0, start + length);
	put(made, 0, kinds[which].type);
	put(made, 4, about(random, start + length));
	if (kinds[which].bytes == 28)
		put(made, 12,
		    oids[random_below(random, sizeof(oids) / sizeof(oids[0]))]);
	put(made, kinds[which].offset_at, about(random, start - 8));
	put(made, kinds[which].length_at, about(random, length));
	if (length >= 4 && random_below(random, 2))
		put(made, start,
		    (random_below(random, 2) ? 0x1a7u : 0x188u) | length << 16);
	made->event.length = start + length + random_below(random, 3);
}

/** A ring packet with ranges, and NVSP behind them. */
static void make_ranges(struct random *random, struct made *made)
{
	uint32_t count = random_below(random, 4), at = 8, pages, n;
	bool is_gpa = random_below(random, 2);

	made->event.kind = TRACE_PACKET;
	made->event.value = is_gpa ? 9 : 7;
	fill(random, made, 0, 8);
	put(made, 4, about(random, count));
	for (n = 0; n < count; n++) {
		pages = random_below(random, 4);
		put(made, at, about(random, pages * 4096));
		put(made, at + 4, about(random, 0));
		at += 8;
		if (is_gpa) {
			fill(random, made, at, 8 * pages);
			at += 8 * pages;
		}
	}
	made->event.width = 16 + at + (random_below(random, 9) ? 0 : 4);
	fill(random, made, at, 60);
	put(made, at, 102);
	put(made, at + 8, about(random, random_below(random, 4)));
	made->event.length = at + random_below(random, 60);
}

static void make(struct random *random, struct made *made)
{
	memset(made, 0, sizeof(*made));
	made->event.kind = TRACE_RNDIS;
	made->event.direction = random_below(random, 2);
	made->event.bytes = made->bytes;
	switch (random_below(random, 3)) {
	case 0:
		make_packets(random, made);
		break;
	case 1:
		make_information(random, made);
		break;
	default:
		make_ranges(random, made);
	}
	if (!random_below(random, 6) && made->event.length)
		made->event.length = random_below(random, made->event.length);
}

/** The line of an event, to be freed. */
static char *line_of(struct trace_record *record,
		     const struct trace_event *event)
{
	char *line = NULL;
	size_t bytes;
	FILE *stream = open_memstream(&line, &bytes);

	fprintf(stream, "trace 1\n");
	assert_true(trace_decode(record, event));
	trace_text_write(stream, record, NULL);
	fclose(stream);
	return line;
}

static void lines_hold_whatever_is_nested(void **state)
{
	unsigned n, column, groups = 0, frames = 0, packets = 0;
	struct trace_record shown = {0}, read = {0};
	struct random random = {.state = 21};
	struct trace_built built = {0};
	char error[512], *line;
	struct made made;

	(void)state;
	for (n = 0; n < ROUNDS; n++) {
		make(&random, &made);
		line = line_of(&shown, &made.event);
		groups += strstr(line, "={") != NULL;
		frames += strstr(line, " frame=[") != NULL;
		packets += strstr(line, " packet={") != NULL;
		if (trace_line_read(line, &read, error, sizeof(error)) !=
			    TRACE_ITEM_EVENT ||
		    !trace_check_line(&built, &read, error, &column) ||
		    !trace_encode(&built, &read, error, &column))
			fail_msg("round %u: %s in:\n%s", n, error, line);
		if (trace_difference(&made.event, &built.event, false))
			fail_msg("round %u: another event from:\n%s", n, line);
		free(line);
	}
	/* Much of it can be taken apart. */
	assert_true(groups > ROUNDS / 3);
	assert_true(frames > ROUNDS / 6);
	assert_true(packets > ROUNDS / 12);
	trace_record_free(&shown);
	trace_record_free(&read);
	trace_built_free(&built);
}

/** A layout leaves no bit out, or its line would not hold all. */
static void assert_covers(const struct layout *layout, unsigned from)
{
	uint8_t seen[256] = {0}, wanted[256];
	unsigned n, bit;

	memset(wanted, 0xff, sizeof(wanted));
	for (n = 0; n < layout->count; n++) {
		const struct layout_member *member = &layout->members[n];
		unsigned bits = member->bits ? member->bits : member->bytes * 8;

		for (bit = member->shift; bit < member->shift + bits; bit++)
			seen[member->offset + bit / 8] |=
				(uint8_t)(1 << bit % 8);
	}
	if (memcmp(seen + from, wanted, layout->bytes - from) != 0)
		fail_msg("'%s' of %u bytes has a gap", layout->name,
			 layout->bytes);
}

static void layouts_have_no_gaps(void **state)
{
	const struct layout_information *information;
	size_t n;

	(void)state;
	for (n = 0; n < 12; n++)
		if (layout_ppi((uint32_t)n, n % 2))
			assert_covers(layout_ppi((uint32_t)n, n % 2), 0);
	assert_covers(layout_ppi(0, true), 0);
	assert_covers(layout_ppi(0, false), 0);
	assert_covers(&layout_range, 0);
	assert_covers(&layout_nvsp_section, 0);
	for (n = 0; n < layout_vmbus.count; n++)
		assert_covers(&layout_vmbus.layouts[n], 4);
	for (n = 0; n < layout_nvsp.count; n++)
		assert_covers(&layout_nvsp.layouts[n], 4);
	for (n = 0; n < layout_rndis.count; n++)
		assert_covers(&layout_rndis.layouts[n], 4);
	for (information = layout_informations; information->key; information++)
		for (n = 0; n < information->count; n++)
			assert_covers(&information->layouts[n], 0);
}

/* ---- What is shown ---- */

static const struct {
	enum trace_kind kind;
	enum trace_direction direction;
	uint64_t type;
	unsigned width;
	const char *bytes, *shown;
} shown[] = {
	{TRACE_RNDIS, TRACE_FROM_GUEST, 0, 0,
	 "01000000 48000000 34000000 02000000 00000000 00000000 00000000"
	 "24000000 10000000 00000000 00000000"
	 "10000000 06000000 0c000000 33120000 aabb 0000 00000000",
	 "rndis PACKET_MSG channel=0 section=0x0 message_length=72 "
	 "data_offset=52 data_length=2 out_of_band_data_offset=0 "
	 "out_of_band_data_length=0 num_out_of_band_data_elements=0 "
	 "per_packet_info_offset=36 per_packet_info_length=16 "
	 "ppi={type=Ieee8021QInfo priority=3 canonical_format=0 vlan_id=291} "
	 "frame=[aabb] length=68"},
	{TRACE_RNDIS, TRACE_TO_GUEST, 0, 0,
	 "01000000 3c000000 00000000 00000000 00000000 00000000 00000000"
	 "24000000 10000000 00000000 00000000"
	 "10000000 00000000 0c000000 18000000",
	 "rndis PACKET_MSG channel=0 at_offset=0x0 data_offset=0 data_length=0 "
	 "out_of_band_data_offset=0 out_of_band_data_length=0 "
	 "num_out_of_band_data_elements=0 per_packet_info_offset=36 "
	 "per_packet_info_length=16 ppi={type=TcpIpChecksum "
	 "tcp_checksum_failed=0 udp_checksum_failed=0 ip_checksum_failed=0 "
	 "tcp_checksum_succeeded=1 udp_checksum_succeeded=1 "
	 "ip_checksum_succeeded=0 loopback=0}"},
	{TRACE_RNDIS, TRACE_FROM_GUEST, 0, 0,
	 "05000000 20000000 07000000 0e010100 04000000 14000000 00000000"
	 "0b000000",
	 "rndis SET_MSG channel=0 section=0x0 request_id=7 "
	 "oid=OID_GEN_CURRENT_PACKET_FILTER information_buffer_length=4 "
	 "information_buffer_offset=20 "
	 "packet_filter=DIRECTED|MULTICAST|BROADCAST"},
	{TRACE_PACKET, TRACE_TO_GUEST, 7, 32,
	 "feca0000 01000000 34000000 10070000 6c000000 01000000",
	 "packet SEND_RNDIS_PKT_COMPLETE channel=0 type=TRANSFER_PAGES "
	 "transaction=0x0 transfer_page_set_id=0xcafe range_count=1 "
	 "range={byte_count=52 byte_offset=1808} status=SUCCESS"},
	{TRACE_PACKET, TRACE_FROM_GUEST, 9, 48,
	 "00000000 01000000 00100000 08000000 10010000 00000000 "
	 "11010000 00000000 6c000000 01000000",
	 "packet SEND_RNDIS_PKT_COMPLETE channel=0 type=GPA_DIRECT "
	 "transaction=0x0 range_count=1 range={byte_count=4096 byte_offset=8 "
	 "pfns={0x110 0x111}} status=SUCCESS"},
	{TRACE_PACKET, TRACE_TO_GUEST, 11, 16,
	 "66000000 01000000 01000000 00000000 10070000 43020000 30f90f00",
	 "packet SEND_RECV_BUF_COMPLETE channel=0 type=COMPLETION "
	 "transaction=0x0 status=SUCCESS num_sections=1 section={offset=0 "
	 "sub_allocation_size=1808 num_sub_allocations=579 "
	 "end_offset=1046832}"},
};

static void nested_bytes_are_named(void **state)
{
	struct trace_record record = {0};
	uint8_t bytes[BYTES_MAX];
	char *line, wanted[1024];
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(shown) / sizeof(shown[0]); n++) {
		const struct trace_event event = {
			.kind = shown[n].kind,
			.direction = shown[n].direction,
			.value = shown[n].type,
			.width = shown[n].width,
			.bytes = bytes,
			.length = hex_bytes(bytes, shown[n].bytes),
		};

		line = line_of(&record, &event);
		snprintf(wanted, sizeof(wanted),
			 "trace 1\n@0.000000000 %s %s\n",
			 shown[n].direction == TRACE_TO_GUEST ? "<" : ">",
			 shown[n].shown);
		assert_string_equal(line, wanted);
		free(line);
	}
	trace_record_free(&record);
}

/** Features are words of 32 bits: what was selected says which. */
static void features_are_named_by_their_word(void **state)
{
	struct trace_event event = {.kind = TRACE_MMIO,
				    .place = "virtio-mmio0",
				    .width = 4};
	struct trace_record record = {0};
	char error[TRACE_ERROR_MAX], *line;
	struct trace_built built = {0};
	unsigned column;

	(void)state;
	event.address = LAYOUT_DEVICE_FEATURES_SEL;
	event.value = 1;
	free(line_of(&record, &event));
	event.address = 0x10;
	event.direction = TRACE_TO_GUEST;
	event.value = 0x45;
	line = line_of(&record, &event);
	assert_non_null(strstr(line, " DeviceFeatures "));
	assert_non_null(strstr(line, " value=VERSION_1|RING_PACKED|"));
	assert_int_equal(trace_line_read(line, &record, error, sizeof(error)),
			 TRACE_ITEM_EVENT);
	assert_true(trace_encode(&built, &record, error, &column));
	assert_null(trace_difference(&event, &built.event, false));
	free(line);
	/* Of another device nothing is known. */
	event.place = "virtio-mmio1";
	line = line_of(&record, &event);
	assert_non_null(strstr(line, " value=0x45\n"));
	free(line);
	trace_record_free(&record);
	trace_built_free(&built);
}

/* ---- What is wrong ---- */

static const struct {
	const char *line, *error;
} wrong_groups[] = {
	{"> rndis - ppi={type=1", "x.vt:2:22: '}' is expected"},
	{"> rndis - ppi={type=1}x", "x.vt:2:23: a space is expected"},
	{"> rndis - ppi={... type=1}", "x.vt:2:20: '...' stands at the end"},
	{"> rndis - ppi={type=1 type=2}",
	 "x.vt:2:23: 'ppi.0.type' stands here twice"},
	{"> rndis - ppi={type=1} ppi=[]", "x.vt:2:24: 'ppi' stands here twice"},
	{"> rndis - ppi=[] ppi={type=1}", "x.vt:2:18: 'ppi' stands here twice"},
	{"> rndis - ppi.0.type=1", "x.vt:2:11: 'key=value' is expected"},
	{"> rndis - twenty-one-characters={twenty-one-characters={"
	 "twenty-one-characters={x=1}}}",
	 "x.vt:2:79: the groups are too deep"},
	{"> rndis - twenty-one-characters={twenty-one-characters={"
	 "a-word-of-so-many-characters=1}}",
	 "x.vt:2:57: the key is too long"},
};

static void wrong_groups_are_named(void **state)
{
	struct trace_record record = {0};
	char error[512], line[512];
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(wrong_groups) / sizeof(wrong_groups[0]); n++) {
		snprintf(line, sizeof(line), "trace 1\n%s\n",
			 wrong_groups[n].line);
		assert_int_equal(trace_line_read(line, &record, error,
						 sizeof(error)),
				 TRACE_ITEM_BROKEN);
		assert_string_equal(error, wrong_groups[n].error);
	}
	trace_record_free(&record);
}

#define PACKET_MSG                                                             \
	"> rndis PACKET_MSG channel=1 section=0 data_offset=36 data_length=2 " \
	"out_of_band_data_offset=0 out_of_band_data_length=0 "                 \
	"num_out_of_band_data_elements=0 per_packet_info_offset=36 "           \
	"per_packet_info_length=16 "
#define SET_MSG                                                                \
	"> rndis SET_MSG channel=1 section=0 request_id=1 "                    \
	"oid=OID_TCP_OFFLOAD_PARAMETERS "
#define GPA_DIRECT                                                             \
	"> packet SEND_RNDIS_PKT_COMPLETE channel=1 type=GPA_DIRECT "          \
	"transaction=1 status=SUCCESS "

/** @param is_sent whether it is wrong only when it has to be whole */
static const struct {
	const char *line, *error;
	unsigned column;
	bool is_sent;
} wrong_events[] = {
	{PACKET_MSG "ppi=1", "'ppi' wants fields in braces", 205, false},
	{PACKET_MSG "ppi={type=Nothing}",
	 "'ppi.0.type' has no value named 'Nothing'", 210, false},
	{PACKET_MSG "ppi={type=6 x=1}", "'ppi.0.priority' is missing", 0, true},
	{PACKET_MSG "ppi={type=6 priority=8 ...}",
	 "'...' stands where a group has to be whole", 228, true},
	{PACKET_MSG "ppi={type=6 priority=8 canonical_format=0 vlan_id=1}",
	 "'ppi.0.priority' is at most 0x7, not 0x8", 217, false},
	{PACKET_MSG "ppi={type=8 hash_value=8 vlan_id=1}",
	 "nobody asks for 'ppi.0.vlan_id' here", 230, false},
	{PACKET_MSG "ppi={type=9}", "'ppi.0.data' is missing", 0, true},
	{PACKET_MSG "ppi={type=8 hash_value=1} frame=[0011]",
	 "'frame' has no room at 'data_offset', between the message's fields "
	 "and what else it holds",
	 40, true},
	{SET_MSG "information_buffer_length=3 information_buffer_offset=20 "
		 "offload_parameters={...}",
	 "'...' stands where a group has to be whole", 158, true},
	{SET_MSG "information_buffer_length=3 information_buffer_offset=20 "
		 "offload_parameters={type=1}",
	 "'information_buffer_length' is too short for 'offload_parameters'",
	 81, false},
	{SET_MSG "information_buffer_length=8 information_buffer_offset=20 "
		 "number=1 address=[00*6]",
	 "'address' is one thing too many", 0, true},
	{GPA_DIRECT "range_count=1 range={byte_count=1 byte_offset=0}",
	 "'range.0.pfns' is missing", 0, true},
	{GPA_DIRECT "range_count=1 range={byte_count=1 byte_offset=0 pfns=1}",
	 "'range.0.pfns' wants a list of numbers", 137, false},
	{GPA_DIRECT "range_count=1 header=[00]",
	 "nobody asks for 'header' here", 103, false},
};

static void wrong_events_are_named(void **state)
{
	struct trace_record record = {0};
	struct trace_built built = {0};
	char error[512], line[512];
	unsigned column;
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(wrong_events) / sizeof(wrong_events[0]); n++) {
		snprintf(line, sizeof(line), "trace 1\n%s\n",
			 wrong_events[n].line);
		if (trace_line_read(line, &record, error, sizeof(error)) !=
		    TRACE_ITEM_EVENT)
			fail_msg("%s: %s", wrong_events[n].line, error);
		column = 999;
		assert_false(trace_encode(&built, &record, error, &column));
		assert_string_equal(error, wrong_events[n].error);
		assert_int_equal(column, wrong_events[n].column);
		if (!wrong_events[n].is_sent)
			assert_false(trace_check_line(&built, &record, error,
						      &column));
	}
	trace_record_free(&record);
	trace_built_free(&built);
}

/** Lines of scripts, of which not all is known. */
static void parts_of_events_are_checked(void **state)
{
	static const char *const right[] = {
		"> rndis PACKET_MSG ppi={type=Ieee8021QInfo ...} ...",
		"> rndis PACKET_MSG ppi={type=$t value=1} ...",
		"> rndis PACKET_MSG ppi=... frame=... ...",
		"> rndis SET_MSG oid=$oid packet_filter=... ...",
		"< rndis QUERY_CMPLT status=RNDIS_STATUS_SUCCESS ...",
		"> packet SEND_RNDIS_PKT type=GPA_DIRECT range=... ...",
		"> packet ...",
		"> packet type=$t range_count=1 range={byte_count=1 ...} ...",
		"> msr HV_X64_MSR_SIMP value=ENABLE|0x1000",
		"> ppi",
	};
	struct trace_record record = {0};
	struct trace_built built = {0};
	char error[512], line[512];
	unsigned column;
	size_t n;

	(void)state;
	for (n = 0; n + 1 < sizeof(right) / sizeof(right[0]); n++) {
		snprintf(line, sizeof(line), "trace 1\n%s\n", right[n]);
		assert_int_equal(trace_line_read(line, &record, error,
						 sizeof(error)),
				 TRACE_ITEM_EVENT);
		if (!trace_check_line(&built, &record, error, &column))
			fail_msg("%s: %s", right[n], error);
	}
	/* What has a name is a number from then on. */
	assert_int_equal(trace_record_find(&record, "value")->kind,
			 TRACE_NUMBER);
	assert_int_equal(trace_record_find(&record, "value")->number, 0x1001);
	trace_record_free(&record);
	trace_built_free(&built);
}

/* ---- Filters ---- */

static void filters_find_what_is_nested(void **state)
{
	static const struct {
		const char *expression;
		bool passes;
	} cases[] = {
		{"ppi.type=Ieee8021QInfo", true},
		{"ppi.type=6", true},
		{"ppi.type=NblHashValue", false},
		{"rndis.ppi.vlan_id=291", true},
		{"vmmsim.rndis.ppi.vlan_id=291", true},
		{"vmmsim.rndis.ppi.vlan_id=292", false},
		{"nvsp.ppi.vlan_id=291", false},
		{"ppi.0.vlan_id=291", true},
		{"vlan_id=291", false},
	};
	uint8_t bytes[BYTES_MAX];
	const struct trace_event event = {
		.kind = TRACE_RNDIS,
		.bytes = bytes,
		.length = hex_bytes(bytes, shown[0].bytes),
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
	trace_record_free(&record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_hold_whatever_is_nested),
		cmocka_unit_test(layouts_have_no_gaps),
		cmocka_unit_test(nested_bytes_are_named),
		cmocka_unit_test(features_are_named_by_their_word),
		cmocka_unit_test(wrong_groups_are_named),
		cmocka_unit_test(wrong_events_are_named),
		cmocka_unit_test(parts_of_events_are_checked),
		cmocka_unit_test(filters_find_what_is_nested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
