/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The glue between a card that does as it is told and a strict user.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/unikraft/strict.h"
#include "unikraft/netdev_internal.h"

#define FRAMES 8u

/* A card that copies nothing and decides nothing. */
struct fake {
	struct nic nic;
	struct nic_stack stack;
	struct unikraft_netdev_options options;
	unsigned opened, closed, started, stopped, filter, events;
	int open_error, control_error;
	bool is_full, armed[4], busy_once;
	/* What is sent; kept until done is raised. */
	struct net_packet sent[FRAMES];
	struct net_segment sent_segments[FRAMES][NETDEV_SEGMENTS];
	unsigned sent_count, done, reclaimed;
	/* What is to be received: in buffers of the stack, so many each. */
	struct net_packet arriving[FRAMES];
	unsigned arriving_count, arrived;
};

static struct fake fake;
static struct strict strict;
static struct uk_alloc memory;

static struct netdev *device;

static int fake_start(struct nic *nic)
{
	(void)nic;
	fake.started++;
	return fake.control_error;
}

static void fake_stop(struct nic *nic)
{
	(void)nic;
	fake.stopped++;
	fake.done = fake.sent_count;
}

static void fake_close(struct nic *nic)
{
	(void)nic;
	fake.closed++;
}

static unsigned fake_transmit(struct nic *nic, unsigned queue,
			      struct net_packet packets[], unsigned n,
			      const struct net_segment segments[])
{
	(void)nic;
	(void)queue;
	(void)n;
	if (fake.is_full)
		return 0;
	fake.sent[fake.sent_count] = packets[0];
	memcpy(fake.sent_segments[fake.sent_count], segments,
	       packets[0].segment_count * sizeof(segments[0]));
	fake.sent_count++;
	return 1;
}

static unsigned fake_reclaim(struct nic *nic, unsigned queue, void *owners[],
			     unsigned n)
{
	unsigned i;

	(void)nic;
	for (i = 0; i < n && queue == 0 && fake.reclaimed < fake.done; i++)
		owners[i] = fake.sent[fake.reclaimed++].owner;
	return i;
}

static unsigned fake_receive(struct nic *nic, unsigned queue,
			     struct net_packet packets[], unsigned n,
			     struct net_segment segments[], unsigned m)
{
	unsigned count, got, i;
	uint32_t left;

	(void)nic;
	(void)n;
	while (queue == 0 && fake.arrived < fake.arriving_count) {
		packets[0] = fake.arriving[fake.arrived++];
		left = packets[0].length;
		count = (left + fake.stack.receive_buffer_bytes - 1) /
			fake.stack.receive_buffer_bytes;
		assert_true(count <= m);
		got = fake.stack.supply(fake.stack.context, queue, segments,
					count);
		if (got < count) {
			for (i = 0; i < got; i++)
				fake.stack.release(fake.stack.context,
						   &segments[i]);
			continue;
		}
		for (i = 0; i < count; i++) {
			if (segments[i].length >
			    fake.stack.receive_buffer_bytes)
				segments[i].length =
					fake.stack.receive_buffer_bytes;
			if (segments[i].length > left)
				segments[i].length = left;
			memset(segments[i].data, (int)(0x10 + i),
			       segments[i].length);
			left -= segments[i].length;
		}
		packets[0].first_segment = 0;
		packets[0].segment_count = count;
		return 1;
	}
	return 0;
}

static bool fake_arm(struct nic *nic, unsigned queue)
{
	(void)nic;
	if (fake.busy_once) {
		fake.busy_once = false;
		fake.arriving[fake.arriving_count++].length = 60;
		return false;
	}
	fake.armed[queue] = fake.arrived == fake.arriving_count &&
			    fake.reclaimed == fake.done;
	return fake.armed[queue];
}

static void fake_disarm(struct nic *nic, unsigned queue)
{
	(void)nic;
	fake.armed[queue] = false;
}

static unsigned fake_events(struct nic *nic)
{
	unsigned events = fake.events;

	(void)nic;
	fake.events = 0;
	return events;
}

static int fake_mac_set(struct nic *nic, const uint8_t mac[])
{
	if (!fake.control_error)
		memcpy(nic->information.mac, mac, 6);
	return fake.control_error;
}

