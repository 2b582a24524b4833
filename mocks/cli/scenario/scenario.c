/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of scenarios, and the frame around each: make the machine, run the
 * guest, take everything down, look for what was left, and after a fault bring
 * the card up once more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/scenario/guest.h"

/* ---- The table ---- */

static void configure_plain_pages(struct virtual_machine_configuration *own)
{
	own->card.no_send_buffer = true;
}

static void configure_data_rings(struct virtual_machine_configuration *own)
{
	own->vmxnet3.transmit_data_bytes = 2048;
	own->vmxnet3.receive_data_bytes = 512;
}

static void configure_small(struct virtual_machine_configuration *own)
{
	own->card.send_ring_bytes = 4096;
	own->card.receive_ring_bytes = 4096;
	own->card.receive_buffer_bytes = 128 * 1024;
	own->card.send_buffer_bytes = 32 * 1024;
	own->card.transmit_depth = 8;
	own->device.queue_frames = 16;
	own->vmxnet3.transmit_ring = 32;
	own->vmxnet3.receive_ring = 32;
	own->vmxnet3.body_ring = 32;
	own->host_vmxnet3.queue_frames = 16;
}

static void configure_mac(struct virtual_machine_configuration *own)
{
	own->device.mac_changes = true;
}

static void configure_jumbo(struct virtual_machine_configuration *own)
{
	own->mtu = 9000;
}

const struct scenario scenarios[] = {
	{"bring-up",
	 "from nothing to a started card, a frame each way, and "
	 "back",
	 .run = scenario_bring_up},
	{"transmit",
	 "frames out, in bursts of any size and lengths of any kind",
	 .run = scenario_transmit},
	{"receive", "frames in, faster than they are fetched",
	 .run = scenario_receive},
	{"flood", "both ways at once, until rings and queues are full",
	 .run = scenario_flood},
	{"small", "the same with one page a ring and eight packets in flight",
	 .configure = configure_small, .run = scenario_flood},
	{"pages", "a card without a send buffer: all frames go by their pages",
	 .needs = VMM_ABILITY_SEND_BUFFER, .configure = configure_plain_pages,
	 .run = scenario_transmit},
	{"data-rings", "frames that fit go by the rings of data, both ways",
	 .needs = VMM_ABILITY_DATA_RINGS, .configure = configure_data_rings,
	 .run = scenario_flood},
	{"lengths", "each length from a bare header to the MTU, out and in",
	 .run = scenario_lengths},
	{"jumbo", "an MTU of 9000: a frame takes several buffers",
	 .needs = VMM_ABILITY_MTU, .configure = configure_jumbo,
	 .run = scenario_jumbo},
	{"armed", "a stack that sleeps between frames until it is woken",
	 .run = scenario_armed},
	{"mtu", "the MTU changed up and down, with the longest frames of each",
	 .needs = VMM_ABILITY_MTU, .run = scenario_mtu},
	{"mac", "another address: frames to it arrive, those to the old do not",
	 .needs = VMM_ABILITY_MAC, .configure = configure_mac,
	 .run = scenario_mac},
	{"filter",
	 "unicast, broadcast, multicast and everybody's, in and out "
	 "of force",
	 .needs = VMM_ABILITY_FILTER, .run = scenario_filter},
	{"link", "the link goes down and up and changes its speed, in traffic",
	 .needs = VMM_ABILITY_LINK, .run = scenario_link},
	{"keepalive", "the host asks whether the guest lives, in traffic",
	 .needs = VMM_ABILITY_KEEPALIVE, .run = scenario_keepalive},
	{"network-change", "the network behind the link becomes another one",
	 .needs = VMM_ABILITY_NETWORK_CHANGE, .run = scenario_network_change},
	{"reset", "RNDIS RESET: the filter is lost and set again",
	 .needs = VMM_ABILITY_RNDIS_RESET, .run = scenario_reset},
	{"queue-stop",
	 "the host stops a queue with an error, and it is brought back",
	 .needs = VMM_ABILITY_QUEUE_STOP, .run = scenario_queue_stop},
	{"device-change",
	 "the host says that the device is another one, three times",
	 .needs = VMM_ABILITY_DEVICE_CHANGE, .run = scenario_device_change},
	{"stop-start", "stopped in traffic and started again, five times",
	 .run = scenario_stop_start},
	{"reopen", "closed in traffic and opened again on the same offer",
	 .needs = VMM_ABILITY_REOPEN, .run = scenario_reopen},
	{"reconnect", "unloaded down to nothing and brought up, three times",
	 .run = scenario_reconnect},
	{"rescind",
	 "the host takes the card away in traffic, and gives it back",
	 .needs = VMM_ABILITY_REMOVAL, .run = scenario_rescind},
	{"rescind-asked",
	 "the host takes the card away while it is asked "
	 "something",
	 .needs = VMM_ABILITY_REMOVAL, .run = scenario_rescind_asked},
};

