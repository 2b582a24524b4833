/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS control messages, both ways, on the primary channel.
 *
 * The NVSP packet that carries a request is completed at once; the answer is a
 * message of its own. Answers and what the host says by itself wait, in order,
 * for one of the sub-allocations that are kept for them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/hyperv/netvsp_internal.h"
#include "mocks/hyperv/rndis_wire.h"
#include "mocks/machine/fault.h"
#include "mocks/machine/trace.h"

/** The range of an answer to SET, whose message is only 16 bytes. */
#define SET_RANGE_BYTES	     52u
/** What an early host writes into the length of its INDICATE 40020006. */
#define INDICATE_SHORT_BYTES 12u

/* ---- To the guest ---- */

/* A message to fill in; queued already. NULL: too many wait, or no memory. */
static struct netvsp_message *message_new(struct host_netvsp *netvsp)
{
	struct netvsp_message *message;

	if (netvsp->control_bytes > NETVSP_CONTROL_BYTES_MAX)
		return NULL;
	message = calloc(1, sizeof(*message));
	if (!message)
		return NULL;
	if (netvsp->control_last)
		netvsp->control_last->next = message;
	else
		netvsp->control_first = message;
	netvsp->control_last = message;
	return message;
}

static void message_ready(struct host_netvsp *netvsp,
			  struct netvsp_message *message, uint32_t bytes)
{
	message->bytes = bytes;
	netvsp->control_bytes += bytes;
	machine_work_kick(netvsp->machine, &netvsp->queues[0].work);
}

static void message_remove(struct host_netvsp *netvsp)
{
	struct netvsp_message *message = netvsp->control_first;

	netvsp->control_first = message->next;
	if (!message->next)
		netvsp->control_last = NULL;
	netvsp->control_bytes -= message->bytes;
	free(message);
}

void netvsp_control_drop(struct host_netvsp *netvsp)
{
	while (netvsp->control_first)
		message_remove(netvsp);
}

bool netvsp_control_step(struct host_netvsp *netvsp)
{
	struct netvsp_receive_buffer *buffer = &netvsp->receive;
	struct netvsp_message *message = netvsp->control_first;
	struct host_transfer_range range;
	uint16_t id;

	if (!message || !buffer->free_control_count)
		return false;
	id = buffer->free_control[buffer->free_control_count - 1];
	netvsp_message_put(&netvsp->queues[0], buffer->offsets[id],
			   message->content, message->bytes);
	range.length = cpu_to_le32(message->bytes);
	range.offset = cpu_to_le32(buffer->offsets[id]);
	memcpy(netvsp->transfer + sizeof(struct host_transfer_header), &range,
	       sizeof(range));
	if (netvsp_transfer(&netvsp->queues[0], HOST_NVSP_CHANNEL_CONTROL, id,
			    1) != HOST_SEND_DONE)
		return false;
	buffer->free_control_count--;
	buffer->holder[id] = 1;
	buffer->next[id] = NETVSP_NO_NEXT;
	buffer->outstanding++;
	message_remove(netvsp);
	return true;
}

void netvsp_indicate(struct host_netvsp *netvsp, uint32_t status,
		     const void *information, uint32_t bytes)
{
	struct netvsp_message *message;

	if (!netvsp->rndis_up || netvsp->dead || !netvsp->receive.gpadl)
		return;
	message = message_new(netvsp);
	if (message)
		message_ready(netvsp, message,
			      host_rndis_write_indicate(message->content,
							status, information,
							bytes));
}

/* ---- What the world does to a card ---- */

void host_netvsp_link_set(struct host_netvsp *netvsp, bool up)
{
	if (netvsp->card.link_up == up)
		return;
	machine_trace_note(netvsp->machine,
			   up ? TRACE_NOTE_LINK_UP : TRACE_NOTE_LINK_DOWN);
	netvsp->card.link_up = up;
	netvsp_indicate(netvsp,
			up ? HOST_RNDIS_CONNECTED : HOST_RNDIS_DISCONNECTED,
			NULL, 0);
}

void host_netvsp_speed_set(struct host_netvsp *netvsp, uint32_t mbps)
{
	uint8_t information[HOST_RNDIS_INFORMATION_MAX];
	uint32_t bytes;
	char text[64];

	if (netvsp->card.speed_mbps == mbps)
		return;
	snprintf(text, sizeof(text), TRACE_NOTE_SPEED, mbps);
	machine_trace_note(netvsp->machine, text);
	netvsp->card.speed_mbps = mbps;
	host_rndis_oid_query(&netvsp->card, HOST_OID_LINK_SPEED, NULL, 0,
			     information, &bytes);
	netvsp_indicate(netvsp, HOST_RNDIS_LINK_SPEED, information, bytes);
}

