/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The glue between a card that does as it is told and a strict user.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <uk/print.h>

#include "mocks/unikraft/strict.h"
#include "tests/support/fake_nic.h"
#include "unikraft/netdev_internal.h"

static struct strict strict;
static struct uk_alloc memory;
static struct netdev *device;

/* ---- Setting up ---- */

static const struct unikraft_card card = {
	.driver = "fake",
	.buffer_alignment = 64,
	.open = fake_nic_open,
	.poll = fake_nic_poll,
};

static int register_device(void **state)
{
	(void)state;
	fake_nic_reset();
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
	strict_look(&strict);
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

/*
 * Room to transmit is not told of by itself, but what ends the shortage is: the
 * completion wakes the one who enabled events, once.
 */
static void a_full_card_wakes_once_when_it_is_done(void **state)
{
	struct uk_netbuf *netbuf;
	unsigned i;

	(void)state;
	up();
	device->tx[0].depth = 2;
	assert_int_equal(strict_tx(&strict, 0, strict_netbuf(&strict, 60)), 3);
	assert_int_equal(strict_tx(&strict, 0, strict_netbuf(&strict, 60)), 1);
	netbuf = strict_netbuf(&strict, 60);
	for (i = 0; i < 3; i++)
		assert_int_equal(strict_tx(&strict, 0, netbuf), 0);
	assert_int_equal(fake.sent_count, 2);
	assert_int_equal(strict_enable(&strict, 0), 0);
	fake.done = 2;
	for (i = 0; i < 3; i++)
		fake.stack.wake(fake.stack.context, 0);
	assert_int_equal(strict.events, 1);
	assert_int_equal(strict_tx(&strict, 0, netbuf), 3);
	assert_int_equal(strict_out(&strict), 1);
	/* The same when it is the card that has no room. */
	fake.is_full = true;
	netbuf = strict_netbuf(&strict, 60);
	assert_int_equal(strict_tx(&strict, 0, netbuf), 0);
	fake.is_full = false;
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

/* What the card cannot do is not asked of it, whatever was said before. */
static void what_the_card_cannot_do_is_dropped(void **state)
{
	struct uk_netbuf *bad[6];
	unsigned i;

	(void)state;
	up();
	fake.nic.information.features = NIC_FEATURE_TX_CHECKSUM_TCP;
	bad[0] = partial(8, 0, 34, 6);
	bad[1] = partial(8, 0, 34, 16); /* no segmentation */
	bad[1]->flags |= UK_NETBUF_F_GSO_TCPV4;
	bad[1]->gso_size = 10;
	for (i = 0; i < 2; i++)
		assert_int_equal(strict_tx(&strict, 0, bad[i]), 3);
	fake.nic.information.features |= NIC_FEATURE_TX_TSO_IPV4;
	bad[2] = partial(0x86, 0xdd, 54, 16); /* of IPv6 */
	bad[3] = partial(8, 0, 182, 16);      /* half a header */
	bad[4] = partial(8, 0, 34, 16);	      /* more than it cuts up */
	fake.nic.information.tso_bytes_max = 200;
	for (i = 2; i < 5; i++) {
		bad[i]->flags |= UK_NETBUF_F_GSO_TCPV4;
		bad[i]->gso_size = 10;
		if (i == 4)
			fake.nic.information.tso_bytes_max = 199;
		assert_int_equal(strict_tx(&strict, 0, bad[i]), 3);
	}
	/* Behind three tags no header is looked for. */
	bad[5] = partial(0x88, 0xa8, 46, 16);
	memcpy((uint8_t *)bad[5]->data + 16, "\x81\0\0\0\x81\0", 6);
	assert_int_equal(strict_tx(&strict, 0, bad[5]), 3);
	assert_int_equal(device->counters.tx_refused, 6);
	assert_int_equal(fake.sent_count, 0);
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

static void a_frame_is_a_netbuf_of_the_stack(void **state)
{
	struct uk_netbuf *netbuf;

	(void)state;
	up();
	fake_nic_arrive(0, 60, NET_RX_CHECKSUM_L4_GOOD);
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
	fake_nic_arrive(0, 5000, NET_RX_CHECKSUM_PARTIAL | NET_RX_LARGE);
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
	fake_nic_arrive(0, 60, NET_VLAN);
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
	fake_nic_arrive(0, 60, NET_VLAN);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 0);
	assert_int_equal(device->counters.rx_tag, 1);
}

static void a_shortage_is_said_and_not_negative(void **state)
{
	struct uk_netbuf *netbuf;

	(void)state;
	up();
	strict.supply_left = 1;
	fake_nic_arrive(0, 5000, 0);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 4);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 0);
	strict.supply_left = 1;
	/* Netbufs that were roomy when the queue was configured. */
	strict.room = 100;
	fake_nic_arrive(0, 60, 0);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 4);
	assert_int_equal(device->counters.rx_small_buffers, 1);
	assert_int_equal(strict_out(&strict), 0);
}

