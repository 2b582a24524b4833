/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `vmmsim replay`: each host, each capture, each direction, a row each.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mocks/cli/failure_files.h"
#include "mocks/cli/play/player.h"
#include "mocks/cli/report.h"
#include "mocks/cli/text.h"
#include "mocks/cli/tracing.h"
#include "mocks/cli/usbmon_replay.h"
#include "mocks/trace/usbmon.h"

#define REPLAY_DEFAULT_MTU  1500u
#define REPLAY_DEFAULT_SEED 1u
#define REPLAY_ABOUT_MAX    256u
/** Words of the command that repeats a run, besides its captures. */
#define REPLAY_REPEAT_WORDS 24u

struct replay_settings {
	/** NULL: all of them. */
	const struct vmm *vmm;
	/** A host's name, or "all"; NULL: each hypervisor's default. */
	const char *host;
	bool transmit, receive;
	const char *direction;
	uint16_t mtu;
	uint64_t seed;
	const char *write;
	struct tracing tracing;
	/** How they begin; the command has its own. */
	struct failure_files failure_files;
	bool is_json;
	bool is_through_uknetdev;
	/** The operands are scripts, played to a side. */
	bool is_played;
	struct player_configuration player;
};

/** A run of the command. */
struct replay_session {
	const struct replay_settings *settings;
	const struct cli_call *call;
	struct report report;
	struct report_name name;
	struct capture_writer *writer;
	/** The one run's; nothing of it is used without files. */
	struct tracing tracing;
	struct failure_files failure_files;
	/** Captures that were complained about: once is enough. */
	bool *is_bad;
	/** Nothing more can be done. */
	bool is_over;
};

/* ---- Options ---- */

static bool replay_apply_vmm(void *context, const char *value, char *error)
{
	struct replay_settings *settings = context;

	settings->vmm = vmm_find(value);
	if (settings->vmm || strcmp(value, "all") == 0)
		return true;
	vmm_complain(value, VMM_WANTS_ANY, error, CLI_ERROR_MAX);
	return false;
}

/** Whether it is one is known when the hypervisor is. */
static bool replay_apply_host(void *context, const char *value, char *error)
{
	struct replay_settings *settings = context;

	(void)error;
	settings->host = value;
	return true;
}

static bool replay_apply_direction(void *context, const char *value,
				   char *error)
{
	struct replay_settings *settings = context;
	bool is_both = strcmp(value, "both") == 0;

	settings->direction = value;
	settings->transmit = is_both || strcmp(value, "tx") == 0;
	settings->receive = is_both || strcmp(value, "rx") == 0;
	if (settings->transmit || settings->receive)
		return true;
	snprintf(error, CLI_ERROR_MAX,
		 "names no direction: '%s'; there are: tx, rx, both", value);
	return false;
}

static bool replay_apply_mtu(void *context, const char *value, char *error)
{
	struct replay_settings *settings = context;
	uint64_t number;

	if (!cli_number(value, REPLAY_MTU_MIN, REPLAY_MTU_MAX, &number, error))
		return false;
	settings->mtu = (uint16_t)number;
	return true;
}

static bool replay_apply_seed(void *context, const char *value, char *error)
{
	struct replay_settings *settings = context;

	return cli_number(value, 0, INT64_MAX, &settings->seed, error);
}

static bool replay_apply_write(void *context, const char *value, char *error)
{
	struct replay_settings *settings = context;

	(void)error;
	settings->write = value;
	return true;
}

static bool replay_apply_trace(void *context, const char *value, char *error)
{
	struct replay_settings *settings = context;

	return tracing_apply(&settings->tracing, value, error);
}

static bool replay_apply_failures(void *context, const char *value, char *error)
{
	struct replay_settings *settings = context;

	return failure_files_apply(&settings->failure_files, value, error);
}

static bool replay_apply_through(void *context, const char *value, char *error)
{
	struct replay_settings *settings = context;

	settings->is_through_uknetdev = strcmp(value, "uknetdev") == 0;
	if (settings->is_through_uknetdev || strcmp(value, "nic") == 0)
		return true;
	snprintf(error, CLI_ERROR_MAX,
		 "names no interface: '%.256s'; there are: nic, uknetdev",
		 value);
	return false;
}