void host_netvsp_network_change(struct host_netvsp *netvsp)
{
	machine_trace_note(netvsp->machine, HOST_NETVSP_NOTE_NETWORK);
	netvsp_indicate(netvsp, HOST_RNDIS_NETWORK_CHANGE, NULL, 0);
}

void host_netvsp_keepalive(struct host_netvsp *netvsp)
{
	struct netvsp_message *message;

	if (!netvsp->rndis_up || netvsp->dead || !netvsp->receive.gpadl)
		return;
	machine_trace_note(netvsp->machine, HOST_NETVSP_NOTE_KEEPALIVE);
	if (netvsp->keepalive_pending)
		machine_violation(netvsp->machine,
				  "MS-RNDIS REMOTE_NDIS_KEEPALIVE_MSG",
				  "request %#x was not answered before the "
				  "next",
				  netvsp->keepalive_request);
	message = message_new(netvsp);
	if (!message)
		return;
	netvsp->keepalive_request++;
	netvsp->keepalive_pending = true;
	message_ready(netvsp, message,
		      host_rndis_write_keepalive(message->content,
						 netvsp->keepalive_request));
}

/* ---- From the guest ---- */

/* Frames that still wait are not for a guest that wants none. */
static void frames_drop(struct host_netvsp *netvsp, uint64_t *counter)
{
	unsigned i;

	for (i = 0; i < NETVSP_QUEUES_MAX; i++)
		netvsp_receive_drop(&netvsp->queues[i], counter);
}

/* The current offloads, before anybody asked, with a length that is wrong. */
static void offload_indicate(struct host_netvsp *netvsp)
{
	uint8_t information[HOST_RNDIS_INFORMATION_MAX];
	struct netvsp_message *message = message_new(netvsp);
	uint32_t bytes;

	if (!message)
		return;
	host_rndis_oid_query(&netvsp->card, HOST_OID_OFFLOAD_CURRENT, NULL, 0,
			     information, &bytes);
	bytes = host_rndis_write_indicate(message->content,
					  HOST_RNDIS_OFFLOAD_CURRENT,
					  information, bytes);
	host_rndis_length_set(message->content, INDICATE_SHORT_BYTES);
	message_ready(netvsp, message, bytes);
}

static bool control_fails(struct host_netvsp *netvsp)
{
	return machine_fault_fires(netvsp->machine, MACHINE_FAULT_CONTROL);
}

static void initialize(struct host_netvsp *netvsp,
		       const struct host_rndis_control *control,
		       struct netvsp_message *message)
{
	bool good = control->major == 1 && control->minor == 0 &&
		    !control_fails(netvsp);

	if (good) {
		netvsp->rndis_up = true;
		host_rndis_card_reset(&netvsp->card);
	}
	message_ready(
		netvsp, message,
		host_rndis_write_initialize(message->content, control->request,
					    good ? HOST_RNDIS_SUCCESS
						 : HOST_RNDIS_BAD_VERSION));
	if (good && host_vmbus_personality(netvsp->vmbus)->offload_indication)
		offload_indicate(netvsp);
}

static void query(struct host_netvsp *netvsp,
		  const struct host_rndis_control *control,
		  struct netvsp_message *message)
{
	uint32_t bytes = 0;
	uint32_t status;

	_Static_assert(HOST_RNDIS_QUERY_HEADER + HOST_RNDIS_INFORMATION_MAX <=
			       HOST_RNDIS_CONTROL_MAX,
		       "an answer fits");
	if (control_fails(netvsp))
		status = HOST_RNDIS_FAILURE;
	else if (control->information_bytes && !control->information)
		status = HOST_RNDIS_INVALID_DATA;
	else
		status = host_rndis_oid_query(
			&netvsp->card, control->oid, control->information,
			control->information_bytes,
			message->content + HOST_RNDIS_QUERY_HEADER, &bytes);
	host_fault_query(netvsp->partition, control->oid,
			 message->content + HOST_RNDIS_QUERY_HEADER,
			 HOST_RNDIS_INFORMATION_MAX, &bytes);
	message_ready(netvsp, message,
		      host_rndis_write_query(message->content, control->request,
					     status, bytes));
}

static void set(struct host_netvsp *netvsp,
		const struct host_rndis_control *control,
		struct netvsp_message *message)
{
	uint32_t status = HOST_RNDIS_FAILURE;

	if (!control_fails(netvsp))
		status = host_rndis_oid_set(&netvsp->card, control->oid,
					    control->information,
					    control->information_bytes);

