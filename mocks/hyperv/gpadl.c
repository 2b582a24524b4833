/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GPADLs: lists of guest memory that a channel's device may use.
 *
 * A list comes as a header and as many bodies as it needs. Until it is whole it
 * is a partial, known by its handle alone, since bodies carry no channel; what
 * was refused half way stays known as well, so that the rest of it is swallowed
 * instead of taken for something else. Whole, it is looked up page by page once
 * and lives until the guest tears it down and nobody holds it.
 */
#include "mocks/hyperv/vmbus_internal.h"
#include "mocks/machine/checker.h"
#include "mocks/machine/fault.h"

#include <assert.h>
#include <string.h>

/** Lists, and lists under way, that a host keeps for one guest. */
#define GPADLS_MAX	   1024u
#define PARTIALS_MAX	   64u
#define RANGE_WORDS(pages) (1 + (pages))

/* ---- Answers ---- */

static void created(struct host_vmbus *vmbus, uint32_t relid, uint32_t handle,
		    uint32_t status)
{
	struct host_msg_gpadl_created message;

	message.relid = cpu_to_le32(relid);
	message.gpadl = cpu_to_le32(handle);
	message.status = cpu_to_le32(status);
	host_vmbus_send(vmbus, HOST_VMBUS_GPADL_CREATED, &message,
			sizeof(message));
}

static void torndown(struct host_vmbus *vmbus, uint32_t handle)
{
	struct host_msg_gpadl_torndown message;

	message.gpadl = cpu_to_le32(handle);
	host_vmbus_send(vmbus, HOST_VMBUS_GPADL_TORNDOWN, &message,
			sizeof(message));
}

/* ---- Whole lists ---- */

static void gpadl_free(struct host_gpadl *gpadl)
{
	uint32_t i;

	for (i = 0; i < gpadl->page_count; i++)
		machine_page_shown(gpadl->machine, gpadl->pages[i], false);
	free(gpadl->ranges);
	free(gpadl->pages);
	free(gpadl);
}

/** Take a list off its channel; it is freed when nobody holds it. */
static void gpadl_unlink(struct host_gpadl *gpadl)
{
	struct host_gpadl **link = &gpadl->channel->gpadls;

	while (*link != gpadl)
		link = &(*link)->next;
	*link = gpadl->next;
	gpadl->channel = NULL;
	gpadl->vmbus->gpadl_count--;
	gpadl->vmbus = NULL;
	if (!gpadl->holds)
		gpadl_free(gpadl);
}

static struct host_gpadl *gpadl_find(const struct host_channel *channel,
				     uint32_t handle)
{
	struct host_gpadl *gpadl = channel->gpadls;

	while (gpadl && gpadl->handle != handle)
		gpadl = gpadl->next;
	return gpadl;
}

/** Finish a teardown, if there is one and nothing stands against it. */
static void gpadl_release(struct host_gpadl *gpadl)
{
	struct host_channel *channel = gpadl->channel;
	struct host_vmbus *vmbus = gpadl->vmbus;
	uint32_t handle = gpadl->handle;

	if (!gpadl->teardown || gpadl->holds)
		return;
	/* This host lets go of a device's memory only with its channel. */
	if (vmbus->personality->late_torndown &&
	    channel->state == HOST_CHANNEL_OPEN)
		return;
	gpadl_unlink(gpadl);
	torndown(vmbus, handle);
}

void host_gpadls_release(struct host_channel *channel)
{
	struct host_gpadl *gpadl = channel->gpadls, *next;

	for (; gpadl; gpadl = next) {
		next = gpadl->next;
		gpadl_release(gpadl);
	}
}

void host_gpadls_drop(struct host_channel *channel)
{
	while (channel->gpadls)
		gpadl_unlink(channel->gpadls);
}

void host_vmbus_gpadl_teardown(struct host_vmbus *vmbus, const void *message,
			       uint32_t bytes)
{
	const struct host_msg_gpadl_teardown *teardown = message;
	uint32_t relid = le32_to_cpu(teardown->relid);
	uint32_t handle = le32_to_cpu(teardown->gpadl);
	struct host_channel *channel = host_channel_by_relid(vmbus, relid);
	struct host_gpadl *gpadl = channel ? gpadl_find(channel, handle) : NULL;

	(void)bytes;
	if (!gpadl || gpadl->teardown) {
		machine_violation(vmbus->machine, "VMBus GPADL_TEARDOWN",
				  "channel %u has no list %#x, or it is torn "
				  "down already",
				  relid, handle);
		return;
	}
	gpadl->teardown = true;
	gpadl_release(gpadl);
}

