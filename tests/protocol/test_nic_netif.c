/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP's glue where things run short or go wrong, on a card that does what the
 * test says: full queues, no buffers, too many pieces, too many groups, links
 * and cards that go away.
 */
#include <check.h>
#include <lwip/inet_chksum.h>
#include <lwip/netif.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/nic_netif.h"
#include "mocks/cli/lwip_platform.h"
#include "mocks/machine/machine.h"
#include "tests/support/plain_card.h"
#include "tests/support/scripted_nic.h"

#define BUFFERS	     8u
#define BUFFER_BYTES 512u
#define KEPT	     32u

struct bench {
	struct machine *machine;
	struct port *port;
	struct nic_netif interface;
	struct scripted_nic card;
	/** What lwIP would get; kept until it is freed. */
	struct pbuf *kept[KEPT];
	unsigned kept_count;
	bool refuse;
	void (*body)(struct bench *bench);
};

/* lwIP's input function has no context but the interface. */
static err_t input(struct pbuf *pbuf, struct netif *netif)
{
	struct nic_netif *interface = netif->state;
	struct bench *bench =
		(struct bench *)((char *)interface -
				 offsetof(struct bench, interface));

	if (bench->refuse)
		return ERR_MEM;
	ck_assert(bench->kept_count < KEPT);
	bench->kept[bench->kept_count++] = pbuf;
	return ERR_OK;
}

static void free_kept(struct bench *bench)
{
	while (bench->kept_count)
		pbuf_free(bench->kept[--bench->kept_count]);
}

static void guest(void *argument)
{
	const struct nic_netif_configuration configuration = {BUFFERS,
							      BUFFER_BYTES};
	struct bench *bench = argument;
	struct nic_netif *interface = &bench->interface;
	struct nic_stack stack;

	lwip_platform_init(bench->port);
	ck_assert_int_eq(
		nic_netif_create(interface, bench->port, &configuration), 0);
	stack = nic_netif_stack(interface);
	scripted_nic_init(&bench->card, &stack, 0);
	ck_assert_ptr_nonnull(netif_add_noaddr(&interface->netif, interface,
					       nic_netif_init, input));
	ck_assert_int_eq(nic_netif_attach(interface, &bench->card.nic), 0);
	bench->body(bench);
	free_kept(bench);
	ck_assert_int_eq(nic_netif_detach(interface), 0);
	netif_remove(&interface->netif);
	ck_assert_int_eq(nic_netif_outstanding(interface), 0);
	nic_netif_destroy(interface);
	ck_assert_int_eq(lwip_platform_release(), 0);
}

static void bench_run(void (*body)(struct bench *bench))
{
	const struct machine_configuration configuration = {.seed = 1};
	struct bench *bench = calloc(1, sizeof(*bench));
	struct machine_counters counters;

	bench->machine = machine_create(&configuration);
	bench->port = machine_port(bench->machine);
	bench->body = body;
	ck_assert_msg(machine_run(bench->machine, guest, bench) == MACHINE_DONE,
		      "%s", machine_reason(bench->machine));
	machine_counters(bench->machine, &counters);
	ck_assert_int_eq(counters.live_allocations, 0);
	machine_destroy(bench->machine);
	free(bench);
}

/** A frame of so many pieces of 20 bytes. */
static struct pbuf *chain(unsigned pieces, uint8_t value)
{
	struct pbuf *first = NULL, *piece;

	while (pieces--) {
		piece = pbuf_alloc(PBUF_RAW, 20, PBUF_RAM);
		ck_assert_ptr_nonnull(piece);
		memset(piece->payload, value, 20);
		if (first)
			pbuf_cat(first, piece);
		else
			first = piece;
	}
	return first;
}

static err_t output(struct bench *bench, struct pbuf *pbuf)
{
	err_t error = bench->interface.netif.linkoutput(&bench->interface.netif,
							pbuf);

	pbuf_free(pbuf);
	return error;
}

/* ---- Transmit ---- */

