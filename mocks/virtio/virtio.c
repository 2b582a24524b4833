/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The card: its life, its interrupt, and what the world does to it.
 */
#include "mocks/virtio/virtio_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/machine/fault.h"

#define QUEUE_FRAMES_DEFAULT 512u
#define STORM_EDGES	     64u

bool host_virtio_lies(struct host_virtio *card, enum host_virtio_fault fault)
{
	struct host_virtio_lies *lies = &card->lies;
	uint32_t when = lies->faults.when[fault], odds = lies->faults.odds;
	uint64_t n = ++lies->points[fault];

	if (!when)
		return false;
	if (when == HOST_VIRTIO_FAULT_ALWAYS
		    ? odds && machine_random_below(card->machine, odds) != 0
		    : when != n)
		return false;
	lies->fired[fault]++;
	lies->all_fired++;
	if (host_virtio_fault_descriptions[fault].changes)
		lies->changed = true;
	return true;
}

bool host_virtio_negotiated(const struct host_virtio *card, unsigned bit)
{
	return card->accepted & FEATURE(bit);
}

/* ---- Interrupts ---- */

/** Tell the processor, as the kind of line wants it. */
static void line_tell(struct host_virtio *card)
{
	if (card->personality->level)
		machine_line_set(card->machine, &card->line, card->causes);
	else
		machine_line_pulse(card->machine, card->line.line);
}

void host_virtio_interrupt(struct host_virtio *card, uint32_t cause)
{
	unsigned count = 1;

	card->counters.interrupts++;
	if (!host_virtio_lies(card, HOST_VIRTIO_FAULT_CAUSE_NONE))
		card->causes |= cause;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_INTERRUPT_LOST))
		return;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_INTERRUPT_STORM))
		count = STORM_EDGES;
	while (count--)
		line_tell(card);
}

void host_virtio_acknowledge(struct host_virtio *card, uint32_t causes)
{
	if (causes & ~(uint32_t)INTERRUPT_DEFINED)
		host_virtio_break(card, "virtio 4.2.2.2",
				  "InterruptACK: 0x%x has bits that are not "
				  "defined (M29)",
				  causes);
	if (causes & INTERRUPT_DEFINED & ~card->course.causes_seen)
		host_virtio_break(card, "virtio 4.2.2.2",
				  "InterruptACK: 0x%x says that what was not "
				  "read in InterruptStatus is handled (M29)",
				  causes);
	card->course.causes_seen &= ~causes;
	/* Firecracker hears it only then. */
	if (host_virtio_is(card, VIRTIO_FIRECRACKER) &&
	    !(card->status & STATUS_DRIVER_OK))
		return;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_CAUSE_STUCK))
		return;
	card->causes &= ~causes;
	if (card->personality->level)
		line_tell(card);
}

void host_virtio_config_changed(struct host_virtio *card)
{
	card->generation++;
	if (!(card->status & STATUS_DRIVER_OK) ||
	    host_virtio_lies(card, HOST_VIRTIO_FAULT_CONFIG_LOST) ||
	    machine_fault_fires(card->machine, MACHINE_FAULT_MESSAGE_LOST))
		return;
	/* QEMU has one function for both. */
	host_virtio_interrupt(card, host_virtio_is(card, VIRTIO_QEMU)
					    ? INTERRUPT_USED | INTERRUPT_CONFIG
					    : INTERRUPT_CONFIG);
}

void host_virtio_stop(struct host_virtio *card)
{
	if (card->status & STATUS_NEEDS_RESET)
		return;
	card->status |= STATUS_NEEDS_RESET;
	if (card->status & STATUS_DRIVER_OK)
		host_virtio_interrupt(card, INTERRUPT_CONFIG);
}

/* ---- Life ---- */

static void configure(struct host_virtio *card)
{
	struct host_virtio_configuration *own = &card->configuration;

	if (!own->personality)
		own->personality = virtio_personality_find("firecracker");
	card->personality = own->personality;
	if (!own->queue_size_max)
		own->queue_size_max = own->personality->queue_size_max;
	if (!own->pairs)
		own->pairs = own->personality->pairs_max;
	if (own->pairs > VIRTIO_PAIRS_MAX)
		own->pairs = VIRTIO_PAIRS_MAX;
	if (!own->base)
		own->base = own->personality->base;
	if (!own->line)
		own->line = own->personality->line;
	if (!own->queue_frames)
		own->queue_frames = QUEUE_FRAMES_DEFAULT;
	card->pairs_max = own->pairs;
	card->speed_mbps = own->speed_mbps;
	card->link_up = !own->link_down;
	card->offered = host_virtio_net_features(card);
	card->queue_count = 2 * card->pairs_max;
	if (card->offered & FEATURE(NET_CTRL_VQ))
		card->queue_count++;
	host_virtio_faults_set(card, own->faults);
	own->faults = NULL;
}

static void reset_finish(void *argument)
{
	struct host_virtio *card = argument;

	card->resetting = false;
	card->status = 0;
}

static void region_plug(struct host_virtio *card)
{
	card->line.line = card->configuration.line;
	card->reset_done.fire = reset_finish;
	card->reset_done.argument = card;
	card->region = (struct machine_region){
		.base = card->configuration.base,
		.bytes = card->personality->bytes,
		.name = "virtio-mmio",
		.context = card,
		.read = host_virtio_register_read,
		.write = host_virtio_register_write,
	};
	machine_mmio_region_add(card->machine, &card->region);
}

