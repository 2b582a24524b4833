/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a hostile host does behind the back of its own rules.
 */
#include "mocks/hyperv/hostile.h"
#include "mocks/hyperv/partition_internal.h"
#include "mocks/hyperv/ring_check.h"
#include "mocks/hyperv/vmbus_internal.h"

#include <assert.h>

/**
 * A range that is named by two packets is read twice, and rightly so: from here
 * on a second fetch says nothing about the guest.
 */
static void lies_begin(struct host_vmbus *vmbus)
{
	machine_checker_off(vmbus->machine, MACHINE_CHECK_DOUBLE_FETCH);
}

void host_hostile_set(struct host_vmbus *vmbus,
		      const struct host_hostile *hostile)
{
	static const struct host_hostile none;

	vmbus->hostile = hostile ? *hostile : none;
	lies_begin(vmbus);
}

void host_hostile_hypercalls(struct host_partition *partition,
			     uint16_t (*hook)(void *context, uint16_t code),
			     void *context)
{
	partition->hypercall_hook = hook;
	partition->hypercall_hook_context = context;
}

bool host_hostile_message(struct host_vmbus *vmbus, const void *payload,
			  uint32_t bytes)
{
	return host_vmbus_post(vmbus, payload, bytes);
}

static bool is_open(const struct host_channel *channel)
{
	return channel->state == HOST_CHANNEL_OPEN;
}

bool host_hostile_packet(struct host_channel *channel, const void *bytes,
			 uint32_t count)
{
	struct host_ring_piece piece = {bytes, count};
	uint32_t room;

	assert(count % 8 == 0);
	if (!is_open(channel) || !host_ring_room(&channel->to_guest, &room) ||
	    room < count)
		return false;
	host_channel_trace(channel, bytes, count);
	if (host_ring_write(&channel->to_guest, &piece, 1))
		host_vmbus_interrupt(channel);
	lies_begin(channel->vmbus);
	host_ring_check_look(channel->check);
	return true;
}

static le32 *word_at(struct host_channel *channel, bool to_guest,
		     enum host_hostile_word word)
{
	struct host_ring *ring =
		to_guest ? &channel->to_guest : &channel->from_guest;

	return (le32 *)(void *)((uint8_t *)ring->control + word);
}

bool host_hostile_word_get(struct host_channel *channel, bool to_guest,
			   enum host_hostile_word word, uint32_t *value)
{
	if (!is_open(channel))
		return false;
	*value = host_load32(word_at(channel, to_guest, word));
	return true;
}

bool host_hostile_word_set(struct host_channel *channel, bool to_guest,
			   enum host_hostile_word word, uint32_t value)
{
	if (!is_open(channel))
		return false;
	host_store32(word_at(channel, to_guest, word), value);
	lies_begin(channel->vmbus);
	host_ring_check_look(channel->check);
	return true;
}

void host_hostile_stall(struct host_channel *channel, bool stalled)
{
	channel->stalled = stalled;
	if (!stalled && is_open(channel))
		machine_work_kick(channel->vmbus->machine, &channel->work);
}

bool host_hostile_signal(struct host_channel *channel)
{
	return is_open(channel) && host_vmbus_interrupt(channel);
}
