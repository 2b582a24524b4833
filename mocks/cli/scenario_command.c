/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `vmmsim scenario`: each scenario on each host, in all versions and with as
 * many seeds as wanted; and once more for each thing in it that can fail.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mocks/cli/scenario_jobs.h"
#include "mocks/cli/scenario_report.h"
#include "mocks/cli/scenario_words.h"
#include "mocks/cli/text.h"

#define SCENARIO_SEEDS_MAX     1000000u
/** Failures that are made smaller: of a row, and of all. */
#define SCENARIO_MINIMISED_ROW 3u
#define SCENARIO_MINIMISED_ALL 16u
#define SCENARIO_NUMBER_TEXT   24u

struct scenario_settings {
	/** A name, or "all". */
	const char *host;
	/** A name, "all" or "highest"; NULL: by what is wanted. */
	const char *vmbus, *nvsp;
	uint64_t seed, seeds, jobs;
	bool sweep, is_json;
	/** Faults and frames of each combination; no more of it is set. */
	struct scenario_case given;
	bool has_fault;
};

/** A run that passed without a fault: what there is to fail in it. */
struct scenario_base {
	struct scenario_case it;
	uint64_t points[MACHINE_FAULT_KINDS];
};

struct scenario_session {
	const struct scenario_settings *settings;
	struct scenario_report report;
	struct scenario_row row;
	/**
	 * Where the combinations of a row are: the next one to be looked at.
	 */
	size_t vmbus, nvsp;
	uint64_t seed;
	/** What is swept, and where in it. */
	struct scenario_base *bases;
	size_t base_count, base_room, base;
	struct machine_fault fault;
	/** Failures that were made smaller. */
	unsigned minimised;
	bool is_over;
};

/* ---- Options ---- */

static bool apply_number(const char *value, uint64_t least, uint64_t most,
			 uint64_t *number, char *error)
{
	char *end;

	errno = 0;
	*number = strtoull(value, &end, 10);
	if (*value >= '0' && *value <= '9' && !*end && !errno &&
	    *number >= least && *number <= most)
		return true;
	snprintf(error, CLI_ERROR_MAX,
		 "wants a number from %" PRIu64 " to %" PRIu64 ", not '%.256s'",
		 least, most, value);
	return false;
}

static bool apply_host(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	settings->host = value;
	if (strcmp(value, "all") == 0 || host_personality_find(value))
		return true;
	snprintf(error, CLI_ERROR_MAX,
		 "names no host: '%.256s'; see 'vmmsim list'", value);
	return false;
}

static bool apply_version(const struct scenario_version versions[],
			  size_t count, const char **setting, const char *value,
			  char *error)
{
	size_t i;

	*setting = value;
	if (strcmp(value, "all") == 0 || strcmp(value, "highest") == 0)
		return true;
	for (i = 0; i < count; i++)
		if (strcmp(versions[i].name, value) == 0)
			return true;
	snprintf(error, CLI_ERROR_MAX,
		 "names no version: '%.256s'; there are: all, highest, %s to "
		 "%s",
		 value, versions[0].name, versions[count - 1].name);
	return false;
}

static bool apply_vmbus(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	return apply_version(scenario_vmbus_versions, scenario_vmbus_count,
			     &settings->vmbus, value, error);
}

static bool apply_nvsp(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	return apply_version(scenario_nvsp_versions, scenario_nvsp_count,
			     &settings->nvsp, value, error);
}

static bool apply_seed(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	return apply_number(value, 0, INT64_MAX / 2, &settings->seed, error);
}

static bool apply_seeds(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	return apply_number(value, 1, SCENARIO_SEEDS_MAX, &settings->seeds,
			    error);
}

static bool apply_jobs(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	return apply_number(value, 1, SCENARIO_JOBS_MAX, &settings->jobs,
			    error);
}

static bool apply_sweep(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	(void)value;
	(void)error;
	settings->sweep = true;
	return true;
}

/** What a fault may be. */
static bool fault_complain(const char *value, char *error)
{
	size_t used;
	unsigned i;

	used = (size_t)snprintf(error, CLI_ERROR_MAX,
				"wants KIND=N or KIND=N,persistent, not "
				"'%.256s'; kinds are",
				value);
	for (i = 0; i < MACHINE_FAULT_KINDS && used < CLI_ERROR_MAX; i++)
		used += (size_t)snprintf(error + used, CLI_ERROR_MAX - used,
					 "%s %s", i ? "," : "",
					 machine_fault_name(
						 (enum machine_fault_kind)i));
	if (used < CLI_ERROR_MAX)
		snprintf(error + used, CLI_ERROR_MAX - used,
			 "; or NAME or NAME=N of 'vmmsim scenario faults', or "
			 "none");
	return false;
}

