/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One capture through one card, one way.
 *
 * Transmit: the guest's driver sends each frame, and what its host takes out of
 * the messages is compared with the capture, byte for byte and in order.
 * Receive: the host is handed each frame, and what the driver gives its stack
 * is compared. The card, its virtual machine and the host are made for the run
 * and looked over after it.
 *
 * A frame is sendable if it has an Ethernet header, fits the MTU with that
 * header and one 802.1Q tag, and is whole in the capture. It is then sent as it
 * is. The others are counted under their reasons. Some cards pad (struct
 * vmm_host says so): a shorter frame comes out with zeros up to that, and with
 * nothing but zeros.
 */
#ifndef MOCKS_CLI_REPLAY_H
#define MOCKS_CLI_REPLAY_H

#include "mocks/cli/expected.h"
#include "mocks/cli/virtual_machine.h"
#include "mocks/wire/capture.h"

#define REPLAY_REASON_MAX 1024u
#define REPLAY_MTU_MIN	  576u
#define REPLAY_MTU_MAX	  9000u

enum replay_direction { REPLAY_TRANSMIT, REPLAY_RECEIVE };

struct replay_configuration {
	/** A hypervisor's name, NULL: Hyper-V; and a host's of it. */
	const char *vmm, *host;
	enum replay_direction direction;
	uint16_t mtu;
	uint64_t seed;
	enum machine_schedule schedule;
	/** Through the glue of Unikraft and its uk_netdev. */
	bool is_through_uknetdev;
	/**
	 * For measurements: frames in one piece, bursts of 32, polling only.
	 * Otherwise the seed varies all that and how VLAN tags travel.
	 */
	bool is_plain;
	/** Stop after so many frames; 0: at the end of the capture. */
	uint64_t frames_max;
	/** Who is told of what passes between guest and host, or nobody. */
	struct trace_observer observer;
	/** Where frames are written as they come out; NULL: nowhere. */
	struct capture_writer *writer;
	/** Called now and then with the frames that came out; may be NULL. */
	void (*progress)(void *context, uint64_t frames);
	/**
	 * For tests that the comparison bites: change the frame that came out,
	 * or make it 0 bytes long to lose it; NULL otherwise.
	 */
	void (*damage)(void *context, uint64_t number, uint8_t *frame,
		       uint32_t *bytes);
	void *context;
};

enum replay_verdict {
	REPLAY_PASS,
	/** Nothing failed, but no frame was sendable either. */
	REPLAY_SKIP,
	REPLAY_FAIL,
};

struct replay_result {
	enum replay_verdict verdict;
	/** Why it failed, a sentence; "" otherwise. */
	char reason[REPLAY_REASON_MAX];
	bool has_mismatch;
	struct expected_mismatch mismatch;
	/** The capture could not be read to its end: capture_error(). */
	bool is_broken;
	/** Records of the capture, and those that could not be sent. */
	uint64_t records, too_short, too_long, truncated;
	/** Frames that went in; frames and bytes that came out identical. */
	uint64_t frames_in, frames, bytes;
	/** What the card counted from its start to the last frame. */
	struct nic_statistics card;
	/** Virtual nanoseconds of the same time. */
	uint64_t virtual_ns;
	/** Messages or chains of descriptors that carried the frames sent. */
	uint64_t messages;
};

/** Whether the host takes the tags out of frames in a run with that seed. */
bool replay_offloads_vlan(uint64_t seed);

/**
 * Replay a capture from where it stands to its end.
 * @param result out, filled in whatever happens
 */
void replay_capture(struct capture *capture,
		    const struct replay_configuration *configuration,
		    struct replay_result *result);

#endif /* MOCKS_CLI_REPLAY_H */
