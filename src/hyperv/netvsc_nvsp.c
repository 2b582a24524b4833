/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NVSP: the first things said on a card's channel.
 *
 * The order is the host's: version; from version 2 on NDIS_CONFIG, before any
 * buffer; NDIS_VERSION; the receive buffer, which there must be; the send
 * buffer, which a host may refuse. Messages have 40 bytes in each version (see
 * nvsp.h). A request is answered by the completion of its packet.
 */
#include "hyperv/netvsc_internal.h"

#include "port/log.h"

/** The send buffer's name; any number but the receive buffer's. */
#define NETVSC_SEND_BUFFER_ID 0xfaceu

static bool netvsc_replied(const struct netvsc *card)
{
	return card->control.answered;
}

/* Stage an NVSP message, waiting for room, and publish it. */
static int netvsc_nvsp_send(struct netvsc *card,
			    const struct nvsp_message *message, uint64_t id,
			    bool request, uint64_t deadline)
{
	struct netvsc_queue *queue = &card->queue;
	int error;

	for (;;) {
		if (!netvsc_alive(card))
			return netvsc_death(card);
		error = netvsc_staged(
			queue, channel_send(queue->channel, message,
					    sizeof(*message), id, request));
		if (error != ERROR_AGAIN)
			break;
		error = netvsc_wait_for_room(card, deadline);
		if (error)
			return error;
	}
	if (error)
		return netvsc_alive(card) ? ERROR_IO : netvsc_death(card);
	netvsc_flush(queue);
	return 0;
}

/* Send a message that is not answered. */
static int netvsc_nvsp_tell(struct netvsc *card,
			    const struct nvsp_message *message)
{
	return netvsc_nvsp_send(card, message, 0, false,
				port_time(card->port) + NETVSC_ANSWER_TIME);
}

/*
 * Send a request and wait for its reply, in control.reply until the next call
 * that may wait.
 */
static int netvsc_nvsp_request(struct netvsc *card,
			       const struct nvsp_message *message)
{
	struct netvsc_queue *queue = &card->queue;
	uint64_t deadline = port_time(card->port) + NETVSC_ANSWER_TIME;
	uint32_t index;
	int error;

	if (!netvsc_alive(card))
		return netvsc_death(card);
	index = netvsc_message_begin(queue, NETVSC_NVSP_REQUEST);
	if (index == NETVSC_NONE)
		return ERROR_BUSY;
	error = netvsc_nvsp_send(card, message, queue->messages[index].id, true,
				 deadline);
	if (!error)
		error = netvsc_wait(card, netvsc_replied, deadline);
	card->control.answered = false;
	/* A reply to a request that was given up is an unknown id. */
	if (error)
		netvsc_message_cancel(queue, index);
	return error;
}

/* Agree on a version: one INIT for each, on the same channel. */
static int netvsc_nvsp_version(struct netvsc *card)
{
	static const uint32_t versions[] = {
		NVSP_VERSION_6_1, NVSP_VERSION_6, NVSP_VERSION_5,
		NVSP_VERSION_4,	  NVSP_VERSION_2, NVSP_VERSION_1,
	};
	const struct netvsc_control *control = &card->control;
	struct nvsp_message message;
	uint32_t status;
	unsigned i;
	int error;

	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (versions[i] > card->configuration.nvsp_version_max)
			continue;
		nvsp_write_init(&message, versions[i]);
		error = netvsc_nvsp_request(card, &message);
		if (error)
			return error;
		if (nvsp_read_init_complete(control->reply,
					    control->reply_bytes, &status) != 0)
			return ERROR_PROTOCOL;
		if (status == NVSP_STATUS_SUCCESS) {
			card->nvsp_version = versions[i];
			return 0;
		}
	}
	return ERROR_NOT_SUPPORTED;
}

