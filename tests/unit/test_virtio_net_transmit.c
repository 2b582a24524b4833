/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames to a virtio network device that does what the test says. Tests that
 * stand for a mistake which drivers make are named with its number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "tests/support/scripted_virtio.h"

#define RX 0u
#define TX 1u

static struct virtio_script_chain chain;

static struct nic_statistics statistics(struct virtio_script *script)
{
	struct nic_statistics counted;

	nic_statistics(script->nic, &counted);
	return counted;
}

static uint8_t *own(struct virtio_script *script, uint32_t offset)
{
	return script->memory + VIRTIO_SCRIPT_OWN + offset;
}

static void fill(struct virtio_script *script, uint32_t bytes)
{
	uint32_t i;

	for (i = 0; i < bytes; i++)
		own(script, 0)[i] = (uint8_t)(i * 7 + 1);
	own(script, 0)[12] = 8;
	own(script, 0)[13] = 0;
}

static unsigned reclaim(struct virtio_script *script)
{
	void *owners[64];

	return nic_reclaim(script->nic, 0, owners, 64);
}

static bool send(struct virtio_script *script, uint32_t length)
{
	return virtio_script_transmit(script, own(script, 0), length, 0);
}

static void whole(struct virtio_script *script)
{
	void *owner = NULL;

	fill(script, 1514);
	assert_true(send(script, 1514));
	assert_true(virtio_script_take(script, TX, &chain));
	assert_int_equal(chain.readable, 1514 + 12);
	assert_int_equal(chain.writable, 0);
	assert_memory_equal(chain.bytes + 12, own(script, 0), 1514);
	assert_int_equal(nic_reclaim(script->nic, 0, &owner, 1), 0);
	virtio_script_use(script, &chain, 0);
	assert_int_equal(nic_reclaim(script->nic, 0, &owner, 1), 1);
	assert_ptr_equal(owner, own(script, 0));
	assert_int_equal(statistics(script).tx_frames, 1);
	assert_int_equal(statistics(script).tx_bytes, 1514);
	assert_int_equal(script->queues[TX].kicks, 1);
}

int main(void)
{
	(void)whole;
	(void)reclaim;
	virtio_script_run(whole, NULL, true);
	return 0;
}
