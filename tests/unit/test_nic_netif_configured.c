/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP's glue, compiled for an lwIP that has what the system's build lacks:
 * checksums left to the card, and a callback for the link. Such an lwIP is not
 * there to be linked, so the few functions of it that the glue calls are here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/netif.h>
#include <lwip/sys.h>

#include "lwip/nic_netif.h"
#include "mocks/machine/machine.h"
#include "tests/support/scripted_nic.h"

#if !LWIP_CHECKSUM_CTRL_PER_NETIF || !LWIP_NETIF_LINK_CALLBACK || !LWIP_DHCP
#error "not the configuration that is to be tested"
#endif

#define TX_FEATURES                                                            \
	(NIC_FEATURE_TX_CHECKSUM_IPV4 | NIC_FEATURE_TX_CHECKSUM_TCP |          \
	 NIC_FEATURE_TX_CHECKSUM_UDP)

/* ---- What the glue calls of lwIP ---- */

static u32_t milliseconds;

u32_t sys_now(void)
{
	return milliseconds;
}

void netif_set_link_up(struct netif *netif)
{
	if (netif->flags & NETIF_FLAG_LINK_UP)
		return;
	netif->flags |= NETIF_FLAG_LINK_UP;
	if (netif->link_callback)
		netif->link_callback(netif);
}

void netif_set_link_down(struct netif *netif)
{
	if (!(netif->flags & NETIF_FLAG_LINK_UP))
		return;
	netif->flags &= (u8_t)~NETIF_FLAG_LINK_UP;
	if (netif->link_callback)
		netif->link_callback(netif);
}

void pbuf_ref(struct pbuf *pbuf)
{
	pbuf->ref++;
}

/** Only frames of the test's own are freed, and these are not on a heap. */
u8_t pbuf_free(struct pbuf *pbuf)
{
	assert_true(pbuf->ref > 0);
	pbuf->ref--;
	return 0;
}

void pbuf_cat(struct pbuf *head, struct pbuf *tail)
{
	(void)head;
	(void)tail;
	fail();
}

struct pbuf *pbuf_alloced_custom(pbuf_layer layer, u16_t length, pbuf_type type,
				 struct pbuf_custom *pbuf, void *memory,
				 u16_t bytes)
{
	(void)layer;
	(void)length;
	(void)type;
	(void)pbuf;
	(void)memory;
	(void)bytes;
	fail();
	return NULL;
}

err_t etharp_output(struct netif *netif, struct pbuf *pbuf,
		    const ip4_addr_t *address)
{
	(void)netif;
	(void)pbuf;
	(void)address;
	return ERR_IF;
}

err_t ethip6_output(struct netif *netif, struct pbuf *pbuf,
		    const ip6_addr_t *address)
{
	(void)netif;
	(void)pbuf;
	(void)address;
	return ERR_IF;
}

/* ---- A card behind the interface ---- */

struct bench {
	struct machine *machine;
	struct nic_netif interface;
	struct scripted_nic card;
	uint32_t features;
	unsigned ups, downs;
	void (*body)(struct bench *bench);
};

static void link_changed(struct netif *netif)
{
	struct nic_netif *interface = netif->state;
	struct bench *bench =
		(struct bench *)((char *)interface -
				 offsetof(struct bench, interface));

	if (netif_is_link_up(netif))
		bench->ups++;
	else
		bench->downs++;
}

static void guest(void *argument)
{
	const struct nic_netif_configuration configuration = {8, 2048};
	struct bench *bench = argument;
	struct nic_netif *interface = &bench->interface;
	struct nic_stack stack;

	assert_int_equal(nic_netif_create(interface,
					  machine_port(bench->machine),
					  &configuration),
			 0);
	stack = nic_netif_stack(interface);
	scripted_nic_init(&bench->card, &stack, bench->features);
	/* What netif_add() does before it calls. */
	NETIF_SET_CHECKSUM_CTRL(&interface->netif, NETIF_CHECKSUM_ENABLE_ALL);
	interface->netif.state = interface;
	assert_int_equal(nic_netif_init(&interface->netif), ERR_OK);
	interface->netif.link_callback = link_changed;
	assert_int_equal(nic_netif_attach(interface, &bench->card.nic), 0);
	bench->body(bench);
	assert_int_equal(nic_netif_detach(interface), 0);
	assert_int_equal(nic_netif_outstanding(interface), 0);
	nic_netif_destroy(interface);
}

static void run(void (*body)(struct bench *bench), uint32_t features)
{
	const struct machine_configuration configuration = {.seed = 1};
	struct bench *bench = calloc(1, sizeof(*bench));

	bench->machine = machine_create(&configuration);
	bench->features = features;
	bench->body = body;
	if (machine_run(bench->machine, guest, bench) != MACHINE_DONE)
		fail_msg("%s", machine_reason(bench->machine));
	machine_destroy(bench->machine);
	free(bench);
}

/* ---- The link ---- */

static void tell(struct bench *bench, unsigned events)
{
	bench->card.events = events;
	bench->card.stack.wake(bench->card.stack.context, NIC_WAKE_EVENTS);
	nic_netif_poll(&bench->interface);
}

