/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces in files, in either form: NAME.vt is text, NAME.pcapng is pcapng. What
 * a file is that is read, its first bytes say.
 */
#ifndef MOCKS_TRACE_FILE_H
#define MOCKS_TRACE_FILE_H

#include <stdio.h>

#include "mocks/trace/codec.h"

#define TRACE_FILE_ERROR_MAX 512u

/** Whether a trace can be written under that name: how it ends. */
bool trace_file_is_name(const char *path);

/** What a file is. */
enum trace_form {
	TRACE_FORM_TEXT,
	TRACE_FORM_PCAPNG,
	/** RNDIS over USB: it is only read. */
	TRACE_FORM_USBMON,
	/** Of frames, or of what nobody here knows: no trace. */
	TRACE_FORM_CAPTURE,
};

struct trace_writer;

/**
 * Create (or overwrite) a trace.
 * @param about "key=value ..." of the run
 * @param error room for TRACE_FILE_ERROR_MAX: on failure one sentence that
 *	begins with the path
 */
struct trace_writer *trace_writer_open(const char *path, const char *about,
				       char *error);
/**
 * The same, but a file that has the name keeps it until the writer is closed
 * and all is written: before that it is not touched.
 */
struct trace_writer *trace_writer_replace(const char *path, const char *about,
					  char *error);
/** Close a writer of that kind, and leave the file that there was. */
void trace_writer_discard(struct trace_writer *writer);
/**
 * The same into a stream.
 * @param stream closed with the writer, and on failure
 * @param form text or pcapng
 * @param name of the file, for complaints
 */
struct trace_writer *trace_writer_open_stream(FILE *stream,
					      enum trace_form form,
					      const char *name,
					      const char *about, char *error);
/** Append an event; errors of the disk show when the writer is closed. */
void trace_writer_event(struct trace_writer *writer,
			const struct trace_event *event);
/** @param error as for trace_writer_open(). @return all is in the file */
bool trace_writer_close(struct trace_writer *writer, char *error);

/** By its first bytes; the stream stands afterwards where it stood. */
enum trace_form trace_form_of(FILE *stream);

struct trace_reader;

/** @param path "-" is standard input. @param error as above */
struct trace_reader *trace_reader_open(const char *path, char *error);
/**
 * The same from a stream.
 * @param stream closed with the reader, and on failure
 * @param name of the file, for complaints
 */
struct trace_reader *trace_reader_open_stream(FILE *stream, const char *name,
					      char *error);
void trace_reader_close(struct trace_reader *reader);

enum trace_read {
	TRACE_READ_EVENT,
	TRACE_READ_END,
	TRACE_READ_BROKEN,
};

/**
 * The next event; it lives until the next call. Groups and open ends of scripts
 * are an error here.
 */
enum trace_read trace_reader_next(struct trace_reader *reader,
				  const struct trace_event **event);
/** After TRACE_READ_BROKEN: one sentence with the place. */
const char *trace_reader_error(const struct trace_reader *reader);
/**
 * "key=value ..." of the run, once an event was read; "" if not said. What the
 * comment of a pcapng says otherwise is comment="...". It lives until the next
 * call.
 */
const char *trace_reader_about(struct trace_reader *reader);

#endif /* MOCKS_TRACE_FILE_H */
