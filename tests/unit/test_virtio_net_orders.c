/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtio network card with small queues: every order in which four chains
 * come back, in every number of bursts, split and packed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "tests/support/scripted_virtio.h"

#define CHAINS 4u
#define ORDERS 24u
/* Bit n: a new burst, or a new frame, begins behind chain n. */
#define CUTS   8u
#define ROOM   2048u
#define HEADER 12u

static struct virtio_script_chain chains[CHAINS];
static struct net_packet packets[8];
static struct net_segment segments[8];
static uint8_t content[CHAINS * ROOM];

/* The n-th permutation of four. */
static void order_make(unsigned n, unsigned order[CHAINS])
{
	unsigned left[] = {0, 1, 2, 3}, count = CHAINS, i, at;

	for (i = 0; i < CHAINS; i++) {
		at = n % count;
		n /= count;
		order[i] = left[at];
		memmove(&left[at], &left[at + 1],
			(count - at - 1) * sizeof(left[0]));
		count--;
	}
}

static bool is_cut(unsigned cuts, unsigned behind)
{
	return behind + 1 == CHAINS || (cuts >> behind & 1);
}

/* ---- Transmit ---- */

static uint8_t *frame_at(struct virtio_script *script, unsigned n)
{
	return script->memory + VIRTIO_SCRIPT_OWN + 128 * n;
}

static void transmit_in(struct virtio_script *script, const unsigned order[],
			unsigned cuts)
{
	void *owners[8];
	unsigned i, done = 0, got;

	for (i = 0; i < CHAINS; i++) {
		assert_true(virtio_script_transmit(script, frame_at(script, i),
						   60 + i, 0));
		assert_true(virtio_script_take(script, 1, &chains[i]));
		assert_int_equal(chains[i].readable, HEADER + 60 + i);
	}
	for (i = 0; i < CHAINS; i++) {
		virtio_script_use(script, &chains[order[i]], 0);
		if (!is_cut(cuts, i))
			continue;
		got = nic_reclaim(script->nic, 0, owners, 8);
		assert_int_equal(got, i + 1 - done);
		for (; done <= i; done++)
			assert_ptr_equal(owners[done - (i + 1 - got)],
					 frame_at(script, order[done]));
	}
}

static void transmit_orders(struct virtio_script *script)
{
	struct nic_statistics statistics;
	unsigned n, cuts, order[CHAINS];

	for (n = 0; n < ORDERS; n++)
		for (cuts = 0; cuts < CUTS; cuts++) {
			order_make(n, order);
			transmit_in(script, order, cuts);
		}
	nic_statistics(script->nic, &statistics);
	assert_int_equal(statistics.tx_frames, ORDERS * CUTS * CHAINS);
}

/* ---- Receive ---- */

/*
 * Use buffers in an order; frames end where they are cut. All but the last of a
 * frame are full.
 */
static void buffer_use(struct virtio_script *script, unsigned chain,
		       unsigned first, unsigned at, unsigned last)
{
	uint8_t bytes[ROOM] = {0};
	uint32_t length = at == last ? 500 : ROOM, from;

	from = (at - first) * ROOM;
	if (at == first)
		bytes[10] = (uint8_t)(last - first + 1);
	memcpy(bytes + (at == first ? HEADER : 0),
	       content + (at == first ? 0 : from - HEADER),
	       length - (at == first ? HEADER : 0));
	virtio_script_fill(script, &chains[chain], 0, bytes, length);
	virtio_script_use(script, &chains[chain], length);
}

static unsigned frame_last(unsigned frames, unsigned at)
{
	while (!is_cut(frames, at))
		at++;
	return at;
}

/* Receive all there is; how many bytes. */
static uint32_t receive_all(struct virtio_script *script)
{
	unsigned got = nic_receive(script->nic, 0, packets, 8, segments, 8);
	unsigned i, j, used = 0;
	uint32_t bytes = 0, done;

	for (i = 0; i < got; i++) {
		done = 0;
		for (j = 0; j < packets[i].segment_count; j++, used++) {
			assert_memory_equal(segments[used].data, content + done,
					    segments[used].length);
			done += segments[used].length;
		}
		assert_int_equal(done, packets[i].length);
		bytes += done;
	}
	virtio_script_give_back(script, segments, used);
	return bytes;
}

