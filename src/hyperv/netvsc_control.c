/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting for the host, RNDIS requests, and what the host says by itself.
 *
 * A request lies in a page of its own, goes to the host as that page, and has
 * two ends: the completion of its packet, from when on the page is the guest's
 * again, and the answer, a message in the receive buffer. They come in any
 * order, or not at all. Requests are made one at a time; an answer is known by
 * its type and the request id, so one that comes after its request was given
 * up, or twice, is not taken for another's (RESET has no id, and there is only
 * one at a time).
 */
#include "hyperv/netvsc_internal.h"

#include <string.h>

#include "port/log.h"

/**
 * What INITIALIZE says that this guest can take; nothing it does exceeds it.
 */
#define TRANSFER_BYTES_MAX 0x4000u
#define MEDIUM_802_3	   0u
/** The longest sleep between two looks at messages. */
#define WAIT_PAUSE	   1000000ull

/* ---- Waiting ---- */

/*
 * Leave the channel's interrupt as the stack has it: armed if it was, with a
 * wake-up for what was lined up meanwhile.
 */
static void netvsc_settle(struct netvsc_queue *queue)
{
	struct netvsc *card = queue->card;

	if (!atomic_load(&queue->armed)) {
		channel_mask(queue->channel);
		return;
	}
	if (!netvsc_has_work(queue) && channel_unmask(queue->channel))
		return;
	if (atomic_exchange(&queue->armed, false))
		card->stack.wake(card->stack.context, queue->index);
}

static int netvsc_wait_loop(struct netvsc *card,
			    bool (*holds)(const struct netvsc *card),
			    uint64_t deadline)
{
	struct netvsc_queue *queue = &card->queue;
	uint64_t now;

	for (;;) {
		vmbus_poll(card->bus);
		if (netvsc_alive(card)) {
			netvsc_poll(queue, true);
			netvsc_flush(queue);
		}
		if (holds(card))
			return 0;
		if (!netvsc_alive(card))
			return netvsc_death(card);
		now = port_time(card->port);
		if (now >= deadline)
			return ERROR_TIMED_OUT;
		/*
		 * An interrupt is to end the pause; one for a message of VMBus
		 * may have been taken since that was polled.
		 */
		if (channel_unmask(queue->channel) ||
		    !netvsc_can_read(queue, true))
			port_relax(card->port, deadline - now < WAIT_PAUSE
						       ? deadline
						       : now + WAIT_PAUSE);
	}
}

int netvsc_wait(struct netvsc *card, bool (*holds)(const struct netvsc *card),
		uint64_t deadline)
{
	int error = netvsc_wait_loop(card, holds, deadline);

	if (netvsc_alive(card))
		netvsc_settle(&card->queue);
	return error;
}

static bool netvsc_has_room(const struct netvsc *card)
{
	return channel_room(card->channel) >= NETVSC_PAGES_RING_BYTES(1);
}

int netvsc_wait_for_room(struct netvsc *card, uint64_t deadline)
{
	int error;

	netvsc_ask_for_room(&card->queue, NETVSC_ROOM_CONTROL,
			    NETVSC_PAGES_RING_BYTES(1));
	error = netvsc_wait(card, netvsc_has_room, deadline);
	if (netvsc_alive(card))
		netvsc_got_room(&card->queue, NETVSC_ROOM_CONTROL);
	return error;
}

/* ---- Requests ---- */

static bool netvsc_page_idle(const struct netvsc *card)
{
	return !card->control.busy;
}

/* Answered; or the host refused the packet, and no answer will come. */
static bool netvsc_answered(const struct netvsc *card)
{
	return card->control.answered || card->control.refused;
}

