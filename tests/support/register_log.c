/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/register_log.h"

#include "mocks/hyperv/partition_internal.h"

static void enter(struct register_log *log,
		  const struct register_access *access)
{
	if (log->count < REGISTER_LOG_MAX)
		log->accesses[log->count] = *access;
	log->count++;
}

static bool cpuid(void *context, uint32_t leaf, uint32_t subleaf,
		  struct machine_cpuid *values)
{
	struct register_log *log = context;
	bool answered = host_cpuid(log->partition, leaf, subleaf, values);

	if (log->on_cpuid)
		log->on_cpuid(log->context, leaf, values);
	return answered;
}

static bool msr_read(void *context, unsigned cpu, uint32_t msr, uint64_t *value)
{
	struct register_log *log = context;
	struct register_access access = {REGISTER_READ, cpu, msr, 0, 0};

	if (!host_msr_read(log->partition, cpu, msr, &access.value))
		return false;
	if (log->on_read)
		log->on_read(log->context, &access);
	enter(log, &access);
	*value = access.value;
	return true;
}

static bool msr_write(void *context, unsigned cpu, uint32_t msr, uint64_t value)
{
	struct register_log *log = context;
	const struct register_access access = {REGISTER_WRITE, cpu, msr, value,
					       0};

	enter(log, &access);
	if (log->on_write && log->on_write(log->context, &access))
		return true;
	return host_msr_write(log->partition, cpu, msr, value);
}

static bool hypercall(void *context, unsigned cpu, uint64_t page,
		      uint64_t control, uint64_t input, uint64_t output,
		      uint64_t *result)
{
	struct register_log *log = context;
	const struct register_access access = {REGISTER_CALL, cpu, 0, control,
					       input};

	enter(log, &access);
	return host_hypercall(log->partition, cpu, page, control, input, output,
			      result);
}

void register_log_attach(struct register_log *log,
			 struct host_partition *partition)
{
	const struct machine_hypervisor hypervisor = {
		.context = log,
		.cpuid = cpuid,
		.msr_read = msr_read,
		.msr_write = msr_write,
		.hypercall = hypercall,
	};

	log->partition = partition;
	machine_hypervisor_set(partition->machine, &hypervisor);
}

const struct register_access *register_log_find(const struct register_log *log,
						int kind, uint32_t msr,
						unsigned n)
{
	unsigned end =
		log->count < REGISTER_LOG_MAX ? log->count : REGISTER_LOG_MAX;

	for (unsigned i = 0; i < end; i++)
		if ((int)log->accesses[i].kind == kind &&
		    log->accesses[i].msr == msr && n-- == 0)
			return &log->accesses[i];
	return NULL;
}

unsigned register_log_count(const struct register_log *log, int kind,
			    uint32_t msr)
{
	unsigned n = 0;

	while (register_log_find(log, kind, msr, n))
		n++;
	return n;
}