static void receive_in(struct virtio_script *script, const unsigned order[],
		       unsigned frames, unsigned cuts)
{
	unsigned i, first = 0, last = 0;
	uint32_t got = 0, expected = 0;

	for (i = 0; i < CHAINS; i++)
		assert_true(virtio_script_take(script, 0, &chains[i]));
	for (i = 0; i < CHAINS; i++) {
		if (i == 0 || is_cut(frames, i - 1))
			first = i;
		last = frame_last(frames, i);
		buffer_use(script, order[i], first, i, last);
		if (i == last)
			expected += (last - first) * ROOM + 500 - HEADER;
		if (is_cut(cuts, i)) {
			got += receive_all(script);
			assert_int_equal(got, expected);
		}
	}
}

static void receive_orders(struct virtio_script *script)
{
	unsigned n, frames, cuts, order[CHAINS], i;
	struct nic_statistics statistics;

	for (i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 13 + i / 256);
	content[12] = 8;
	for (n = 0; n < ORDERS; n++)
		for (frames = 0; frames < CUTS; frames++)
			for (cuts = 0; cuts < CUTS; cuts++) {
				order_make(n, order);
				receive_in(script, order, frames, cuts);
			}
	nic_statistics(script->nic, &statistics);
	/* Each cut of the four is a frame more. */
	assert_int_equal(statistics.rx_frames, ORDERS * CUTS * (CUTS + 12));
	assert_int_equal(statistics.rx_drop_malformed, 0);
}

/* ---- The queues ---- */

static unsigned receive_size, transmit_size;
static uint64_t offered;

static void small(struct virtio_script *script)
{
	script->configuration.mtu = 9000;
	script->configuration.receive_queue = receive_size;
	script->configuration.transmit_queue = transmit_size;
	script->offered |= offered;
}

static void orders_test(void **state)
{
	static const uint64_t kinds[] = {
		0,
		VIRTIO_BIT(F_PACKED),
		VIRTIO_BIT(F_INDIRECT),
		VIRTIO_BIT(F_INDIRECT) | VIRTIO_BIT(F_PACKED),
	};
	unsigned i;

	(void)state;
	for (i = 0; i < 4; i++) {
		offered = kinds[i];
		/* As small as four frames, or four buffers, allow. */
		receive_size = 4;
		transmit_size = offered & VIRTIO_BIT(F_INDIRECT) ? 4 : 8;
		virtio_script_run(transmit_orders, small, true);
		virtio_script_run(receive_orders, small, true);
		receive_size = 8;
		transmit_size = 16;
		virtio_script_run(transmit_orders, small, true);
		virtio_script_run(receive_orders, small, true);
	}
}

/* The smallest queue that a card is opened with: one frame each way. */
static void two_entries(struct virtio_script *script)
{
	unsigned i;

	content[12] = 8;
	for (i = 0; i < 50; i++) {
		assert_true(virtio_script_transmit(script, frame_at(script, 0),
						   60, 0));
		assert_true(virtio_script_take(script, 1, &chains[0]));
		virtio_script_use(script, &chains[0], 0);
		assert_int_equal(virtio_script_receive(script, 0, NULL, content,
						       100),
				 1);
		assert_int_equal(receive_all(script), 100);
		assert_int_equal(virtio_script_receive(script, 0, NULL, content,
						       3000),
				 2);
		assert_int_equal(receive_all(script), 3000);
		assert_int_equal(nic_reclaim(script->nic, 0, (void *[1]){0}, 1),
				 1);
	}
}

static void two_entries_test(void **state)
{
	(void)state;
	receive_size = 2;
	transmit_size = 2;
	offered = 0;
	virtio_script_run(two_entries, small, true);
	offered = VIRTIO_BIT(F_PACKED);
	virtio_script_run(two_entries, small, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_test),
		cmocka_unit_test(two_entries_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
