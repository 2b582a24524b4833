/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the subcommand, reads its options from its table, prints help from the
 * same table, and looks at the end whether the output was written.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mocks/cli/cli.h"
#include "mocks/cli/text.h"

/** What getopt_long() returns for the first option of a table. */
#define CLI_OPTION_FIRST 256

static const struct cli_command *const cli_commands[] = {
	&cli_replay_command, &cli_list_command,	   &cli_scenario_command,
	&cli_run_command,    &cli_serve_command,   &cli_show_command,
	&cli_diff_command,   &cli_convert_command,
};

#define CLI_COMMAND_COUNT (sizeof(cli_commands) / sizeof(cli_commands[0]))

bool cli_is_number(const char *text, char last, uint64_t least, uint64_t most,
		   uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == last && !errno &&
	       *number >= least && *number <= most;
}

bool cli_number(const char *value, uint64_t least, uint64_t most,
		uint64_t *number, char *error)
{
	if (cli_is_number(value, 0, least, most, number))
		return true;
	snprintf(error, CLI_ERROR_MAX,
		 "wants a number from %" PRIu64 " to %" PRIu64 ", not '%.256s'",
		 least, most, value);
	return false;
}

void cli_complain(const char *format, ...)
{
	va_list arguments;

	fflush(stdout);
	fputs("vmmsim: ", stderr);
	va_start(arguments, format);
	text_vprint(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static const struct cli_command *cli_find(const char *name)
{
	size_t i;

	for (i = 0; i < CLI_COMMAND_COUNT; i++)
		if (strcmp(cli_commands[i]->name, name) == 0)
			return cli_commands[i];
	return NULL;
}

/* ---- Help ---- */

/** An option, and its help beside it, a line each. */
static void cli_help_option(const char *name, const char *value,
			    const char *help)
{
	int width = printf("  --%s%s%s", name, value ? " " : "",
			   value ? value : "");
	const char *end;

	for (;;) {
		end = strchrnul(help, '\n');
		printf("%*s%.*s\n", width < 22 ? 22 - width : 2, "",
		       (int)(end - help), help);
		if (!*end)
			return;
		help = end + 1;
		width = 0;
	}
}

static void cli_help_command(const struct cli_command *command)
{
	size_t i;

	printf("Usage: vmmsim %s [OPTION]...%s%s\n\n%s.\n\n%s\nOptions:\n",
	       command->name, *command->operands ? " " : "", command->operands,
	       command->summary, command->text);
	for (i = 0; i < command->option_count; i++)
		cli_help_option(command->options[i].name,
				command->options[i].value,
				command->options[i].help);
	cli_help_option("help", NULL, "show this and exit");
}

static void cli_help(void)
{
	size_t i;

	fputs("Usage: vmmsim COMMAND [OPTION]... [OPERAND]...\n\n"
	      "Guest network drivers against simulated hypervisors.\n\n"
	      "Commands:\n",
	      stdout);
	for (i = 0; i < CLI_COMMAND_COUNT; i++)
		printf("  %-10s%s\n", cli_commands[i]->name,
		       cli_commands[i]->summary);
	fputs("  help      Show the help of a command\n\nOptions:\n", stdout);
	cli_help_option("help", NULL, "show this and exit");
	cli_help_option("version", NULL, "show the version and exit");
	fputs("\nExit status: 0 pass, 1 a check failed, 2 wrong usage or "
	      "malformed input,\n77 there was nothing to check.\n",
	      stdout);
}

static enum cli_exit cli_help_for(int argc, char *const argv[])
{
	const struct cli_command *command;

	if (argc < 3) {
		cli_help();
		return CLI_PASS;
	}
	command = cli_find(argv[2]);
	if (!command) {
		cli_complain("there is no command '%s'; see 'vmmsim --help'",
			     argv[2]);
		return CLI_USAGE;
	}
	cli_help_command(command);
	return CLI_PASS;
}

/* ---- Parsing ---- */

static void cli_parse_table(const struct cli_command *command,
			    struct option options[CLI_OPTIONS_MAX + 2])
{
	size_t i;

	memset(options, 0, sizeof(*options) * (CLI_OPTIONS_MAX + 2));
	for (i = 0; i < command->option_count; i++) {
		options[i].name = command->options[i].name;
		options[i].has_arg = command->options[i].value
					     ? required_argument
					     : no_argument;
		options[i].val = CLI_OPTION_FIRST + (int)i;
	}
	options[i].name = "help";
	options[i].val = 'h';
}

/** Say what getopt_long() did not like about the argument before optind. */
static void cli_parse_complain(const struct cli_command *command, int result,
			       const char *argument)
{
	if (result == ':')
		cli_complain("option '%s' needs a value; see 'vmmsim %s "
			     "--help'",
			     argument, command->name);
	else if (optopt >= CLI_OPTION_FIRST)
		cli_complain("option '--%s' takes no value; see 'vmmsim %s "
			     "--help'",
			     command->options[optopt - CLI_OPTION_FIRST].name,
			     command->name);
	else if (optopt)
		cli_complain("unknown option '-%c' of '%s'; see 'vmmsim %s "
			     "--help'",
			     optopt, command->name, command->name);
	else
		cli_complain("unknown option '%s' of '%s'; see 'vmmsim %s "
			     "--help'",
			     argument, command->name, command->name);
}

static bool cli_parse_apply(const struct cli_option *option, void *settings)
{
	char error[CLI_ERROR_MAX];

	if (option->apply(settings, optarg, error))
		return true;
	cli_complain("option '--%s' %s", option->name, error);
	return false;
}

/** Read the options. @return -1 to go on, else an exit status */
static int cli_parse(const struct cli_command *command, void *settings,
		     int argc, char *argv[])
{
	struct option options[CLI_OPTIONS_MAX + 2];
	int result;

	cli_parse_table(command, options);
	opterr = 0;
	optind = 0; /* glibc: start anew */
	for (;;) {
		result = getopt_long(argc, argv, ":h", options, NULL);
		if (result == -1)
			return -1;
		if (result == 'h') {
			cli_help_command(command);
			return CLI_PASS;
		}
		if (result < CLI_OPTION_FIRST) {
			cli_parse_complain(command, result, argv[optind - 1]);
			return CLI_USAGE;
		}
		if (!cli_parse_apply(
			    &command->options[result - CLI_OPTION_FIRST],
			    settings))
			return CLI_USAGE;
	}
}

static int cli_run(const struct cli_command *command, const char *program,
		   int argc, char *argv[])
{
	struct cli_call call = {.program = program};
	int status;

	call.settings = calloc(1, command->settings_bytes + 1);
	if (!call.settings) {
		cli_complain("out of memory");
		return CLI_USAGE;
	}
	if (command->init)
		command->init(call.settings);
	status = cli_parse(command, call.settings, argc, argv);
	if (status < 0 && !*command->operands && optind < argc) {
		cli_complain("'%s' takes no '%s'; see 'vmmsim %s --help'",
			     command->name, argv[optind], command->name);
		status = CLI_USAGE;
	}
	if (status < 0) {
		call.operands = argv + optind;
		call.operand_count = (size_t)(argc - optind);
		status = command->run(&call);
	}
	free(call.settings);
	return status;
}

static int cli_dispatch(int argc, char *argv[])
{
	const struct cli_command *command;

	if (argc < 2) {
		cli_complain("a command is missing; see 'vmmsim --help'");
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		cli_help();
		return CLI_PASS;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts("vmmsim " VMMSIM_VERSION);
		return CLI_PASS;
	}
	if (strcmp(argv[1], "help") == 0)
		return cli_help_for(argc, argv);
	command = cli_find(argv[1]);
	if (command)
		return cli_run(command, argv[0], argc - 1, argv + 1);
	cli_complain("there is no %s '%s'; see 'vmmsim --help'",
		     argv[1][0] == '-' ? "option" : "command", argv[1]);
	return CLI_USAGE;
}

/* ---- The process ---- */

/**
 * See that the three standard streams are taken: a capture opened while one is
 * closed would get its number, and what is printed would go into the capture.
 */
static void cli_hold_streams(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null",
			 fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			return;
}

int cli_main(int argc, char *argv[])
{
	int status;

	cli_hold_streams();
	/* A closed pipe is an error of writing, to be said like any other. */
	signal(SIGPIPE, SIG_IGN);
	status = cli_dispatch(argc, argv);
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	cli_complain("standard output: cannot write: %s",
		     errno ? strerror(errno) : "an earlier write failed");
	return status == CLI_FAIL ? CLI_FAIL : CLI_USAGE;
}
