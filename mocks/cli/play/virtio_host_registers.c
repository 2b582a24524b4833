/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the registers of a scripted card say: what the script has next of that
 * register, once all came that is before it.
 *
 * How often a driver reads is its affair. One that reads more often finds the
 * last value again; one that reads less often does not find what was said
 * before something else happened. Where the script is silent, the card answers
 * by its own books.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/virtio_host.h"
#include "mocks/virtio/virtio_wire.h"

static bool is_read(const struct script *script, size_t n)
{
	return script_kind(script, n) == TRACE_MMIO &&
	       script_direction(script, n) == TRACE_TO_GUEST;
}

bool virtio_host_registers(struct virtio_host *host)
{
	struct script *script = host->player->script;
	size_t n, count = script_count(script);
	char ignored[SCRIPT_ERROR_MAX];
	struct virtio_host_read *one;

	host->reads = calloc(count + 1, sizeof(*host->reads));
	if (!host->reads)
		return false;
	for (n = 0; n < count; n++) {
		if (!is_read(script, n) ||
		    !script_encode_read(script, n, &host->built, ignored) ||
		    host->built.event.address >= VIRTIO_HOST_OFFSETS ||
		    host->built.event.address == MMIO_INTERRUPT_STATUS)
			continue;
		one = &host->reads[host->read_count++];
		one->n = n;
		one->offset = (uint32_t)host->built.event.address;
	}
	return true;
}

/** Whether something is done between two events, by either side. */
static bool is_parted(const struct script *script, size_t from, size_t to)
{
	while (++from < to)
		if (virtio_host_is_sent(script, from) ||
		    (script_direction(script, from) == TRACE_FROM_GUEST &&
		     script_is_checked(script, from)))
			return true;
	return false;
}

/** Whether an event's time has come: all is done that is before it. */
static bool is_reached(struct virtio_host *host, size_t n)
{
	return virtio_host_next(host) > n && virtio_host_is_due(host, n);
}

/** The read that the driver does now; NULL: the script has none. */
static struct virtio_host_read *read_next(struct virtio_host *host,
					  uint64_t offset)
{
	const struct script *script = host->player->script;
	struct virtio_host_read *found = NULL, *one;
	size_t i;

	for (i = 0; i < host->read_count; i++) {
		one = &host->reads[i];
		if (one->is_done || one->offset != offset)
			continue;
		if (found && !is_parted(script, found->n, one->n))
			continue;
		if (!is_reached(host, one->n))
			break;
		if (found)
			found->is_done = true;
		found = one;
	}
	return found;
}

uint64_t virtio_host_read(void *context, uint64_t offset, unsigned width,
			  uint64_t own)
{
	struct virtio_host *host = context;
	struct virtio_host_read *one;
	struct virtio_host_value *last;
	char ignored[SCRIPT_ERROR_MAX];

	(void)width;
	if (offset >= VIRTIO_HOST_OFFSETS || offset == MMIO_INTERRUPT_STATUS)
		return own;
	last = &host->values[offset];
	one = read_next(host, offset);
	if (one) {
		one->is_done = true;
		last->is_known = script_encode(host->player->script, one->n,
					       &host->built, ignored);
		last->value = host->built.event.value;
	}
	return last->is_known ? last->value : own;
}

void virtio_host_forget(struct virtio_host *host, uint64_t offset)
{
	static const uint16_t fleeting[] = {MMIO_STATUS, MMIO_QUEUE_READY,
					    MMIO_QUEUE_SIZE_MAX,
					    MMIO_DEVICE_FEATURES};
	size_t i;

	if (offset == MMIO_QUEUE_NOTIFY || offset == MMIO_INTERRUPT_ACK)
		return;
	for (i = 0; i < sizeof(fleeting) / sizeof(fleeting[0]); i++)
		host->values[fleeting[i]].is_known = false;
}
