/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two threads of a live machine. The caller's runs the guest: driver, lwIP,
 * server, a loop that sleeps when there is nothing to do. The other one is the
 * host: it waits for the wire, for the guest's doorbells, for the next event,
 * and for the signal that ends it all.
 */
#define _GNU_SOURCE
#include <lwip/ethip6.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lwip/nic_netif.h"
#include "mocks/cli/live/live.h"
#include "mocks/cli/lwip_platform.h"

#define DESCRIPTORS_MAX	 1024u
#define DESCRIPTORS_OWN	 3u
#define WAIT_MS_MOST	 1000
#define MILLISECOND	 1000000ull
#define SECOND		 1000000000ull
/** The last frames (resets) leave, and TCP's timer sees that nobody needs it.
 */
#define FAREWELL	 ((TCP_TMR_INTERVAL + 50) * MILLISECOND)
/**
 * For how long a closed connection is remembered, in TCP's slow ticks: lwIP's
 * two minutes turn away whoever comes again from the same port, and a client
 * with many connections does. No wire here holds a segment back that long.
 */
#define CLOSED_TICKS	 1u
#define ERROR_TEXT(what) "%s: error %d", what

struct live {
	const struct live_configuration *configuration;
	struct live_result *result;
	struct virtual_machine *vm;
	struct nic_netif interface;
	struct live_server server;
	struct live_iperf iperf;
	struct live_visitor visitor;
	/** The farewell: nothing new is begun. */
	bool is_leaving;
	/* The host's thread. */
	pthread_t thread;
	int signals, over;
	sigset_t waited, before;
	struct pollfd descriptors[DESCRIPTORS_MAX];
	/** The guest is to end; the host's thread is to end. */
	atomic_bool is_asked, is_over;
};

static void live_fail(struct live *live, const char *what, int error)
{
	if (*live->result->reason)
		return;
	snprintf(live->result->reason, LIVE_REASON_MAX, ERROR_TEXT(what),
		 error);
	machine_trace_failure(live->vm->machine, live->result->reason);
}

/* ---- The host's thread ---- */

static void host_wait(struct live *live, uint64_t wait, size_t *count)
{
	struct wire *wire = live->configuration->wire;
	struct pollfd *descriptors = live->descriptors;
	int milliseconds = WAIT_MS_MOST;
	struct timespec timeout;

	descriptors[0].fd = machine_kick_descriptor(live->vm->machine);
	descriptors[1].fd = live->signals;
	descriptors[2].fd = live->over;
	for (size_t i = 0; i < DESCRIPTORS_OWN; i++)
		descriptors[i].events = POLLIN;
	*count =
		wire_wait_for(wire, descriptors + DESCRIPTORS_OWN,
			      DESCRIPTORS_MAX - DESCRIPTORS_OWN, &milliseconds);
	if (wait > (uint64_t)milliseconds * MILLISECOND)
		wait = (uint64_t)milliseconds * MILLISECOND;
	timeout.tv_sec = (time_t)(wait / SECOND);
	timeout.tv_nsec = (long)(wait % SECOND);
	ppoll(descriptors, DESCRIPTORS_OWN + *count, &timeout, NULL);
}

static void *host_run(void *argument)
{
	struct live *live = argument;
	struct machine *machine = live->vm->machine;
	struct signalfd_siginfo signal;
	uint64_t wait = 0;
	size_t count;

	while (!atomic_load(&live->is_over)) {
		host_wait(live, wait, &count);
		if (read(live->signals, &signal, sizeof(signal)) > 0)
			atomic_store(&live->is_asked, true);
		machine_enter(machine);
		wire_serve(live->configuration->wire,
			   live->descriptors + DESCRIPTORS_OWN, count);
		wait = machine_leave(machine);
	}
	return NULL;
}

static bool host_start(struct live *live)
{
	sigemptyset(&live->waited);
	sigaddset(&live->waited, SIGINT);
	sigaddset(&live->waited, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &live->waited, &live->before);
	live->signals = signalfd(-1, &live->waited, SFD_NONBLOCK | SFD_CLOEXEC);
	live->over = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (live->signals >= 0 && live->over >= 0 &&
	    pthread_create(&live->thread, NULL, host_run, live) == 0)
		return true;
	live_fail(live, "cannot start the host's thread", -1);
	return false;
}

