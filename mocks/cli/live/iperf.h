/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server's side of iperf3 on the live guest, port 5201: one test at a time,
 * TCP, up to 16 streams, in either direction (-R).
 */
#ifndef MOCKS_CLI_LIVE_IPERF_H
#define MOCKS_CLI_LIVE_IPERF_H

#include <lwip/tcp.h>
#include <stdbool.h>
#include <stdint.h>

#define LIVE_IPERF_PORT	   5201u
#define LIVE_IPERF_STREAMS 16u
/** What tells the connections of a test from others, with its final zero. */
#define LIVE_IPERF_COOKIE  37u
#define LIVE_IPERF_TEXT	   16384u

struct live_iperf;

/** One connection: of control, or a stream. */
struct live_iperf_connection {
	struct live_iperf *iperf;
	/** NULL: not in use. */
	struct tcp_pcb *pcb;
	uint8_t cookie[LIVE_IPERF_COOKIE];
	unsigned cookie_bytes;
	/** As its client calls the stream; 0: it is none yet. */
	unsigned stream;
	uint64_t bytes;
};

struct live_iperf {
	struct tcp_pcb *listener;
	struct live_iperf_connection connections[LIVE_IPERF_STREAMS + 1];
	/** NULL: no test. */
	struct live_iperf_connection *control;
	/** What is waited for on the control connection, as iperf3 numbers it.
	 */
	uint8_t state;
	bool is_reverse;
	unsigned streams_wanted, streams;
	/** What came on the control connection and is not used up. */
	uint8_t text[LIVE_IPERF_TEXT];
	uint32_t text_bytes;
	/** Tests that came to their end, and bytes of all streams. */
	uint64_t tests, bytes;
};

/** Listen. @return ERR_OK, ERR_MEM, ERR_USE */
err_t live_iperf_start(struct live_iperf *iperf);
/** Close the port and abort what is connected. */
void live_iperf_stop(struct live_iperf *iperf);

#endif /* MOCKS_CLI_LIVE_IPERF_H */
