/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One simulated virtual machine: memory, vCPUs, a virtual clock, events,
 * interrupts, and the exits through which a guest reaches its hypervisor.
 *
 * Deterministic: one thread, one seed. Guest code runs inside machine_run(). At
 * each call through the border (mocks/port/) a little virtual time passes, and
 * the machine may run some of the host's pending work, fire due events and
 * deliver interrupts; the seed decides how much. No state is global.
 */
#ifndef MOCKS_MACHINE_MACHINE_H
#define MOCKS_MACHINE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MACHINE_PAGE_SIZE  4096u
#define MACHINE_CPUS_MAX   8u
#define MACHINE_REASON_MAX 512u
/** Interrupt lines of the board, numbered from 0. */
#define MACHINE_LINES	   24u

struct machine;

/** How eagerly the host runs at the guest's exits. */
enum machine_schedule {
	/** The seed decides at each exit: nothing, one step, some, or all. */
	MACHINE_SCHEDULE_SEEDED,
	/**
	 * All pending work is done at once at each doorbell: fast, for
	 * benchmarks.
	 */
	MACHINE_SCHEDULE_EAGER,
	/**
	 * Nothing is done until the guest gives way (port_relax(),
	 * port_delay()).
	 */
	MACHINE_SCHEDULE_LAZY,
	/**
	 * The same, and then a step at a time: the guest can act between any
	 * two.
	 */
	MACHINE_SCHEDULE_SINGLE,
	/**
	 * Not deterministic: real time, the host in a thread of its own that
	 * calls machine_enter() and machine_leave(); for live traffic.
	 */
	MACHINE_SCHEDULE_REALTIME,
};

/** What watches the guest, see checker.h. */
enum machine_checker {
	MACHINE_CHECK_OWNERSHIP,
	MACHINE_CHECK_DOUBLE_FETCH,
	MACHINE_CHECK_PUBLISH_ORDER,
	MACHINE_CHECK_SIGNAL_BUDGET,
	MACHINE_CHECKERS,
};

/** A file that holds the RAM, for another process to reach it too. */
struct machine_ram_file {
	/** The caller's; it is mapped when the machine is made. */
	int descriptor;
	/**
	 * Physical addresses below that are offsets in the file; the first one
	 * above 4 GiB is this offset.
	 */
	uint64_t low_bytes;
};

struct machine_configuration {
	/** Bytes of RAM, default 32 MiB. */
	size_t ram_bytes;
	/** Where it is kept; NULL: in this process alone. */
	const struct machine_ram_file *ram_file;
	/** vCPUs, default 2. */
	unsigned cpus;
	uint64_t seed;
	enum machine_schedule schedule;
	/** Where port_log() lines go; NULL: nowhere. */
	FILE *log;
	/** The least important level that is written (enum port_log_level). */
	int log_level;
	/** TSC frequency, default 2.6 GHz. */
	uint64_t tsc_hz;
	/** The platform takes no message signalled interrupts: lines only. */
	bool no_messages;
	/**
	 * 0: messages go to the local APICs. Otherwise to words of memory, the
	 * one of a vector on a vCPU at message_words + 4 * (256 * cpu +
	 * vector); whose they are, he calls machine_interrupt().
	 */
	uint64_t message_words;
	/** Checkers that are off, 1 << enum machine_checker; 0: all are on. */
	unsigned checkers_off;
	/** The host's messages change as soon as they were read. */
	bool spoil_messages;
};

/** @return a machine, or NULL when the simulator itself is out of memory */
struct machine *
machine_create(const struct machine_configuration *configuration);
void machine_destroy(struct machine *machine);

/** The guest's side of the border: what its drivers are given. */
struct port *machine_port(struct machine *machine);
uint64_t machine_seed(const struct machine *machine);

/* ---- Running the guest ---- */

enum machine_outcome {
	MACHINE_DONE,	 /* the guest function returned */
	MACHINE_FAULT,	 /* general protection fault, bad access of the guest */
	MACHINE_SPIN,	 /* a loop polled and nothing could ever change */
	MACHINE_STOPPED, /* somebody called machine_stop() */
};

/**
 * Run guest code on vCPU 0 until it returns or the machine is stopped. Not
 * nested. After anything but MACHINE_DONE the guest is dead where it stood:
 * look at the reason and destroy the machine.
 */
enum machine_outcome machine_run(struct machine *machine,
				 void (*guest)(void *argument), void *argument);

/**
 * Why the machine stopped: a sentence that names place and cause; "" if not.
 */
