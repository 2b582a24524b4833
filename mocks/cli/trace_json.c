/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events of traces as JSON.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mocks/cli/text.h"
#include "mocks/cli/trace_json.h"
#include "mocks/trace/codec.h"

static json_t *bytes_json(const uint8_t *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = malloc(length * 2 + 1);
	json_t *json;
	size_t n;

	if (!hex)
		return NULL;
	for (n = 0; n < length; n++) {
		hex[n * 2] = digits[bytes[n] >> 4];
		hex[n * 2 + 1] = digits[bytes[n] & 15];
	}
	json = json_stringn_nocheck(hex, length * 2);
	free(hex);
	return json;
}

/** Numbers that a reader of JSON may not hold exactly are texts. */
static json_t *number_json(uint64_t number)
{
	char text[24];

	if (number <= UINT64_C(1) << 53)
		return json_integer((json_int_t)number);
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)number);
	return json_string(text);
}

static json_t *value_json(const struct trace_record *record,
			  const struct trace_field *field)
{
	const uint8_t *bytes = trace_field_bytes(record, field);
	char *copy;
	json_t *list;
	size_t n;

	switch (field->kind) {
	case TRACE_NUMBER:
		return field->name[0] ? json_string(field->name)
				      : number_json(field->number);
	case TRACE_LIST:
		list = json_array();
		for (n = 0; list && n < field->length / sizeof(uint64_t); n++)
			json_array_append_new(list,
					      number_json(trace_field_number(
						      record, field, n)));
		return list;
	case TRACE_TEXT:
		copy = trace_text_copy(bytes, field->length);
		list = copy ? text_json(copy) : NULL;
		free(copy);
		return list;
	default:
		return bytes_json(bytes, field->length);
	}
}

/** @return whether the object took the value, which is its own then */
static bool put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

static json_t *comment_json(const struct trace_record *record)
{
	char *text = trace_text_copy(record->pool + record->comment_start,
				     record->comment_length);
	json_t *json = text ? text_json(text) : NULL;

	free(text);
	return json;
}

json_t *trace_json(const struct trace_record *record)
{
	bool is_to_guest = record->direction == TRACE_TO_GUEST;
	json_t *object = json_object();
	bool good = object;
	unsigned n;

	good = good && put(object, "time", number_json(record->time));
	good = good &&
	       put(object, "direction",
		   json_string(is_to_guest ? "to-guest" : "from-guest"));
	good = good &&
	       put(object, "kind", json_string(trace_kind_name(record->kind)));
	if (record->name[0])
		good = good && put(object, "name", text_json(record->name));
	for (n = 0; n < record->count; n++)
		good = good && put(object, record->fields[n].key,
				   value_json(record, &record->fields[n]));
	if (record->comment_length)
		good = good && put(object, "comment", comment_json(record));
	if (good)
		return object;
	json_decref(object);
	return NULL;
}
