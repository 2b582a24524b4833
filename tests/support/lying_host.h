/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a card on a host that lies: bring-up, frames both ways, a new
 * MTU, frames again, close. Each word of the host's passes a function first,
 * which may change it, lose it, or say something else as well.
 *
 * Whatever the host says, the life ends: in success or in an error that has a
 * name; each buffer and each owner is where it belongs, once; each frame is
 * counted once; and no memory is left but what the host never gave back. Then
 * the host is honest again, and the same guest must come up and work.
 */
#ifndef TESTS_SUPPORT_LYING_HOST_H
#define TESTS_SUPPORT_LYING_HOST_H

#include "mocks/cli/virtual_machine.h"
#include "mocks/hyperv/hostile.h"
#include "tests/support/mutate.h"

#define LYING_BUFFERS	    48u
#define LYING_BUFFER_BYTES  2048u
#define LYING_OWNERS	    16u
#define LYING_OWNER_BYTES   8192u
#define LYING_RECEIVE_BYTES 0x20000u
#define LYING_HANDLES	    16u
/* Bytes of each message in the receive buffer that are shown. */
#define LYING_DATA_MOST	    256u

/* What of the host's is shown, or what a lie is about. */
enum lie_kind {
	/* A control message of VMBus. */
	LIE_MESSAGE,
	/* A packet in the ring, from its descriptor to its footer. */
	LIE_PACKET,
	/* What a range of the receive buffer holds. */
	LIE_DATA,
	/* A word of a ring's control page. */
	LIE_WORD,
	/* An event flag. */
	LIE_EVENT,
	/* A message slot. */
	LIE_SLOT,
	LIE_KINDS,
};

struct lying_host;

struct lying_configuration {
	/* Name of the host; NULL for ws2022. */
	const char *host;
	uint64_t seed;
	enum machine_schedule schedule;
	/* A second life, on a host that tells the truth. */
	bool again;
	/* Up, some frames, and down: no new MTU. */
	bool brief;
	/*
	 * Look at bytes of the host's before the guest does, and change them;
	 * of a control message the count as well, up to 240.
	 * Returns whether it is to be sent.
	 */
	bool (*look)(struct lying_host *lying, enum lie_kind kind,
		     uint8_t *bytes, uint32_t *count);
	void *context;
	/* Where the first error of the life goes, unless NULL. */
	int *error;
	/* Where the machine's log goes; NULL: nowhere. */
	FILE *log;
};

struct lying_host {
	const struct lying_configuration *configuration;
	struct virtual_machine *vm;
	struct machine *machine;
	struct port *port;
	struct wire *wire;
	struct nic *nic;
	struct random random;
	/* How often something of each kind was shown. */
	unsigned shown[LIE_KINDS];
	/* The channel of the last packet, and where the last data lies. */
	struct host_channel *channel;
	uint32_t data_offset, data_bytes;
	/* GPADLs that the guest made, newest last. */
	uint32_t handles[LYING_HANDLES];
	unsigned handle_count;
	/* What it lied about, for whoever wants to see it again. */
	struct told told;
	/*
	 * Whether a control message was touched: then the host may keep memory,
	 * or be thought to have given it back.
	 */
	bool touched_messages;

	/* The guest. */
	bool honest;
	uint8_t *buffers, *frames;
	bool buffer_out[LYING_BUFFERS], owner_out[LYING_OWNERS];
	unsigned buffers_out, owners_out;
	/* Frames that the card took and gave, since it was opened. */
	uint64_t taken, given;
	unsigned wakes;
	/* The first error of the life, and pages left to the host. */
	int error;
	unsigned kept;
	/* Frames at the other end of the wire. */
	uint64_t sent;
	char failure[256];
};

/* Live it. Returns "", or what went wrong, with what was told. */
const char *lying_host_run(const struct lying_configuration *configuration);

/* The guest's receive buffer, if a channel has one now. */
struct host_gpadl *lying_receive_buffer(struct lying_host *lying,
					struct host_channel *channel);

#endif /* TESTS_SUPPORT_LYING_HOST_H */
