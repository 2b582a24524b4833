/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connection: who speaks which version, where messages and signals go, and
 * how it ends. A new contact ends what was before, even when it is refused.
 */
#include "mocks/hyperv/vmbus_internal.h"

#include <string.h>

static const uint32_t versions[] = {
	0x0000000d, HOST_VMBUS_1_1, HOST_VMBUS_2_4, HOST_VMBUS_3_0,
	0x00040000, HOST_VMBUS_4_1, HOST_VMBUS_5_0, 0x00050001,
	0x00050002, HOST_VMBUS_5_3,
};

static bool version_known(const struct host_vmbus *vmbus, uint32_t version)
{
	size_t i;

	if (version < vmbus->personality->vmbus_version_min ||
	    version > vmbus->personality->vmbus_version_max)
		return false;
	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (versions[i] == version)
			return true;
	return false;
}

/* ---- Making it ---- */

static void respond(struct host_vmbus *vmbus, bool supported, uint8_t state,
		    uint32_t version)
{
	struct host_msg_version_response response;

	memset(&response, 0, sizeof(response));
	response.supported = supported;
	response.connection_state = state;
	response.version_or_connection =
		cpu_to_le32(version >= HOST_VMBUS_5_0 && supported
				    ? HOST_CONNECTION_MESSAGES
				    : version);
	host_vmbus_send(vmbus, HOST_VMBUS_VERSION_RESPONSE, &response,
			sizeof(response));
}

/**
 * Where the guest wants its messages: a VP from 3.0 on, a SINT from 5.0 on.
 * @return false: there is no such place, and no answer either
 */
static bool target_choose(struct host_vmbus *vmbus, uint32_t version,
			  uint32_t vp, uint64_t target)
{
	static const char clause[] = "VMBus INITIATE_CONTACT";

	vmbus->cpu = 0;
	vmbus->sint = HOST_VMBUS_SINT;
	if (version >= HOST_VMBUS_3_0 &&
	    !vmbus->personality->messages_to_cpu0 &&
	    !host_partition_cpu(vmbus->partition, vp, &vmbus->cpu)) {
		machine_violation(vmbus->machine, clause,
				  "there is no VP %u for its messages", vp);
		return false;
	}
	if (version < HOST_VMBUS_5_0)
		return true;
	if ((target & 0xff) >= HOST_SINTS || target >> 8 & 0xff) {
		machine_violation(vmbus->machine, clause,
				  "there is no SINT %u of VTL %u",
				  (unsigned)(target & 0xff),
				  (unsigned)(target >> 8 & 0xff));
		return false;
	}
	vmbus->sint = target & 0xff;
	return true;
}

static bool page_usable(struct host_vmbus *vmbus, uint64_t physical)
{
	return physical % MACHINE_PAGE_SIZE == 0 &&
	       machine_ram(vmbus->machine, physical, MACHINE_PAGE_SIZE);
}

/** Both monitor pages or neither. */
static bool monitor_valid(struct host_vmbus *vmbus, uint64_t first,
			  uint64_t second)
{
	if (!first && !second)
		return true;
	if (first && second && page_usable(vmbus, first) &&
	    page_usable(vmbus, second))
		return true;
	machine_violation(vmbus->machine, "VMBus INITIATE_CONTACT",
			  "monitor pages %#llx and %#llx: both or neither, and "
			  "in RAM",
			  (unsigned long long)first,
			  (unsigned long long)second);
	return false;
}

/** Whether the contact came to where its version must be posted. */
static bool posted_right(struct host_vmbus *vmbus, uint32_t version,
			 uint32_t connection_id)
{
	uint32_t right = version >= HOST_VMBUS_5_0 ? HOST_CONNECTION_CONTACT
						   : HOST_CONNECTION_LEGACY;

	if (connection_id == right)
		return true;
	machine_violation(vmbus->machine, "VMBus INITIATE_CONTACT",
			  "version %#x is posted to connection %#x, not %#x",
			  version, connection_id, right);
	return false;
}