/** One of the machine's. @param number what follows the name, or NULL */
static bool machine_fault_take(struct machine_fault *fault, const char *name,
			       const char *number)
{
	char digits[SCENARIO_NUMBER_TEXT], error[CLI_ERROR_MAX];
	size_t length;

	if (!number || !machine_fault_find(name, &fault->kind))
		return false;
	length = strcspn(number, ",");
	if (length >= sizeof(digits))
		return false;
	memcpy(digits, number, length);
	digits[length] = '\0';
	fault->persistent = strcmp(number + length, ",persistent") == 0;
	if (!fault->persistent && number[length])
		return false;
	return apply_number(digits, 1, INT64_MAX, &fault->n, error);
}

/** One of the host's: each time, or the n-th. */
static bool host_fault_take(struct scenario_case *given, const char *name,
			    const char *number)
{
	char error[CLI_ERROR_MAX];
	uint64_t n = HOST_FAULT_ALWAYS;
	enum host_fault fault;

	if (!number && strcmp(name, "none") == 0) {
		given->has_lies = true;
		return true;
	}
	if (!host_fault_find(name, &fault) ||
	    (number &&
	     !apply_number(number, 1, HOST_FAULT_ALWAYS - 1, &n, error)))
		return false;
	given->has_lies = true;
	*host_fault_field(&given->lies, fault) = (uint32_t)n;
	return true;
}

static bool apply_fault(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;
	struct machine_fault fault = {.n = 0};
	const char *number = strchr(value, '=');
	size_t length = number ? (size_t)(number++ - value) : strlen(value);
	char name[32];

	settings->has_fault = true;
	if (length >= sizeof(name))
		return fault_complain(value, error);
	memcpy(name, value, length);
	name[length] = '\0';
	if (host_fault_take(&settings->given, name, number))
		return true;
	if (!machine_fault_take(&fault, name, number))
		return fault_complain(value, error);
	if (settings->given.fault.n) {
		snprintf(error, CLI_ERROR_MAX,
			 "wants one fault of the machine, and then '%.256s'",
			 value);
		return false;
	}
	settings->given.fault = fault;
	return true;
}

static bool apply_frames(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;
	uint64_t frames;

	if (!apply_number(value, 0, SCENARIO_FRAMES_MAX, &frames, error))
		return false;
	settings->given.has_frames_max = true;
	settings->given.frames_max = (uint32_t)frames;
	return true;
}

static bool apply_json(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	(void)value;
	(void)error;
	settings->is_json = true;
	return true;
}

static const struct cli_option scenario_options[] = {
	{"host", "HOST",
	 "one release, as 'vmmsim list' shows them, or all of them: all\n"
	 "(default); or hostile: a release, and what it does wrong, by seed",
	 apply_host},
	{"vmbus", "V",
	 "where the guest stops: a version, the highest that the host has:\n"
	 "highest (default with --sweep and --fault), or each: all\n"
	 "(default otherwise)",
	 apply_vmbus},
	{"nvsp", "V", "the same of the card's protocol", apply_nvsp},
	{"seed", "N", "the first seed (default 1)", apply_seed},
	{"seeds", "N", "how many seeds, one after the other (default 1)",
	 apply_seeds},
	{"sweep", NULL,
	 "and then let each thing that can fail do so, one a run: the\n"
	 "n-th allocation, message, interrupt, completion, ..., only it\n"
	 "and from it on",
	 apply_sweep},
	{"fault", "KIND=N",
	 "let only the N-th of a kind fail, or with ',persistent' all\n"
	 "from there on; or let the host misbehave: a name of 'faults',\n"
	 "each time, or with '=N' only the N-th. May be given again; a\n"
	 "hostile host has these then instead of those of its seed, and\n"
	 "'none' if there is to be none",
	 apply_fault},
	{"frames", "N",
	 "at most N frames in bursts and exchanges, over the whole run\n"
	 "(default: as many as the scenario wants)",
	 apply_frames},
	{"jobs", "N", "how many runs at once (default: one a processor)",
	 apply_jobs},
	{"json", NULL, "print one JSON event a line instead of a table",
	 apply_json},
};

static void settings_init(void *context)
{
	struct scenario_settings *settings = context;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	settings->host = "all";
	settings->seed = 1;
	settings->seeds = 1;
	settings->jobs = processors < 1 ? 1
			 : processors > (long)SCENARIO_JOBS_MAX
				 ? SCENARIO_JOBS_MAX
				 : (uint64_t)processors;
}

