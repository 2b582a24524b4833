/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults of the rings and of NVSP: what a packet says, whether, when and how
 * often it comes, and the words of the control pages.
 */
#include "mocks/hyperv/faults_internal.h"
#include "mocks/hyperv/nvsp_wire.h"
#include "mocks/hyperv/vmbus_internal.h"

#include <string.h>

#define HUGE	    0xffffffffu
#define ID_OTHER    0x7000u
#define TYPE_OTHER  999u
#define PACKET_MOST 64u
/** How far a read index is off. */
#define SHIFT	    64u
/** What is changed later is changed by then. */
#define CHANGE_NS   8000u

/** Any packet with frames, and any completion, whatever it holds. */
#define FRAMES	    1000u
#define COMPLETIONS 1001u
#define ANY	    0u

enum action {
	/** Another value in 16 bits of the descriptor. */
	DESCRIPTOR,
	/** In a word of the header with the ranges, or of the payload. */
	HEADER,
	PAYLOAD,
	/** Another transaction id; and so many more. */
	ID,
	ID_ADD,
	/** Another word in the footer. */
	FOOTER,
	/** So many bytes of payload. */
	BYTES,
	LOSE,
	TWICE,
	LATE,
};

#define PAGES(field) offsetof(struct host_transfer_header, field)
#define RANGE(field)                                                           \
	(sizeof(struct host_transfer_header) +                                 \
	 offsetof(struct host_transfer_range, field))
#define SECTION(field)                                                         \
	(sizeof(struct host_nvsp_receive_buffer_complete) +                    \
	 offsetof(struct host_nvsp_section, field))
#define RECEIVED(field)                                                        \
	offsetof(struct host_nvsp_receive_buffer_complete, field)
#define SENT(field)	 offsetof(struct host_nvsp_send_buffer_complete, field)
#define DESCRIBED(field) offsetof(struct host_ring_descriptor, field)