/* Stage the packet of a control message that lies in the control page. */
static int netvsc_control_stage(struct netvsc *card, enum netvsc_kind kind,
				uint8_t *message, uint32_t bytes,
				uint32_t answer)
{
	struct netvsc_queue *queue = &card->queue;
	uint32_t index = netvsc_message_begin(queue, kind);
	struct channel_range range = {.data = message, .bytes = bytes};
	struct nvsp_message nvsp;
	int error;

	/* There is a message for each: NETVSC_CONTROL_MESSAGES. */
	if (index == NETVSC_NONE)
		return ERROR_BUSY;
	queue->messages[index].answer = answer;
	nvsp_write_rndis_packet(&nvsp, NVSP_CHANNEL_CONTROL, NVSP_SECTION_NONE,
				0);
	port_dma_give(card->port, message, bytes, PORT_DMA_TO_DEVICE);
	error = channel_send_ranges(queue->channel, &range, 1, &nvsp,
				    sizeof(nvsp), queue->messages[index].id);
	if (error) {
		port_dma_take(card->port, message, bytes, PORT_DMA_TO_DEVICE);
		netvsc_message_cancel(queue, index);
	}
	return netvsc_staged(queue, error);
}

/* Send the request that was written to the page. */
static int netvsc_request_send(struct netvsc *card, uint32_t bytes,
			       uint64_t deadline)
{
	struct netvsc_control *control = &card->control;
	int error;

	control->refused = false;
	control->answered = false;
	control->request_bytes = bytes;
	for (;;) {
		error = netvsc_control_stage(card, NETVSC_RNDIS_REQUEST,
					     control->page, bytes, 0);
		if (error != ERROR_AGAIN)
			break;
		error = netvsc_wait_for_room(card, deadline);
		if (error)
			return error;
	}
	if (error)
		return netvsc_alive(card) ? ERROR_IO : netvsc_death(card);
	control->busy = true;
	netvsc_flush(&card->queue);
	return 0;
}

/* Wait until the page is free, and the guest's to write a request to. */
static int netvsc_request_begin(struct netvsc *card, uint64_t *deadline)
{
	*deadline = port_time(card->port) + NETVSC_ANSWER_TIME;
	if (!netvsc_alive(card))
		return netvsc_death(card);
	if (!card->control.busy)
		return 0;
	return netvsc_wait(card, netvsc_page_idle, *deadline);
}

/* Send the request and wait for the answer, which is in control.answer. */
static int netvsc_request(struct netvsc *card, uint32_t bytes, uint32_t type,
			  uint32_t request_id, uint64_t deadline)
{
	struct netvsc_control *control = &card->control;
	int error;

	control->awaited_type = type | RNDIS_COMPLETE;
	control->awaited_id = request_id;
	error = netvsc_request_send(card, bytes, deadline);
	if (!error)
		error = netvsc_wait(card, netvsc_answered, deadline);
	if (!error && !control->answered)
		error = netvsc_alive(card) ? ERROR_IO : netvsc_death(card);
	control->awaited_type = 0;
	control->answered = false;
	return error;
}

static int netvsc_status_error(struct netvsc *card, uint32_t status)
{
	switch (status) {
	case RNDIS_STATUS_SUCCESS:
		return 0;
	case RNDIS_STATUS_NOT_SUPPORTED:
	case RNDIS_STATUS_INVALID_OID:
		return ERROR_NOT_SUPPORTED;
	default:
		log_debug(card->port, "netvsc: RNDIS status %#x",
			  (unsigned)status);
		return ERROR_IO;
	}
}

static uint32_t netvsc_next_id(struct netvsc *card)
{
	return ++card->control.last_id;
}

/* What the device says of aggregates is believed as far as it makes sense. */
static void netvsc_aggregate_set(struct netvsc *card,
				 const struct rndis_device *device)
{
	card->aggregate_frames = device->packets_max;
	card->aggregate_bytes = device->transfer_bytes_max;
	card->alignment = 8;
	if (device->packet_alignment < 32 &&
	    1u << device->packet_alignment <= NETVSC_ALIGNMENT_MAX)
		card->alignment = 1u << device->packet_alignment;
	else
		card->aggregate_frames = 1;
	if (card->aggregate_frames == 0)
		card->aggregate_frames = 1;
}

int netvsc_rndis_initialize(struct netvsc *card)
{
	struct netvsc_control *control = &card->control;
	struct rndis_device device;
	uint64_t deadline;
	uint32_t bytes, id = netvsc_next_id(card);
	int error;

	error = netvsc_request_begin(card, &deadline);
	if (error)
		return error;
	bytes = rndis_write_initialize(control->page, id, TRANSFER_BYTES_MAX);
	error = netvsc_request(card, bytes, RNDIS_INITIALIZE, id, deadline);
	if (error)
		return error;
	if (rndis_read_initialize_complete(control->answer,
					   control->answer_bytes, &device) != 0)
		return ERROR_PROTOCOL;
	error = netvsc_status_error(card, device.status);
	if (error)
		return error;
	if (device.medium != MEDIUM_802_3)
		return ERROR_NOT_SUPPORTED;
	netvsc_aggregate_set(card, &device);
	return 0;
}