static int fake_mtu_set(struct nic *nic, uint16_t mtu)
{
	if (!fake.control_error)
		nic->information.mtu = mtu;
	return fake.control_error;
}

static int fake_filter_set(struct nic *nic, unsigned filter,
			   const uint8_t groups[][ETHERNET_ADDRESS_BYTES],
			   unsigned group_count)
{
	(void)nic;
	(void)groups;
	(void)group_count;
	fake.filter = filter;
	return fake.control_error;
}

static void fake_statistics(struct nic *nic, struct nic_statistics *statistics)
{
	(void)nic;
	memset(statistics, 0, sizeof(*statistics));
	statistics->tx_frames = fake.reclaimed;
}

static const struct nic_operations fake_operations = {
	.start = fake_start,
	.stop = fake_stop,
	.close = fake_close,
	.transmit = fake_transmit,
	.reclaim = fake_reclaim,
	.receive = fake_receive,
	.arm = fake_arm,
	.disarm = fake_disarm,
	.events = fake_events,
	.mac_set = fake_mac_set,
	.mtu_set = fake_mtu_set,
	.filter_set = fake_filter_set,
	.statistics = fake_statistics,
};

static int fake_open(void *context, const struct nic_stack *stack,
		     const struct unikraft_netdev_options *options,
		     struct nic **nic)
{
	(void)context;
	if (fake.open_error)
		return fake.open_error;
	fake.opened++;
	fake.stack = *stack;
	fake.options = *options;
	fake.nic.operations = &fake_operations;
	if (fake.nic.information.queues > options->queues ||
	    !fake.nic.information.queues)
		fake.nic.information.queues = options->queues;
	*nic = &fake.nic;
	return 0;
}

static void fake_poll(void *context)
{
	(void)context;
	fake.events |= NIC_EVENT_REMOVED;
	fake.stack.wake(fake.stack.context, NIC_WAKE_EVENTS);
}

/* ---- Setting up ---- */

static const struct unikraft_card card = {
	.driver = "fake",
	.buffer_alignment = 64,
	.open = fake_open,
	.poll = fake_poll,
};

static int register_device(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.nic.information.queues = 1;
	fake.nic.information.mtu = 1500;
	fake.nic.information.mtu_min = 576;
	fake.nic.information.mtu_max = 9000;
	fake.nic.information.tso_bytes_max = 1000;
	fake.nic.information.features =
		NIC_FEATURE_TX_CHECKSUM_TCP | NIC_FEATURE_TX_CHECKSUM_UDP |
		NIC_FEATURE_TX_TSO_IPV4 | NIC_FEATURE_RX_VLAN |
		NIC_FEATURE_MAC_SET;
	memory.left = 2;
	strict_init(&strict);
	assert_int_equal(unikraft_netdev_register(&memory, &card), 0);
	return 0;
}

/* The device is the last thing that was allocated: found by its operation. */
static void *last_zalloc;
void *__real_uk_zalloc(struct uk_alloc *allocator, size_t bytes);
void *__wrap_uk_zalloc(struct uk_alloc *allocator, size_t bytes);
void *__wrap_uk_zalloc(struct uk_alloc *allocator, size_t bytes)
{
	last_zalloc = __real_uk_zalloc(allocator, bytes);
	return last_zalloc;
}

static void up(void)
{
	const struct uk_netdev_conf pair = {.nb_rx_queues = 1,
					    .nb_tx_queues = 1};

	device = last_zalloc;
	assert_int_equal(strict_up(&strict, &device->device, &pair), 0);
}

/* No rule is broken, and everything is back after a close. */
static int clean_up(void **state)
{
	(void)state;
	unikraft_netdev_close(last_zalloc);
	unikraft_netdev_close(last_zalloc);
	assert_string_equal(strict_sentence(strict.broken),
			    strict_sentence(STRICT_NONE));
	uk_free(&memory, last_zalloc);
	assert_int_equal(memory.live, 0);
	return 0;
}

static void free_received(struct uk_netbuf *netbuf)
{
	uk_netbuf_free(netbuf);
}

/* ---- Transmit ---- */

