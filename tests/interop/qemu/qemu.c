/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How QEMU is started, spoken to and ended.
 *
 * Debian's has no accelerator "qtest", so its vCPU runs under TCG on firmware
 * of four instructions that halt it; a machine that is stopped would keep
 * frames back instead. qtest's server writes lines of interrupts between its
 * answers, those that an access caused before the answer to it.
 */
#define _GNU_SOURCE /* memfd_create(), ppoll() */
#include "tests/interop/qemu/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define QEMU_PROGRAM	 "qemu-system-x86_64"
/** The first release with -netdev dgram. */
#define QEMU_MAJOR_LEAST 7
#define QEMU_MINOR_LEAST 2
#define FIRMWARE_BYTES	 65536u
/** Where a processor begins: 16 bytes before the end. */
#define FIRMWARE_RESET	 (FIRMWARE_BYTES - 16u)
/** How long QEMU may take for anything at all, in milliseconds. */
#define ANSWER_LIMIT	 10000
#define LINE_MAX_BYTES	 4096u
#define ARGUMENTS_MAX	 64u
#define ARGUMENT_BYTES	 128u
#define OPTIONS_MAX	 8u
/** Requests, monitor, network, serial port. */
#define SOCKETS		 4u

/** A socket of lines, and what came of the next one. */
struct channel {
	int descriptor;
	char text[LINE_MAX_BYTES];
	size_t used;
};

struct qemu {
	struct qemu_configuration configuration;
	pid_t process;
	int memory, firmware, errors, wire, serial;
	struct channel qtest, monitor;
	uint64_t accesses;
	bool is_ended;
	int status;
	char failure[QEMU_REASON_MAX];
};

__attribute__((format(printf, 2, 3))) static void
qemu_fail(struct qemu *qemu, const char *format, ...)
{
	va_list arguments;

	if (qemu->failure[0])
		return;
	va_start(arguments, format);
	vsnprintf(qemu->failure, sizeof(qemu->failure), format, arguments);
	va_end(arguments);
}

const char *qemu_failure(const struct qemu *qemu)
{
	return qemu->failure;
}

int qemu_memory(const struct qemu *qemu)
{
	return qemu->memory;
}

uint64_t qemu_accesses(const struct qemu *qemu)
{
	return qemu->accesses;
}

/* ---- Lines of text ---- */

/** Wait for something to read. @return false: nothing came in that time */
static bool channel_wait(const struct channel *channel, int milliseconds)
{
	struct pollfd wanted = {channel->descriptor, POLLIN, 0};
	int ready;

	do
		ready = poll(&wanted, 1, milliseconds);
	while (ready < 0 && errno == EINTR);
	return ready > 0;
}

/** Read what is there. @return false: the other end is closed */
static bool channel_fill(struct channel *channel)
{
	ssize_t bytes;

	bytes = recv(channel->descriptor, channel->text + channel->used,
		     sizeof(channel->text) - 1 - channel->used, MSG_DONTWAIT);
	if (bytes > 0)
		channel->used += (size_t)bytes;
	return bytes > 0 || (bytes < 0 && (errno == EAGAIN || errno == EINTR));
}

/** Take the first line that is there whole. @return false: there is none */
static bool channel_take(struct channel *channel, char line[LINE_MAX_BYTES])
{
	char *end = memchr(channel->text, '\n', channel->used);
	size_t bytes;

	if (!end)
		return false;
	bytes = (size_t)(end - channel->text);
	memcpy(line, channel->text, bytes);
	line[bytes] = '\0';
	channel->used -= bytes + 1;
	memmove(channel->text, end + 1, channel->used);
	return true;
}

/** The next line, waited for. @return false: noted what is wrong */
static bool channel_line(struct qemu *qemu, struct channel *channel,
			 char line[LINE_MAX_BYTES])
{
	while (!qemu->failure[0]) {
		if (channel_take(channel, line))
			return true;
		if (!channel_wait(channel, ANSWER_LIMIT))
			qemu_fail(qemu, "QEMU did not answer for %d s",
				  ANSWER_LIMIT / 1000);
		else if (!channel_fill(channel))
			qemu_fail(qemu, "QEMU closed its socket");
		else if (channel->used == sizeof(channel->text) - 1 &&
			 !memchr(channel->text, '\n', channel->used))
			qemu_fail(qemu, "QEMU answers without end");
	}
	return false;
}

