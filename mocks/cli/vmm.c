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
