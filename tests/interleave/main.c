/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command of the explorer.
 *
 *   explorer SCENARIO      explore it: 0 if it ends as it is to end
 *   explorer --find KIND   explore all that are right; 0 if a rule is broken in
 *                          one, and the first that is broken is of this kind.
 *                          For a "lost wake-up" wrong signals pass: one that is
 *                          missing may be its cause
 *
 * Bounds grow, so what is found is found with the fewest stops of a side that
 * could have gone on.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/interleave/scenarios.h"

/** How often a side may be stopped while it could go on. */
static const unsigned bounds[] = {0, 1, 2, 3, EXPLORER_UNBOUNDED};

#define BOUNDS (sizeof(bounds) / sizeof(*bounds))

static void count_show(const struct setting *setting, unsigned bound,
		       const struct explorer_result *result)
{
	char stops[24];

	if (bound == EXPLORER_UNBOUNDED)
		snprintf(stops, sizeof(stops), "no bound");
	else
		snprintf(stops, sizeof(stops), "%u stops", bound);
	printf("  %-52s  %-8s  %14.6g interleavings, %8llu states, %8llu "
	       "executions\n",
	       setting->about, stops, result->interleavings,
	       (unsigned long long)result->states,
	       (unsigned long long)result->executions);
	fflush(stdout);
}

/** Show the first failure of a setting. @return whether there is one */
static bool setting_fails(struct session *session,
			  const struct scenario *scenario,
			  const struct setting *setting, unsigned bound,
			  struct explorer_result *result)
{
	session_explore(session, setting, bound, result, stdout);
	if (!result->failed)
		return false;
	printf("%s (%s)\n%s: %s\n", scenario->name, setting->about,
	       result->kind, result->text);
	printf("execution %llu, with %u stops\n",
	       (unsigned long long)result->executions, result->stops);
	return true;
}

/** @return whether the scenario ends as it is to end */
static bool explore(struct session *session, const struct scenario *scenario)
{
	struct explorer_result result;
	unsigned i, bound;

	printf("%s: %s\n", scenario->name, scenario->about);
	for (i = 0; i < scenario->setting_count; i++) {
		const struct setting *setting = &scenario->settings[i];

		for (bound = 0; bound < BOUNDS; bound++) {
			if (setting_fails(session, scenario, setting,
					  bounds[bound], &result))
				return scenario->wrong &&
				       !strcmp(result.kind, scenario->wrong);
			count_show(setting, bounds[bound], &result);
		}
	}
	return !scenario->wrong;
}

/** @return whether the first failure there is is of a kind */
static bool find(struct session *session, const char *kind)
{
	struct explorer_result result;
	unsigned bound, i, k;

	for (bound = 0; bound < BOUNDS; bound++)
		for (i = 0; i < scenario_count; i++)
			for (k = 0; !scenarios[i].wrong &&
				    k < scenarios[i].setting_count;
			     k++)
				if (setting_fails(session, &scenarios[i],
						  &scenarios[i].settings[k],
						  bounds[bound], &result))
					return !strcmp(result.kind, kind);
	printf("no rule is broken\n");
	return false;
}

int main(int count, char **arguments)
{
	struct session *session;
	bool good = false;
	unsigned i;

	if (count < 2 || (count == 2 && arguments[1][0] == '-')) {
		fprintf(stderr, "usage: %s SCENARIO | --find KIND\n",
			arguments[0]);
		return 2;
	}
	session = session_create();
	if (strcmp(arguments[1], "--find") == 0) {
		if (strcmp(arguments[2], "lost wake-up") == 0)
			session_judge_no_signals(session);
		good = find(session, arguments[2]);
	} else {
		for (i = 0; i < scenario_count; i++)
			if (strcmp(scenarios[i].name, arguments[1]) == 0)
				good = explore(session, &scenarios[i]);
	}
	session_destroy(session);
	return good ? 0 : 1;
}