static const struct packet_fault {
	enum host_fault fault;
	/** The NVSP message that it holds, or one of the above. */
	uint32_t about;
	enum action action;
	uint32_t offset, value;
} faults[] = {
	{HOST_FAULT(init_none), HOST_NVSP_INIT_COMPLETE, PAYLOAD,
	 offsetof(struct host_nvsp_init_complete, status), 0},
	{HOST_FAULT(init_too_old), HOST_NVSP_INIT_COMPLETE, PAYLOAD,
	 offsetof(struct host_nvsp_init_complete, status),
	 HOST_NVSP_STATUS_TOO_OLD},
	{HOST_FAULT(init_short), HOST_NVSP_INIT_COMPLETE, BYTES, 0, 8},
	{HOST_FAULT(init_type), HOST_NVSP_INIT_COMPLETE, PAYLOAD, 0,
	 TYPE_OTHER},
	{HOST_FAULT(receive_refused), HOST_NVSP_SEND_RECEIVE_BUFFER_COMPLETE,
	 PAYLOAD, RECEIVED(status), HOST_NVSP_STATUS_BUSY},
	{HOST_FAULT(sections_zero), HOST_NVSP_SEND_RECEIVE_BUFFER_COMPLETE,
	 PAYLOAD, RECEIVED(sections), 0},
	{HOST_FAULT(sections_two), HOST_NVSP_SEND_RECEIVE_BUFFER_COMPLETE,
	 PAYLOAD, RECEIVED(sections), 2},
	{HOST_FAULT(sections_huge), HOST_NVSP_SEND_RECEIVE_BUFFER_COMPLETE,
	 PAYLOAD, RECEIVED(sections), HUGE},
	{HOST_FAULT(piece_zero), HOST_NVSP_SEND_RECEIVE_BUFFER_COMPLETE,
	 PAYLOAD, SECTION(allocation_bytes), 0},
	{HOST_FAULT(piece_overflow), HOST_NVSP_SEND_RECEIVE_BUFFER_COMPLETE,
	 PAYLOAD, SECTION(allocations), 0x80000001u},
	{HOST_FAULT(section_offset), HOST_NVSP_SEND_RECEIVE_BUFFER_COMPLETE,
	 PAYLOAD, SECTION(offset), HUGE - 7},
	{HOST_FAULT(section_end), HOST_NVSP_SEND_RECEIVE_BUFFER_COMPLETE,
	 PAYLOAD, SECTION(end), HUGE},
	{HOST_FAULT(send_refused), HOST_NVSP_SEND_SEND_BUFFER_COMPLETE, PAYLOAD,
	 SENT(status), HOST_NVSP_STATUS_UNSUPPORTED},
	{HOST_FAULT(send_zero), HOST_NVSP_SEND_SEND_BUFFER_COMPLETE, PAYLOAD,
	 SENT(section_bytes), 0},
	{HOST_FAULT(send_huge), HOST_NVSP_SEND_SEND_BUFFER_COMPLETE, PAYLOAD,
	 SENT(section_bytes), HUGE},
	{HOST_FAULT(send_tiny), HOST_NVSP_SEND_SEND_BUFFER_COMPLETE, PAYLOAD,
	 SENT(section_bytes), 7},
	{HOST_FAULT(completion_type), HOST_NVSP_RNDIS_PACKET_COMPLETE, PAYLOAD,
	 0, TYPE_OTHER},
	{HOST_FAULT(completion_status), HOST_NVSP_RNDIS_PACKET_COMPLETE,
	 PAYLOAD, offsetof(struct host_nvsp_rndis_complete, status),
	 HOST_NVSP_STATUS_INVALID_RNDIS},
	{HOST_FAULT(page_set), FRAMES, HEADER, PAGES(buffer_id), 0xbeef},
	{HOST_FAULT(range_offset), FRAMES, HEADER, RANGE(offset), 0x40000000},
	{HOST_FAULT(range_length), FRAMES, HEADER, RANGE(length), 0x40000000},
	{HOST_FAULT(range_overflow), FRAMES, HEADER, RANGE(offset), HUGE - 31},
	{HOST_FAULT(range_zero), FRAMES, HEADER, RANGE(length), 0},
	{HOST_FAULT(range_tiny), FRAMES, HEADER, RANGE(length), 7},
	{HOST_FAULT(ranges_zero), FRAMES, HEADER, PAGES(ranges), 0},
	{HOST_FAULT(ranges_beyond), FRAMES, HEADER, PAGES(ranges), HUGE},
	{HOST_FAULT(channel_type), FRAMES, PAYLOAD,
	 offsetof(struct host_nvsp_rndis, channel), HOST_NVSP_CHANNEL_CONTROL},
	{HOST_FAULT(transfer_type), FRAMES, PAYLOAD, 0, TYPE_OTHER},
	{HOST_FAULT(completion_empty), COMPLETIONS, BYTES, 0, 0},
	{HOST_FAULT(id_other), COMPLETIONS, ID, 0, ID_OTHER},
	{HOST_FAULT(id_zero), COMPLETIONS, ID, 0, 0},
	{HOST_FAULT(id_next), COMPLETIONS, ID_ADD, 0, 1},
	{HOST_FAULT(completion_twice), COMPLETIONS, TWICE, 0, 0},
	{HOST_FAULT(completion_late), COMPLETIONS, LATE, 0, 0},
	{HOST_FAULT(footer_wrong), ANY, FOOTER, 4, 0x12345678},
	{HOST_FAULT(length_zero), FRAMES, DESCRIPTOR, DESCRIBED(length8), 0},
	{HOST_FAULT(length_one), FRAMES, DESCRIPTOR, DESCRIBED(length8), 1},
	{HOST_FAULT(length_beyond), FRAMES, DESCRIPTOR, DESCRIBED(length8),
	 UINT16_MAX},
	{HOST_FAULT(offset_one), COMPLETIONS, DESCRIPTOR,
	 DESCRIBED(data_offset8), 1},
	{HOST_FAULT(offset_beyond), COMPLETIONS, DESCRIPTOR,
	 DESCRIBED(data_offset8), UINT16_MAX},
	{HOST_FAULT(offset_two), FRAMES, DESCRIPTOR, DESCRIBED(data_offset8),
	 2},
	{HOST_FAULT(type_unknown), FRAMES, DESCRIPTOR, DESCRIBED(type), 31},
	{HOST_FAULT(type_gpa), FRAMES, DESCRIPTOR, DESCRIBED(type),
	 HOST_PACKET_GPA_DIRECT},
	{HOST_FAULT(type_cancel), FRAMES, DESCRIPTOR, DESCRIBED(type),
	 HOST_PACKET_CANCEL},
	{HOST_FAULT(flags_unknown), FRAMES, DESCRIPTOR, DESCRIBED(flags), 0x81},
	{HOST_FAULT(packet_twice), FRAMES, TWICE, 0, 0},
	{HOST_FAULT(packet_lost), FRAMES, LOSE, 0, 0},
	{HOST_FAULT(reply_twice), HOST_NVSP_RNDIS_PACKET, TWICE, 0, 0},
	{HOST_FAULT(reply_late), HOST_NVSP_RNDIS_PACKET, LATE, 0, 0},
	{HOST_FAULT(reply_never), HOST_NVSP_RNDIS_PACKET, LOSE, 0, 0},
};

