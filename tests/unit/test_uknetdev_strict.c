/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The strict user of uk_netdev: each rule fires for a driver, or a user, that
 * breaks it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <uk/netdev_driver.h>

#include "mocks/unikraft/strict.h"

static struct strict strict;
/* What the wrong driver returns and gives. */
static int wrong_status;
static struct uk_netbuf *wrong_netbuf;
static uint16_t (*wrong_alloc)(void *argument, struct uk_netbuf *netbufs[],
			       uint16_t count);

/* ---- The wrong driver ---- */

static int wrong_tx(struct uk_netdev *dev, struct uk_netdev_tx_queue *queue,
		    struct uk_netbuf *netbuf)
{
	(void)dev;
	(void)queue;
	if (wrong_status == UK_NETDEV_STATUS_SUCCESS)
		uk_netbuf_free(netbuf);
	if (wrong_status == 0)
		netbuf->len++;
	if (wrong_status == -19)
		((uint8_t *)netbuf->data)[59]++;
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

static int wrong_life(struct uk_netdev *dev)
{
	(void)dev;
	return 0;
}

static int wrong_configure(struct uk_netdev *dev,
			   const struct uk_netdev_conf *configuration)
{
	(void)dev;
	(void)configuration;
	return 0;
}

static struct uk_netdev_rx_queue *
wrong_rxq(struct uk_netdev *dev, uint16_t queue, uint16_t descriptors,
	  struct uk_netdev_rxqueue_conf *configuration)
{
	(void)dev;
	(void)queue;
	(void)descriptors;
	wrong_alloc = configuration->alloc_rxpkts;
	return NULL;
}

static struct uk_netdev_tx_queue *
wrong_txq(struct uk_netdev *dev, uint16_t queue, uint16_t descriptors,
	  struct uk_netdev_txqueue_conf *configuration)
{
	(void)dev;
	(void)queue;
	(void)descriptors;
	(void)configuration;
	return NULL;
}

static int wrong_interrupt(struct uk_netdev *dev,
			   struct uk_netdev_rx_queue *queue)
{
	(void)dev;
	(void)queue;
	return 0;
}

static uint16_t wrong_mtu(struct uk_netdev *dev)
{
	(void)dev;
	return 1500;
}

static const struct uk_hwaddr *wrong_hwaddr(struct uk_netdev *dev)
{
	static const struct uk_hwaddr address;

	(void)dev;
	return &address;
}

static unsigned wrong_promiscuous(struct uk_netdev *dev)
{
	(void)dev;
	return 1;
}

static void wrong_info(struct uk_netdev *dev, struct uk_netdev_info *info)
{
	(void)dev;
	info->max_mtu = 1500;
}

static const struct uk_netdev_ops wrong_operations = {
	.probe = wrong_life,
	.start = wrong_life,
	.configure = wrong_configure,
	.rxq_configure = wrong_rxq,
	.txq_configure = wrong_txq,
	.rxq_intr_enable = wrong_interrupt,
	.rxq_intr_disable = wrong_interrupt,
	.mtu_get = wrong_mtu,
	.hwaddr_get = wrong_hwaddr,
	.promiscuous_get = wrong_promiscuous,
	.info_get = wrong_info,
};

static struct uk_netdev wrong = {
	.tx_one = wrong_tx,
	.rx_one = wrong_rx,
	.ops = &wrong_operations,
};

static const struct uk_netdev_conf pair = {.nb_rx_queues = 1,
					   .nb_tx_queues = 1};

static int wrong_up(void **state)
{
	(void)state;
	strict_init(&strict);
	return strict_up(&strict, &wrong, &pair);
}

/* ---- Frames ---- */

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

static void rules_of_frames_fire(void **state)
{
	struct uk_netbuf foreign = {0}, *netbuf;

	(void)state;
	assert_int_equal(broken_by_tx(3), STRICT_NONE);
	assert_int_equal(broken_by_tx(1), STRICT_TX_FREED_EARLY);
	assert_int_equal(broken_by_tx(0), STRICT_TX_TOUCHED);
	assert_int_equal(broken_by_tx(-19), STRICT_TX_TOUCHED);
	assert_int_equal(broken_by_tx(2), STRICT_MORE_ALONE);
	assert_int_equal(broken_by_tx(-22), STRICT_NEGATIVE);
	assert_int_equal(broken_by_rx(0, NULL), STRICT_NONE);
	assert_int_equal(broken_by_rx(-22, NULL), STRICT_NEGATIVE);
	assert_int_equal(broken_by_rx(2, NULL), STRICT_MORE_ALONE);
	assert_int_equal(broken_by_rx(1, NULL), STRICT_RX_POINTER);
	assert_int_equal(broken_by_rx(1, &foreign), STRICT_RX_FOREIGN);
	netbuf = strict_netbuf(&strict, 60);
	assert_int_equal(broken_by_rx(1, netbuf), STRICT_RX_FOREIGN);
	strict.owners[netbuf - strict.netbufs] = STRICT_DRIVER;
	netbuf->len = STRICT_BYTES + 1;
	assert_int_equal(broken_by_rx(1, netbuf), STRICT_RX_LENGTH);
}

static void a_netbuf_that_is_freed_twice_is_seen(void **state)
{
	struct uk_netbuf *netbuf = strict_netbuf(&strict, 60);

	(void)state;
	uk_netbuf_free(netbuf);
	assert_int_equal(strict.broken, STRICT_NONE);
	uk_netbuf_free(netbuf);
	assert_int_equal(strict.broken, STRICT_FREED_TWICE);
}

/* ---- Buffers that are written after they were handed over ---- */

static struct uk_netbuf *receive(void)
{
	struct uk_netbuf *netbuf;