static void a_netbuf_is_freed_by_the_call_after(void **state)
{
	struct uk_netbuf *first, *second;

	(void)state;
	up();
	first = strict_netbuf(&strict, 60);
	second = strict_netbuf(&strict, 61);
	assert_int_equal(strict_tx(&strict, 0, first), 3);
	fake.done = 1;
	assert_ptr_equal(fake.sent_segments[0][0].data, first->data);
	assert_int_equal(strict_tx(&strict, 0, second), 3);
	assert_int_equal(strict_out(&strict), 1);
}

static void a_chain_is_the_segments_of_a_packet(void **state)
{
	struct uk_netbuf *head, *empty, *tail;

	(void)state;
	up();
	head = strict_netbuf(&strict, 60);
	empty = strict_netbuf(&strict, 0);
	tail = strict_netbuf(&strict, 40);
	uk_netbuf_connect(head, empty);
	uk_netbuf_connect(empty, tail);
	assert_int_equal(strict_tx(&strict, 0, head), 3);
	assert_int_equal(fake.sent[0].segment_count, 2);
	assert_int_equal(fake.sent[0].length, 100);
	unikraft_netdev_close(&device->device);
	assert_int_equal(strict_out(&strict), 0);
}

static void a_full_card_leaves_the_netbuf_alone(void **state)
{
	struct uk_netbuf *netbuf;

	(void)state;
	up();
	netbuf = strict_netbuf(&strict, 60);
	fake.is_full = true;
	assert_int_equal(strict_tx(&strict, 0, netbuf), 0);
	fake.is_full = false;
	device->tx[0].depth = 1;
	assert_int_equal(strict_tx(&strict, 0, netbuf), 1);
	netbuf = strict_netbuf(&strict, 60);
	assert_int_equal(strict_tx(&strict, 0, netbuf), 0);
	fake.done = 1;
	assert_int_equal(strict_tx(&strict, 0, netbuf), 1);
}

/* An IPv4 or IPv6 frame that wants its checksum to be filled in. */
static struct uk_netbuf *partial(uint8_t type_high, uint8_t type_low,
				 uint16_t start, uint16_t offset)
{
	struct uk_netbuf *netbuf = strict_netbuf(&strict, 200);
	uint8_t *frame = netbuf->data;

	frame[12] = type_high;
	frame[13] = type_low;
	netbuf->flags = UK_NETBUF_F_PARTIAL_CSUM;
	netbuf->csum_start = start;
	netbuf->csum_offset = offset;
	return netbuf;
}

static void checksums_are_asked_for_by_headers(void **state)
{
	struct uk_netbuf *tagged;

	(void)state;
	up();
	strict_tx(&strict, 0, partial(8, 0, 34, 16));
	assert_int_equal(fake.sent[0].flags, NET_TX_CHECKSUM_TCP);
	assert_int_equal(fake.sent[0].l3_offset, 14);
	assert_int_equal(fake.sent[0].l4_offset, 34);
	strict_tx(&strict, 0, partial(0x86, 0xdd, 54, 6));
	assert_int_equal(fake.sent[1].flags, NET_TX_CHECKSUM_UDP | NET_IPV6);
	tagged = partial(0x81, 0, 38, 16);
	((uint8_t *)tagged->data)[16] = 8;
	((uint8_t *)tagged->data)[17] = 0;
	strict_tx(&strict, 0, tagged);
	assert_int_equal(fake.sent[2].l3_offset, 18);
}

static void a_segmented_frame_says_its_payload(void **state)
{
	struct uk_netbuf *netbuf;

	(void)state;
	up();
	netbuf = partial(8, 0, 34, 16);
	netbuf->flags |= UK_NETBUF_F_GSO_TCPV4;
	netbuf->gso_size = 50;
	assert_int_equal(strict_tx(&strict, 0, netbuf), 3);
	assert_int_equal(fake.sent[0].flags, NET_TX_TSO | NET_TX_CHECKSUM_TCP);
	assert_int_equal(fake.sent[0].segment_bytes, 50);
}

