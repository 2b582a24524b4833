/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two buffers that a guest shares with its card: the receive buffer, cut
 * into sub-allocations which the host hands out and gets back, and the send
 * buffer, cut into sections which the guest keeps the books of.
 *
 * The first sub-allocations are kept for control messages, so that frames
 * cannot shut those out.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/hyperv/netvsp_internal.h"

/* ---- Receive buffer ---- */

static bool receive_buffer_allocate(struct netvsp_receive_buffer *buffer)
{
	buffer->offsets = malloc(buffer->count * sizeof(*buffer->offsets));
	buffer->free = malloc(buffer->count * sizeof(*buffer->free));
	buffer->next = malloc(buffer->count * sizeof(*buffer->next));
	buffer->holder = calloc(buffer->count, sizeof(*buffer->holder));
	return buffer->offsets && buffer->free && buffer->next &&
	       buffer->holder;
}

static void receive_buffer_cut(struct netvsp_receive_buffer *buffer,
			       uint32_t sections, uint32_t section_bytes)
{
	uint32_t each = buffer->count / sections;
	uint32_t i;

	for (i = 0; i < buffer->count; i++)
		buffer->offsets[i] = i / each * section_bytes +
				     i % each * buffer->allocation_bytes;
	/* Stacks, so that what the guest gave back last is used first. */
	for (i = buffer->count; i-- > NETVSP_CONTROL_RESERVE;)
		buffer->free[buffer->free_count++] = (uint16_t)i;
	for (i = NETVSP_CONTROL_RESERVE; i-- > 0;)
		buffer->free_control[buffer->free_control_count++] =
			(uint16_t)i;
}

void netvsp_receive_buffer_drop(struct netvsp_receive_buffer *buffer)
{
	if (buffer->gpadl) {
		host_gpadl_watch(buffer->gpadl, &buffer->watch, false);
		host_gpadl_drop(buffer->gpadl);
	}
	free(buffer->offsets);
	free(buffer->free);
	free(buffer->next);
	free(buffer->holder);
	memset(buffer, 0, sizeof(*buffer));
}

uint32_t netvsp_receive_buffer_set(struct host_netvsp *netvsp, uint32_t handle,
				   uint16_t id)
{
	struct netvsp_receive_buffer *buffer = &netvsp->receive;
	uint32_t sections = netvsp->configuration.sections;
	struct host_gpadl *gpadl =
		host_gpadl_find(netvsp->queues[0].channel, handle);
	uint32_t section_bytes;
	uint32_t each;

	if (!gpadl || !host_gpadl_is_aligned(gpadl)) {
		machine_violation(netvsp->machine, "NVSP SEND_RECV_BUF",
				  "GPADL %#x is %s", handle,
				  gpadl ? "not one aligned range"
					: "not the channel's");
		return HOST_NVSP_STATUS_FAILURE;
	}
	buffer->usable_bytes = netvsp->card.mtu + NETVSP_HEADER_BYTES;
	buffer->allocation_bytes =
		(buffer->usable_bytes + NETVSP_TAIL_BYTES + 7) & ~7u;
	section_bytes = host_gpadl_bytes(gpadl) / sections & ~7u;
	each = section_bytes / buffer->allocation_bytes;
	if (each > UINT16_MAX / sections)
		each = UINT16_MAX / sections;
	buffer->count = each * sections;
	/* Too small: the control messages' share, and one for each queue. */
	if (buffer->count <= NETVSP_CONTROL_RESERVE ||
	    !receive_buffer_allocate(buffer)) {
		netvsp_receive_buffer_drop(buffer);
		return HOST_NVSP_STATUS_FAILURE;
	}
	host_gpadl_hold(gpadl);
	buffer->gpadl = gpadl;
	buffer->id = id;
	buffer->watch.kind = MACHINE_WATCH_MESSAGES;
	buffer->watch.what = "the receive buffer";
	host_gpadl_watch(gpadl, &buffer->watch, true);
	receive_buffer_cut(buffer, sections, section_bytes);
	return HOST_NVSP_STATUS_SUCCESS;
}

uint32_t netvsp_receive_buffer_describe(const struct host_netvsp *netvsp,
					uint32_t status,
					uint8_t message[NETVSP_REPLY_BYTES])
{
	const struct netvsp_receive_buffer *buffer = &netvsp->receive;
	bool good = status == HOST_NVSP_STATUS_SUCCESS;
	uint32_t sections = good ? netvsp->configuration.sections : 0;
	uint32_t each = good ? buffer->count / sections : 0;
	struct host_nvsp_receive_buffer_complete wire = {
		.type = CPU_TO_LE32(HOST_NVSP_SEND_RECEIVE_BUFFER_COMPLETE),
		.status = cpu_to_le32(status),
		.sections = cpu_to_le32(sections),
	};
	struct host_nvsp_section section;
	uint32_t offset;
	uint32_t i;

	memcpy(message, &wire, sizeof(wire));
	for (i = 0; i < sections; i++) {
		offset = buffer->offsets[i * each];
		section.offset = cpu_to_le32(offset);
		section.allocation_bytes =
			cpu_to_le32(buffer->allocation_bytes);
		section.allocations = cpu_to_le32(each);
		section.end =
			cpu_to_le32(offset + each * buffer->allocation_bytes);
		memcpy(message + sizeof(wire) + i * sizeof(section), &section,
		       sizeof(section));
	}
	return (uint32_t)(sizeof(wire) + sections * sizeof(section));
}

bool netvsp_receive_buffer_release(struct netvsp_receive_buffer *buffer,
				   const struct netvsp_queue *queue,
				   uint64_t transaction_id)
{
	uint16_t id;
	uint16_t next;

	if (transaction_id >= buffer->count)
		return false;
	id = (uint16_t)transaction_id;
	if (buffer->holder[id] != queue->index + 1)
		return false;
	buffer->holder[id] = 0;
	for (; id != NETVSP_NO_NEXT; id = next) {
		next = buffer->next[id];
		if (id < NETVSP_CONTROL_RESERVE)
			buffer->free_control[buffer->free_control_count++] = id;
		else
			buffer->free[buffer->free_count++] = id;
		buffer->outstanding--;
	}
	return true;
}

/* ---- Send buffer ---- */

uint32_t netvsp_send_buffer_set(struct host_netvsp *netvsp, uint32_t handle,
				uint16_t id)
{
	struct netvsp_send_buffer *buffer = &netvsp->send;
	struct host_gpadl *gpadl =
		host_gpadl_find(netvsp->queues[0].channel, handle);

	if (!gpadl || !host_gpadl_is_aligned(gpadl)) {
		machine_violation(netvsp->machine, "NVSP SEND_SEND_BUF",
				  "GPADL %#x is %s", handle,
				  gpadl ? "not one aligned range"
					: "not the channel's");
		return HOST_NVSP_STATUS_FAILURE;
	}
	if (host_gpadl_bytes(gpadl) < HOST_NVSP_SECTION_BYTES)
		return HOST_NVSP_STATUS_FAILURE;
	host_gpadl_hold(gpadl);
	buffer->gpadl = gpadl;
	buffer->id = id;
	buffer->bytes = host_gpadl_bytes(gpadl);
	return HOST_NVSP_STATUS_SUCCESS;
}

void netvsp_send_buffer_drop(struct netvsp_send_buffer *buffer)
{
	if (buffer->gpadl)
		host_gpadl_drop(buffer->gpadl);
	memset(buffer, 0, sizeof(*buffer));
}
