/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trace as a script: what is to pass between a guest and its host, and what
 * may differ.
 *
 * Events are matched in streams: those of one direction, kind, vCPU, channel or
 * queue come in the order of the script, and streams pass each other. "..." is
 * anything, a variable is bound where it is met first, and the events of an
 * unordered group come in any order.
 */
#ifndef MOCKS_TRACE_SCRIPT_H
#define MOCKS_TRACE_SCRIPT_H

#include <stdio.h>

#include "mocks/trace/codec.h"

#define SCRIPT_ERROR_MAX   512u
#define SCRIPT_DEFINES_MAX 16u

struct script;

/** What whoever plays a script leaves out; members may be NULL. */
struct script_rules {
	/** Whether an event is compared at all. */
	bool (*checks)(const struct trace_record *record);
	/** Whether that field of it is; one of them may not have it. */
	bool (*compares)(const struct trace_record *expected,
			 const struct trace_record *actual, const char *key);
};

/**
 * Read a script, or a recording of either form.
 * @param defines "NAME=value", so many: variables that are known from the start
 * @param error room for SCRIPT_ERROR_MAX: one sentence with the place
 * @return NULL: it cannot be read
 */
struct script *script_load(const char *path, const char *const defines[],
			   size_t define_count, char *error);
/**
 * The same from a stream.
 * @param stream closed in any case
 * @param name of the file, for complaints; kept
 */
struct script *script_read(FILE *stream, const char *name,
			   const char *const defines[], size_t define_count,
			   char *error);
/**
 * Leave out what the rules do: before the first comparison.
 * @param rules copied
 * @param error room for SCRIPT_ERROR_MAX
 * @return false: the script asks for what is not compared, or no memory
 */
bool script_judge(struct script *script, const struct script_rules *rules,
		  char *error);
void script_free(struct script *script);

/**
 * A field of the first line as text, a number in decimal.
 * @param text room for so many bytes
 * @return false: it does not have it
 */
bool script_about(const struct script *script, const char *key, char *text,
		  size_t bytes);

/** The n-th key of the first line, and where it stands. @return NULL: no more
 */
const char *script_about_key(const struct script *script, unsigned n,
			     unsigned *column);

/* ---- Its events, numbered from 0 ---- */

size_t script_count(const struct script *script);
/** How many of them are compared. */
size_t script_checked(const struct script *script);
/** The first that is not done, as far as is known: all before it are. */
size_t script_first(const struct script *script);
/** Line of the file; of a pcapng the number of the event. */
unsigned script_line(const struct script *script, size_t n);
enum trace_kind script_kind(const struct script *script, size_t n);
enum trace_direction script_direction(const struct script *script, size_t n);
/** What the event is; "" if nothing. */
const char *script_name(const struct script *script, size_t n);
/** A number that the script gives in a field. @return false: it does not */
bool script_number(const struct script *script, size_t n, const char *key,
		   uint64_t *number);
/** Whether a field has the value of that name. */
bool script_has_word(const struct script *script, size_t n, const char *key,
		     const char *word);
/** Whether fields that it does not name do not matter ("..." at its end). */
bool script_is_open(const struct script *script, size_t n);
/** Whether it came, or is not compared. */
bool script_is_done(const struct script *script, size_t n);
/** Whether it is compared; if not, it is done from the start. */
bool script_is_checked(const struct script *script, size_t n);
/** From now on it is not compared. */
void script_leave_out(struct script *script, size_t n);
/** All that are compared came. */
bool script_is_over(const struct script *script);

/**
 * Put an event together, with the values that its variables have.
 * @param built as for trace_encode()
 * @param error room for SCRIPT_ERROR_MAX: one sentence with the place
 */
bool script_encode(struct script *script, size_t n, struct trace_built *built,
		   char *error);

/** The same of a read, whose answer need not be known: it is 0. */
bool script_encode_read(struct script *script, size_t n,
			struct trace_built *built, char *error);

/** Write an event in the notation of the script. */
void script_show(struct script *script, size_t n, FILE *stream);

/** No event: of script_match(). */
#define SCRIPT_NONE SIZE_MAX

/**
 * Compare an event that happened with the next one of its stream.
 * @param which out: that one, SCRIPT_NONE if it is not compared
 * @param stream where the difference is written, some lines
 * @return false: they differ, or none was to come
 */
bool script_match(struct script *script, const struct trace_event *event,
		  size_t *which, FILE *stream);

#endif /* MOCKS_TRACE_SCRIPT_H */
