/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a guest reads and writes of its hypervisor, in order: laid between the
 * processor and the partition. A test may change what is read, and lose what is
 * written.
 */
#ifndef TESTS_SUPPORT_REGISTER_LOG_H
#define TESTS_SUPPORT_REGISTER_LOG_H

#include "mocks/hyperv/partition.h"

#define REGISTER_LOG_MAX 4096u

enum register_index {
	REGISTER_GUEST_OS_ID = 0x40000000,
	REGISTER_HYPERCALL = 0x40000001,
	REGISTER_VP_INDEX = 0x40000002,
	REGISTER_TIME = 0x40000020,
	REGISTER_TSC_PAGE = 0x40000021,
	REGISTER_EOI = 0x40000070,
	REGISTER_SCONTROL = 0x40000080,
	REGISTER_SIEFP = 0x40000082,
	REGISTER_SIMP = 0x40000083,
	REGISTER_EOM = 0x40000084,
	REGISTER_SINT2 = 0x40000092,
};

struct register_access {
	/* A hypercall is entered, too: its control word and input. */
	enum { REGISTER_READ, REGISTER_WRITE, REGISTER_CALL } kind;
	unsigned cpu;
	uint32_t msr;
	uint64_t value, input;
};

struct register_log {
	struct host_partition *partition;
	/* Called with the answer, which may be changed. */
	void (*on_cpuid)(void *context, uint32_t leaf,
			 struct machine_cpuid *values);
	void (*on_read)(void *context, struct register_access *access);
	/* Returns whether the write is to be lost. */
	bool (*on_write)(void *context, const struct register_access *access);
	void *context;
	/* How many there were; the first REGISTER_LOG_MAX are kept. */
	unsigned count;
	struct register_access accesses[REGISTER_LOG_MAX];
};

/* Lay a log, of which only hooks are set, over the partition. */
void register_log_attach(struct register_log *log,
			 struct host_partition *partition);

/* How often a register was read or written, and the n-th such access. */
unsigned register_log_count(const struct register_log *log, int kind,
			    uint32_t msr);
const struct register_access *register_log_find(const struct register_log *log,
						int kind, uint32_t msr,
						unsigned n);

#endif /* TESTS_SUPPORT_REGISTER_LOG_H */
