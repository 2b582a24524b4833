/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a guest posted, in order: laid between the hypervisor and whoever serves
 * its messages, be it the real VMBus server or a scripted one. It may refuse a
 * post in the hypervisor's name.
 */
#ifndef TESTS_SUPPORT_POST_LOG_H
#define TESTS_SUPPORT_POST_LOG_H

#include "mocks/hyperv/partition.h"

#define POST_LOG_MAX 2048u
#define POST_BYTES   240u

/* Types of channel messages, as a guest posts them. */
enum post_type {
	POST_REQUEST_OFFERS = 3,
	POST_OPEN = 5,
	POST_CLOSE = 7,
	POST_GPADL_HEADER = 8,
	POST_GPADL_BODY = 9,
	POST_TEARDOWN = 11,
	POST_RELID_RELEASED = 13,
	POST_CONTACT = 14,
	POST_UNLOAD = 16,
};

struct post {
	uint64_t time;
	uint32_t connection;
	/* Of the channel message; 0 for one too short to have a type. */
	uint32_t type;
	uint32_t bytes;
	/* Of the hypercall: 0 when it was taken. */
	uint16_t status;
	uint8_t payload[POST_BYTES];
};

struct post_log {
	struct host_partition *partition;
	struct host_partition_client client;
	/* Asked first; what is not 0 is the hypercall's status. */
	uint16_t (*refuse)(void *context, const struct post *post);
	void *context;
	/* How many there were; the first POST_LOG_MAX are kept. */
	unsigned count;
	struct post posts[POST_LOG_MAX];
};

/* Lay a zeroed log over the partition's client of now. */
void post_log_attach(struct post_log *log, struct host_partition *partition);

/* Posts of a type that were taken, and those that were refused. */
unsigned post_log_taken(const struct post_log *log, uint32_t type);
unsigned post_log_refused(const struct post_log *log, uint32_t type);
/* Index of the n-th post of a type that was taken, from 0; -1 for none. */
int post_log_find(const struct post_log *log, uint32_t type, unsigned n);
/* A word of its payload. */
uint32_t post_word(const struct post *post, unsigned offset);
/* How often a relid was released. */
unsigned post_log_released(const struct post_log *log, uint32_t relid);

#endif /* TESTS_SUPPORT_POST_LOG_H */
