/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets off a card's ring, and completions onto it.
 *
 * Each packet is dispatched by what it is, never by what is expected next: a
 * host may tell of a virtual function, change the link or deliver frames while
 * it is asked for something else.
 */
#include "hyperv/netvsc_internal.h"

#include "port/log.h"

bool netvsc_alive(struct netvsc *card)
{
	if (card->removed || card->failed)
		return false;
	if (!vmbus_rescinded(card->channel))
		return true;
	netvsc_die(card, NIC_EVENT_REMOVED);
	return false;
}

void netvsc_die(struct netvsc *card, enum nic_event event)
{
	if (card->removed || card->failed)
		return;
	card->removed = event == NIC_EVENT_REMOVED;
	card->failed = !card->removed;
	card->events |= event;
	card->events_told = false;
	card->link.up = false;
	log_warning(card->port, "netvsc: %s",
		    card->removed ? "the host took the card away"
				  : "the host broke the protocol");
	netvsc_abandon(card);
}

/*
 * A packet to the host is completed, or never will be. Its transaction has
 * ended; what hung on it ends here.
 */
static void netvsc_message_done(struct netvsc_queue *queue, uint32_t index,
				bool success)
{
	enum netvsc_kind kind = queue->messages[index].kind;

	if (kind == NETVSC_FRAMES)
		netvsc_transmitted(queue, index, success);
	else if (kind != NETVSC_NVSP_REQUEST)
		netvsc_control_sent(queue->card, index, success);
	queue->messages[index].kind = NETVSC_FREE;
}

void netvsc_abandon(struct netvsc *card)
{
	struct netvsc_queue *queue = &card->queue;
	/* A host that is not gone may read on until the channel is closed. */
	bool frames_stay = card->failed && card->channel_open;
	enum netvsc_kind kind;
	uint32_t i;

	for (i = 0; i < queue->transactions.count; i++) {
		kind = queue->messages[i].kind;
		if (kind == NETVSC_FREE ||
		    (kind == NETVSC_FRAMES && frames_stay))
			continue;
		transaction_end(&queue->transactions, queue->messages[i].id);
		netvsc_message_done(queue, i, false);
	}
	queue->transmit.aggregate.open = false;
	netvsc_receive_drop(queue);
	queue->receive.owed_count = 0;
	queue->staged = false;
}

uint32_t netvsc_message_begin(struct netvsc_queue *queue, enum netvsc_kind kind)
{
	struct netvsc_message *message;
	uint64_t id;
	int index = transaction_begin(&queue->transactions, &id);

	if (index < 0)
		return NETVSC_NONE;
	message = &queue->messages[index];
	message->id = id;
	message->kind = kind;
	message->frames = 0;
	message->bytes = 0;
	message->section = NETVSC_NONE;
	message->owner = NULL;
	message->first_piece = NETVSC_NONE;
	message->header_bytes = 0;
	return (uint32_t)index;
}

void netvsc_message_cancel(struct netvsc_queue *queue, uint32_t index)
{
	struct netvsc_message *message = &queue->messages[index];

	if (message->kind == NETVSC_FREE)
		return;
	message->kind = NETVSC_FREE;
	transaction_end(&queue->transactions, message->id);
}

/* ---- Onto the ring ---- */

int netvsc_staged(struct netvsc_queue *queue, int result)
{
	if (result == 0)
		queue->staged = true;
	else if (result == ERROR_NO_DEVICE)
		netvsc_alive(queue->card);
	else if (result != ERROR_AGAIN && result != ERROR_NO_SPACE)
		netvsc_die(queue->card, NIC_EVENT_FAILED);
	return result;
}

void netvsc_flush(struct netvsc_queue *queue)
{
	if (!queue->staged)
		return;
	queue->staged = false;
	if (channel_flush(queue->channel))
		queue->statistics.doorbells++;
}

static void netvsc_room_wanted(struct netvsc_queue *queue)
{
	uint32_t most = 0;
	unsigned i;

	for (i = 0; i < NETVSC_ROOMS; i++)
		if (queue->room_wanted[i] > most)
			most = queue->room_wanted[i];
	channel_pending_send(queue->channel, most);
}

