/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `vmmsim run`: a live machine that answers from a terminal.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/cli.h"
#include "mocks/cli/live/pair.h"
#include "mocks/cli/text.h"
#include "mocks/cli/failure_files.h"
#include "mocks/cli/tracing.h"
#include "mocks/wire/capture.h"

#define RUN_FORWARDS_MAX 16u
#define RUN_MTU_DEFAULT	 1500u
#define RUN_MTU_MIN	 576u
#define RUN_MTU_MAX	 9000u
#define RUN_PAGE_MAX	 512u
#define RUN_TAP		 "tap:"
/** The second guest of a pair, which visits the first. */
#define PAIR_ADDRESS4	 "192.168.76.1"
#define PAIR_ADDRESS6	 "fd00:76::1"
#define NANOSECONDS_MS	 1e6
#define NANOSECONDS_US	 1e3

/** What the card is plugged into. */
enum run_net {
	RUN_NET_USER,
	RUN_NET_TAP,
	RUN_NET_PAIR,
};

struct run_settings {
	const struct vmm *vmm;
	/** NULL: the default of the hypervisor. */
	const char *host;
	enum run_net net;
	const char *tap;
	struct wire_forward forwards[RUN_FORWARDS_MAX];
	size_t forward_count;
	const char *capture;
	struct tracing tracing;
	struct failure_files failure_files;
	uint64_t duration;
	uint16_t mtu;
	ip_addr_t address4, address6;
	unsigned prefix4, prefix6;
	bool is_json;
};

/** What the guest's callback is told. */
struct run_session {
	const struct run_settings *settings;
	/** Nothing of it is used without files. */
	struct tracing tracing;
	/** What failed, "" if nothing did. */
	char reason[LIVE_REASON_MAX];
	char page[RUN_PAGE_MAX];
	struct live_pair pair;
	struct live_pair_report report;
};

/* ---- Options ---- */

static bool run_apply_vmm(void *context, const char *value, char *error)
{
	struct run_settings *settings = context;

	settings->vmm = vmm_find(value);
	if (!settings->vmm)
		vmm_complain(value, VMM_WANTS_ONE, error, CLI_ERROR_MAX);
	return settings->vmm;
}

/** Whether it is one is known when the hypervisor is. */
static bool run_apply_host(void *context, const char *value, char *error)
{
	struct run_settings *settings = context;

	(void)error;
	settings->host = value;
	return true;
}

static bool run_apply_net(void *context, const char *value, char *error)
{
	struct run_settings *settings = context;

	settings->net = RUN_NET_USER;
	if (strcmp(value, "user") == 0)
		return true;
	settings->net = RUN_NET_PAIR;
	if (strcmp(value, "pair") == 0)
		return true;
	settings->net = RUN_NET_TAP;
	settings->tap = value + strlen(RUN_TAP);
	if (strncmp(value, RUN_TAP, strlen(RUN_TAP)) == 0 && *settings->tap)
		return true;
	snprintf(error, CLI_ERROR_MAX,
		 "names no network: '%.256s'; there are: user, tap:NAME, pair",
		 value);
	return false;
}

static bool run_apply_forward(void *context, const char *value, char *error)
{
	struct run_settings *settings = context;
	const char *colon = strchr(value, ':');
	uint64_t host, guest;

	if (settings->forward_count == RUN_FORWARDS_MAX) {
		snprintf(error, CLI_ERROR_MAX, "was given more than %u times",
			 RUN_FORWARDS_MAX);
		return false;
	}
	if (!colon || !cli_is_number(value, ':', 1, UINT16_MAX, &host) ||
	    !cli_is_number(colon + 1, 0, 1, UINT16_MAX, &guest)) {
		snprintf(error, CLI_ERROR_MAX,
			 "wants two ports, HOST:GUEST, from 1 to 65535, not "
			 "'%.256s'",
			 value);
		return false;
	}
	settings->forwards[settings->forward_count++] =
		(struct wire_forward){(uint16_t)host, (uint16_t)guest};
	return true;
}

static bool run_apply_capture(void *context, const char *value, char *error)
{
	struct run_settings *settings = context;

	(void)error;
	settings->capture = value;
	return true;
}

static bool run_apply_duration(void *context, const char *value, char *error)
{
	struct run_settings *settings = context;

	if (cli_is_number(value, 0, 1, 1000000, &settings->duration))
		return true;
	snprintf(error, CLI_ERROR_MAX,
		 "wants seconds, 1 to 1000000, not '%.256s'", value);
	return false;
}

