/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Large receive offload: frames of one TCP connection that follow each other
 * become one packet. How many is the seed's choice.
 */
#include "mocks/vmware/vmxnet3_internal.h"

#include <string.h>

#define TCP_ACK	     0x10u
#define TCP_PSH	     0x08u
#define SEGMENTS_MAX 40u

/** A frame that may take part: plain data of a connection. */
struct segment {
	struct frame_layout layout;
	uint32_t header, payload, sequence;
	uint8_t flags;
};

static bool segment_parse(const uint8_t *data, uint32_t bytes,
			  struct segment *segment)
{
	const struct frame_layout *layout = &segment->layout;
	const uint8_t *tcp;
	unsigned wrong;

	frame_layout_find(data, bytes, &segment->layout);
	if (!layout->version || layout->protocol != PROTOCOL_TCP ||
	    layout->fragment || layout->transport_bytes <= TCP_HEADER ||
	    layout->transport_bytes + layout->transport != bytes ||
	    !frame_checksum_verify(data, bytes, FRAME_CHECKSUM_TCP, &wrong))
		return false;
	tcp = data + layout->transport;
	/* Options other than none would have to be the same in all. */
	if (tcp[12] >> 4 != TCP_HEADER / 4)
		return false;
	segment->flags = tcp[13];
	segment->sequence = frame_get32(tcp + 4);
	segment->header = layout->transport + TCP_HEADER;
	segment->payload = bytes - segment->header;
	return (segment->flags & ~TCP_PSH) == TCP_ACK;
}

/** Whether a frame goes on where the merged packet ends. */
static bool segment_follows(const uint8_t *merged, const struct segment *first,
			    uint32_t next, const uint8_t *data,
			    const struct segment *segment)
{
	const uint8_t *ports = merged + first->layout.transport;
	uint32_t network = first->layout.network;
	uint32_t at = network + (first->layout.version == 4 ? 12 : 8);
	uint32_t addresses = first->layout.version == 4 ? 8 : 32;

	return segment->layout.version == first->layout.version &&
	       segment->header == first->header && segment->sequence == next &&
	       !memcmp(merged, data, network) &&
	       !memcmp(merged + at, data + at, addresses) &&
	       !memcmp(ports, data + first->layout.transport, 4);
}

unsigned host_vmxnet3_merge(struct vmxnet3_rx_queue *queue, uint32_t *bytes,
			    uint32_t *mss)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	uint8_t *merged = vmxnet3->packet + VLAN_TAG;
	unsigned most =
		2 + machine_random_below(vmxnet3->machine, SEGMENTS_MAX - 1);
	struct segment first = {0}, segment = {0};
	const struct vmxnet3_waiting *next = queue->first->next;
	unsigned count = 1;

	if (!segment_parse(queue->first->data, queue->first->length, &first))
		return 1;
	*bytes = queue->first->length;
	*mss = first.payload;
	memcpy(merged, queue->first->data, *bytes);
	for (; count < most && next; count++, next = next->next) {
		uint32_t at = *bytes - first.header + first.sequence;

		if (merged[first.layout.transport + 13] & TCP_PSH ||
		    segment.payload > first.payload ||
		    !segment_parse(next->data, next->length, &segment) ||
		    segment.payload > first.payload ||
		    !segment_follows(merged, &first, at, next->data,
				     &segment) ||
		    *bytes + segment.payload - first.layout.network >
			    VMXNET3_LRO_MAX)
			break;
		memcpy(merged + *bytes, next->data + segment.header,
		       segment.payload);
		/* Acknowledgement, flags and window of the newest. */
		memcpy(merged + first.layout.transport + 8,
		       next->data + first.layout.transport + 8, 8);
		*bytes += segment.payload;
	}
	if (count > 1)
		frame_segment_finish(merged, *bytes, first.layout.network,
				     first.layout.transport,
				     first.layout.version);
	return count;
}
