/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces in files.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/trace/file.h"
#include "mocks/trace/pcapng.h"
#include "mocks/trace/text.h"
#include "mocks/trace/usbmon.h"

#define PCAPNG_FIRST_BYTE 0x0a

static bool ends(const char *path, const char *end)
{
	size_t length = strlen(path), count = strlen(end);

	return length > count && strcmp(path + length - count, end) == 0;
}

bool trace_file_is_name(const char *path)
{
	return ends(path, ".vt") || ends(path, ".pcapng");
}

/* ---- Writing ---- */

struct trace_writer {
	FILE *stream;
	char *path;
	bool is_pcapng, is_broken;
	struct trace_blocks *blocks;
	struct trace_record record;
};

static void writer_free(struct trace_writer *writer)
{
	if (writer->stream)
		fclose(writer->stream);
	trace_blocks_destroy(writer->blocks);
	trace_record_free(&writer->record);
	free(writer->path);
	free(writer);
}

static bool writer_begin(struct trace_writer *writer, const char *about)
{
	if (writer->is_pcapng)
		return pcapng_begin(writer->stream, about);
	fprintf(writer->stream, "trace 1%s%s\n", *about ? " " : "", about);
	return !ferror(writer->stream);
}

struct trace_writer *trace_writer_open(const char *path, const char *about,
				       char *error)
{
	struct trace_writer *writer = calloc(1, sizeof(*writer));

	if (writer) {
		writer->is_pcapng = ends(path, ".pcapng");
		writer->path = strdup(path);
		writer->blocks = trace_blocks_create();
	}
	if (!writer || !writer->path || !writer->blocks) {
		snprintf(error, TRACE_FILE_ERROR_MAX, "%s: out of memory",
			 path);
		if (writer)
			writer_free(writer);
		return NULL;
	}
	writer->stream = fopen(path, "wb");
	if (writer->stream && writer_begin(writer, about))
		return writer;
	snprintf(error, TRACE_FILE_ERROR_MAX, "%s: %s", path, strerror(errno));
	writer_free(writer);
	return NULL;
}

void trace_writer_event(struct trace_writer *writer,
			const struct trace_event *event)
{
	if (writer->is_pcapng)
		writer->is_broken |= !pcapng_event(writer->stream, event);
	else if (trace_decode(&writer->record, event))
		trace_text_write(writer->stream, &writer->record,
				 writer->blocks);
	else
		writer->is_broken = true;
}

bool trace_writer_close(struct trace_writer *writer, char *error)
{
	bool good;

	errno = 0;
	good = fflush(writer->stream) == 0 && !ferror(writer->stream) &&
	       !writer->is_broken;
	if (!good)
		snprintf(error, TRACE_FILE_ERROR_MAX,
			 "%s: it could not be written whole%s%s", writer->path,
			 errno ? ": " : "", errno ? strerror(errno) : "");
	writer_free(writer);
	return good;
}

/* ---- Reading ---- */

struct trace_reader {
	FILE *stream;
	struct pcapng *pcapng;
	struct usbmon *usbmon;
	struct trace_text *text;
	struct trace_record record;
	struct trace_built built;
	struct trace_event event;
	char *about;
};

static void reader_complain(const char *path, const char *what, char *error)
{
	snprintf(error, TRACE_FILE_ERROR_MAX, "%s: %s", path, what);
}

static bool reader_begin(struct trace_reader *reader, const char *path,
			 char *error)
{
	const char *name = path;
	int first;

	if (usbmon_is(path)) {
		reader->usbmon = usbmon_open(path, error);
		return reader->usbmon;
	}

	if (strcmp(path, "-") == 0) {
		reader->stream = stdin;
		name = "standard input";
	} else {
		reader->stream = fopen(path, "rb");
	}
	if (!reader->stream) {
		reader_complain(path, strerror(errno), error);
		return false;
	}
	first = getc(reader->stream);
	if (first == EOF) {
		reader_complain(name,
				ferror(reader->stream) ? strerror(errno)
						       : "it is empty",
				error);
		return false;
	}
	ungetc(first, reader->stream);
	if (first == PCAPNG_FIRST_BYTE)
		reader->pcapng = pcapng_open(reader->stream, name);
	else
		reader->text = trace_text_open(reader->stream, name);
	if (reader->pcapng || reader->text)
		return true;
	reader_complain(name, "out of memory", error);
	return false;
}

