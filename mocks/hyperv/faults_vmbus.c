/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults of the VMBus server: what a control message says, and whether, when
 * and how often it comes.
 */
#include "mocks/hyperv/faults_internal.h"
#include "mocks/hyperv/vmbus_internal.h"

#include <string.h>

/** Any type. */
#define ANY	     0u
/** Types that there are not. */
#define TYPE_UNKNOWN 153u
#define HANDLE_OTHER 77u
#define NUMBER_OTHER 1999u

enum action {
	/** Another value in a word, or a byte. */
	WORD,
	BYTE,
	LOSE,
	TWICE,
	LATE,
	/** It has so many bytes. */
	BYTES,
	/** Before it comes the same with another value in a word. */
	COPY,
	/** Before it comes one of that type with a word of its own as number.
	 */
	STRAY,
};

#define OFFSET(message, field) offsetof(struct host_msg_##message, field)
#define VERSION(field)	       OFFSET(version_response, field)
#define OFFER(field)	       OFFSET(offer, field)

static const struct message_fault {
	enum host_fault fault;
	uint32_t type;
	enum action action;
	uint32_t offset, value;
} faults[] = {
	{HOST_FAULT(version_unsupported), HOST_VMBUS_VERSION_RESPONSE, BYTE,
	 VERSION(supported), 0},
	{HOST_FAULT(version_nonsense), HOST_VMBUS_VERSION_RESPONSE, BYTE,
	 VERSION(supported), 0xff},
	{HOST_FAULT(version_state), HOST_VMBUS_VERSION_RESPONSE, BYTE,
	 VERSION(connection_state), 2},
	{HOST_FAULT(version_connection), HOST_VMBUS_VERSION_RESPONSE, WORD,
	 VERSION(version_or_connection), 0xdeadbeef},
	{HOST_FAULT(version_short), HOST_VMBUS_VERSION_RESPONSE, BYTES, 0,
	 VERSION(connection_state)},
	{HOST_FAULT(version_twice), HOST_VMBUS_VERSION_RESPONSE, TWICE, 0, 0},
	{HOST_FAULT(version_late), HOST_VMBUS_VERSION_RESPONSE, LATE, 0, 0},
	{HOST_FAULT(version_never), HOST_VMBUS_VERSION_RESPONSE, LOSE, 0, 0},
	{HOST_FAULT(offer_zero), HOST_VMBUS_OFFER, WORD, OFFER(relid), 0},
	{HOST_FAULT(offer_beyond), HOST_VMBUS_OFFER, WORD, OFFER(relid),
	 HOST_RELIDS},
	{HOST_FAULT(offer_connection), HOST_VMBUS_OFFER, WORD,
	 OFFER(connection_id), 0xdeadbeef},
	{HOST_FAULT(offer_monitor), HOST_VMBUS_OFFER, WORD, OFFER(monitor_id),
	 0x000101fe},
	{HOST_FAULT(offer_short), HOST_VMBUS_OFFER, BYTES, 0, OFFER(relid)},
	{HOST_FAULT(offer_twice), HOST_VMBUS_OFFER, TWICE, 0, 0},
	{HOST_FAULT(offer_unknown), HOST_VMBUS_OFFER, COPY, OFFER(interface),
	 0x12345678},
	{HOST_FAULT(offer_taken), HOST_VMBUS_OFFER, COPY, OFFER(instance),
	 0x12345678},
	{HOST_FAULT(offer_late), HOST_VMBUS_OFFER, LATE, 0, 0},
	{HOST_FAULT(offer_missing), HOST_VMBUS_OFFER, LOSE, 0, 0},
	{HOST_FAULT(unload_stray), HOST_VMBUS_ALL_OFFERS, STRAY, 4,
	 HOST_VMBUS_UNLOAD_RESPONSE},
	{HOST_FAULT(offers_end_twice), HOST_VMBUS_ALL_OFFERS, TWICE, 0, 0},
	{HOST_FAULT(offers_endless), HOST_VMBUS_ALL_OFFERS, LOSE, 0, 0},
	{HOST_FAULT(torndown_stray), HOST_VMBUS_GPADL_CREATED, STRAY,
	 OFFSET(gpadl_created, gpadl), HOST_VMBUS_GPADL_TORNDOWN},
	{HOST_FAULT(rescind_at_gpadl), HOST_VMBUS_GPADL_CREATED, STRAY,
	 OFFSET(gpadl_created, relid), HOST_VMBUS_RESCIND},
	{HOST_FAULT(gpadl_other), HOST_VMBUS_GPADL_CREATED, WORD,
	 OFFSET(gpadl_created, gpadl), HANDLE_OTHER},
	{HOST_FAULT(gpadl_channel), HOST_VMBUS_GPADL_CREATED, WORD,
	 OFFSET(gpadl_created, relid), NUMBER_OTHER},
	{HOST_FAULT(gpadl_kept), HOST_VMBUS_GPADL_CREATED, WORD,
	 OFFSET(gpadl_created, status), HOST_VMBUS_FAILURE},
	{HOST_FAULT(gpadl_short), HOST_VMBUS_GPADL_CREATED, BYTES, 0,
	 OFFSET(gpadl_created, status)},
	{HOST_FAULT(gpadl_twice), HOST_VMBUS_GPADL_CREATED, TWICE, 0, 0},
	{HOST_FAULT(gpadl_late), HOST_VMBUS_GPADL_CREATED, LATE, 0, 0},
	{HOST_FAULT(gpadl_never), HOST_VMBUS_GPADL_CREATED, LOSE, 0, 0},
	{HOST_FAULT(rescind_at_teardown), HOST_VMBUS_GPADL_TORNDOWN, STRAY, 4,
	 HOST_VMBUS_RESCIND},
	{HOST_FAULT(torndown_other), HOST_VMBUS_GPADL_TORNDOWN, WORD,
	 OFFSET(gpadl_torndown, gpadl), HANDLE_OTHER},
	{HOST_FAULT(torndown_short), HOST_VMBUS_GPADL_TORNDOWN, BYTES, 0,
	 OFFSET(gpadl_torndown, gpadl)},
	{HOST_FAULT(torndown_twice), HOST_VMBUS_GPADL_TORNDOWN, TWICE, 0, 0},
	{HOST_FAULT(torndown_late), HOST_VMBUS_GPADL_TORNDOWN, LATE, 0, 0},
	{HOST_FAULT(torndown_never), HOST_VMBUS_GPADL_TORNDOWN, LOSE, 0, 0},
	{HOST_FAULT(rescind_stray), HOST_VMBUS_OPEN_RESULT, STRAY,
	 OFFSET(open_result, status), HOST_VMBUS_RESCIND},
	{HOST_FAULT(rescind_at_open), HOST_VMBUS_OPEN_RESULT, STRAY,
	 OFFSET(open_result, relid), HOST_VMBUS_RESCIND},
	{HOST_FAULT(open_other), HOST_VMBUS_OPEN_RESULT, WORD,
	 OFFSET(open_result, open_id), HANDLE_OTHER},
	{HOST_FAULT(open_channel), HOST_VMBUS_OPEN_RESULT, WORD,
	 OFFSET(open_result, relid), NUMBER_OTHER},
	{HOST_FAULT(open_kept), HOST_VMBUS_OPEN_RESULT, WORD,
	 OFFSET(open_result, status), HOST_VMBUS_FAILURE},
	{HOST_FAULT(open_short), HOST_VMBUS_OPEN_RESULT, BYTES, 0,
	 OFFSET(open_result, status)},
	{HOST_FAULT(open_twice), HOST_VMBUS_OPEN_RESULT, TWICE, 0, 0},
	{HOST_FAULT(open_late), HOST_VMBUS_OPEN_RESULT, LATE, 0, 0},
	{HOST_FAULT(open_never), HOST_VMBUS_OPEN_RESULT, LOSE, 0, 0},
	{HOST_FAULT(unload_never), HOST_VMBUS_UNLOAD_RESPONSE, LOSE, 0, 0},
	{HOST_FAULT(message_zero), ANY, STRAY, 4, 0},
	{HOST_FAULT(message_unknown), ANY, STRAY, 4, TYPE_UNKNOWN},
	{HOST_FAULT(message_padded), ANY, BYTES, 0, HOST_MESSAGE_BYTES_MAX},
	{HOST_FAULT(message_cut), ANY, BYTES, 0, 4},
};