/* ---- Packets ---- */

static uint32_t word_at(const uint8_t *at)
{
	le32 word;

	memcpy(&word, at, sizeof(word));
	return le32_to_cpu(word);
}

static void word_set(uint8_t *at, uint32_t value)
{
	le32 word = cpu_to_le32(value);

	memcpy(at, &word, sizeof(word));
}

static void half_set(uint8_t *at, uint32_t value)
{
	le16 half = cpu_to_le16((uint16_t)value);

	memcpy(at, &half, sizeof(half));
}

/** A packet as it was meant, taken apart. */
struct packet {
	uint8_t *bytes, *payload;
	uint32_t count, payload_bytes;
	uint32_t type;
	/** The NVSP message, 0: none. */
	uint32_t message;
	bool has_frames;
};

static void packet_take(struct packet *packet, uint8_t *bytes, uint32_t count)
{
	struct host_ring_descriptor descriptor;
	uint32_t offset;

	memcpy(&descriptor, bytes, sizeof(descriptor));
	offset = le16_to_cpu(descriptor.data_offset8) * 8u;
	packet->bytes = bytes;
	packet->payload = bytes + offset;
	packet->count = count;
	packet->payload_bytes = count - HOST_RING_FOOTER_BYTES - offset;
	packet->type = le16_to_cpu(descriptor.type);
	packet->message =
		packet->payload_bytes >= 4 ? word_at(packet->payload) : 0;
	packet->has_frames =
		packet->type == HOST_PACKET_TRANSFER_PAGES &&
		word_at(packet->payload +
			offsetof(struct host_nvsp_rndis, channel)) ==
			HOST_NVSP_CHANNEL_DATA;
}

static bool concerns(const struct packet_fault *fault,
		     const struct packet *packet)
{
	switch (fault->about) {
	case ANY:
		return true;
	case FRAMES:
		return packet->has_frames;
	case COMPLETIONS:
		return packet->type == HOST_PACKET_COMPLETION;
	default:
		return !packet->has_frames && packet->message == fault->about;
	}
}

/** Cut or lengthen the payload; the footer goes with it. */
static void payload_resize(struct packet *packet, uint32_t bytes)
{
	uint32_t before = (uint32_t)(packet->payload - packet->bytes);
	uint8_t footer[HOST_RING_FOOTER_BYTES];

	if (bytes > packet->payload_bytes)
		return;
	memcpy(footer, packet->bytes + packet->count - sizeof(footer),
	       sizeof(footer));
	packet->count = before + bytes + (uint32_t)sizeof(footer);
	packet->payload_bytes = bytes;
	memcpy(packet->payload + bytes, footer, sizeof(footer));
	half_set(packet->bytes + DESCRIBED(length8), (before + bytes) / 8);
}

