/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A live machine: a guest with lwIP and the live server (or a visitor of one)
 * behind its card, the host in a thread of its own, and a wire that leads out
 * of the simulator.
 */
#ifndef MOCKS_CLI_LIVE_LIVE_H
#define MOCKS_CLI_LIVE_LIVE_H

#include "mocks/machine/trace.h"
#include "mocks/cli/live/iperf.h"
#include "mocks/cli/live/server.h"
#include "mocks/cli/live/visitor.h"
#include "mocks/cli/virtual_machine.h"

struct live_configuration {
	/** A hypervisor's name, and a host's of it; NULL: its default. */
	const char *vmm, *host;
	/** The caller's; served by the host's thread while live_run() runs. */
	struct wire *wire;
	uint16_t mtu;
	/** The card's address; NULL: the hypervisor's own. */
	const uint8_t *mac;
	/** Zero prefix: none. */
	ip_addr_t address4, address6, gateway4;
	unsigned prefix4, prefix6;
	/** Who is told of what passes between guest and host, or nobody. */
	struct trace_observer observer;
	/** Seconds after which it ends, 0: when it is told to. */
	uint64_t duration;
	/** The page of GET /. */
	const char *page;
	/** A guest that visits a server, instead of being one; else NULL. */
	const struct live_visitor_configuration *visitor;
	/** The card is up, and everything listens. */
	void (*up)(void *context, const struct nic *nic,
		   const struct nic_link *link);
	/** It is about to end, and all still works; may be NULL. */
	void (*down)(void *context);
	void *context;
};

#define LIVE_REASON_MAX 512u

/** What is there to tell afterwards. */
struct live_result {
	/** "" if all is well. */
	char reason[LIVE_REASON_MAX];
	struct nic_statistics guest;
	struct vmm_counters host;
	uint64_t requests, connections, echoed_bytes;
	/** iperf3's tests that ended well, and their bytes. */
	uint64_t iperf_tests, iperf_bytes;
	unsigned connections_peak;
	struct live_visit visit;
};

/**
 * Run until a signal (SIGINT, SIGTERM), the duration, or an error, and shut
 * down cleanly. One at a time in a process, since lwIP is one.
 * @return whether all is well: nothing leaked, no rule broken
 */
bool live_run(const struct live_configuration *configuration,
	      struct live_result *result);

#endif /* MOCKS_CLI_LIVE_LIVE_H */
