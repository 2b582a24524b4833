/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command `vmmsim`: its subcommands and how they are called.
 *
 * One table for each subcommand says its options; the parser and the help are
 * made from it.
 */
#ifndef MOCKS_CLI_CLI_H
#define MOCKS_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** What the command exits with. */
enum cli_exit {
	CLI_PASS = 0,
	/** A check failed. */
	CLI_FAIL = 1,
	/** Wrong usage, malformed input, output that cannot be written. */
	CLI_USAGE = 2,
	/** There was nothing to check. */
	CLI_SKIP = 77,
};

#define CLI_ERROR_MAX	1280u
#define CLI_OPTIONS_MAX 16u

/** One option; they are all long. */
struct cli_option {
	const char *name;
	/** What its value is called in the help; NULL: it takes none. */
	const char *value;
	/** One or more lines, separated by line feeds. */
	const char *help;
	/**
	 * Note it in the settings of the subcommand.
	 * @return false, with the rest of the sentence "option '--x' ..."
	 */
	bool (*apply)(void *settings, const char *value, char *error);
};

/** How a subcommand is called: its settings and what is left of the line. */
struct cli_call {
	/** As the command was called: argv[0]. */
	const char *program;
	void *settings;
	char *const *operands;
	size_t operand_count;
};

struct cli_command {
	const char *name;
	/** What follows the options in the usage line; "" if nothing may. */
	const char *operands;
	/** One line, and the paragraphs of the help. */
	const char *summary, *text;
	const struct cli_option *options;
	size_t option_count;
	/**
	 * Bytes of its settings; init fills zeroed ones with the defaults,
	 * NULL: zeros are the defaults.
	 */
	size_t settings_bytes;
	void (*init)(void *settings);
	enum cli_exit (*run)(const struct cli_call *call);
};

extern const struct cli_command cli_replay_command;
extern const struct cli_command cli_list_command;
extern const struct cli_command cli_scenario_command;
extern const struct cli_command cli_run_command;
extern const struct cli_command cli_serve_command;
extern const struct cli_command cli_show_command;
extern const struct cli_command cli_diff_command;
extern const struct cli_command cli_convert_command;

/** Say one sentence on standard error, with the command's name before it. */
void cli_complain(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/** Whether a text, up to its last character, is a decimal number in bounds. */
bool cli_is_number(const char *text, char last, uint64_t least, uint64_t most,
		   uint64_t *number);

/**
 * The value of an option: a decimal number within bounds.
 * @param error room for CLI_ERROR_MAX
 * @return false, with the rest of the sentence "option '--x' ..."
 */
bool cli_number(const char *value, uint64_t least, uint64_t most,
		uint64_t *number, char *error);

/** The whole command. @return its exit status */
int cli_main(int argc, char *argv[]);

#endif /* MOCKS_CLI_CLI_H */