/** A full card, then a full burst, then lwIP is told; and it goes on. */
static void full(struct bench *bench)
{
	struct nic_netif *interface = &bench->interface;
	unsigned i;

	bench->card.room = 4;
	for (i = 0; i < 4 + 2 * NIC_NETIF_BURST; i++)
		if (output(bench, chain(1, (uint8_t)i)) != ERR_OK)
			break;
	/* The first burst fills the card with 4, the second waits. */
	ck_assert_int_eq(i, NIC_NETIF_BURST + 4);
	ck_assert_int_eq(interface->counters.tx_full, 1);
	ck_assert_int_eq(bench->card.taken, 4);
	ck_assert_int_eq(output(bench, chain(1, 99)), ERR_MEM);
	ck_assert_int_eq(interface->counters.tx_full, 2);
	ck_assert_int_eq(nic_netif_outstanding(interface), NIC_NETIF_BURST + 4);
	for (i = 4; i < NIC_NETIF_BURST + 4; i++) {
		scripted_nic_complete(&bench->card, 1);
		nic_netif_poll(interface);
		nic_netif_poll(interface);
		/* One went, so one more was taken: the next in order. */
		ck_assert_int_eq(bench->card.taken, i + 1);
		ck_assert_int_eq(bench->card.sent.bytes[0], i);
	}
	scripted_nic_complete(&bench->card, 4);
	nic_netif_poll(interface);
	ck_assert_int_eq(interface->in_flight, 0);
	ck_assert_int_eq(interface->packet_count, 0);
	ck_assert_int_eq(output(bench, chain(1, 7)), ERR_OK);
	ck_assert(nic_netif_arm(interface));
	ck_assert_int_eq(bench->card.sent.bytes[0], 7);
}

static void pieces(struct bench *bench)
{
	struct nic_netif *interface = &bench->interface;
	struct pbuf *with_empty;

	ck_assert_int_eq(output(bench, chain(NIC_NETIF_PIECES, 1)), ERR_OK);
	ck_assert_int_eq(output(bench, chain(NIC_NETIF_PIECES + 1, 2)),
			 ERR_BUF);
	ck_assert_int_eq(interface->counters.tx_dropped, 1);
	with_empty = chain(NIC_NETIF_PIECES, 3);
	pbuf_cat(with_empty, pbuf_alloc(PBUF_RAW, 0, PBUF_RAM));
	ck_assert_int_eq(output(bench, with_empty), ERR_OK);
	nic_netif_poll(interface);
	ck_assert_int_eq(bench->card.taken, 2);
	ck_assert_int_eq(bench->card.sent.packet.segment_count,
			 NIC_NETIF_PIECES);
	ck_assert_int_eq(bench->card.sent.packet.length, NIC_NETIF_PIECES * 20);
}

/* ---- Receive ---- */

/** lwIP holds all buffers: frames are lost until it frees them. */
static void exhausted(struct bench *bench)
{
	struct nic_netif *interface = &bench->interface;
	unsigned i;

	for (i = 0; i < BUFFERS + 3; i++)
		scripted_nic_frame(&bench->card, 100, (uint8_t)i);
	nic_netif_poll(interface);
	ck_assert_int_eq(bench->kept_count, BUFFERS);
	ck_assert_int_eq(bench->card.no_buffer, 3);
	ck_assert_int_eq(interface->free_count, 0);
	scripted_nic_frame(&bench->card, 100, 50);
	nic_netif_poll(interface);
	ck_assert_int_eq(bench->kept_count, BUFFERS);
	free_kept(bench);
	scripted_nic_frame(&bench->card, 100, 51);
	nic_netif_poll(interface);
	ck_assert_int_eq(bench->kept_count, 1);
	ck_assert_int_eq(pbuf_get_at(bench->kept[0], 99), 51);
}

static void long_frame(struct bench *bench)
{
	scripted_nic_frame(&bench->card, 3 * BUFFER_BYTES - 1, 5);
	nic_netif_poll(&bench->interface);
	ck_assert_int_eq(bench->kept_count, 1);
	ck_assert_int_eq(bench->kept[0]->tot_len, 3 * BUFFER_BYTES - 1);
	ck_assert_int_eq(pbuf_clen(bench->kept[0]), 3);
	ck_assert_int_eq(pbuf_get_at(bench->kept[0], 3 * BUFFER_BYTES - 2), 5);
}

