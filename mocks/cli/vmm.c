/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of hypervisors.
 */
#include "mocks/cli/vmm.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct vmm *const vmms[] = {
	&vmm_hyperv,
	&vmm_vmware,
	&vmm_firecracker,
};

const size_t vmm_count = sizeof(vmms) / sizeof(vmms[0]);

const struct vmm *vmm_extra;

const struct vmm *vmm_find(const char *name)
{
	size_t i;

	for (i = 0; i < vmm_count; i++)
		if (strcmp(vmms[i]->name, name) == 0)
			return vmms[i];
	if (vmm_extra && strcmp(vmm_extra->name, name) == 0)
		return vmm_extra;
	return NULL;
}

bool vmm_host_find(const struct vmm *vmm, const char *name,
		   struct vmm_host *host)
{
	struct vmm_host it;
	size_t n;

	for (n = 0; vmm->host(n, &it); n++) {
		if (strcmp(it.name, name) != 0)
			continue;
		if (host)
			*host = it;
		return true;
	}
	return false;
}

void vmm_host_played(const struct vmm *vmm, const struct vmm_host *host,
		     uint64_t seed, struct vmm_host *played)
{
	size_t count = 0, honest = 0, n;
	struct vmm_host it;

	*played = *host;
	for (n = 0; vmm->host(n, &it); n++)
		count += !it.is_hostile;
	for (n = 0; host->is_hostile && count && vmm->host(n, &it); n++)
		if (!it.is_hostile && honest++ == seed % count)
			*played = it;
}

const char *vmm_ability_name(enum vmm_ability ability)
{
	static const char *const names[VMM_ABILITIES] = {
		[VMM_ABILITY_NONE] = "card",
		[VMM_ABILITY_SEND_BUFFER] = "send buffer to do without",
		[VMM_ABILITY_DATA_RINGS] = "rings of data",
		[VMM_ABILITY_MTU] = "other MTU",
		[VMM_ABILITY_MAC] = "other address for a card",
		[VMM_ABILITY_FILTER] = "filter of frames",
		[VMM_ABILITY_LINK] = "link that goes down",
		[VMM_ABILITY_REOPEN] = "card that can be opened twice",
		[VMM_ABILITY_REMOVAL] = "card that can be taken away",
		[VMM_ABILITY_KEEPALIVE] = "question whether the guest lives",
		[VMM_ABILITY_NETWORK_CHANGE] = "word for another network",
		[VMM_ABILITY_RNDIS_RESET] = "RNDIS",
		[VMM_ABILITY_QUEUE_STOP] = "queue that stops with an error",
		[VMM_ABILITY_DEVICE_CHANGE] = "word for a device replaced",
	};

	return names[ability];
}

/* ---- What a host does wrong ---- */

bool vmm_fault_find(const struct vmm *vmm, const char *name, unsigned *n)
{
	struct vmm_fault fault;

	for (*n = 0; *n < vmm->fault_count; ++*n) {
		vmm->fault(*n, &fault);
		if (strcmp(fault.name, name) == 0)
			return true;
	}
	return false;
}

/** SplitMix64, of Steele, Lea and Flood; public domain. */
static uint32_t below(uint64_t *state, uint32_t bound)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return (uint32_t)(((z >> 32) * bound) >> 32);
}

void vmm_faults_plan(const struct vmm *vmm, uint64_t seed,
		     struct vmm_faults *faults)
{
	/* A run's faults: one in so many of all there are. */
	const uint32_t chances[] = {vmm->fault_count, 64, 16, 4};
	uint64_t state = seed ^ 0x686f7374;
	uint32_t chance = chances[below(&state, 4)];
	unsigned i, alone = below(&state, vmm->fault_count);

	memset(faults, 0, sizeof(*faults));
	faults->odds = 1u << below(&state, 6);
	for (i = 0; i < vmm->fault_count; i++)
		if (i == alone || below(&state, chance) == 0)
			faults->when[i] = VMM_FAULT_ALWAYS;
}

/* ---- Sentences ---- */

/** Text that grows at its end, as far as there is room. */
struct growing {
	char *text;
	size_t bytes, used;
};

__attribute__((format(printf, 2, 3))) static void grow(struct growing *it,
						       const char *format, ...)
{
	va_list arguments;

	if (it->used >= it->bytes)
		return;
	va_start(arguments, format);
	it->used += (size_t)vsnprintf(it->text + it->used, it->bytes - it->used,
				      format, arguments);
	va_end(arguments);
}

/** A list of names: the first has no comma before it. */
static void grow_name(struct growing *it, bool *is_first, const char *name)
{
	grow(it, "%s%s", *is_first ? "" : ", ", name);
	*is_first = false;
}

void vmm_complain(const char *name, enum vmm_wants wants, char *text,
		  size_t bytes)
{
	struct growing it = {text, bytes, 0};
	bool is_first = true;
	size_t i;

	grow(&it, "names no hypervisor: '%.256s'; there are: ", name);
	if (wants == VMM_WANTS_ANY)
		grow_name(&it, &is_first, "all");
	for (i = 0; i < vmm_count; i++)
		grow_name(&it, &is_first, vmms[i]->name);
}

void vmm_host_complain(const struct vmm *vmm, const char *name,
		       enum vmm_wants wants, char *text, size_t bytes)
{
	struct growing it = {text, bytes, 0};
	bool is_first = true;
	struct vmm_host host;
	size_t i, n;

	grow(&it, "names no host: '%.256s'; there are: ", name);
	if (wants == VMM_WANTS_ANY)
		grow_name(&it, &is_first, "all");
	for (i = 0; i < vmm_count; i++)
		for (n = 0; (!vmm || vmm == vmms[i]) && vmms[i]->host(n, &host);
		     n++)
			if (wants == VMM_WANTS_ANY || !host.is_hostile)
				grow_name(&it, &is_first, host.name);
}

const struct vmm_version *
vmm_protocol_version(const struct vmm_protocol *protocol, const char *name)
{
	size_t n;

	for (n = 0; n < protocol->version_count; n++)
		if (strcmp(protocol->versions[n].name, name) == 0)
			return &protocol->versions[n];
	return NULL;
}