/* ---- From words to a list ---- */

/** One range of a partial. @return the words it takes, 0: it is impossible */
static uint32_t range_take(struct host_vmbus *vmbus, struct host_gpadl *gpadl,
			   const le64 *word, uint32_t words)
{
	uint32_t length, offset, pages, i;
	uint64_t header;

	if (!words)
		return 0;
	header = le64_to_cpu(word[0]);
	length = (uint32_t)header;
	offset = (uint32_t)(header >> 32);
	if (!length || offset >= MACHINE_PAGE_SIZE ||
	    length > UINT32_MAX - gpadl->bytes)
		return 0;
	pages = (uint32_t)(((uint64_t)offset + length + MACHINE_PAGE_SIZE - 1) /
			   MACHINE_PAGE_SIZE);
	if (pages > words - 1)
		return 0;
	gpadl->ranges[gpadl->range_count++] = (struct host_gpadl_range){
		.offset = offset,
		.bytes = length,
		.first_page = gpadl->page_count,
	};
	gpadl->bytes += length;
	for (i = 0; i < pages; i++) {
		uint64_t number = le64_to_cpu(word[1 + i]);
		uint8_t *page = NULL;

		if (number <= UINT64_MAX / MACHINE_PAGE_SIZE)
			page = machine_ram(vmbus->machine,
					   number * MACHINE_PAGE_SIZE,
					   MACHINE_PAGE_SIZE);
		if (!page)
			return 0;
		gpadl->pages[gpadl->page_count++] = page;
		machine_page_shown(vmbus->machine, page, true);
	}
	return RANGE_WORDS(pages);
}

/** @return the list, or NULL: its ranges are impossible */
static struct host_gpadl *gpadl_build(struct host_vmbus *vmbus,
				      const struct host_partial *partial)
{
	struct host_gpadl *gpadl = host_alloc(1, sizeof(*gpadl));
	uint32_t range, at = 0;

	gpadl->machine = vmbus->machine;
	gpadl->handle = partial->handle;
	gpadl->ranges =
		host_alloc(partial->range_count, sizeof(*gpadl->ranges));
	gpadl->pages = host_alloc(partial->words, sizeof(*gpadl->pages));
	for (range = 0; range < partial->range_count; range++) {
		uint32_t taken = range_take(vmbus, gpadl, partial->word + at,
					    partial->words - at);

		if (!taken) {
			gpadl_free(gpadl);
			return NULL;
		}
		at += taken;
	}
	if (at == partial->words)
		return gpadl;
	gpadl_free(gpadl);
	return NULL;
}

/* ---- Partials ---- */

static struct host_partial **partial_find(struct host_vmbus *vmbus,
					  uint32_t handle)
{
	struct host_partial **link = &vmbus->partials;

	while (*link && (*link)->handle != handle)
		link = &(*link)->next;
	return link;
}

static void partial_free(struct host_vmbus *vmbus, struct host_partial **link)
{
	struct host_partial *partial = *link;

	*link = partial->next;
	vmbus->partial_count--;
	free(partial->word);
	free(partial);
}

void host_partials_drop(struct host_vmbus *vmbus, struct host_channel *channel)
{
	struct host_partial **link = &vmbus->partials;

	while (*link) {
		if (channel && (*link)->channel != channel)
			link = &(*link)->next;
		else
			partial_free(vmbus, link);
	}
}

void host_partials_refuse(struct host_channel *channel)
{
	struct host_vmbus *vmbus = channel->vmbus;
	struct host_partial *partial;

	for (partial = vmbus->partials; partial; partial = partial->next) {
		if (partial->channel != channel)
			continue;
		created(vmbus, channel->relid, partial->handle,
			HOST_VMBUS_FAILURE);
		partial->channel = NULL;
	}
}

/** Forget what was refused longest ago, when there is too much of it. */
static bool partials_have_room(struct host_vmbus *vmbus)
{
	struct host_partial **link = &vmbus->partials;

	if (vmbus->partial_count < PARTIALS_MAX)
		return true;
	while (*link && (*link)->channel)
		link = &(*link)->next;
	if (!*link)
		return false;
	partial_free(vmbus, link);
	return true;
}

