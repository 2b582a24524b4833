/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scripts: read, and put together again. script_compare.c compares them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/trace/file.h"
#include "mocks/trace/script_internal.h"

/** More events than any capture of use gives. */
#define EVENTS_MAX 4000000u

void script_complain(const struct script *script, unsigned line,
		     unsigned column, const char *what, char *error)
{
	if (column)
		snprintf(error, SCRIPT_ERROR_MAX, "%s:%u:%u: %s", script->path,
			 line, column, what);
	else
		snprintf(error, SCRIPT_ERROR_MAX, "%s:%u: %s", script->path,
			 line, what);
}

/* ---- Events ---- */

static struct script_item *item_room(struct script *script)
{
	struct script_item *items;
	size_t room = script->room ? script->room * 2 : 256;

	if (script->count == script->room) {
		items = room > EVENTS_MAX
				? NULL
				: realloc(script->items, room * sizeof(*items));
		if (!items)
			return NULL;
		script->items = items;
		script->room = room;
	}
	memset(&script->items[script->count], 0, sizeof(*script->items));
	return &script->items[script->count++];
}

/** Keep a record with as much room as it needs. */
static bool item_add(struct script *script, const struct trace_record *record,
		     unsigned line, unsigned group)
{
	struct script_item *item = item_room(script);
	size_t fields = record->count * sizeof(*record->fields);

	if (!item)
		return false;
	item->line = line;
	item->group = group;
	item->kind = record->kind;
	item->direction = record->direction;
	memcpy(item->name, record->name, sizeof(item->name));
	item->name_column = record->name_column;
	item->is_open = record->is_open;
	item->fields = malloc(fields ? fields : 1);
	item->pool = malloc(record->pool_bytes ? record->pool_bytes : 1);
	if (!item->fields || !item->pool)
		return false;
	memcpy(item->fields, record->fields, fields);
	item->count = record->count;
	if (record->pool_bytes)
		memcpy(item->pool, record->pool, record->pool_bytes);
	item->pool_bytes = record->pool_bytes;
	item->is_checked = true;
	script->has[item->kind][item->direction] = true;
	return true;
}

bool script_item_record(const struct script_item *item,
			struct trace_record *record)
{
	struct trace_field *field;
	uint8_t *pool;

	trace_record_clear(record);
	if (!record->pool || record->pool_room < item->pool_bytes) {
		pool = realloc(record->pool, item->pool_bytes + 256);
		if (!pool)
			return false;
		record->pool = pool;
		record->pool_room = item->pool_bytes + 256;
	}
	record->kind = item->kind;
	record->direction = item->direction;
	memcpy(record->name, item->name, sizeof(record->name));
	record->name_column = item->name_column;
	record->is_open = item->is_open;
	for (field = item->fields; record->count < item->count; field++)
		record->fields[record->count++] = *field;
	if (item->pool_bytes)
		memcpy(record->pool, item->pool, item->pool_bytes);
	record->pool_bytes = item->pool_bytes;
	return true;
}

/* ---- Variables ---- */

bool script_substitute(const struct script *script, struct trace_record *record)
{
	char name[TRACE_NAME_MAX];
	struct trace_field *value, *field, copy;
	unsigned n;

	for (n = 0; n < record->count; n++) {
		field = &record->fields[n];
		if (field->kind != TRACE_VARIABLE)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)field->length,
			 (const char *)trace_field_bytes(record, field));
		value = trace_record_find(&script->variables, name);
		if (!value)
			continue;
		if (!trace_record_copy(record, "", &script->variables, value))
			return false;
		copy = record->fields[--record->count];
		memcpy(copy.key, field->key, sizeof(copy.key));
		copy.column = field->column;
		*field = copy;
	}
	return true;
}

/** "NAME=value", as it could stand in the first line of a script. */
static bool define(struct script *script, const char *text, char *error)
{
	struct trace_record record = {0};
	bool good = trace_text_fields(text, &record) && record.count == 1 &&
		    record.fields[0].kind != TRACE_ANY &&
		    record.fields[0].kind != TRACE_VARIABLE &&
		    trace_record_copy(&script->variables, record.fields[0].key,
				      &record, &record.fields[0]);

	if (!good)
		snprintf(error, SCRIPT_ERROR_MAX,
			 "a variable is defined as NAME=value, not '%.128s'",
			 text);
	trace_record_free(&record);
	return good;
}

