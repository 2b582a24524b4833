/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS messages in plain bytes, for the scripted host: answers to requests,
 * and packets with per-packet information of any kind.
 */
#ifndef TESTS_SUPPORT_SCRIPTED_RNDIS_H
#define TESTS_SUPPORT_SCRIPTED_RNDIS_H

#include "tests/support/scripted_host.h"

#define SCRIPT_FRAME_BYTES 100u
#define SCRIPT_OK	   0u
#define SCRIPT_FAILED	   0xc0000001u
#define SCRIPT_UNSUPPORTED 0xc00000bbu

enum script_rndis_type {
	SCRIPT_PACKET = 1,
	SCRIPT_INITIALIZE = 2,
	SCRIPT_HALT = 3,
	SCRIPT_QUERY = 4,
	SCRIPT_SET = 5,
	SCRIPT_RESET = 6,
	SCRIPT_INDICATE = 7,
	SCRIPT_KEEPALIVE = 8,
};
#define SCRIPT_ANSWER 0x80000000u

enum script_oid {
	SCRIPT_OID_FRAME_SIZE = 0x00010106,
	SCRIPT_OID_SPEED = 0x00010107,
	SCRIPT_OID_FILTER = 0x0001010e,
	SCRIPT_OID_MEDIA = 0x00010114,
	SCRIPT_OID_PARAMETER = 0x0001021b,
	SCRIPT_OID_PERMANENT_MAC = 0x01010101,
	SCRIPT_OID_MAC = 0x01010102,
	SCRIPT_OID_OFFLOAD_SET = 0xfc01020c,
	SCRIPT_OID_OFFLOAD_QUERY = 0xfc01020d,
};

enum script_ppi {
	SCRIPT_PPI_CHECKSUM = 0,
	SCRIPT_PPI_VLAN = 6,
};

/* Whether a request is a QUERY of an object, or a SET of it. */
bool script_is(const uint8_t *request, uint32_t type, uint32_t oid);

/* Answer a QUERY (with information) or a SET, with a status. */
void device_answer(struct scripted_host *host, const uint8_t *request,
		   uint32_t status, const void *information, uint32_t bytes);

/*
 * An on_control() that offers all checksums, both ways, and takes what is set
 * for them.
 */
bool device_offers_checksums(struct scripted_host *host, const uint8_t *request,
			     uint32_t bytes);

/* An information of 16 bytes: header and one word. Returns 16. */
uint32_t script_ppi(uint8_t *to, uint32_t type, uint32_t value);

/*
 * A PACKET with information between header and frame. Returns its length,
 * without padding.
 */
uint32_t script_message(uint8_t *message, const void *information,
			uint32_t information_bytes, const void *frame,
			uint32_t bytes);

/* A frame of so many bytes for the scripted card, each as its place. */
void script_frame(uint8_t *frame, uint32_t bytes);

/*
 * The status and count of completions of receive packets that the guest sent
 * after a message went out and time passed.
 */
uint32_t device_completed(struct scripted_host *host, uint64_t id);

/* A frame of SCRIPT_FRAME_BYTES with any information beside it. */
void device_send_with(struct scripted_host *host, const uint8_t *information,
		      uint32_t bytes);

/* Assert that the next frame is this one; its flags and tag. */
struct net_packet card_receives(struct scripted_host *host,
				const uint8_t *frame, uint32_t bytes);
/* Whether no frame comes for a while. */
bool card_receives_none(struct scripted_host *host);

#endif /* TESTS_SUPPORT_SCRIPTED_RNDIS_H */