static void refused(struct bench *bench)
{
	struct nic_netif *interface = &bench->interface;
	struct scripted_nic_frame *frame;

	bench->refuse = true;
	scripted_nic_frame(&bench->card, 2 * BUFFER_BYTES, 1);
	ck_assert_int_eq(nic_netif_poll(interface), 1);
	ck_assert_int_eq(interface->counters.rx_refused, 1);
	bench->refuse = false;
	/* A VLAN is not ours, a priority without one is. */
	frame = scripted_nic_frame(&bench->card, 60, 2);
	frame->packet.flags = NET_VLAN;
	frame->packet.vlan_tag = 5;
	frame = scripted_nic_frame(&bench->card, 60, 3);
	frame->packet.flags = NET_VLAN;
	frame->packet.vlan_tag = 5 << 13;
	/* The checksum that is missing lies outside of the frame. */
	frame = scripted_nic_frame(&bench->card, 60, 4);
	frame->packet.flags = NET_RX_CHECKSUM_PARTIAL;
	frame->packet.l4_offset = 34;
	frame->packet.checksum_offset = 25;
	nic_netif_poll(interface);
	ck_assert_int_eq(interface->counters.rx_dropped, 2);
	ck_assert_int_eq(bench->kept_count, 1);
	ck_assert_int_eq(pbuf_get_at(bench->kept[0], 0), 3);
}

/** What a card says is missing is computed, over several buffers too. */
static void partial(struct bench *bench)
{
	struct scripted_nic_frame *frame;
	struct pbuf *got;
	unsigned i;

	for (i = 0; i < 2; i++) {
		/* An odd length, and a field across two buffers. */
		frame = scripted_nic_frame(&bench->card, 901, 0x11);
		frame->packet.flags = NET_RX_CHECKSUM_PARTIAL;
		frame->packet.l4_offset = (uint16_t)(34 + i);
		frame->packet.checksum_offset = i ? BUFFER_BYTES - 1 - 35 : 16;
		nic_netif_poll(&bench->interface);
		got = bench->kept[i];
		ck_assert_int_eq(bench->kept_count, i + 1);
		/* All of it adds up to what stood there: a pseudo header. */
		pbuf_remove_header(got, 34 + i);
		ck_assert_int_eq(inet_chksum_pbuf(got), 0x1111);
	}
}

/* ---- Groups ---- */

static void group(struct bench *bench, unsigned n,
		  enum netif_mac_filter_action action)
{
	struct netif *netif = &bench->interface.netif;
	ip4_addr_t address;

	/* The upper 9 bits of an address are in no Ethernet address. */
	IP4_ADDR(&address, 224 + n / 1000, 1, 1, n % 1000);
	ck_assert_int_eq(netif->igmp_mac_filter(netif, &address, action),
			 ERR_OK);
	nic_netif_poll(&bench->interface);
}

