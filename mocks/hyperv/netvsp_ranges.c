/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guest memory named by page frames: the range lists of GPA-direct packets.
 *
 * A list comes from the guest but lies in the host's copy of its packet, so
 * what was checked once stays so.
 */
#include <string.h>

#include "mocks/hyperv/netvsp_internal.h"

/** One range, taken apart. */
struct range {
	uint32_t offset, length;
	uint32_t frames;
	const uint8_t *frame_numbers;
};

static void range_read(const uint8_t *list, struct range *range)
{
	struct host_gpa_range wire;

	memcpy(&wire, list, sizeof(wire));
	range->length = le32_to_cpu(wire.length);
	range->offset = le32_to_cpu(wire.offset);
	range->frames = (uint32_t)(((uint64_t)range->offset + range->length +
				    MACHINE_PAGE_SIZE - 1) /
				   MACHINE_PAGE_SIZE);
	range->frame_numbers = list + sizeof(wire);
}

static const uint8_t *range_end(const struct range *range)
{
	return range->frame_numbers + (size_t)range->frames * sizeof(le64);
}

static uint64_t range_frame(const struct range *range, uint32_t n)
{
	le64 wire;

	memcpy(&wire, range->frame_numbers + n * sizeof(wire), sizeof(wire));
	return le64_to_cpu(wire);
}

/* Bytes of a range that lie in its n-th page. */
static uint32_t range_piece(const struct range *range, uint32_t n)
{
	uint32_t start = n ? n * MACHINE_PAGE_SIZE - range->offset : 0;
	uint32_t room = MACHINE_PAGE_SIZE - (n ? 0 : range->offset);
	uint32_t left = range->length - start;

	return left < room ? left : room;
}

/*
 * The address of the n-th page's piece; a frame number too large for an address
 * names no memory, and all ones is no memory either.
 */
static uint64_t range_address(const struct range *range, uint32_t n)
{
	uint64_t frame = range_frame(range, n);

	if (frame > UINT64_MAX / MACHINE_PAGE_SIZE)
		return UINT64_MAX - MACHINE_PAGE_SIZE + 1;
	return frame * MACHINE_PAGE_SIZE + (n ? 0 : range->offset);
}

static uint32_t range_contiguous(const struct range *range)
{
	uint32_t bytes = range_piece(range, 0);
	uint32_t n;

	for (n = 1; n < range->frames; n++) {
		if (range_frame(range, n) != range_frame(range, n - 1) + 1)
			break;
		bytes += range_piece(range, n);
	}
	return bytes;
}

const char *netvsp_ranges_parse(const uint8_t *list, uint32_t list_bytes,
				uint32_t count, uint32_t bytes_max,
				struct netvsp_ranges *ranges)
{
	const uint8_t *end = list + list_bytes;
	struct range range;
	uint32_t i;

	memset(ranges, 0, sizeof(*ranges));
	ranges->list = list;
	ranges->count = count;
	for (i = 0; i < count; i++) {
		if ((size_t)(end - list) < sizeof(struct host_gpa_range))
			return "ends inside a range";
		range_read(list, &range);
		if (!range.length)
			return "has an empty range";
		if (range.offset >= MACHINE_PAGE_SIZE)
			return "has a range that starts beyond its first page";
		if (range.length > bytes_max - ranges->bytes)
			return "names more than a message may have";
		if (range.frames >
		    ((size_t)(end - list) - sizeof(struct host_gpa_range)) /
			    sizeof(le64))
			return "ends inside the page frames of a range";
		list = range_end(&range);
		if (!i)
			ranges->contiguous = range_contiguous(&range);
		ranges->bytes += range.length;
	}
	return NULL;
}

bool netvsp_ranges_read(struct machine *machine,
			const struct netvsp_ranges *ranges, uint8_t *to)
{
	const uint8_t *list = ranges->list;
	struct range range;
	uint32_t piece;
	uint32_t i;
	uint32_t n;

	for (i = 0; i < ranges->count; i++) {
		range_read(list, &range);
		list = range_end(&range);
		for (n = 0; n < range.frames; n++) {
			piece = range_piece(&range, n);
			if (!machine_ram_read(machine, range_address(&range, n),
					      to, piece))
				return false;
			to += piece;
		}
	}
	return true;
}

bool netvsp_ranges_given(struct machine *machine,
			 const struct netvsp_ranges *ranges, uint32_t first)
{
	const uint8_t *list = ranges->list;
	struct range range;
	uint32_t i;
	uint32_t n;

	for (i = 0; i < ranges->count; i++) {
		range_read(list, &range);
		list = range_end(&range);
		for (n = 0; i >= first && n < range.frames; n++)
			if (!machine_dma_given(machine,
					       range_address(&range, n),
					       range_piece(&range, n)))
				return false;
	}
	return true;
}
