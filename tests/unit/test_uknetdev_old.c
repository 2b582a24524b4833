/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The glue as it is compiled against releases 0.17 to 0.19, whose stacks read
 * the first netbuf of a frame only and know of no large receive.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/unikraft/strict.h"
#include "tests/support/fake_nic.h"
#include "unikraft/netdev_internal.h"

#ifdef UK_NETDEV_F_LRO
#error "this is to be compiled as for an old release"
#endif

static const struct uk_netdev_conf pair = {.nb_rx_queues = 1,
					   .nb_tx_queues = 1};
static const struct unikraft_card card = {
	.driver = "fake",
	.buffer_alignment = 2048,
	.open = fake_nic_open,
};
static struct strict strict;
static struct uk_alloc memory;
static struct uk_netdev *device;

static int up(void **state)
{
	(void)state;
	fake_nic_reset();
	fake.nic.information.features |= NIC_FEATURE_RX_LARGE;
	memory.left = 2;
	strict_init(&strict);
	assert_int_equal(unikraft_netdev_register(&memory, &card), 0);
	device = uk_netdev_last();
	return strict_up(&strict, device, &pair);
}

static int down(void **state)
{
	(void)state;
	unikraft_netdev_close(device);
	strict_look(&strict);
	assert_string_equal(strict_sentence(strict.broken),
			    strict_sentence(STRICT_NONE));
	assert_int_equal(strict_out(&strict), 0);
	uk_free(&memory, device);
	assert_int_equal(memory.live, 0);
	return 0;
}

static void frames_pass_both_ways(void **state)
{
	struct uk_netbuf *netbuf;

	(void)state;
	assert_int_equal(strict_tx(&strict, 0, strict_netbuf(&strict, 60)), 3);
	assert_int_equal(fake.sent[0].length, 60);
	assert_int_equal(strict_enable(&strict, 0), 0);
	fake_nic_arrive(0, 1514, NET_RX_CHECKSUM_L4_GOOD);
	fake.stack.wake(fake.stack.context, 0);
	assert_int_equal(strict.events, 1);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 3);
	assert_int_equal(netbuf->len, 1514);
	assert_int_equal(netbuf->flags, UK_NETBUF_F_DATA_VALID);
	uk_netbuf_free(netbuf);
}

/* The frame behind it is what the call gives. */
static void a_frame_of_several_netbufs_is_dropped(void **state)
{
	struct unikraft_netdev_counters glue;
	struct nic_statistics statistics;
	struct uk_netbuf *netbuf;

	(void)state;
	fake_nic_arrive(0, 2045, 0);
	fake_nic_arrive(0, 2044, 0);
	assert_int_equal(strict_rx(&strict, 0, &netbuf), 3);
	assert_int_equal(netbuf->len, 2044);
	assert_null(netbuf->next);
	uk_netbuf_free(netbuf);
	unikraft_netdev_statistics(device, &statistics, &glue);
	assert_int_equal(glue.rx_chain, 1);
}

static void the_mtu_is_what_one_netbuf_holds(void **state)
{
	(void)state;
	assert_int_equal(strict_info(&strict).max_mtu, 2044 - 14 - 4);
	assert_int_equal(device->ops->mtu_set(device, 2027), ERROR_INVALID);
	assert_int_equal(device->ops->mtu_set(device, 2026), 0);
	assert_int_equal(strict_mtu(&strict), 2026);
	/* A card that can do less says so itself. */
	fake.nic.information.mtu_max = 1500;
	assert_int_equal(device->ops->mtu_set(device, 1400), 0);
	assert_int_equal(strict_info(&strict).max_mtu, 1500);
}

static void large_receive_is_neither_offered_nor_asked_for(void **state)
{
	(void)state;
	assert_int_equal(strict_info(&strict).features,
			 UK_NETDEV_F_RXQ_INTR | UK_NETDEV_F_PARTIAL_CSUM |
				 UK_NETDEV_F_TSO4);
	assert_false(fake.options.wants_large);
	assert_int_equal(fake.opened, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(frames_pass_both_ways, up,
						down),
		cmocka_unit_test_setup_teardown(
			a_frame_of_several_netbufs_is_dropped, up, down),
		cmocka_unit_test_setup_teardown(
			the_mtu_is_what_one_netbuf_holds, up, down),
		cmocka_unit_test_setup_teardown(
			large_receive_is_neither_offered_nor_asked_for, up,
			down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