static void host_end(struct live *live)
{
	const uint64_t one = 1;

	atomic_store(&live->is_over, true);
	if (write(live->over, &one, sizeof(one)) < 0)
		abort();
	pthread_join(live->thread, NULL);
}

/* ---- The guest ---- */

static void guest_forget_closed(void)
{
	struct tcp_pcb *pcb = tcp_tw_pcbs, *next;

	for (; pcb; pcb = next) {
		next = pcb->next;
		if (tcp_ticks - pcb->tmr >= CLOSED_TICKS)
			tcp_abort(pcb);
	}
}

/** One turn of the guest's loop, which sleeps when there is nothing to do. */
static void guest_turn(struct live *live, uint64_t deadline)
{
	struct port *port = live->vm->port;
	uint64_t until;
	unsigned got;

	virtual_machine_poll(live->vm);
	got = nic_netif_poll(&live->interface);
	if (live->configuration->visitor && !live->is_leaving) {
		until = live_visitor_poll(&live->visitor);
		if (until < deadline)
			deadline = until;
	}
	sys_check_timeouts();
	guest_forget_closed();
	until = port_time(port) +
		(uint64_t)sys_timeouts_sleeptime() * MILLISECOND;
	if (!nic_netif_arm(&live->interface) || got)
		until = 0;
	port_relax(port, until < deadline ? until : deadline);
}

static void guest_loop(struct live *live)
{
	const struct live_configuration *configuration = live->configuration;
	struct port *port = live->vm->port;
	uint64_t deadline = UINT64_MAX;

	if (configuration->duration)
		deadline = port_time(port) + configuration->duration * SECOND;
	while (!atomic_load(&live->is_asked) && port_time(port) < deadline) {
		guest_turn(live, deadline);
		if (live->interface.is_gone) {
			live_fail(live, "the host took the card away", 0);
			return;
		}
	}
}

static bool guest_addresses(struct live *live)
{
	const struct live_configuration *configuration = live->configuration;
	struct netif *netif = &live->interface.netif;
	ip4_addr_t mask = {0};
	s8_t slot;

	if (configuration->prefix4) {
		mask.addr =
			lwip_htonl(UINT32_MAX << (32 - configuration->prefix4));
		netif_set_addr(netif, ip_2_ip4(&configuration->address4), &mask,
			       ip_2_ip4(&configuration->gateway4));
	}
	netif_create_ip6_linklocal_address(netif, 1);
	if (configuration->prefix6) {
		if (netif_add_ip6_address(netif,
					  ip_2_ip6(&configuration->address6),
					  &slot) != ERR_OK)
			return false;
		netif_ip6_addr_set_state(netif, slot, IP6_ADDR_PREFERRED);
	}
	netif_set_default(netif);
	netif_set_up(netif);
	return true;
}

/** Begin what this guest is there for. */
static bool guest_serve(struct live *live)
{
	const struct live_configuration *configuration = live->configuration;

	if (configuration->visitor)
		return live_visitor_start(&live->visitor, live->vm->port,
					  configuration->visitor) == ERR_OK;
	live->server.page = configuration->page;
	return live_server_start(&live->server, NULL) == ERR_OK &&
	       live_iperf_start(&live->iperf) == ERR_OK;
}

static bool guest_up(struct live *live)
{
	struct nic_stack stack = nic_netif_stack(&live->interface);
	const struct live_configuration *configuration = live->configuration;
	struct nic_link link;
	int error;

	if (!netif_add_noaddr(&live->interface.netif, &live->interface,
			      nic_netif_init, ethernet_input)) {
		live_fail(live, "lwIP takes no interface", ERR_IF);
		return false;
	}
	error = virtual_machine_up(live->vm, VIRTUAL_MACHINE_OPEN, &stack, 0);
	if (!error)
		error = nic_netif_attach(&live->interface, live->vm->nic);
	if (!error && !guest_addresses(live))
		error = ERROR_NO_MEMORY;
	if (error) {
		live_fail(live, "the card does not come up", error);
		return false;
	}
	if (!guest_serve(live)) {
		live_fail(live, "no memory to serve or to visit",
			  ERROR_NO_MEMORY);
		return false;
	}
	nic_link(live->vm->nic, &link);
	configuration->up(configuration->context, live->vm->nic, &link);
	return true;
}

