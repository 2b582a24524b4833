/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An event of a trace taken apart into named fields: what the text form shows,
 * what a script says of an event that it expects, what is compared.
 *
 *	event (bytes) <-- codec.h --> record (fields) <-- text.h --> line
 */
#ifndef MOCKS_TRACE_RECORD_H
#define MOCKS_TRACE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mocks/machine/trace.h"

#define TRACE_FIELDS_MAX   512u
#define TRACE_NAME_MAX	   40u
/** Of a key with the groups that it is in. */
#define TRACE_KEY_MAX	   72u
#define TRACE_SELECTED_MAX 4u
#define TRACE_ERROR_MAX	   256u
/** Larger than any message, packet or frame there is. */
#define TRACE_BYTES_MAX	   0x100000u

struct layout_name;

enum trace_value {
	TRACE_NUMBER,	/* number */
	TRACE_BYTES,	/* bytes of the pool */
	TRACE_LIST,	/* numbers of 64 bits in the pool */
	TRACE_TEXT,	/* characters of the pool */
	TRACE_ANY,	/* "...": it does not matter */
	TRACE_VARIABLE, /* its name, in the pool */
};

/**
 * A field of a group has the group's name, its number among those of that name
 * and its own as key: "ppi.0.type". "ppi.0.*" stands for the fields of a group
 * that do not matter.
 */
struct trace_field {
	char key[TRACE_KEY_MAX];
	enum trace_value kind;
	uint64_t number;
	/** How a number is shown: 10 or 16. */
	unsigned base;
	/** A name that is shown in place of the number, or "". */
	char name[TRACE_NAME_MAX];
	/** Of a number its bits that have names; NULL: it is no set of bits. */
	const struct layout_name *flags;
	/** Where bytes and text lie in the pool. */
	size_t start, length;
	/** Where the field stands in its line, from 1; 0: in none. */
	unsigned column;
	/** Somebody asked for it. */
	bool is_used;
};

struct trace_record {
	enum trace_kind kind;
	enum trace_direction direction;
	/** Nanoseconds; a line may be without. */
	bool has_time;
	uint64_t time;
	/** What the event is, in the words of its protocol; "" if nothing. */
	char name[TRACE_NAME_MAX];
	unsigned name_column;
	/** Fields that are not named here do not matter ("..." at the end). */
	bool is_open;
	struct trace_field fields[TRACE_FIELDS_MAX];
	unsigned count;
	/** What stands behind it as a comment, in the pool; 0 bytes: nothing.
	 */
	size_t comment_start, comment_length;
	/** Bytes and texts of all fields, freed by trace_record_free(). */
	uint8_t *pool;
	size_t pool_bytes, pool_room;
	/** The simulator ran out of memory, or of fields. */
	bool is_broken;
	/**
	 * Which words of features the events before this one have selected,
	 * by device: it says what the bits of the next word are. Kept from
	 * event to event, for as many devices as there is room.
	 */
	struct trace_selected {
		char place[TRACE_NAME_MAX];
		uint64_t device, driver;
	} selected[TRACE_SELECTED_MAX];
	unsigned selected_count;
};

/** Where a record stood, to go back there. */
struct trace_mark {
	unsigned count;
	size_t pool_bytes;
	bool is_broken;
};

/** Begin a record; one that was used before keeps its pool. */
void trace_record_clear(struct trace_record *record);
void trace_record_free(struct trace_record *record);

/** Add a field; the key is copied. @return NULL: there is no room */
struct trace_field *trace_record_number(struct trace_record *record,
					const char *key, uint64_t number,
					unsigned base, const char *name);
struct trace_field *trace_record_bytes(struct trace_record *record,
				       const char *key, const uint8_t *bytes,
				       size_t length);
struct trace_field *trace_record_list(struct trace_record *record,
				      const char *key, const uint64_t *numbers,
				      size_t count);
struct trace_field *trace_record_text(struct trace_record *record,
				      const char *key, const char *text,
				      size_t length);

/** Add a copy of a field of another record, under a key. */
struct trace_field *trace_record_copy(struct trace_record *record,
				      const char *key,
				      const struct trace_record *from,
				      const struct trace_field *field);

struct trace_mark trace_record_mark(const struct trace_record *record);
/** Forget all fields that were added since. */
void trace_record_back(struct trace_record *record,
		       const struct trace_mark *mark);
/**
 * Note a comment; characters that a line may not have become spaces, and spaces
 * at its ends are left out.
 */
void trace_record_comment(struct trace_record *record, const char *text,
			  size_t length);

struct trace_field *trace_record_find(const struct trace_record *record,
				      const char *key);
/** The number that a field is; 0: it is none, or not there. */
uint64_t trace_record_value(const struct trace_record *record, const char *key);
/** The first field of a group, from what all keys in it begin with; or NULL. */
struct trace_field *trace_record_find_in(const struct trace_record *record,
					 const char *prefix);
/** Whether a key is that path without the numbers of its groups. */
bool trace_key_is(const char *key, const char *path);
/** The n-th number of a list. */
uint64_t trace_field_number(const struct trace_record *record,
			    const struct trace_field *field, size_t n);
/** The bytes of a field, as long as no field is added. */
const uint8_t *trace_field_bytes(const struct trace_record *record,
				 const struct trace_field *field);

/**
 * A set of bits in words: "A|B|0x40"; what has no name is a number at the end.
 * @param text room for TRACE_FLAGS_MAX
 */
#define TRACE_FLAGS_MAX 512u
void trace_flags_text(char *text, uint64_t number,
		      const struct layout_name *flags);
/** @return false: one of the words is none of these */
bool trace_flags_number(const char *text, size_t length,
			const struct layout_name *flags, uint64_t *number);

/** Bytes as a string, to be freed; NULL: out of memory. */
char *trace_text_copy(const uint8_t *bytes, size_t length);

#endif /* MOCKS_TRACE_RECORD_H */
