/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the codec: codec.c moves fields both ways, codec_layout.c
 * messages, codec_body.c what is nested in them, codec_packet.c the headers of
 * ring packets, codec_kinds.c describes the kinds of events with all of them.
 */
#ifndef MOCKS_TRACE_CODEC_INTERNAL_H
#define MOCKS_TRACE_CODEC_INTERNAL_H

#include "mocks/trace/codec.h"
#include "mocks/trace/layout.h"

/** Words of a channel message, and more than any has. */
#define CODEC_LIST_MAX 64u

struct codec {
	struct trace_record *record;
	/** Put together: the record is read. */
	bool is_encoding;
	/** Not all is known: what is there is looked at. */
	bool is_partial;
	bool failed;
	/** Somebody asked for the name. */
	bool is_named;
	char *error;
	unsigned *column;
	struct trace_built *built;
	/** The groups that it is in, "ppi.0.", and a key in them. */
	char prefix[TRACE_KEY_MAX], key[TRACE_KEY_MAX];
};

/** The first complaint counts. @param column in the line, 0: nowhere */
void codec_fail(struct codec *codec, unsigned column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Groups. */

/** Go into the n-th group of a name; @return to be given to codec_leave() */
size_t codec_enter(struct codec *codec, const char *name, unsigned n);
void codec_leave(struct codec *codec, size_t before);
/** A key with the groups around it, until the next call. */
const char *codec_key(struct codec *codec, const char *key);
/** Whether the record that is read has it. */
bool codec_has_group(struct codec *codec, const char *name, unsigned n);
/** Where groups stand, nothing else of their name does, but "...". */
void codec_no_field(struct codec *codec, const char *name);
/** Nothing is known of the fields of the group that it is in. */
void codec_use_group(struct codec *codec);

/* Reading. */

/** A field that is there, or NULL; nothing is said of it. */
struct trace_field *codec_find(struct codec *codec, const char *key);
/** What a field says if it is a number; nothing is said of it. */
bool codec_peek(struct codec *codec, const char *key, uint64_t *number);
/** A field that is to be read; NULL and a complaint if it has to be there. */
struct trace_field *codec_take(struct codec *codec, const char *key,
			       bool is_needed);
/** Its bytes; NULL and a complaint if it is something else. */
const uint8_t *codec_field_bytes(struct codec *codec,
				 const struct trace_field *field);
bool codec_number_read(struct codec *codec, struct trace_field *field,
		       const struct layout_name *names, uint64_t most,
		       uint64_t *number);
bool codec_flags_read(struct codec *codec, struct trace_field *field,
		      const struct layout_name *flags, uint64_t most,
		      uint64_t *number);
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
/** A set of bits. @param is_optional not shown while there is none */
void codec_flags(struct codec *codec, const char *key, uint64_t *value,
		 uint64_t most, const struct layout_name *flags,
		 bool is_optional);
void codec_flags_show(struct codec *codec, const char *key, uint64_t value,
		      const struct layout_name *flags);
/** A message at an offset of the event's bytes, which goes to their end. */
void codec_message(struct codec *codec, const struct layout_family *family,
		   struct trace_event *event, uint32_t offset);
/** Bytes without a layout. */
void codec_blob(struct codec *codec, const char *key,
		struct trace_event *event);
/** What lies between descriptor and payload of a ring packet. */
void codec_packet_header(struct codec *codec, struct trace_event *event);

/* Parts of messages. */

uint64_t codec_get(const uint8_t *bytes, unsigned count);
void codec_put(uint8_t *bytes, unsigned count, uint64_t value);
/** @param length of the whole message, for what says it */
void codec_members_show(struct codec *codec, const struct layout *layout,
			const uint8_t *bytes, uint32_t length);
void codec_members_take(struct codec *codec, const struct layout *layout,
			uint8_t *bytes, uint32_t length);
void codec_list_show(struct codec *codec, const char *key, const uint8_t *bytes,
		     size_t count, size_t word);
/** @param to bytes for all numbers of it */
void codec_list_take(struct codec *codec, const struct trace_field *field,
		     size_t word, uint8_t *to);
/** How many of these bytes are left without the zeros at their end. */
size_t codec_trimmed(const uint8_t *bytes, size_t length);

/* What is nested in a message behind its members (enum layout_tail). */

#define CODEC_REGIONS_MAX 2u

/** Parts of the bytes that have groups or fields of their own. */
struct codec_body {
	struct codec_region {
		uint64_t start, length;
		/** Of an information buffer: what it holds. */
		const struct layout_information *information;
	} regions[CODEC_REGIONS_MAX];
	unsigned count;
};

/** Whether what follows the members is nested. */
bool codec_is_nested(const struct layout *layout);
/** @return for how many bytes what was shown stands */
size_t codec_body_show(struct codec *codec, const struct layout *layout,
		       const uint8_t *bytes, uint32_t length);
/** Show the bytes behind the members as they are. */
size_t codec_body_raw(struct codec *codec, const struct layout *layout,
		      const uint8_t *bytes, uint32_t length);
/** What of a message to be put together is nested. @return its bytes */
uint64_t codec_body_plan(struct codec *codec, const struct layout *layout,
			 struct codec_body *body);
void codec_body_take(struct codec *codec, const struct layout *layout,
		     const struct codec_body *body, uint8_t *to,
		     uint32_t length);

#endif /* MOCKS_TRACE_CODEC_INTERNAL_H */