struct trace_reader *trace_reader_open(const char *path, char *error)
{
	struct trace_reader *reader = calloc(1, sizeof(*reader));

	if (!reader) {
		reader_complain(path, "out of memory", error);
		return NULL;
	}
	if (reader_begin(reader, path, error))
		return reader;
	trace_reader_close(reader);
	return NULL;
}

void trace_reader_close(struct trace_reader *reader)
{
	if (!reader)
		return;
	pcapng_close(reader->pcapng);
	usbmon_close(reader->usbmon);
	trace_text_close(reader->text);
	trace_record_free(&reader->record);
	trace_built_free(&reader->built);
	if (reader->stream && reader->stream != stdin)
		fclose(reader->stream);
	free(reader->about);
	free(reader);
}

static enum trace_read text_next(struct trace_reader *reader,
				 const struct trace_event **event)
{
	char error[TRACE_ERROR_MAX];
	unsigned column = 0;

	switch (trace_text_next(reader->text, &reader->record)) {
	case TRACE_ITEM_EVENT:
		break;
	case TRACE_ITEM_EOF:
		return TRACE_READ_END;
	case TRACE_ITEM_BROKEN:
		return TRACE_READ_BROKEN;
	case TRACE_ITEM_COMPARE:
		trace_text_complain(reader->text, 0,
				    "what is to be compared: this is a "
				    "script, not a recording");
		return TRACE_READ_BROKEN;
	default:
		trace_text_complain(reader->text, 0,
				    "a group of events: this is a script, not "
				    "a recording");
		return TRACE_READ_BROKEN;
	}
	if (!trace_encode(&reader->built, &reader->record, error, &column)) {
		trace_text_complain(reader->text, column, error);
		return TRACE_READ_BROKEN;
	}
	*event = &reader->built.event;
	return TRACE_READ_EVENT;
}

static enum trace_read usbmon_read(struct trace_reader *reader)
{
	switch (usbmon_next(reader->usbmon, &reader->event)) {
	case USBMON_EVENT:
		return TRACE_READ_EVENT;
	case USBMON_END:
		return TRACE_READ_END;
	default:
		return TRACE_READ_BROKEN;
	}
}

enum trace_read trace_reader_next(struct trace_reader *reader,
				  const struct trace_event **event)
{
	if (reader->text)
		return text_next(reader, event);
	*event = &reader->event;
	if (reader->usbmon)
		return usbmon_read(reader);
	switch (pcapng_next(reader->pcapng, &reader->event)) {
	case PCAPNG_EVENT:
		return TRACE_READ_EVENT;
	case PCAPNG_END:
		return TRACE_READ_END;
	default:
		return TRACE_READ_BROKEN;
	}
}

const char *trace_reader_error(const struct trace_reader *reader)
{
	if (reader->usbmon)
		return usbmon_error(reader->usbmon);
	return reader->text ? trace_text_error(reader->text)
			    : pcapng_error(reader->pcapng);
}

const char *trace_reader_about(struct trace_reader *reader)
{
	size_t bytes;
	FILE *stream;

	if (reader->usbmon)
		return "from=usbmon";
	if (reader->pcapng)
		return pcapng_about(reader->pcapng);
	free(reader->about);
	reader->about = NULL;
	stream = open_memstream(&reader->about, &bytes);
	if (!stream)
		return "";
	trace_text_about_write(stream, trace_text_about(reader->text));
	fclose(stream);
	return reader->about ? reader->about : "";
}