static bool replay_apply_json(void *context, const char *value, char *error)
{
	struct replay_settings *settings = context;

	(void)value;
	(void)error;
	settings->is_json = true;
	return true;
}

static bool replay_apply_as(void *context, const char *value, char *error)
{
	struct replay_settings *settings = context;

	settings->is_played = true;
	if (strcmp(value, "guest") == 0)
		settings->player.side = PLAYER_AS_GUEST;
	else if (strcmp(value, "host") == 0)
		settings->player.side = PLAYER_AS_HOST;
	else
		settings->is_played = false;
	if (!settings->is_played)
		snprintf(error, CLI_ERROR_MAX,
			 "names no side: '%.256s'; there are: guest, host",
			 value);
	return settings->is_played;
}

static bool replay_apply_define(void *context, const char *value, char *error)
{
	struct player_configuration *player =
		&((struct replay_settings *)context)->player;

	if (player->define_count == SCRIPT_DEFINES_MAX) {
		snprintf(error, CLI_ERROR_MAX, "defines more than %u variables",
			 SCRIPT_DEFINES_MAX);
		return false;
	}
	player->defines[player->define_count++] = value;
	return true;
}

static const struct cli_option replay_options[] = {
	{"vmm", "VMM",
	 "the hypervisor, as 'vmmsim list' shows them (default hyperv),\n"
	 "or each: all",
	 replay_apply_vmm},
	{"host", "HOST",
	 "the release of it (default: one of the newer), or all of them,\n"
	 "one after the other: all",
	 replay_apply_host},
	{"direction", "WAY",
	 "tx: the guest sends, rx: it receives, both (default)",
	 replay_apply_direction},
	{"through", "API",
	 "what the frames pass above the driver: nic, its own interface\n"
	 "(default), or uknetdev, that of Unikraft",
	 replay_apply_through},
	{"mtu", "N", "the card's MTU, 576 to 9000 (default 1500)",
	 replay_apply_mtu},
	{"seed", "N",
	 "what the choices of the run are drawn from: bursts, waits,\n"
	 "when the host runs (default 1); the same seed, the same run",
	 replay_apply_seed},
	{"write", "OUT",
	 "write the frames to this capture as they come out, with the\n"
	 "times of the captures they came from",
	 replay_apply_write},
	{"trace", "FILE", TRACING_HELP, replay_apply_trace},
	{"failures", "DIR", FAILURE_FILES_HELP, replay_apply_failures},
	{"as", "SIDE",
	 "the operands are traces, or scripts of that form: play the\n"
	 "guest's half to the simulated host (guest), or the host's half\n"
	 "to the driver (host), and compare what the other side does",
	 replay_apply_as},
	{"define", "NAME=VALUE", "give a variable of the scripts its value",
	 replay_apply_define},
	{"json", NULL, "print one JSON event a line instead of a table",
	 replay_apply_json},
};

static void replay_settings_init(void *context)
{
	struct replay_settings *settings = context;

	settings->vmm = &vmm_hyperv;
	settings->direction = "both";
	settings->transmit = true;
	settings->receive = true;
	settings->mtu = REPLAY_DEFAULT_MTU;
	settings->seed = REPLAY_DEFAULT_SEED;
}

/* ---- The command that repeats a run ---- */

static char *replay_repeat(const struct replay_settings *settings,
			   const struct cli_call *call)
{
	char mtu[8], seed[24];
	const char *options[REPLAY_REPEAT_WORDS] = {
		call->program, "replay",
		"--vmm",       settings->vmm ? settings->vmm->name : "all",
		"--direction", settings->direction,
		"--mtu",       mtu,
		"--seed",      seed,
	};
	size_t n = 10;
	const char **words;
	unsigned i;
	char *text;

	snprintf(mtu, sizeof(mtu), "%u", settings->mtu);
	snprintf(seed, sizeof(seed), "%" PRIu64, settings->seed);
	if (settings->host) {
		options[n++] = "--host";
		options[n++] = settings->host;
	}
	if (settings->write) {
		options[n++] = "--write";
		options[n++] = settings->write;
	}
	for (i = 0; i < settings->tracing.count; i++) {
		options[n++] = "--trace";
		options[n++] = settings->tracing.paths[i];
	}
	if (settings->failure_files.folder || settings->failure_files.is_off) {
		options[n++] = "--failures";
		options[n++] = settings->failure_files.is_off
				       ? "none"
				       : settings->failure_files.folder;
	}
	if (settings->is_through_uknetdev) {
		options[n++] = "--through";
		options[n++] = "uknetdev";
	}
	if (settings->is_json)
		options[n++] = "--json";
	options[n++] = "--";
	words = calloc(n + call->operand_count, sizeof(*words));
	if (!words)
		return NULL;
	memcpy(words, options, n * sizeof(*words));
	memcpy(words + n, call->operands, call->operand_count * sizeof(*words));
	text = text_command(words, n + call->operand_count);
	free(words);
	return text;
}