const size_t scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);

const struct scenario *scenario_find(const char *name)
{
	size_t i;

	for (i = 0; i < scenario_count; i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	return NULL;
}

/* ---- Combinations ---- */

bool scenario_is_for(const struct scenario *scenario, const struct vmm *vmm,
		     char *reason)
{
	if (vmm->can[scenario->needs].it_can)
		return true;
	snprintf(reason, SCENARIO_REASON_MAX, "%s has no %s: no '%s'",
		 vmm->name, vmm_ability_name(scenario->needs), scenario->name);
	return false;
}

bool scenario_exists(const struct scenario_case *it, char *reason)
{
	const struct vmm_can *can = &it->vmm->can[it->scenario->needs];
	const struct vmm_protocol *protocol = it->vmm->protocols;
	const struct vmm_version *version;
	unsigned n;

	if (!scenario_is_for(it->scenario, it->vmm, reason))
		return false;
	for (n = 0; n < it->vmm->protocol_count; n++, protocol++) {
		version = it->versions[n];
		if (version->value <= it->host.version_max[n])
			continue;
		snprintf(reason, SCENARIO_REASON_MAX,
			 "%s has no %s %s: a guest that tries it ends lower",
			 it->host.name, protocol->title, version->name);
		return false;
	}
	version = it->versions[can->protocol];
	if (!can->version_min || version->value >= can->version_min)
		return true;
	snprintf(reason, SCENARIO_REASON_MAX, "%s %s has no %s",
		 it->vmm->protocols[can->protocol].title, version->name,
		 can->need);
	return false;
}

bool scenario_has_lies(const struct scenario_case *it)
{
	return it->host.is_hostile || it->has_lies;
}

void scenario_lies(const struct scenario_case *it, struct vmm_faults *lies)
{
	struct vmm_faults planned = {.odds = 0};

	if (it->host.is_hostile)
		vmm_faults_plan(it->vmm, it->seed, &planned);
	*lies = it->has_lies ? it->lies : planned;
	lies->odds = planned.odds;
}

/* ---- What must hold afterwards ---- */

/** @param from the first rule broken that counts */
static void check_violations(struct scenario_guest *guest, unsigned from)
{
	static const char leaves[] = "VMBus UNLOAD: the guest leaves while";
	const struct machine *machine = guest->vm->machine;
	unsigned count = machine_violations(machine), i;
	const char *text;

	for (i = from; i < count; i++) {
		text = machine_violation_text(machine, i);
		/* It asked, and was not heard; so it kept that memory. */
		if (text && guest->vm->kept &&
		    strncmp(text, leaves, strlen(leaves)) == 0)
			continue;
		scenario_fail(guest, "the guest broke a rule: %s",
			      text ? text : "and more than 64");
		return;
	}
}

/** Nothing is left, but memory that the host was never heard to let go of. */
static void check_memory(struct scenario_guest *guest)
{
	const struct virtual_machine *vm = guest->vm;
	struct machine_counters counters;

	machine_counters(vm->machine, &counters);
	if (counters.live_allocations != vm->kept ||
	    counters.live_bytes != vm->kept_bytes)
		scenario_fail(guest,
			      "the guest leaked: %llu allocations live, %llu "
			      "bytes, of which the bus kept %llu, %llu bytes",
			      (unsigned long long)counters.live_allocations,
			      (unsigned long long)counters.live_bytes,
			      (unsigned long long)vm->kept,
			      (unsigned long long)vm->kept_bytes);
	if (counters.dma_live)
		scenario_fail(guest,
			      "%llu pieces of memory were never taken back "
			      "from the device",
			      (unsigned long long)counters.dma_live);
	if (vm->vmm->shown(vm))
		scenario_fail(guest,
			      "%u pieces of the guest's memory are still shown "
			      "to the host",
			      vm->vmm->shown(vm));
}

static void check_error(struct scenario_guest *guest, int error)
{
	const char *name = error_name(error);

	if (strcmp(name, error_name(1)) == 0)
		scenario_fail(guest, "it returned %d, which is no error",
			      error);
	else if (error && !scenario_is_hurt(guest))
		scenario_fail(guest, "it returned an error: %s", name);
}

static void check_all(struct scenario_guest *guest,
		      enum machine_outcome outcome, int error)
{
	if (outcome != MACHINE_DONE) {
		scenario_fail(guest, "the machine stopped: %s",
			      machine_reason(guest->vm->machine));
		return;
	}
	check_error(guest, error);
	/* Who is lied to may say what makes no sense. */
	if (!guest->vm->vmm->faults_fired(guest->vm))
		check_violations(guest, 0);
	if (guest->vm->vmm->is_dead(guest->vm) &&
	    !guest->vm->vmm->faults_fired(guest->vm))
		scenario_fail(guest, "the host gave the card up");
	if (guest->vm->kept && !scenario_is_hurt(guest))
		scenario_fail(guest, "the guest kept %llu pieces of memory",
			      (unsigned long long)guest->vm->kept);
	check_memory(guest);
}

/* ---- Running ---- */

/** A guest, and what came of it. */
struct scenario_call {
	struct scenario_guest *guest;
	int (*run)(struct scenario_guest *guest);
	int error;
};

static void call_run(void *argument)
{
	struct scenario_call *call = argument;
	struct scenario_guest *guest = call->guest;

	call->error = call->run(guest);
	scenario_down(guest, VIRTUAL_MACHINE_OFF);
	if (guest->has_stack)
		stack_destroy(&guest->stack);
	guest->has_stack = false;
}

/** What was late comes, to nobody; and then as if nothing had been. */
static int come_up_again(struct scenario_guest *guest)
{
	port_delay(guest->port, MACHINE_FAULT_LATE);
	return scenario_bring_up(guest);
}

/** After a fault: the same machine, and nothing fails. */
static void recover(struct scenario_guest *guest)
{
	struct machine *machine = guest->vm->machine;
	struct scenario_call call = {guest, come_up_again, 0};
	const uint64_t kept = guest->vm->kept;
	unsigned violations = guest->vm->vmm->faults_fired(guest->vm)
				      ? machine_violations(machine)
				      : 0;
	enum machine_outcome outcome;

	machine_fault_arm(machine, NULL);
	guest->vm->vmm->faults_arm(guest->vm, NULL);
	guest->vm->vmm->link_set(guest->vm, true);
	guest->vm->vmm->insert(guest->vm);
	outcome = virtual_machine_run(guest->vm, call_run, &call);
	if (outcome != MACHINE_DONE)
		scenario_fail(guest, "coming up again, the machine stopped: %s",
			      machine_reason(machine));
	else if (call.error)
		scenario_fail(guest, "the card does not come up again: %s",
			      error_name(call.error));
	else if (guest->vm->kept != kept)
		scenario_fail(guest, "coming up again, the guest kept memory");
	check_violations(guest, violations);
	check_memory(guest);
}

static void configure(const struct scenario_case *it,
		      struct virtual_machine_configuration *own)
{
	static const enum machine_schedule schedules[] = {
		MACHINE_SCHEDULE_LAZY,
		MACHINE_SCHEDULE_SEEDED,
		MACHINE_SCHEDULE_SEEDED,
		MACHINE_SCHEDULE_EAGER,
	};
	struct vmm_host played;
	size_t n;

	memset(own, 0, sizeof(*own));
	vmm_host_played(it->vmm, &it->host, it->seed, &played);
	own->vmm = it->vmm->name;
	own->host = played.name;
	if (scenario_has_lies(it))
		own->strictness = HOST_LENIENT;
	own->machine.seed = it->seed;
	own->machine.schedule = schedules[it->seed % 4];
	for (n = 0; n < it->vmm->protocol_count; n++)
		*it->vmm->protocols[n].limit(own) = it->versions[n]->value;
	if (it->scenario->configure)
		it->scenario->configure(own);
}

static void lies_arm(struct scenario_guest *guest)
{
	const struct scenario_case *it = guest->it;
	struct vmm_faults faults;

	scenario_lies(it, &faults);
	it->vmm->faults_arm(guest->vm, scenario_has_lies(it) ? &faults : NULL);
}

/** What a failure needs to be understood: what the host did wrong before. */
static void lies_name(const struct scenario_guest *guest,
		      const uint64_t fired[VMM_FAULTS_MAX], char *reason)
{
	const struct vmm *vmm = guest->it->vmm;
	size_t used = strlen(guest->failure);
	const char *separator = SCENARIO_REASON_LIES;
	struct vmm_fault fault;
	unsigned i;

	memcpy(reason, guest->failure, used + 1);
	for (i = 0; used && i < vmm->fault_count; i++) {
		if (!fired[i] || used >= SCENARIO_REASON_MAX)
			continue;
		vmm->fault(i, &fault);
		used += (size_t)snprintf(reason + used,
					 SCENARIO_REASON_MAX - used,
					 "%s %s (%llu)", separator, fault.name,
					 (unsigned long long)fired[i]);
		separator = ",";
	}
}

static void run_made(struct scenario_guest *guest,
		     struct scenario_result *result)
{
	const struct vmm *vmm = guest->it->vmm;
	struct machine *machine = guest->vm->machine;
	struct scenario_call call = {guest, guest->it->scenario->run, 0};
	uint64_t fired[VMM_FAULTS_MAX];
	enum machine_outcome outcome;
	unsigned kind, i;

	machine_fault_arm(machine, &guest->it->fault);
	lies_arm(guest);
	outcome = virtual_machine_run(guest->vm, call_run, &call);
	result->error = call.error;
	result->lies = vmm->faults_fired(guest->vm);
	result->fired = machine_fault_fired(machine) + result->lies;
	for (kind = 0; kind < MACHINE_FAULT_KINDS; kind++)
		result->points[kind] =
			machine_fault_points(machine,
					     (enum machine_fault_kind)kind);
	for (i = 0; i < vmm->fault_count; i++)
		fired[i] = vmm->fault_fired(guest->vm, i);
	result->virtual_ns = machine_time(machine);
	check_all(guest, outcome, call.error);
	result->frames_out = guest->frames_out;
	result->frames_in = guest->frames_in;
	if ((guest->it->fault.n || scenario_has_lies(guest->it)) &&
	    guest->failure[0] == '\0')
		recover(guest);
	result->frames_made = guest->frames_made;
	lies_name(guest, fired, result->reason);
}

void scenario_run(const struct scenario_case *it,
		  const struct trace_observer *observer,
		  struct scenario_result *result)
{
	struct scenario_guest *guest = calloc(1, sizeof(*guest));
	struct virtual_machine_configuration own;

	memset(result, 0, sizeof(*result));
	snprintf(result->reason, sizeof(result->reason), "out of memory");
	if (!guest)
		return;
	configure(it, &own);
	if (observer)
		own.observer = *observer;
	guest->it = it;
	guest->random.state = it->seed + 1;
	guest->wire = wire_tap_create(scenario_transmitted, guest);
	own.wire = guest->wire;
	guest->vm = guest->wire ? virtual_machine_create(&own) : NULL;
	if (guest->vm) {
		guest->port = guest->vm->port;
		run_made(guest, result);
		result->passed = guest->failure[0] == '\0';
	}
	virtual_machine_destroy(guest->vm);
	if (guest->wire)
		wire_destroy(guest->wire);
	free(guest);
}