static void what_cannot_be_is_taken_and_dropped(void **state)
{
	struct unikraft_netdev_counters glue;
	struct nic_statistics statistics;
	struct uk_netbuf *bad[9];
	unsigned i;

	(void)state;
	up();
	bad[0] = partial(8, 6, 34, 16);	      /* ARP */
	bad[1] = partial(8, 0, 33, 16);	      /* inside of the IP header */
	bad[2] = partial(8, 0, 190, 16);      /* behind the end */
	bad[3] = partial(8, 0, 34, 10);	      /* neither TCP nor UDP */
	bad[4] = strict_netbuf(&strict, 100); /* segments, no checksum */
	bad[4]->flags = UK_NETBUF_F_GSO_TCPV4;
	bad[5] = partial(8, 0, 34, 6); /* segments of UDP */
	bad[5]->flags |= UK_NETBUF_F_GSO_TCPV4;
	bad[5]->gso_size = 10;
	bad[6] = partial(8, 0, 34, 16); /* of no bytes */
	bad[6]->flags |= UK_NETBUF_F_GSO_TCPV4;
	bad[7] = strict_netbuf(&strict, 0);
	bad[8] = partial(8, 0, 34, 16); /* too short to tell */
	bad[8]->len = 13;
	for (i = 0; i < 9; i++)
		assert_int_equal(strict_tx(&strict, 0, bad[i]), 3);
	assert_int_equal(fake.sent_count, 0);
	assert_int_equal(strict_out(&strict), 1);
	unikraft_netdev_statistics(&device->device, &statistics, &glue);
	assert_int_equal(glue.tx_refused, 9);
}

static void more_pieces_than_there_can_be_are_dropped(void **state)
{
	struct uk_netbuf *head, *last, *next;
	unsigned i;

	(void)state;
	up();
	head = last = strict_netbuf(&strict, 20);
	for (i = 0; i < NETDEV_SEGMENTS; i++, last = next) {
		next = strict_netbuf(&strict, 1);
		uk_netbuf_connect(last, next);
	}
	assert_int_equal(strict_tx(&strict, 0, head), 3);
	unikraft_netdev_close(&device->device);
	assert_int_equal(strict_out(&strict), 0);
}

/* ---- Receive ---- */

static void arrive(uint32_t length, uint16_t flags)
{
	fake.arriving[fake.arriving_count].flags = flags;
	fake.arriving[fake.arriving_count++].length = length;
}

static void a_frame_is_a_netbuf_of_the_stack(void **state)
{
	struct uk_netbuf *netbuf;

	(void)state;
	up();
	arrive(60, NET_RX_CHECKSUM_L4_GOOD);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 3);
	assert_int_equal(netbuf->len, 60);
	assert_int_equal(netbuf->flags, UK_NETBUF_F_DATA_VALID);
	free_received(netbuf);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 0);
}

static void a_long_frame_is_a_chain(void **state)
{
	struct uk_netbuf *netbuf;

	(void)state;
	up();
	arrive(5000, NET_RX_CHECKSUM_PARTIAL | NET_RX_LARGE);
	fake.arriving[0].l4_offset = 34;
	fake.arriving[0].checksum_offset = 16;
	fake.arriving[0].segment_bytes = 1460;
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 3);
	assert_int_equal(netbuf->len, 2044);
	assert_int_equal(netbuf->next->next->len, 5000 - 2 * 2044);
	assert_null(netbuf->next->next->next);
	assert_int_equal(netbuf->flags, 7);
	assert_int_equal(netbuf->csum_start, 34);
	assert_int_equal(netbuf->gso_size, 1460);
	free_received(netbuf);
	assert_int_equal(strict_out(&strict), 0);
}

static void a_tag_goes_back_where_it_was(void **state)
{
	struct uk_netbuf *netbuf;
	uint8_t *frame;

	(void)state;
	up();
	arrive(60, NET_VLAN);
	fake.arriving[0].vlan_tag = 0x6123;
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 3);
	frame = netbuf->data;
	assert_int_equal(netbuf->len, 64);
	assert_int_equal(frame[11], 0x10);
	assert_int_equal(frame[12], 0x81);
	assert_int_equal(frame[14], 0x61);
	assert_int_equal(frame[15], 0x23);
	free_received(netbuf);
	strict.headroom = 0;
	arrive(60, NET_VLAN);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 0);
	assert_int_equal(device->counters.rx_tag, 1);
}

