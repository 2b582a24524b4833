/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's side.
 *
 * The host's accessors of memory name no machine, so which explorer they go to
 * is the one thing here that is not passed along.
 */
#include "tests/interleave/host_side.h"

#include <stdarg.h>

#include "mocks/machine/trace.h"
#include "mocks/hyperv/faults_internal.h"
#include "mocks/hyperv/vmbus_internal.h"

#undef memcpy

struct host_side {
	struct explorer *explorer;
	struct host_side_device device;
	/** Of it only its faults, of which it has none. */
	struct host_partition partition;
	struct host_vmbus vmbus;
	struct host_channel channel;
	struct signals signals;
	uint8_t *pages[EXPLORER_RINGS];
	/** Kept from one execution to the next. */
	struct host_ring_buffer buffer;
};

static struct host_side *explored;

#define BUFFER_SIZE 8192u

/* ---- In place of the atomics ---- */

uint32_t host_load32(const le32 *word)
{
	return explorer_load(explored->explorer, word);
}

void host_store32(le32 *word, uint32_t value)
{
	explorer_store(explored->explorer, word, value);
}

void host_fence(void)
{
	explorer_fence(explored->explorer);
}

void *host_copy(void *to, const void *from, size_t bytes)
{
	struct explorer *explorer = explored->explorer;

	if (explorer_is_shared(explorer, from))
		explorer_read(explorer, to, from, bytes);
	else if (explorer_is_shared(explorer, to))
		explorer_write(explorer, to, from, bytes);
	else
		memcpy(to, from, bytes);
	return to;
}

/* ---- In place of the rest of the host: see --wrap in CMakeLists.txt ---- */

bool __wrap_host_vmbus_interrupt(struct host_channel *channel);
void __wrap_machine_work_kick(struct machine *machine,
			      struct machine_work *work);