static void late(void *context, const uint8_t *bytes, uint32_t count)
{
	host_hostile_packet(context, bytes, count);
}

/** @return whether the packet itself is still to be sent */
static bool apply(struct host_channel *channel,
		  const struct packet_fault *fault, struct packet *packet)
{
	uint8_t *id = packet->bytes + DESCRIBED(transaction_id);

	switch (fault->action) {
	case DESCRIPTOR:
		half_set(packet->bytes + fault->offset, fault->value);
		return true;
	case HEADER:
		word_set(packet->bytes + sizeof(struct host_ring_descriptor) +
				 fault->offset,
			 fault->value);
		return true;
	case PAYLOAD:
		if (fault->offset + sizeof(le32) <= packet->payload_bytes)
			word_set(packet->payload + fault->offset, fault->value);
		return true;
	case ID:
		word_set(id, fault->value);
		word_set(id + 4, 0);
		return true;
	case ID_ADD:
		word_set(id, word_at(id) + fault->value);
		return true;
	case FOOTER:
		word_set(packet->bytes + packet->count - 4, fault->value);
		return true;
	case BYTES:
		payload_resize(packet, fault->value);
		return true;
	case TWICE:
		/* The device made sure of the room for one. */
		if (host_channel_room(channel) >= 2 * packet->count)
			host_hostile_packet(channel, packet->bytes,
					    packet->count);
		return true;
	case LATE:
		host_fault_later(channel->vmbus->partition, HOST_FAULT_LATE,
				 late, channel, packet->bytes, packet->count);
		return false;
	default: /* LOSE */
		return false;
	}
}

/** A range that lies a little further: it holds another message's bytes. */
static void range_move(struct packet *packet)
{
	uint8_t *at = packet->bytes + sizeof(struct host_ring_descriptor) +
		      RANGE(offset);

	word_set(at, word_at(at) + 8);
}

bool host_fault_packet(struct host_channel *channel, uint8_t *bytes,
		       uint32_t *count)
{
	struct host_partition *partition = channel->vmbus->partition;
	struct packet packet;
	bool goes = true;
	size_t i;

	if (!host_faults_armed(partition))
		return true;
	packet_take(&packet, bytes, *count);
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]) && goes; i++)
		if (concerns(&faults[i], &packet) &&
		    host_fault(partition, faults[i].fault))
			goes = apply(channel, &faults[i], &packet);
	if (packet.has_frames && host_fault(partition, HOST_FAULT(range_moved)))
		range_move(&packet);
	*count = packet.count;
	return goes;
}

/* ---- What nobody asked for ---- */

/** An in-band message that wants a completion, if there is room for it. */
static void say(struct host_channel *channel, const uint32_t words[],
		uint32_t word_count, uint32_t payload_bytes)
{
	uint8_t packet[PACKET_MOST] = {0};
	uint32_t before = sizeof(struct host_ring_descriptor), i;
	uint32_t bytes = before + payload_bytes + HOST_RING_FOOTER_BYTES;

	if (host_channel_room(channel) < 4 * PACKET_MOST)
		return;
	half_set(packet + DESCRIBED(type), HOST_PACKET_INBAND);
	half_set(packet + DESCRIBED(data_offset8), before / 8);
	half_set(packet + DESCRIBED(length8), (before + payload_bytes) / 8);
	half_set(packet + DESCRIBED(flags), HOST_RING_FLAG_COMPLETION);
	word_set(packet + DESCRIBED(transaction_id), ID_OTHER);
	for (i = 0; i < word_count; i++)
		word_set(packet + before + 4 * i, words[i]);
	host_hostile_packet(channel, packet, bytes);
}

#define BYTES_TOLD HOST_NVSP_BYTES_V6_1

