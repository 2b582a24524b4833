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

/** Options of protocols, and faults, that a command may have. */
#define SCENARIO_LIMITS_MAX 8u
#define SCENARIO_GIVEN_MAX  512u

/** Where the guest is to stop: a version's name, "all" or "highest". */
struct scenario_limit {
	const char *option, *value;
};

struct scenario_settings {
	/** NULL: all. */
	const struct vmm *vmm;
	/** A name, or "all". */
	const char *host;
	struct scenario_limit limits[SCENARIO_LIMITS_MAX];
	size_t limit_count;
	/** What holds for the protocols without one. */
	const char *limit_default;
	uint64_t seed, seeds, jobs;
	bool sweep, is_json;
	/** Faults and frames of each combination; no more of it is set. */
	struct scenario_case given;
	/** As on the command line: what they are depends on the hypervisor. */
	const char *faults[SCENARIO_GIVEN_MAX];
	size_t fault_count;
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

static bool apply_vmm(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	settings->vmm = vmm_find(value);
	if (settings->vmm || strcmp(value, "all") == 0)
		return true;
	vmm_complain(value, VMM_WANTS_ANY, error, CLI_ERROR_MAX);
	return false;
}

static bool apply_host(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	(void)error;
	settings->host = value;
	return true;
}

static bool is_version(const struct vmm_protocol *protocol, const char *value,
		       char *error)
{
	const struct vmm_version *versions = protocol->versions;
	size_t i;

	if (strcmp(value, "all") == 0 || strcmp(value, "highest") == 0)
		return true;
	for (i = 0; i < protocol->version_count; i++)
		if (strcmp(versions[i].name, value) == 0)
			return true;
	snprintf(error, CLI_ERROR_MAX,
		 "names no version: '%.256s'; there are: all, highest, %s to "
		 "%s",
		 value, versions[0].name,
		 versions[protocol->version_count - 1].name);
	return false;
}

/** The protocol of an option, of any hypervisor. */
static const struct vmm_protocol *protocol_find(const char *option,
						const struct vmm **vmm)
{
	size_t i, n;

	for (i = 0; i < vmm_count; i++) {
		*vmm = vmms[i];
		for (n = 0; n < vmms[i]->protocol_count; n++)
			if (strcmp(vmms[i]->protocols[n].option, option) == 0)
				return &vmms[i]->protocols[n];
	}
	return NULL;
}

static bool apply_limit(struct scenario_settings *settings, const char *option,
			const char *value, char *error)
{
	const struct vmm *vmm;
	const struct vmm_protocol *protocol = protocol_find(option, &vmm);
	struct scenario_limit *limit = settings->limits;
	size_t i;

	if (!protocol || !is_version(protocol, value, error))
		return false;
	for (i = 0; i < settings->limit_count; i++, limit++)
		if (strcmp(limit->option, option) == 0)
			break;
	if (i == settings->limit_count)
		settings->limit_count++;
	limit->option = option;
	limit->value = value;
	return true;
}

static bool apply_vmbus(void *context, const char *value, char *error)
{
	return apply_limit(context, "vmbus", value, error);
}

static bool apply_nvsp(void *context, const char *value, char *error)
{
	return apply_limit(context, "nvsp", value, error);
}

static bool apply_virtio(void *context, const char *value, char *error)
{
	return apply_limit(context, "virtio", value, error);
}

static bool apply_revision(void *context, const char *value, char *error)
{
	return apply_limit(context, "revision", value, error);
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
static bool host_fault_take(const struct vmm *vmm, struct scenario_case *given,
			    const char *name, const char *number)
{
	char error[CLI_ERROR_MAX];
	uint64_t n = VMM_FAULT_ALWAYS;
	unsigned fault;

	if (!number && strcmp(name, "none") == 0) {
		given->has_lies = true;
		return true;
	}
	if (!vmm || !vmm_fault_find(vmm, name, &fault) ||
	    (number &&
	     !apply_number(number, 1, VMM_FAULT_ALWAYS - 1, &n, error)))
		return false;
	given->has_lies = true;
	given->lies.when[fault] = (uint32_t)n;
	return true;
}

static bool fault_take(struct scenario_settings *settings, const char *value,
		       char *error)
{
	struct machine_fault fault = {.n = 0};
	const char *number = strchr(value, '=');
	size_t length = number ? (size_t)(number++ - value) : strlen(value);
	char name[32];

	if (length >= sizeof(name))
		return fault_complain(value, error);
	memcpy(name, value, length);
	name[length] = '\0';
	if (host_fault_take(settings->vmm, &settings->given, name, number))
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

/** What they are is known when the hypervisor is. */
static bool apply_fault(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	if (settings->fault_count == SCENARIO_GIVEN_MAX) {
		snprintf(error, CLI_ERROR_MAX, "is given more than %u times",
			 SCENARIO_GIVEN_MAX);
		return false;
	}
	settings->faults[settings->fault_count++] = value;
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
	{"vmm", "VMM",
	 "the hypervisor, as 'vmmsim list' shows them (default hyperv),\n"
	 "or all of them: all",
	 apply_vmm},
	{"host", "HOST",
	 "one release, as 'vmmsim list' shows them, or all of them: all\n"
	 "(default); or hostile: a release, and what it does wrong, by seed",
	 apply_host},
	{"vmbus", "V",
	 "where Hyper-V's guest stops: a version, the highest that the host "
	 "has:\n"
	 "highest (default with --sweep and --fault), or each: all\n"
	 "(default otherwise)",
	 apply_vmbus},
	{"nvsp", "V", "the same of the card's protocol", apply_nvsp},
	{"revision", "V", "the same of VMware's card", apply_revision},
	{"virtio", "V", "the same of virtio", apply_virtio},
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

	settings->vmm = &vmm_hyperv;
	settings->host = "all";
	settings->seed = 1;
	settings->seeds = 1;
	settings->jobs = processors < 1 ? 1
			 : processors > (long)SCENARIO_JOBS_MAX
				 ? SCENARIO_JOBS_MAX
				 : (uint64_t)processors;
}

/* ---- The command that repeats a run ---- */

/** The limit of a protocol that was given, or what holds without one. */
static const char *limit_of(const struct scenario_settings *settings,
			    const struct vmm_protocol *protocol)
{
	size_t i;

	for (i = 0; i < settings->limit_count; i++)
		if (strcmp(settings->limits[i].option, protocol->option) == 0)
			return settings->limits[i].value;
	return settings->limit_default;
}

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
			to->words[to->count++] = limit_of(settings, protocol);
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
	size_t room = call->operand_count + 2 + 2 * SCENARIO_LIMITS_MAX, n = 0;
	const char **more = calloc(room, sizeof(*more));
	struct limit_words limits;
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
		if (!is_wanted(limit_of(settings, protocol), protocol,
			       session->at[n], row->host.version_max[n]))
			*wanted = false;
	}
	combination_advance(session);
	return true;
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
		    const struct scenario *scenario, const struct vmm *vmm,
		    const struct vmm_host *host)
{
	const struct scenario_jobs plain = {session, plain_next, plain_done,
					    false};
	const struct scenario_jobs sweep = {session, sweep_next, sweep_done,
					    false};
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

/** Whether a host is called that; it is said if not. */
static bool has_host(const struct scenario_settings *settings, bool *is_hostile)
{
	char error[CLI_ERROR_MAX];
	struct vmm_host host;
	size_t i;

	*is_hostile = false;
	if (strcmp(settings->host, "all") == 0)
		return true;
	for (i = 0; i < vmm_count; i++) {
		if ((settings->vmm && settings->vmm != vmms[i]) ||
		    !vmm_host_find(vmms[i], settings->host, &host))
			continue;
		*is_hostile = host.is_hostile;
		return true;
	}
	vmm_host_complain(settings->vmm, settings->host, VMM_WANTS_ANY, error,
			  sizeof(error));
	cli_complain("option '--host' %s", error);
	return false;
}

/** Whether the limits given are the hypervisor's; it is said if not. */
static bool has_protocols(const struct scenario_settings *settings)
{
	const struct vmm *vmm;
	size_t i;

	for (i = 0; i < settings->limit_count; i++) {
		protocol_find(settings->limits[i].option, &vmm);
		if (!settings->vmm || settings->vmm == vmm)
			continue;
		cli_complain("option '--%s' is for '--vmm %s', not '%s'",
			     settings->limits[i].option, vmm->name,
			     settings->vmm->name);
		return false;
	}
	return true;
}

static bool faults_take(struct scenario_settings *settings)
{
	char error[CLI_ERROR_MAX];
	size_t i;

	for (i = 0; i < settings->fault_count; i++) {
		if (fault_take(settings, settings->faults[i], error))
			continue;
		cli_complain("option '--fault' %s", error);
		return false;
	}
	return true;
}

/** Fill in what depends on what is wanted; false: that cannot be. */
static bool settings_complete(struct scenario_settings *settings)
{
	bool is_hostile;

	if (!has_host(settings, &is_hostile) || !has_protocols(settings) ||
	    !faults_take(settings))
		return false;
	if (settings->sweep && settings->fault_count) {
		cli_complain("--sweep and --fault exclude each other");
		return false;
	}
	if (is_hostile && settings->sweep) {
		cli_complain("a hostile host has its faults by seed: no "
			     "--sweep");
		return false;
	}
	settings->limit_default =
		settings->sweep || settings->fault_count || is_hostile
			? "highest"
			: "all";
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
