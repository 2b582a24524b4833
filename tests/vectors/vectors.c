/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Vectors: see vectors.h. First the file, then what a reader uses, then the
 * comparison and its own test.
 */
#include "tests/vectors/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT_MAX 512u

/* A vector in front of one reader, and what that said of it. */
struct check {
	json_t *json;
	vector_reader reader;
	char name[160];
	struct vector_outcome outcome;
	json_t *asked;
};

static const struct vector_parser *parsers;
static unsigned parser_count;

/* ---- Reading a vector ---- */

static const char *const vector_keys[] = {
	"id",	 "comment", "structure", "direction", "context", "bytes",
	"valid", "fields",  "error",	 "class",     "source",	 NULL,
};
static const char *const file_keys[] = {
	"$schema", "parser", "title", "vectors", NULL,
};
static const char *const errors[] = {
	"malformed", "refused", "corrupt", "ignored", "too-long", "none", NULL,
};

static bool is_among(const char *word, const char *const words[])
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

/* The first key that is not among those that there are, or NULL. */
static const char *key_unknown(json_t *object, const char *const keys[])
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key,
			    value) if (!is_among(key, keys)) return key;
	return NULL;
}

static const char *text_of(json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

/* Digits two by two, blanks between. Whether they are that. */
static bool hex_read(const char *text, uint8_t *to, uint32_t *length)
{
	char digits[3] = {0};
	char *end;

	*length = 0;
	while (*text) {
		if (*text == ' ') {
			text++;
			continue;
		}
		digits[0] = text[0];
		digits[1] = text[1];
		to[*length] = (uint8_t)strtoul(digits, &end, 16);
		if (end != digits + 2 || ++*length == VECTOR_BYTES_MAX)
			return false;
		text += 2;
	}
	return true;
}

/* Numbers that are written as text, "0x...", become numbers. */
static json_t *number_plain(json_t *value)
{
	const char *text = json_string_value(value);
	json_t *list, *entry;
	char *end;
	unsigned long long number;
	size_t i;

	if (json_is_array(value)) {
		list = json_array();
		json_array_foreach(value, i, entry)
			json_array_append_new(list, number_plain(entry));
		return list;
	}
	if (!text || strncmp(text, "0x", 2) != 0)
		return json_incref(value);
	number = strtoull(text, &end, 16);
	return *end ? json_incref(value) : json_integer((json_int_t)number);
}

static json_t *object_plain(json_t *object)
{
	json_t *plain = json_object(), *value;
	const char *key;

	json_object_foreach(object, key, value)
		json_object_set_new(plain, key, number_plain(value));
	return plain;
}

static void vector_free(struct vector *vector)
{
	free(vector->bytes);
	json_decref(vector->fields);
	json_decref(vector->context);
	json_decref(vector->asked);
}

/* Take a vector apart. NULL, or what is wrong with it. */
static const char *vector_take(json_t *json, struct vector *vector)
{
	static uint8_t bytes[VECTOR_BYTES_MAX];
	const char *direction = text_of(json, "direction");
	json_t *valid = json_object_get(json, "valid");

	memset(vector, 0, sizeof(*vector));
	vector->context = object_plain(json_object_get(json, "context"));
	vector->fields = object_plain(json_object_get(json, "fields"));
	vector->asked = json_object();
	vector->id = text_of(json, "id");
	vector->structure = text_of(json, "structure");
	vector->error = json_string_value(json_object_get(json, "error"));
	vector->valid = json_is_true(valid);
	vector->to_guest = strcmp(direction, "host-to-guest") == 0 ||
			   strcmp(direction, "both") == 0;
	vector->to_host = strcmp(direction, "guest-to-host") == 0 ||
			  strcmp(direction, "both") == 0;
	if (key_unknown(json, vector_keys))
		return "has a key that nobody knows";
	if (!vector->to_guest && !vector->to_host)
		return "has no direction";
	if (!json_is_boolean(valid))
		return "does not say whether it is valid";
	if (vector->valid == !!vector->error)
		return "is valid or has an error, not both";
	if (vector->error && !is_among(vector->error, errors))
		return "has an error that is no word of docs/vectors.md";
	if (vector->valid == !json_object_size(vector->fields))
		return "is valid and expects fields, or neither";
	if (!hex_read(text_of(json, "bytes"), bytes, &vector->length))
		return "has bytes that are not hexadecimal";
	vector->bytes = malloc(vector->length);
	if (vector->length)
		memcpy(vector->bytes, bytes, vector->length);
	return NULL;
}

/* ---- For readers ---- */

static json_t *context_get(const struct vector *vector, const char *key)
{
	json_object_set_new(vector->asked, key, json_true());
	return json_object_get(vector->context, key);
}

uint64_t vector_context(const struct vector *vector, const char *key)
{
	json_t *value = context_get(vector, key);

	if (!json_is_integer(value))
		fail_msg("%s: its context has no number %s", vector->id, key);
	return (uint64_t)json_integer_value(value);
}

uint64_t vector_context_or(const struct vector *vector, const char *key,
			   uint64_t otherwise)
{
	if (!json_object_get(vector->context, key)) {
		context_get(vector, key);
		return otherwise;
	}
	return vector_context(vector, key);
}

const char *vector_context_word(const struct vector *vector, const char *key)
{
	return json_string_value(context_get(vector, key));
}

bool vector_context_message(const struct vector *vector, const char *key,
			    unsigned n, uint8_t *to, uint32_t *length)
{
	const char *text =
		json_string_value(json_array_get(context_get(vector, key), n));

	if (text && !hex_read(text, to, length))
		fail_msg("%s: %s is not hexadecimal", vector->id, key);
	return text;
}

void vector_invalid(struct vector_outcome *outcome, const char *error)
{
	outcome->error = error;
}

void vector_number(struct vector_outcome *outcome, const char *name,
		   uint64_t value)
{
	json_object_set_new(outcome->fields, name,
			    json_integer((json_int_t)value));
}

void vector_text(struct vector_outcome *outcome, const char *name,
		 const char *text)
{
	json_object_set_new(outcome->fields, name, json_string(text));
}

void vector_hex(struct vector_outcome *outcome, const char *name,
		const void *bytes, uint32_t length)
{
	const uint8_t *at = bytes;
	char *text = calloc(length + 1, 2);
	uint32_t i;

	for (i = 0; i < length; i++)
		snprintf(text + (size_t)2 * i, 3, "%02x", at[i]);
	vector_text(outcome, name, text);
	free(text);
}

void vector_list(struct vector_outcome *outcome, const char *name,
		 uint64_t value)
{
	json_t *list = json_object_get(outcome->fields, name);

	if (!list) {
		list = json_array();
		json_object_set_new(outcome->fields, name, list);
	}
	json_array_append_new(list, json_integer((json_int_t)value));
}

/* ---- Comparing ---- */

static void outcome_make(const struct vector *vector, vector_reader reader,
			 struct vector_outcome *outcome)
{
	outcome->error = NULL;
	outcome->fields = json_object();
	reader(vector, outcome);
}

static void say_value(char *text, const char *name, json_t *expected,
		      json_t *actual)
{
	char *want = json_dumps(expected, JSON_ENCODE_ANY);
	char *have = actual ? json_dumps(actual, JSON_ENCODE_ANY) : NULL;

	snprintf(text, TEXT_MAX, "%s: expected %s, and it is %s", name,
		 want ? want : "?", have ? have : "no field of it");
	free(want);
	free(have);
}

/* Whether an outcome is what a vector expects; text: "", or why not. */
static bool outcome_fits(const struct vector *vector,
			 const struct vector_outcome *outcome, char *text)
{
	const char *key;
	json_t *value;

	text[0] = '\0';
	if (!vector->valid != !!outcome->error ||
	    (outcome->error && strcmp(outcome->error, vector->error) != 0)) {
		snprintf(text, TEXT_MAX, "expected %s, and it is %s",
			 vector->valid ? "valid" : vector->error,
			 outcome->error ? outcome->error : "valid");
		return false;
	}
	json_object_foreach(vector->fields, key, value)
	{
		json_t *actual = json_object_get(outcome->fields, key);

		if (json_equal(value, actual))
			continue;
		say_value(text, key, value, actual);
		return false;
	}
	json_object_foreach(vector->context, key, value)
	{
		if (json_object_get(vector->asked, key))
			continue;
		snprintf(text, TEXT_MAX, "nobody asks for %s of the context",
			 key);
		return false;
	}
	return true;
}

/* Run a vector and keep what came of it; text: "", or what does not fit. */
static bool check_run(struct check *check, char *text)
{
	struct vector vector;
	const char *fault = vector_take(check->json, &vector);
	bool fits = !fault;

	snprintf(text, TEXT_MAX, "%s", fault ? fault : "");
	if (!fault) {
		outcome_make(&vector, check->reader, &check->outcome);
		check->asked = json_incref(vector.asked);
		fits = outcome_fits(&vector, &check->outcome, text);
	}
	vector_free(&vector);
	return fits;
}

static void vector_check(void **state)
{
	struct check *check = *state;
	char text[TEXT_MAX];

	if (!check_run(check, text))
		fail_msg("%s: %s", check->name, text);
}

/* ---- Whether an expectation can fail ---- */

/* What came of the vector must not fit a copy with one thing changed. */
static void must_differ(const struct check *check, json_t *changed,
			const char *what)
{
	struct vector vector;
	char text[TEXT_MAX];

	if (!vector_take(changed, &vector)) {
		json_object_update(vector.asked, check->asked);
		if (outcome_fits(&vector, &check->outcome, text))
			fail_msg("%s: %s, and nobody notices", check->name,
				 what);
	}
	vector_free(&vector);
	json_decref(changed);
}

static json_t *copy_with(const struct check *check, const char *object,
			 const char *key, json_t *value)
{
	json_t *copy = json_deep_copy(check->json), *in = copy;

	if (object) {
		in = json_object_get(copy, object);
		if (!in) {
			in = json_object();
			json_object_set_new(copy, object, in);
		}
	}
	json_object_set_new(in, key, value);
	return copy;
}

static void verdict_can_fail(const struct check *check, bool valid)
{
	json_t *copy = copy_with(check, NULL, "valid", json_boolean(!valid));
	unsigned i;

	if (valid) {
		json_object_del(copy, "fields");
		json_object_set_new(copy, "error", json_string("malformed"));
		must_differ(check, copy, "valid becomes malformed");
		return;
	}
	json_object_del(copy, "error");
	json_object_set_new(copy, "fields", json_pack("{s:i}", "any", 0));
	must_differ(check, copy, "the error becomes valid");
	for (i = 0; errors[i]; i++)
		if (strcmp(errors[i], text_of(check->json, "error")) != 0)
			must_differ(check,
				    copy_with(check, NULL, "error",
					      json_string(errors[i])),
				    "the error becomes another");
}

static void fields_can_fail(const struct check *check)
{
	json_t *fields = json_object_get(check->json, "fields");
	json_t *plain = object_plain(fields), *value, *other;
	const char *key;

	json_object_foreach(plain, key, value)
	{
		other = json_is_integer(value)
				? json_integer(json_integer_value(value) ^ 1)
				: json_string("something else");
		must_differ(check, copy_with(check, "fields", key, other),
			    "a field becomes another");
	}
	json_decref(plain);
}

/* Whether the expectation still fits with another byte at a place. */
static bool byte_fits(const struct check *check, struct vector *vector,
		      uint32_t at, uint8_t value)
{
	struct vector_outcome outcome;
	uint8_t before = vector->bytes[at];
	char text[TEXT_MAX];
	bool fits;

	vector->bytes[at] = value;
	outcome_make(vector, check->reader, &outcome);
	fits = outcome_fits(vector, &outcome, text);
	json_decref(outcome.fields);
	vector->bytes[at] = before;
	return fits;
}

/*
 * Some byte of a valid vector matters: each is turned over, and made 0, until
 * one does. Those that a vector is about, and that are reserved, must not.
 */
static void bytes_matter(const struct check *check, bool valid)
{
	struct vector vector;
	bool fits = true;
	uint32_t i;

	assert_null(vector_take(check->json, &vector));
	valid = valid && strcmp(text_of(check->json, "class"), "reserved") != 0;
	for (i = 0; valid && fits && i < vector.length; i++)
		fits = byte_fits(check, &vector, i,
				 (uint8_t)~vector.bytes[i]) &&
		       byte_fits(check, &vector, i, 0);
	vector_free(&vector);
	if (valid && fits)
		fail_msg("%s: no byte of it matters", check->name);
}

static void vector_can_fail(void **state)
{
	const struct check *check = *state;
	bool valid = json_is_true(json_object_get(check->json, "valid"));

	assert_non_null(check->asked);
	verdict_can_fail(check, valid);
	fields_can_fail(check);
	must_differ(check,
		    copy_with(check, NULL, "no_such_key", json_integer(1)),
		    "a key is added");
	must_differ(check,
		    copy_with(check, "context", "no_such_key", json_integer(1)),
		    "a key of the context is added");
	if (valid)
		must_differ(check,
			    copy_with(check, "fields", "no_such_field",
				      json_integer(0)),
			    "a field is added");
	bytes_matter(check, valid);
}

/* ---- A file ---- */

static vector_reader reader_find(const char *structure, bool to_guest)
{
	unsigned i;

	for (i = 0; i < parser_count; i++)
		if (strcmp(parsers[i].structure, structure) == 0)
			return to_guest ? parsers[i].guest : parsers[i].host;
	return NULL;
}

/* A vector at one end: a check of it, or a sentence about what is missing. */
static bool check_make(json_t *json, bool to_guest, struct check *check)
{
	const char *structure = text_of(json, "structure");

	check->json = json;
	check->reader = reader_find(structure, to_guest);
	snprintf(check->name, sizeof(check->name), "%s (%s)",
		 text_of(json, "id"), to_guest ? "guest" : "host");
	if (!check->reader)
		fprintf(stderr, "%s: nobody reads a %s\n", check->name,
			structure);
	return check->reader;
}

/* Checks of all vectors of a file, to each end; 0: something is wrong. */
static unsigned checks_make(json_t *list, struct check checks[])
{
	json_t *ids = json_object(), *json;
	unsigned made = 0;
	bool good = true;
	size_t i;

	json_array_foreach(list, i, json)
	{
		const char *direction = text_of(json, "direction");
		const char *id = text_of(json, "id");

		if (json_object_get(ids, id)) {
			fprintf(stderr, "%s: is there twice\n", id);
			good = false;
		}
		json_object_set_new(ids, id, json_true());
		if (strcmp(direction, "guest-to-host") != 0)
			good &= check_make(json, true, &checks[made++]);
		if (strcmp(direction, "host-to-guest") != 0)
			good &= check_make(json, false, &checks[made++]);
	}
	json_decref(ids);
	return good ? made : 0;
}

static int checks_run(const char *file, struct check checks[], unsigned count)
{
	struct CMUnitTest *tests = calloc(2 * (size_t)count, sizeof(*tests));
	unsigned i;
	int failed;

	for (i = 0; i < count; i++) {
		tests[2 * i] = (struct CMUnitTest){
			.name = checks[i].name,
			.test_func = vector_check,
			.initial_state = &checks[i],
		};
		tests[2 * i + 1] = (struct CMUnitTest){
			.name = checks[i].name,
			.test_func = vector_can_fail,
			.initial_state = &checks[i],
		};
	}
	failed = _cmocka_run_group_tests(file, tests, 2 * (size_t)count, NULL,
					 NULL);
	free(tests);
	return failed;
}

int vectors_main(const char *file, const struct vector_parser of[],
		 unsigned count)
{
	struct check *checks;
	json_error_t error;
	char path[TEXT_MAX];
	json_t *json, *list;
	int failed = 1;
	unsigned i;

	parsers = of;
	parser_count = count;
	snprintf(path, sizeof(path), "%s/vectors/%s", TEST_FIXTURES, file);
	json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	list = json_object_get(json, "vectors");
	if (!json_array_size(list) || key_unknown(json, file_keys)) {
		fprintf(stderr, "%s:%d: %s\n", path, json ? 1 : error.line,
			json ? "no vectors, or a key that nobody knows"
			     : error.text);
		json_decref(json);
		return 1;
	}
	checks = calloc(2 * json_array_size(list), sizeof(*checks));
	count = checks_make(list, checks);
	if (count)
		failed = checks_run(file, checks, count);
	for (i = 0; i < count; i++) {
		json_decref(checks[i].outcome.fields);
		json_decref(checks[i].asked);
	}
	free(checks);
	json_decref(json);
	return failed ? 1 : 0;
}
