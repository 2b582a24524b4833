/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A VMBus server in plain bytes under the real driver: for tests of what the
 * driver does with a host that is odd, old, late, loaded or lying.
 *
 * By default it answers each message as a good host would, at once. A test
 * changes a field, refuses a post, or takes a message into its own hands.
 */
#ifndef TESTS_SUPPORT_SCRIPTED_SERVER_H
#define TESTS_SUPPORT_SCRIPTED_SERVER_H

#include <stdio.h>

#include "hyperv/channel.h"
#include "hyperv/hyperv.h"
#include "hyperv/vmbus.h"
#include "mocks/hyperv/partition.h"
#include "mocks/machine/machine.h"
#include "tests/support/post_log.h"
#include "tests/support/register_log.h"

#define SERVER_OFFERS	 64u
#define SERVER_LISTS	 64u
#define SERVER_LATER	 32u
/* Where it wants messages from 5.0 on, and a bit that makes doorbells. */
#define SERVER_MESSAGES	 0x30033u
#define SERVER_DOORBELLS 0x5000u
/* The failure status of OPEN_RESULT and GPADL_CREATED. */
#define SERVER_FAILURE	 0x8000ffffu

/* Types of channel messages, as a host sends them. */
enum server_type {
	SERVER_OFFER = 1,
	SERVER_RESCIND = 2,
	SERVER_ALL_OFFERS = 4,
	SERVER_OPEN_RESULT = 6,
	SERVER_CREATED = 10,
	SERVER_TORNDOWN = 12,
	SERVER_VERSION_RESPONSE = 15,
	SERVER_UNLOAD_RESPONSE = 17,
};

struct scripted_server;

struct scripted_server_configuration {
	/* The hypervisor's personality; NULL for ws2022. */
	const char *host;
	struct machine_configuration machine;
	/* The highest version that the driver may try; 0: what it likes. */
	uint32_t guest_version_max;
	/* The body itself attaches, if at all. */
	bool unattached;
	/* Memory stays behind: the host never let it go. */
	bool memory_stays;
	/* Set up more of the struct below before the guest runs. */
	void (*prepare)(struct scripted_server *server);
	void *context;
};

struct server_offer {
	uint32_t relid;
	/* The first byte of either GUID, all others are 0. */
	uint8_t interface, instance;
	uint16_t subchannel;
	/* 0: none, which is 255 on the wire. */
	uint8_t monitor;
};

/* Guest memory shown to the host. */
struct server_list {
	uint32_t handle, relid;
	uint32_t pages, known;
	uint64_t *page;
};

struct server_later {
	struct machine_event event;
	struct scripted_server *server;
	unsigned cpu;
	uint32_t bytes;
	uint8_t payload[POST_BYTES];
};

struct scripted_server {
	struct machine *machine;
	struct host_partition *partition;
	struct port *port;
	/*
	 * What the guest did; the hooks are the test's, called with the server.
	 */
	struct post_log log;
	struct register_log registers;

	/* What it answers: the highest version, and the offers. */
	uint32_t version_max;
	unsigned offer_count;
	struct server_offer offers[SERVER_OFFERS];

	/* The test's own hands: true when it dealt with the message. */
	bool (*on_message)(struct scripted_server *server,
			   const struct post *post);
	void *context;

	/* What it knows: where its messages go, and what it was shown. */
	unsigned cpu;
	struct server_list lists[SERVER_LISTS];
	unsigned doorbells;
	uint32_t doorbell_last;
	struct server_later later[SERVER_LATER];

	/* The guest. */
	struct hyperv hyperv;
	struct vmbus bus;
	uint32_t guest_version_max;
	unsigned wakes;
	bool unattached;
	void (*body)(struct scripted_server *server);
	/* All that the guest logged. */
	FILE *stream;
	char *text;
	size_t text_bytes;
};

/*
 * Make a machine whose host offers one device; run the body as guest code with
 * the hypervisor attached; take everything down. Returns "" or what went wrong:
 * memory left behind or shown, a SynIC left on, a rule broken.
 */
const char *
scripted_server_run(const struct scripted_server_configuration *configuration,
		    void (*body)(struct scripted_server *server));

/* ---- The guest's hands, in the body ---- */

/* vmbus_connect(), and its end: which the run does by itself, if need be. */
int server_connect(struct scripted_server *server);
void server_disconnect(struct scripted_server *server);
/* The class of device whose GUIDs begin with a byte, and a claimed channel. */
struct guid server_class(uint8_t first);
struct vmbus_channel *server_claim(struct scripted_server *server,
				   uint8_t interface);
/* Open with two rings of so many pages; nothing is called back. */
int server_open(struct vmbus_channel *channel, uint32_t pages);
/* Look after the bus for so many nanoseconds. */
void server_settle(struct scripted_server *server, uint64_t nanoseconds);
/* What the guest logged until now. */
const char *server_text(struct scripted_server *server);

/* ---- The host's hands ---- */

/* Send any bytes or words as a message. */
void server_send(struct scripted_server *server, const void *payload,
		 uint32_t bytes);
void server_send_words(struct scripted_server *server, const uint32_t words[],
		       unsigned count);
/* The same to a vCPU of the test's choice, after a while. */
void server_send_later(struct scripted_server *server, unsigned cpu,
		       uint64_t delay, const uint32_t words[], unsigned count);
void server_send_offer(struct scripted_server *server,
		       const struct server_offer *offer);
void server_send_rescind(struct scripted_server *server, uint32_t relid);
/* What the server does by itself with a message. */
void server_answer(struct scripted_server *server, const struct post *post);
/* A list of the guest's memory, or NULL; a page of it. */
struct server_list *server_list(struct scripted_server *server,
				uint32_t handle);
uint8_t *server_page(struct scripted_server *server,
		     const struct server_list *list, uint32_t page);
/* Let go of a list, if it is there, without a word. */
void server_list_drop(struct scripted_server *server, uint32_t handle);
/* How many lists the guest shows. */
unsigned server_lists(const struct scripted_server *server);

#endif /* TESTS_SUPPORT_SCRIPTED_SERVER_H */
