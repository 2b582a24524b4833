/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The machine that a script is played on, and the comparison.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/play/driver.h"
#include "mocks/cli/replay.h"
#include "mocks/cli/text.h"

/* ---- Who plays ---- */

const struct player_role *const player_roles[] = {
	&player_hyperv_guest, &player_hyperv_host,  &player_vmxnet3_guest,
	&player_vmxnet3_host, &player_virtio_guest, &player_virtio_host,
};
const size_t player_role_count = sizeof(player_roles) / sizeof(player_roles[0]);

static const char *side_name(enum player_side side)
{
	return side == PLAYER_AS_GUEST ? "guest" : "host";
}

static const struct player_role *role_find(const char *vmm,
					   enum player_side side)
{
	size_t n;

	for (n = 0; n < player_role_count; n++)
		if (strcmp(player_roles[n]->vmm, vmm) == 0 &&
		    player_roles[n]->side == side)
			return player_roles[n];
	return NULL;
}

/* ---- Complaints ---- */

void player_fail(struct player *player, size_t n, const char *format, ...)
{
	va_list arguments;

	if (player->has_failed)
		return;
	player->has_failed = true;
	player->status = CLI_FAIL;
	fputs(player->path, player->report);
	if (n < script_count(player->script))
		fprintf(player->report, ":%u", script_line(player->script, n));
	fputs(": ", player->report);
	va_start(arguments, format);
	vfprintf(player->report, format, arguments);
	va_end(arguments);
	fputc('\n', player->report);
	/* The sentence begins with the path: it is known by that. */
	machine_trace_failure(player->vm->machine, player->path);
	if (n >= script_count(player->script))
		return;
	fputs("  script: ", player->report);
	script_show(player->script, n, player->report);
}

void player_refuse(struct player *player, const char *sentence)
{
	if (player->has_failed)
		return;
	player->has_failed = true;
	player->status = CLI_USAGE;
	fprintf(player->report, "%s\n", sentence);
}

bool player_encode(struct player *player, size_t n, struct trace_built *built)
{
	char error[SCRIPT_ERROR_MAX];
	enum trace_kind kind = script_kind(player->script, n);
	bool is_read = script_direction(player->script, n) == TRACE_TO_GUEST &&
		       (kind == TRACE_MSR || kind == TRACE_CPUID ||
			kind == TRACE_PORT || kind == TRACE_MMIO);

	if (is_read ? script_encode_read(player->script, n, built, error)
		    : script_encode(player->script, n, built, error))
		return true;
	player_refuse(player, error);
	return false;
}

/* ---- Comparing ---- */

/** What the script still waits for, if there is anything, did not come. */
static void player_missed(struct player *player)
{
	struct script *script = player->script;
	const char *reason = machine_reason(player->vm->machine);
	size_t n = script_first(script);

	while (n < script_count(script) && script_is_done(script, n))
		n++;
	if (n < script_count(script))
		player_fail(player, n, "that did not come%s%s",
			    *reason ? ": " : "", reason);
}

/** The driver does nothing more, or nothing more is to be seen. */
static void player_stop(void *argument)
{
	struct player *player = argument;

	player_missed(player);
	machine_stop(player->vm->machine, MACHINE_STOPPED,
		     "the script is over");
}

/** A step further; after a failure there is none. */
static void player_progress(struct player *player)
{
	player->moved++;
	machine_event_schedule(player->vm->machine, &player->stop,
			       player->has_failed ? 0 : PLAYER_DRIVER_PATIENCE);
}

/** What the machine says of a failure, for those who record. */
static void player_failure(void *context, const char *sentence)
{
	struct player *player = context;
	struct trace_observer tracer = tracing_observer(&player->tracing);

	tracer.failure(tracer.context, sentence);
}

static void player_event(void *context, const struct trace_event *event)
{
	struct player *player = context;
	const struct player_role *role = player->role;
	struct trace_observer tracer = tracing_observer(&player->tracing);
	bool is_compared;
	size_t n;

	if (tracer.event)
		tracer.event(tracer.context, event);
	is_compared = !role->saw || role->saw(player, event);
	if (player->has_failed || !is_compared)
		return;
	if (!script_match(player->script, event, &n, player->report)) {
		player->has_failed = true;
		player->status = CLI_FAIL;
		player_failure(player, player->path);
	}
	if (role->side == PLAYER_AS_HOST &&
	    event->direction == TRACE_FROM_GUEST)
		player_progress(player);
	if (role->matched && !player->has_failed)
		role->matched(player, n, event);
}

