/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scripts: what one says is put together and compared with itself. A script
 * that leaves nothing open is what it says.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "mocks/trace/script.h"
#include "tests/fuzz/fuzz.h"

/* Events put together: of more a script is not played here. */
#define EVENTS_MAX 200u

/* Whether a script says all of each event, in the order of its lines. */
static bool is_exact(const uint8_t *data, size_t size)
{
	static const char *const open[] = {"...", "$", "unordered"};
	size_t n;

	for (n = 0; n < sizeof(open) / sizeof(open[0]); n++)
		if (memmem(data, size, open[n], strlen(open[n])))
			return false;
	return true;
}

/* @return whether each event was what its line says */
static bool play(struct script *script, FILE *report)
{
	struct trace_built built = {0};
	char error[SCRIPT_ERROR_MAX];
	size_t n, which;
	bool good = true;

	for (n = 0; n < script_count(script) && n < EVENTS_MAX && good; n++) {
		script_show(script, n, report);
		good = script_encode(script, n, &built, error) &&
		       script_match(script, &built.event, &which, report);
	}
	trace_built_free(&built);
	return good;
}

/* Whether each event can be put together. */
static bool is_whole(struct script *script)
{
	struct trace_built built = {0};
	char error[SCRIPT_ERROR_MAX] = "";
	bool good = true;
	size_t n;

	for (n = 0; n < script_count(script) && n < EVENTS_MAX && good; n++) {
		good = script_encode(script, n, &built, error);
		fuzz_want(good || strncmp(error, "x:", 2) == 0,
			  "an event is refused without a place: %s", error);
	}
	trace_built_free(&built);
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const defines[] = {"n=1", "b=[00 ff*4]"};
	const struct script_rules rules = {0};
	char error[SCRIPT_ERROR_MAX] = "", text[64], *said = NULL;
	struct script *script;
	size_t bytes;
	FILE *report;
	bool is_same;

	script = script_read(fuzz_stream(data, size), "x", defines, 2, error);
	fuzz_want(script || strncmp(error, "x:", 2) == 0,
		  "a script is refused without a place: %s", error);
	if (!script)
		return 0;
	fuzz_want(script_judge(script, &rules, error),
		  "a script without rules is refused: %s", error);
	report = open_memstream(&said, &bytes);
	script_about(script, "seed", text, sizeof(text));
	is_same = is_whole(script) && is_exact(data, size);
	is_same = play(script, report) || !is_same;
	fclose(report);
	fuzz_want(is_same, "a script is not what it says:\n%s", said);
	free(said);
	script_free(script);
	return 0;
}