static void small_netbufs_are_refused_with_one_line(void **state)
{
	const struct uk_netdev_conf pair = {.nb_rx_queues = 1,
					    .nb_tx_queues = 1};
	unsigned lines = uk_pr_lines();

	(void)state;
	device = last_zalloc;
	assert_int_equal(strict_probe(&strict, &device->device), 0);
	assert_int_equal(strict_configure(&strict, &pair), 0);
	strict.room = UNIKRAFT_NETDEV_RECEIVE_BYTES - 1;
	assert_int_equal(strict_queues(&strict, 0), ERROR_INVALID);
	assert_int_equal(uk_pr_lines(), lines + 1);
	assert_int_equal(strict_out(&strict), 0);
	assert_int_equal(strict_start(&strict), ERROR_INVALID);
	/* As roomy as that is enough; and none now may be some later. */
	strict.room++;
	assert_int_equal(strict_queues(&strict, 0), 0);
	strict.supply_left = 0;
	assert_int_equal(strict_queues(&strict, 0), 0);
	assert_int_equal(strict_start(&strict), 0);
	assert_int_equal(uk_pr_lines(), lines + 1);
}

static void four_queues_are_four(void **state)
{
	const struct uk_netdev_conf four = {.nb_rx_queues = 4,
					    .nb_tx_queues = 4};
	struct uk_netbuf *netbuf;
	uint16_t i;

	(void)state;
	fake.nic.information.queues = 4;
	device = last_zalloc;
	assert_int_equal(strict_up(&strict, &device->device, &four), 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(strict_enable(&strict, i), 0);
	for (i = 0; i < 4; i++) {
		strict_tx(&strict, i, strict_netbuf(&strict, 60));
		assert_int_equal(fake.sent_queue[i], i);
		fake_nic_arrive(3u - i, 70u + i, 0);
	}
	fake.done = 4;
	assert_int_equal(strict_out(&strict), 4);
	for (i = 0; i < 4; i++) {
		fake.stack.wake(fake.stack.context, i);
		assert_int_equal(strict.queue_events[i], 1);
		assert_int_equal(strict.events, i + 1);
		assert_int_equal(strict_rx(&strict, i, &netbuf), 3);
		assert_int_equal(netbuf->len, 73 - i);
		uk_netbuf_free(netbuf);
		/* Its own frame is back with it, and no other queue's. */
		assert_int_equal(strict_out(&strict), 3 - i);
		assert_int_equal(strict_rx(&strict, i, &netbuf), 0);
		assert_true(fake.armed[i]);
	}
	assert_int_equal(strict_disable(&strict, 2), 0);
	assert_false(fake.armed[2]);
	fake.stack.wake(fake.stack.context, 2);
	assert_int_equal(strict.events, 4);
	/* Events of the card are told to whoever waits on the first. */
	fake.stack.wake(fake.stack.context, NIC_WAKE_EVENTS);
	assert_int_equal(strict.queue_events[0], 2);
	assert_int_equal(strict.events, 5);
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
	fake_nic_arrive(0, 60, 0);
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
	fake_nic_arrive(0, 60, 0);
	assert_int_equal(strict_enable(&strict, 0), 1);
	strict_rx(&strict, 0, &netbuf);
	free_received(netbuf);
	fake.busy_once = true;
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 3);
	free_received(netbuf);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 0);
	assert_true(fake.armed[0]);
}