const char *machine_reason(const struct machine *machine);

/**
 * End the guest now (from host code or a border call); does not return there.
 */
_Noreturn void machine_stop(struct machine *machine,
			    enum machine_outcome outcome, const char *format,
			    ...) __attribute__((format(printf, 3, 4)));

/**
 * The guest broke a rule of a specification, and the host goes on (it refuses,
 * or ignores, as the real one would). Remembered with its text, counted, and
 * logged.
 * @param clause the rule, e.g. "TLFS 11.8 HvCallPostMessage"
 */
void machine_violation(struct machine *machine, const char *clause,
		       const char *format, ...)
	__attribute__((format(printf, 3, 4)));
unsigned machine_violations(const struct machine *machine);
/** The text of the n-th violation kept (the first 64 are), NULL beyond. */
const char *machine_violation_text(const struct machine *machine, unsigned n);

/* ---- Time, events, host work ---- */

/** Virtual nanoseconds since the machine was made. */
uint64_t machine_time(const struct machine *machine);
uint64_t machine_tsc(const struct machine *machine);
uint64_t machine_tsc_hz(const struct machine *machine);

/**
 * Something that happens at a time; embedded by its owner, zeroed before use.
 */
struct machine_event {
	void (*fire)(void *argument);
	void *argument;
	uint64_t due;
	struct machine_event *next;
	bool scheduled;
};

/** (Re)schedule an event so many nanoseconds from now; it fires once. */
void machine_event_schedule(struct machine *machine,
			    struct machine_event *event, uint64_t delay);
void machine_event_cancel(struct machine *machine, struct machine_event *event);

/**
 * Work of a host device, done in steps that the schedule spreads; embedded by
 * its owner, zeroed before use.
 */
struct machine_work {
	/** Do one step (one packet). @return whether there is more to do now */
	bool (*step)(void *argument);
	void *argument;
	struct machine_work *next;
	bool pending;
};

/** There is something to do: its steps run at coming exits. */
void machine_work_kick(struct machine *machine, struct machine_work *work);
void machine_work_cancel(struct machine *machine, struct machine_work *work);
/** Run all pending work to its end, now. For hosts' set-up and tests. */
void machine_work_drain(struct machine *machine);

/** A number from the machine's seed, and one below a bound. */
uint64_t machine_random(struct machine *machine);
uint32_t machine_random_below(struct machine *machine, uint32_t bound);

/* ---- The host's thread (MACHINE_SCHEDULE_REALTIME) ---- */

/**
 * Readable when the guest gave the host something to do, until the next
 * machine_enter().
 */
int machine_kick_descriptor(const struct machine *machine);
/**
 * Wait until the guest gives way, and hold it there: hosts and wires may be
 * called until machine_leave().
 */
void machine_enter(struct machine *machine);
/**
 * Do all host work and events that are due, and let the guest go on.
 * @return nanoseconds until the next event, UINT64_MAX if there is none
 */
uint64_t machine_leave(struct machine *machine);

/* ---- Memory, as the host reaches it ---- */

/**
 * Guest memory at a physical address.
 *
 * @return where the host finds it, or NULL when the bytes are not all inside
 *	one page of RAM (or of an overlay page laid over it)
 */
void *machine_ram(struct machine *machine, uint64_t physical, size_t bytes);

/** Copy across pages; false, and nothing promised, when any byte is not RAM. */
bool machine_ram_read(struct machine *machine, uint64_t physical, void *to,
		      size_t bytes);
bool machine_ram_write(struct machine *machine, uint64_t physical,
		       const void *from, size_t bytes);

/** Memory beside the machine's own, which another process shares. */
struct machine_memory {
	uint64_t physical, bytes;
	uint8_t *memory;
	struct machine_memory *next;
};

/**
 * Have the host reach it by its physical addresses, before RAM that has the
 * same. Nothing watches it.
 * @param memory embedded by its owner, who detaches it
 */
void machine_memory_attach(struct machine *machine,
			   struct machine_memory *memory);
void machine_memory_detach(struct machine *machine,
			   struct machine_memory *memory);

/**
 * Lay a page over RAM (TLFS 5.2.1 overlay pages): the guest and the host see
 * the overlay until it is removed, then the old contents again. One overlay a
 * page.
 * @return the overlay's bytes (zeroed), or NULL when that page is no RAM or
 * covered
 */
void *machine_overlay_add(struct machine *machine, uint64_t page_number);
void machine_overlay_remove(struct machine *machine, uint64_t page_number);

