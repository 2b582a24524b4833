/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A child for each run; it writes its result into a pipe and is gone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mocks/cli/scenario/jobs.h"

struct job {
	/** 0: a free place. */
	pid_t process;
	int pipe;
	uint64_t number;
	time_t deadline;
	bool timed_out;
	struct scenario_case it;
	/** What came of the result so far. */
	struct scenario_result result;
	size_t bytes;
};

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/** What a run says on its way down was said already. */
static void silence(void)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere >= 0)
		dup2(nowhere, STDERR_FILENO);
}

static _Noreturn void child(const struct scenario_case *it, int to,
			    const struct scenario_jobs *jobs)
{
	struct trace_observer observer = {.event = NULL};
	struct scenario_result result;
	const char *from = (const char *)&result;
	size_t left = sizeof(result);
	ssize_t n;

	if (jobs->is_silent)
		silence();
	if (jobs->recording)
		observer = trace_recording_observer(jobs->recording);
	scenario_run(it, &observer, &result);
	while (left) {
		n = write(to, from, left);
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0) {
			from += n;
			left -= (size_t)n;
		}
	}
	_exit(0);
}

static int seconds_of(const struct scenario_jobs *jobs)
{
	return jobs->seconds ? jobs->seconds : SCENARIO_SECONDS;
}

static bool job_start(struct job *job, uint64_t number,
		      const struct scenario_jobs *jobs)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	/* What is still to be written is the parent's to write. */
	fflush(NULL);
	job->process = fork();
	if (job->process == 0)
		child(&job->it, ends[1], jobs);
	close(ends[1]);
	job->pipe = ends[0];
	job->number = number;
	job->deadline = seconds() + seconds_of(jobs);
	job->timed_out = false;
	job->bytes = 0;
	if (job->process > 0)
		return true;
	close(job->pipe);
	job->process = 0;
	return false;
}

/** Its pipe is closed: what came of it? */
static void job_finish(struct job *job, const struct scenario_jobs *jobs)
{
	struct scenario_result *result = &job->result;
	int status = 0;

	close(job->pipe);
	while (waitpid(job->process, &status, 0) < 0 && errno == EINTR)
		continue;
	job->process = 0;
	if (job->bytes != sizeof(*result) || status) {
		memset(result, 0, sizeof(*result));
		result->timed_out = job->timed_out;
		if (job->timed_out)
			snprintf(result->reason, sizeof(result->reason),
				 "it ran for more than %d seconds",
				 seconds_of(jobs));
		else if (WIFSIGNALED(status))
			snprintf(result->reason, sizeof(result->reason),
				 "its process was ended by signal %d (%s)",
				 WTERMSIG(status), strsignal(WTERMSIG(status)));
		else
			snprintf(result->reason, sizeof(result->reason),
				 "its process ended with status %d",
				 WEXITSTATUS(status));
	}
	jobs->done(jobs->context, job->number, &job->it, result);
}

/** Read on. @return whether that was all */
static bool job_read(struct job *job)
{
	char beyond;
	char *to = (char *)&job->result + job->bytes;
	size_t room = sizeof(job->result) - job->bytes;
	ssize_t n =
		room ? read(job->pipe, to, room) : read(job->pipe, &beyond, 1);

	if (n > 0 && room)
		job->bytes += (size_t)n;
	return n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
}

/** Wait for any of them, and take what there is. */
static void jobs_wait(const struct scenario_jobs *jobs, struct job job[],
		      unsigned count)
{
	struct pollfd polled[SCENARIO_JOBS_MAX];
	time_t now;
	unsigned i;

	for (i = 0; i < count; i++) {
		polled[i].fd = job[i].process ? job[i].pipe : -1;
		polled[i].events = POLLIN;
		polled[i].revents = 0;
	}
	poll(polled, count, 1000);
	now = seconds();
	for (i = 0; i < count; i++) {
		if (!job[i].process)
			continue;
		if (polled[i].revents && job_read(&job[i])) {
			job_finish(&job[i], jobs);
		} else if (now > job[i].deadline && !job[i].timed_out) {
			job[i].timed_out = true;
			kill(job[i].process, SIGKILL);
		}
	}
}

static bool is_running(const struct job job[], unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (job[i].process)
			return true;
	return false;
}

bool scenario_jobs_run(const struct scenario_jobs *jobs, unsigned parallel)
{
	static const struct job none;
	struct job job[SCENARIO_JOBS_MAX];
	bool more = true, good = true;
	uint64_t number = 0;
	unsigned i;

	for (i = 0; i < parallel; i++)
		job[i] = none;
	do {
		for (i = 0; i < parallel && more; i++) {
			if (job[i].process)
				continue;
			more = jobs->next(jobs->context, &job[i].it);
			if (more && !job_start(&job[i], number++, jobs)) {
				good = false;
				more = false;
			}
		}
		if (is_running(job, parallel))
			jobs_wait(jobs, job, parallel);
	} while (more || is_running(job, parallel));
	return good;
}