void __wrap_machine_violation(struct machine *machine, const char *clause,
			      const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool __wrap_machine_is_traced(const struct machine *machine);
void __wrap_machine_trace(struct machine *machine,
			  const struct trace_event *event);
bool __real_host_ring_write(struct host_ring *ring,
			    const struct host_ring_piece *pieces,
			    unsigned count);
bool __wrap_host_ring_write(struct host_ring *ring,
			    const struct host_ring_piece *pieces,
			    unsigned count);
bool __real_host_ring_consume(struct host_ring *ring,
			      const struct host_ring_packet *packet);
bool __wrap_host_ring_consume(struct host_ring *ring,
			      const struct host_ring_packet *packet);

bool __wrap_host_vmbus_interrupt(struct host_channel *channel)
{
	(void)channel;
	explorer_signal(explored->explorer);
	return true;
}

void __wrap_machine_work_kick(struct machine *machine,
			      struct machine_work *work)
{
	(void)machine;
	work->pending = true;
}

bool __wrap_machine_is_traced(const struct machine *machine)
{
	(void)machine;
	return false;
}

void __wrap_machine_trace(struct machine *machine,
			  const struct trace_event *event)
{
	(void)machine;
	(void)event;
}

void __wrap_machine_violation(struct machine *machine, const char *clause,
			      const char *format, ...)
{
	char text[128];
	va_list arguments;

	(void)machine;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	explorer_fail(explored->explorer, "violation", "%s: %s", clause, text);
}

bool __wrap_host_ring_write(struct host_ring *ring,
			    const struct host_ring_piece *pieces,
			    unsigned count)
{
	bool signal;

	signals_begin(&explored->signals, explored->explorer, SIGNALS_PUBLISH,
		      ring->control, ring->size);
	signal = __real_host_ring_write(ring, pieces, count);
	signals_end(&explored->signals, signal);
	return signal;
}

bool __wrap_host_ring_consume(struct host_ring *ring,
			      const struct host_ring_packet *packet)
{
	bool signal;

	signals_begin(&explored->signals, explored->explorer, SIGNALS_RELEASE,
		      ring->control, ring->size);
	signal = __real_host_ring_consume(ring, packet);
	signals_end(&explored->signals, signal);
	return signal;
}

/* ---- The device ---- */

static void device_packet(void *device, struct host_channel *channel,
			  const struct host_packet *packet)
{
	struct host_side *host = device;

	(void)channel;
	host->device.packet(host->device.context, packet->transaction_id,
			    packet->payload, packet->payload_bytes);
}

static void device_room(void *device, struct host_channel *channel)
{
	struct host_side *host = device;

	(void)channel;
	host->device.room(host->device.context);
}

static const struct host_device_operations operations = {
	.packet = device_packet,
	.room = device_room,
};

/* ---- Life ---- */

static void ring_reset(struct host_ring *ring, uint8_t **page, uint32_t start)
{
	ring->control = (struct host_ring_control *)(void *)*page;
	ring->pages = page;
	ring->size = MACHINE_PAGE_SIZE;
	ring->index = start;
	/* No choices yet: the other side is not there. */
	ring->control->write_index = cpu_to_le32(start);
	ring->control->read_index = cpu_to_le32(start);
	ring->control->feature_bits =
		cpu_to_le32(HOST_RING_FEATURE_PENDING_SEND);
}

void host_side_reset(struct host_side *host, uint32_t start)
{
	struct host_channel *channel = &host->channel;
	struct host_ring *rings[EXPLORER_RINGS] = {&channel->from_guest,
						   &channel->to_guest};
	unsigned i;

	explored = host;
	memset(channel, 0, sizeof(*channel));
	host->signals.rule = SIGNALS_NONE;
	channel->vmbus = &host->vmbus;
	channel->operations = &operations;
	channel->device = host;
	channel->state = HOST_CHANNEL_OPEN;
	channel->relid = 1;
	channel->buffer = host->buffer;
	channel->interrupts = true;
	host_channel_create_parts(channel);
	for (i = 0; i < EXPLORER_RINGS; i++) {
		host->pages[i] = explorer_ring(host->explorer, i);
		ring_reset(rings[i], &host->pages[i], start);
		host->pages[i] += MACHINE_PAGE_SIZE;
	}
}

struct host_side *host_side_create(struct explorer *explorer,
				   const struct host_side_device *device)
{
	struct host_side *host = host_alloc(1, sizeof(*host));

	host->explorer = explorer;
	host->device = *device;
	host->partition.faults = host_fault_state_create(NULL);
	host->vmbus.partition = &host->partition;
	host->vmbus.personality = host_personalities;
	host->buffer.bytes = host_alloc(BUFFER_SIZE, 1);
	host->buffer.size = BUFFER_SIZE;
	return host;
}

void host_side_destroy(struct host_side *host)
{
	explored = NULL;
	host_fault_state_destroy(host->partition.faults);
	free(host->buffer.bytes);
	free(host);
}

/** Between doorbells the host is no more than this. */
static void forget(const struct host_side *host)
{
	const struct host_channel *channel = &host->channel;
	uint64_t state = (uint64_t)channel->from_guest.index << 32 |
			 channel->to_guest.index;

	state = explorer_mix(state, (uint64_t)channel->wanted << 1 |
					    channel->draining);
	explorer_forget(host->explorer, state);
}

void host_side_run(struct host_side *host)
{
	struct machine_work *work = &host->channel.work;

	for (;;) {
		forget(host);
		explorer_wait(host->explorer,
			      explorer_doorbell(host->explorer));
		host_channel_doorbell(&host->channel);
		while (work->pending) {
			work->pending = false;
			if (work->step(work->argument))
				work->pending = true;
		}
	}
}

bool host_side_send(struct host_side *host, uint64_t transaction_id,
		    const void *payload, uint32_t bytes)
{
	return host_channel_send(&host->channel, HOST_PACKET_INBAND, false,
				 transaction_id, NULL, 0, payload,
				 bytes) == HOST_SEND_DONE;
}

struct signals *host_side_signals(struct host_side *host)
{
	return &host->signals;
}
