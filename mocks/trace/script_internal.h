/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of a script: script.c reads it, script_compare.c compares.
 */
#ifndef MOCKS_TRACE_SCRIPT_INTERNAL_H
#define MOCKS_TRACE_SCRIPT_INTERNAL_H

#include "mocks/trace/script.h"
#include "mocks/trace/text.h"

/** An event, with no more fields than it has. */
struct script_item {
	unsigned line;
	/** Of which unordered group, from 1; 0: of none. */
	unsigned group;
	bool is_checked, is_done;
	enum trace_kind kind;
	enum trace_direction direction;
	char name[TRACE_NAME_MAX];
	unsigned name_column;
	bool is_open;
	struct trace_field *fields;
	unsigned count;
	uint8_t *pool;
	size_t pool_bytes;
};

/** Where "compare" asks for a kind; line 0: nowhere. */
struct script_wish {
	unsigned line, column;
};

struct script {
	char *path;
	struct script_rules rules;
	struct trace_record about;
	struct script_item *items;
	size_t count, room;
	/** All before it are done. */
	size_t first;
	/** The kinds that it has, by direction: others are not compared. */
	bool has[TRACE_KINDS][2];
	struct script_wish wishes[TRACE_KINDS][2];
	/** Variables that are known: a field of its name for each. */
	struct trace_record variables;
	/** What the event being compared would bind. */
	struct trace_record bound;
	/** For one event of each side. */
	struct trace_record expected, actual;
	struct trace_built built;
};

/** An event as a whole record, to be looked at or changed; false: no memory. */
bool script_item_record(const struct script_item *item,
			struct trace_record *record);
/** Put the values of known variables in their places; false: no memory. */
bool script_substitute(const struct script *script,
		       struct trace_record *record);
/** Copy a field of another record under a key; NULL: no memory, no room. */
struct trace_field *script_field_copy(struct trace_record *to, const char *key,
				      const struct trace_record *from,
				      const struct trace_field *field);
/** "FILE:LINE:COLUMN: what" */
void script_complain(const struct script *script, unsigned line,
		     unsigned column, const char *what, char *error);

#endif /* MOCKS_TRACE_SCRIPT_INTERNAL_H */