static void channel_send(struct qemu *qemu, struct channel *channel,
			 const char *line)
{
	size_t bytes = strlen(line);
	ssize_t sent;

	while (bytes && !qemu->failure[0]) {
		sent = send(channel->descriptor, line, bytes, MSG_NOSIGNAL);
		if (sent < 0 && errno != EINTR)
			qemu_fail(qemu, "QEMU takes no requests: %s",
				  strerror(errno));
		if (sent > 0) {
			line += sent;
			bytes -= (size_t)sent;
		}
	}
}

/* ---- qtest ---- */

/** Whether a line tells of an interrupt; the owner is told if so. */
static bool qtest_interrupt(struct qemu *qemu, const char *line)
{
	const struct qemu_configuration *configuration = &qemu->configuration;
	bool asserted = strncmp(line, "IRQ raise ", 10) == 0;
	unsigned long number;

	if (!asserted && strncmp(line, "IRQ lower ", 10) != 0)
		return false;
	number = strtoul(line + 10, NULL, 10);
	if (number < QEMU_LINES && configuration->line)
		configuration->line(configuration->context, (unsigned)number,
				    asserted);
	return true;
}

/** Ask, and wait for the answer. @return false: there was none, or a refusal */
static bool qtest_ask(struct qemu *qemu, const char *request,
		      char answer[LINE_MAX_BYTES])
{
	channel_send(qemu, &qemu->qtest, request);
	do {
		if (!channel_line(qemu, &qemu->qtest, answer))
			return false;
	} while (qtest_interrupt(qemu, answer));
	if (strncmp(answer, "OK", 2) == 0)
		return true;
	qemu_fail(qemu, "QEMU refused '%.*s': %s", (int)strcspn(request, "\n"),
		  request, answer);
	return false;
}

void qemu_lines(struct qemu *qemu)
{
	char line[LINE_MAX_BYTES];

	if (qemu->failure[0])
		return;
	if (!channel_fill(&qemu->qtest))
		qemu_fail(qemu, "QEMU closed its socket");
	while (channel_take(&qemu->qtest, line))
		if (!qtest_interrupt(qemu, line))
			qemu_fail(qemu, "QEMU says unasked: %s", line);
}

/** The letter of qtest's verbs for a width. */
static char width_letter(unsigned width)
{
	return width == 1 ? 'b' : width == 2 ? 'w' : width == 4 ? 'l' : 'q';
}

uint64_t qemu_read(struct qemu *qemu, enum qemu_space space, uint64_t address,
		   unsigned width)
{
	char request[ARGUMENT_BYTES], answer[LINE_MAX_BYTES];

	qemu->accesses++;
	snprintf(request, sizeof(request), "%s%c 0x%" PRIx64 "\n",
		 space == QEMU_PORTS ? "in" : "read", width_letter(width),
		 address);
	if (!qtest_ask(qemu, request, answer))
		return UINT64_MAX;
	return strtoull(answer + 2, NULL, 0);
}

void qemu_write(struct qemu *qemu, enum qemu_space space, uint64_t address,
		uint64_t value, unsigned width)
{
	char request[ARGUMENT_BYTES], answer[LINE_MAX_BYTES];

	qemu->accesses++;
	/* qtest takes no value that is wider than its access. */
	if (width < 8)
		value &= ((uint64_t)1 << 8 * width) - 1;
	snprintf(request, sizeof(request), "%s%c 0x%" PRIx64 " 0x%" PRIx64 "\n",
		 space == QEMU_PORTS ? "out" : "write", width_letter(width),
		 address, value);
	qtest_ask(qemu, request, answer);
}

/* ---- The monitor ---- */

/** Give a command, and wait for its return; events on the way are not ours. */
static void monitor_ask(struct qemu *qemu, const char *command)
{
	char answer[LINE_MAX_BYTES];

	channel_send(qemu, &qemu->monitor, command);
	while (channel_line(qemu, &qemu->monitor, answer)) {
		if (strncmp(answer, "{\"return\"", 9) == 0)
			return;
		if (strncmp(answer, "{\"error\"", 8) == 0)
			qemu_fail(qemu, "QEMU refused '%.*s': %s",
				  (int)strcspn(command, "\n"), command, answer);
	}
}

