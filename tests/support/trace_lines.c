/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "tests/support/trace_lines.h"

static bool same_text(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : !one && !other;
}

const char *trace_difference(const struct trace_event *one,
			     const struct trace_event *other, bool is_pcapng)
{
	if (one->kind != other->kind || one->direction != other->direction)
		return "kind or direction";
	if (one->time != other->time || one->cpu != other->cpu)
		return "time or vCPU";
	if (one->queue != other->queue || one->address != other->address ||
	    one->value != other->value || one->other != other->other ||
	    one->width != other->width)
		return "numbers";
	if (one->length != other->length ||
	    (one->length && memcmp(one->bytes, other->bytes, one->length) != 0))
		return "bytes";
	if (!same_text(one->place, other->place))
		return "place";
	if (!same_text(one->text, other->text) && (one->text || !is_pcapng))
		return "text";
	return NULL;
}

enum trace_item trace_line_read(const char *line, struct trace_record *record,
				char *error, size_t bytes)
{
	FILE *stream = fmemopen((void *)(uintptr_t)line, strlen(line), "r");
	struct trace_text *text =
		stream ? trace_text_open(stream, "x.vt") : NULL;
	enum trace_item item = TRACE_ITEM_BROKEN;

	if (text)
		item = trace_text_next(text, record);
	snprintf(error, bytes, "%s",
		 !text			     ? "out of memory"
		 : item == TRACE_ITEM_BROKEN ? trace_text_error(text)
					     : "");
	trace_text_close(text);
	if (stream)
		fclose(stream);
	return item;
}