static void groups(struct bench *bench)
{
	struct scripted_nic *card = &bench->card;
	unsigned calls, n, first;

	/* IPv6's group of all nodes is in it from the start. */
	ck_assert_int_eq(card->filter, NIC_FILTER_UNICAST |
					       NIC_FILTER_BROADCAST |
					       NIC_FILTER_MULTICAST);
	first = card->group_count;
	group(bench, 1, NETIF_ADD_MAC_FILTER);
	ck_assert_int_eq(card->group_count, first + 1);
	/* Another group of the same Ethernet address. */
	calls = card->filter_calls;
	group(bench, 1001, NETIF_ADD_MAC_FILTER);
	group(bench, 1, NETIF_DEL_MAC_FILTER);
	ck_assert_int_eq(card->filter_calls, calls);
	ck_assert_int_eq(card->group_count, first + 1);
	group(bench, 1001, NETIF_DEL_MAC_FILTER);
	ck_assert_int_eq(card->group_count, first);
	for (n = first; n < NIC_NETIF_GROUPS; n++)
		group(bench, 10 + n, NETIF_ADD_MAC_FILTER);
	ck_assert_int_eq(card->group_count, NIC_NETIF_GROUPS);
	ck_assert_int_eq(card->filter & NIC_FILTER_ALL_MULTICAST, 0);
	group(bench, 200, NETIF_ADD_MAC_FILTER);
	group(bench, 201, NETIF_ADD_MAC_FILTER);
	ck_assert_int_eq(card->filter, NIC_FILTER_UNICAST |
					       NIC_FILTER_BROADCAST |
					       NIC_FILTER_ALL_MULTICAST);
	group(bench, 200, NETIF_DEL_MAC_FILTER);
	ck_assert_int_ne(card->filter & NIC_FILTER_ALL_MULTICAST, 0);
	group(bench, 201, NETIF_DEL_MAC_FILTER);
	ck_assert_int_eq(card->filter & NIC_FILTER_ALL_MULTICAST, 0);
	ck_assert_int_eq(card->group_count, NIC_NETIF_GROUPS);
	/* One that was never joined. */
	group(bench, 77, NETIF_DEL_MAC_FILTER);
	ck_assert_int_eq(card->group_count, NIC_NETIF_GROUPS);
}

/* ---- Events ---- */

static void tell(struct bench *bench, unsigned events)
{
	bench->card.events = events;
	bench->card.stack.wake(bench->card.stack.context, NIC_WAKE_EVENTS);
	ck_assert(!nic_netif_arm(&bench->interface));
	nic_netif_poll(&bench->interface);
	ck_assert(nic_netif_arm(&bench->interface));
}

static void links(struct bench *bench)
{
	struct netif *netif = &bench->interface.netif;

	ck_assert(netif_is_link_up(netif));
	bench->card.link.up = false;
	nic_netif_poll(&bench->interface);
	ck_assert(netif_is_link_up(netif));
	tell(bench, NIC_EVENT_LINK);
	ck_assert(!netif_is_link_up(netif));
	bench->card.link.up = true;
	tell(bench, NIC_EVENT_LINK);
	ck_assert(netif_is_link_up(netif));
	tell(bench, NIC_EVENT_NETWORK_CHANGED);
	ck_assert(netif_is_link_up(netif));
}

static void gone(struct bench *bench)
{
	struct nic_netif *interface = &bench->interface;
	unsigned asked;

	bench->card.room = 1;
	ck_assert_int_eq(output(bench, chain(1, 1)), ERR_OK);
	nic_netif_poll(interface);
	ck_assert_int_eq(output(bench, chain(1, 2)), ERR_OK);
	ck_assert_int_eq(output(bench, chain(1, 3)), ERR_OK);
	/* It wakes nobody, and is asked all the same. */
	bench->card.events = NIC_EVENT_REMOVED;
	nic_netif_poll(interface);
	ck_assert(!interface->is_gone);
	port_relax(bench->port, port_time(bench->port) + 1100000000);
	nic_netif_poll(interface);
	ck_assert(interface->is_gone);
	ck_assert(!netif_is_link_up(&interface->netif));
	ck_assert_int_eq(interface->counters.tx_dropped, 2);
	ck_assert_int_eq(output(bench, chain(1, 4)), ERR_IF);
	asked = bench->card.events_asked;
	port_relax(bench->port, port_time(bench->port) + 1100000000);
	nic_netif_poll(interface);
	ck_assert_int_eq(bench->card.events_asked, asked);
	ck_assert(nic_netif_arm(interface));
	ck_assert_int_eq(nic_netif_detach(interface), 0);
	ck_assert_int_eq(nic_netif_outstanding(interface), 0);
	ck_assert_int_eq(nic_netif_poll(interface), 0);
	ck_assert_int_eq(output(bench, chain(1, 5)), ERR_IF);
	ck_assert_int_eq(nic_netif_mtu_set(interface, 1000), ERROR_NO_DEVICE);
	ck_assert_int_eq(nic_netif_attach(interface, &bench->card.nic), 0);
	ck_assert_int_eq(output(bench, chain(1, 6)), ERR_OK);
	nic_netif_poll(interface);
	ck_assert_int_eq(bench->card.sent.bytes[0], 6);
}