/** Whatever is still connected is reset, and what lwIP holds freed. */
static void guest_down(struct live *live)
{
	struct port *port = live->vm->port;
	uint64_t deadline;
	unsigned lost;

	if (live->configuration->down)
		live->configuration->down(live->configuration->context);
	deadline = port_time(port) + FAREWELL;
	live->is_leaving = true;
	live_server_stop(&live->server);
	live_iperf_stop(&live->iperf);
	live_visitor_stop(&live->visitor);
	while (tcp_active_pcbs)
		tcp_abort(tcp_active_pcbs);
	while (tcp_tw_pcbs)
		tcp_abort(tcp_tw_pcbs);
	while (port_time(port) < deadline && !live->interface.is_gone)
		guest_turn(live, deadline);
	lost = nic_netif_detach(&live->interface);
	netif_remove(&live->interface.netif);
	virtual_machine_down(live->vm);
	if (lost || nic_netif_outstanding(&live->interface))
		live_fail(live, "buffers that never came back",
			  (int)nic_netif_outstanding(&live->interface));
}

static void guest_run(void *argument)
{
	struct live *live = argument;
	unsigned held;
	int error;

	lwip_platform_init(live->vm->port);
	error = nic_netif_create(&live->interface, live->vm->port, NULL);
	if (error) {
		live_fail(live, "no memory for receive buffers", error);
		return;
	}
	if (guest_up(live))
		guest_loop(live);
	guest_down(live);
	held = lwip_platform_release();
	if (held)
		live_fail(live, "pieces of memory that lwIP leaked", (int)held);
	nic_netif_destroy(&live->interface);
}

/* ---- Together ---- */

static void live_conclude(struct live *live, enum machine_outcome outcome)
{
	struct live_result *result = live->result;

	result->guest = live->vm->final;
	result->host = live->vm->final_host;
	result->requests = live->server.requests;
	result->connections = live->server.accepted;
	result->connections_peak = live->server.connections_peak;
	result->echoed_bytes = live->server.echoed_bytes;
	result->iperf_tests = live->iperf.tests;
	result->iperf_bytes = live->iperf.bytes;
	result->visit = live->visitor.visit;
	if (*result->reason)
		return;
	if (outcome != MACHINE_DONE)
		snprintf(result->reason, LIVE_REASON_MAX,
			 "the machine stopped: %.400s",
			 machine_reason(live->vm->machine));
	else
		virtual_machine_check(live->vm, result->reason,
				      LIVE_REASON_MAX);
}

static void live_machine(struct live *live)
{
	enum machine_outcome outcome;

	if (!host_start(live))
		return;
	outcome = virtual_machine_run(live->vm, guest_run, live);
	host_end(live);
	live_conclude(live, outcome);
}

bool live_run(const struct live_configuration *configuration,
	      struct live_result *result)
{
	struct virtual_machine_configuration machine = {
		.vmm = configuration->vmm,
		.host = configuration->host,
		.machine.schedule = MACHINE_SCHEDULE_REALTIME,
		.mtu = configuration->mtu,
		.wire = configuration->wire,
		.observer = configuration->observer,
	};
	struct live *live = calloc(1, sizeof(*live));

	memset(result, 0, sizeof(*result));
	if (!live) {
		snprintf(result->reason, LIVE_REASON_MAX, "out of memory");
		return false;
	}
	if (configuration->mac) {
		memcpy(machine.device.mac, configuration->mac,
		       ETHERNET_ADDRESS_BYTES);
		memcpy(machine.host_vmxnet3.mac, configuration->mac,
		       ETHERNET_ADDRESS_BYTES);
	}
	live->configuration = configuration;
	live->result = result;
	live->signals = -1;
	live->over = -1;
	live->vm = virtual_machine_create(&machine);
	if (live->vm)
		live_machine(live);
	else
		snprintf(result->reason, LIVE_REASON_MAX, "out of memory");
	virtual_machine_destroy(live->vm);
	if (live->signals >= 0) {
		close(live->signals);
		pthread_sigmask(SIG_SETMASK, &live->before, NULL);
	}
	if (live->over >= 0)
		close(live->over);
	free(live);
	return !*result->reason;
}