/* ---- Reading ---- */

/** What an event can never be is an error, however little is said of it. */
static bool item_check(struct script *script, struct trace_record *record,
		       unsigned line, char *error)
{
	char what[TRACE_ERROR_MAX];
	unsigned column = 0;

	if (trace_check_line(&script->built, record, what, &column))
		return true;
	script_complain(script, line, column, what, error);
	return false;
}

/** Copy what the first line says, with the values of variables. */
static bool about_take(struct script *script, const struct trace_record *about)
{
	unsigned n;

	for (n = 0; n < about->count; n++)
		if (!trace_record_copy(&script->about, about->fields[n].key,
				       about, &about->fields[n]))
			return false;
	return script_substitute(script, &script->about);
}

/** "compare WAY KIND": also if the script has no such event. */
static void compare_take(struct script *script,
			 const struct trace_record *record, unsigned line)
{
	struct script_asked *asked =
		&script->asked[record->kind][record->direction];

	asked->line = line;
	asked->column = record->name_column;
}

/** What is asked for is compared, if whoever plays it can. */
static bool compare_judge(struct script *script, enum trace_kind kind,
			  enum trace_direction direction, char *error)
{
	const struct script_asked *asked = &script->asked[kind][direction];
	char what[TRACE_ERROR_MAX];

	trace_record_clear(&script->expected);
	script->expected.kind = kind;
	script->expected.direction = direction;
	if (!script->rules.checks || script->rules.checks(&script->expected)) {
		script->has[kind][direction] = true;
		return true;
	}
	snprintf(what, sizeof(what),
		 "'%s' %s the guest is not compared when that side is played",
		 trace_kind_name(kind),
		 direction == TRACE_FROM_GUEST ? "from" : "to");
	script_complain(script, asked->line, asked->column, what, error);
	return false;
}

static bool load_text(struct script *script, FILE *stream, char *error)
{
	struct trace_text *text = trace_text_open(stream, script->path);
	struct trace_record record = {0};
	unsigned group = 0, groups = 0;
	enum trace_item item = TRACE_ITEM_BROKEN;
	bool good = text;

	while (good &&
	       (item = trace_text_next(text, &record)) != TRACE_ITEM_EOF) {
		if (item == TRACE_ITEM_BROKEN) {
			snprintf(error, SCRIPT_ERROR_MAX, "%s",
				 trace_text_error(text));
			goto out;
		}
		if ((item == TRACE_ITEM_UNORDERED && group) ||
		    (item == TRACE_ITEM_END_UNORDERED && !group)) {
			script_complain(script, trace_text_line(text), 0,
					group ? "a group in a group"
					      : "no group ends here",
					error);
			goto out;
		}
		if (item == TRACE_ITEM_UNORDERED)
			group = ++groups;
		else if (item == TRACE_ITEM_END_UNORDERED)
			group = 0;
		else if (item == TRACE_ITEM_COMPARE)
			compare_take(script, &record, trace_text_line(text));
		else if (!item_check(script, &record, trace_text_line(text),
				     error))
			goto out;
		else
			good = item_add(script, &record, trace_text_line(text),
					group);
	}
	if (good && group) {
		script_complain(script, trace_text_line(text), 0,
				"a group has no end", error);
		goto out;
	}
	if (!good || !about_take(script, trace_text_about(text)))
		snprintf(error, SCRIPT_ERROR_MAX, "%s: out of memory",
			 script->path);
	else
		group = UINT32_MAX;
out:
	trace_record_free(&record);
	trace_text_close(text);
	return group == UINT32_MAX;
}

/** The comment of a pcapng is what a first line says. */
static bool about_parse(struct script *script, const char *about)
{
	struct trace_record record = {0};
	bool good = trace_text_fields(about, &record) &&
		    about_take(script, &record);

	trace_record_free(&record);
	return good;
}