/* ---- Running ---- */

/** Complain about the capture at hand, once, and leave it alone afterwards. */
__attribute__((format(printf, 3, 4))) static void
replay_complain(struct replay_session *session, size_t file, const char *format,
		...)
{
	char sentence[CAPTURE_ERROR_MAX];
	va_list arguments;

	if (session->is_bad[file])
		return;
	session->is_bad[file] = true;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	report_error(&session->report, sentence);
}

/** Create the output, once it is known what its header is to say. */
static bool replay_open_writer(struct replay_session *session,
			       const struct capture *capture)
{
	const struct replay_settings *settings = session->settings;
	uint32_t most =
		settings->mtu + ETHERNET_HEADER_BYTES + ETHERNET_VLAN_BYTES;
	uint32_t snapshot = capture_snapshot(capture);
	char error[CAPTURE_ERROR_MAX];

	if (!settings->write || session->writer)
		return true;
	if (snapshot < most)
		snapshot = most;
	session->writer = capture_writer_open(settings->write, snapshot,
					      capture_is_fine(capture), error);
	if (session->writer)
		return true;
	report_error(&session->report, error);
	session->is_over = true;
	return false;
}

/** What a trace says of its run. */
static void replay_about(const struct replay_session *session, char *about,
			 size_t bytes)
{
	const struct replay_settings *settings = session->settings;
	const struct report_name *name = &session->name;

	snprintf(about, bytes,
		 "vmm=%s host=%s direction=%s mtu=%u seed=%" PRIu64, name->vmm,
		 name->host, report_direction(name->direction), settings->mtu,
		 settings->seed);
}

static bool replay_open_trace(struct replay_session *session)
{
	char about[REPLAY_ABOUT_MAX], error[TRACE_FILE_ERROR_MAX];

	replay_about(session, about, sizeof(about));
	if (tracing_open(&session->tracing, about, error))
		return true;
	report_error(&session->report, error);
	session->is_over = true;
	return false;
}

static void replay_close_trace(struct replay_session *session)
{
	char error[TRACE_FILE_ERROR_MAX];

	if (!tracing_close(&session->tracing, error))
		report_error(&session->report, error);
}

static void replay_progress(void *context, uint64_t frames)
{
	const struct replay_session *session = context;

	report_progress(&session->report, &session->name, frames);
}

/** The run of a row, without what is written of it. */
static struct replay_configuration
replay_configuration_of(const struct replay_session *session)
{
	const struct replay_settings *settings = session->settings;

	return (struct replay_configuration){
		.vmm = session->name.vmm,
		.host = session->name.host,
		.direction = session->name.direction,
		.mtu = settings->mtu,
		.seed = settings->seed,
		.is_through_uknetdev = settings->is_through_uknetdev,
		.progress = replay_progress,
		.context = (void *)session,
	};
}

/** Run a failure once more, recorded. @param text as of failure_files_write()
 */