/* ---- The machine ---- */

/** Which host the first line names. @return false: it is said */
static bool player_host_choose(struct player *player,
			       struct virtual_machine_configuration *vm,
			       struct vmm_host *host)
{
	char vmm[64] = "hyperv", name[64], text[SCRIPT_ERROR_MAX];
	char sentence[CLI_ERROR_MAX];
	const struct vmm *found;

	script_about(player->script, "vmm", vmm, sizeof(vmm));
	found = vmm_find(vmm);
	if (!found) {
		vmm_complain(vmm, VMM_WANTS_ONE, text, sizeof(text));
		goto wrong;
	}
	player->role = role_find(vmm, player->configuration->side);
	if (!player->role) {
		snprintf(text, sizeof(text),
			 "a trace of %s cannot be played as the %s so far", vmm,
			 side_name(player->configuration->side));
		goto wrong;
	}
	snprintf(name, sizeof(name), "%s", found->host_default);
	script_about(player->script, "host", name, sizeof(name));
	if (!vmm_host_find(found, name, host) || host->is_hostile) {
		vmm_host_complain(found, name, VMM_WANTS_ONE, text,
				  sizeof(text));
		goto wrong;
	}
	vm->vmm = found->name;
	vm->host = host->name;
	return true;
wrong:
	snprintf(sentence, sizeof(sentence), "%s:1: %s", player->path, text);
	player_refuse(player, sentence);
	return false;
}

/** Frames go nowhere: the observer saw them. */
static void player_sent(void *context, const struct wire_frame *frame)
{
	(void)context;
	(void)frame;
}

static bool player_make(struct player *player)
{
	struct virtual_machine_configuration vm = {
		.observer = {.event = player_event,
			     .failure = player_failure,
			     .context = player},
	};
	char error[SCRIPT_ERROR_MAX];
	struct vmm_host host;

	if (!player_host_choose(player, &vm, &host) ||
	    !player_first_line(player, &vm))
		return false;
	if (!script_judge(player->script, player->role->rules, error)) {
		player_refuse(player, error);
		return false;
	}
	if (player->role->read)
		player->role->read(player);
	/* What the player does with memory is not what a guest does. */
	if (player->role->side == PLAYER_AS_GUEST)
		vm.machine.checkers_off = UINT32_MAX;
	player->wire = wire_tap_create(player_sent, NULL);
	vm.wire = player->wire;
	if (player->wire &&
	    (!player->role->create || player->role->create(player, &vm)))
		player->vm = virtual_machine_create(&vm);
	if (player->vm)
		return true;
	player_refuse(player, "out of memory for a virtual machine");
	return false;
}

/* ---- Playing ---- */

/** Record what is played, if that is wanted; false: it is said. */
static bool player_record(struct player *player)
{
	char about[PLAYER_ABOUT_MAX], error[TRACE_FILE_ERROR_MAX];

	player_about(player, about, sizeof(about));
	if (tracing_open(&player->tracing, about, error))
		return true;
	player_refuse(player, error);
	return false;
}

static void player_run(struct player *player)
{
	const struct player_role *role = player->role;
	enum machine_outcome outcome;

	if (role->start && !role->start(player)) {
		player_refuse(player, "out of memory for a virtual machine");
		return;
	}
	player->stop.fire = player_stop;
	player->stop.argument = player;
	outcome = virtual_machine_run(player->vm, role->run, player);
	machine_event_cancel(player->vm->machine, &player->stop);
	if (player->has_failed)
		return;
	if (outcome != MACHINE_DONE && outcome != MACHINE_STOPPED) {
		player->has_failed = true;
		player->status = CLI_FAIL;
		fprintf(player->report, "%s: the guest died: %s\n",
			player->path, machine_reason(player->vm->machine));
	} else {
		player_missed(player);
	}
}

/**
 * "PASS FILE ..." on standard output.
 * @param trace of what failed, or why there is none; "": nothing is said of it
 */
