/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums that the card fills in and looks at, and tags that travel beside
 * the frame, through the real driver and the real host. The sums are done again
 * here, the slow way.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/stack.h"
#include "mocks/cli/virtual_machine.h"

#define PATIENCE  100000000ull
#define FRAME_MAX 1600u
#define ETHERNET  14u
#define PAYLOAD	  301u
#define TCP	  6u
#define UDP	  17u
#define NUMBER(x) (sizeof(x) / sizeof((x)[0]))

static const char *const hosts[] = {"ws2012", "ws2012r2", "ws2016",
				    "ws2019", "ws2022",	  "azure"};

/* A kind of frame, and what is asked for it. */
static const struct kind {
	bool ipv6;
	uint8_t protocol;
	uint16_t flags;
	/* Bytes of options behind the IPv4 header. */
	uint32_t options;
} kinds[] = {
	{false, TCP, NET_TX_CHECKSUM_TCP, 0},
	{false, TCP, NET_TX_CHECKSUM_TCP | NET_TX_CHECKSUM_IPV4, 0},
	{false, TCP, NET_TX_CHECKSUM_TCP | NET_TX_CHECKSUM_IPV4, 12},
	{false, UDP, NET_TX_CHECKSUM_IPV4, 0},
	{false, UDP, NET_TX_CHECKSUM_UDP, 0},
	{true, TCP, NET_TX_CHECKSUM_TCP, 0},
	{true, UDP, NET_TX_CHECKSUM_UDP, 0},
};

static struct {
	struct virtual_machine *vm;
	struct stack stack;
	struct wire *wire;
	uint8_t out[FRAME_MAX];
	uint32_t out_bytes;
	unsigned outs;
} test;