	assert_int_equal(wrong_alloc(&strict, &netbuf, 1), 1);
	netbuf->len = 60;
	assert_int_equal(broken_by_rx(1, netbuf), STRICT_NONE);
	return netbuf;
}

static void a_received_frame_stays_as_it_was(void **state)
{
	struct uk_netbuf *netbuf = receive();

	(void)state;
	uk_netbuf_free(netbuf);
	assert_int_equal(strict.broken, STRICT_NONE);
	netbuf = receive();
	((uint8_t *)netbuf->data)[59]++;
	uk_netbuf_free(netbuf);
	assert_int_equal(strict.broken, STRICT_TOUCHED);
}

static void a_buffer_that_is_back_is_not_written(void **state)
{
	struct uk_netbuf *netbuf = strict_netbuf(&strict, 60);

	(void)state;
	uk_netbuf_free(netbuf);
	strict_look(&strict);
	assert_int_equal(strict.broken, STRICT_NONE);
	strict.memory[0][STRICT_BYTES - 1] = 0;
	strict_look(&strict);
	assert_int_equal(strict.broken, STRICT_TOUCHED);
	strict.broken = STRICT_NONE;
	strict_netbuf(&strict, 60);
	assert_int_equal(strict.broken, STRICT_TOUCHED);
}

/* ---- Events ---- */

static void an_event_that_nobody_asked_for_is_seen(void **state)
{
	(void)state;
	assert_int_equal(strict_enable(&strict, 0), 0);
	uk_netdev_drv_rx_event(&wrong, 0);
	assert_int_equal(strict.broken, STRICT_NONE);
	assert_int_equal(strict.events, 1);
	assert_int_equal(strict_disable(&strict, 0), 0);
	uk_netdev_drv_rx_event(&wrong, 0);
	assert_int_equal(strict.broken, STRICT_EVENT_UNASKED);
}

/* ---- Calls before their time ---- */

static bool is_refused(void)
{
	bool refused = strict.broken == STRICT_STATE;

	strict.broken = STRICT_NONE;
	return refused;
}

/* What is asked of a device that is not configured. */
static void too_early(void)
{
	assert_int_equal(strict_mtu(&strict), 0);
	assert_true(is_refused());
	assert_null(strict_hwaddr(&strict));
	assert_true(is_refused());
	assert_int_equal(strict_promiscuous(&strict), 0);
	assert_true(is_refused());
	strict_queues(&strict, 0);
	assert_true(is_refused());
	strict_start(&strict);
	assert_true(is_refused());
}

/* What is asked of one that does not run. */
static void not_running(void)
{
	struct uk_netbuf *netbuf = strict_netbuf(&strict, 60);
	struct uk_netbuf *got;

	strict_tx(&strict, 0, netbuf);
	assert_true(is_refused());
	strict_rx(&strict, 0, &got);
	assert_true(is_refused());
	assert_null(got);
	strict_enable(&strict, 0);
	assert_true(is_refused());
	strict_disable(&strict, 0);
	assert_true(is_refused());
	uk_netbuf_free(netbuf);
}

static void calls_before_their_time_are_refused(void **state)
{
	(void)state;
	strict_init(&strict);
	too_early();
	not_running();
	strict_configure(&strict, &pair);
	assert_true(is_refused());
	assert_int_equal(strict_info(&strict).max_mtu, 0);
	assert_true(is_refused());
	assert_int_equal(strict_probe(&strict, &wrong), 0);
	assert_int_equal(strict_info(&strict).max_mtu, 1500);
	too_early();
	not_running();
	assert_int_equal(strict_configure(&strict, &pair), 0);
	assert_int_equal(strict_mtu(&strict), 1500);
	assert_non_null(strict_hwaddr(&strict));
	assert_int_equal(strict_promiscuous(&strict), 1);
	not_running();
	assert_int_equal(strict.broken, STRICT_NONE);
	strict_probe(&strict, &wrong);
	assert_true(is_refused());
	assert_int_equal(strict_queues(&strict, 0), 0);
	assert_int_equal(strict_start(&strict), 0);
	strict_configure(&strict, &pair);
	assert_true(is_refused());
}

#define WITH_DRIVER(name) cmocka_unit_test_setup(name, wrong_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DRIVER(rules_of_frames_fire),
		WITH_DRIVER(a_netbuf_that_is_freed_twice_is_seen),
		WITH_DRIVER(a_received_frame_stays_as_it_was),
		WITH_DRIVER(a_buffer_that_is_back_is_not_written),
		WITH_DRIVER(an_event_that_nobody_asked_for_is_seen),
		cmocka_unit_test(calls_before_their_time_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