/* QUERY or SET, up to the answer in control.answer. */
static int netvsc_object_request(struct netvsc *card, enum rndis_type type,
				 uint32_t oid, const void *buffer,
				 uint32_t buffer_bytes)
{
	uint32_t bytes, id = netvsc_next_id(card);
	uint64_t deadline;
	int error;

	error = netvsc_request_begin(card, &deadline);
	if (error)
		return error;
	bytes = rndis_write_request(card->control.page, NETVSC_REQUEST_BYTES,
				    type, id, oid, buffer, buffer_bytes);
	if (bytes == 0)
		return ERROR_INVALID;
	return netvsc_request(card, bytes, type, id, deadline);
}

int netvsc_rndis_query(struct netvsc *card, uint32_t oid, const void *buffer,
		       uint32_t bytes, struct rndis_answer *answer)
{
	const struct netvsc_control *control = &card->control;
	int error =
		netvsc_object_request(card, RNDIS_QUERY, oid, buffer, bytes);

	if (error)
		return error;
	if (rndis_read_query_complete(control->answer, control->answer_bytes,
				      answer) != 0)
		return ERROR_PROTOCOL;
	return netvsc_status_error(card, answer->status);
}

int netvsc_rndis_set(struct netvsc *card, uint32_t oid, const void *buffer,
		     uint32_t bytes)
{
	const struct netvsc_control *control = &card->control;
	struct rndis_answer answer;
	int error = netvsc_object_request(card, RNDIS_SET, oid, buffer, bytes);

	if (error)
		return error;
	if (rndis_read_set_complete(control->answer, control->answer_bytes,
				    &answer) != 0)
		return ERROR_PROTOCOL;
	return netvsc_status_error(card, answer.status);
}

int netvsc_rndis_reset(struct netvsc *card, bool *addressing_reset)
{
	struct netvsc_control *control = &card->control;
	struct rndis_answer answer;
	uint64_t deadline;
	int error;

	error = netvsc_request_begin(card, &deadline);
	if (error)
		return error;
	error = netvsc_request(card, rndis_write_reset(control->page),
			       RNDIS_RESET, 0, deadline);
	if (error)
		return error;
	if (rndis_read_reset_complete(control->answer, control->answer_bytes,
				      &answer, addressing_reset) != 0)
		return ERROR_PROTOCOL;
	return netvsc_status_error(card, answer.status);
}

void netvsc_rndis_halt(struct netvsc *card)
{
	uint64_t deadline;
	uint32_t bytes;

	if (netvsc_request_begin(card, &deadline) != 0)
		return;
	bytes = rndis_write_halt(card->control.page, netvsc_next_id(card));
	if (netvsc_request_send(card, bytes, deadline) == 0)
		netvsc_wait(card, netvsc_page_idle, deadline);
}

static uint8_t *netvsc_answer_at(struct netvsc_control *control, uint32_t i)
{
	return control->page + NETVSC_REQUEST_BYTES + i * NETVSC_ANSWER_BYTES;
}

void netvsc_control_sent(struct netvsc *card, uint32_t index, bool success)
{
	struct netvsc_message *message = &card->queue.messages[index];
	struct netvsc_control *control = &card->control;

	if (message->kind == NETVSC_RNDIS_ANSWER) {
		port_dma_take(card->port,
			      netvsc_answer_at(control, message->answer),
			      sizeof(struct rndis_status_complete),
			      PORT_DMA_TO_DEVICE);
		control->answer_busy[message->answer] = false;
		return;
	}
	port_dma_take(card->port, control->page, control->request_bytes,
		      PORT_DMA_TO_DEVICE);
	control->busy = false;
	control->refused = !success;
}

/* ---- What the host says by itself ---- */

