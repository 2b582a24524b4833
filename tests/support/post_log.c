/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The log of posts. Whoever served the partition's messages still does: each is
 * handed on.
 */
#include "tests/support/post_log.h"

#include <string.h>

#include "mocks/hyperv/partition_internal.h"

static uint16_t posted(void *context, uint32_t connection_id, uint32_t type,
		       const void *payload, uint32_t bytes)
{
	struct post_log *log = context;
	struct post post = {
		.time = machine_time(log->partition->machine),
		.connection = connection_id,
		.bytes = bytes,
	};

	memcpy(post.payload, payload, bytes);
	if (bytes >= 4)
		post.type = post_word(&post, 0);
	if (log->refuse)
		post.status = log->refuse(log->context, &post);
	if (post.status == 0)
		post.status =
			log->client.posted(log->client.context, connection_id,
					   type, payload, bytes);
	if (log->count < POST_LOG_MAX)
		log->posts[log->count] = post;
	log->count++;
	return post.status;
}

static uint16_t signalled(void *context, uint32_t connection_id, uint16_t flag)
{
	struct post_log *log = context;

	return log->client.signalled(log->client.context, connection_id, flag);
}

static void reset(void *context)
{
	struct post_log *log = context;

	if (log->client.reset)
		log->client.reset(log->client.context);
}

void post_log_attach(struct post_log *log, struct host_partition *partition)
{
	const struct host_partition_client client = {
		.context = log,
		.posted = posted,
		.signalled = signalled,
		.reset = reset,
	};

	log->partition = partition;
	log->client = partition->client;
	host_partition_client_set(partition, &client);
}

static unsigned kept(const struct post_log *log)
{
	return log->count < POST_LOG_MAX ? log->count : POST_LOG_MAX;
}

unsigned post_log_taken(const struct post_log *log, uint32_t type)
{
	unsigned n = 0;

	while (post_log_find(log, type, n) >= 0)
		n++;
	return n;
}

unsigned post_log_refused(const struct post_log *log, uint32_t type)
{
	unsigned refused = 0;

	for (unsigned i = 0; i < kept(log); i++)
		refused +=
			log->posts[i].type == type && log->posts[i].status != 0;
	return refused;
}

int post_log_find(const struct post_log *log, uint32_t type, unsigned n)
{
	for (unsigned i = 0; i < kept(log); i++)
		if (log->posts[i].type == type && log->posts[i].status == 0 &&
		    n-- == 0)
			return (int)i;
	return -1;
}

uint32_t post_word(const struct post *post, unsigned offset)
{
	le32 word;

	memcpy(&word, post->payload + offset, sizeof(word));
	return le32_to_cpu(word);
}

unsigned post_log_released(const struct post_log *log, uint32_t relid)
{
	unsigned released = 0;
	int at;

	for (unsigned n = 0;
	     (at = post_log_find(log, POST_RELID_RELEASED, n)) >= 0; n++)
		released += post_word(&log->posts[at], 8) == relid;
	return released;
}