void qemu_link_set(struct qemu *qemu, bool up)
{
	char command[ARGUMENT_BYTES];

	snprintf(command, sizeof(command),
		 "{\"execute\":\"set_link\",\"arguments\":"
		 "{\"name\":\"" QEMU_NETWORK "\",\"up\":%s}}\n",
		 up ? "true" : "false");
	monitor_ask(qemu, command);
}

void qemu_announce(struct qemu *qemu)
{
	monitor_ask(qemu, "{\"execute\":\"announce-self\",\"arguments\":"
			  "{\"initial\":50,\"max\":50,\"rounds\":1,"
			  "\"step\":1}}\n");
}

/* ---- The wire ---- */

bool qemu_wire_send(struct qemu *qemu, const void *frame, size_t bytes)
{
	ssize_t sent;

	if (qemu->failure[0])
		return false;
	sent = send(qemu->wire, frame, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
		qemu_fail(qemu, "QEMU takes no frames: %s", strerror(errno));
	return sent >= 0;
}

size_t qemu_wire_receive(struct qemu *qemu, void *frame, size_t bytes)
{
	ssize_t got = recv(qemu->wire, frame, bytes, MSG_DONTWAIT);

	return got > 0 ? (size_t)got : 0;
}

void qemu_wait(struct qemu *qemu, unsigned microseconds)
{
	struct pollfd wanted[] = {
		{qemu->wire, POLLIN, 0},
		{qemu->qtest.descriptor, POLLIN, 0},
	};
	const struct timespec time = {0, (long)microseconds * 1000};

	/* Whether it was long enough is not for this to say. */
	if (!qemu->failure[0])
		(void)ppoll(wanted, 2, &time, NULL);
}

/* ---- The serial port ---- */

size_t qemu_serial_send(struct qemu *qemu, const void *data, size_t bytes)
{
	ssize_t sent =
		send(qemu->serial, data, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		qemu_fail(qemu, "QEMU's serial port takes nothing: %s",
			  strerror(errno));
	return sent > 0 ? (size_t)sent : 0;
}

size_t qemu_serial_receive(struct qemu *qemu, void *data, size_t bytes)
{
	ssize_t got = recv(qemu->serial, data, bytes, MSG_DONTWAIT);

	return got > 0 ? (size_t)got : 0;
}

/* ---- Life ---- */

bool qemu_is_there(char *reason)
{
	int major = 0, minor = 0;
	char text[256] = "";
	FILE *said = popen(QEMU_PROGRAM " -version 2>&1", "r");
	const char *place;

	if (said) {
		if (!fgets(text, sizeof(text), said))
			text[0] = '\0';
		pclose(said);
	}
	place = strstr(text, "version ");
	if (!place || sscanf(place, "version %d.%d", &major, &minor) != 2)
		snprintf(reason, QEMU_REASON_MAX,
			 QEMU_PROGRAM " is not installed");
	else if (major < QEMU_MAJOR_LEAST ||
		 (major == QEMU_MAJOR_LEAST && minor < QEMU_MINOR_LEAST))
		snprintf(reason, QEMU_REASON_MAX,
			 QEMU_PROGRAM " %d.%d has no -netdev dgram, %d.%d has",
			 major, minor, QEMU_MAJOR_LEAST, QEMU_MINOR_LEAST);
	else
		return true;
	return false;
}

/** Firmware that halts: cli; hlt; and once more after an interrupt. */
static int firmware_create(void)
{
	static const uint8_t halt[] = {0xfa, 0xf4, 0xeb, 0xfd};
	int file = memfd_create("firmware", MFD_CLOEXEC);
	char page[4096];
	unsigned n;

	memset(page, 0xff, sizeof(page));
	for (n = 0; file >= 0 && n < FIRMWARE_BYTES; n += sizeof(page))
		if (write(file, page, sizeof(page)) != sizeof(page))
			return -1;
	if (file >= 0 &&
	    pwrite(file, halt, sizeof(halt), FIRMWARE_RESET) != sizeof(halt))
		return -1;
	return file;
}

/** The child: its descriptors survive, and it does not survive its parent. */
static _Noreturn void qemu_execute(struct qemu *qemu, pid_t parent,
				   const int descriptors[], unsigned count,
				   char *const arguments[])
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	unsigned n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	for (n = 0; n < count; n++)
		fcntl(descriptors[n], F_SETFD, 0);
	dup2(nothing, STDIN_FILENO);
	dup2(qemu->errors, STDOUT_FILENO);
	dup2(qemu->errors, STDERR_FILENO);
	execvp(arguments[0], arguments);
	dprintf(STDERR_FILENO, "%s: %s\n", arguments[0], strerror(errno));
	_exit(127);
}

/** The command line, put together. */
struct command {
	char *arguments[ARGUMENTS_MAX];
	char options[OPTIONS_MAX][ARGUMENT_BYTES];
	unsigned count, option_count;
};

static void command_add(struct command *command, const char *argument)
{
	/* exec() does not write to them, whatever its declaration says. */
	if (command->count < ARGUMENTS_MAX - 1)
		command->arguments[command->count++] =
			(char *)(uintptr_t)argument;
}

__attribute__((format(printf, 3, 4))) static void
command_option(struct command *command, const char *option, const char *format,
	       ...)
{
	char *text = command->options[command->option_count++];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, ARGUMENT_BYTES, format, arguments);
	va_end(arguments);
	command_add(command, option);
	command_add(command, text);
}