/* That a card says so once is all that there is to it. */
static void room_to_transmit_does_not_keep_the_receiver(void **state)
{
	struct uk_netbuf *netbuf;

	(void)state;
	up();
	assert_int_equal(strict_enable(&strict, 0), 0);
	fake.room_once = true;
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

/* Before the start there is nothing to stop and nothing to start again. */
static void control_calls_before_the_start(void **state)
{
	const struct uk_netdev_conf pair = {.nb_rx_queues = 1,
					    .nb_tx_queues = 1};
	const struct uk_hwaddr address = {{2, 1, 1, 1, 1, 1}};
	struct uk_netdev *dev;

	(void)state;
	fake.nic.information.features |= NIC_FEATURE_RX_LARGE;
	device = last_zalloc;
	dev = &device->device;
	assert_int_equal(strict_probe(&strict, dev), 0);
	assert_int_equal(strict_info(&strict).features & UK_NETDEV_F_LRO,
			 UK_NETDEV_F_LRO);
	assert_int_equal(strict_configure(&strict, &pair), 0);
	assert_int_equal(dev->ops->mtu_set(dev, 1400), 0);
	assert_int_equal(strict_mtu(&strict), 1400);
	assert_int_equal(dev->ops->hwaddr_set(dev, &address), 0);
	assert_memory_equal(strict_hwaddr(&strict), &address, 6);
	assert_int_equal(fake.stopped + fake.started, 0);
	/* Interrupts on the way in are told to nobody. */
	fake.stack.wake(fake.stack.context, 0);
	fake.stack.wake(fake.stack.context, NIC_WAKE_EVENTS);
	unikraft_netdev_poke(dev);
	assert_int_equal(strict.events, 0);
}

/* Who waited for frames is told of those that came while the card was down. */
static void frames_behind_a_control_call_are_told(void **state)
{
	struct uk_netbuf *netbuf;
	struct uk_netdev *dev;

	(void)state;
	up();
	dev = &device->device;
	assert_int_equal(strict_enable(&strict, 0), 0);
	fake.busy_once = true;
	assert_int_equal(dev->ops->mtu_set(dev, 1400), 0);
	assert_int_equal(strict.events, 1);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 3);
	free_received(netbuf);
}

static void a_card_with_other_queues_than_wanted_is_refused(void **state)
{
	const struct uk_netdev_conf two = {.nb_rx_queues = 2,
					   .nb_tx_queues = 2};

	(void)state;
	fake.nic.information.queues = 4;
	device = last_zalloc;
	assert_int_equal(strict_probe(&strict, &device->device), 0);
	fake.nic.information.queues = 1;
	assert_int_equal(strict_configure(&strict, &two), ERROR_NOT_SUPPORTED);
}

/* The card gets as many buffers as there are descriptors: no shortage. */
static void no_more_buffers_than_descriptors(void **state)
{
	struct uk_netbuf *netbuf;

	(void)state;
	up();
	device->rx[0].depth = 1;
	fake_nic_arrive(0, 5000, 0);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 0);
	assert_int_equal(device->counters.rx_underruns, 0);
	assert_int_equal(strict_out(&strict), 0);
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

/* ---- Registration ---- */

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
		WITH_DEVICE(a_full_card_wakes_once_when_it_is_done),
		WITH_DEVICE(checksums_are_asked_for_by_headers),
		WITH_DEVICE(a_segmented_frame_says_its_payload),
		WITH_DEVICE(what_the_card_cannot_do_is_dropped),
		WITH_DEVICE(what_cannot_be_is_taken_and_dropped),
		WITH_DEVICE(more_pieces_than_there_can_be_are_dropped),
		WITH_DEVICE(a_frame_is_a_netbuf_of_the_stack),
		WITH_DEVICE(a_long_frame_is_a_chain),
		WITH_DEVICE(a_tag_goes_back_where_it_was),
		WITH_DEVICE(a_shortage_is_said_and_not_negative),
		WITH_DEVICE(small_netbufs_are_refused_with_one_line),
		WITH_DEVICE(four_queues_are_four),
		WITH_DEVICE(room_to_transmit_does_not_keep_the_receiver),
		WITH_DEVICE(an_event_comes_only_when_it_was_asked_for),
		WITH_DEVICE(what_slips_in_is_not_slept_over),
		WITH_DEVICE(a_card_that_is_gone_is_quiet),
		WITH_DEVICE(control_calls_stop_and_start_the_card),
		WITH_DEVICE(queues_are_opened_as_they_are_read),
		WITH_DEVICE(control_calls_before_the_start),
		WITH_DEVICE(frames_behind_a_control_call_are_told),
		WITH_DEVICE(a_card_with_other_queues_than_wanted_is_refused),
		WITH_DEVICE(no_more_buffers_than_descriptors),
		WITH_DEVICE(errors_of_the_card_are_passed_on),
		cmocka_unit_test(memory_may_be_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