/**
 * Whether the driver gave that memory to a device (port_dma_give()) right now.
 */
bool machine_dma_given(struct machine *machine, uint64_t physical,
		       size_t bytes);

/* ---- Interrupts ---- */

/** Raise an edge interrupt on a vCPU: pending once until it is taken. */
void machine_interrupt(struct machine *machine, unsigned cpu, uint8_t vector);

/** What a device holds of an interrupt line; its line is set by its owner. */
struct machine_line_source {
	unsigned line;
	bool asserted;
};

/**
 * Assert a level triggered line or let go of it. It is high while any source
 * asserts it, and handlers run until none does.
 */
void machine_line_set(struct machine *machine,
		      struct machine_line_source *source, bool asserted);
/** An edge on a line: its handlers run once. */
void machine_line_pulse(struct machine *machine, unsigned number);
bool machine_line_asserted(const struct machine *machine, unsigned number);

/**
 * A device writes a message: an interrupt at the addresses of the local APICs,
 * or a word of RAM.
 */
void machine_message(struct machine *machine, uint64_t address, uint32_t data);

/** The vCPU that is executing the border call. */
unsigned machine_cpu(const struct machine *machine);
unsigned machine_cpus(const struct machine *machine);

/* ---- Exits: what a board registers ---- */

/** Values of CPUID. */
struct machine_cpuid {
	uint32_t eax, ebx, ecx, edx;
};

/**
 * The hypervisor under the guest. A member may be NULL: then CPUID answers
 * zeroes, a register does not exist, the hypercall page cannot be called.
 */
struct machine_hypervisor {
	void *context;
	/** @return whether it answered for that leaf */
	bool (*cpuid)(void *context, uint32_t leaf, uint32_t subleaf,
		      struct machine_cpuid *values);
	/** @return false: general protection fault */
	bool (*msr_read)(void *context, unsigned cpu, uint32_t msr,
			 uint64_t *value);
	bool (*msr_write)(void *context, unsigned cpu, uint32_t msr,
			  uint64_t value);
	/**
	 * @param page the physical address of the page that was called
	 * @return false: nothing callable is there
	 */
	bool (*hypercall)(void *context, unsigned cpu, uint64_t page,
			  uint64_t control, uint64_t input, uint64_t output,
			  uint64_t *result);
};

void machine_hypervisor_set(struct machine *machine,
			    const struct machine_hypervisor *hypervisor);

/**
 * The guest calls the page at a physical address, whatever its code is: for
 * those who play a guest that has none. Inside machine_run().
 * @return false: nothing callable is there
 */
bool machine_hypercall(struct machine *machine, uint64_t page, uint64_t control,
		       uint64_t input, uint64_t output, uint64_t *result);

/** Registers of a device, on the I/O ports or in the physical address space. */
struct machine_region {
	uint64_t base, bytes;
	const char *name;
	void *context;
	uint64_t (*read)(void *context, uint64_t offset, unsigned width);
	void (*write)(void *context, uint64_t offset, uint64_t value,
		      unsigned width);
	struct machine_region *next;
};

/**
 * @param region embedded by its owner; reads beyond all regions are all ones
 */
void machine_port_region_add(struct machine *machine,
			     struct machine_region *region);
void machine_mmio_region_add(struct machine *machine,
			     struct machine_region *region);
/** The registers of a name, where they are now; NULL: they are nowhere. */
const struct machine_region *machine_region_named(const struct machine *machine,
						  bool is_port,
						  const char *name);
/** Take a device away; a region that is not there is fine. */
void machine_mmio_region_remove(struct machine *machine,
				struct machine_region *region);

/* ---- What the machine counts ---- */

struct machine_counters {
	/**
	 * Calls through the border, and of those reads that changed nothing.
	 */
	uint64_t border_calls, unproductive;
	/** port_alloc() and port_pages_alloc(): calls, and what lives now. */
	uint64_t allocations, live_allocations, live_bytes, peak_bytes;
	/** shared_read() and shared_write(): calls and bytes. */
	uint64_t copies, copied_bytes;
	uint64_t fences, hypercalls, msr_accesses, interrupts;
	uint64_t dma_gives, dma_live;
	/** Handlers of vectors and lines, and mappings of registers, now. */
	uint64_t live_handlers, live_mappings;
};

void machine_counters(const struct machine *machine,
		      struct machine_counters *counters);

/** Write a line for each live allocation (its name and size) to a stream. */
void machine_leaks(const struct machine *machine, FILE *stream);

#endif /* MOCKS_MACHINE_MACHINE_H */