static void replay_again(struct replay_session *session,
			 struct capture *capture,
			 const struct replay_result *failed, char *text)
{
	struct replay_configuration configuration =
		replay_configuration_of(session);
	struct trace_recording *recording =
		trace_recording_create(FAILURE_FILES_BYTES, false);
	char about[REPLAY_ABOUT_MAX], capture_name[FAILURE_NAME_MAX];
	char name[2 * FAILURE_NAME_MAX];
	struct replay_result again;

	if (!recording) {
		snprintf(text, FAILURE_TEXT_MAX, "none: out of memory");
		return;
	}
	configuration.observer = trace_recording_observer(recording);
	replay_capture(capture, &configuration, &again);
	replay_about(session, about, sizeof(about));
	failure_files_name(session->name.capture, capture_name);
	snprintf(name, sizeof(name), "%s-%s-%s", capture_name,
		 report_direction(session->name.direction), session->name.host);
	if (strcmp(again.reason, failed->reason) != 0)
		snprintf(text, FAILURE_TEXT_MAX,
			 "none: run again, it did not fail the same way");
	else
		failure_files_write(&session->failure_files, recording, name,
				    session->settings->seed, about,
				    failed->reason, text);
	trace_recording_destroy(recording);
}

/** A row that failed leaves its trace. */
static void replay_leave(struct replay_session *session,
			 const struct replay_result *failed)
{
	char text[FAILURE_TEXT_MAX], error[CAPTURE_ERROR_MAX];
	struct capture *capture;

	if (!failure_files_are_wanted(&session->failure_files))
		return;
	if (strcmp(session->name.capture, "-") == 0) {
		report_trace(&session->report,
			     "none: standard input cannot be read again");
		return;
	}
	capture = capture_open(session->name.capture, error);
	if (!capture)
		snprintf(text, sizeof(text), "none: %.512s", error);
	else if (!capture_is_rereadable(capture))
		snprintf(text, sizeof(text),
			 "none: a pipe cannot be read again");
	else
		replay_again(session, capture, failed, text);
	capture_close(capture);
	report_trace(&session->report, text);
}

/** One row: a host, a capture, a direction. */
static void replay_row(struct replay_session *session, size_t file,
		       struct capture *capture)
{
	struct replay_configuration configuration =
		replay_configuration_of(session);
	struct replay_result result;

	if (!replay_open_trace(session))
		return;
	configuration.writer = session->writer;
	configuration.observer = tracing_observer(&session->tracing);
	replay_capture(capture, &configuration, &result);
	replay_close_trace(session);
	if (result.records || result.verdict == REPLAY_FAIL)
		report_row(&session->report, &session->name, &result);
	if (result.verdict == REPLAY_FAIL)
		replay_leave(session, &result);
	if (result.is_broken)
		replay_complain(session, file, "%s", capture_error(capture));
	else if (!result.records && result.verdict != REPLAY_FAIL)
		replay_complain(session, file, "%s: the capture holds no frame",
				session->name.capture);
}

static void replay_file(struct replay_session *session, size_t file,
			enum replay_direction direction, bool is_once)
{
	const char *path = session->call->operands[file];
	char error[CAPTURE_ERROR_MAX];
	struct capture *capture = capture_open(path, error);

	session->name.capture = path;
	session->name.direction = direction;
	if (!capture)
		replay_complain(session, file, "%s", error);
	else if (!is_once && !capture_is_rereadable(capture))
		replay_complain(session, file,
				"%s: a pipe can be read only once: choose one "
				"host, and --direction tx or rx",
				path);
	else if (replay_open_writer(session, capture))
		replay_row(session, file, capture);
	capture_close(capture);
}

/** All captures through one host. */
static void replay_host(struct replay_session *session, const char *host,
			bool is_only_host)
{
	const struct replay_settings *settings = session->settings;
	bool is_once =
		is_only_host && !(settings->transmit && settings->receive);
	size_t i;

	session->name.host = host;
	for (i = 0; i < session->call->operand_count; i++) {
		if (settings->transmit && !session->is_over)
			replay_file(session, i, REPLAY_TRANSMIT, is_once);
		if (settings->receive && !session->is_over)
			replay_file(session, i, REPLAY_RECEIVE, is_once);
	}
}

/** All hosts of a hypervisor that are wanted. */
static void replay_vmm(struct replay_session *session, const struct vmm *vmm)
{
	const char *name = session->settings->host;
	struct vmm_host host;
	size_t n;

	session->name.vmm = vmm->name;
	if (!name)
		name = vmm->host_default;
	if (strcmp(name, "all") != 0 && vmm_host_find(vmm, name, NULL))
		replay_host(session, name, session->settings->vmm);
	for (n = 0; strcmp(name, "all") == 0 && vmm->host(n, &host); n++)
		if (!host.is_hostile)
			replay_host(session, host.name, false);
}