static void command_build(struct command *command, const struct qemu *qemu,
			  const int sockets[SOCKETS])
{
	static const char *const all[] = {
		QEMU_PROGRAM,
		"-nodefaults",
		"-no-user-config",
		"-display",
		"none",
		"-accel",
		"tcg",
		"-qtest",
		"chardev:qtest",
		"-qtest-log",
		"none",
		"-mon",
		"chardev=monitor,mode=control",
	};
	const struct qemu_configuration *it = &qemu->configuration;
	unsigned n;

	for (n = 0; n < sizeof(all) / sizeof(all[0]); n++)
		command_add(command, all[n]);
	command_option(command, "-bios", "/proc/self/fd/%d", qemu->firmware);
	command_option(command, "-m", "%" PRIu64 "M", it->ram_bytes >> 20);
	command_option(command, "-object",
		       "memory-backend-file,id=" QEMU_MEMORY ",size=%" PRIu64
		       "M,share=on,mem-path=/proc/self/fd/%d",
		       it->ram_bytes >> 20, qemu->memory);
	command_option(command, "-chardev", "socket,id=qtest,fd=%d",
		       sockets[0]);
	command_option(command, "-chardev", "socket,id=monitor,fd=%d",
		       sockets[1]);
	command_option(command, "-chardev", "socket,id=" QEMU_SERIAL ",fd=%d",
		       sockets[3]);
	if (it->tap)
		command_option(command, "-netdev",
			       "tap,id=" QEMU_NETWORK
			       ",ifname=%s,queues=%u,script=no,downscript=no",
			       it->tap, it->tap_queues ? it->tap_queues : 1);
	else
		command_option(command, "-netdev",
			       "dgram,id=" QEMU_NETWORK
			       ",local.type=fd,local.str=%d",
			       sockets[2]);
	for (n = 0; it->arguments[n]; n++)
		command_add(command, it->arguments[n]);
}

static bool qemu_spawn(struct qemu *qemu, const int sockets[SOCKETS])
{
	struct command command = {0};
	const int descriptors[] = {sockets[0], sockets[1],   sockets[2],
				   sockets[3], qemu->memory, qemu->firmware};
	pid_t parent = getpid();

	command_build(&command, qemu, sockets);
	qemu->process = fork();
	if (qemu->process == 0)
		qemu_execute(qemu, parent, descriptors,
			     sizeof(descriptors) / sizeof(descriptors[0]),
			     command.arguments);
	if (qemu->process < 0)
		qemu_fail(qemu, "fork: %s", strerror(errno));
	return qemu->process > 0;
}

/** Files and sockets; theirs are the ends that are QEMU's. */
static bool qemu_connect(struct qemu *qemu, int theirs[SOCKETS])
{
	static const int types[SOCKETS] = {SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM,
					   SOCK_STREAM};
	int *const ours[SOCKETS] = {&qemu->qtest.descriptor,
				    &qemu->monitor.descriptor, &qemu->wire,
				    &qemu->serial};
	unsigned n;
	int ends[2];

	qemu->memory = memfd_create("memory", MFD_CLOEXEC);
	qemu->firmware = firmware_create();
	qemu->errors = memfd_create("errors", MFD_CLOEXEC);
	if (qemu->memory < 0 || qemu->firmware < 0 || qemu->errors < 0 ||
	    ftruncate(qemu->memory, (off_t)qemu->configuration.ram_bytes) < 0) {
		qemu_fail(qemu, "memory for QEMU: %s", strerror(errno));
		return false;
	}
	for (n = 0; n < SOCKETS; n++) {
		if (socketpair(AF_UNIX, types[n] | SOCK_CLOEXEC, 0, ends) < 0) {
			qemu_fail(qemu, "socketpair: %s", strerror(errno));
			return false;
		}
		*ours[n] = ends[0];
		theirs[n] = ends[1];
	}
	return true;
}

