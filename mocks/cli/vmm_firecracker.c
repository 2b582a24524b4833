/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Firecracker, QEMU's microvm, and a device by the letter: one virtio-net
 * behind the MMIO transport, which the board announces.
 */
#include <stdio.h>
#include <string.h>

#include "mocks/cli/virtual_machine.h"

#define STRICT_MTU	  9000u
/** One in so many frames comes with half a checksum. */
#define PARTIAL_CHECKSUMS 8u

/* ---- How much of it ---- */

enum {
	LEVEL_PLAIN = 1,
	LEVEL_MERGEABLE = 2,
	LEVEL_ALL = 3,
};

static const struct vmm_version levels[] = {
	{LEVEL_PLAIN, "plain"},
	{LEVEL_MERGEABLE, "mergeable"},
	{LEVEL_ALL, "all"},
};

#define MERGEABLE     (1ull << 15)
#define SPEED	      (1ull << 63)
/** A status bit that Firecracker never clears. */
#define VIRTIO_FAILED 0x80u

/** Status, control queue and what hangs on it, packed rings, tables, speed. */
#define BEYOND_FIRECRACKER                                                     \
	(1ull << 2 | 0xffull << 16 | 1ull << 28 | 1ull << 34 | 1ull << 40 |    \
	 1ull << 63)

static uint32_t *level_limit(struct virtual_machine_configuration *own)
{
	return &own->virtio_level;
}

static const struct vmm_protocol firecracker_protocols[] = {
	{"virtio", "virtio feature set", levels,
	 sizeof(levels) / sizeof(levels[0]), level_limit},
};

/* ---- The hosts ---- */

static uint32_t level_of(const struct virtio_personality *it)
{
	if (it->manner != VIRTIO_FIRECRACKER)
		return LEVEL_ALL;
	return it->features & MERGEABLE ? LEVEL_MERGEABLE : LEVEL_PLAIN;
}

static bool firecracker_host(size_t n, struct vmm_host *host)
{
	const struct virtio_personality *it = &virtio_personality_hostile;

	if (n > virtio_personality_count)
		return false;
	if (n < virtio_personality_count)
		it = &virtio_personalities[n];
	*host = (struct vmm_host){
		.name = it->name,
		.title = it->title,
		.is_hostile = it->is_hostile,
		.version_max = {level_of(it)},
	};
	snprintf(host->speaks, sizeof(host->speaks), "virtio-mmio 2, %s rings",
		 it->manner == VIRTIO_STRICT ? "packed" : "split");
	return true;
}

/* ---- The host's side ---- */

/** The address that the card has if nobody chose one. */
static const uint8_t firecracker_mac[6] = {0x06, 0x00, 0xac, 0x10, 0x00, 0x02};

static bool firecracker_plug(struct virtual_machine *vm)
{
	vm->virtio =
		host_virtio_create(vm->machine, &vm->configuration.host_virtio,
				   vm->wire);
	return vm->virtio;
}

/**
 * A hostile host plays any release, and the guest may count on more: then it
 * plays one that has it.
 */
static const struct virtio_personality *
firecracker_played(const struct virtual_machine *vm)
{
	const struct virtio_personality *it =
		virtio_personality_find(vm->host.name);

	if (!it)
		it = virtio_personality_find("strict");
	if (vm->configuration.virtio_level <= level_of(it))
		return it;
	return virtio_personality_find(vm->configuration.virtio_level ==
						       LEVEL_ALL
					       ? "strict"
					       : "firecracker-1.12");
}

