/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the first line of a script says of the machine that it is played on, and
 * the first line of what is recorded meanwhile.
 */
#include <inttypes.h>
#include <string.h>

#include "mocks/cli/play/player_internal.h"
#include "mocks/cli/replay.h"
#include "mocks/cli/scenario/scenario.h"
#include "mocks/cli/text.h"

#define SCENARIO "scenario"

/* ---- Values ---- */

bool player_number(struct player *player, const char *key, uint64_t fallback,
		   uint64_t most, uint64_t *number)
{
	char text[64], sentence[CLI_ERROR_MAX];

	*number = fallback;
	if (!script_about(player->script, key, text, sizeof(text)))
		return true;
	if (cli_is_number(text, 0, 0, most, number))
		return true;
	snprintf(sentence, sizeof(sentence),
		 "%s:1: '%s' is a number up to %" PRIu64 ", not '%s'",
		 player->path, key, most, text);
	player_refuse(player, sentence);
	return false;
}

bool player_mac(struct player *player, uint8_t mac[6])
{
	char text[64], sentence[CLI_ERROR_MAX];
	unsigned bytes[6], n;
	int end = 0;

	if (!script_about(player->script, "mac", text, sizeof(text)))
		return true;
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &bytes[0], &bytes[1],
		   &bytes[2], &bytes[3], &bytes[4], &bytes[5], &end) == 6 &&
	    !text[end]) {
		for (n = 0; n < 6; n++)
			mac[n] = (uint8_t)bytes[n];
		return true;
	}
	snprintf(sentence, sizeof(sentence),
		 "%s:1: 'mac' is an address as 00:50:56:01:02:03, not '%s'",
		 player->path, text);
	player_refuse(player, sentence);
	return false;
}

/* ---- Keys ---- */

static bool is_one_of(const char *const *keys, const char *key)
{
	for (; keys && *keys; keys++)
		if (strcmp(*keys, key) == 0)
			return true;
	return false;
}

/**
 * A script is for either side, and says for whom it is a recording: what only
 * the other side takes, or only a person, is known too.
 */
static bool is_key(const char *key)
{
	static const char *const common[] = {
		"vmm",	 "host",   "seed",    "mtu",  SCENARIO,	   "as",
		"fault", "frames", "failure", "test", "direction", NULL,
	};
	size_t n, i;

	if (is_one_of(common, key))
		return true;
	for (n = 0; n < vmm_count; n++)
		for (i = 0; i < vmms[n]->protocol_count; i++)
			if (strcmp(vmms[n]->protocols[i].option, key) == 0)
				return true;
	for (n = 0; n < player_role_count; n++)
		if (is_one_of(player_roles[n]->keys, key))
			return true;
	return false;
}

static bool keys_check(struct player *player)
{
	char sentence[CLI_ERROR_MAX];
	const char *key;
	unsigned n, column;

	for (n = 0; (key = script_about_key(player->script, n, &column)); n++)
		if (!is_key(key)) {
			snprintf(sentence, sizeof(sentence),
				 "%s:1:%u: '%s' is nothing that a first line "
				 "says",
				 player->path, column, key);
			player_refuse(player, sentence);
			return false;
		}
	return true;
}

/* ---- What the machine is ---- */

/** The highest version of each protocol that the guest tries. */
static bool versions_take(struct player *player,
			  struct virtual_machine_configuration *vm)
{
	const struct vmm *vmm = vmm_find(vm->vmm);
	const struct vmm_protocol *protocol = vmm->protocols;
	const struct vmm_protocol *end = protocol + vmm->protocol_count;
	char text[64], sentence[CLI_ERROR_MAX];
	const struct vmm_version *version;

	for (; protocol < end; protocol++) {
		if (!script_about(player->script, protocol->option, text,
				  sizeof(text)))
			continue;
		version = vmm_protocol_version(protocol, text);
		if (!version) {
			snprintf(sentence, sizeof(sentence),
				 "%s:1: '%s' names no version: '%s'",
				 player->path, protocol->option, text);
			player_refuse(player, sentence);
			return false;
		}
		*protocol->limit(vm) = version->value;
	}
	return true;
}

/** As the scenario that was recorded has the card and what stands above it. */
static bool scenario_take(struct player *player,
			  struct virtual_machine_configuration *vm)
{
	char text[64], sentence[CLI_ERROR_MAX];
	const struct scenario *scenario;

	if (!script_about(player->script, SCENARIO, text, sizeof(text))) {
		vm->device.vlan_offload =
			replay_offloads_vlan(vm->machine.seed);
		player->filter = NIC_FILTER_PROMISCUOUS;
		return true;
	}
	scenario = scenario_find(text);
	if (!scenario) {
		snprintf(sentence, sizeof(sentence),
			 "%s:1: there is no scenario '%s'", player->path, text);
		player_refuse(player, sentence);
		return false;
	}
	if (scenario->configure)
		scenario->configure(vm);
	return true;
}

bool player_first_line(struct player *player,
		       struct virtual_machine_configuration *vm)
{
	uint64_t mtu;

	if (!keys_check(player) ||
	    !player_number(player, "seed", 1, INT64_MAX, &vm->machine.seed) ||
	    !versions_take(player, vm) || !scenario_take(player, vm) ||
	    !player_number(player, "mtu", vm->mtu, REPLAY_MTU_MAX, &mtu))
		return false;
	vm->mtu = (uint16_t)mtu;
	return true;
}

/* ---- The first line of a recording ---- */

/** A key that the script has, as it has it. */
static size_t about_key(const struct player *player, const char *key,
			char *about, size_t bytes)
{
	const char *quote = "\"";
	uint64_t number;
	char text[64];

	if (!script_about(player->script, key, text, sizeof(text)))
		return 0;
	if (cli_is_number(text, 0, 0, UINT64_MAX, &number))
		quote = "";
	return (size_t)snprintf(about, bytes, " %s=%s%s%s", key, quote, text,
				quote);
}

void player_about(const struct player *player, char *about, size_t bytes)
{
	const struct virtual_machine *vm = player->vm;
	const char *const *key = player->role->keys;
	size_t length, n;

	length = (size_t)snprintf(about, bytes,
				  "vmm=%s host=%s mtu=%u seed=%" PRIu64,
				  vm->vmm->name, vm->host.name,
				  vm->configuration.mtu,
				  vm->configuration.machine.seed);
	length += about_key(player, SCENARIO, about + length, bytes - length);
	for (n = 0; n < vm->vmm->protocol_count && length < bytes; n++)
		length += about_key(player, vm->vmm->protocols[n].option,
				    about + length, bytes - length);
	for (; key && *key && length < bytes; key++)
		length +=
			about_key(player, *key, about + length, bytes - length);
}
