/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The partition: what CPUID says, the rules of its registers, overlay pages,
 * statuses of hypercalls, and how messages and events are delivered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../support/raw_guest.h"
#include "mocks/hyperv/hostile.h"

#define PAGE 4096u

/** Run a body on a fresh machine of an eager host. */
static void run_on(const char *host, void (*body)(struct raw_guest *guest),
		   unsigned violations)
{
	struct raw_guest *guest =
		raw_guest_create(host, 1, MACHINE_SCHEDULE_EAGER);
	enum machine_outcome outcome = raw_guest_run(guest, body);

	if (outcome != MACHINE_DONE)
		print_message("%s\n", machine_reason(guest->machine));
	assert_int_equal(outcome, MACHINE_DONE);
	if (machine_violations(guest->machine) != violations)
		print_message("%s\n",
			      machine_violation_text(guest->machine, 0));
	assert_int_equal(machine_violations(guest->machine), violations);
	raw_guest_destroy(guest);
}

static void run(void (*body)(struct raw_guest *guest), unsigned violations)
{
	run_on("ws2022", body, violations);
}

/* ---- CPUID and registers ---- */

static void cpuid_body(struct raw_guest *guest)
{
	const struct host_personality *host =
		host_vmbus_personality(guest->vmbus);
	struct port_cpuid leaf = port_cpuid(guest->port, 1, 0);

	assert_true(leaf.ecx >> 31);
	leaf = port_cpuid(guest->port, 0x40000000, 0);
	assert_memory_equal(&leaf.ebx, "Microsoft Hv", 12);
	assert_true(leaf.eax >= 0x40000006);
	leaf = port_cpuid(guest->port, 0x40000001, 0);
	assert_memory_equal(&leaf.eax, "Hv#1", 4);
	leaf = port_cpuid(guest->port, 0x40000002, 0);
	assert_int_equal(leaf.eax, host->build);
	assert_int_equal(leaf.ebx, host->version);
	leaf = port_cpuid(guest->port, 0x40000003, 0);
	assert_int_equal(leaf.eax & 0x266, 0x266);
	assert_int_equal(leaf.ebx, 0x30);
	leaf = port_cpuid(guest->port, 0x40000004, 0);
	assert_int_equal(!!(leaf.eax & 0x200), host->build >= 14393);
	leaf = port_cpuid(guest->port, 0x40000005, 0);
	assert_true(leaf.eax >= 2);
	leaf = port_cpuid(guest->port, 0x40000007, 0);
	assert_int_equal(leaf.eax | leaf.ebx | leaf.ecx | leaf.edx, 0);
}

static void cpuid_shows_the_hypervisor(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(host_personality_count, 6);
	for (i = 0; i < host_personality_count; i++)
		run_on(host_personalities[i].name, cpuid_body, 0);
	assert_null(host_personality_find("ws2003"));
}

/** An access that must, or must not, be a general protection fault. */
struct access {
	uint32_t msr;
	bool write;
	uint64_t value;
	bool faults;
};

static void access_body(struct raw_guest *guest)
{
	const struct access *access = guest->context;

	if (access->write)
		raw_msr_write(guest, 1, access->msr, access->value);
	else
		raw_msr_read(guest, 1, access->msr);
}

static void access_check(const struct access *access, uint64_t without)
{
	struct raw_guest *guest =
		raw_guest_create("ws2019", 1, MACHINE_SCHEDULE_EAGER);
	enum machine_outcome outcome;

	guest->context = (void *)(uintptr_t)access;
	host_partition_privileges_set(
		guest->partition,
		host_partition_privileges(guest->partition) & ~without);
	outcome = raw_guest_run(guest, access_body);
	if ((outcome == MACHINE_FAULT) != access->faults)
		print_message("MSR %#x %s %#llx\n", access->msr,
			      access->write ? "write" : "read",
			      (unsigned long long)access->value);
	assert_int_equal(outcome,
			 access->faults ? MACHINE_FAULT : MACHINE_DONE);
	raw_guest_destroy(guest);
}