static void link_body(struct bench *bench)
{
	assert_int_equal(bench->ups, 1);
	bench->card.link.up = false;
	tell(bench, NIC_EVENT_LINK);
	assert_int_equal(bench->downs, 1);
	tell(bench, NIC_EVENT_LINK);
	assert_int_equal(bench->downs, 1);
	bench->card.link.up = true;
	tell(bench, NIC_EVENT_LINK);
	assert_int_equal(bench->ups, 2);
	/* DHCP asks again when the link came up: it must be seen to. */
	tell(bench, NIC_EVENT_NETWORK_CHANGED);
	assert_int_equal(bench->downs, 2);
	assert_int_equal(bench->ups, 3);
	tell(bench, NIC_EVENT_REMOVED);
	assert_int_equal(bench->downs, 3);
	/* A card that is gone has no link, whatever it says. */
	tell(bench, NIC_EVENT_LINK | NIC_EVENT_NETWORK_CHANGED);
	assert_false(netif_is_link_up(&bench->interface.netif));
}

/* ---- Who computes what ---- */

static void all_body(struct bench *bench)
{
	u16_t flags = bench->interface.netif.chksum_flags;

	assert_int_equal(flags & NETIF_CHECKSUM_GEN_IP, 0);
	assert_int_equal(flags & NETIF_CHECKSUM_GEN_TCP, 0);
	/* A datagram may be cut up behind its checksum. */
	assert_int_not_equal(flags & NETIF_CHECKSUM_GEN_UDP, 0);
	assert_int_not_equal(flags & NETIF_CHECKSUM_GEN_ICMP, 0);
	assert_int_not_equal(flags & NETIF_CHECKSUM_GEN_ICMP6, 0);
	assert_int_not_equal(flags & NETIF_CHECKSUM_CHECK_TCP, 0);
}

static void none_body(struct bench *bench)
{
	assert_int_equal(bench->interface.netif.chksum_flags,
			 NETIF_CHECKSUM_ENABLE_ALL);
}

/* ---- Frames ---- */

#define ETHERNET_BYTES 14u
#define PAYLOAD	       11u

/** A frame of the test's own, in the pieces that lwIP would give it in. */
struct frame {
	uint8_t bytes[256];
	uint16_t length, l4;
	bool is_ipv6;
	struct pbuf pieces[2];
};

static void put16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

/** Of IP in Ethernet, with so many bytes of options (or other headers). */
static void frame_make(struct frame *frame, bool is_ipv6, uint8_t protocol,
		       uint16_t transport, uint16_t options)
{
	uint16_t header = (uint16_t)((is_ipv6 ? 40 : 20) + options);
	uint8_t *ip = frame->bytes + ETHERNET_BYTES;
	unsigned i;

	memset(frame, 0, sizeof(*frame));
	frame->is_ipv6 = is_ipv6;
	frame->l4 = (uint16_t)(ETHERNET_BYTES + header);
	frame->length = (uint16_t)(frame->l4 + transport + PAYLOAD);
	for (i = 0; i < frame->length; i++)
		frame->bytes[i] = (uint8_t)(i * 37 + 5);
	put16(frame->bytes + 12, is_ipv6 ? 0x86dd : 0x0800);
	if (is_ipv6) {
		ip[0] = 0x60;
		put16(ip + 4, transport + PAYLOAD);
		ip[6] = protocol;
	} else {
		ip[0] = (uint8_t)(0x40 | header / 4);
		put16(ip + 2, header + transport + PAYLOAD);
		put16(ip + 6, 0x4000);
		ip[9] = protocol;
		put16(ip + 10, 0);
	}
	/* lwIP leaves zero where a checksum will be. */
	if (protocol == 6)
		put16(frame->bytes + frame->l4 + 16, 0);
}

/** Send it in two pieces: the headers, and from there on the rest. */
static void frame_send(struct bench *bench, struct frame *frame, uint16_t first)
{
	struct netif *netif = &bench->interface.netif;
	unsigned i;

	memset(frame->pieces, 0, sizeof(frame->pieces));
	for (i = 0; i < 2; i++) {
		frame->pieces[i].payload = frame->bytes + (i ? first : 0);
		frame->pieces[i].len =
			i ? (u16_t)(frame->length - first) : first;
		frame->pieces[i].ref = 1;
	}
	frame->pieces[0].next = &frame->pieces[1];
	frame->pieces[0].tot_len = frame->length;
	assert_int_equal(netif->linkoutput(netif, frame->pieces), ERR_OK);
	nic_netif_poll(&bench->interface);
	assert_int_equal(bench->card.sent.packet.length, frame->length);
	scripted_nic_complete(&bench->card, 1);
	nic_netif_poll(&bench->interface);
	assert_int_equal(frame->pieces[0].ref, 1);
}