void netvsc_ask_for_room(struct netvsc_queue *queue, enum netvsc_room room,
			 uint32_t bytes)
{
	/* The host makes room only by reading what it has been shown. */
	netvsc_flush(queue);
	if (queue->room_wanted[room] == bytes)
		return;
	queue->room_wanted[room] = bytes;
	netvsc_room_wanted(queue);
}

void netvsc_got_room(struct netvsc_queue *queue, enum netvsc_room room)
{
	if (queue->room_wanted[room] == 0)
		return;
	queue->room_wanted[room] = 0;
	netvsc_room_wanted(queue);
}

static int netvsc_complete_now(struct netvsc_queue *queue,
			       uint64_t transaction_id, uint32_t status)
{
	struct nvsp_message message;

	nvsp_write_complete(&message, status);
	return netvsc_staged(queue,
			     channel_complete(queue->channel, &message,
					      sizeof(message), transaction_id));
}

void netvsc_complete(struct netvsc_queue *queue, uint64_t transaction_id,
		     bool failed)
{
	struct netvsc_receive *receive = &queue->receive;
	uint32_t status = failed ? NVSP_STATUS_FAILURE : NVSP_STATUS_SUCCESS;
	struct netvsc_completion *owed;

	if (!queue->card->channel_open || queue->card->removed ||
	    queue->card->failed)
		return;
	if (receive->owed_count == 0 &&
	    netvsc_complete_now(queue, transaction_id, status) != ERROR_AGAIN)
		return;
	/* There is room: netvsc_can_read() counted before it was read. */
	owed = &receive->owed[(receive->owed_first + receive->owed_count++) %
			      NETVSC_OWED];
	owed->transaction_id = transaction_id;
	owed->status = status;
	netvsc_ask_for_room(queue, NETVSC_ROOM_COMPLETIONS,
			    NETVSC_INBAND_RING_BYTES);
}

/* What found the ring full and can go now; in the order that it came. */
static void netvsc_send_owed(struct netvsc_queue *queue)
{
	struct netvsc_receive *receive = &queue->receive;
	struct netvsc_completion *owed;

	while (receive->owed_count > 0) {
		owed = &receive->owed[receive->owed_first];
		if (netvsc_complete_now(queue, owed->transaction_id,
					owed->status) != 0)
			break;
		receive->owed_first = (receive->owed_first + 1) % NETVSC_OWED;
		receive->owed_count--;
	}
	if (receive->owed_count > 0)
		netvsc_ask_for_room(queue, NETVSC_ROOM_COMPLETIONS,
				    NETVSC_INBAND_RING_BYTES);
	else
		netvsc_got_room(queue, NETVSC_ROOM_COMPLETIONS);
}

/* ---- Off the ring ---- */

/* Something that this guest sent is completed. */
static void netvsc_completed(struct netvsc_queue *queue, uint64_t id,
			     const uint8_t *payload, uint32_t bytes)
{
	struct netvsc_control *control = &queue->card->control;
	int index = transaction_end(&queue->transactions, id);
	uint32_t status = 0;

	if (index < 0) {
		queue->statistics.bad_messages++;
		return;
	}
	if (queue->messages[index].kind == NETVSC_NVSP_REQUEST) {
		netvsc_message_done(queue, (uint32_t)index, true);
		control->reply = payload;
		control->reply_bytes = bytes;
		control->answered = true;
		return;
	}
	if (nvsp_read_complete(payload, bytes, &status) != 0)
		queue->statistics.bad_messages++;
	netvsc_message_done(queue, (uint32_t)index,
			    status == NVSP_STATUS_SUCCESS);
}