static bool firecracker_create(struct virtual_machine *vm)
{
	static const uint8_t none[6];
	struct virtual_machine_configuration *own = &vm->configuration;
	struct host_virtio_configuration *card = &own->host_virtio;

	if (memcmp(card->mac, none, sizeof(none)) == 0)
		memcpy(card->mac, firecracker_mac, sizeof(firecracker_mac));
	card->personality = firecracker_played(vm);
	if (own->mtu)
		own->virtio_net.mtu = own->mtu;
	if (!card->mtu)
		card->mtu = own->virtio_net.mtu;
	if (!card->mtu && card->personality->manner == VIRTIO_STRICT)
		card->mtu = STRICT_MTU;
	/* As somebody does who gives QEMU's card a speed. */
	if (card->personality->manner == VIRTIO_QEMU)
		card->features |= SPEED;
	if (own->virtio_level && own->virtio_level < LEVEL_ALL)
		own->virtio_net.features_off |= BEYOND_FIRECRACKER;
	if (own->virtio_level == LEVEL_PLAIN)
		own->virtio_net.features_off |= MERGEABLE;
	card->merge = true;
	if (!card->partial_one_in)
		card->partial_one_in = PARTIAL_CHECKSUMS;
	own->virtio_net.kept = &vm->virtio_kept;
	return firecracker_plug(vm);
}

static void firecracker_destroy(struct virtual_machine *vm)
{
	host_virtio_destroy(vm->virtio);
}

static void firecracker_counters(const struct virtual_machine *vm,
				 struct vmm_counters *counters)
{
	struct host_virtio_counters host;

	host_virtio_counters(vm->virtio, &host);
	/* A frame that the device threw away it had taken. */
	counters->tx_frames = host.tx_packets + host.tx_refused;
	counters->rx_frames = host.rx_packets;
	counters->tx_messages = host.tx_packets;
	counters->rx_drop_queue = host.rx_drop_queue;
	counters->rx_drop_filter = host.rx_drop_filter;
	counters->rx_drop_other = host.rx_drop_state + host.rx_drop_size;
}

static uint32_t firecracker_backlog(const struct virtual_machine *vm)
{
	return host_virtio_backlog(vm->virtio);
}

static bool firecracker_is_dead(const struct virtual_machine *vm)
{
	return host_virtio_is_dead(vm->virtio);
}

static unsigned firecracker_shown(const struct virtual_machine *vm)
{
	return host_virtio_queues_live(vm->virtio);
}

static void firecracker_link_set(struct virtual_machine *vm, bool up)
{
	host_virtio_link_set(vm->virtio, up);
}

static void firecracker_speed_set(struct virtual_machine *vm, uint32_t mbps)
{
	host_virtio_speed_set(vm->virtio, mbps);
}

static void firecracker_remove(struct virtual_machine *vm)
{
	host_virtio_remove(vm->virtio);
}

/** Another card of the same kind where the one was. */
static void firecracker_replug(struct virtual_machine *vm)
{
	struct host_virtio_lies lies = *host_virtio_lies_of(vm->virtio);

	machine_trace_note(vm->machine, TRACE_NOTE_INSERT);
	host_virtio_destroy(vm->virtio);
	if (!firecracker_plug(vm))
		machine_stop(vm->machine, MACHINE_STOPPED,
			     "the simulator is out of memory");
	/* It is the host that lies, whichever its card is. */
	*host_virtio_lies_of(vm->virtio) = lies;
}

static void firecracker_insert(struct virtual_machine *vm)
{
	if (host_virtio_is_dead(vm->virtio))
		firecracker_replug(vm);
}

static void firecracker_device_change(struct virtual_machine *vm)
{
	host_virtio_fail(vm->virtio);
}

/* ---- What it does wrong ---- */

_Static_assert(HOST_VIRTIO_FAULTS <= VMM_FAULTS_MAX, "each has its number");
_Static_assert(HOST_VIRTIO_FAULT_ALWAYS == VMM_FAULT_ALWAYS,
	       "one way to say it");

static void firecracker_fault(unsigned n, struct vmm_fault *fault)
{
	const struct host_virtio_fault_description *it =
		&host_virtio_fault_descriptions[n];

	fault->name = it->name;
	fault->layer = it->layer;
	fault->text = it->text;
	fault->source = it->source;
	fault->changes = it->changes;
}