static uint32_t sum_words(const uint8_t *bytes, unsigned count)
{
	uint32_t sum = 0;
	unsigned i;

	for (i = 0; i < count; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

/** What a card would make of it is what RFC 9293 3.1 wants of the whole. */
static void frame_is_completed(const struct bench *bench,
			       const struct frame *frame)
{
	const struct net_packet *packet = &bench->card.sent.packet;
	uint8_t bytes[256];
	const uint8_t *ip = bytes + ETHERNET_BYTES;
	uint32_t sum;

	memcpy(bytes, bench->card.sent.bytes, frame->length);
	assert_int_equal(packet->l3_offset, ETHERNET_BYTES);
	assert_int_equal(packet->l4_offset, frame->l4);
	assert_int_equal(!!(packet->flags & NET_IPV6), frame->is_ipv6);
	sum = sum_words(bytes + frame->l4, frame->length - frame->l4);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(bytes + frame->l4 + 16, ~sum & 0xffff);
	/* All of it with the pseudo header adds up to ones. */
	sum = sum_words(bytes + frame->l4, frame->length - frame->l4) + 6 +
	      frame->length - frame->l4;
	if (frame->is_ipv6)
		sum += sum_words(ip + 8, 32);
	else
		sum += sum_words(ip + 12, 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal(sum, 0xffff);
}

static void tcp_body(struct bench *bench)
{
	static const uint16_t options[] = {0, 4, 40};
	struct frame frame;
	unsigned i;

	for (i = 0; i < 3; i++) {
		frame_make(&frame, false, 6, 20, options[i]);
		frame_send(bench, &frame, (uint16_t)(frame.l4 + 20));
		assert_int_equal(bench->card.sent.packet.flags,
				 NET_TX_CHECKSUM_IPV4 | NET_TX_CHECKSUM_TCP);
		frame_is_completed(bench, &frame);
	}
	frame_make(&frame, true, 6, 32, 0);
	frame_send(bench, &frame, (uint16_t)(frame.l4 + 32));
	assert_int_equal(bench->card.sent.packet.flags,
			 NET_IPV6 | NET_TX_CHECKSUM_TCP);
	frame_is_completed(bench, &frame);
}

/** What is no TCP is not touched behind the IP header. */
static void others_body(struct bench *bench)
{
	static const struct {
		bool is_ipv6;
		uint8_t protocol;
		uint16_t flags;
	} cases[] = {
		{false, 17, NET_TX_CHECKSUM_IPV4},
		{false, 1, NET_TX_CHECKSUM_IPV4},
		{true, 17, NET_IPV6},
		{true, 58, NET_IPV6},
		/* TCP behind a fragment header, that is: not at once. */
		{true, 44, NET_IPV6},
	};
	struct frame frame;
	unsigned i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		frame_make(&frame, cases[i].is_ipv6, cases[i].protocol, 8, 0);
		frame_send(bench, &frame, (uint16_t)(frame.l4 + 8));
		assert_int_equal(bench->card.sent.packet.flags, cases[i].flags);
		frame_make(&frame, cases[i].is_ipv6, cases[i].protocol, 8, 0);
		assert_memory_equal(bench->card.sent.bytes, frame.bytes,
				    frame.length);
	}
	/* ARP, and an Ethernet header that is all there is in one piece. */
	frame_make(&frame, false, 6, 20, 0);
	put16(frame.bytes + 12, 0x0806);
	frame_send(bench, &frame, 42);
	assert_int_equal(bench->card.sent.packet.flags, 0);
	frame_make(&frame, false, 6, 20, 0);
	frame_send(bench, &frame, 14);
	assert_int_equal(bench->card.sent.packet.flags, 0);
	/* The field of the checksum is not in the first piece. */
	frame_make(&frame, false, 6, 20, 0);
	frame_send(bench, &frame, (uint16_t)(frame.l4 + 17));
	assert_int_equal(bench->card.sent.packet.flags, NET_TX_CHECKSUM_IPV4);
}

/** Nothing is asked of a card that does not offer it. */
static void unasked_body(struct bench *bench)
{
	struct frame frame;

	frame_make(&frame, false, 6, 20, 0);
	frame_send(bench, &frame, (uint16_t)(frame.l4 + 20));
	assert_int_equal(bench->card.sent.packet.flags, 0);
	frame_make(&frame, true, 6, 20, 0);
	frame_send(bench, &frame, (uint16_t)(frame.l4 + 20));
	assert_int_equal(bench->card.sent.packet.flags, NET_IPV6);
}

static void the_link_is_called_back(void **state)
{
	(void)state;
	run(link_body, 0);
}

static void lwip_leaves_to_the_card_what_it_can(void **state)
{
	(void)state;
	run(all_body, TX_FEATURES);
	run(none_body, 0);
}

static void tcp_is_completed_by_the_card(void **state)
{
	(void)state;
	run(tcp_body, TX_FEATURES);
}

static void other_frames_are_as_lwip_made_them(void **state)
{
	(void)state;
	run(others_body, TX_FEATURES);
	run(unasked_body, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_link_is_called_back),
		cmocka_unit_test(lwip_leaves_to_the_card_what_it_can),
		cmocka_unit_test(tcp_is_completed_by_the_card),
		cmocka_unit_test(other_frames_are_as_lwip_made_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
