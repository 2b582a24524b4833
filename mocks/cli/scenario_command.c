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

#include "mocks/cli/scenario/jobs.h"
#include "mocks/cli/scenario/report.h"
#include "mocks/cli/scenario/settings.h"
#include "mocks/cli/scenario/trace.h"
#include "mocks/cli/scenario/words.h"
#include "mocks/cli/text.h"

/** Failures that are made smaller: of a row, and of all. */
#define SCENARIO_MINIMISED_ROW 3u
#define SCENARIO_MINIMISED_ALL 16u

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
	 * Where the combinations of a row are: the next one to be looked at, by
	 * the versions' numbers; and whether that was all.
	 */
	size_t at[VMM_PROTOCOLS_MAX];
	uint64_t seed;
	bool has_all;
	/** What is swept, and where in it. */
	struct scenario_base *bases;
	size_t base_count, base_room, base;
	struct machine_fault fault;
	/** Failures that were made smaller. */
	unsigned minimised;
	/** What failures leave behind; and the trace of the one run. */
	struct failure_files failure_files;
	struct tracing tracing;
	struct trace_recording *recording;
	/** Nothing more can be done; it is said. */
	bool is_over;
};

/* ---- The command that repeats a run ---- */

/** Room for an option and its value of each protocol that there may be. */
struct limit_words {
	char options[SCENARIO_LIMITS_MAX][SCENARIO_NUMBER_TEXT];
	const char *words[2 * SCENARIO_LIMITS_MAX];
	size_t count;
};

static void limit_words(const struct scenario_settings *settings,
			struct limit_words *to)
{
	const struct vmm_protocol *protocol;
	size_t i, n, used = 0;

	to->count = 0;
	for (i = 0; i < vmm_count; i++) {
		protocol = vmms[i]->protocols;
		for (n = 0; n < vmms[i]->protocol_count; n++, protocol++) {
			if ((settings->vmm && settings->vmm != vmms[i]) ||
			    used == SCENARIO_LIMITS_MAX)
				continue;
			snprintf(to->options[used], sizeof(to->options[used]),
				 "--%s", protocol->option);
			to->words[to->count++] = to->options[used++];
			to->words[to->count++] =
				scenario_limit_of(settings, protocol);
		}
	}
}

