/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trace on its way through both forms.
 */
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/trace_json.h"
#include "mocks/trace/file.h"
#include "tests/fuzz/fuzz.h"

/* A trace as it was written. */
struct written {
	char *bytes;
	size_t size;
};

static void json_want(struct trace_record *record,
		      const struct trace_event *event)
{
	json_t *json, *again;
	json_error_t error;
	char *line;

	fuzz_want(trace_decode(record, event), "an event is not decoded");
	json = trace_json(record);
	line = json ? json_dumps(json, JSON_COMPACT) : NULL;
	fuzz_want(line, "there is no JSON of an event");
	again = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	fuzz_want(again && json_equal(json, again), "%s in: %s", error.text,
		  line);
	json_decref(json);
	json_decref(again);
	free(line);
}

/*
 * Write what can be read. Returns whether all could be; what follows a fault is
 * not there.
 */
static bool copy(const void *bytes, size_t size, enum trace_form form,
		 struct written *to, bool with_json)
{
	char error[TRACE_FILE_ERROR_MAX] = "";
	struct trace_writer *writer = NULL;
	struct trace_record record = {0};
	const struct trace_event *event;
	struct trace_reader *reader;
	enum trace_read read = TRACE_READ_BROKEN;
	FILE *stream;

	memset(to, 0, sizeof(*to));
	reader = trace_reader_open_stream(fuzz_stream(bytes, size), "x", error);
	fuzz_want(reader || error[0], "a reader has no sentence");
	if (reader)
		read = trace_reader_next(reader, &event);
	if (read != TRACE_READ_BROKEN) {
		stream = open_memstream(&to->bytes, &to->size);
		writer = trace_writer_open_stream(stream, form, "x",
						  trace_reader_about(reader),
						  error);
		fuzz_want(writer, "no writer: %s", error);
	}
	for (; read == TRACE_READ_EVENT;
	     read = trace_reader_next(reader, &event)) {
		trace_writer_event(writer, event);
		if (with_json)
			json_want(&record, event);
	}
	fuzz_want(read == TRACE_READ_END || !reader ||
			  trace_reader_error(reader)[0],
		  "a fault has no sentence");
	if (read == TRACE_READ_BROKEN && reader && getenv("FUZZ_SHOW"))
		fprintf(stderr, "%s\n", trace_reader_error(reader));
	fuzz_want(!writer || trace_writer_close(writer, error), "%s", error);
	trace_record_free(&record);
	trace_reader_close(reader);
	return read == TRACE_READ_END;
}

static void same_want(const struct written *one, const struct written *other,
		      const char *what)
{
	bool same = one->size == other->size &&
		    !memcmp(one->bytes, other->bytes, one->size);

	fuzz_want(same, "%s:\n%.*s\n---\n%.*s", what, (int)one->size,
		  one->bytes, (int)other->size, other->bytes);
}

void fuzz_trace(const uint8_t *data, size_t size)
{
	struct written text, again, pcapng, other;

	copy(data, size, TRACE_FORM_TEXT, &text, true);
	if (!text.bytes)
		return;
	fuzz_want(copy(text.bytes, text.size, TRACE_FORM_TEXT, &again, false),
		  "text that was written cannot be read:\n%.*s", (int)text.size,
		  text.bytes);
	same_want(&text, &again, "text, read and written");
	fuzz_want(copy(text.bytes, text.size, TRACE_FORM_PCAPNG, &pcapng,
		       false),
		  "text that was written cannot be read");
	free(again.bytes);
	fuzz_want(copy(pcapng.bytes, pcapng.size, TRACE_FORM_TEXT, &again,
		       false),
		  "pcapng that was written cannot be read");
	same_want(&text, &again, "text, by way of pcapng");
	copy(pcapng.bytes, pcapng.size, TRACE_FORM_PCAPNG, &other, false);
	same_want(&pcapng, &other, "pcapng, read and written");
	free(other.bytes);
	/* What came in once more, straight into the other form. */
	copy(data, size, TRACE_FORM_PCAPNG, &other, false);
	free(again.bytes);
	copy(other.bytes, other.size, TRACE_FORM_TEXT, &again, false);
	same_want(&text, &again, "text, by way of a first pcapng");
	free(text.bytes);
	free(again.bytes);
	free(pcapng.bytes);
	free(other.bytes);
}