static void word_set(uint8_t *at, uint32_t value)
{
	le32 word = cpu_to_le32(value);

	memcpy(at, &word, sizeof(word));
}

static void late(void *context, const uint8_t *bytes, uint32_t count)
{
	host_vmbus_post(context, bytes, count);
}

static void stray(struct host_vmbus *vmbus, const uint8_t *payload,
		  uint32_t type, uint32_t offset)
{
	uint8_t message[sizeof(struct host_msg_relid)] = {0};

	word_set(message, type);
	memcpy(message + offsetof(struct host_msg_relid, relid),
	       payload + offset, sizeof(le32));
	host_vmbus_post(vmbus, message, sizeof(message));
}

static void copy(struct host_vmbus *vmbus, const uint8_t *payload,
		 uint32_t bytes, const struct message_fault *fault)
{
	uint8_t message[HOST_MESSAGE_BYTES_MAX];

	memcpy(message, payload, bytes);
	word_set(message + fault->offset, fault->value);
	if (fault->fault == HOST_FAULT(offer_unknown)) {
		word_set(message + OFFER(instance), fault->value);
		word_set(message + OFFER(relid), NUMBER_OTHER);
	}
	host_vmbus_post(vmbus, message, bytes);
}

/** @return whether the message itself is still to be sent */
static bool apply(struct host_vmbus *vmbus, const struct message_fault *fault,
		  uint8_t *payload, uint32_t *bytes)
{
	switch (fault->action) {
	case WORD:
		word_set(payload + fault->offset, fault->value);
		return true;
	case BYTE:
		payload[fault->offset] = (uint8_t)fault->value;
		return true;
	case BYTES:
		*bytes = fault->value;
		return true;
	case TWICE:
		host_vmbus_post(vmbus, payload, *bytes);
		return true;
	case COPY:
		copy(vmbus, payload, *bytes, fault);
		return true;
	case STRAY:
		stray(vmbus, payload, fault->value, fault->offset);
		return true;
	case LATE:
		host_fault_later(vmbus->partition, HOST_FAULT_LATE, late, vmbus,
				 payload, *bytes);
		return false;
	default: /* LOSE */
		return false;
	}
}

bool host_fault_message(struct host_vmbus *vmbus, uint8_t *payload,
			uint32_t *bytes)
{
	const struct host_msg_header *header = (const void *)payload;
	uint32_t type = le32_to_cpu(header->type);
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if ((faults[i].type == ANY || faults[i].type == type) &&
		    host_fault(vmbus->partition, faults[i].fault) &&
		    !apply(vmbus, &faults[i], payload, bytes))
			return false;
	return true;
}