static bool load_recording(struct script *script, FILE *stream, char *error)
{
	struct trace_reader *reader =
		trace_reader_open_stream(stream, script->path, error);
	struct trace_record record = {0};
	const struct trace_event *event;
	enum trace_read read = TRACE_READ_BROKEN;
	bool good = reader;
	unsigned number = 0;

	if (!reader)
		return false;
	while (good &&
	       (read = trace_reader_next(reader, &event)) == TRACE_READ_EVENT)
		good = trace_decode(&record, event) &&
		       item_add(script, &record, ++number, 0);
	if (!good || (read == TRACE_READ_END &&
		      !about_parse(script, trace_reader_about(reader)))) {
		snprintf(error, SCRIPT_ERROR_MAX, "%s: %s", script->path,
			 good ? "it does not say what ran" : "out of memory");
		good = false;
	} else if (read == TRACE_READ_BROKEN) {
		snprintf(error, SCRIPT_ERROR_MAX, "%s",
			 trace_reader_error(reader));
		good = false;
	}
	trace_record_free(&record);
	trace_reader_close(reader);
	return good;
}

/** The stream is closed in any case. */
static bool load(struct script *script, FILE *stream, char *error)
{
	bool good = false;

	switch (trace_form_of(stream)) {
	case TRACE_FORM_PCAPNG:
	case TRACE_FORM_CAPTURE: /* the reader says what is wrong */
		return load_recording(script, stream, error);
	case TRACE_FORM_USBMON:
		snprintf(error, SCRIPT_ERROR_MAX,
			 "%s: RNDIS over USB has no guest or host that could "
			 "be played",
			 script->path);
		break;
	case TRACE_FORM_TEXT:
		good = load_text(script, stream, error);
		break;
	}
	fclose(stream);
	return good;
}

struct script *script_read(FILE *stream, const char *name,
			   const char *const defines[], size_t define_count,
			   char *error)
{
	struct script *script = calloc(1, sizeof(*script));
	bool good = true;
	size_t n;

	if (script)
		script->path = strdup(name);
	if (!script || !script->path) {
		snprintf(error, SCRIPT_ERROR_MAX, "%s: out of memory", name);
		fclose(stream);
		script_free(script);
		return NULL;
	}
	for (n = 0; n < define_count && good; n++)
		good = define(script, defines[n], error);
	if (!good)
		fclose(stream);
	else if (load(script, stream, error))
		return script;
	script_free(script);
	return NULL;
}

struct script *script_load(const char *path, const char *const defines[],
			   size_t define_count, char *error)
{
	FILE *stream = fopen(path, "rb");

	if (stream)
		return script_read(stream, path, defines, define_count, error);
	snprintf(error, SCRIPT_ERROR_MAX, "%s: %s", path, strerror(errno));
	return NULL;
}

bool script_judge(struct script *script, const struct script_rules *rules,
		  char *error)
{
	struct script_item *item;
	size_t n;

	script->rules = *rules;
	memset(script->has, 0, sizeof(script->has));
	for (n = 0; n < script->count; n++) {
		item = &script->items[n];
		if (!script_item_record(item, &script->expected)) {
			snprintf(error, SCRIPT_ERROR_MAX, "%s: out of memory",
				 script->path);
			return false;
		}
		item->is_checked =
			!rules->checks || rules->checks(&script->expected);
		item->is_done = !item->is_checked;
		if (item->is_checked)
			script->has[item->kind][item->direction] = true;
	}
	for (n = 0; n < 2 * TRACE_KINDS; n++)
		if (script->asked[n / 2][n % 2].line &&
		    !compare_judge(script, (enum trace_kind)(n / 2),
				   (enum trace_direction)(n % 2), error))
			return false;
	return true;
}

void script_free(struct script *script)
{
	size_t n;

	if (!script)
		return;
	for (n = 0; n < script->count; n++) {
		free(script->items[n].fields);
		free(script->items[n].pool);
	}
	free(script->items);
	trace_record_free(&script->about);
	trace_record_free(&script->variables);
	trace_record_free(&script->bound);
	trace_record_free(&script->expected);
	trace_record_free(&script->actual);
	trace_record_free(&script->reworded);
	trace_built_free(&script->built);
	free(script->path);
	free(script);
}

/* ---- Looking at it ---- */