static char *repeat_command(const struct scenario_settings *settings,
			    const struct cli_call *call)
{
	char seed[SCENARIO_NUMBER_TEXT], seeds[SCENARIO_NUMBER_TEXT];
	const char *const words[] = {
		call->program,
		"scenario",
		"run",
		"--vmm",
		settings->vmm ? settings->vmm->name : "all",
		"--host",
		settings->host,
		"--seed",
		seed,
		"--seeds",
		seeds,
	};
	size_t room = call->operand_count + 4 + 2 * SCENARIO_LIMITS_MAX +
		      2 * TRACING_FILES_MAX;
	const char **more = calloc(room, sizeof(*more));
	struct limit_words limits;
	size_t n = 0;
	unsigned i;
	char *text;

	if (!more)
		return NULL;
	snprintf(seed, sizeof(seed), "%" PRIu64, settings->seed);
	snprintf(seeds, sizeof(seeds), "%" PRIu64, settings->seeds);
	limit_words(settings, &limits);
	memcpy(more, limits.words, limits.count * sizeof(*more));
	n = limits.count;
	if (settings->sweep)
		more[n++] = "--sweep";
	for (i = 0; i < settings->tracing.count; i++) {
		more[n++] = "--trace";
		more[n++] = settings->tracing.paths[i];
	}
	if (settings->failure_files.folder || settings->failure_files.is_off) {
		more[n++] = "--failures";
		more[n++] = settings->failure_files.is_off
				    ? "none"
				    : settings->failure_files.folder;
	}
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
static bool is_wanted(const char *setting, const struct vmm_protocol *protocol,
		      size_t i, uint32_t most)
{
	const struct vmm_version *versions = protocol->versions;

	if (strcmp(setting, "all") == 0)
		return true;
	if (strcmp(setting, "highest") != 0)
		return strcmp(setting, versions[i].name) == 0;
	return versions[i].value <= most && (i + 1 == protocol->version_count ||
					     versions[i + 1].value > most);
}

/** To the next seed, then the next version of the last protocol, and so on. */
static void combination_advance(struct scenario_session *session)
{
	const struct vmm *vmm = session->row.vmm;
	size_t n = vmm->protocol_count;

	if (++session->seed < session->settings->seeds)
		return;
	session->seed = 0;
	while (n--) {
		if (++session->at[n] < vmm->protocols[n].version_count)
			return;
		session->at[n] = 0;
	}
	session->has_all = true;
}

/** Step to the next combination, whether it is wanted and exists or not. */
static bool combination_step(struct scenario_session *session,
			     struct scenario_case *it, bool *wanted)
{
	const struct scenario_settings *settings = session->settings;
	const struct scenario_row *row = &session->row;
	const struct vmm_protocol *protocol = row->vmm->protocols;
	size_t n;

	if (session->has_all)
		return false;
	*it = settings->given;
	it->scenario = row->scenario;
	it->vmm = row->vmm;
	it->host = row->host;
	it->seed = settings->seed + session->seed;
	*wanted = true;
	for (n = 0; n < row->vmm->protocol_count; n++, protocol++) {
		it->versions[n] = &protocol->versions[session->at[n]];
		if (!is_wanted(scenario_limit_of(settings, protocol), protocol,
			       session->at[n], row->host.version_max[n]))
			*wanted = false;
	}
	combination_advance(session);
	return true;
}

/** Whether the files of the trace can be written, before anything runs. */
static bool trace_begin(struct scenario_session *session,
			const struct scenario_case *it)
{
	char about[SCENARIO_ABOUT_MAX], error[TRACE_FILE_ERROR_MAX];

	if (!session->recording)
		return true;
	scenario_about(it, about);
	if (tracing_open(&session->tracing, about, error) &&
	    tracing_close(&session->tracing, error))
		return true;
	cli_complain("%s", error);
	session->is_over = true;
	return false;
}

static bool plain_next(void *context, struct scenario_case *it)
{
	struct scenario_session *session = context;
	char reason[SCENARIO_REASON_MAX] = "";
	bool wanted;

	while (combination_step(session, it, &wanted)) {
		if (!wanted)
			continue;
		if (scenario_exists(it, reason))
			return trace_begin(session, it);
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

/** The one run is over, in whatever way. */
static void trace_end(struct scenario_session *session,
		      const struct scenario_case *it,
		      const struct scenario_result *result)
{
	char error[TRACE_FILE_ERROR_MAX];

	if (!session->recording ||
	    scenario_trace_write(&session->tracing, session->recording, it,
				 result, error))
		return;
	cli_complain("%s", error);
	session->is_over = true;
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
	trace_end(session, it, result);
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

/** The same ones leave their traces, as long as files are wanted. */
static void row_leave(struct scenario_session *session)
{
	struct scenario_failure *failure = session->row.failures;
	unsigned i;

	for (i = 0; i < session->row.failure_count &&
		    i < SCENARIO_MINIMISED_ROW && !session->is_over &&
		    failure_files_are_wanted(&session->failure_files);
	     i++, failure++) {
		if (scenario_trace_failure(&session->failure_files,
					   &failure->it, &failure->result,
					   failure->files))
			continue;
		cli_complain("cannot make a process: %s", strerror(errno));
		session->is_over = true;
	}
}

static void row_run(struct scenario_session *session,
		    const struct scenario *scenario, const struct vmm *vmm,
		    const struct vmm_host *host)
{
	const struct scenario_jobs plain = {
		.context = session,
		.next = plain_next,
		.done = plain_done,
		.recording = session->recording,
	};
	const struct scenario_jobs sweep = {
		.context = session,
		.next = sweep_next,
		.done = sweep_done,
	};
	const struct machine_fault first = {.kind = 0};

	memset(&session->row, 0, sizeof(session->row));
	session->row.scenario = scenario;
	session->row.vmm = vmm;
	session->row.host = *host;
	memset(session->at, 0, sizeof(session->at));
	session->seed = 0;
	session->has_all = false;
	session->base = 0;
	session->base_count = 0;
	session->fault = first;
	jobs_run(session, &plain);
	if (session->settings->sweep)
		jobs_run(session, &sweep);
	row_leave(session);
	row_minimise(session);
	scenario_report_row(&session->report, &session->row);
}

/** The hosts that are wanted of a hypervisor. */
static void scenario_hosts(struct scenario_session *session,
			   const struct scenario *scenario,
			   const struct vmm *vmm)
{
	const char *name = session->settings->host;
	bool is_all = strcmp(name, "all") == 0;
	char reason[SCENARIO_REASON_MAX];
	struct vmm_host host;
	size_t n;

	if (!is_all && !vmm_host_find(vmm, name, NULL))
		return;
	if (!scenario_is_for(scenario, vmm, reason)) {
		scenario_report_missing(&session->report, reason);
		return;
	}
	for (n = 0; vmm->host(n, &host) && !session->is_over; n++)
		if (is_all ? !host.is_hostile : strcmp(host.name, name) == 0)
			row_run(session, scenario, vmm, &host);
}

static void scenario_vmms(struct scenario_session *session,
			  const struct scenario *scenario)
{
	const struct vmm *only = session->settings->vmm;
	size_t i;

	for (i = 0; i < vmm_count; i++)
		if (!only || only == vmms[i])
			scenario_hosts(session, scenario, vmms[i]);
}

/** The scenarios named, each known to be one, or all. */
static void scenario_names(struct scenario_session *session,
			   char *const names[], size_t count)
{
	size_t i, n;

	for (i = 0; i < count; i++) {
		if (strcmp(names[i], "all") != 0) {
			scenario_vmms(session, scenario_find(names[i]));
			continue;
		}
		for (n = 0; n < scenario_count && !session->is_over; n++)
			scenario_vmms(session, &scenarios[n]);
	}
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
	session->failure_files = settings->failure_files;
	session->tracing = settings->tracing;
	if (settings->tracing.count) {
		session->recording = trace_recording_create(0, true);
		session->is_over = !session->recording;
		if (session->is_over)
			cli_complain("out of memory");
	}
	scenario_report_init(report);
	report->is_json = settings->is_json;
	report->program = call->program;
	report->seed = settings->seed;
	report->seeds = settings->seeds;
	report->repeat = repeat;
	scenario_report_start(report);
	scenario_names(session, call->operands + 1, call->operand_count - 1);
	status = scenario_report_end(report);
	trace_recording_destroy(session->recording);
	free(session->bases);
	free(repeat);
	return session->is_over ? CLI_USAGE : status;
}

/** 'list' and 'faults'. */
static enum cli_exit command_show(const struct cli_call *call,
				  void (*show)(const struct vmm *vmm,
					       bool is_json))
{
	const struct scenario_settings *settings = call->settings;

	if (call->operand_count > 1) {
		cli_complain("'scenario %s' takes no '%s'; see 'vmmsim "
			     "scenario --help'",
			     call->operands[0], call->operands[1]);
		return CLI_USAGE;
	}
	show(settings->vmm, settings->is_json);
	return CLI_PASS;
}

/** Whether there is one run, if it is to be traced; it is said if not. */
static bool can_trace(const struct cli_call *call)
{
	const struct scenario_settings *settings = call->settings;
	const struct vmm *vmm = settings->vmm;
	bool is_one = vmm && strcmp(settings->host, "all") != 0 &&
		      settings->seeds == 1 && !settings->sweep &&
		      call->operand_count == 2 &&
		      strcmp(call->operands[1], "all") != 0;
	size_t n;

	for (n = 0; is_one && n < vmm->protocol_count; n++)
		is_one = strcmp(scenario_limit_of(settings, &vmm->protocols[n]),
				"all") != 0;
	if (!settings->tracing.count || is_one)
		return true;
	cli_complain("option '--trace' is for one run: name one scenario, one "
		     "hypervisor, one host, one version and one seed, and no "
		     "--sweep");
	return false;
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
	if (!scenario_settings_complete(call->settings) || !can_trace(call))
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
	.option_count = SCENARIO_OPTIONS,
	.settings_bytes = sizeof(struct scenario_settings),
	.init = scenario_settings_init,
	.run = command_run,
};
