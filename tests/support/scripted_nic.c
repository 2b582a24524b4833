/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/scripted_nic.h"

#include <string.h>

static struct scripted_nic *card_of(struct nic *nic)
{
	return (struct scripted_nic *)nic;
}

static int script_start(struct nic *nic)
{
	struct scripted_nic *card = card_of(nic);

	card->is_started = !card->start_error;
	return card->start_error;
}

/** What is in flight is done, and what was supplied goes back. */
static void script_stop(struct nic *nic)
{
	struct scripted_nic *card = card_of(nic);
	unsigned i;

	card->is_started = false;
	card->done = card->held;
	for (i = 0; i < card->buffer_count; i++)
		card->stack.release(card->stack.context, &card->buffers[i]);
	card->buffer_count = 0;
}

static void script_close(struct nic *nic)
{
	script_stop(nic);
	card_of(nic)->is_closed = true;
}

static void sent_keep(struct scripted_nic *card,
		      const struct net_packet *packet,
		      const struct net_segment *segments)
{
	uint32_t at = 0;
	unsigned i;

	card->sent.packet = *packet;
	for (i = 0; i < packet->segment_count; i++) {
		if (at + segments[i].length > SCRIPTED_NIC_BYTES)
			return;
		memcpy(card->sent.bytes + at, segments[i].data,
		       segments[i].length);
		at += segments[i].length;
	}
}

static unsigned script_transmit(struct nic *nic, unsigned queue,
				struct net_packet packets[], unsigned n,
				const struct net_segment segments[])
{
	struct scripted_nic *card = card_of(nic);
	unsigned i;

	(void)queue;
	for (i = 0; i < n && card->held < card->room; i++) {
		card->owners[card->held++] = packets[i].owner;
		card->taken++;
		sent_keep(card, &packets[i],
			  &segments[packets[i].first_segment]);
	}
	return i;
}

static unsigned script_reclaim(struct nic *nic, unsigned queue, void *owners[],
			       unsigned n)
{
	struct scripted_nic *card = card_of(nic);

	(void)queue;
	if (n > card->done)
		n = card->done;
	memcpy(owners, card->owners, n * sizeof(*owners));
	card->held -= n;
	card->done -= n;
	memmove(card->owners, card->owners + n,
		card->held * sizeof(*card->owners));
	return n;
}

/** A frame into as many buffers as it takes. @return segments, 0: none left */
static unsigned fill(struct scripted_nic *card,
		     const struct scripted_nic_frame *frame,
		     struct net_segment *segments, unsigned most)
{
	uint32_t left = frame->packet.length, piece;
	unsigned n = 0;

	card->buffer_count +=
		card->stack.supply(card->stack.context, 0,
				   card->buffers + card->buffer_count,
				   SCRIPTED_NIC_BUFFERS - card->buffer_count);
	while (left && n < card->buffer_count && n < most) {
		piece = card->buffers[n].length;
		if (piece > left)
			piece = left;
		segments[n] = card->buffers[n];
		segments[n].length = piece;
		memcpy(segments[n].data,
		       frame->bytes + frame->packet.length - left, piece);
		left -= piece;
		n++;
	}
	if (left)
		return 0;
	card->buffer_count -= n;
	memmove(card->buffers, card->buffers + n,
		card->buffer_count * sizeof(*card->buffers));
	return n;
}

static unsigned script_receive(struct nic *nic, unsigned queue,
			       struct net_packet packets[], unsigned n,
			       struct net_segment segments[], unsigned m)
{
	struct scripted_nic *card = card_of(nic);
	unsigned i, count, got = 0, used = 0;

	(void)queue;
	for (i = 0; i < card->frame_count && got < n; i++) {
		count = fill(card, &card->frames[i], segments + used, m - used);
		if (!count) {
			card->no_buffer++;
			continue;
		}
		packets[got] = card->frames[i].packet;
		packets[got].first_segment = used;
		packets[got].segment_count = count;
		used += count;
		got++;
	}
	card->frame_count -= i;
	memmove(card->frames, card->frames + i,
		card->frame_count * sizeof(*card->frames));
	return got;
}

static bool script_arm(struct nic *nic, unsigned queue)
{
	(void)queue;
	return !card_of(nic)->frame_count && !card_of(nic)->done;
}

static void script_disarm(struct nic *nic, unsigned queue)
{
	(void)nic;
	(void)queue;
}

static unsigned script_events(struct nic *nic)
{
	unsigned events = card_of(nic)->events;

	card_of(nic)->events = 0;
	card_of(nic)->events_asked++;
	return events;
}

static void script_link(struct nic *nic, struct nic_link *link)
{
	*link = card_of(nic)->link;
}

static int script_mac_set(struct nic *nic, const uint8_t mac[])
{
	(void)nic;
	(void)mac;
	return ERROR_NOT_SUPPORTED;
}

static int script_mtu_set(struct nic *nic, uint16_t mtu)
{
	if (!card_of(nic)->mtu_error)
		nic->information.mtu = mtu;
	return card_of(nic)->mtu_error;
}

static int script_filter_set(struct nic *nic, unsigned filter,
			     const uint8_t groups[][ETHERNET_ADDRESS_BYTES],
			     unsigned group_count)
{
	struct scripted_nic *card = card_of(nic);

	(void)groups;
	card->filter = filter;
	card->group_count = group_count;
	card->filter_calls++;
	return card->filter_error;
}

static void script_statistics(struct nic *nic,
			      struct nic_statistics *statistics)
{
	memset(statistics, 0, sizeof(*statistics));
	statistics->tx_frames = card_of(nic)->taken;
}

void scripted_nic_init(struct scripted_nic *card, const struct nic_stack *stack,
		       uint32_t features)
{
	static const struct nic_operations operations = {
		.start = script_start,
		.stop = script_stop,
		.close = script_close,
		.transmit = script_transmit,
		.reclaim = script_reclaim,
		.receive = script_receive,
		.arm = script_arm,
		.disarm = script_disarm,
		.events = script_events,
		.link = script_link,
		.mac_set = script_mac_set,
		.mtu_set = script_mtu_set,
		.filter_set = script_filter_set,
		.statistics = script_statistics,
	};

	memset(card, 0, sizeof(*card));
	card->nic.operations = &operations;
	card->nic.information = (struct nic_information){
		.driver = "scripted",
		.features = features,
		.queues = 1,
		.mtu_min = 68,
		.mtu_max = 9000,
		.mtu = 1500,
		.mac = {2, 0, 0, 0, 0, 9},
	};
	card->stack = *stack;
	card->link.up = true;
	card->room = SCRIPTED_NIC_HELD;
}

void scripted_nic_complete(struct scripted_nic *card, unsigned n)
{
	card->done += n;
	if (card->done > card->held)
		card->done = card->held;
}

struct scripted_nic_frame *scripted_nic_frame(struct scripted_nic *card,
					      uint32_t length, uint8_t value)
{
	struct scripted_nic_frame *frame = &card->frames[card->frame_count++];

	memset(frame, 0, sizeof(*frame));
	frame->packet.length = length;
	memset(frame->bytes, value, length);
	return frame;
}
