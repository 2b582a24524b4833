/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The options of `vmmsim scenario`, and what they say.
 */
#ifndef MOCKS_CLI_SCENARIO_SETTINGS_H
#define MOCKS_CLI_SCENARIO_SETTINGS_H

#include "mocks/cli/cli.h"
#include "mocks/cli/failure_files.h"
#include "mocks/cli/scenario/scenario.h"
#include "mocks/cli/tracing.h"

#define SCENARIO_OPTIONS     15u
#define SCENARIO_NUMBER_TEXT 24u

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
	/** Of the one run that there is then. */
	struct tracing tracing;
	/** How they begin; the command has its own. */
	struct failure_files failure_files;
	/** Faults and frames of each combination; no more of it is set. */
	struct scenario_case given;
	/** As on the command line: what they are depends on the hypervisor. */
	const char *faults[SCENARIO_GIVEN_MAX];
	size_t fault_count;
};

extern const struct cli_option scenario_options[SCENARIO_OPTIONS];

void scenario_settings_init(void *context);
/** Fill in what depends on what is wanted; false: that cannot be. */
bool scenario_settings_complete(struct scenario_settings *settings);
/** The limit of a protocol that was given, or what holds without one. */
const char *scenario_limit_of(const struct scenario_settings *settings,
			      const struct vmm_protocol *protocol);

#endif /* MOCKS_CLI_SCENARIO_SETTINGS_H */
