/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network device written in plain bytes, under the real driver: for tests of
 * what the driver does with a host that is odd, old, late or lying.
 *
 * By default it answers everything as a good host would, in as few words as it
 * can; a test changes a field, or takes a packet into its own hands.
 */
#ifndef TESTS_SUPPORT_SCRIPTED_HOST_H
#define TESTS_SUPPORT_SCRIPTED_HOST_H

#include "hyperv/netvsc.h"
#include "mocks/hyperv/partition.h"
#include "mocks/hyperv/vmbus.h"
#include "mocks/machine/machine.h"
#include "tests/support/scripted_guest.h"

#define SCRIPT_BUFFERS	    64u
#define SCRIPT_BUFFER_BYTES 2048u
#define SCRIPT_SLOT_BYTES   2048u
#define SCRIPT_RANGES_MAX   64u

struct scripted_host;

struct scripted_host_configuration {
	/* Name of the host; NULL for ws2022. */
	const char *host;
	uint64_t seed;
	struct netvsc_configuration card;
	/* The highest NVSP version it accepts, 0: 6.1. */
	uint32_t nvsp_version;
	/* Set up more of the struct below before the guest runs. */
	void (*prepare)(struct scripted_host *host);
	/* The test's own, copied to the struct below before. */
	void *context;
};

struct scripted_range {
	uint32_t length, offset;
};

struct scripted_host {
	struct machine *machine;
	struct host_partition *partition;
	struct host_vmbus *server;
	struct host_channel *device;
	struct host_gpadl *receive, *send;

	/* What it answers. */
	uint32_t nvsp_version;
	bool refuse_send_buffer;
	uint32_t section_count;
	/*
	 * RNDIS INITIALIZE_CMPLT: packets and bytes a message, log2 of
	 * alignment.
	 */
	uint32_t packets_max, transfer_max, alignment;
	bool media_down;
	/*
	 * Complete the guest's data packets (with this status), or hold them.
	 */
	bool hold_data;
	uint32_t data_status;
	/* Never say a word about data or control that is asked for here. */
	bool mute;

	/* The test's own hands: true when it dealt with it. */
	bool (*on_packet)(struct scripted_host *host,
			  const struct host_packet *packet);
	bool (*on_control)(struct scripted_host *host, const uint8_t *request,
			   uint32_t bytes);
	/* Each completion of the guest's, before it is counted. */
	void (*on_completion)(struct scripted_host *host,
			      const struct host_packet *packet);

	/* What it saw. */
	uint32_t mtu;
	unsigned inits, revokes, halts, sets, queries, keepalive_answers,
		closes;
	unsigned data_packets, data_messages, completions,
		last_completion_status;
	uint32_t filter;
	uint64_t completed_ids[256];
	uint64_t held_ids[256];
	unsigned held;
	/* The last data message(s) of the guest's: RNDIS bytes, gathered. */
	uint8_t data[SCRIPT_FRAME_MAX];
	uint32_t data_bytes;
	uint32_t first_range_bytes;
	bool corrupt;
	uint32_t next_slot;

	/* The guest. */
	struct port *port;
	struct hyperv hyperv;
	struct vmbus bus;
	struct nic *nic;
	int error;
	struct netvsc_configuration card;
	uint8_t *buffers;
	void *free_buffers[SCRIPT_BUFFERS];
	unsigned free_count;
	unsigned wakes, event_wakes;
	uint8_t *transmit_memory;
	void (*body)(struct scripted_host *host);
	void *context;
};

/*
 * Make a machine whose host offers the scripted device; run the body as guest
 * code with the bus connected; take everything down. Returns "" or what went
 * wrong.
 */
const char *
scripted_host_run(const struct scripted_host_configuration *configuration,
		  void (*body)(struct scripted_host *host));

/* ---- The guest's hands, in the body ---- */

/* Open the card (and start it); host->error and host->nic say how it went. */
int card_open(struct scripted_host *host);
int card_up(struct scripted_host *host);
void card_close(struct scripted_host *host);
/*
 * Transmit one frame from one buffer, wait until its owner is back.
 * Returns 0, ERROR_AGAIN when it was not taken, ERROR_TIMED_OUT.
 */
int card_transmit(struct scripted_host *host, const void *frame,
		  uint32_t bytes);
/* The same from an offset of transmit memory. */
int card_transmit_at(struct scripted_host *host, uint32_t offset,
		     const void *frame, uint32_t bytes);
/*
 * Put a frame into transmit memory at an offset and hand it over; no waiting.
 */
bool card_submit(struct scripted_host *host, uint32_t offset, const void *frame,
		 uint32_t bytes);
/* Receive one frame into a flat copy; its length, or -1 when none comes. */
int card_receive(struct scripted_host *host, uint8_t *frame, uint32_t size,
		 struct net_packet *packet);
/* Let time pass, with the card's events and queue looked after. */
void card_settle(struct scripted_host *host);
struct nic_statistics card_statistics(struct scripted_host *host);

/* ---- The device's hands ---- */

/* Write bytes into the guest's receive buffer. */
bool device_write(struct scripted_host *host, uint32_t offset,
		  const void *bytes, uint32_t length);
/* Send a transfer-page packet over any ranges, true or not. */
enum host_send_result device_ranges(struct scripted_host *host, uint64_t id,
				    uint16_t page_set,
				    const struct scripted_range ranges[],
				    unsigned count);
/*
 * Put one RNDIS message into the next slot and send it. Returns the packet's
 * id.
 */
uint64_t device_rndis(struct scripted_host *host, const void *message,
		      uint32_t bytes);
/* The same with a plain frame around it. */
uint64_t device_frame(struct scripted_host *host, const void *frame,
		      uint32_t bytes);
/* RNDIS INDICATE_STATUS without a buffer. */
uint64_t device_indicate(struct scripted_host *host, uint32_t status);
/* Send an NVSP message inband. */
enum host_send_result device_inband(struct scripted_host *host,
				    const void *message, uint32_t bytes,
				    uint64_t id, bool completion_requested);
/* Complete a packet of the guest's with bytes. */
enum host_send_result device_complete(struct scripted_host *host, uint64_t id,
				      const void *payload, uint32_t bytes);

#endif /* TESTS_SUPPORT_SCRIPTED_HOST_H */