void host_fault_say(struct host_channel *channel)
{
	static const struct {
		enum host_fault fault;
		uint32_t payload_bytes, count, words[4];
	} said[] = {
		{HOST_FAULT(virtual_function),
		 BYTES_TOLD,
		 3,
		 {HOST_NVSP_VF_ASSOCIATION, 1, 7}},
		{HOST_FAULT(virtual_short), 0, 0, {0}},
		{HOST_FAULT(message_strange), BYTES_TOLD, 1, {TYPE_OTHER}},
		{HOST_FAULT(table_count),
		 BYTES_TOLD,
		 3,
		 {HOST_NVSP_INDIRECTION_TABLE, HUGE, 12}},
		{HOST_FAULT(table_offset),
		 BYTES_TOLD,
		 3,
		 {HOST_NVSP_INDIRECTION_TABLE, 16, HUGE - 3}},
		{HOST_FAULT(table_entry),
		 BYTES_TOLD,
		 4,
		 {HOST_NVSP_INDIRECTION_TABLE, 1, 12, 63}},
	};
	size_t i;

	if (!host_faults_armed(channel->vmbus->partition))
		return;
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (host_fault(channel->vmbus->partition, said[i].fault))
			say(channel, said[i].words, said[i].count,
			    said[i].payload_bytes);
}

/* ---- Words of the control pages ---- */

static void change(void *context, const uint8_t *bytes, uint32_t count)
{
	struct host_channel *channel = context;
	struct host_ring *ring = &channel->to_guest;
	uint32_t at;

	(void)count;
	memcpy(&at, bytes, sizeof(at));
	/* It begins at a multiple of 8, so this lies in one page. */
	memset(ring->pages[at / MACHINE_PAGE_SIZE] + at % MACHINE_PAGE_SIZE,
	       0xff, 8);
}

void host_fault_published(struct host_channel *channel, uint32_t start)
{
	struct host_partition *partition = channel->vmbus->partition;
	struct host_ring *ring = &channel->to_guest;
	struct host_ring_control *control = ring->control;
	uint32_t before = start ? start - 8 : ring->size - 8;

	if (!host_faults_armed(partition))
		return;
	if (host_fault(partition, HOST_FAULT(write_unaligned)))
		host_store32(&control->write_index, ring->index + 4);
	if (host_fault(partition, HOST_FAULT(write_beyond)))
		host_store32(&control->write_index, ring->size);
	if (host_fault(partition, HOST_FAULT(write_backward)))
		host_store32(&control->write_index, before);
	if (host_fault(partition, HOST_FAULT(room_odd)))
		host_ring_want(ring, 4093);
	if (host_fault(partition, HOST_FAULT(room_full)))
		host_ring_want(ring, ring->size - 1);
	if (host_fault(partition, HOST_FAULT(room_beyond)))
		host_ring_want(ring, HUGE);
	if (host_fault(partition, HOST_FAULT(packet_changed)))
		host_fault_later(partition,
				 machine_random_below(partition->machine,
						      CHANGE_NS),
				 change, channel, (const uint8_t *)&start,
				 sizeof(start));
}

void host_fault_consumed(struct host_channel *channel)
{
	struct host_partition *partition = channel->vmbus->partition;
	struct host_ring *ring = &channel->from_guest;
	struct host_ring_control *control = ring->control;
	uint32_t write, back;

	if (!host_faults_armed(partition))
		return;
	write = host_load32(&control->write_index);
	back = ring->index >= SHIFT ? ring->index - SHIFT
				    : ring->size - SHIFT + ring->index;
	if (host_fault(partition, HOST_FAULT(read_unaligned)))
		host_store32(&control->read_index, ring->index | 4);
	if (host_fault(partition, HOST_FAULT(read_beyond)))
		host_store32(&control->read_index, ring->size + 8);
	if (host_fault(partition, HOST_FAULT(read_backward)))
		host_store32(&control->read_index, back);
	if (host_fault(partition, HOST_FAULT(read_ahead)))
		host_store32(&control->read_index,
			     (write + SHIFT) % ring->size);
}