static bool run_apply_mtu(void *context, const char *value, char *error)
{
	struct run_settings *settings = context;
	uint64_t number;

	if (!cli_is_number(value, 0, RUN_MTU_MIN, RUN_MTU_MAX, &number)) {
		snprintf(error, CLI_ERROR_MAX,
			 "wants a number from %u to %u, not '%.256s'",
			 RUN_MTU_MIN, RUN_MTU_MAX, value);
		return false;
	}
	settings->mtu = (uint16_t)number;
	return true;
}

/** "A/P": a unicast address and the length of its network's prefix. */
static bool run_apply_address(void *context, const char *value, char *error)
{
	struct run_settings *settings = context;
	const char *slash = strchr(value, '/');
	char text[IPADDR_STRLEN_MAX];
	ip_addr_t address;
	uint64_t prefix;

	if (slash && (size_t)(slash - value) < sizeof(text)) {
		memcpy(text, value, (size_t)(slash - value));
		text[slash - value] = 0;
		if (ipaddr_aton(text, &address) && !ip_addr_isany(&address) &&
		    !ip_addr_ismulticast(&address) &&
		    cli_is_number(slash + 1, 0, 1,
				  IP_IS_V6(&address) ? 128 : 30, &prefix)) {
			if (IP_IS_V6(&address)) {
				settings->address6 = address;
				settings->prefix6 = (unsigned)prefix;
			} else {
				settings->address4 = address;
				settings->prefix4 = (unsigned)prefix;
			}
			return true;
		}
	}
	snprintf(error, CLI_ERROR_MAX,
		 "wants an address and its prefix, as 192.168.76.2/24 or "
		 "fd00:76::2/64, not '%.256s'",
		 value);
	return false;
}

static bool run_apply_trace(void *context, const char *value, char *error)
{
	struct run_settings *settings = context;

	return tracing_apply(&settings->tracing, value, error);
}

static bool run_apply_failures(void *context, const char *value, char *error)
{
	struct run_settings *settings = context;

	return failure_files_apply(&settings->failure_files, value, error);
}

static bool run_apply_json(void *context, const char *value, char *error)
{
	struct run_settings *settings = context;

	(void)value;
	(void)error;
	settings->is_json = true;
	return true;
}

static const struct cli_option run_options[] = {
	{"vmm", "VMM",
	 "the hypervisor, as 'vmmsim list' shows them (default hyperv)",
	 run_apply_vmm},
	{"host", "HOST", "the release of it (default: one of the newer)",
	 run_apply_host},
	{"net", "NET",
	 "what the card is plugged into: user, a network in user mode that\n"
	 "needs no rights (default); tap:NAME, a TAP interface; pair, a\n"
	 "second guest that pings, fetches and echoes until the end",
	 run_apply_net},
	{"forward", "HOST:GUEST",
	 "with user: a TCP port of 127.0.0.1 that leads to one of the\n"
	 "guest's; may be given several times",
	 run_apply_forward},
	{"address", "A/P",
	 "the guest's address and prefix, once for IPv4 and once for IPv6\n"
	 "(default: user 10.0.2.15/24 and fec0::15/64, else\n"
	 "192.168.76.2/24 and fd00:76::2/64; those of a pair are fixed)",
	 run_apply_address},
	{"mtu", "N", "the card's MTU, 576 to 9000 (default 1500)",
	 run_apply_mtu},
	{"capture", "OUT", "write what passes to this capture",
	 run_apply_capture},
	{"trace", "FILE", TRACING_HELP, run_apply_trace},
	{"failures", "DIR", FAILURE_FILES_HELP ";\nthe end of the run",
	 run_apply_failures},
	{"duration", "S", "end after so many seconds", run_apply_duration},
	{"json", NULL, "print one JSON event a line instead of text",
	 run_apply_json},
};

static void run_settings_init(void *context)
{
	struct run_settings *settings = context;

	settings->vmm = &vmm_hyperv;
	settings->mtu = RUN_MTU_DEFAULT;
}

/** What was not given: fits the network. */
static void run_settings_finish(struct run_settings *settings)
{
	bool is_user = settings->net == RUN_NET_USER;

	if (!settings->prefix4) {
		ipaddr_aton(is_user ? "10.0.2.15" : "192.168.76.2",
			    &settings->address4);
		settings->prefix4 = 24;
	}
	if (!settings->prefix6) {
		ipaddr_aton(is_user ? "fec0::15" : "fd00:76::2",
			    &settings->address6);
		settings->prefix6 = 64;
	}
}