/* KEEPALIVE is answered at once, or when there is room (MS-RNDIS 2.2.8). */
static int netvsc_keepalive(struct netvsc *card)
{
	struct netvsc_control *control = &card->control;
	uint32_t id, i;

	if (rndis_read_keepalive(control->message, control->message_bytes,
				 &id) != 0)
		return ERROR_PROTOCOL;
	for (i = 0; i < NETVSC_ANSWERS; i++)
		if (!control->answer_busy[i])
			break;
	/* So many unanswered: this host cannot be kept alive by one more. */
	if (i == NETVSC_ANSWERS)
		return ERROR_AGAIN;
	control->answer_busy[i] = true;
	control->answer_waits[i] = true;
	control->answer_id[i] = id;
	netvsc_control_answer(card);
	return 0;
}

void netvsc_control_answer(struct netvsc *card)
{
	struct netvsc_control *control = &card->control;
	uint8_t *message;
	uint32_t i, bytes;
	int error;

	for (i = 0; i < NETVSC_ANSWERS; i++) {
		if (!control->answer_waits[i])
			continue;
		message = netvsc_answer_at(control, i);
		bytes = rndis_write_keepalive_complete(message,
						       control->answer_id[i],
						       RNDIS_STATUS_SUCCESS);
		error = netvsc_control_stage(card, NETVSC_RNDIS_ANSWER, message,
					     bytes, i);
		if (error == ERROR_AGAIN) {
			netvsc_ask_for_room(&card->queue, NETVSC_ROOM_CONTROL,
					    NETVSC_PAGES_RING_BYTES(1));
			return;
		}
		control->answer_waits[i] = false;
		if (error)
			control->answer_busy[i] = false;
		netvsc_got_room(&card->queue, NETVSC_ROOM_CONTROL);
	}
}

static int netvsc_indicated(struct netvsc *card)
{
	uint32_t status;

	if (rndis_read_indication(card->control.message,
				  card->control.message_bytes, &status) != 0)
		return ERROR_PROTOCOL;
	switch (status) {
	case RNDIS_STATUS_MEDIA_CONNECT:
	case RNDIS_STATUS_MEDIA_DISCONNECT:
		card->link.up = status == RNDIS_STATUS_MEDIA_CONNECT;
		card->link_stale = true;
		card->events |= NIC_EVENT_LINK;
		break;
	case RNDIS_STATUS_LINK_SPEED:
		card->link_stale = true;
		card->events |= NIC_EVENT_LINK;
		break;
	case RNDIS_STATUS_NETWORK_CHANGE:
		card->events |= NIC_EVENT_NETWORK_CHANGED;
		break;
	default:
		return 0;
	}
	card->events_told = false;
	return 0;
}

/* The answer that is waited for, and no other. */
static bool netvsc_is_awaited(const struct netvsc_control *control,
			      uint32_t type)
{
	le32 id;

	if (control->awaited_type != type)
		return false;
	if (type == (RNDIS_RESET | RNDIS_COMPLETE))
		return true;
	if (control->message_bytes < RNDIS_OFFSET_BASE + sizeof(id))
		return false;
	memcpy(&id, control->message + RNDIS_OFFSET_BASE, sizeof(id));
	return le32_to_cpu(id) == control->awaited_id;
}

/* Keep it from what comes next, and take no second one for it. */
static void netvsc_answer_keep(struct netvsc_control *control)
{
	memcpy(control->answer, control->message, control->message_bytes);
	control->answer_bytes = control->message_bytes;
	control->awaited_type = 0;
	control->answered = true;
}

void netvsc_control_received(struct netvsc *card)
{
	struct netvsc_control *control = &card->control;
	uint32_t type = 0, length;
	int error = 0;

	if (rndis_read_header(control->message, control->message_bytes, &type,
			      &length) != 0)
		error = ERROR_PROTOCOL;
	else if (type == RNDIS_INDICATE_STATUS)
		error = netvsc_indicated(card);
	else if (type == RNDIS_KEEPALIVE)
		error = netvsc_keepalive(card);
	else if (netvsc_is_awaited(control, type))
		netvsc_answer_keep(control);
	/*
	 * An answer that nobody waits for is late, and any other type is not
	 * for a guest: both are completed, and that is all.
	 */
	if (error)
		card->queue.statistics.bad_messages++;
}