static struct host_partial *partial_add(struct host_vmbus *vmbus,
					uint32_t handle, uint32_t words)
{
	struct host_partial *partial = host_alloc(1, sizeof(*partial));
	struct host_partial **link = &vmbus->partials;

	while (*link)
		link = &(*link)->next;
	*link = partial;
	vmbus->partial_count++;
	partial->handle = handle;
	partial->words = words;
	partial->word = host_alloc(words, sizeof(*partial->word));
	return partial;
}

/** A partial has all of its words. */
static void partial_finish(struct host_vmbus *vmbus, struct host_partial **link)
{
	struct host_partial *partial = *link;
	struct host_channel *channel = partial->channel;
	uint32_t handle = partial->handle;
	struct host_gpadl *gpadl;

	if (!channel) {
		partial_free(vmbus, link);
		return;
	}
	if (machine_fault_fires(vmbus->machine, MACHINE_FAULT_GPADL)) {
		partial_free(vmbus, link);
		created(vmbus, channel->relid, handle, HOST_VMBUS_FAILURE);
		return;
	}
	gpadl = gpadl_build(vmbus, partial);
	partial_free(vmbus, link);
	if (!gpadl) {
		machine_violation(vmbus->machine, "VMBus GPADL_HEADER",
				  "the ranges of list %#x are impossible",
				  handle);
		created(vmbus, channel->relid, handle, HOST_VMBUS_FAILURE);
		return;
	}
	gpadl->vmbus = vmbus;
	gpadl->channel = channel;
	gpadl->next = channel->gpadls;
	channel->gpadls = gpadl;
	vmbus->gpadl_count++;
	/* Also for a rescinded channel: the guest could not know. */
	created(vmbus, channel->relid, handle, 0);
}

/** Add the words of a message. */
static void partial_feed(struct host_vmbus *vmbus, struct host_partial **link,
			 const uint8_t *from, uint32_t bytes)
{
	struct host_partial *partial = *link;
	uint32_t words = bytes / 8;

	if (words > partial->words - partial->words_there)
		words = partial->words - partial->words_there;
	memcpy(partial->word + partial->words_there, from, words * 8);
	partial->words_there += words;
	if (partial->words_there == partial->words)
		partial_finish(vmbus, link);
}

/* ---- Messages ---- */

/** What is wrong with a header by itself, or NULL. */
static const char *header_fault(struct host_vmbus *vmbus,
				const struct host_channel *channel,
				const struct host_msg_gpadl_header *header)
{
	uint32_t bytes = le16_to_cpu(header->range_bytes);
	uint32_t handle = le32_to_cpu(header->gpadl);
	struct host_partial *partial = *partial_find(vmbus, handle);

	if (!channel)
		return "there is no such channel";
	if (gpadl_find(channel, handle) || (partial && partial->channel))
		return "the handle is in use";
	if (bytes % 8 || !le16_to_cpu(header->range_count) ||
	    bytes / 16 < le16_to_cpu(header->range_count))
		return "the counts of ranges and bytes do not fit together";
	if (vmbus->gpadl_count >= GPADLS_MAX)
		return "there are too many lists";
	return NULL;
}

void host_vmbus_gpadl_header(struct host_vmbus *vmbus, const void *message,
			     uint32_t bytes)
{
	const struct host_msg_gpadl_header *header = message;
	uint32_t relid = le32_to_cpu(header->relid);
	uint32_t handle = le32_to_cpu(header->gpadl);
	struct host_channel *channel = host_channel_by_relid(vmbus, relid);
	const char *fault = header_fault(vmbus, channel, header);
	struct host_partial *partial, **link;

	link = partial_find(vmbus, handle);
	/* The handle of what was refused, or is now, may be used again. */
	if (*link && (!(*link)->channel || fault))
		partial_free(vmbus, link);
	if (!fault && !partials_have_room(vmbus))
		fault = "there are too many lists under way";
	if (fault) {
		machine_violation(vmbus->machine, "VMBus GPADL_HEADER",
				  "list %#x of channel %u: %s", handle, relid,
				  fault);
		created(vmbus, relid, handle, HOST_VMBUS_FAILURE);
		if (!partials_have_room(vmbus))
			return;
		channel = NULL;
	}
	partial = partial_add(vmbus, handle,
			      le16_to_cpu(header->range_bytes) / 8);
	partial->channel = channel;
	partial->range_count = le16_to_cpu(header->range_count);
	partial_feed(vmbus, partial_find(vmbus, handle),
		     (const uint8_t *)(header + 1),
		     bytes - (uint32_t)sizeof(*header));
}

