/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/fake_nic.h"

#include <string.h>

struct fake_nic fake;

void fake_nic_reset(void)
{
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
}

void fake_nic_arrive(unsigned queue, uint32_t length, uint16_t flags)
{
	unsigned i = fake.arriving_count++;

	fake.arriving[i].flags = flags;
	fake.arriving[i].length = length;
	fake.arriving_queue[i] = queue;
}

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
	if (fake.is_full || !n || fake.sent_count == FAKE_FRAMES)
		return 0;
	fake.sent[fake.sent_count] = packets[0];
	fake.sent_queue[fake.sent_count] = queue;
	memcpy(fake.sent_segments[fake.sent_count], segments,
	       packets[0].segment_count * sizeof(segments[0]));
	fake.sent_count++;
	return 1;
}

static unsigned fake_reclaim(struct nic *nic, unsigned queue, void *owners[],
			     unsigned n)
{
	unsigned i, count = 0;

	(void)nic;
	for (i = 0; i < fake.done && count < n; i++) {
		if (fake.came_back[i] || fake.sent_queue[i] != queue)
			continue;
		fake.came_back[i] = true;
		owners[count++] = fake.sent[i].owner;
	}
	fake.reclaimed += count;
	return count;
}

/* Fill buffers of the stack. Returns how many, 0: there were too few. */
static unsigned fake_fill(unsigned queue, uint32_t left,
			  struct net_segment segments[])
{
	uint32_t room = fake.stack.receive_buffer_bytes;
	unsigned count = (left + room - 1) / room, got, i;

	got = fake.stack.supply(fake.stack.context, queue, segments, count);
	for (i = 0; i < got && got < count; i++)
		fake.stack.release(fake.stack.context, &segments[i]);
	if (got < count)
		return 0;
	for (i = 0; i < count; i++) {
		segments[i].length = left < room ? left : room;
		memset(segments[i].data, (int)(0x10 + i), segments[i].length);
		left -= segments[i].length;
	}
	return count;
}

static unsigned fake_receive(struct nic *nic, unsigned queue,
			     struct net_packet packets[], unsigned n,
			     struct net_segment segments[], unsigned m)
{
	unsigned i;

	(void)nic;
	(void)m;
	for (i = 0; i < fake.arriving_count && n; i++) {
		if (fake.has_arrived[i] || fake.arriving_queue[i] != queue)
			continue;
		fake.has_arrived[i] = true;
		packets[0] = fake.arriving[i];
		packets[0].first_segment = 0;
		packets[0].segment_count =
			fake_fill(queue, packets[0].length, segments);
		if (packets[0].segment_count)
			return 1;
	}
	return 0;
}

static bool fake_is_idle(unsigned queue)
{
	unsigned i;

	for (i = 0; i < fake.arriving_count; i++)
		if (!fake.has_arrived[i] && fake.arriving_queue[i] == queue)
			return false;
	for (i = 0; i < fake.done; i++)
		if (!fake.came_back[i] && fake.sent_queue[i] == queue)
			return false;
	return true;
}

static bool fake_arm(struct nic *nic, unsigned queue)
{
	(void)nic;
	if (fake.room_once) {
		fake.room_once = false;
		return false;
	}
	if (fake.busy_once) {
		fake.busy_once = false;
		fake_nic_arrive(queue, 60, 0);
		return false;
	}
	fake.armed[queue] = fake_is_idle(queue);
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

int fake_nic_open(void *context, const struct nic_stack *stack,
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

void fake_nic_poll(void *context)
{
	(void)context;
	fake.events |= NIC_EVENT_REMOVED;
	fake.stack.wake(fake.stack.context, NIC_WAKE_EVENTS);
}
