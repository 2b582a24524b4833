/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Options of `vmmsim scenario`, one by one; then all of them together.
 */
#define _GNU_SOURCE
#include "mocks/cli/scenario/settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mocks/cli/scenario/jobs.h"

#define SCENARIO_SEEDS_MAX 1000000u

/* ---- Options ---- */

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

	if (strcmp(value, "all") == 0 || strcmp(value, "highest") == 0 ||
	    vmm_protocol_version(protocol, value))
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

static bool apply_revision(void *context, const char *value, char *error)
{
	return apply_limit(context, "revision", value, error);
}

static bool apply_virtio(void *context, const char *value, char *error)
{
	return apply_limit(context, "virtio", value, error);
}

static bool apply_seed(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	return cli_number(value, 0, INT64_MAX / 2, &settings->seed, error);
}

static bool apply_seeds(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	return cli_number(value, 1, SCENARIO_SEEDS_MAX, &settings->seeds,
			  error);
}

static bool apply_jobs(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	return cli_number(value, 1, SCENARIO_JOBS_MAX, &settings->jobs, error);
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
static bool fault_complain(const struct vmm *vmm, const char *value,
			   char *error)
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
		snprintf(error + used, CLI_ERROR_MAX - used, "%s",
			 vmm ? "; or NAME or NAME=N of 'vmmsim scenario "
			       "faults', or none"
			     : "; or none; those of 'vmmsim scenario faults' "
			       "are one hypervisor's, and '--vmm' is all");
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
	return cli_number(digits, 1, INT64_MAX, &fault->n, error);
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
	    (number && !cli_number(number, 1, VMM_FAULT_ALWAYS - 1, &n, error)))
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
		return fault_complain(settings->vmm, value, error);
	memcpy(name, value, length);
	name[length] = '\0';
	if (host_fault_take(settings->vmm, &settings->given, name, number))
		return true;
	if (!machine_fault_take(&fault, name, number))
		return fault_complain(settings->vmm, value, error);
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

	if (!cli_number(value, 0, SCENARIO_FRAMES_MAX, &frames, error))
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

static bool apply_trace(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	return tracing_apply(&settings->tracing, value, error);
}

static bool apply_failures(void *context, const char *value, char *error)
{
	struct scenario_settings *settings = context;

	return failure_files_apply(&settings->failure_files, value, error);
}

const struct cli_option scenario_options[SCENARIO_OPTIONS] = {
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
	 "highest (default with --sweep, --fault, --trace), or each: all\n"
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
	{"trace", "FILE", TRACING_HELP, apply_trace},
	{"failures", "DIR", FAILURE_FILES_HELP, apply_failures},
	{"json", NULL, "print one JSON event a line instead of a table",
	 apply_json},
};

void scenario_settings_init(void *context)
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

/* ---- All together ---- */

const char *scenario_limit_of(const struct scenario_settings *settings,
			      const struct vmm_protocol *protocol)
{
	size_t i;

	for (i = 0; i < settings->limit_count; i++)
		if (strcmp(settings->limits[i].option, protocol->option) == 0)
			return settings->limits[i].value;
	return settings->limit_default;
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
	const struct vmm *vmm = NULL;
	size_t i;

	for (i = 0; i < settings->limit_count; i++) {
		if (!protocol_find(settings->limits[i].option, &vmm) ||
		    !settings->vmm || settings->vmm == vmm)
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

bool scenario_settings_complete(struct scenario_settings *settings)
{
	bool is_hostile;

	settings->given.vmm = settings->vmm;
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
	settings->limit_default = settings->sweep || settings->fault_count ||
						  is_hostile ||
						  settings->tracing.count
					  ? "highest"
					  : "all";
	return true;
}
