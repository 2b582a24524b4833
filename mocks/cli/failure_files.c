/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of traces of failures, and what is not overwritten by one.
 */
#define _GNU_SOURCE
#include "mocks/cli/failure_files.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mocks/trace/text.h"

/** In the first line of such a file, and of no other. */
#define FAILURE_KEY "failure"

bool failure_files_apply(struct failure_files *files, const char *value,
			 char *error)
{
	files->is_off = strcmp(value, "none") == 0;
	files->folder = files->is_off ? NULL : value;
	if (*value)
		return true;
	snprintf(error, CLI_ERROR_MAX, "wants a directory, or none");
	return false;
}

bool failure_files_are_wanted(const struct failure_files *files)
{
	return !files->is_off && files->count < FAILURE_FILES_MAX;
}

void failure_files_name(const char *path, char name[FAILURE_NAME_MAX])
{
	const char *last = strrchr(path, '/');
	char *end;

	snprintf(name, FAILURE_NAME_MAX, "%s", last ? last + 1 : path);
	end = strrchr(name, '.');
	if (end && end != name)
		*end = '\0';
}

/* ---- Names ---- */

static bool is_used(const struct failure_files *files, const char *name)
{
	unsigned n;

	for (n = 0; n < files->count; n++)
		if (strcmp(files->names[n], name) == 0)
			return true;
	return false;
}

/** "NAME-SEED", or "NAME-SEED-2" and so on of a command that has it already. */
static const char *name_choose(struct failure_files *files, const char *name,
			       uint64_t seed)
{
	char *chosen = files->names[files->count], *c;
	unsigned n;

	snprintf(chosen, sizeof(files->names[0]), "%.*s-%" PRIu64,
		 (int)FAILURE_NAME_MAX - 1, name, seed);
	for (n = 2; is_used(files, chosen); n++)
		snprintf(chosen, sizeof(files->names[0]), "%.*s-%" PRIu64 "-%u",
			 (int)FAILURE_NAME_MAX - 1, name, seed, n);
	for (c = chosen; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			*c = '_';
	files->count++;
	return chosen;
}

/** Whether a path is free, or has such a file, which may go. */
static bool may_write(const char *path, char *text)
{
	char error[TRACE_FILE_ERROR_MAX];
	const struct trace_event *event;
	struct trace_reader *reader;
	bool is_such = false;
	struct stat status;

	if (lstat(path, &status) != 0)
		return true;
	reader =
		S_ISREG(status.st_mode) ? trace_reader_open(path, error) : NULL;
	if (reader && trace_reader_next(reader, &event) == TRACE_READ_EVENT)
		is_such =
			strstr(trace_reader_about(reader), " " FAILURE_KEY "=");
	trace_reader_close(reader);
	if (!is_such)
		snprintf(text, FAILURE_TEXT_MAX,
			 "none: %.512s is not the trace of a failure, and is "
			 "not overwritten",
			 path);
	return is_such;
}

/* ---- Writing ---- */

/** A reason as one line: what a comment may have. */
static void reason_line(const char *reason, char *line, size_t bytes)
{
	snprintf(line, bytes, "%s", reason);
	for (; *line; line++)
		if (iscntrl((unsigned char)*line))
			*line = ' ';
}

/** What ran, and what failed in it, as a first line says it. */
static char *about_failed(const char *about, const char *line)
{
	size_t bytes;
	char *whole = NULL;
	FILE *stream = open_memstream(&whole, &bytes);

	if (!stream)
		return NULL;
	fputs(about, stream);
	trace_text_field(stream, FAILURE_KEY, line);
	fclose(stream);
	return whole;
}

static bool write_both(struct trace_recording *recording,
		       const char *const paths[2], const char *about,
		       const char *line, char *text)
{
	char error[TRACE_FILE_ERROR_MAX];
	unsigned n;

	for (n = 0; n < 2; n++)
		if (!may_write(paths[n], text))
			return false;
	for (n = 0; n < 2; n++) {
		if (trace_recording_write(recording, paths[n], about, line,
					  error))
			continue;
		snprintf(text, FAILURE_TEXT_MAX, "none: %s", error);
		while (n--)
			unlink(paths[n]);
		return false;
	}
	snprintf(text, FAILURE_TEXT_MAX, "%.400s, %.400s", paths[0], paths[1]);
	return true;
}

bool failure_files_write(struct failure_files *files,
			 struct trace_recording *recording, const char *name,
			 uint64_t seed, const char *about, const char *reason,
			 char *text)
{
	const char *folder = files->folder ? files->folder : ".";
	const char *slash = files->folder ? "/" : "";
	const char *chosen = name_choose(files, name, seed);
	char line[CLI_ERROR_MAX], *paths[2] = {NULL, NULL}, *whole;
	bool good = false;

	reason_line(reason, line, sizeof(line));
	whole = about_failed(about, line);
	if (!files->folder)
		folder = "";
	else
		mkdir(folder, 0777);
	if (!whole ||
	    asprintf(&paths[0], "%s%sfail-%s.vt", folder, slash, chosen) < 0 ||
	    asprintf(&paths[1], "%s%sfail-%s.pcapng", folder, slash, chosen) <
		    0)
		snprintf(text, FAILURE_TEXT_MAX, "none: out of memory");
	else
		good = write_both(recording,
				  (const char *const[]){paths[0], paths[1]},
				  whole, line, text);
	free(paths[0]);
	free(paths[1]);
	free(whole);
	return good;
}