static void registers_fault_by_their_rules(void **state)
{
	static const struct access accesses[] = {
		{0x40000001, true, 4, true}, /* reserved bits */
		{0x40000001, true, 0x800, true},
		{0x40000002, true, 0, true}, /* read only */
		{0x40000010, true, 0, true},
		{0x40000020, true, 0, true},
		{0x40000022, true, 0, true},
		{0x40000023, true, 0, true},
		{0x40000081, true, 1, true},
		{0x40000020, false, 0, false},
		{0x40000022, false, 0, false},
		{0x40000021, true, 2, true}, /* reserved bits */
		{0x40000073, true, 0x10, true},
		{0x40000072, true, 0x100, true},
		{0x40000072, true, 0xff, false},
		{0x40000070, false, 0, true}, /* write only */
		{0x40000070, true, 0, false},
		{0x40000003, true, 1, true}, /* not there */
		{0x400000b0, false, 0, true},
		{0x40000085, false, 0, true},
		{0x4000008f, true, 0, true},
		{0x400000a0, false, 0, true},
		{0x40000090, true, 15, true}, /* no such vector */
		{0x40000090, true, 16, false},
		{0x40000090, true, 0x10000, false},
		{0x4000009f, true, 0x10000, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++)
		access_check(&accesses[i], 0);
}

static void edge_13_a_register_without_privilege_faults(void **state)
{
	static const struct {
		uint32_t msr;
		unsigned bit;
	} privileges[] = {
		{0x40000010, 0},  {0x40000020, 1}, {0x40000080, 2},
		{0x40000092, 2},  {0x40000072, 4}, {0x40000000, 5},
		{0x40000001, 5},  {0x40000002, 6}, {0x40000021, 9},
		{0x40000022, 11},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(privileges) / sizeof(privileges[0]); i++) {
		struct access access = {privileges[i].msr, false, 0, false};

		access_check(&access, 0);
		access.faults = true;
		access_check(&access, UINT64_C(1) << privileges[i].bit);
	}
}

static void reset_body(struct raw_guest *guest)
{
	unsigned i;

	assert_int_equal(raw_msr_read(guest, 0, 0x40000080), 1);
	assert_int_equal(raw_msr_read(guest, 0, 0x40000081), 1);
	for (i = 0; i < 16; i++)
		assert_int_equal(raw_msr_read(guest, 1, 0x40000090 + i),
				 0x10000);
}

static void the_synic_is_enabled_and_masked_at_reset(void **state)
{
	(void)state;
	run(reset_body, 0);
}

static void vp_body(struct raw_guest *guest)
{
	uint64_t first = raw_msr_read(guest, 0, RAW_MSR_VP_INDEX);
	uint64_t second = raw_msr_read(guest, 1, RAW_MSR_VP_INDEX);
	unsigned cpu;

	assert_int_equal(first, 0);
	assert_int_not_equal(second, 0);
	assert_int_not_equal(second, 1);
	assert_true(
		host_partition_cpu(guest->partition, (uint32_t)second, &cpu));
	assert_int_equal(cpu, 1);
	assert_false(host_partition_cpu(guest->partition, 1, &cpu));
}

static void edge_14_a_vp_index_is_not_the_vcpu_number(void **state)
{
	(void)state;
	run(vp_body, 0);
}

static void apic_body(struct raw_guest *guest)
{
	raw_msr_write(guest, 0, 0x40000071, UINT64_C(1) << 56 | guest->vector);
	raw_wait(guest, 1000);
	assert_int_equal(guest->interrupts[1], 1);
	raw_msr_write(guest, 0, 0x40000071, UINT64_C(7) << 56 | guest->vector);
	raw_wait(guest, 1000);
	assert_int_equal(guest->interrupts[0] + guest->interrupts[1], 1);
	raw_msr_write(guest, 1, 0x40000072, 0x20);
	assert_int_equal(raw_msr_read(guest, 1, 0x40000072), 0x20);
	assert_int_equal(raw_msr_read(guest, 0, 0x40000072), 0);
}

static void icr_interrupts_another_vcpu(void **state)
{
	(void)state;
	run(apic_body, 0);
}

/* ---- Overlay pages ---- */

static void identity_body(struct raw_guest *guest)
{
	uint64_t page = raw_page(guest, guest->hypercall);

	raw_msr_write(guest, 0, RAW_MSR_HYPERCALL, page);
	assert_int_equal(raw_msr_read(guest, 0, RAW_MSR_HYPERCALL), page - 1);
	assert_int_equal(guest->hypercall[0], 0);
	raw_msr_write(guest, 0, RAW_MSR_GUEST_OS_ID, RAW_OS_ID);
	raw_msr_write(guest, 0, RAW_MSR_HYPERCALL, page);
	assert_int_equal(raw_msr_read(guest, 0, RAW_MSR_HYPERCALL), page);
	assert_memory_equal(guest->hypercall, "\x0f\x01\xc1\xc3\xcc", 5);
	assert_int_equal(guest->hypercall[4095], 0xcc);
	raw_msr_write(guest, 0, RAW_MSR_GUEST_OS_ID, 0);
	assert_int_equal(raw_msr_read(guest, 0, RAW_MSR_HYPERCALL), page - 1);
	assert_int_equal(guest->hypercall[0], 0);
}

static void edge_1_the_hypercall_page_needs_an_identity(void **state)
{
	(void)state;
	run(identity_body, 1);
}

static void dead_page_body(struct raw_guest *guest)
{
	raw_hypercalls_on(guest);
	raw_msr_write(guest, 0, RAW_MSR_HYPERCALL, 0);
	port_hypercall(guest->port, guest->hypercall, 0x5d, 0, 0);
}

static void a_disabled_hypercall_page_cannot_be_called(void **state)
{
	struct raw_guest *guest =
		raw_guest_create("ws2019", 1, MACHINE_SCHEDULE_EAGER);

	(void)state;
	assert_int_equal(raw_guest_run(guest, dead_page_body), MACHINE_FAULT);
	raw_guest_destroy(guest);
}

static void locked_body(struct raw_guest *guest)
{
	raw_hypercalls_on(guest);
	raw_msr_write(guest, 0, RAW_MSR_HYPERCALL,
		      raw_page(guest, guest->hypercall) | 2);
	/* Giving up the identity drops the lock with the page. */
	raw_msr_write(guest, 0, RAW_MSR_GUEST_OS_ID, 0);
	raw_hypercalls_on(guest);
	raw_msr_write(guest, 0, RAW_MSR_HYPERCALL,
		      raw_page(guest, guest->hypercall) | 2);
	guest->context = guest;
	raw_msr_write(guest, 0, RAW_MSR_HYPERCALL, 0);
}

static void a_locked_hypercall_page_faults_when_written(void **state)
{
	struct raw_guest *guest =
		raw_guest_create("ws2019", 1, MACHINE_SCHEDULE_EAGER);

	(void)state;
	assert_int_equal(raw_guest_run(guest, locked_body), MACHINE_FAULT);
	assert_ptr_equal(guest->context, guest);
	raw_guest_destroy(guest);
}

static void overlay_body(struct raw_guest *guest)
{
	uint8_t *below = guest->messages[0], *other = guest->messages[1];
	static const uint32_t registers[] = {RAW_MSR_SIMP, RAW_MSR_SIEFP,
					     0x40000073};
	size_t i;

	for (i = 0; i < 3; i++) {
		memset(below, 0x11, PAGE);
		memset(other, 0x22, PAGE);
		raw_msr_write(guest, 0, registers[i], raw_page(guest, below));
		assert_int_equal(below[7], 0);
		below[7] = 0x77;
		/* The page moves with what is in it; RAM comes back. */
		raw_msr_write(guest, 0, registers[i], raw_page(guest, other));
		assert_int_equal(below[7], 0x11);
		assert_int_equal(other[7], 0x77);
		raw_msr_write(guest, 0, registers[i],
			      raw_page(guest, other) & ~1ull);
		assert_int_equal(other[7], 0x22);
		raw_msr_write(guest, 0, registers[i], raw_page(guest, below));
		assert_int_equal(below[7], 0x77);
		raw_msr_write(guest, 0, registers[i], 0);
		assert_int_equal(below[7], 0x11);
	}
	/* Over no RAM, or over another: enabled, and yet nowhere. */
	raw_msr_write(guest, 0, RAW_MSR_SIMP, 0xfffffffffffff001);
	raw_msr_write(guest, 0, RAW_MSR_SIEFP, raw_page(guest, below));
	raw_msr_write(guest, 0, RAW_MSR_SIMP, raw_page(guest, below));
	assert_int_equal(raw_msr_read(guest, 0, RAW_MSR_SIMP),
			 raw_page(guest, below));
	assert_false(host_synic_post(guest->partition, 0, 2, 1, "", 1));
}

static void edge_11_overlay_pages_keep_what_lies_below(void **state)
{
	(void)state;
	run(overlay_body, 2);
}

/* ---- Time ---- */

/** Reference time as the page has it. */
static uint64_t page_time(struct raw_guest *guest, const uint8_t *page)
{
	uint64_t scale, offset;

	memcpy(&scale, page + 8, 8);
	memcpy(&offset, page + 16, 8);
	return (uint64_t)(((unsigned __int128)port_tsc(guest->port) * scale) >>
			  64) +
	       offset;
}

static void page_agrees(struct raw_guest *guest, const uint8_t *page)
{
	uint64_t before, between, after;

	before = raw_msr_read(guest, 0, 0x40000020);
	between = page_time(guest, page);
	after = raw_msr_read(guest, 0, 0x40000020);
	/* Roundings of both make one tick. */
	assert_in_range(between + 1, before, after + 2);
}

static void clock_body(struct raw_guest *guest)
{
	uint8_t *page = guest->messages[0];
	uint64_t before = raw_msr_read(guest, 0, 0x40000020);
	uint32_t sequence;

	raw_wait(guest, 1000000);
	assert_in_range(raw_msr_read(guest, 0, 0x40000020), before + 10000,
			before + 10200);
	raw_msr_write(guest, 0, 0x40000021, raw_page(guest, page));
	sequence = raw_get32(page, 0);
	assert_int_not_equal(sequence, 0);
	raw_wait(guest, 123456789);
	page_agrees(guest, page);

	host_partition_clock_adjust(guest->partition, 5000000);
	assert_int_not_equal(raw_get32(page, 0), sequence);
	assert_int_not_equal(raw_get32(page, 0), 0);
	page_agrees(guest, page);
	assert_true(raw_msr_read(guest, 0, 0x40000020) > before + 6000000);

	host_partition_tsc_page_valid(guest->partition, false);
	assert_int_equal(raw_get32(page, 0), 0);
	host_partition_tsc_page_valid(guest->partition, true);
	assert_int_not_equal(raw_get32(page, 0), 0);
	page_agrees(guest, page);
	assert_int_equal(raw_msr_read(guest, 0, 0x40000022), 2600000000u);
}

static void edge_12_the_tsc_page_tells_the_same_time(void **state)
{
	(void)state;
	run(clock_body, 0);
}

/* ---- Hypercalls ---- */

static uint16_t call(struct raw_guest *guest, uint64_t control, uint64_t input)
{
	return (uint16_t)port_hypercall(guest->port, guest->hypercall, control,
					input, 0);
}

static void control_body(struct raw_guest *guest)
{
	uint64_t input = port_physical(guest->port, guest->input);

	raw_hypercalls_on(guest);
	assert_int_equal(call(guest, 0x1234, input), 2);
	assert_int_equal(call(guest, 0, input), 2);
	assert_int_equal(call(guest, 0x5c | 1ull << 17, input), 3);
	assert_int_equal(call(guest, 0x5c | 1ull << 27, input), 3);
	assert_int_equal(call(guest, 0x5c | 1ull << 31, input), 3);
	assert_int_equal(call(guest, 0x5c | 1ull << 32, input), 3);
	assert_int_equal(call(guest, 0x5d | 1ull << 48, input), 3);
	assert_int_equal(call(guest, 0x5d | 1ull << 63, input), 3);
	assert_int_equal(call(guest, 0x1005c, input), 3);
}

static void a_control_word_is_checked(void **state)
{
	(void)state;
	run(control_body, 7);
}

static void placement_body(struct raw_guest *guest)
{
	/* The next page is RAM as well: the crossing alone is wrong. */
	uint8_t *pages = port_pages_alloc(guest->port, 2, PORT_PAGES_CONTIGUOUS,
					  "inputs");
	uint64_t input = port_physical(guest->port, pages);

	raw_hypercalls_on(guest);
	assert_int_equal(call(guest, 0x5c, input + 4), 4);
	raw_put32(pages, 4096 - 248 + 8, 1);
	assert_int_equal(call(guest, 0x5c, input + 4096 - 248), 3);
	assert_int_equal(call(guest, 0x5c, 0xffffffffff000), 3);
	assert_int_equal(call(guest, 0x5d, input + 1), 4);
	/* At the very end of the page, with connection 0: it gets that far. */
	memset(pages, 0, 4096);
	raw_put32(pages, 4096 - 256 + 8, 1);
	assert_int_equal(call(guest, 0x5c, input + 4096 - 256), 0x12);
}

static void edge_3_inputs_are_aligned_and_in_one_page(void **state)
{
	(void)state;
	run(placement_body, 4);
}

static void post_body(struct raw_guest *guest)
{
	uint8_t payload[240] = {0};

	raw_hypercalls_on(guest);
	assert_int_equal(raw_post(guest, 1, payload, 240), 0);
	raw_put32(guest->input, 12, 241);
	assert_int_equal(
		call(guest, 0x5c, port_physical(guest->port, guest->input)), 5);
	raw_put32(guest->input, 12, 8);
	raw_put32(guest->input, 8, 0);
	assert_int_equal(
		call(guest, 0x5c, port_physical(guest->port, guest->input)), 5);
	raw_put32(guest->input, 8, 0x80000001);
	assert_int_equal(
		call(guest, 0x5c, port_physical(guest->port, guest->input)), 5);
	assert_int_equal(raw_post(guest, 2, payload, 8), 0x12);
	assert_int_equal(raw_post(guest, 5, payload, 8), 0x12);
	assert_int_equal(raw_post(guest, 4, payload, 8), 0);
	assert_int_equal(raw_signal(guest, 1, 2048), 5);
	assert_int_equal(raw_signal(guest, 2, 0), 0x12);
	assert_int_equal(raw_signal(guest, 9, 0), 0x12);
}

static void edge_10_posts_and_signals_are_bounded(void **state)
{
	(void)state;
	/* Two of the posts are no message of VMBus' that there is. */
	run(post_body, 7);
}

static void denied_body(struct raw_guest *guest)
{
	uint8_t payload[8] = {0};

	raw_hypercalls_on(guest);
	host_partition_privileges_set(
		guest->partition, host_partition_privileges(guest->partition) &
					  ~(UINT64_C(3) << 36));
	assert_int_equal(raw_post(guest, 1, payload, 8), 6);
	assert_int_equal(raw_signal(guest, 1, 0), 6);
}

static void hypercalls_without_privilege_are_denied(void **state)
{
	(void)state;
	run(denied_body, 2);
}

static void slow_signal_body(struct raw_guest *guest)
{
	raw_hypercalls_on(guest);
	raw_put32(guest->input, 8, 2);
	raw_put32(guest->input, 12, 0);
	assert_int_equal(call(guest, 0x5d,
			      port_physical(guest->port, guest->input) + 8),
			 0x12);
	raw_put32(guest->input, 12, 0x10000);
	assert_int_equal(call(guest, 0x5d,
			      port_physical(guest->port, guest->input) + 8),
			 5);
}

static void a_signal_may_be_slow(void **state)
{
	(void)state;
	run(slow_signal_body, 1);
}

static void loaded_body(struct raw_guest *guest)
{
	uint32_t words[2] = {0xffff, 0};
	unsigned full = 0, late = 0, run_length = 0, i;

	raw_hypercalls_on(guest);
	for (i = 0; i < 1000; i++) {
		uint16_t status = raw_post(guest, 1, words, 8);

		full += status == 0x13;
		late += status == 0x78;
		run_length = status ? run_length + 1 : 0;
		assert_true(run_length <= 3);
	}
	assert_in_range(full, 20, 250);
	assert_in_range(late, 20, 250);
}

static void edge_4_a_loaded_host_refuses_posts_now_and_then(void **state)
{
	struct raw_guest *guest =
		raw_guest_create("azure", 3, MACHINE_SCHEDULE_EAGER);

	(void)state;
	assert_int_equal(raw_guest_run(guest, loaded_body), MACHINE_DONE);
	raw_guest_destroy(guest);
}

static void full_body(struct raw_guest *guest)
{
	uint32_t words[2] = {0xffff, 0};
	unsigned posted = 0;

	raw_hypercalls_on(guest);
	while (!raw_post(guest, 1, words, 8))
		posted++;
	assert_int_equal(raw_post(guest, 1, words, 8), 0x13);
	assert_in_range(posted, 4, 64);
	raw_wait(guest, 1000000);
	assert_int_equal(raw_post(guest, 1, words, 8), 0);
}

static void edge_4_a_full_queue_is_status_13(void **state)
{
	struct raw_guest *guest =
		raw_guest_create("ws2019", 1, MACHINE_SCHEDULE_LAZY);

	(void)state;
	assert_int_equal(raw_guest_run(guest, full_body), MACHINE_DONE);
	raw_guest_destroy(guest);
}

static uint16_t refuse_twice(void *context, uint16_t code)
{
	unsigned *left = context;

	assert_int_equal(code, 0x5c);
	if (!*left)
		return 0;
	--*left;
	return 0xb;
}

static void hooked_body(struct raw_guest *guest)
{
	uint32_t words[2] = {0xffff, 0};
	unsigned left = 2;

	raw_hypercalls_on(guest);
	host_hostile_hypercalls(guest->partition, refuse_twice, &left);
	assert_int_equal(raw_post(guest, 1, words, 8), 0xb);
	assert_int_equal(raw_post(guest, 1, words, 8), 0xb);
	assert_int_equal(raw_post(guest, 1, words, 8), 0);
	host_hostile_hypercalls(guest->partition, NULL, NULL);
}

static void a_hostile_host_refuses_hypercalls(void **state)
{
	(void)state;
	run(hooked_body, 1);
}

/* ---- Messages ---- */

#define SLOT(guest, cpu) ((guest)->messages[cpu] + 512)

static bool post(struct raw_guest *guest, uint8_t number)
{
	uint8_t payload[3] = {number, 0x5a, 0xa5};

	return host_synic_post(guest->partition, 0, RAW_SINT, 1, payload, 3);
}

static void pending_body(struct raw_guest *guest)
{
	uint8_t payload[240];

	raw_synic_on(guest);
	assert_true(post(guest, 1));
	raw_wait(guest, 1000);
	assert_int_equal(guest->interrupts[0], 1);
	assert_int_equal(guest->interrupts[1], 0);
	assert_int_equal(raw_get32(SLOT(guest, 0), 0), 1);
	assert_int_equal(SLOT(guest, 0)[4], 3);
	assert_int_equal(SLOT(guest, 0)[5], 0);
	assert_memory_equal(SLOT(guest, 0) + 16, "\x01\x5a\xa5", 3);
	/* Full: the next ones wait, and the slot says so. */
	assert_true(post(guest, 2));
	assert_true(post(guest, 3));
	raw_wait(guest, 1000);
	assert_int_equal(SLOT(guest, 0)[5], 1);
	assert_int_equal(SLOT(guest, 0)[16], 1);
	assert_int_equal(guest->interrupts[0], 1);
	/* EOM before the slot is free is of no use... */
	raw_msr_write(guest, 0, RAW_MSR_EOM, 0);
	raw_wait(guest, 1000);
	assert_int_equal(SLOT(guest, 0)[16], 1);
	/* ... nor is freeing it without EOM: the next ones are stuck. */
	raw_put32(SLOT(guest, 0), 0, 0);
	raw_wait(guest, 1000000);
	assert_int_equal(raw_get32(SLOT(guest, 0), 0), 0);
	raw_msr_write(guest, 0, RAW_MSR_EOM, 0);
	assert_int_equal(raw_receive(guest, 0, payload), 3);
	assert_int_equal(payload[0], 2);
	assert_int_equal(raw_receive(guest, 0, payload), 3);
	assert_int_equal(payload[0], 3);
	assert_int_equal(SLOT(guest, 0)[5], 0);
	assert_int_equal(raw_receive(guest, 0, payload), -1);
	assert_int_equal(guest->interrupts[0], 3);
}

static void edge_6_a_full_slot_asks_for_an_eom(void **state)
{
	(void)state;
	run(pending_body, 0);
}

static void masked_body(struct raw_guest *guest)
{
	uint8_t payload[240];

	raw_synic_on(guest);
	raw_msr_write(guest, 0, RAW_MSR_SINT0 + RAW_SINT,
		      guest->vector | 0x10000);
	assert_true(post(guest, 1));
	raw_wait(guest, 100000);
	assert_int_equal(raw_get32(SLOT(guest, 0), 0), 0);
	assert_int_equal(host_synic_queued(guest->partition, 0, RAW_SINT), 1);
	assert_false(host_synic_signal(guest->partition, 0, RAW_SINT, 5));
	raw_msr_write(guest, 0, RAW_MSR_SINT0 + RAW_SINT, guest->vector);
	assert_int_equal(raw_receive(guest, 0, payload), 3);
	/* Polling: the message comes, the interrupt does not. */
	raw_msr_write(guest, 0, RAW_MSR_SINT0 + RAW_SINT,
		      guest->vector | 0x40000);
	guest->interrupts[0] = 0;
	assert_true(post(guest, 2));
	assert_int_equal(raw_receive(guest, 0, payload), 3);
	assert_int_equal(guest->interrupts[0], 0);
	/* Off: lost, and so is what waited. */
	assert_true(post(guest, 3));
	assert_true(post(guest, 4));
	raw_wait(guest, 1000);
	raw_msr_write(guest, 0, RAW_MSR_SIMP, 0);
	assert_int_equal(host_synic_queued(guest->partition, 0, RAW_SINT), 0);
	assert_false(post(guest, 5));
	raw_msr_write(guest, 0, RAW_MSR_SIMP,
		      raw_page(guest, guest->messages[0]));
	raw_msr_write(guest, 0, RAW_MSR_SCONTROL, 0);
	assert_false(post(guest, 6));
	assert_false(host_synic_signal(guest->partition, 0, RAW_SINT, 5));
}

static void edge_8_a_masked_source_keeps_its_messages(void **state)
{
	(void)state;
	run(masked_body, 0);
}

static void bounded_body(struct raw_guest *guest)
{
	unsigned taken = 0;

	raw_synic_on(guest);
	while (taken < 100000 && post(guest, 1))
		taken++;
	assert_in_range(taken, 16, 99999);
	assert_false(host_synic_post(guest->partition, 0, 16, 1, "", 1));
	assert_false(host_synic_post(guest->partition, 2, 2, 1, "", 1));
}

static void messages_that_nobody_takes_are_bounded(void **state)
{
	(void)state;
	run(bounded_body, 0);
}

static void auto_eoi_body(struct raw_guest *guest)
{
	raw_msr_write(guest, 0, RAW_MSR_SINT0 + 3, guest->vector | 0x20000);
}

static void auto_eoi_is_told_where_it_is_deprecated(void **state)
{
	(void)state;
	run_on("ws2012r2", auto_eoi_body, 0);
	run_on("ws2016", auto_eoi_body, 1);
}

/* ---- Events ---- */

static void event_body(struct raw_guest *guest)
{
	struct host_partition *partition = guest->partition;
	le32 *words;

	raw_synic_on(guest);
	words = (le32 *)(void *)(guest->events[1] + 512);
	assert_true(host_synic_signal(partition, 1, RAW_SINT, 77));
	raw_wait(guest, 1000);
	assert_int_equal(guest->interrupts[1], 1);
	assert_int_equal(le32_to_cpu(words[2]), 1u << 13);
	/* Set already: no second interrupt. Another flag: one more. */
	assert_true(host_synic_signal(partition, 1, RAW_SINT, 77));
	raw_wait(guest, 1000);
	assert_int_equal(guest->interrupts[1], 1);
	assert_true(host_synic_signal(partition, 1, RAW_SINT, 2047));
	raw_wait(guest, 1000);
	assert_int_equal(guest->interrupts[1], 2);
	assert_int_equal(le32_to_cpu(words[63]), 1u << 31);
	assert_true(shared_test_and_clear_bit(guest->port, words, 77));
	assert_true(host_synic_signal(partition, 1, RAW_SINT, 77));
	raw_wait(guest, 1000);
	assert_int_equal(guest->interrupts[1], 3);

	assert_false(host_synic_signal(partition, 1, RAW_SINT, 2048));
	assert_false(host_synic_signal(partition, 1, 16, 0));
	assert_false(host_synic_signal(partition, 2, RAW_SINT, 0));
	raw_msr_write(guest, 1, RAW_MSR_SIEFP, 0);
	assert_false(host_synic_signal(partition, 1, RAW_SINT, 3));
	assert_int_equal(guest->interrupts[0], 0);
}

static void edge_9_an_event_is_an_edge(void **state)
{
	(void)state;
	run(event_body, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpuid_shows_the_hypervisor),
		cmocka_unit_test(registers_fault_by_their_rules),
		cmocka_unit_test(edge_13_a_register_without_privilege_faults),
		cmocka_unit_test(the_synic_is_enabled_and_masked_at_reset),
		cmocka_unit_test(edge_14_a_vp_index_is_not_the_vcpu_number),
		cmocka_unit_test(icr_interrupts_another_vcpu),
		cmocka_unit_test(edge_1_the_hypercall_page_needs_an_identity),
		cmocka_unit_test(a_disabled_hypercall_page_cannot_be_called),
		cmocka_unit_test(a_locked_hypercall_page_faults_when_written),
		cmocka_unit_test(edge_11_overlay_pages_keep_what_lies_below),
		cmocka_unit_test(edge_12_the_tsc_page_tells_the_same_time),
		cmocka_unit_test(a_control_word_is_checked),
		cmocka_unit_test(edge_3_inputs_are_aligned_and_in_one_page),
		cmocka_unit_test(edge_10_posts_and_signals_are_bounded),
		cmocka_unit_test(hypercalls_without_privilege_are_denied),
		cmocka_unit_test(a_signal_may_be_slow),
		cmocka_unit_test(
			edge_4_a_loaded_host_refuses_posts_now_and_then),
		cmocka_unit_test(edge_4_a_full_queue_is_status_13),
		cmocka_unit_test(a_hostile_host_refuses_hypercalls),
		cmocka_unit_test(edge_6_a_full_slot_asks_for_an_eom),
		cmocka_unit_test(edge_8_a_masked_source_keeps_its_messages),
		cmocka_unit_test(messages_that_nobody_takes_are_bounded),
		cmocka_unit_test(auto_eoi_is_told_where_it_is_deprecated),
		cmocka_unit_test(edge_9_an_event_is_an_edge),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
