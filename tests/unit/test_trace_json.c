/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events as JSON: whatever they hold, it is valid, and no number is changed by
 * whoever reads it as a double.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mocks/cli/trace_json.h"
#include "mocks/trace/codec.h"

static void assert_json(const struct trace_event *event, const char *expected)
{
	struct trace_record record = {0};
	json_t *json;
	char *line;

	assert_true(trace_decode(&record, event));
	json = trace_json(&record);
	assert_non_null(json);
	line = json_dumps(json, JSON_COMPACT);
	assert_string_equal(line, expected);
	free(line);
	json_decref(json);
	trace_record_free(&record);
}

static void fields_have_their_names(void **state)
{
	static const uint8_t bytes[] = {0, 0x7f, 0xff};
	const struct trace_event frame = {
		.kind = TRACE_FRAME,
		.direction = TRACE_TO_GUEST,
		.time = 1500,
		.bytes = bytes,
		.length = sizeof(bytes),
	};
	const struct trace_event written = {
		.kind = TRACE_MSR,
		.address = 0x40000084,
		.value = 16,
	};

	(void)state;
	assert_json(&frame, "{\"time\":1500,\"direction\":\"to-guest\","
			    "\"kind\":\"frame\",\"data\":\"007fff\"}");
	assert_json(&written, "{\"time\":0,\"direction\":\"from-guest\","
			      "\"kind\":\"msr\",\"name\":\"HV_X64_MSR_EOM\","
			      "\"value\":16}");
}

static void large_numbers_are_texts(void **state)
{
	const struct trace_event event = {
		.kind = TRACE_MSI,
		.time = UINT64_MAX,
		.address = UINT64_C(1) << 53,
		.value = 1,
	};

	(void)state;
	assert_json(&event, "{\"time\":\"0xffffffffffffffff\","
			    "\"direction\":\"from-guest\",\"kind\":\"msi\","
			    "\"address\":9007199254740992,\"data\":1}");
}

static void texts_are_valid_utf_8(void **state)
{
	const struct trace_event event = {
		.kind = TRACE_NOTE,
		.text = "\xc3\xa4 \xff\xc3 \x01",
	};

	(void)state;
	assert_json(&event, "{\"time\":0,\"direction\":\"from-guest\","
			    "\"kind\":\"note\",\"text\":"
			    "\"\xc3\xa4 \xef\xbf\xbd\xef\xbf\xbd \\u0001\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_have_their_names),
		cmocka_unit_test(large_numbers_are_texts),
		cmocka_unit_test(texts_are_valid_utf_8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
