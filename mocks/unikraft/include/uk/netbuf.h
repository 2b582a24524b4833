/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Network buffers, one piece of a frame each.
 */
#ifndef MOCKS_UNIKRAFT_NETBUF_H
#define MOCKS_UNIKRAFT_NETBUF_H

#include <stddef.h>
#include <stdint.h>

struct uk_alloc;

#define UK_NETBUF_F_DATA_VALID	 (1 << 0)
#define UK_NETBUF_F_PARTIAL_CSUM (1 << 1)
#define UK_NETBUF_F_GSO_TCPV4	 (1 << 2)

struct uk_netbuf {
	struct uk_netbuf *next, *prev;
	uint8_t flags;
	void *data;
	uint16_t len;
	int refcount;
	void *priv;
	void *buf;
	size_t buflen;
	uint16_t csum_start, csum_offset, header_len, gso_size;
	void (*dtor)(struct uk_netbuf *netbuf);
	struct uk_alloc *_a;
};

#define UK_NETBUF_CHAIN_FOREACH(each, head)                                    \
	for ((each) = (head); (each); (each) = (each)->next)

/** A netbuf and its buffer in one; NULL when out of memory. */
struct uk_netbuf *uk_netbuf_alloc_buf(struct uk_alloc *allocator, size_t bytes,
				      size_t alignment, uint16_t headroom,
				      size_t private_bytes,
				      void (*dtor)(struct uk_netbuf *netbuf));
/** Grow (n > 0) or shrink the front. @return 1, or a negative error */
int uk_netbuf_header(struct uk_netbuf *netbuf, int16_t n);
void uk_netbuf_connect(struct uk_netbuf *last, struct uk_netbuf *netbuf);
/** Free a netbuf, a chain from its head. Freeing twice stops the program. */
void uk_netbuf_free_single(struct uk_netbuf *netbuf);
void uk_netbuf_free(struct uk_netbuf *head);

#endif /* MOCKS_UNIKRAFT_NETBUF_H */