static void a_shortage_is_said_and_not_negative(void **state)
{
	struct uk_netbuf *netbuf;

	(void)state;
	up();
	strict.supply_left = 1;
	arrive(5000, 0);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 4);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 0);
	strict.supply_left = 1;
	strict.room = 100;
	arrive(60, 0);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 4);
	assert_int_equal(device->counters.rx_small_buffers, 1);
	assert_int_equal(strict_out(&strict), 0);
}

/* ---- Events ---- */

static void wake(unsigned queue)
{
	fake.stack.wake(fake.stack.context, queue);
}

static void an_event_comes_only_when_it_was_asked_for(void **state)
{
	struct uk_netbuf *netbuf;

	(void)state;
	up();
	wake(0);
	wake(7);
	assert_int_equal(strict_enable(&strict, 0), 0);
	arrive(60, 0);
	wake(0);
	wake(0);
	assert_int_equal(strict.events, 1);
	strict_rx(&strict, 0, &netbuf);
	free_received(netbuf);
	assert_false(fake.armed[0] && device->rx[0].armed);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 0);
	assert_true(fake.armed[0]);
	strict_disable(&strict, 0);
	assert_false(fake.armed[0]);
	wake(0);
	assert_int_equal(strict.events, 1);
}

static void what_slips_in_is_not_slept_over(void **state)
{
	struct uk_netbuf *netbuf;

	(void)state;
	up();
	arrive(60, 0);
	assert_int_equal(strict_enable(&strict, 0), 1);
	strict_rx(&strict, 0, &netbuf);
	free_received(netbuf);
	fake.busy_once = true;
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 3);
	free_received(netbuf);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 0);
	assert_true(fake.armed[0]);
}

/* ---- Control ---- */

static void a_card_that_is_gone_is_quiet(void **state)
{
	struct uk_netbuf *sent, *netbuf;

	(void)state;
	up();
	sent = strict_netbuf(&strict, 60);
	strict_tx(&strict, 0, sent);
	strict_enable(&strict, 0);
	unikraft_netdev_poke(&device->device);
	assert_int_equal(strict.events, 1);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 0);
	assert_int_equal(fake.closed, 1);
	assert_int_equal(strict_out(&strict), 0);
	sent = strict_netbuf(&strict, 60);
	assert_int_equal(strict_tx(&strict, 0, sent), ERROR_NO_DEVICE);
	assert_int_equal(strict_enable(&strict, 0), 0);
	assert_int_equal(strict_disable(&strict, 0), 0);
	assert_int_equal(device->device.ops->mtu_get(&device->device), 1500);
	assert_int_equal(device->device.ops->mtu_set(&device->device, 1400),
			 ERROR_NO_DEVICE);
}

static void control_calls_stop_and_start_the_card(void **state)
{
	const struct uk_hwaddr address = {{2, 1, 1, 1, 1, 1}};
	const struct uk_netdev_ops *ops;
	struct uk_netdev *dev;

	(void)state;
	up();
	dev = &device->device;
	ops = dev->ops;
	strict_enable(&strict, 0);
	assert_int_equal(ops->mtu_set(dev, 9001), ERROR_INVALID);
	assert_int_equal(ops->mtu_set(dev, 575), ERROR_INVALID);
	assert_int_equal(ops->mtu_set(dev, 9000), 0);
	assert_int_equal(ops->mtu_get(dev), 9000);
	assert_int_equal(ops->hwaddr_set(dev, &address), 0);
	assert_memory_equal(ops->hwaddr_get(dev), &address, 6);
	assert_int_equal(fake.stopped, 2);
	assert_int_equal(fake.started, 3);
	assert_true(fake.armed[0]);
	assert_int_equal(fake.filter & NIC_FILTER_PROMISCUOUS, 0);
	assert_int_equal(ops->promiscuous_set(dev, 1), 0);
	assert_int_equal(ops->promiscuous_get(dev), 1);
	assert_int_equal(fake.filter, NIC_FILTER_PROMISCUOUS);
	fake.control_error = ERROR_IO;
	assert_int_equal(ops->promiscuous_set(dev, 0), ERROR_IO);
	assert_int_equal(ops->promiscuous_get(dev), 1);
}