static int netvsc_nvsp_ndis(struct netvsc *card)
{
	bool newer = card->nvsp_version >= NVSP_VERSION_5;
	struct nvsp_message message;
	int error;

	if (card->nvsp_version >= NVSP_VERSION_2) {
		nvsp_write_ndis_config(&message, card->nic.information.mtu,
				       NVSP_CAPABILITY_8021Q);
		error = netvsc_nvsp_tell(card, &message);
		if (error)
			return error;
	}
	nvsp_write_ndis_version(&message, 6, newer ? 30 : 1);
	return netvsc_nvsp_tell(card, &message);
}

/* Show a buffer to the host and tell it what it is for. */
static int netvsc_nvsp_give(struct netvsc *card, struct netvsc_buffer *buffer,
			    enum nvsp_type type, uint16_t id)
{
	struct nvsp_message message;
	int error;

	error = gpadl_create(&buffer->gpadl, card->channel, buffer->memory,
			     buffer->pages);
	if (error)
		return error;
	nvsp_write_send_buffer(&message, type, buffer->gpadl.handle, id);
	/* Whatever becomes of the request, the host may have seen it. */
	buffer->given = true;
	return netvsc_nvsp_request(card, &message);
}

static int netvsc_nvsp_receive_buffer(struct netvsc *card)
{
	const struct netvsc_control *control = &card->control;
	struct netvsc_buffer *buffer = &card->receive_buffer;
	struct nvsp_receive_buffer layout;
	int error;

	error = netvsc_nvsp_give(card, buffer, NVSP_SEND_RECEIVE_BUFFER,
				 NETVSC_RECEIVE_BUFFER_ID);
	if (error)
		return error;
	error = nvsp_read_receive_buffer(
		control->reply, control->reply_bytes,
		card->configuration.receive_buffer_bytes, &layout);
	if (error == ERROR_IO)
		buffer->given = false;
	if (error)
		return error;
	log_debug(card->port,
		  "netvsc: receive buffer of %u sections, %u pieces",
		  (unsigned)layout.section_count, (unsigned)layout.piece_count);
	return 0;
}

/* Without it every frame goes by its pages; a host need not have it. */
static int netvsc_nvsp_send_buffer(struct netvsc *card)
{
	const struct netvsc_control *control = &card->control;
	struct netvsc_buffer *buffer = &card->send_buffer;
	uint32_t bytes = card->configuration.send_buffer_bytes;
	int error;

	if (!buffer->memory)
		return 0;
	error = netvsc_nvsp_give(card, buffer, NVSP_SEND_SEND_BUFFER,
				 NETVSC_SEND_BUFFER_ID);
	if (error == ERROR_IO)
		return 0;
	if (error)
		return error;
	error = nvsp_read_send_buffer(control->reply, control->reply_bytes,
				      bytes, &card->section_bytes);
	if (error == ERROR_IO) {
		/* Refused, so there is nothing to revoke. */
		buffer->given = false;
		return 0;
	}
	if (error)
		return error;
	card->section_count = bytes / card->section_bytes;
	return 0;
}

int netvsc_nvsp_up(struct netvsc *card)
{
	int error;

	error = netvsc_nvsp_version(card);
	if (!error)
		error = netvsc_nvsp_ndis(card);
	if (!error)
		error = netvsc_nvsp_receive_buffer(card);
	if (!error)
		error = netvsc_nvsp_send_buffer(card);
	return error;
}

void netvsc_revoke(struct netvsc *card, struct netvsc_buffer *buffer)
{
	bool receive = buffer == &card->receive_buffer;
	struct nvsp_message message;

	if (!buffer->given)
		return;
	buffer->given = false;
	nvsp_write_revoke(
		&message,
		receive ? NVSP_REVOKE_RECEIVE_BUFFER : NVSP_REVOKE_SEND_BUFFER,
		receive ? NETVSC_RECEIVE_BUFFER_ID : NETVSC_SEND_BUFFER_ID);
	/* A host that does not take it gets CLOSE all the same. */
	netvsc_nvsp_tell(card, &message);
}