/* ---- What is said ---- */

static void run_json(json_t *line)
{
	if (!line || json_dumpf(line, stdout, JSON_COMPACT) != 0)
		cli_complain("out of memory for a line");
	putchar('\n');
	fflush(stdout);
	json_decref(line);
}

/** As RFC 5952 wants it: lwIP writes capitals. */
static void run_address(const ip_addr_t *address, char text[IPADDR_STRLEN_MAX])
{
	ipaddr_ntoa_r(address, text, IPADDR_STRLEN_MAX);
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

/** The address at which the web server is reached from outside. */
static void run_url(const struct run_settings *settings, char *url,
		    size_t bytes)
{
	char address[IPADDR_STRLEN_MAX];
	size_t i;

	ipaddr_ntoa_r(&settings->address4, address, sizeof(address));
	snprintf(url, bytes, "http://%s/", address);
	for (i = 0; i < settings->forward_count; i++)
		if (settings->forwards[i].guest == LIVE_SERVER_HTTP_PORT)
			snprintf(url, bytes, "http://127.0.0.1:%u/",
				 settings->forwards[i].host);
}

static void run_print_up(const struct run_settings *settings,
			 const struct nic *nic, const struct nic_link *link)
{
	char address4[IPADDR_STRLEN_MAX], address6[IPADDR_STRLEN_MAX];
	const uint8_t *mac = nic->information.mac;
	char url[64], text[24];

	run_address(&settings->address4, address4);
	run_address(&settings->address6, address6);
	run_url(settings, url, sizeof(url));
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	if (settings->is_json) {
		run_json(json_pack(
			"{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:i, s:s, s:i, "
			"s:s}",
			"event", "up", "vmm", settings->vmm->name, "host",
			settings->host, "driver", nic->information.driver,
			"mac", text, "mtu", (int)nic->information.mtu, "link",
			link->up ? "up" : "down", "mbps", (int)link->speed_mbps,
			"address4", address4, "prefix4", (int)settings->prefix4,
			"url", url));
		return;
	}
	printf("%s on %s %s, %s, MTU %u\n"
	       "link     %s, %u Mbit/s\n"
	       "address  %s/%u, %s/%u\n",
	       nic->information.driver, settings->vmm->name, settings->host,
	       text, nic->information.mtu, link->up ? "up" : "down",
	       link->speed_mbps, address4, settings->prefix4, address6,
	       settings->prefix6);
	if (settings->net == RUN_NET_PAIR)
		printf("pair     a second guest, " PAIR_ADDRESS4
		       ", " PAIR_ADDRESS6 ", visits this one\n");
	else
		printf("try      curl %s\n", url);
	if (settings->net == RUN_NET_USER && !settings->forward_count)
		printf("         (with --forward 8080:80, to be reached from "
		       "outside)\n");
	printf("Ctrl-C ends it.\n");
	fflush(stdout);
}

static void run_up(void *context, const struct nic *nic,
		   const struct nic_link *link)
{
	struct run_session *session = context;

	run_print_up(session->settings, nic, link);
	if (session->settings->net == RUN_NET_PAIR)
		live_pair_go(&session->pair);
}

/** Before the server goes away its visitor does. */
static void run_leave(void *context)
{
	struct run_session *session = context;

	if (session->settings->net == RUN_NET_PAIR)
		live_pair_end(&session->pair, &session->report);
}

static double run_mean(uint64_t sum, uint64_t count)
{
	return count ? (double)sum / (double)count : 0;
}

/** Said by the second process after each round, and by the first at the end. */
static void run_print_visit(const struct run_settings *settings,
			    const struct live_visit *visit)
{
	double fetched = run_mean(visit->fetched_bytes, visit->fetch_time);
	double echoed = run_mean(visit->echoed_bytes, visit->echo_time);
	double ping = run_mean(visit->ping_sum, visit->answers);

	if (settings->is_json) {
		run_json(json_pack(
			"{s:s, s:I, s:I, s:I, s:f, s:I, s:f, s:I, s:f}",
			"event", "visit", "rounds", (long long)visit->rounds,
			"pings", (long long)visit->pings, "answers",
			(long long)visit->answers, "ping_us",
			ping / NANOSECONDS_US, "fetched_bytes",
			(long long)visit->fetched_bytes, "fetch_mb_s",
			fetched * NANOSECONDS_US, "echoed_bytes",
			(long long)visit->echoed_bytes, "echo_mb_s",
			echoed * NANOSECONDS_US));
		return;
	}
	printf("visit    %" PRIu64 ": %" PRIu64 " of %" PRIu64
	       " pings (%.3f/%.3f/%.3f ms), %" PRIu64
	       " bytes fetched (%.1f MB/s), %" PRIu64 " echoed (%.1f MB/s)\n",
	       visit->rounds, visit->answers, visit->pings,
	       (double)visit->ping_least / NANOSECONDS_MS,
	       ping / NANOSECONDS_MS, (double)visit->ping_most / NANOSECONDS_MS,
	       visit->fetched_bytes, fetched * NANOSECONDS_US,
	       visit->echoed_bytes, echoed * NANOSECONDS_US);
	fflush(stdout);
}

static uint64_t run_drops(const struct nic_statistics *guest)
{
	return guest->rx_drop_no_buffer + guest->rx_drop_malformed +
	       guest->rx_drop_length + guest->rx_drop_error +
	       guest->rx_drop_stopped;
}

static uint64_t run_host_drops(const struct vmm_counters *host)
{
	return host->rx_drop_queue + host->rx_drop_filter + host->rx_drop_other;
}

static void run_down(const struct run_settings *settings,
		     const struct live_result *result)
{
	const struct nic_statistics *guest = &result->guest;
	const char *verdict = *result->reason ? "FAIL" : "PASS";

	if (settings->is_json) {
		run_json(json_pack(
			"{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
			"s:I, s:I, s:I, s:I}",
			"event", "end", "verdict", verdict, "reason",
			result->reason, "tx_frames",
			(long long)guest->tx_frames, "rx_frames",
			(long long)guest->rx_frames, "rx_drops",
			(long long)run_drops(guest), "host_drops",
			(long long)run_host_drops(&result->host), "doorbells",
			(long long)guest->doorbells, "interrupts",
			(long long)guest->interrupts, "connections",
			(long long)result->connections, "requests",
			(long long)result->requests, "echoed_bytes",
			(long long)result->echoed_bytes, "iperf_tests",
			(long long)result->iperf_tests, "iperf_bytes",
			(long long)result->iperf_bytes));
		return;
	}
	if (settings->net != RUN_NET_PAIR)
		putchar('\n');
	printf("sent     %" PRIu64 " frames, %" PRIu64 " bytes, %" PRIu64
	       " errors\n"
	       "received %" PRIu64 " frames, %" PRIu64
	       " bytes, dropped %" PRIu64
	       "; dropped by the host: queue %" PRIu64 ", filter %" PRIu64 "\n"
	       "signals  %" PRIu64 " doorbells, %" PRIu64 " interrupts\n"
	       "server   %" PRIu64 " connections, %u at once, %" PRIu64
	       " requests, %" PRIu64 " bytes echoed\n"
	       "iperf3   %" PRIu64 " tests, %" PRIu64 " bytes\n",
	       guest->tx_frames, guest->tx_bytes,
	       guest->tx_errors + guest->tx_invalid, guest->rx_frames,
	       guest->rx_bytes, run_drops(guest), result->host.rx_drop_queue,
	       result->host.rx_drop_filter, guest->doorbells, guest->interrupts,
	       result->connections, result->connections_peak, result->requests,
	       result->echoed_bytes, result->iperf_tests, result->iperf_bytes);
	if (*result->reason)
		printf("FAIL: %s\n", result->reason);
	else
		printf("PASS: nothing leaked, no rule broken\n");
}

/* ---- Running ---- */

static void run_visited(void *context, const struct live_visit *visit)
{
	run_print_visit(context, visit);
}

static void run_visitor_up(void *context, const struct nic *nic,
			   const struct nic_link *link)
{
	(void)context;
	(void)nic;
	(void)link;
}

/** The second process with its machine. @return the wire to it */
static struct wire *run_wire_pair(struct run_session *session, char *error)
{
	static const uint8_t mac[ETHERNET_ADDRESS_BYTES] = {0x02, 0, 0,
							    0,	  0, 0x01};
	const struct run_settings *settings = session->settings;
	const struct live_visitor_configuration visitor = {
		.servers = {settings->address4, settings->address6},
		.visited = run_visited,
		.context = (void *)settings,
	};
	struct live_configuration second = {
		.vmm = settings->vmm->name,
		.host = settings->host,
		.mtu = settings->mtu,
		.mac = mac,
		.prefix4 = settings->prefix4,
		.prefix6 = settings->prefix6,
		.visitor = &visitor,
		.up = run_visitor_up,
	};

	ipaddr_aton(PAIR_ADDRESS4, &second.address4);
	ipaddr_aton(PAIR_ADDRESS6, &second.address6);
	if (!live_pair_start(&session->pair, &second, error))
		return NULL;
	return session->pair.wire;
}

static struct wire *run_wire(struct run_session *session)
{
	const struct run_settings *settings = session->settings;
	char error[WIRE_ERROR_MAX];
	struct wire *wire;

	if (settings->net == RUN_NET_TAP)
		wire = wire_device_create(settings->tap, error);
	else if (settings->net == RUN_NET_PAIR)
		wire = run_wire_pair(session, error);
	else
		wire = wire_user_create(ip_2_ip4(&settings->address4)->addr,
					settings->mtu, settings->forwards,
					settings->forward_count, error);
	if (!wire)
		cli_complain("%s", error);
	return wire;
}

/** What the second guest has to tell is part of the result. */
static void run_visit_judge(const struct run_session *session,
			    struct live_result *result)
{
	const struct live_pair_report *report = &session->report;
	const char *reason = report->visit.reason;

	/* Below the last round's line, above the counters. */
	if (!session->settings->is_json)
		putchar('\n');
	run_print_visit(session->settings, &report->visit);
	if (*report->reason)
		reason = report->reason;
	else if (!*reason && !report->visit.answers)
		reason = "nothing was answered";
	if (*reason && !*result->reason)
		snprintf(result->reason, sizeof(result->reason),
			 "the second guest: %.400s", reason);
}

static enum cli_exit run_live(struct run_session *session, struct wire *wire)
{
	const struct run_settings *settings = session->settings;
	struct live_configuration configuration = {
		.vmm = settings->vmm->name,
		.host = settings->host,
		.wire = wire,
		.mtu = settings->mtu,
		.observer = tracing_observer(&session->tracing),
		.address4 = settings->address4,
		.address6 = settings->address6,
		.prefix4 = settings->prefix4,
		.prefix6 = settings->prefix6,
		.duration = settings->duration,
		.page = session->page,
		.up = run_up,
		.down = run_leave,
		.context = session,
	};
	struct live_result result;

	if (settings->net == RUN_NET_USER)
		ipaddr_aton("10.0.2.2", &configuration.gateway4);
	snprintf(session->page, sizeof(session->page),
		 "This is a guest of vmmsim: lwIP behind a guest's driver on a "
		 "simulated host\n(%s %s).\n\n"
		 "GET /bytes/N  N bytes; the byte at offset i is i %% %u\n"
		 "port 7        echo\n"
		 "port 5201     iperf3's server (TCP)\n",
		 settings->vmm->name, settings->host, LIVE_SERVER_PERIOD);
	live_run(&configuration, &result);
	run_leave(session);
	if (settings->net == RUN_NET_PAIR)
		run_visit_judge(session, &result);
	run_down(settings, &result);
	snprintf(session->reason, sizeof(session->reason), "%s", result.reason);
	return *result.reason ? CLI_FAIL : CLI_PASS;
}

/** Whether the hypervisor has that host, an honest one; it is said if not. */
static bool run_has_host(struct run_settings *settings)
{
	struct vmm_host host;
	char error[CLI_ERROR_MAX];

	if (!settings->host)
		settings->host = settings->vmm->host_default;
	if (vmm_host_find(settings->vmm, settings->host, &host) &&
	    !host.is_hostile)
		return true;
	vmm_host_complain(settings->vmm, settings->host, VMM_WANTS_ONE, error,
			  sizeof(error));
	cli_complain("option '--host' %s", error);
	return false;
}

/** Options that do not go together; it is said if any are. */
static bool run_fits(const struct run_settings *settings)
{
	if (settings->net != RUN_NET_USER && settings->forward_count)
		cli_complain("option '--forward' goes with '--net user' only");
	else if (settings->net == RUN_NET_PAIR &&
		 (settings->prefix4 || settings->prefix6))
		cli_complain("option '--address' does not go with '--net "
			     "pair'");
	else
		return true;
	return false;
}

/** With what passes in a capture, if that is asked for. */
static enum cli_exit run_captured(struct run_session *session,
				  struct wire *wire)
{
	const char *capture = session->settings->capture;
	struct capture_writer *writer = NULL;
	char error[CAPTURE_ERROR_MAX];
	enum cli_exit status;
	struct wire *recorder;

	if (capture) {
		writer = capture_writer_open(capture, UINT16_MAX, true, error);
		recorder = writer ? wire_recorder_create(wire, writer) : NULL;
		if (!recorder) {
			cli_complain("%s", writer ? "out of memory" : error);
			if (writer)
				capture_writer_close(writer, error);
			wire_destroy(wire);
			return CLI_USAGE;
		}
		wire = recorder;
	}
	status = run_live(session, wire);
	wire_destroy(wire);
	if (writer && !capture_writer_close(writer, error)) {
		cli_complain("%s", error);
		if (status == CLI_PASS)
			status = CLI_USAGE;
	}
	return status;
}

/** With traces of it, if those are asked for. */
static enum cli_exit run_traced(struct run_session *session, struct wire *wire,
				const char *about)
{
	char error[TRACE_FILE_ERROR_MAX];
	enum cli_exit status;

	if (!tracing_open(&session->tracing, about, error)) {
		cli_complain("%s", error);
		wire_destroy(wire);
		return CLI_USAGE;
	}
	status = run_captured(session, wire);
	if (!tracing_close(&session->tracing, error)) {
		cli_complain("%s", error);
		if (status == CLI_PASS)
			status = CLI_USAGE;
	}
	return status;
}

/** A run that failed leaves the end of its trace: it cannot be repeated. */
static void run_leave_trace(const struct run_session *session,
			    struct trace_recording *recording,
			    const char *about)
{
	struct run_settings *settings = (void *)session->settings;
	char name[FAILURE_NAME_MAX], text[FAILURE_TEXT_MAX];

	snprintf(name, sizeof(name), "run-%s", settings->host);
	failure_files_write(&settings->failure_files, recording, name, 0, about,
			    session->reason, text);
	if (settings->is_json) {
		run_json(json_pack("{s:s, s:o}", "event", "trace", "trace",
				   text_json(text)));
		return;
	}
	text_print(stdout, "trace: %s", text);
	putchar('\n');
}

/** With a recording of its end, unless nothing is to be left of a failure. */
static enum cli_exit run_recorded(struct run_session *session,
				  struct wire *wire)
{
	const struct run_settings *settings = session->settings;
	struct trace_recording *recording = NULL;
	enum cli_exit status;
	char about[128];

	session->tracing = settings->tracing;
	snprintf(about, sizeof(about), "vmm=%s host=%s mtu=%u seed=0",
		 settings->vmm->name, settings->host, settings->mtu);
	if (failure_files_are_wanted(&settings->failure_files))
		recording = trace_recording_create(FAILURE_FILES_BYTES, false);
	if (recording)
		session->tracing.also = trace_recording_observer(recording);
	status = run_traced(session, wire, about);
	if (recording && *session->reason)
		run_leave_trace(session, recording, about);
	trace_recording_destroy(recording);
	return status;
}

static enum cli_exit run_run(const struct cli_call *call)
{
	struct run_settings *settings = call->settings;
	struct run_session session = {.settings = settings};
	enum cli_exit status;
	struct wire *wire;

	if (!run_fits(settings) || !run_has_host(settings))
		return CLI_USAGE;
	run_settings_finish(settings);
	wire = run_wire(&session);
	if (!wire)
		return CLI_USAGE;
	status = run_recorded(&session, wire);
	run_leave(&session);
	return status;
}

const struct cli_command cli_run_command = {
	.name = "run",
	.operands = "",
	.summary = "Run a live machine with a web and an echo server",
	.text = "A guest with lwIP behind its driver, on a simulated host, in "
		"real time. It\n"
		"answers GET / and GET /bytes/N on port 80, echoes on port 7, "
		"and is a server\n"
		"of iperf3 (TCP) on port 5201, until Ctrl-C, SIGTERM, or "
		"--duration; then it\n"
		"takes the card down and says what was counted, and whether "
		"anything leaked.\n\n"
		"    vmmsim run --forward 8080:80 &\n"
		"    curl http://127.0.0.1:8080/bytes/1000000 | sha256sum\n"
		"    vmmsim run --net pair --duration 10\n\n"
		"Exit status: 1 if the card failed or anything leaked; 2 if "
		"the network or\n"
		"a file cannot be opened or written; else 0.\n",
	.options = run_options,
	.option_count = sizeof(run_options) / sizeof(run_options[0]),
	.settings_bytes = sizeof(struct run_settings),
	.init = run_settings_init,
	.run = run_run,
};
