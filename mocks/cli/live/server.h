/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the live guest offers: a small web server and an echo server, on lwIP's
 * own interface of callbacks, so nothing in it waits.
 *
 *	GET /		a page that says what this is
 *	GET /bytes/N	N bytes; the byte at offset i is i % 251
 *	port 7		whatever is sent comes back (RFC 862)
 */
#ifndef MOCKS_CLI_LIVE_SERVER_H
#define MOCKS_CLI_LIVE_SERVER_H

#include <lwip/tcp.h>
#include <stdbool.h>
#include <stdint.h>

#define LIVE_SERVER_PERIOD    251u
#define LIVE_SERVER_HTTP_PORT 80u
#define LIVE_SERVER_ECHO_PORT 7u

struct live_connection;

struct live_server {
	/** The page of GET /, plain text; lives as long as the server. */
	const char *page;
	struct tcp_pcb *http, *echo;
	struct live_connection *first;
	unsigned connections, connections_peak;
	uint64_t accepted, requests, refused, echoed_bytes;
};

/**
 * Listen on both ports.
 * @param netif only for what comes through it; NULL: through any
 * @return ERR_OK, ERR_MEM, ERR_USE
 */
err_t live_server_start(struct live_server *server, struct netif *netif);

/** Close both ports and abort what is connected. */
void live_server_stop(struct live_server *server);

#endif /* MOCKS_CLI_LIVE_SERVER_H */
