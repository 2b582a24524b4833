/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `vmmsim convert`: a trace in the other form.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "mocks/cli/cli.h"
#include "mocks/trace/file.h"

/** Whether both names are of one file; it is said if so. */
static bool convert_overwrites(const char *from, const char *to)
{
	struct stat input, output;

	if (stat(from, &input) != 0 || stat(to, &output) != 0 ||
	    input.st_dev != output.st_dev || input.st_ino != output.st_ino)
		return false;
	cli_complain("%s: cannot write: it is the trace to be read", to);
	return true;
}

/** @return whether all was read and written */
static bool convert_events(struct trace_reader *reader, const char *to)
{
	char error[TRACE_FILE_ERROR_MAX];
	struct trace_writer *writer;
	const struct trace_event *event;
	enum trace_read read = trace_reader_next(reader, &event);

	if (read == TRACE_READ_BROKEN) {
		cli_complain("%s", trace_reader_error(reader));
		return false;
	}
	writer = trace_writer_replace(to, trace_reader_about(reader), error);
	if (!writer) {
		cli_complain("%s", error);
		return false;
	}
	for (; read == TRACE_READ_EVENT;
	     read = trace_reader_next(reader, &event))
		trace_writer_event(writer, event);
	if (read == TRACE_READ_BROKEN) {
		cli_complain("%s", trace_reader_error(reader));
		trace_writer_discard(writer);
		return false;
	}
	if (trace_writer_close(writer, error))
		return true;
	cli_complain("%s", error);
	return false;
}

static enum cli_exit convert_run(const struct cli_call *call)
{
	char error[TRACE_FILE_ERROR_MAX];
	struct trace_reader *reader;
	bool good;

	if (call->operand_count != 2) {
		cli_complain("'convert' needs two names: IN OUT; see 'vmmsim "
			     "convert --help'");
		return CLI_USAGE;
	}
	if (!trace_file_is_name(call->operands[1])) {
		cli_complain("%s: a trace is written as .vt or .pcapng, by its "
			     "name",
			     call->operands[1]);
		return CLI_USAGE;
	}
	if (convert_overwrites(call->operands[0], call->operands[1]))
		return CLI_USAGE;
	reader = trace_reader_open(call->operands[0], error);
	if (!reader) {
		cli_complain("%s", error);
		return CLI_USAGE;
	}
	good = convert_events(reader, call->operands[1]);
	trace_reader_close(reader);
	return good ? CLI_PASS : CLI_USAGE;
}

const struct cli_command cli_convert_command = {
	.name = "convert",
	.operands = "IN OUT",
	.summary = "Write a trace in the other form",
	.text = "IN is a trace as text or pcapng, whatever its name; '-' is "
		"standard input.\n"
		"OUT is written as its name says: .vt or .pcapng. Nothing is "
		"lost on the way:\n"
		"converted back, the file is the same. If IN is bad, OUT stays "
		"as it was.\n\n"
		"Exit status: 2 if an input or the output was bad; else 0.\n",
	.run = convert_run,
};
