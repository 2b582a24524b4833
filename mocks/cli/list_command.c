/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `vmmsim list`: the hosts that can be played, and what they speak.
 */
#include <string.h>

#include "mocks/cli/cli.h"
#include "mocks/cli/text.h"
#include "mocks/cli/vmm.h"

struct list_settings {
	bool is_json;
};

static void list_json(const struct vmm *vmm, const struct vmm_host *host)
{
	json_t *line = json_pack("{s:s, s:s, s:s, s:s}", "vmm", vmm->name,
				 "host", host->name, "title", host->title,
				 "speaks", host->speaks);

	if (!line || json_dumpf(line, stdout, JSON_COMPACT) != 0)
		cli_complain("out of memory for a line");
	putchar('\n');
	json_decref(line);
}

/** How wide the columns are to be: names of all hosts, of all hypervisors. */
struct list_widths {
	int vmm, host, title;
};

static void list_widen(int *width, const char *text)
{
	if ((int)strlen(text) > *width)
		*width = (int)strlen(text);
}

static struct list_widths list_widths(void)
{
	struct list_widths widths = {0};
	struct vmm_host host;
	size_t i, n;

	for (i = 0; i < vmm_count; i++) {
		list_widen(&widths.vmm, vmms[i]->name);
		for (n = 0; vmms[i]->host(n, &host); n++) {
			list_widen(&widths.host, host.name);
			list_widen(&widths.title, host.title);
		}
	}
	return widths;
}

static void list_row(const struct list_widths *widths, const char *vmm,
		     const char *host, const char *title, const char *speaks)
{
	printf("%-*s  %-*s  %-*s  %s\n", widths->vmm, vmm, widths->host, host,
	       widths->title, title, speaks);
}

static enum cli_exit list_run(const struct cli_call *call)
{
	const struct list_settings *settings = call->settings;
	const struct list_widths widths = list_widths();
	struct vmm_host host;
	size_t i, n;

	if (!settings->is_json)
		list_row(&widths, "vmm", "host", "title", "speaks");
	for (i = 0; i < vmm_count; i++) {
		for (n = 0; vmms[i]->host(n, &host); n++) {
			if (settings->is_json)
				list_json(vmms[i], &host);
			else
				list_row(&widths, vmms[i]->name, host.name,
					 host.title, host.speaks);
		}
	}
	return CLI_PASS;
}

static bool list_apply_json(void *context, const char *value, char *error)
{
	struct list_settings *settings = context;

	(void)value;
	(void)error;
	settings->is_json = true;
	return true;
}

static const struct cli_option list_options[] = {
	{"json", NULL, "print one JSON object a line instead of a table",
	 list_apply_json},
};

static void list_settings_init(void *settings)
{
	(void)settings;
}

const struct cli_command cli_list_command = {
	.name = "list",
	.operands = "",
	.summary = "Show the hosts that can be played, and what they speak",
	.text = "The names are those that --vmm and --host of the other "
		"commands take;\n'hostile' is for scenarios only.\n",
	.options = list_options,
	.option_count = sizeof(list_options) / sizeof(list_options[0]),
	.settings_bytes = sizeof(struct list_settings),
	.init = list_settings_init,
	.run = list_run,
};