	if (!netvsp->card.filter)
		frames_drop(netvsp, &netvsp->counters.rx_drop_filter);
	host_rndis_write_set(message->content, control->request, status);
	message_ready(netvsp, message, SET_RANGE_BYTES);
}

static void keepalive_answered(struct host_netvsp *netvsp,
			       const struct host_rndis_control *control)
{
	if (!netvsp->keepalive_pending ||
	    control->request != netvsp->keepalive_request)
		machine_violation(netvsp->machine,
				  "MS-RNDIS REMOTE_NDIS_KEEPALIVE_CMPLT",
				  "request %#x was not asked",
				  control->request);
	else if (control->status)
		machine_violation(netvsp->machine,
				  "MS-RNDIS REMOTE_NDIS_KEEPALIVE_CMPLT",
				  "the guest is not well: status %#x",
				  control->status);
	netvsp->keepalive_pending = false;
}

/* Something that a fault says. */
static void fault_say(void *context, const uint8_t *content, uint32_t bytes)
{
	struct netvsp_message *message = message_new(context);

	if (!message)
		return;
	memcpy(message->content, content, bytes);
	message_ready(context, message, bytes);
}

/* A request whose answer is prepared already. */
static void request(struct host_netvsp *netvsp,
		    const struct host_rndis_control *control,
		    struct netvsp_message *message)
{
	switch (control->type) {
	case HOST_RNDIS_INITIALIZE:
		initialize(netvsp, control, message);
		break;
	case HOST_RNDIS_QUERY:
		query(netvsp, control, message);
		break;
	case HOST_RNDIS_SET:
		set(netvsp, control, message);
		break;
	case HOST_RNDIS_RESET:
		/* Filter and offloads are the guest's to set again. */
		host_rndis_card_reset(&netvsp->card);
		frames_drop(netvsp, &netvsp->counters.rx_drop_filter);
		message_ready(netvsp, message,
			      host_rndis_write_reset(message->content,
						     HOST_RNDIS_SUCCESS, true));
		break;
	default: /* KEEPALIVE */
		message_ready(netvsp, message,
			      host_rndis_write_keepalive_complete(
				      message->content, control->request,
				      HOST_RNDIS_SUCCESS));
	}
}

/* What makes a message impossible now; NULL: nothing. */
static const char *out_of_order(const struct host_netvsp *netvsp, uint32_t type)
{
	if (type == HOST_RNDIS_HALT)
		return NULL;
	if (!netvsp->receive.gpadl)
		return "comes after the receive buffer was revoked";
	if (type == HOST_RNDIS_INITIALIZE)
		return netvsp->rndis_up ? "comes a second time" : NULL;
	return netvsp->rndis_up ? NULL : "comes before INITIALIZE";
}

void netvsp_control(struct netvsp_queue *queue,
		    const struct host_packet *packet, const uint8_t *message,
		    uint32_t bytes)
{
	struct host_netvsp *netvsp = queue->netvsp;
	struct host_rndis_control control;
	struct netvsp_message *answer = NULL;
	const char *fault = NULL;

	if (queue->index) {
		machine_violation(netvsp->machine, "MS-RNDIS control messages",
				  "sent on a subchannel");
		netvsp_complete_rndis(queue, packet, HOST_NVSP_STATUS_FAILURE);
		return;
	}
	fault = host_rndis_control_parse(message, bytes, &control);
	if (!fault)
		fault = out_of_order(netvsp, control.type);
	if (fault) {
		netvsp_break(netvsp, "MS-RNDIS control messages",
			     "message type %#x %s", control.type, fault);
		netvsp_complete_rndis(queue, packet, HOST_NVSP_STATUS_FAILURE);
		return;
	}
	if (control.type != HOST_RNDIS_HALT &&
	    control.type != (HOST_RNDIS_KEEPALIVE | HOST_RNDIS_COMPLETE)) {
		answer = message_new(netvsp);
		if (!answer) {
			netvsp_complete_rndis(queue, packet,
					      HOST_NVSP_STATUS_FAILURE);
			return;
		}
	}
	netvsp_complete_rndis(queue, packet, HOST_NVSP_STATUS_SUCCESS);
	if (answer) {
		request(netvsp, &control, answer);
		host_fault_say(queue->channel);
		host_fault_control(netvsp->partition, fault_say, netvsp);
	} else if (control.type == HOST_RNDIS_HALT) {
		netvsp->rndis_up = false;
		netvsp->keepalive_pending = false;
		host_rndis_card_reset(&netvsp->card);
		frames_drop(netvsp, &netvsp->counters.rx_drop_state);
	} else {
		keepalive_answered(netvsp, &control);
	}
}