bool script_about(const struct script *script, const char *key, char *text,
		  size_t bytes)
{
	const struct trace_field *field =
		trace_record_find(&script->about, key);

	if (!field)
		return false;
	if (field->kind == TRACE_NUMBER)
		snprintf(text, bytes, "%" PRIu64, field->number);
	else
		snprintf(text, bytes, "%s%.*s",
			 field->kind == TRACE_VARIABLE ? "$" : "",
			 (int)field->length,
			 (const char *)trace_field_bytes(&script->about,
							 field));
	return true;
}

const char *script_about_key(const struct script *script, unsigned n,
			     unsigned *column)
{
	if (n >= script->about.count)
		return NULL;
	*column = script->about.fields[n].column;
	return script->about.fields[n].key;
}

size_t script_count(const struct script *script)
{
	return script->count;
}

size_t script_checked(const struct script *script)
{
	size_t n, checked = 0;

	for (n = 0; n < script->count; n++)
		checked += script->items[n].is_checked;
	return checked;
}

size_t script_first(const struct script *script)
{
	return script->first;
}

unsigned script_line(const struct script *script, size_t n)
{
	return script->items[n].line;
}

enum trace_kind script_kind(const struct script *script, size_t n)
{
	return script->items[n].kind;
}

enum trace_direction script_direction(const struct script *script, size_t n)
{
	return script->items[n].direction;
}

const char *script_name(const struct script *script, size_t n)
{
	return script->items[n].name;
}

bool script_number(const struct script *script, size_t n, const char *key,
		   uint64_t *number)
{
	const struct script_item *item = &script->items[n];
	unsigned i;

	for (i = 0; i < item->count; i++)
		if (strcmp(item->fields[i].key, key) == 0 &&
		    item->fields[i].kind == TRACE_NUMBER) {
			*number = item->fields[i].number;
			return true;
		}
	return false;
}

bool script_has_word(const struct script *script, size_t n, const char *key,
		     const char *word)
{
	const struct script_item *item = &script->items[n];
	const struct trace_field *field;

	for (field = item->fields; field < item->fields + item->count; field++)
		if (strcmp(field->key, key) == 0)
			return field->kind == TRACE_NUMBER
				       ? strcmp(field->name, word) == 0
				       : field->kind == TRACE_TEXT &&
						 field->length ==
							 strlen(word) &&
						 !memcmp(item->pool +
								 field->start,
							 word, field->length);
	return false;
}

bool script_is_open(const struct script *script, size_t n)
{
	return script->items[n].is_open;
}

bool script_is_done(const struct script *script, size_t n)
{
	return script->items[n].is_done;
}

bool script_is_checked(const struct script *script, size_t n)
{
	return script->items[n].is_checked;
}

void script_leave_out(struct script *script, size_t n)
{
	script->items[n].is_checked = false;
	script->items[n].is_done = true;
}

bool script_is_over(const struct script *script)
{
	size_t n;

	for (n = script->first; n < script->count; n++)
		if (!script->items[n].is_done)
			return false;
	return true;
}

/** What is not known of a read is what it is going to say. */
static void fill(struct trace_record *record)
{
	struct trace_field *field = record->fields;

	for (; field < record->fields + record->count; field++) {
		if (field->kind != TRACE_ANY && field->kind != TRACE_VARIABLE)
			continue;
		field->kind = TRACE_NUMBER;
		field->number = 0;
	}
}

static bool encode(struct script *script, size_t n, struct trace_built *built,
		   bool is_read, char *error)
{
	const struct script_item *item = &script->items[n];
	char what[TRACE_ERROR_MAX] = "out of memory";
	unsigned column = 0;

	if (script_item_record(item, &script->expected) &&
	    script_substitute(script, &script->expected)) {
		if (is_read)
			fill(&script->expected);
		if (trace_encode(built, &script->expected, what, &column))
			return true;
	}
	script_complain(script, item->line, column, what, error);
	return false;
}

bool script_encode(struct script *script, size_t n, struct trace_built *built,
		   char *error)
{
	return encode(script, n, built, false, error);
}

bool script_encode_read(struct script *script, size_t n,
			struct trace_built *built, char *error)
{
	return encode(script, n, built, true, error);
}

void script_show(struct script *script, size_t n, FILE *stream)
{
	if (script_item_record(&script->items[n], &script->expected) &&
	    script_substitute(script, &script->expected)) {
		trace_text_show(stream, &script->expected);
		fputc('\n', stream);
	}
}