/* ---- Errors of the card ---- */

static void errors(struct bench *bench)
{
	struct nic_netif *interface = &bench->interface;

	ck_assert_int_eq(nic_netif_mtu_set(interface, 9000), 0);
	ck_assert_int_eq(interface->netif.mtu, 9000);
	bench->card.mtu_error = ERROR_INVALID;
	ck_assert_int_eq(nic_netif_mtu_set(interface, 4000), ERROR_INVALID);
	ck_assert_int_eq(interface->netif.mtu, 9000);
	ck_assert(bench->card.is_started);
	bench->card.mtu_error = ERROR_TIMED_OUT;
	ck_assert_int_eq(nic_netif_mtu_set(interface, 4000), ERROR_TIMED_OUT);
	ck_assert_ptr_null(interface->nic);
	bench->card.start_error = ERROR_NO_MEMORY;
	ck_assert_int_eq(nic_netif_attach(interface, &bench->card.nic),
			 ERROR_NO_MEMORY);
	ck_assert_ptr_null(interface->nic);
	bench->card.start_error = 0;
	bench->card.filter_error = ERROR_IO;
	ck_assert_int_eq(nic_netif_attach(interface, &bench->card.nic),
			 ERROR_IO);
	ck_assert_ptr_null(interface->nic);
	ck_assert(!netif_is_link_up(&interface->netif));
	bench->card.filter_error = 0;
	ck_assert_int_eq(nic_netif_attach(interface, &bench->card.nic), 0);
	ck_assert(netif_is_link_up(&interface->netif));
}

static void no_memory(struct bench *bench)
{
	const struct nic_netif_configuration too_long = {8, 65536},
					     too_many = {1000000, 2048};
	static struct nic_netif interface;

	ck_assert_int_eq(nic_netif_create(&interface, bench->port, &too_long),
			 ERROR_INVALID);
	ck_assert_int_eq(nic_netif_create(&interface, bench->port, &too_many),
			 ERROR_NO_MEMORY);
}

START_TEST(a_full_card_holds_lwip_back)
{
	bench_run(full);
}
END_TEST

START_TEST(a_frame_in_too_many_pieces_is_refused)
{
	bench_run(pieces);
}
END_TEST

START_TEST(receiving_goes_on_when_buffers_are_back)
{
	bench_run(exhausted);
}
END_TEST

START_TEST(a_long_frame_is_a_chain)
{
	bench_run(long_frame);
}
END_TEST

START_TEST(what_is_not_taken_goes_back_to_the_card)
{
	bench_run(refused);
}
END_TEST

START_TEST(a_partial_checksum_is_completed)
{
	bench_run(partial);
}
END_TEST

START_TEST(too_many_groups_are_all_multicast)
{
	bench_run(groups);
}
END_TEST

START_TEST(the_link_follows_the_card)
{
	bench_run(links);
}
END_TEST

START_TEST(a_card_that_is_gone_is_noticed)
{
	bench_run(gone);
}
END_TEST

START_TEST(errors_of_the_card_come_through)
{
	bench_run(errors);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
	bench_run(no_memory);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nic_netif");
	TCase *test = tcase_create("nic_netif");

	tcase_add_test(test, a_full_card_holds_lwip_back);
	tcase_add_test(test, a_frame_in_too_many_pieces_is_refused);
	tcase_add_test(test, receiving_goes_on_when_buffers_are_back);
	tcase_add_test(test, a_long_frame_is_a_chain);
	tcase_add_test(test, what_is_not_taken_goes_back_to_the_card);
	tcase_add_test(test, a_partial_checksum_is_completed);
	tcase_add_test(test, too_many_groups_are_all_multicast);
	tcase_add_test(test, the_link_follows_the_card);
	tcase_add_test(test, a_card_that_is_gone_is_noticed);
	tcase_add_test(test, errors_of_the_card_come_through);
	tcase_add_test(test, no_memory_is_an_error);
	suite_add_tcase(suite, test);
	return plain_main(suite);
}