/* ---- The command that repeats a run ---- */

static char *repeat_command(const struct scenario_settings *settings,
			    const struct cli_call *call)
{
	char seed[SCENARIO_NUMBER_TEXT], seeds[SCENARIO_NUMBER_TEXT];
	const char *const words[] = {
		call->program,	 "scenario",	 "run",
		"--host",	 settings->host, "--vmbus",
		settings->vmbus, "--nvsp",	 settings->nvsp,
		"--seed",	 seed,		 "--seeds",
		seeds,
	};
	const char **more = calloc(call->operand_count + 1, sizeof(*more));
	size_t n = 0;
	char *text;

	if (!more)
		return NULL;
	snprintf(seed, sizeof(seed), "%" PRIu64, settings->seed);
	snprintf(seeds, sizeof(seeds), "%" PRIu64, settings->seeds);
	if (settings->sweep)
		more[n++] = "--sweep";
	if (settings->is_json)
		more[n++] = "--json";
	memcpy(more + n, call->operands + 1,
	       (call->operand_count - 1) * sizeof(*more));
	text = scenario_words_command(&settings->given, words,
				      sizeof(words) / sizeof(words[0]), more,
				      n + call->operand_count - 1);
	free(more);
	return text;
}

/* ---- The combinations of a row ---- */

/** Whether a version is wanted. @param most the highest of the host */
static bool is_wanted(const char *setting,
		      const struct scenario_version versions[], size_t count,
		      size_t i, uint32_t most)
{
	if (strcmp(setting, "all") == 0)
		return true;
	if (strcmp(setting, "highest") != 0)
		return strcmp(setting, versions[i].name) == 0;
	return versions[i].value <= most &&
	       (i + 1 == count || versions[i + 1].value > most);
}

/** Step to the next combination, whether it is wanted and exists or not. */
static bool combination_step(struct scenario_session *session,
			     struct scenario_case *it)
{
	const struct scenario_settings *settings = session->settings;

	if (session->seed == settings->seeds) {
		session->seed = 0;
		session->nvsp++;
	}
	if (session->nvsp == scenario_nvsp_count) {
		session->nvsp = 0;
		session->vmbus++;
	}
	if (session->vmbus == scenario_vmbus_count)
		return false;
	*it = settings->given;
	it->scenario = session->row.scenario;
	it->host = session->row.host;
	it->vmbus = &scenario_vmbus_versions[session->vmbus];
	it->nvsp = &scenario_nvsp_versions[session->nvsp];
	it->seed = settings->seed + session->seed++;
	return true;
}

static bool plain_next(void *context, struct scenario_case *it)
{
	struct scenario_session *session = context;
	const struct scenario_settings *settings = session->settings;
	const struct host_personality *host = session->row.host;
	char reason[SCENARIO_REASON_MAX] = "";

	while (combination_step(session, it)) {
		if (!is_wanted(settings->vmbus, scenario_vmbus_versions,
			       scenario_vmbus_count, session->vmbus,
			       host->vmbus_version_max) ||
		    !is_wanted(settings->nvsp, scenario_nvsp_versions,
			       scenario_nvsp_count, session->nvsp,
			       host->nvsp_version_max))
			continue;
		if (scenario_exists(it, reason))
			return true;
		scenario_report_missing(&session->report, reason);
	}
	return false;
}

static void base_add(struct scenario_session *session,
		     const struct scenario_case *it,
		     const struct scenario_result *result)
{
	size_t room = session->base_room ? 2 * session->base_room : 16;
	struct scenario_base *bases = session->bases;

	if (session->base_count == session->base_room) {
		bases = realloc(bases, room * sizeof(*bases));
		if (!bases) {
			cli_complain("out of memory");
			session->is_over = true;
			return;
		}
		session->bases = bases;
		session->base_room = room;
	}
	bases += session->base_count++;
	bases->it = *it;
	memcpy(bases->points, result->points, sizeof(bases->points));
}

static void plain_done(void *context, uint64_t number,
		       const struct scenario_case *it,
		       const struct scenario_result *result)
{
	struct scenario_session *session = context;
	struct scenario_row *row = &session->row;

	row->points += result->fired != 0;
	row->runs += result->fired == 0;
	row->frames += result->frames_out + result->frames_in;
	row->unhurt += result->fired && result->passed && !result->error;
	if (!result->passed)
		scenario_row_failed(row, number, it, result);
	else if (session->settings->sweep)
		base_add(session, it, result);
	scenario_report_progress(&session->report, row);
}