static void firecracker_faults_arm(struct virtual_machine *vm,
				   const struct vmm_faults *faults)
{
	struct host_virtio_faults own;

	if (faults) {
		memcpy(own.when, faults->when, sizeof(own.when));
		own.odds = faults->odds;
	}
	host_virtio_faults_set(vm->virtio, faults ? &own : NULL);
}

static uint64_t firecracker_fault_fired(const struct virtual_machine *vm,
					unsigned n)
{
	return host_virtio_faults_fired(vm->virtio, (enum host_virtio_fault)n);
}

static uint64_t firecracker_faults_fired(const struct virtual_machine *vm)
{
	return host_virtio_lies_of(vm->virtio)->all_fired;
}

static bool firecracker_faults_changed(const struct virtual_machine *vm)
{
	return host_virtio_lies_of(vm->virtio)->changed;
}

/* ---- The guest's side ---- */

static int firecracker_step(struct virtual_machine *vm,
			    const struct nic_stack *stack)
{
	struct virtio_mmio_place place;
	int error = 0;

	/* There is no bus: the board says where the card is. */
	if (vm->stage < VIRTUAL_MACHINE_CONNECTED)
		return 0;
	place = (struct virtio_mmio_place){
		.base = host_virtio_base(vm->virtio),
		.bytes = host_virtio_bytes(vm->virtio),
		.line = host_virtio_line(vm->virtio),
	};
	vm->nic = virtio_net_open(vm->port, &place,
				  &vm->configuration.virtio_net, stack, &error);
	return error;
}

static void firecracker_disconnect(struct virtual_machine *vm)
{
	(void)vm;
}

static bool firecracker_keeps(const struct virtual_machine *vm)
{
	return vm->virtio_kept.first != NULL;
}

/**
 * The guest is over. Where its card cannot be reset, or failed for good, that
 * is what ends it: the VMM's process goes, and a new one has a new card.
 */
static void firecracker_detach(struct virtual_machine *vm)
{
	if (vm->virtio_kept.first ||
	    host_virtio_status(vm->virtio) & VIRTIO_FAILED)
		firecracker_replug(vm);
	virtio_net_kept_free(&vm->virtio_kept);
}

const struct vmm vmm_firecracker = {
	.name = "firecracker",
	.host_default = "firecracker-1.12",
	.host = firecracker_host,
	.protocols = firecracker_protocols,
	.protocol_count = 1,
	.can =
		{
			[VMM_ABILITY_NONE] = {.it_can = true},
			[VMM_ABILITY_MTU] = {true, 0, LEVEL_MERGEABLE,
					     "mergeable buffers"},
			[VMM_ABILITY_MAC] = {true, 0, LEVEL_ALL,
					     "control queue"},
			[VMM_ABILITY_FILTER] = {true, 0, LEVEL_ALL,
						"control queue"},
			[VMM_ABILITY_LINK] = {true, 0, LEVEL_ALL,
					      "link status"},
			[VMM_ABILITY_REOPEN] = {true, 0, LEVEL_ALL, "reset"},
			[VMM_ABILITY_REMOVAL] = {.it_can = true},
			[VMM_ABILITY_DEVICE_CHANGE] = {true, 0, LEVEL_ALL,
						       "reset"},
		},
	.fault_count = HOST_VIRTIO_FAULTS,
	.fault = firecracker_fault,
	.create = firecracker_create,
	.destroy = firecracker_destroy,
	.counters = firecracker_counters,
	.backlog = firecracker_backlog,
	.is_dead = firecracker_is_dead,
	.shown = firecracker_shown,
	.link_set = firecracker_link_set,
	.speed_set = firecracker_speed_set,
	.remove = firecracker_remove,
	.insert = firecracker_insert,
	.device_change = firecracker_device_change,
	.faults_arm = firecracker_faults_arm,
	.fault_fired = firecracker_fault_fired,
	.faults_fired = firecracker_faults_fired,
	.faults_changed = firecracker_faults_changed,
	.step = firecracker_step,
	.keeps = firecracker_keeps,
	.disconnect = firecracker_disconnect,
	.detach = firecracker_detach,
};
