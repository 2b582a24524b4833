/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the codec: codec.c moves fields and messages both ways,
 * codec_kinds.c describes the kinds of events with them.
 */
#ifndef MOCKS_TRACE_CODEC_INTERNAL_H
#define MOCKS_TRACE_CODEC_INTERNAL_H

#include "mocks/trace/codec.h"
#include "mocks/trace/layout.h"

struct codec {
	struct trace_record *record;
	/** Put together: the record is read. */
	bool is_encoding;
	bool failed;
	/** Somebody asked for the name. */
	bool is_named;
	char *error;
	unsigned *column;
	struct trace_built *built;
};

/** The first complaint counts. @param column in the line, 0: nowhere */
void codec_fail(struct codec *codec, unsigned column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** A field that is to be read; NULL and a complaint if it has to be there. */
struct trace_field *codec_take(struct codec *codec, const char *key,
			       bool is_needed);
/** Its bytes; NULL and a complaint if it is something else. */
const uint8_t *codec_field_bytes(struct codec *codec,
				 const struct trace_field *field);
/** So many bytes of zeros, from where the event's bytes end; or NULL. */
uint8_t *codec_bytes_add(struct codec *codec, struct trace_event *event,
			 size_t length);

/* Both ways: into the record, or out of it. */

/** A number that is always there. @param names of its values, or NULL */
void codec_number(struct codec *codec, const char *key, uint64_t *value,
		  unsigned base, uint64_t most,
		  const struct layout_name *names);
/** A number that is not shown while it is what it usually is. */
void codec_number_unless(struct codec *codec, const char *key, uint64_t *value,
			 unsigned base, uint64_t most, uint64_t usual);
/** A message at an offset of the event's bytes, which goes to their end. */
void codec_message(struct codec *codec, const struct layout_family *family,
		   struct trace_event *event, uint32_t offset);
/** Bytes without a layout. */
void codec_blob(struct codec *codec, const char *key,
		struct trace_event *event);

#endif /* MOCKS_TRACE_CODEC_INTERNAL_H */