struct host_virtio *
host_virtio_create(struct machine *machine,
		   const struct host_virtio_configuration *configuration,
		   struct wire *wire)
{
	struct host_virtio *card = calloc(1, sizeof(*card));
	unsigned n;

	if (!card)
		return NULL;
	card->machine = machine;
	card->wire = wire;
	card->configuration = *configuration;
	configure(card);
	card->packet = malloc(HEADER_BYTES + VIRTIO_PACKET_MAX);
	card->segment = malloc(VIRTIO_PACKET_MAX);
	if (!card->packet || !card->segment) {
		free(card->packet);
		free(card->segment);
		free(card);
		return NULL;
	}
	for (n = 0; n < VIRTIO_QUEUES_MAX; n++)
		host_virtqueue_create(card, n);
	host_virtio_reset(card);
	region_plug(card);
	wire_attach(wire, host_virtio_receive, card);
	return card;
}

static void unplug(struct host_virtio *card)
{
	host_virtio_reset(card);
	card->status = 0;
	card->resetting = false;
	machine_event_cancel(card->machine, &card->reset_done);
	card->removed = true;
}

void host_virtio_destroy(struct host_virtio *card)
{
	if (!card)
		return;
	unplug(card);
	machine_mmio_region_remove(card->machine, &card->region);
	wire_attach(card->wire, NULL, NULL);
	free(card->packet);
	free(card->segment);
	free(card);
}

/* ---- What can be asked ---- */

void host_virtio_counters(const struct host_virtio *card,
			  struct host_virtio_counters *counters)
{
	*counters = card->counters;
}

uint64_t host_virtio_base(const struct host_virtio *card)
{
	return card->configuration.base;
}

uint64_t host_virtio_bytes(const struct host_virtio *card)
{
	return card->personality->bytes;
}

unsigned host_virtio_line(const struct host_virtio *card)
{
	return card->configuration.line;
}

void host_virtio_announcement(const struct host_virtio *card, char *text,
			      size_t bytes)
{
	uint64_t size = card->personality->bytes;

	if (size % 1024)
		snprintf(text, bytes,
			 "virtio_mmio.device=%" PRIu64 "@0x%" PRIx64 ":%u",
			 size, card->configuration.base,
			 card->configuration.line);
	else
		snprintf(text, bytes,
			 "virtio_mmio.device=%" PRIu64 "K@0x%" PRIx64 ":%u",
			 size / 1024, card->configuration.base,
			 card->configuration.line);
}

uint32_t host_virtio_status(const struct host_virtio *card)
{
	return card->status;
}

uint64_t host_virtio_features(const struct host_virtio *card)
{
	return card->accepted;
}

bool host_virtio_is_dead(const struct host_virtio *card)
{
	unsigned n;

	for (n = 0; n < card->queue_count; n++)
		if (card->queues[n].wedged)
			return true;
	return card->removed || card->aborted;
}

unsigned host_virtio_queues_live(const struct host_virtio *card)
{
	unsigned n, live = 0;

	for (n = 0; n < card->queue_count; n++)
		live += card->queues[n].live;
	return live;
}

uint32_t host_virtio_backlog(const struct host_virtio *card)
{
	uint32_t frames = 0;
	unsigned n;

	for (n = 0; n < card->queue_count; n++)
		frames += card->queues[n].waiting;
	return frames;
}

void host_virtio_mac(const struct host_virtio *card, uint8_t mac[6])
{
	memcpy(mac, card->mac, sizeof(card->mac));
}

unsigned host_virtio_pairs(const struct host_virtio *card)
{
	return card->pairs;
}

uint64_t host_virtio_faults_fired(const struct host_virtio *card,
				  enum host_virtio_fault fault)
{
	return card->lies.fired[fault];
}

struct host_virtio_lies *host_virtio_lies_of(struct host_virtio *card)
{
	return &card->lies;
}

/* ---- What the world does ---- */

void host_virtio_faults_set(struct host_virtio *card,
			    const struct host_virtio_faults *faults)
{
	memset(&card->lies, 0, sizeof(card->lies));
	if (faults)
		card->lies.faults = *faults;
}

void host_virtio_link_set(struct host_virtio *card, bool up)
{
	if (up == card->link_up)
		return;
	machine_trace_note(card->machine,
			   up ? TRACE_NOTE_LINK_UP : TRACE_NOTE_LINK_DOWN);
	card->link_up = up;
	if (card->offered & FEATURE(NET_STATUS))
		host_virtio_config_changed(card);
}

void host_virtio_speed_set(struct host_virtio *card, uint32_t mbps)
{
	char text[64];

	if (mbps == card->speed_mbps)
		return;
	snprintf(text, sizeof(text), TRACE_NOTE_SPEED, mbps);
	machine_trace_note(card->machine, text);
	card->speed_mbps = mbps;
	if (card->offered & FEATURE(NET_SPEED_DUPLEX))
		host_virtio_config_changed(card);
}

void host_virtio_announce(struct host_virtio *card)
{
	if (!host_virtio_negotiated(card, NET_GUEST_ANNOUNCE))
		return;
	machine_trace_note(card->machine, HOST_VIRTIO_NOTE_ANNOUNCE);
	card->announce = true;
	host_virtio_config_changed(card);
}

void host_virtio_fail(struct host_virtio *card)
{
	machine_trace_note(card->machine, HOST_VIRTIO_NOTE_FAIL);
	host_virtio_stop(card);
}

void host_virtio_remove(struct host_virtio *card)
{
	if (!card->removed)
		machine_trace_note(card->machine, TRACE_NOTE_REMOVE);
	unplug(card);
}