static void queues_are_opened_as_they_are_read(void **state)
{
	const struct uk_netdev_conf two = {.nb_rx_queues = 2,
					   .nb_tx_queues = 2,
					   .lro = true};
	const struct uk_netdev_conf odd = {.nb_rx_queues = 2,
					   .nb_tx_queues = 1};
	struct uk_netdev_info info = {0};
	struct uk_netdev *dev;

	(void)state;
	fake.nic.information.queues = 4;
	device = last_zalloc;
	dev = &device->device;
	fake.open_error = ERROR_TIMED_OUT;
	assert_int_equal(dev->ops->probe(dev), ERROR_TIMED_OUT);
	assert_int_equal(dev->ops->configure(dev, &two), ERROR_NO_DEVICE);
	fake.open_error = 0;
	assert_int_equal(dev->ops->probe(dev), 0);
	dev->ops->info_get(dev, &info);
	assert_int_equal(info.max_rx_queues, 4);
	assert_int_equal(info.ioalign, 64);
	assert_int_equal(info.nb_encap_rx, 4);
	assert_int_equal(info.features, UK_NETDEV_F_RXQ_INTR |
						UK_NETDEV_F_PARTIAL_CSUM |
						UK_NETDEV_F_TSO4);
	assert_int_equal(dev->ops->configure(dev, &odd), ERROR_INVALID);
	assert_int_equal(dev->ops->configure(dev, &two), 0);
	assert_int_equal(fake.opened, 2);
	assert_int_equal(fake.options.queues, 2);
	assert_true(fake.options.wants_large);
	assert_int_equal(dev->ops->start(dev), ERROR_INVALID);
	assert_true(PTRISERR(dev->ops->rxq_configure(dev, 2, 0, NULL)));
	assert_true(PTRISERR(dev->ops->txq_configure(dev, 0, 15, NULL)));
	assert_true(PTRISERR(dev->ops->txq_configure(dev, 0, 1025, NULL)));
}

static void errors_of_the_card_are_passed_on(void **state)
{
	const struct uk_netdev_conf large = {.nb_rx_queues = 1,
					     .nb_tx_queues = 1,
					     .lro = true};
	const struct uk_hwaddr address = {{2, 1, 1, 1, 1, 1}};
	struct uk_netdev_queue_info queue = {0};
	const struct uk_netdev_ops *ops;
	struct uk_netdev *dev;

	(void)state;
	fake.nic.information.features = NIC_FEATURE_RX_LARGE;
	up();
	dev = &device->device;
	ops = dev->ops;
	assert_int_equal(ops->hwaddr_set(dev, &address), ERROR_NOT_SUPPORTED);
	assert_int_equal(ops->rxq_info_get(dev, 0, &queue), 0);
	assert_int_equal(queue.nb_max, NETDEV_DEPTH_MAX);
	assert_int_equal(ops->txq_info_get(dev, 1, &queue), ERROR_INVALID);
	fake.control_error = ERROR_IO;
	assert_int_equal(ops->mtu_set(dev, 1400), ERROR_IO);
	assert_int_equal(ops->start(dev), ERROR_IO);
	fake.open_error = ERROR_TIMED_OUT;
	assert_int_equal(ops->configure(dev, &large), ERROR_TIMED_OUT);
	assert_int_equal(ops->start(dev), ERROR_NO_DEVICE);
	assert_int_equal(ops->hwaddr_set(dev, &address), ERROR_NO_DEVICE);
	assert_int_equal(ops->promiscuous_set(dev, 1), ERROR_NO_DEVICE);
}

/* ---- The strict user itself ---- */

static int wrong_status;
static struct uk_netbuf *wrong_netbuf;

static int wrong_tx(struct uk_netdev *dev, struct uk_netdev_tx_queue *queue,
		    struct uk_netbuf *netbuf)
{
	(void)dev;
	(void)queue;
	if (wrong_status == UK_NETDEV_STATUS_SUCCESS)
		uk_netbuf_free(netbuf);
	if (wrong_status == 0)
		netbuf->len++;
	return wrong_status;
}

static int wrong_rx(struct uk_netdev *dev, struct uk_netdev_rx_queue *queue,
		    struct uk_netbuf **netbuf)
{
	(void)dev;
	(void)queue;
	*netbuf = wrong_netbuf;
	return wrong_status;
}

