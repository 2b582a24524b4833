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

const struct vmm *vmm_find(const char *name)
{
	size_t i;

	for (i = 0; i < vmm_count; i++)
		if (strcmp(vmms[i]->name, name) == 0)
			return vmms[i];
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

void vmm_complain(const char *name, char *text, size_t bytes)
{
	struct growing it = {text, bytes, 0};
	size_t i;

	grow(&it, "names no hypervisor: '%.256s'; there are: all", name);
	for (i = 0; i < vmm_count; i++)
		grow(&it, ", %s", vmms[i]->name);
}

void vmm_host_complain(const struct vmm *vmm, const char *name, char *text,
		       size_t bytes)
{
	struct growing it = {text, bytes, 0};
	struct vmm_host host;
	size_t i, n;

	grow(&it, "names no host: '%.256s'; there are: all", name);
	for (i = 0; i < vmm_count; i++)
		for (n = 0; (!vmm || vmm == vmms[i]) && vmms[i]->host(n, &host);
		     n++)
			grow(&it, ", %s", host.name);
}