static void replay_vmms(struct replay_session *session)
{
	const struct vmm *only = session->settings->vmm;
	size_t i;

	for (i = 0; i < vmm_count; i++)
		if (!only || only == vmms[i])
			replay_vmm(session, vmms[i]);
}

/** Whether a host is called that, and can be replayed to; it is said if not. */
static bool replay_has_host(const struct replay_settings *settings)
{
	const char *name = settings->host;
	char error[CLI_ERROR_MAX];
	struct vmm_host host;
	size_t i;

	if (!name || strcmp(name, "all") == 0)
		return true;
	for (i = 0; i < vmm_count; i++)
		if ((!settings->vmm || settings->vmm == vmms[i]) &&
		    vmm_host_find(vmms[i], name, &host)) {
			if (!host.is_hostile)
				return true;
			cli_complain("option '--host' names a host that loses "
				     "and changes frames, so nothing can be "
				     "compared: '%s' is for 'vmmsim scenario'",
				     name);
			return false;
		}
	vmm_host_complain(settings->vmm, name, VMM_WANTS_ANY, error,
			  sizeof(error));
	cli_complain("option '--host' %s", error);
	return false;
}

/** Whether there is one run, if it is to be traced; it is said if not. */
static bool replay_can_trace(const struct replay_settings *settings,
			     const struct cli_call *call)
{
	if (!settings->tracing.count ||
	    (settings->vmm && call->operand_count == 1 &&
	     settings->transmit != settings->receive &&
	     (!settings->host || strcmp(settings->host, "all") != 0)))
		return true;
	cli_complain("option '--trace' is for one run: name one capture, "
		     "--direction tx or rx, one hypervisor and one host");
	return false;
}

/** Whether an output would overwrite an input; it is said if so. */
static bool replay_overwrites(struct replay_session *session, const char *path)
{
	char sentence[CAPTURE_ERROR_MAX];
	struct stat output, input;
	size_t i;

	if (!path || stat(path, &output) != 0)
		return false;
	for (i = 0; i < session->call->operand_count; i++) {
		if (stat(session->call->operands[i], &input) != 0 ||
		    input.st_dev != output.st_dev ||
		    input.st_ino != output.st_ino)
			continue;
		snprintf(sentence, sizeof(sentence),
			 "%s: cannot write: it is one of the captures to be "
			 "read",
			 path);
		report_error(&session->report, sentence);
		return true;
	}
	return false;
}

/** How wide the columns of the names are to be. */
static void replay_widths(struct replay_session *session)
{
	const struct cli_call *call = session->call;
	struct report *report = &session->report;
	size_t i, n, width, widest = strlen("capture");
	struct vmm_host host;

	for (i = 0; i < call->operand_count; i++) {
		width = strlen(call->operands[i]);
		widest = width > widest ? width : widest;
	}
	report->capture_width = (int)(widest > 60 ? 60 : widest);
	widest = strlen("host");
	for (i = 0; i < vmm_count; i++) {
		for (n = 0; vmms[i]->host(n, &host); n++) {
			width = strlen(host.name);
			widest = width > widest ? width : widest;
		}
	}
	report->host_width = (int)widest;
}

static enum cli_exit replay_session_run(struct replay_session *session)
{
	const struct replay_settings *settings = session->settings;
	struct report *report = &session->report;
	char error[CAPTURE_ERROR_MAX];
	bool is_bad;
	unsigned n;

	report->is_json = settings->is_json;
	report->seed = settings->seed;
	replay_widths(session);
	report_start(report, settings->mtu, session->call->operand_count);
	session->tracing = settings->tracing;
	session->failure_files = settings->failure_files;
	is_bad = replay_overwrites(session, settings->write);
	for (n = 0; n < settings->tracing.count; n++)
		is_bad |=
			replay_overwrites(session, settings->tracing.paths[n]);
	if (!is_bad)
		replay_vmms(session);
	if (session->writer && !capture_writer_close(session->writer, error))
		report_error(report, error);
	return report_end(report);
}