static enum strict_rule broken_by_tx(int status)
{
	strict.broken = STRICT_NONE;
	wrong_status = status;
	strict_tx(&strict, 0, strict_netbuf(&strict, 60));
	return strict.broken;
}

static enum strict_rule broken_by_rx(int status, struct uk_netbuf *netbuf)
{
	struct uk_netbuf *got;

	strict.broken = STRICT_NONE;
	wrong_status = status;
	wrong_netbuf = netbuf;
	strict_rx(&strict, 0, &got);
	return strict.broken;
}

static void each_rule_fires_for_a_wrong_driver(void **state)
{
	struct uk_netdev wrong = {.tx_one = wrong_tx, .rx_one = wrong_rx};
	struct uk_netbuf foreign = {0}, *netbuf;

	(void)state;
	strict_init(&strict);
	strict.device = &wrong;
	assert_int_equal(broken_by_tx(1), STRICT_TX_FREED_EARLY);
	assert_int_equal(broken_by_tx(0), STRICT_TX_TOUCHED);
	assert_int_equal(broken_by_tx(2), STRICT_MORE_ALONE);
	assert_int_equal(broken_by_tx(-22), STRICT_NEGATIVE);
	assert_int_equal(broken_by_rx(-22, NULL), STRICT_NEGATIVE);
	assert_int_equal(broken_by_rx(2, NULL), STRICT_MORE_ALONE);
	assert_int_equal(broken_by_rx(1, NULL), STRICT_RX_POINTER);
	assert_int_equal(broken_by_rx(1, &foreign), STRICT_RX_FOREIGN);
	netbuf = strict_netbuf(&strict, 60);
	assert_int_equal(broken_by_rx(1, netbuf), STRICT_RX_FOREIGN);
	strict.owners[netbuf - strict.netbufs] = STRICT_DRIVER;
	netbuf->len = STRICT_BYTES + 1;
	assert_int_equal(broken_by_rx(1, netbuf), STRICT_RX_LENGTH);
	strict.broken = STRICT_NONE;
	uk_netbuf_free(netbuf);
	uk_netbuf_free(netbuf);
	assert_int_equal(strict.broken, STRICT_FREED_TWICE);
}

static void memory_may_be_short(void **state)
{
	struct unikraft_card odd = card;
	struct uk_alloc none = {0}, one = {.left = 1};

	(void)state;
	assert_int_equal(unikraft_netdev_register(&none, &card),
			 ERROR_NO_MEMORY);
	assert_int_equal(unikraft_netdev_register(&one, &card),
			 ERROR_NO_MEMORY);
	assert_int_equal(one.live, 0);
	odd.buffer_alignment = 24;
	assert_int_equal(unikraft_netdev_register(&memory, &odd),
			 ERROR_INVALID);
}

#define WITH_DEVICE(name)                                                      \
	cmocka_unit_test_setup_teardown(name, register_device, clean_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DEVICE(a_netbuf_is_freed_by_the_call_after),
		WITH_DEVICE(a_chain_is_the_segments_of_a_packet),
		WITH_DEVICE(a_full_card_leaves_the_netbuf_alone),
		WITH_DEVICE(checksums_are_asked_for_by_headers),
		WITH_DEVICE(a_segmented_frame_says_its_payload),
		WITH_DEVICE(what_cannot_be_is_taken_and_dropped),
		WITH_DEVICE(more_pieces_than_there_can_be_are_dropped),
		WITH_DEVICE(a_frame_is_a_netbuf_of_the_stack),
		WITH_DEVICE(a_long_frame_is_a_chain),
		WITH_DEVICE(a_tag_goes_back_where_it_was),
		WITH_DEVICE(a_shortage_is_said_and_not_negative),
		WITH_DEVICE(an_event_comes_only_when_it_was_asked_for),
		WITH_DEVICE(what_slips_in_is_not_slept_over),
		WITH_DEVICE(a_card_that_is_gone_is_quiet),
		WITH_DEVICE(control_calls_stop_and_start_the_card),
		WITH_DEVICE(queues_are_opened_as_they_are_read),
		WITH_DEVICE(errors_of_the_card_are_passed_on),
		cmocka_unit_test(each_rule_fires_for_a_wrong_driver),
		cmocka_unit_test(memory_may_be_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