static void put16be(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static uint32_t sum(const uint8_t *bytes, uint32_t length, uint32_t start)
{
	for (uint32_t i = 0; i < length; i++)
		start += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

static uint32_t transport_of(const struct kind *kind)
{
	return ETHERNET + (kind->ipv6 ? 40 : 20 + kind->options);
}

/* The sum of the pseudo header (RFC 793, RFC 8200 8.1). */
static uint32_t pseudo(const uint8_t *frame, const struct kind *kind,
		       uint32_t length)
{
	uint32_t start = kind->protocol + length;

	return kind->ipv6 ? sum(frame + ETHERNET + 8, 32, start)
			  : sum(frame + ETHERNET + 12, 8, start);
}

static uint32_t checksum_at(const struct kind *kind)
{
	return transport_of(kind) + (kind->protocol == TCP ? 16 : 6);
}

/* A frame whose checksums are as a stack leaves them for the card. */
static uint32_t frame_make(uint8_t *frame, const struct kind *kind)
{
	uint32_t l4 = transport_of(kind);
	uint32_t header = kind->protocol == TCP ? 20 : 8;
	uint32_t length = header + PAYLOAD;

	for (uint32_t i = 0; i < FRAME_MAX; i++)
		frame[i] = (uint8_t)(i * 13 + kind->protocol);
	put16be(frame + 12, kind->ipv6 ? 0x86dd : 0x0800);
	if (kind->ipv6) {
		frame[ETHERNET] = 0x60;
		put16be(frame + ETHERNET + 4, length);
		frame[ETHERNET + 6] = kind->protocol;
	} else {
		frame[ETHERNET] = (uint8_t)(0x45 + kind->options / 4);
		put16be(frame + ETHERNET + 2, 20 + kind->options + length);
		put16be(frame + ETHERNET + 6, 0);
		frame[ETHERNET + 9] = kind->protocol;
		put16be(frame + ETHERNET + 10, 0);
		if (!(kind->flags & NET_TX_CHECKSUM_IPV4))
			put16be(frame + ETHERNET + 10,
				~sum(frame + ETHERNET, 20 + kind->options, 0));
	}
	if (kind->protocol == TCP)
		frame[l4 + 12] = 0x50;
	else
		put16be(frame + l4 + 4, length);
	put16be(frame + checksum_at(kind), pseudo(frame, kind, length));
	if (!(kind->flags & (NET_TX_CHECKSUM_TCP | NET_TX_CHECKSUM_UDP))) {
		put16be(frame + checksum_at(kind), 0);
		put16be(frame + checksum_at(kind),
			~sum(frame + l4, length, pseudo(frame, kind, length)));
	}
	return l4 + length;
}

/* Whether both checksums of a frame are right: all ones when added up. */
static bool is_right(const uint8_t *frame, const struct kind *kind)
{
	uint32_t l4 = transport_of(kind);
	uint32_t length = (kind->protocol == TCP ? 20 : 8) + PAYLOAD;

	if (!kind->ipv6 &&
	    sum(frame + ETHERNET, 20 + kind->options, 0) != 0xffff)
		return false;
	return sum(frame + l4, length, pseudo(frame, kind, length)) == 0xffff;
}

/* ---- The machine ---- */

static void transmitted(void *context, const struct wire_frame *frame)
{
	(void)context;
	ck_assert_uint_le(frame->length, FRAME_MAX);
	memcpy(test.out, frame->data, frame->length);
	test.out_bytes = frame->length;
	test.outs++;
}

static void guest_up(void *argument)
{
	struct nic_stack callbacks = stack_callbacks(&test.stack);

	(void)argument;
	ck_assert_int_eq(stack_create(&test.stack, test.vm->port, FRAME_MAX, 3,
				      false),
			 0);
	ck_assert_int_eq(virtual_machine_up(test.vm, VIRTUAL_MACHINE_STARTED,
					    &callbacks, NIC_FILTER_PROMISCUOUS),
			 0);
}

static void guest_down(void *argument)
{
	(void)argument;
	virtual_machine_down(test.vm);
	ck_assert_uint_eq(stack_outstanding(&test.stack), 0);
	stack_destroy(&test.stack);
}

static void run(void (*guest)(void *argument), const void *argument)
{
	ck_assert_msg(virtual_machine_run(test.vm, guest,
					  (void *)(uintptr_t)argument) ==
			      MACHINE_DONE,
		      "%s", machine_reason(test.vm->machine));
}

/* The body as guest code, with the card up, on a host. */
static void with_card(const char *host, bool vlan_offload,
		      void (*body)(void *argument), const void *argument)
{
	struct virtual_machine_configuration configuration = {
		.host = host,
		.machine.seed = 5,
		.device.vlan_offload = vlan_offload,
	};
	char reason[256];

	memset(&test, 0, sizeof(test));
	test.wire = wire_tap_create(transmitted, NULL);
	configuration.wire = test.wire;
	test.vm = virtual_machine_create(&configuration);
	ck_assert_ptr_nonnull(test.vm);
	run(guest_up, NULL);
	run(body, argument);
	run(guest_down, NULL);
	ck_assert_msg(virtual_machine_check(test.vm, reason, sizeof(reason)),
		      "%s", reason);
	virtual_machine_destroy(test.vm);
	wire_destroy(test.wire);
}

static struct nic_statistics statistics(void)
{
	struct nic_statistics now;

	nic_statistics(test.vm->nic, &now);
	return now;
}

/* Hand a frame to the card and wait until it knows what became of it. */
static void transmit(const uint8_t *frame, uint32_t bytes,
		     const struct net_packet *asked)
{
	struct port *port = test.vm->port;
	uint64_t deadline = port_time(port) + PATIENCE;
	struct nic_statistics before = statistics(), now;
	struct net_segment segments[STACK_PIECES_MAX];
	struct net_packet packet;
	void *owner = NULL;

	stack_put(&test.stack, frame, bytes, &packet, segments);
	packet.first_segment = 0;
	packet.flags = asked->flags;
	packet.vlan_tag = asked->vlan_tag;
	packet.l3_offset = asked->l3_offset;
	packet.l4_offset = asked->l4_offset;
	ck_assert_uint_eq(nic_transmit(test.vm->nic, 0, &packet, 1, segments),
			  1);
	do {
		if (nic_reclaim(test.vm->nic, 0, &owner, 1) == 1)
			stack_sent(&test.stack, owner);
		now = statistics();
		ck_assert(port_time(port) < deadline);
		port_relax(port, deadline);
	} while (!owner || now.tx_frames + now.tx_invalid + now.tx_errors ==
				   before.tx_frames + before.tx_invalid +
					   before.tx_errors);
}

/* Have a frame delivered and received; the packet, and its bytes copied. */
static struct net_packet receive(const uint8_t *frame, uint32_t bytes,
				 uint8_t *copy)
{
	const struct wire_frame on_wire = {frame, bytes};
	struct port *port = test.vm->port;
	uint64_t deadline = port_time(port) + PATIENCE;
	struct net_segment segments[4];
	struct net_packet packet;

	ck_assert(wire_deliver(test.wire, &on_wire));
	while (nic_receive(test.vm->nic, 0, &packet, 1, segments, 4) == 0) {
		ck_assert(port_time(port) < deadline);
		port_relax(port, deadline);
	}
	ck_assert_uint_eq(packet.segment_count, 1);
	memcpy(copy, segments[0].data, packet.length);
	stack_received(&test.stack, segments, 1);
	return packet;
}

static struct net_packet asked_for(const struct kind *kind)
{
	return (struct net_packet){
		.flags = (uint16_t)(kind->flags | (kind->ipv6 ? NET_IPV6 : 0)),
		.l3_offset = ETHERNET,
		.l4_offset = (uint16_t)transport_of(kind),
	};
}

/* Whether the card said that it can do what the kind asks for. */
static bool is_offered(const struct kind *kind)
{
	uint32_t features = test.vm->nic->information.features;

	return (!(kind->flags & NET_TX_CHECKSUM_IPV4) ||
		(features & NIC_FEATURE_TX_CHECKSUM_IPV4)) &&
	       (!(kind->flags & NET_TX_CHECKSUM_TCP) ||
		(features & NIC_FEATURE_TX_CHECKSUM_TCP)) &&
	       (!(kind->flags & NET_TX_CHECKSUM_UDP) ||
		(features & NIC_FEATURE_TX_CHECKSUM_UDP));
}

/* ---- Checksums ---- */

static void fill_in(void *argument)
{
	const struct kind *kind = argument;
	struct net_packet asked = asked_for(kind);
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_make(frame, kind);

	ck_assert(!is_right(frame, kind));
	transmit(frame, bytes, &asked);
	if (!is_offered(kind)) {
		/* UDP on NVSP 4: said beforehand, and refused afterwards. */
		ck_assert_uint_eq(kind->protocol, UDP);
		ck_assert_uint_eq(statistics().tx_invalid, 1);
		ck_assert_uint_eq(test.outs, 0);
		return;
	}
	ck_assert_uint_eq(test.outs, 1);
	ck_assert_uint_eq(test.out_bytes, bytes);
	ck_assert(is_right(test.out, kind));
	ck_assert_mem_eq(test.out + checksum_at(kind) + 2,
			 frame + checksum_at(kind) + 2,
			 bytes - checksum_at(kind) - 2);
}

START_TEST(edge_77_the_card_fills_in_what_it_is_asked_for)
{
	const char *host = hosts[(size_t)_i / NUMBER(kinds)];

	with_card(host, false, fill_in, &kinds[(size_t)_i % NUMBER(kinds)]);
}
END_TEST

static void look(void *argument)
{
	/* The frame, finished, as somebody else would send it. */
	struct kind finished = *(const struct kind *)argument;
	uint8_t frame[FRAME_MAX], copy[FRAME_MAX];
	struct net_packet packet;
	uint32_t bytes;

	finished.flags = 0;
	bytes = frame_make(frame, &finished);
	ck_assert(is_right(frame, &finished));
	packet = receive(frame, bytes, copy);
	ck_assert_mem_eq(copy, frame, bytes);
	if (finished.protocol == TCP) {
		ck_assert(packet.flags & NET_RX_CHECKSUM_L4_GOOD);
		ck_assert(finished.ipv6 ||
			  (packet.flags & NET_RX_CHECKSUM_IPV4_GOOD));
	}
	ck_assert(!(packet.flags & NET_RX_CHECKSUM_BAD));

	frame[bytes - 1] ^= 1;
	packet = receive(frame, bytes, copy);
	ck_assert_mem_eq(copy, frame, bytes);
	ck_assert(!(packet.flags & NET_RX_CHECKSUM_L4_GOOD));
	if (finished.protocol == TCP)
		ck_assert(packet.flags & NET_RX_CHECKSUM_BAD);
}

START_TEST(edge_80_the_card_says_what_it_looked_at)
{
	const char *host = hosts[(size_t)_i / NUMBER(kinds)];

	with_card(host, false, look, &kinds[(size_t)_i % NUMBER(kinds)]);
}
END_TEST

/* ---- What cannot be asked for ---- */

static const struct net_packet impossible[] = {
	/* Headers where none can be. */
	{.flags = NET_TX_CHECKSUM_TCP, .l3_offset = 13, .l4_offset = 34},
	{.flags = NET_TX_CHECKSUM_TCP, .l3_offset = 14, .l4_offset = 33},
	{.flags = NET_TX_CHECKSUM_TCP, .l3_offset = 14, .l4_offset = 1000},
	{.flags = NET_TX_CHECKSUM_IPV4, .l3_offset = 340, .l4_offset = 0},
	{.flags = NET_TX_CHECKSUM_TCP | NET_IPV6,
	 .l3_offset = 14,
	 .l4_offset = 53},
	/* Two protocols at once, and the checksum that IPv6 does not have. */
	{.flags = NET_TX_CHECKSUM_TCP | NET_TX_CHECKSUM_UDP,
	 .l3_offset = 14,
	 .l4_offset = 34},
	{.flags = NET_TX_CHECKSUM_IPV4 | NET_IPV6,
	 .l3_offset = 14,
	 .l4_offset = 54},
};

static void ask_impossible(void *argument)
{
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_make(frame, &kinds[0]);

	transmit(frame, bytes, argument);
	ck_assert_uint_eq(statistics().tx_invalid, 1);
	ck_assert_uint_eq(test.outs, 0);
}

START_TEST(edge_77_offsets_that_cannot_be_are_taken_and_counted)
{
	with_card("ws2022", false, ask_impossible, &impossible[_i]);
}
END_TEST

/* ---- Tags ---- */

static void tag_out(void *argument)
{
	const uint16_t *tag = argument;
	struct net_packet asked = {.flags = NET_VLAN, .vlan_tag = *tag};
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_make(frame, &kinds[3]);

	transmit(frame, bytes, &asked);
	ck_assert_uint_eq(test.outs, 1);
	ck_assert_uint_eq(test.out_bytes, bytes + 4);
	ck_assert_mem_eq(test.out, frame, 12);
	ck_assert_uint_eq(test.out[12] << 8 | test.out[13], 0x8100);
	ck_assert_uint_eq(test.out[14] << 8 | test.out[15], *tag);
	ck_assert_mem_eq(test.out + 16, frame + 12, 2);

	/* A tag beside a frame that has one in it. */
	put16be(frame + 12, 0x8100);
	transmit(frame, bytes, &asked);
	ck_assert_uint_eq(statistics().tx_invalid, 1);
	ck_assert_uint_eq(test.outs, 1);
}

static void tag_in(void *argument)
{
	const uint16_t *tag = argument;
	uint8_t frame[FRAME_MAX], tagged[FRAME_MAX], copy[FRAME_MAX];
	uint32_t bytes = frame_make(frame, &kinds[3]);
	struct net_packet packet;

	memcpy(tagged, frame, 12);
	put16be(tagged + 12, 0x8100);
	put16be(tagged + 14, *tag);
	memcpy(tagged + 16, frame + 12, bytes - 12);
	packet = receive(tagged, bytes + 4, copy);
	ck_assert(packet.flags & NET_VLAN);
	ck_assert_uint_eq(packet.vlan_tag, *tag);
	ck_assert_uint_eq(packet.length, bytes);
	ck_assert_mem_eq(copy, frame, bytes);
	/* The tag before is not the next one's. */
	packet = receive(frame, bytes, copy);
	ck_assert(!(packet.flags & NET_VLAN));
}

/* Each of its sixteen bits alone, and some at once. */
static uint16_t tag_number(int index)
{
	return index < 16 ? (uint16_t)(1u << index)
			  : (uint16_t)(index == 16 ? 0xabcd : 0xffff);
}

START_TEST(edge_78_a_tag_beside_the_frame_keeps_its_bits)
{
	uint16_t tag = tag_number(_i);

	with_card("ws2022", true, tag_out, &tag);
	with_card("ws2022", true, tag_in, &tag);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("offload");
	TCase *test_case = tcase_create("offload");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(test_case,
			    edge_77_the_card_fills_in_what_it_is_asked_for, 0,
			    NUMBER(hosts) * NUMBER(kinds));
	tcase_add_loop_test(test_case, edge_80_the_card_says_what_it_looked_at,
			    0, NUMBER(hosts) * NUMBER(kinds));
	tcase_add_loop_test(
		test_case, edge_77_offsets_that_cannot_be_are_taken_and_counted,
		0, NUMBER(impossible));
	tcase_add_loop_test(test_case,
			    edge_78_a_tag_beside_the_frame_keeps_its_bits, 0,
			    18);
	suite_add_tcase(suite, test_case);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