void host_vmbus_gpadl_body(struct host_vmbus *vmbus, const void *message,
			   uint32_t bytes)
{
	const struct host_msg_gpadl_body *body = message;
	struct host_partial **link =
		partial_find(vmbus, le32_to_cpu(body->gpadl));

	if (!*link) {
		machine_violation(vmbus->machine, "VMBus GPADL_BODY",
				  "no list %#x is under way",
				  le32_to_cpu(body->gpadl));
		return;
	}
	partial_feed(vmbus, link, (const uint8_t *)(body + 1),
		     bytes - (uint32_t)sizeof(*body));
}

/* ---- What a device does with one ---- */

struct host_gpadl *host_gpadl_find(struct host_channel *channel,
				   uint32_t handle)
{
	struct host_gpadl *gpadl = gpadl_find(channel, handle);

	return gpadl && !gpadl->teardown ? gpadl : NULL;
}

void host_gpadl_hold(struct host_gpadl *gpadl)
{
	gpadl->holds++;
}

void host_gpadl_drop(struct host_gpadl *gpadl)
{
	assert(gpadl->holds);
	gpadl->holds--;
	if (gpadl->channel)
		gpadl_release(gpadl);
	else if (!gpadl->holds)
		gpadl_free(gpadl);
}

uint32_t host_gpadl_bytes(const struct host_gpadl *gpadl)
{
	return gpadl->bytes;
}

bool host_gpadl_is_aligned(const struct host_gpadl *gpadl)
{
	return gpadl->range_count == 1 && !gpadl->ranges[0].offset &&
	       gpadl->bytes % MACHINE_PAGE_SIZE == 0;
}

/** Where a byte of the list lies, and how many follow it in its page. */
static uint8_t *gpadl_at(const struct host_gpadl *gpadl, uint32_t offset,
			 uint32_t *rest)
{
	const struct host_gpadl_range *range = gpadl->ranges;
	uint32_t in_page, in_range;
	uint64_t at;

	while (offset >= range->bytes) {
		offset -= range->bytes;
		range++;
	}
	at = (uint64_t)range->offset + offset;
	in_page = MACHINE_PAGE_SIZE - (uint32_t)(at % MACHINE_PAGE_SIZE);
	in_range = range->bytes - offset;
	*rest = in_page < in_range ? in_page : in_range;
	return gpadl->pages[range->first_page + at / MACHINE_PAGE_SIZE] +
	       at % MACHINE_PAGE_SIZE;
}

/** Whether bytes of a list are there, and the guest still shows them. */
static bool gpadl_holds(const struct host_gpadl *gpadl, uint32_t offset,
			uint32_t bytes)
{
	return gpadl->channel && offset <= gpadl->bytes &&
	       bytes <= gpadl->bytes - offset;
}

bool host_gpadl_read(struct host_gpadl *gpadl, uint32_t offset, void *to,
		     uint32_t bytes)
{
	uint8_t *target = to;

	if (!gpadl_holds(gpadl, offset, bytes))
		return false;
	while (bytes) {
		uint32_t part;
		const uint8_t *from = gpadl_at(gpadl, offset, &part);

		if (part > bytes)
			part = bytes;
		memcpy(target, from, part);
		target += part;
		offset += part;
		bytes -= part;
	}
	return true;
}

bool host_gpadl_write(struct host_gpadl *gpadl, uint32_t offset,
		      const void *from, uint32_t bytes)
{
	const uint8_t *source = from;

	if (!gpadl_holds(gpadl, offset, bytes))
		return false;
	while (bytes) {
		uint32_t part;
		uint8_t *to = gpadl_at(gpadl, offset, &part);

		if (part > bytes)
			part = bytes;
		memcpy(to, source, part);
		machine_watch_renew(gpadl->machine, to, part);
		source += part;
		offset += part;
		bytes -= part;
	}
	return true;
}

void host_gpadl_watch(struct host_gpadl *gpadl,
		      const struct machine_watch *watch, bool on)
{
	uint32_t i;

	for (i = 0; i < gpadl->page_count; i++)
		if (on)
			machine_watch(gpadl->machine, gpadl->pages[i], watch);
		else
			machine_unwatch(gpadl->machine, gpadl->pages[i], watch);
}
