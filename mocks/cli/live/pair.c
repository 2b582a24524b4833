/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The second process: started before there are threads, told to begin by a byte
 * and to end by SIGTERM, and never left behind.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mocks/cli/live/pair.h"

/** Bytes of frames that may be on their way in one direction. */
#define PAIR_WIRE_BYTES (4 << 20)

/* ---- The second process ---- */

/** @return false: the first machine never came up */
static bool pair_may_begin(int control)
{
	char byte;

	return read(control, &byte, 1) == 1;
}

_Noreturn static void pair_second(int wire, int control,
				  struct live_configuration *configuration)
{
	struct live_pair_report report = {.reason = ""};
	struct live_result result;

	/* Ctrl-C is for the first, which sees to it that we end; and so does
	 * the kernel, if the first does not live to do it. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	configuration->wire = wire_descriptor_create(wire);
	if (!configuration->wire || !pair_may_begin(control))
		exit(EXIT_FAILURE);
	live_run(configuration, &result);
	memcpy(report.reason, result.reason, sizeof(report.reason));
	report.visit = result.visit;
	wire_destroy(configuration->wire);
	if (write(control, &report, sizeof(report)) != sizeof(report))
		exit(EXIT_FAILURE);
	exit(EXIT_SUCCESS);
}

/* ---- The first ---- */

static void pair_sockets_close(const int sockets[2])
{
	if (sockets[0] >= 0)
		close(sockets[0]);
	if (sockets[1] >= 0)
		close(sockets[1]);
}

/** The sockets of the wire, and those of the control connection. */
static bool pair_sockets(int wire[2], int control[2])
{
	const int bytes = PAIR_WIRE_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, wire) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0)
		return false;
	/* As much as the system lets us have: the rest is lost, as on wires. */
	for (unsigned i = 0; i < 2; i++)
		setsockopt(wire[i], SOL_SOCKET, SO_SNDBUF, &bytes,
			   sizeof(bytes));
	return true;
}

/** Until it can wait for them, a signal must not end the second process. */
static void pair_signals_block(sigset_t *before)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, before);
}

bool live_pair_start(struct live_pair *pair,
		     const struct live_configuration *second, char *error)
{
	struct live_configuration configuration = *second;
	int wire[2] = {-1, -1}, control[2] = {-1, -1};

	memset(pair, 0, sizeof(*pair));
	fflush(stdout);
	pair_signals_block(&pair->before);
	if (pair_sockets(wire, control))
		pair->wire = wire_descriptor_create(wire[0]);
	pair->process = pair->wire ? fork() : -1;
	if (pair->process == 0) {
		wire_destroy(pair->wire);
		close(control[0]);
		pair_second(wire[1], control[1], &configuration);
	}
	if (pair->process < 0) {
		snprintf(error, WIRE_ERROR_MAX,
			 "cannot start a second machine: %s", strerror(errno));
		if (pair->wire) {
			wire_destroy(pair->wire);
			wire[0] = -1;
		}
		pair_sockets_close(wire);
		pair_sockets_close(control);
		pair->process = 0;
		sigprocmask(SIG_SETMASK, &pair->before, NULL);
		return false;
	}
	close(wire[1]);
	close(control[1]);
	pair->control = control[0];
	return true;
}

void live_pair_go(struct live_pair *pair)
{
	/* If it is gone, live_pair_end() will find out. */
	if (send(pair->control, "", 1, MSG_NOSIGNAL) < 0)
		return;
}

void live_pair_end(struct live_pair *pair, struct live_pair_report *report)
{
	ssize_t bytes;

	if (!pair->process)
		return;
	kill(pair->process, SIGTERM);
	shutdown(pair->control, SHUT_WR);
	bytes = recv(pair->control, report, sizeof(*report), MSG_WAITALL);
	if (bytes != (ssize_t)sizeof(*report)) {
		memset(report, 0, sizeof(*report));
		snprintf(report->reason, sizeof(report->reason),
			 "the second machine ended without a word");
	}
	close(pair->control);
	while (waitpid(pair->process, NULL, 0) < 0 && errno == EINTR)
		;
	pair->process = 0;
	sigprocmask(SIG_SETMASK, &pair->before, NULL);
}
