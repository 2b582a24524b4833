/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small card on a scripted host, and what tests of edge cases keep asking of
 * it. For Check: what does not hold fails the test.
 */
#ifndef TESTS_SUPPORT_PLAIN_CARD_H
#define TESTS_SUPPORT_PLAIN_CARD_H

#include <check.h>

#include "tests/support/scripted_host.h"

#define PLAIN_RING_BYTES     16384u
#define PLAIN_RECEIVE_BYTES  131072u
#define PLAIN_SEND_BYTES     65536u
#define PLAIN_SECTIONS	     (PLAIN_SEND_BYTES / SCRIPT_SECTION_SIZE)
#define PLAIN_DEPTH	     256u
#define PLAIN_RECEIVE_BUFFER 0xcafeu
/* A frame that is copied, and one that is sent by its pages. */
#define PLAIN_SMALL	     60u
#define PLAIN_LARGE	     1500u

/* The sizes above, and nothing else. */
struct scripted_host_configuration plain_configuration(int seed);

/* Run a body on it; it ends with nothing left behind. */
void plain_run(void (*body)(struct scripted_host *host), int seed);
/* The same with a context and with what is set up before the guest runs. */
void plain_run_with(void (*body)(struct scripted_host *host), int seed,
		    void (*prepare)(struct scripted_host *host), void *context);

/* Open and start it. */
void plain_up(struct scripted_host *host);
/* An Ethernet frame of one repeated byte. */
void plain_frame(uint8_t *frame, uint32_t bytes, uint8_t content);
/* A frame each way arrives whole: the card works. */
void plain_works(struct scripted_host *host);
/* The card says that it failed, once, and takes and gives nothing any more. */
void plain_failed(struct scripted_host *host);
/* The device completes a packet with a status. */
void plain_complete(struct scripted_host *host, uint64_t id, uint32_t status);
/* Receive all there is and give the buffers back; how many frames. */
unsigned plain_drain(struct scripted_host *host);
/* Run a suite; what main() returns. */
int plain_main(Suite *suite);

#endif /* TESTS_SUPPORT_PLAIN_CARD_H */