/** The first words on both sockets. */
static void qemu_greet(struct qemu *qemu)
{
	char answer[LINE_MAX_BYTES];

	if (channel_line(qemu, &qemu->monitor, answer))
		monitor_ask(qemu, "{\"execute\":\"qmp_capabilities\"}\n");
	qtest_ask(qemu, "endianness\n", answer);
	qtest_ask(qemu, "irq_intercept_in ioapic\n", answer);
}

static void close_all(int descriptors[], unsigned count)
{
	unsigned n;

	for (n = 0; n < count; n++) {
		if (descriptors[n] >= 0)
			close(descriptors[n]);
		descriptors[n] = -1;
	}
}

struct qemu *qemu_start(const struct qemu_configuration *configuration,
			char *reason)
{
	struct qemu *qemu = calloc(1, sizeof(*qemu));
	int theirs[SOCKETS] = {-1, -1, -1, -1};

	if (!qemu) {
		snprintf(reason, QEMU_REASON_MAX, "out of memory");
		return NULL;
	}
	qemu->configuration = *configuration;
	qemu->memory = qemu->firmware = qemu->errors = -1;
	qemu->wire = qemu->serial = -1;
	qemu->qtest.descriptor = qemu->monitor.descriptor = -1;
	if (qemu_connect(qemu, theirs) && qemu_spawn(qemu, theirs)) {
		close_all(theirs, SOCKETS);
		qemu_greet(qemu);
	}
	close_all(theirs, SOCKETS);
	if (!qemu->failure[0])
		return qemu;
	qemu_stop(qemu, reason);
	return NULL;
}

/** Wait for its end, and note how it was. */
static void qemu_reap(struct qemu *qemu)
{
	const struct timespec pause = {0, 1000000};
	unsigned tries;
	pid_t ended = 0;

	if (qemu->process <= 0 || qemu->is_ended)
		return;
	for (tries = 0; tries < ANSWER_LIMIT && ended == 0; tries++) {
		ended = waitpid(qemu->process, &qemu->status, WNOHANG);
		if (ended == 0)
			nanosleep(&pause, NULL);
	}
	if (ended == 0) {
		qemu_fail(qemu, "QEMU did not end when asked to");
		kill(qemu->process, SIGKILL);
		waitpid(qemu->process, &qemu->status, 0);
	}
	qemu->is_ended = true;
}

void qemu_kill(struct qemu *qemu)
{
	kill(qemu->process, SIGKILL);
	qemu_reap(qemu);
}

/** What it printed and how it ended, behind what failed before. */
static void qemu_report(struct qemu *qemu, char *reason)
{
	char said[QEMU_REASON_MAX / 2] = "";
	int status = qemu->status;
	ssize_t bytes;

	bytes = pread(qemu->errors, said, sizeof(said) - 1, 0);
	if (bytes > 0)
		said[bytes] = '\0';
	if (!qemu->failure[0] && status == 0 && bytes <= 0)
		return;
	snprintf(reason, QEMU_REASON_MAX, "%.900s; it ended with %s %d%s%s",
		 qemu->failure[0] ? qemu->failure : "QEMU ran",
		 WIFSIGNALED(status) ? "signal" : "status",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		 said[0] ? " and wrote: " : "", said);
}

bool qemu_stop(struct qemu *qemu, char *reason)
{
	int files[] = {
		qemu->memory, qemu->firmware,	      qemu->errors,
		qemu->wire,   qemu->qtest.descriptor, qemu->monitor.descriptor,
		qemu->serial};

	reason[0] = '\0';
	if (!qemu->failure[0] && !qemu->is_ended)
		monitor_ask(qemu, "{\"execute\":\"quit\"}\n");
	else if (qemu->process > 0 && !qemu->is_ended)
		kill(qemu->process, SIGTERM);
	qemu_reap(qemu);
	qemu_report(qemu, reason);
	close_all(files, sizeof(files) / sizeof(files[0]));
	free(qemu);
	return !reason[0];
}