/* A message of the host's that is no answer and carries no RNDIS. */
static void netvsc_inband(struct netvsc_queue *queue, const uint8_t *payload,
			  uint32_t bytes)
{
	uint32_t entries[NVSP_INDIRECTION_MAX];
	struct netvsc *card = queue->card;
	uint32_t type = 0;

	if (nvsp_read_type(payload, bytes, &type) == 0) {
		/* There is no virtual function driver to hand over to. */
		if (type == NVSP_VF_ASSOCIATION)
			return;
		/* With one queue there is one way to follow it. */
		if (type == NVSP_INDIRECTION_TABLE &&
		    nvsp_read_indirection_table(payload, bytes,
						card->nvsp_version,
						card->nic.information.queues,
						entries) >= 0)
			return;
	}
	queue->statistics.bad_messages++;
}

static void netvsc_dispatch(struct netvsc_queue *queue,
			    const struct ring_packet *packet)
{
	const uint8_t *payload = queue->packet + packet->header_bytes;

	switch (packet->type) {
	case RING_PACKET_COMPLETION:
		netvsc_completed(queue, packet->transaction_id, payload,
				 packet->payload_bytes);
		return;
	case RING_PACKET_TRANSFER_PAGES:
		netvsc_received(queue, packet);
		return;
	case RING_PACKET_INBAND:
		netvsc_inband(queue, payload, packet->payload_bytes);
		break;
	default:
		queue->statistics.bad_messages++;
		break;
	}
	if (packet->completion_requested)
		netvsc_complete(queue, packet->transaction_id, false);
}

/* A packet longer than any that makes sense: it was skipped. */
static void netvsc_dispatch_skipped(struct netvsc_queue *queue,
				    const struct ring_packet *packet)
{
	queue->statistics.bad_messages++;
	if (packet->type == RING_PACKET_TRANSFER_PAGES ||
	    packet->completion_requested)
		netvsc_complete(queue, packet->transaction_id, true);
}

bool netvsc_can_read(const struct netvsc_queue *queue, bool past_frames)
{
	const struct netvsc_receive *receive = &queue->receive;

	if (receive->packets + receive->owed_count >= NETVSC_OWED)
		return false;
	return past_frames ||
	       NETVSC_LINE - receive->line_count >= NETVSC_RANGES_MAX;
}

void netvsc_poll(struct netvsc_queue *queue, bool past_frames)
{
	struct netvsc *card = queue->card;
	unsigned budget = NETVSC_POLL_BUDGET;
	struct ring_packet packet = {0};
	bool any = false;
	int got = 0;

	if (card->removed || card->failed)
		return;
	netvsc_send_owed(queue);
	netvsc_control_answer(card);
	while (budget-- > 0 && netvsc_can_read(queue, past_frames) &&
	       !card->control.answered && !card->removed && !card->failed) {
		got = channel_receive(queue->channel, &packet, queue->packet,
				      NETVSC_PACKET_BYTES);
		if (got == 1)
			netvsc_dispatch(queue, &packet);
		else if (got == ERROR_NO_SPACE)
			netvsc_dispatch_skipped(queue, &packet);
		else
			break;
		any = true;
	}
	if (got == ERROR_NO_DEVICE)
		netvsc_alive(card);
	else if (got < 0 && got != ERROR_NO_SPACE)
		netvsc_die(card, NIC_EVENT_FAILED);
	if (any && channel_received(queue->channel))
		queue->statistics.doorbells++;
}

bool netvsc_has_work(struct netvsc_queue *queue)
{
	uint32_t room;
	unsigned i;

	if (queue->receive.line_count > 0 || queue->transmit.done_count > 0 ||
	    queue->transmit.place_free)
		return true;
	if (queue->card->removed || queue->card->failed)
		return false;
	for (i = 0; i < NETVSC_ROOMS; i++) {
		if (queue->room_wanted[i] == 0)
			continue;
		/*
		 * Asked for, then looked again: the host signals, or it fits.
		 */
		room = channel_room(queue->channel);
		if (room >= queue->room_wanted[i])
			return true;
	}
	return false;
}

/*
 * Whether there is room is known for certain only to who transmits. A stack
 * that does not would be told for ever.
 */
void netvsc_room_said(struct netvsc_queue *queue)
{
	queue->transmit.place_free = false;
	if (channel_room(queue->channel) >=
	    queue->room_wanted[NETVSC_ROOM_FRAMES])
		netvsc_got_room(queue, NETVSC_ROOM_FRAMES);
}