static bool replay_is_usbmon(const char *path)
{
	FILE *stream = fopen(path, "rb");
	bool is_usbmon = stream && usbmon_is(stream);

	if (stream)
		fclose(stream);
	return is_usbmon;
}

/** How many of the captures are RNDIS over USB. */
static size_t replay_count_usbmon(const struct cli_call *call)
{
	size_t i, count = 0;

	for (i = 0; i < call->operand_count; i++)
		count += replay_is_usbmon(call->operands[i]);
	return count;
}

/** Play each operand. @return the worst of their exit statuses */
static enum cli_exit replay_play(const struct cli_call *call)
{
	struct replay_settings *settings = call->settings;
	enum cli_exit status = CLI_PASS, one;
	size_t n;

	settings->player.is_json = settings->is_json;
	settings->player.tracing = settings->tracing;
	settings->player.failure_files = &settings->failure_files;
	if (settings->tracing.count && call->operand_count != 1) {
		cli_complain("option '--trace' is for one run: name one "
			     "script");
		return CLI_USAGE;
	}
	for (n = 0; n < call->operand_count; n++) {
		one = player_play(call->operands[n], &settings->player);
		if (one == CLI_FAIL || status == CLI_PASS)
			status = one;
	}
	return status;
}

static enum cli_exit replay_run(const struct cli_call *call)
{
	struct replay_session session = {
		.settings = call->settings,
		.call = call,
	};
	enum cli_exit status = CLI_USAGE;
	size_t usbmon;
	char *repeat;

	if (!call->operand_count) {
		cli_complain("'replay' needs a capture; see 'vmmsim replay "
			     "--help'");
		return CLI_USAGE;
	}
	if (session.settings->is_played)
		return replay_play(call);
	usbmon = replay_count_usbmon(call);
	if (usbmon && usbmon < call->operand_count) {
		cli_complain("captures of usbmon and of Ethernet go in runs of "
			     "their own");
		return CLI_USAGE;
	}
	if (usbmon && session.settings->tracing.count) {
		cli_complain("option '--trace' is for runs of a guest, and of "
			     "usbmon only messages are read: 'vmmsim convert' "
			     "makes a trace of it");
		return CLI_USAGE;
	}
	if (usbmon)
		return usbmon_replay(call->operands, usbmon,
				     session.settings->is_json);
	if (!replay_has_host(session.settings) ||
	    !replay_can_trace(session.settings, call))
		return CLI_USAGE;
	report_init(&session.report);
	repeat = replay_repeat(session.settings, call);
	session.report.repeat = repeat;
	session.is_bad = calloc(call->operand_count, sizeof(*session.is_bad));
	if (repeat && session.is_bad)
		status = replay_session_run(&session);
	else
		cli_complain("out of memory");
	free(session.is_bad);
	free(repeat);
	return status;
}

const struct cli_command cli_replay_command = {
	.name = "replay",
	.operands = "FILE...",
	.summary = "Send captures through a guest driver and its host, and "
		   "compare",
	.text = "Each frame of each FILE (pcap or pcapng, Ethernet; '-' is "
		"standard input) is\n"
		"sent by the guest's driver, and what the host takes out of "
		"its messages is\n"
		"compared with the capture byte for byte (tx); then the host "
		"delivers each and\n"
		"what the driver receives is compared (rx). A frame that "
		"cannot be sent is\n"
		"counted: short (under 14 bytes), long (over the MTU with "
		"header and one VLAN\n"
		"tag), cut (not whole in the capture).\n\n"
		"Frames sent travel in the send buffer alone (buffer) or with "
		"others in one\n"
		"message (packed), or stay where they are in the guest's "
		"memory (pages).\n\n"
		"A FILE of usbmon (link type 189 or 220) is RNDIS over USB: "
		"each of its messages\n"
		"goes through the RNDIS code of the host, if it is to the "
		"device, or of the driver.\n\n"
		"Exit status: 1 if a check failed; else 2 if an input or the "
		"output was bad;\n"
		"else 77 if no frame was sendable; else 0.\n",
	.options = replay_options,
	.option_count = sizeof(replay_options) / sizeof(replay_options[0]),
	.settings_bytes = sizeof(struct replay_settings),
	.init = replay_settings_init,
	.run = replay_run,
};