/* ---- The sweep of a row ---- */

/** The next point: once only, from there on, the next n, the next kind. */
static bool fault_step(struct machine_fault *fault, const uint64_t points[])
{
	if (fault->n && !fault->persistent &&
	    machine_fault_persists(fault->kind)) {
		fault->persistent = true;
		return true;
	}
	fault->persistent = false;
	fault->n++;
	while (fault->n > points[fault->kind]) {
		fault->n = 1;
		if (++fault->kind == MACHINE_FAULT_KINDS)
			return false;
	}
	return true;
}

static bool sweep_next(void *context, struct scenario_case *it)
{
	static const struct machine_fault first;
	struct scenario_session *session = context;
	const struct scenario_base *base;

	while (session->base < session->base_count) {
		base = &session->bases[session->base];
		if (fault_step(&session->fault, base->points)) {
			*it = base->it;
			it->fault = session->fault;
			return true;
		}
		session->fault = first;
		session->base++;
	}
	return false;
}

static void sweep_done(void *context, uint64_t number,
		       const struct scenario_case *it,
		       const struct scenario_result *result)
{
	struct scenario_session *session = context;
	struct scenario_row *row = &session->row;
	struct scenario_result other = *result;

	row->points++;
	row->frames += result->frames_out + result->frames_in;
	if (result->passed && !result->fired) {
		other.passed = false;
		snprintf(other.reason, sizeof(other.reason),
			 "the fault never fired, though a run without it came "
			 "there: two runs of one seed differ");
	}
	row->unhurt += other.passed && !other.error;
	if (!other.passed)
		scenario_row_failed(row, number, it, &other);
	scenario_report_progress(&session->report, row);
}

/* ---- Running ---- */

static void jobs_run(struct scenario_session *session,
		     const struct scenario_jobs *jobs)
{
	if (session->is_over)
		return;
	if (scenario_jobs_run(jobs, (unsigned)session->settings->jobs))
		return;
	cli_complain("cannot make a process: %s", strerror(errno));
	session->is_over = true;
}

/** The first failures of a row, so many in all: they are alike. */
static void row_minimise(struct scenario_session *session)
{
	struct scenario_row *row = &session->row;
	struct scenario_failure *failure = row->failures;
	unsigned i;

	for (i = 0;
	     i < row->failure_count && i < SCENARIO_MINIMISED_ROW &&
	     session->minimised < SCENARIO_MINIMISED_ALL && !session->is_over;
	     i++, failure++) {
		session->minimised++;
		if (scenario_minimise(&failure->it, &failure->result,
				      &failure->minimal))
			continue;
		cli_complain("cannot make a process: %s", strerror(errno));
		session->is_over = true;
	}
}

static void row_run(struct scenario_session *session,
		    const struct scenario *scenario,
		    const struct host_personality *host)
{
	const struct scenario_jobs plain = {session, plain_next, plain_done,
					    false};
	const struct scenario_jobs sweep = {session, sweep_next, sweep_done,
					    false};
	const struct machine_fault first = {.kind = 0};

	memset(&session->row, 0, sizeof(session->row));
	session->row.scenario = scenario;
	session->row.host = host;
	session->vmbus = 0;
	session->nvsp = 0;
	session->seed = 0;
	session->base = 0;
	session->base_count = 0;
	session->fault = first;
	jobs_run(session, &plain);
	if (session->settings->sweep)
		jobs_run(session, &sweep);
	row_minimise(session);
	scenario_report_row(&session->report, &session->row);
}

static void scenario_hosts(struct scenario_session *session,
			   const struct scenario *scenario)
{
	const char *host = session->settings->host;
	size_t i;

	if (strcmp(host, "all") != 0) {
		row_run(session, scenario, host_personality_find(host));
		return;
	}
	for (i = 0; i < host_personality_count && !session->is_over; i++)
		row_run(session, scenario, &host_personalities[i]);
}

/** The scenarios named, each known to be one, or all. */
static void scenario_names(struct scenario_session *session,
			   char *const names[], size_t count)
{
	size_t i, n;

	for (i = 0; i < count; i++) {
		if (strcmp(names[i], "all") != 0) {
			scenario_hosts(session, scenario_find(names[i]));
			continue;
		}
		for (n = 0; n < scenario_count && !session->is_over; n++)
			scenario_hosts(session, &scenarios[n]);
	}
}