static void player_verdict(const struct player *player, const char *trace)
{
	const char *side = side_name(player->configuration->side);
	size_t checked = script_checked(player->script);
	size_t left_out = script_count(player->script) - checked;
	json_t *json;

	if (!player->configuration->is_json) {
		text_print(stdout, "%s  %s as %s",
			   player->has_failed ? "FAIL" : "PASS", player->path,
			   side);
		printf(": %zu events compared, %zu left out\n", checked,
		       left_out);
		if (*trace)
			text_print(stdout, "  trace: %s", trace);
		if (*trace)
			putchar('\n');
		return;
	}
	json = json_pack("{s:s, s:o, s:s, s:b, s:I, s:I}", "event", "played",
			 "script", text_json(player->path), "as", side,
			 "passed", !player->has_failed, "compared",
			 (json_int_t)checked, "left_out", (json_int_t)left_out);
	if (json && *trace)
		json_object_set_new(json, "trace", text_json(trace));
	if (json) {
		json_dumpf(json, stdout, JSON_COMPACT);
		putchar('\n');
	}
	json_decref(json);
}

/** What went wrong, line by line: a script does not steer a terminal. */
static void player_tell(char *report)
{
	const char *name = "vmmsim: ";
	char *line;

	while ((line = strsep(&report, "\n"))) {
		if (*line)
			text_print(stderr, "%s%s", name, line);
		if (*line)
			fputc('\n', stderr);
		name = "";
	}
}

static void player_free(struct player *player)
{
	virtual_machine_destroy(player->vm);
	if (player->own && player->role->destroy)
		player->role->destroy(player);
	player_driver_free(player);
	if (player->wire)
		wire_destroy(player->wire);
	trace_built_free(&player->built);
	script_free(player->script);
}

/** Play it once; what the report says is complete then. */
static void player_once(struct player *player)
{
	const struct player_configuration *configuration =
		player->configuration;
	char error[TRACE_FILE_ERROR_MAX];

	player->script = script_load(player->path, configuration->defines,
				     configuration->define_count, error);
	if (!player->script)
		player_refuse(player, error);
	if (player->script && player_make(player) && player_record(player))
		player_run(player);
	if (!tracing_close(&player->tracing, error))
		player_refuse(player, error);
	fflush(player->report);
}

/** The first line of what went wrong. */
static void player_reason(const char *report, char *reason, size_t bytes)
{
	snprintf(reason, bytes, "%.*s", (int)strcspn(report, "\n"), report);
}

/**
 * Play what failed once more, recorded.
 * @param report what went wrong
 * @param text as of failure_files_write()
 */
static void player_leave(const struct player *failed, const char *report,
			 char *text)
{
	struct player player = {
		.configuration = failed->configuration,
		.path = failed->path,
	};
	struct trace_recording *recording =
		trace_recording_create(FAILURE_FILES_BYTES, false);
	char about[PLAYER_ABOUT_MAX], reason[CLI_ERROR_MAX];
	char file[FAILURE_NAME_MAX], name[2 * FAILURE_NAME_MAX];
	char *again = NULL;
	size_t bytes;

	snprintf(text, FAILURE_TEXT_MAX, "none: out of memory");
	player.report = recording ? open_memstream(&again, &bytes) : NULL;
	if (player.report) {
		player.tracing.also = trace_recording_observer(recording);
		player_once(&player);
		player_about(failed, about, sizeof(about));
		player_reason(report, reason, sizeof(reason));
		failure_files_name(failed->path, file);
		snprintf(name, sizeof(name), "%s-as-%s", file,
			 side_name(failed->configuration->side));
		if (strcmp(again, report) != 0)
			snprintf(text, FAILURE_TEXT_MAX,
				 "none: played again, it did not fail the same "
				 "way");
		else
			failure_files_write(
				failed->configuration->failure_files, recording,
				name, failed->vm->configuration.machine.seed,
				about, reason, text);
		player_free(&player);
		fclose(player.report);
	}
	free(again);
	trace_recording_destroy(recording);
}

enum cli_exit player_play(const char *path,
			  const struct player_configuration *configuration)
{
	struct player player = {
		.configuration = configuration,
		.path = path,
		.tracing = configuration->tracing,
	};
	char trace[FAILURE_TEXT_MAX] = "";
	char *report = NULL;
	size_t bytes;

	player.report = open_memstream(&report, &bytes);
	if (!player.report) {
		cli_complain("out of memory");
		return CLI_USAGE;
	}
	player_once(&player);
	if (player.status == CLI_FAIL &&
	    failure_files_are_wanted(configuration->failure_files))
		player_leave(&player, report, trace);
	if (player.script && player.status != CLI_USAGE)
		player_verdict(&player, trace);
	player_free(&player);
	fclose(player.report);
	player_tell(report);
	free(report);
	return player.status;
}
