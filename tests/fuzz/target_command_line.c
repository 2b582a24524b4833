/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Announcements of devices in a kernel's command line.
 */
#include "tests/fuzz/fuzz.h"
#include "virtio/virtio_command_line.h"

#define WINDOWS 4u

struct line {
	const char *text;
	size_t bytes;
};

static void refused(void *context, enum virtio_command_line_error why,
		    const char *text, size_t bytes)
{
	const struct line *line = context;

	fuzz_want(text >= line->text && text <= line->text + line->bytes &&
			  bytes <= (size_t)(line->text + line->bytes - text),
		  "what is refused is not in the line");
	fuzz_want(virtio_command_line_error_text(why)[0], "no reason");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line line = {.text = (const char *)data, .bytes = size};
	const struct virtio_command_line_refusals refusals = {
		.refuse = refused,
		.context = &line,
	};
	struct virtio_window windows[WINDOWS];
	unsigned count, n, other;

	count = virtio_command_line_parse(line.text, size, windows, WINDOWS,
					  &refusals);
	fuzz_want(count <= WINDOWS, "more windows than there is room for");
	for (n = 0; n < count; n++) {
		const struct virtio_mmio_place *place = &windows[n].place;

		fuzz_want(windows[n].offset <= size &&
				  windows[n].length <= size - windows[n].offset,
			  "an announcement lies outside of its line");
		fuzz_want(place->base + (place->bytes - 1) >= place->base,
			  "a window wraps");
		for (other = 0; other < n; other++)
			fuzz_want(
				windows[other].place.base +
							(windows[other]
								 .place.bytes -
							 1) <
						place->base ||
					place->base + (place->bytes - 1) <
						windows[other].place.base,
				"windows overlap");
	}
	fuzz_want(virtio_command_line_parse(line.text, size, windows, WINDOWS,
					    NULL) == count,
		  "another count without anybody to tell");
	return 0;
}