/** Fill in what depends on what is wanted; false: that cannot be. */
static bool settings_complete(struct scenario_settings *settings)
{
	const struct host_personality *host =
		host_personality_find(settings->host);
	bool is_hostile = host && host->is_hostile;
	bool is_narrow = settings->sweep || settings->has_fault || is_hostile;

	if (settings->sweep && settings->has_fault) {
		cli_complain("--sweep and --fault exclude each other");
		return false;
	}
	if (is_hostile && settings->sweep) {
		cli_complain("a hostile host has its faults by seed: no "
			     "--sweep");
		return false;
	}
	if (!settings->vmbus)
		settings->vmbus = is_narrow ? "highest" : "all";
	if (!settings->nvsp)
		settings->nvsp = is_narrow ? "highest" : "all";
	return true;
}

static enum cli_exit scenario_run_all(const struct cli_call *call,
				      struct scenario_session *session)
{
	const struct scenario_settings *settings = call->settings;
	struct scenario_report *report = &session->report;
	char *repeat = repeat_command(settings, call);
	enum cli_exit status;

	if (!repeat) {
		cli_complain("out of memory");
		return CLI_USAGE;
	}
	session->settings = settings;
	scenario_report_init(report);
	report->is_json = settings->is_json;
	report->program = call->program;
	report->seed = settings->seed;
	report->seeds = settings->seeds;
	report->repeat = repeat;
	scenario_report_start(report);
	scenario_names(session, call->operands + 1, call->operand_count - 1);
	status = scenario_report_end(report);
	free(session->bases);
	free(repeat);
	return session->is_over ? CLI_USAGE : status;
}

/** 'list' and 'faults'. */
static enum cli_exit command_show(const struct cli_call *call,
				  void (*show)(bool is_json))
{
	const struct scenario_settings *settings = call->settings;

	if (call->operand_count > 1) {
		cli_complain("'scenario %s' takes no '%s'; see 'vmmsim "
			     "scenario --help'",
			     call->operands[0], call->operands[1]);
		return CLI_USAGE;
	}
	show(settings->is_json);
	return CLI_PASS;
}

static enum cli_exit command_run(const struct cli_call *call)
{
	struct scenario_session *session;
	enum cli_exit status;
	size_t i;

	if (call->operand_count && strcmp(call->operands[0], "list") == 0)
		return command_show(call, scenario_report_list);
	if (call->operand_count && strcmp(call->operands[0], "faults") == 0)
		return command_show(call, scenario_report_faults);
	if (!call->operand_count || strcmp(call->operands[0], "run") != 0 ||
	    call->operand_count == 1) {
		cli_complain("'scenario' needs 'list', 'faults', or 'run' and "
			     "a scenario; see 'vmmsim scenario --help'");
		return CLI_USAGE;
	}
	for (i = 1; i < call->operand_count; i++) {
		if (strcmp(call->operands[i], "all") == 0 ||
		    scenario_find(call->operands[i]))
			continue;
		cli_complain("there is no scenario '%s'; see 'vmmsim scenario "
			     "list'",
			     call->operands[i]);
		return CLI_USAGE;
	}
	if (!settings_complete(call->settings))
		return CLI_USAGE;
	session = calloc(1, sizeof(*session));
	if (!session) {
		cli_complain("out of memory");
		return CLI_USAGE;
	}
	status = scenario_run_all(call, session);
	free(session);
	return status;
}

const struct cli_command cli_scenario_command = {
	.name = "scenario",
	.operands = "list | faults | run NAME...",
	.summary = "Put the driver through scenarios, and let what can fail "
		   "do so",
	.text = "'list' shows the scenarios, 'faults' what a host may do "
		"wrong. 'run' runs the\n"
		"scenarios named, or all of them ('all'), on each\n"
		"host, in each version of its protocols, with each seed, and "
		"says which\n"
		"combinations there are not. Each run is a process of its "
		"own.\n\n"
		"After a run nothing may be left of the guest's: no memory, "
		"nothing that the\n"
		"host sees, no buffer; each frame is looked at and accounted "
		"for. With a fault\n"
		"a documented error is as good as success; the rest must "
		"hold, and the card\n"
		"must come up again on the same machine.\n\n"
		"In the table, runs are those without a fault, points those "
		"with one that\n"
		"fired, unhurt those points at which the scenario succeeded "
		"all the same.\n\n"
		"Exit status: 1 if a run failed, 77 if there was none, else "
		"0.\n",
	.options = scenario_options,
	.option_count = sizeof(scenario_options) / sizeof(scenario_options[0]),
	.settings_bytes = sizeof(struct scenario_settings),
	.init = settings_init,
	.run = command_run,
};