void host_vmbus_initiate(struct host_vmbus *vmbus, uint32_t connection_id,
			 const struct host_msg_initiate_contact *message)
{
	uint32_t version = le32_to_cpu(message->version);
	uint64_t page = le64_to_cpu(message->interrupt_page_or_target);

	host_vmbus_disconnect(vmbus);
	if (!target_choose(vmbus, version, le32_to_cpu(message->target_vp),
			   page))
		return;
	if (!posted_right(vmbus, version, connection_id) ||
	    !version_known(vmbus, version) || vmbus->sint != HOST_VMBUS_SINT) {
		respond(vmbus, false, 0, version);
		return;
	}
	if (version < HOST_VMBUS_2_4 && (!page || !page_usable(vmbus, page))) {
		machine_violation(vmbus->machine, "VMBus INITIATE_CONTACT",
				  "the interrupt page %#llx is not in RAM",
				  (unsigned long long)page);
		respond(vmbus, false, 0, version);
		return;
	}
	if (!monitor_valid(vmbus, le64_to_cpu(message->parent_to_child_monitor),
			   le64_to_cpu(message->child_to_parent_monitor))) {
		/* Guests before 2.4 do not know the connection's state. */
		respond(vmbus, version >= HOST_VMBUS_2_4,
			HOST_CONNECTION_STATE_FAILURE, version);
		return;
	}
	vmbus->version = version;
	vmbus->interrupt_page = version < HOST_VMBUS_2_4 ? page : 0;
	respond(vmbus, true, HOST_CONNECTION_STATE_OK, version);
}

/* ---- Ending it ---- */

void host_vmbus_disconnect(struct host_vmbus *vmbus)
{
	struct host_channel *channel;

	for (channel = vmbus->channels; channel; channel = channel->next)
		host_channel_close(channel);
	host_partials_drop(vmbus, NULL);
	host_offers_forget(vmbus);
	machine_event_cancel(vmbus->machine, &vmbus->late_offer);
	vmbus->version = 0;
	vmbus->interrupt_page = 0;
	vmbus->offers_requested = false;
}

void host_vmbus_unload(struct host_vmbus *vmbus, const void *message,
		       uint32_t bytes)
{
	struct host_msg_header response;

	(void)message;
	(void)bytes;
	host_vmbus_disconnect(vmbus);
	host_vmbus_send(vmbus, HOST_VMBUS_UNLOAD_RESPONSE, &response,
			sizeof(response));
}

/* ---- Signals ---- */

/** The halves of the interrupt page: to the guest, and from it. */
#define INTERRUPT_HALF	(MACHINE_PAGE_SIZE / 2)
#define INTERRUPT_WORDS (HOST_RELIDS / 32)

/** Guests before 2.4 ring with one event for all and a bit for each. */
void host_vmbus_signal_shared(struct host_vmbus *vmbus)
{
	uint8_t *page = machine_ram(vmbus->machine, vmbus->interrupt_page,
				    MACHINE_PAGE_SIZE);
	le32 *words = (le32 *)(void *)(page + INTERRUPT_HALF);
	unsigned i;

	for (i = 0; i < INTERRUPT_WORDS; i++) {
		uint32_t bits = host_take_bits(&words[i]);

		for (; bits; bits &= bits - 1) {
			unsigned bit = (unsigned)__builtin_ctz(bits);
			struct host_channel *channel;

			channel = vmbus->by_relid[i * 32 + bit];
			if (channel && channel->state == HOST_CHANNEL_OPEN)
				host_channel_doorbell(channel);
		}
	}
}

bool host_vmbus_interrupt(struct host_channel *channel)
{
	struct host_vmbus *vmbus = channel->vmbus;
	void *page;

	if (!channel->interrupts)
		return false;
	channel->signals++;
	if (vmbus->version >= HOST_VMBUS_2_4)
		return host_synic_signal(vmbus->partition, channel->cpu,
					 HOST_VMBUS_SINT, channel->relid);
	page = machine_ram(vmbus->machine, vmbus->interrupt_page,
			   MACHINE_PAGE_SIZE);
	if (host_test_and_set_bit(page, channel->relid))
		return true;
	return host_synic_signal(vmbus->partition, 0, HOST_VMBUS_SINT, 0);
}
