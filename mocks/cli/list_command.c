/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `vmmsim list`: the hosts that can be played, and their versions.
 */
#include <stdint.h>

#include "mocks/cli/cli.h"
#include "mocks/cli/text.h"
#include "mocks/hyperv/personality.h"

struct list_settings {
	bool is_json;
};

/** Room for a version as people write it. */
#define LIST_VERSION_MAX 16u

static void list_vmbus(char text[LIST_VERSION_MAX], uint32_t version)
{
	snprintf(text, LIST_VERSION_MAX, "%u.%u", version >> 16,
		 version & 0xffff);
}

/** NVSP 1 is 0x2; from 2 on the major number is in the upper half. */
static void list_nvsp(char text[LIST_VERSION_MAX], uint32_t version)
{
	uint32_t minor = version & 0xffff;

	if (version == 0x2)
		snprintf(text, LIST_VERSION_MAX, "1");
	else if (version == 0x30002)
		snprintf(text, LIST_VERSION_MAX, "2");
	else if (minor)
		snprintf(text, LIST_VERSION_MAX, "%u.%u", version >> 16, minor);
	else
		snprintf(text, LIST_VERSION_MAX, "%u", version >> 16);
}

static void list_json(const struct host_personality *host, const char *least,
		      const char *most, const char *nvsp)
{
	json_t *line =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "vmm", "hyperv",
			  "host", host->name, "title", host->title, "vmbus_min",
			  least, "vmbus_max", most, "nvsp_max", nvsp);

	if (!line || json_dumpf(line, stdout, JSON_COMPACT) != 0)
		cli_complain("out of memory for a line");
	putchar('\n');
	json_decref(line);
}

static enum cli_exit list_run(const struct cli_call *call)
{
	const struct list_settings *settings = call->settings;
	const struct host_personality *host = host_personalities;
	char least[LIST_VERSION_MAX], most[LIST_VERSION_MAX];
	char nvsp[LIST_VERSION_MAX];
	size_t i;

	if (!settings->is_json)
		printf("%-8s  %-12s  %-26s  %-12s  %s\n", "vmm", "host",
		       "title", "VMBus", "NVSP up to");
	for (i = 0; i < host_personality_count; i++, host++) {
		list_vmbus(least, host->vmbus_version_min);
		list_vmbus(most, host->vmbus_version_max);
		list_nvsp(nvsp, host->nvsp_version_max);
		if (settings->is_json)
			list_json(host, least, most, nvsp);
		else
			printf("%-8s  %-12s  %-26s  %4s to %-5s  %s\n",
			       "hyperv", host->name, host->title, least, most,
			       nvsp);
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
	.summary = "Show the hosts that can be played, and their versions",
	.text = "The names are those that --host of 'vmmsim replay' takes.\n",
	.options = list_options,
	.option_count = sizeof(list_options) / sizeof(list_options[0]),
	.settings_bytes = sizeof(struct list_settings),
	.init = list_settings_init,
	.run = list_run,
};
