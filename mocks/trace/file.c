/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces in files.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mocks/trace/file.h"
#include "mocks/trace/pcapng.h"
#include "mocks/trace/text.h"
#include "mocks/trace/usbmon.h"

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
	/** What it is called until it is whole, and then; or NULL. */
	char *temporary, *target;
	bool is_pcapng, is_broken;
	struct trace_blocks *blocks;
	struct trace_record record;
};

static void writer_free(struct trace_writer *writer)
{
	if (writer->stream)
		fclose(writer->stream);
	if (writer->temporary)
		unlink(writer->temporary);
	free(writer->temporary);
	free(writer->target);
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

struct trace_writer *trace_writer_open_stream(FILE *stream,
					      enum trace_form form,
					      const char *name,
					      const char *about, char *error)
{
	struct trace_writer *writer = calloc(1, sizeof(*writer));

	if (!writer) {
		fclose(stream);
		snprintf(error, TRACE_FILE_ERROR_MAX, "%s: out of memory",
			 name);
		return NULL;
	}
	writer->stream = stream;
	writer->is_pcapng = form == TRACE_FORM_PCAPNG;
	writer->path = strdup(name);
	writer->blocks = trace_blocks_create();
	errno = ENOMEM;
	if (writer->path && writer->blocks && writer_begin(writer, about))
		return writer;
	snprintf(error, TRACE_FILE_ERROR_MAX, "%s: %s", name, strerror(errno));
	writer_free(writer);
	return NULL;
}

static enum trace_form form_by_name(const char *path)
{
	return ends(path, ".pcapng") ? TRACE_FORM_PCAPNG : TRACE_FORM_TEXT;
}

struct trace_writer *trace_writer_open(const char *path, const char *about,
				       char *error)
{
	FILE *stream = fopen(path, "wb");

	if (stream)
		return trace_writer_open_stream(stream, form_by_name(path),
						path, about, error);
	snprintf(error, TRACE_FILE_ERROR_MAX, "%s: %s", path, strerror(errno));
	return NULL;
}

/* ---- Files that are replaced ---- */

/** The access rights that a file is to have: its own, or those of a new one. */
static mode_t rights_of(const struct stat *status)
{
	mode_t mask = umask(0);

	umask(mask);
	return status->st_mode ? status->st_mode & 0777 : 0666 & ~mask;
}

/** A file beside the target. @return NULL, with errno */
static FILE *temporary_open(const char *target, const struct stat *status,
			    char **name)
{
	size_t bytes = strlen(target) + sizeof(".XXXXXX");
	FILE *stream = NULL;
	int fd = -1;

	*name = malloc(bytes);
	if (*name) {
		snprintf(*name, bytes, "%s.XXXXXX", target);
		fd = mkstemp(*name);
	}
	if (fd >= 0 && fchmod(fd, rights_of(status)) == 0)
		stream = fdopen(fd, "wb");
	if (stream)
		return stream;
	if (fd >= 0) {
		close(fd);
		unlink(*name);
	}
	free(*name);
	*name = NULL;
	return NULL;
}

struct trace_writer *trace_writer_replace(const char *path, const char *about,
					  char *error)
{
	struct trace_writer *writer = NULL;
	char *target = NULL, *temporary = NULL;
	struct stat status = {0};
	FILE *stream;

	/* A pipe or a device is no file that could be replaced. */
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return trace_writer_open(path, about, error);
	/* A link stays one. */
	target = status.st_mode ? realpath(path, NULL) : strdup(path);
	stream = target ? temporary_open(target, &status, &temporary) : NULL;
	if (!stream)
		snprintf(error, TRACE_FILE_ERROR_MAX, "%s: %s", path,
			 strerror(errno));
	else
		writer = trace_writer_open_stream(stream, form_by_name(path),
						  path, about, error);
	if (writer) {
		writer->temporary = temporary;
		writer->target = target;
		return writer;
	}
	if (temporary)
		unlink(temporary);
	free(temporary);
	free(target);
	return NULL;
}

void trace_writer_discard(struct trace_writer *writer)
{
	writer_free(writer);
}

/** What was written takes the name. @return false, with errno */
static bool writer_take_name(struct trace_writer *writer)
{
	if (!writer->temporary)
		return true;
	if (rename(writer->temporary, writer->target) != 0)
		return false;
	free(writer->temporary);
	writer->temporary = NULL;
	return true;
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
	       !writer->is_broken && writer_take_name(writer);
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

/** Whether it begins as the files of tcpdump do, in either byte order. */
static bool is_capture(const char *head, size_t length)
{
	static const char magics[4][4] = {
		"\xa1\xb2\xc3\xd4",
		"\xd4\xc3\xb2\xa1",
		"\xa1\xb2\x3c\x4d",
		"\x4d\x3c\xb2\xa1",
	};
	size_t n;

	for (n = 0; n < 4; n++)
		if (length == 4 && !memcmp(head, magics[n], 4))
			return true;
	return false;
}

enum trace_form trace_form_of(FILE *stream)
{
	static const char section[] = {0x0a, 0x0d, 0x0d, 0x0a};
	off_t start = ftello(stream);
	char head[sizeof(section)];
	size_t length;
	int first;

	if (usbmon_is(stream))
		return TRACE_FORM_USBMON;
	if (start < 0) {
		/* Of a pipe one byte can be put back. */
		first = getc(stream);
		ungetc(first, stream);
		return first == section[0] ? TRACE_FORM_PCAPNG
					   : TRACE_FORM_TEXT;
	}
	length = fread(head, 1, sizeof(head), stream);
	clearerr(stream);
	fseeko(stream, start, SEEK_SET);
	if (is_capture(head, length))
		return TRACE_FORM_CAPTURE;
	return length && !memcmp(head, section, length) ? TRACE_FORM_PCAPNG
							: TRACE_FORM_TEXT;
}

/** Whether there is anything to read; it is said if not. */
static bool reader_has_bytes(struct trace_reader *reader, const char *name,
			     char *error)
{
	int first = getc(reader->stream);

	if (first == EOF) {
		reader_complain(name,
				ferror(reader->stream) ? strerror(errno)
						       : "it is empty",
				error);
		return false;
	}
	ungetc(first, reader->stream);
	return true;
}

static bool reader_begin(struct trace_reader *reader, const char *name,
			 char *error)
{
	FILE *stream = reader->stream;

	if (!reader_has_bytes(reader, name, error))
		return false;
	switch (trace_form_of(stream)) {
	case TRACE_FORM_USBMON:
		reader->stream = NULL;
		reader->usbmon = usbmon_open(stream, name, error);
		return reader->usbmon;
	case TRACE_FORM_CAPTURE:
		reader_complain(name,
				"a capture of frames is no trace: 'vmmsim "
				"replay' takes it",
				error);
		return false;
	case TRACE_FORM_PCAPNG:
		reader->pcapng = pcapng_open(stream, name);
		break;
	case TRACE_FORM_TEXT:
		reader->text = trace_text_open(stream, name);
		break;
	}
	if (reader->pcapng || reader->text)
		return true;
	reader_complain(name, "out of memory", error);
	return false;
}

struct trace_reader *trace_reader_open_stream(FILE *stream, const char *name,
					      char *error)
{
	struct trace_reader *reader = calloc(1, sizeof(*reader));

	if (!reader) {
		reader_complain(name, "out of memory", error);
		if (stream != stdin)
			fclose(stream);
		return NULL;
	}
	reader->stream = stream;
	if (reader_begin(reader, name, error))
		return reader;
	trace_reader_close(reader);
	return NULL;
}

struct trace_reader *trace_reader_open(const char *path, char *error)
{
	FILE *stream;

	if (strcmp(path, "-") == 0)
		return trace_reader_open_stream(stdin, "standard input", error);
	stream = fopen(path, "rb");
	if (stream)
		return trace_reader_open_stream(stream, path, error);
	reader_complain(path, strerror(errno), error);
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
	struct trace_record about = {0};
	const char *comment;
	size_t bytes;
	FILE *stream;

	if (reader->usbmon)
		return "from=usbmon";
	free(reader->about);
	reader->about = NULL;
	stream = open_memstream(&reader->about, &bytes);
	if (!stream)
		return "";
	if (reader->text) {
		trace_text_about_write(stream, trace_text_about(reader->text));
	} else {
		/* What others say of a file is a comment, whatever it is. */
		comment = pcapng_about(reader->pcapng);
		if (!trace_text_fields(comment, &about)) {
			trace_record_clear(&about);
			trace_record_text(&about, "comment", comment,
					  strlen(comment));
		}
		trace_text_about_write(stream, &about);
	}
	trace_record_free(&about);
	fclose(stream);
	return reader->about ? reader->about : "";
}
