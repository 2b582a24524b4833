/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the machine: its one structure, and the few inline functions
 * that every call through the border runs.
 *
 * Private to mocks/machine/ and mocks/port/. The parts are, in the order in
 * which a guest meets them: memory.c (physical addresses, overlays), space.c
 * and heap.c (allocation), dma.c (what a device was given), clock.c (time and
 * events), schedule.c (when the host runs, and loops that spin), interrupt.c
 * and line.c, exits.c (CPUID, MSRs, hypercalls, registers), machine.c (life and
 * death).
 */
#ifndef MOCKS_MACHINE_INTERNAL_H
#define MOCKS_MACHINE_INTERNAL_H

#include <setjmp.h>

#include "mocks/machine/fault.h"
#include "mocks/machine/machine.h"
#include "mocks/machine/space.h"
#include "mocks/machine/trace.h"

/** Built with an address sanitizer. */
#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_CHECKED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY_CHECKED 1
#endif
#endif
#ifndef MEMORY_CHECKED
#define MEMORY_CHECKED 0
#endif

#define MACHINE_VIOLATIONS_KEPT	 64u
#define MACHINE_VECTORS		 256u
#define MACHINE_VECTORS_RESERVED 32u
#define MACHINE_FREED_KEPT	 64u
#define MACHINE_BUCKETS		 256u

/** Never: the time of an event that is not there. */
#define MACHINE_NEVER UINT64_MAX

/* ---- What a call through the border costs, in virtual nanoseconds ---- */

enum border_cost {
	BORDER_COST_ACCESS = 2,
	BORDER_COST_FENCE = 10,
	BORDER_COST_LOCK = 10,
	BORDER_COST_TIME = 20,
	BORDER_COST_RELAX = 50,
	BORDER_COST_MEMORY = 100,
	BORDER_COST_EXIT = 1000,
	/** Bytes that shared_read() and shared_write() copy in a nanosecond. */
	BORDER_COPY_BYTES = 16,
};

/** What asks for the slow path; a call passes the mask of what concerns it. */
enum border_attention {
	/** An interrupt is pending on some vCPU, or a line is. */
	ATTENTION_INTERRUPT = 1 << 0,
	/** Host work may run at any call (MACHINE_SCHEDULE_SEEDED). */
	ATTENTION_WORK = 1 << 1,
	/** Host work runs at exits (MACHINE_SCHEDULE_EAGER). */
	ATTENTION_WORK_EXIT = 1 << 2,

	BORDER_ACCESS = ATTENTION_INTERRUPT | ATTENTION_WORK,
	BORDER_EXIT = BORDER_ACCESS | ATTENTION_WORK_EXIT,
};

/** What a read looked at, to name it when it turns out to be a spin. */
enum polled_kind {
	POLLED_NOTHING,
	POLLED_TIME,
	POLLED_RELAX,
	POLLED_MEMORY,
	POLLED_MSR,
	POLLED_CPUID,
	POLLED_PORT,
	POLLED_MMIO,
};

/** Reads in a row that nothing followed: from here on time runs faster. */
#define SPIN_PATIENCE 1000u
/** So many, and the loop will never end. */
#define SPIN_LIMIT    200000u
/** What each further read costs more than the one before, in nanoseconds. */
#define SPIN_PENALTY  100u
/** Calls of any kind while neither host nor clock did a thing. */
#define WATCH_CALLS   10000000u
/** How often that is looked at, in nanoseconds. */
#define WATCH_PERIOD  20000000u

/* ---- Parts ---- */

/** What a driver holds: nothing but the way to its machine. */
struct port {
	struct machine *machine;
};

struct allocation {
	struct allocation *hash_next;
	struct allocation *previous, *next;
	/** What the guest has, and the block in its space with red zones. */
	size_t offset, bytes, block, block_bytes;
	const char *what;
	bool pages, contiguous, executable;
};

struct freed {
	size_t offset;
	const char *what;
};

struct overlay {
	struct overlay *next;
	uint64_t page_number;
	uint8_t saved[MACHINE_PAGE_SIZE];
};

/** The direction of a grant whose bytes the device writes. */
#define DMA_FROM_DEVICE 2u

struct dma_grant {
	size_t offset, bytes;
	unsigned direction, count;
	/** What it held, and when it was given first. */
	uint64_t digest, since;
};

/** What an access at the border has to look at first, a byte for each page. */
enum page_flags {
	PAGE_WATCHED = 1 << 0,
	PAGE_GIVEN = 1 << 1,
	PAGE_SHOWN = 1 << 2,
};

struct checked_page {
	const struct machine_watch *watch;
	/** How many lists of pages show it to the host. */
	uint32_t shown;
};

struct mapping {
	struct mapping *next;
	uint8_t *cookie;
	uint64_t physical;
	size_t bytes, reserved;
};

struct handler {
	void (*function)(void *argument);
	void *argument;
};

struct line_handler {
	struct line_handler *next;
	bool (*function)(void *argument);
	void *argument;
};

/** An interrupt line. */
struct line {
	struct line_handler *handlers;
	/** Sources that assert it; handler rounds since it was low. */
	unsigned asserted, rounds;
	/** An edge waits; the last rise was lost; handlers are to run. */
	bool pulsed, lost, ready;
};

/** How pages of the arena and physical pages belong together, see memory.c. */
struct addressing {
	/** Pages that are scattered; the others are the linear zone. */
	uint64_t scattered, linear;
	/** The scattered ones lie in 2 * half slots, half of them high. */
	uint64_t half, mask;
	uint64_t factor, inverse, shift;
	/** Page numbers where the parts of the physical address space begin. */
	uint64_t low, high;
};

struct machine {
	/* What nearly every border call touches. */
	struct port port;
	uint64_t time;
	uint64_t next_due;
	uint32_t attention;
	uint32_t idle;
	uint64_t progress;
	struct machine_counters counters;

	/* Where the guest is. */
	unsigned cpu, cpus;
	unsigned locks;
	unsigned in_host;
	bool in_handler, in_step, running;
	/** An interrupt was taken since the guest last gave way. */
	bool taken_since_relax;
	jmp_buf escape;
	enum machine_outcome outcome;
	char reason[MACHINE_REASON_MAX];

	/* Memory. */
	uint8_t *arena;
	size_t ram_bytes;
	struct addressing addressing;
	struct overlay *overlays;
	struct machine_memory *attached;
	struct space pages, zone, heap;
	/** Pages from here on were never used: they are zero. */
	size_t fresh_page;
	/** Where address checking is on so far: [0, n), and in the zone. */
	size_t guarded, zone_guarded;
	struct allocation *buckets[MACHINE_BUCKETS];
	struct allocation *first, *last;
	struct freed freed[MACHINE_FREED_KEPT];
	unsigned freed_next;
	size_t executable_page;
	bool executable_known;
	struct dma_grant *grants;
	size_t grant_slots, grant_used;
	uint32_t *given_pages;

	/* Checkers, see checker.c; these lie behind the arena. */
	struct checked_page *checked;
	uint8_t *page_flags;
	uint64_t *seen;
	unsigned checkers_off;
	bool spoil_messages;
	uint64_t looks[MACHINE_CHECKERS];

	/* Time and host work. */
	struct machine_event *events;
	uint64_t watch_due, watch_calls, watch_progress;
	uint64_t tsc_hz;
	enum machine_schedule schedule;
	/** NULL: the schedule is deterministic. */
	struct realtime *realtime;
	struct machine_work *work_first, *work_last, *work_running;
	uint32_t countdown;
	enum polled_kind polled_kind;
	uint64_t polled;

	/* Chance: one stream for hosts, one for the schedule. */
	uint64_t seed;
	uint64_t random[4], dice[4];

	/* Interrupts. */
	uint64_t pending[MACHINE_CPUS_MAX][MACHINE_VECTORS / 64];
	unsigned pending_count;
	struct handler handlers[MACHINE_VECTORS];
	uint8_t vector_next;
	struct line lines[MACHINE_LINES];
	unsigned lines_ready;
	bool no_messages;
	uint64_t message_words;

	/* Exits. */
	struct machine_hypervisor hypervisor;
	struct machine_region *port_regions, *mmio_regions;
	struct mapping *mappings;

	/* What fails. */
	struct machine_faults faults;

	/* What is told. */
	struct trace_observer observer;
	FILE *log;
	int log_level;
	unsigned violations;
	char *violation_texts[MACHINE_VIOLATIONS_KEPT];
};

/* ---- Memory ---- */

/** @param file where the RAM is kept, or NULL */
bool memory_create(struct machine *machine,
		   const struct machine_ram_file *file);
void memory_destroy(struct machine *machine);
uint64_t memory_physical(const struct machine *machine, size_t offset);
/** Physical address to offset in the arena; false when it is no RAM. */
bool memory_offset(const struct machine *machine, uint64_t physical,
		   size_t *offset);
bool memory_overlaid(const struct machine *machine, size_t offset,
		     size_t bytes);

/** Whether so many bytes from an address are all in the arena. */
static inline bool memory_holds(const struct machine *machine,
				const void *address, size_t bytes)
{
	uintptr_t offset = (uintptr_t)address - (uintptr_t)machine->arena;

	return offset < machine->ram_bytes &&
	       bytes <= machine->ram_bytes - offset;
}

/* Address checking by the compiler's sanitizer; nothing without it. */
void memory_poison(struct machine *machine, size_t offset, size_t bytes);
void memory_unpoison(struct machine *machine, size_t offset, size_t bytes);

bool heap_create(struct machine *machine);
void heap_destroy(struct machine *machine);
void *heap_alloc(struct machine *machine, size_t bytes, const char *what);
void heap_free(struct machine *machine, void *memory);
void *heap_pages_alloc(struct machine *machine, size_t pages, bool contiguous,
		       bool executable, const char *what);
void heap_pages_free(struct machine *machine, void *memory, size_t pages);
/** The live allocation around an address, or NULL; slow. */
const struct allocation *heap_find(const struct machine *machine,
				   const void *address);
bool heap_executable(struct machine *machine, const void *page);
/** Name a place in guest memory for a report: "'ring' +0x10". */
void heap_describe(const struct machine *machine, const void *address,
		   char *text, size_t bytes);

/** A grant that overlaps these bytes, or NULL; slow. */
const struct dma_grant *dma_overlap(const struct machine *machine,
				    size_t offset, size_t bytes);
void dma_destroy(struct machine *machine);
void dma_give(struct machine *machine, const void *memory, size_t bytes,
	      unsigned direction);
void dma_take(struct machine *machine, const void *memory, size_t bytes,
	      unsigned direction);

/* ---- Checkers ---- */

struct machine_watch;

/** What they need behind the arena, and where they find it. */
size_t checker_bytes(size_t ram_bytes);
void checker_create(struct machine *machine);
/**
 * Set the bits of bytes; false, and the first that was set: some were already.
 */
bool checker_mark(struct machine *machine, size_t offset, size_t bytes,
		  size_t *first);
void checker_set(struct machine *machine, size_t offset, size_t bytes);
/* The slow half of the accesses below. */
void checker_read(struct machine *machine, const void *from, size_t bytes);
void checker_read_done(struct machine *machine, const void *from, size_t bytes);
void checker_write(struct machine *machine, const void *to, size_t bytes);
void checker_stored(struct machine *machine, const void *word, uint32_t value);

void double_fetch_read(struct machine *machine,
		       const struct machine_watch *watch, size_t offset,
		       size_t bytes);
void double_fetch_spoil(struct machine *machine,
			const struct machine_watch *watch, size_t offset,
			size_t bytes);

void ownership_given(struct machine *machine, struct dma_grant *grant);
void ownership_taken(struct machine *machine, const struct dma_grant *grant);
/** Another grant of the same bytes ended, this one did not. */
void ownership_again(struct machine *machine, const struct dma_grant *grant);
/** Stops the machine if any of the bytes are given. */
void ownership_touch(struct machine *machine, size_t offset, size_t bytes,
		     const char *how);
/** Memory is about to be freed. */
void ownership_freed(struct machine *machine,
		     const struct allocation *allocation);

/* ---- Time and schedule ---- */

void clock_fire(struct machine *machine);
void clock_update(struct machine *machine);

void schedule_attend(struct machine *machine, unsigned mask);
void schedule_spin(struct machine *machine, enum polled_kind kind);
void schedule_relax(struct machine *machine, uint64_t deadline);
void schedule_delay(struct machine *machine, uint64_t nanoseconds);
uint64_t schedule_dice(struct machine *machine);

/* ---- Real time, see realtime.c ---- */

bool realtime_create(struct machine *machine);
void realtime_destroy(struct machine *machine);
/** Set the machine's clock by the world's. */
void realtime_clock(struct machine *machine);
/** The guest's thread takes the machine's lock, and lets it go for good. */
void realtime_guest_begin(struct machine *machine);
void realtime_guest_end(struct machine *machine);
/** Wake the host's thread, for work or an event. */
void realtime_kick(struct machine *machine);
/** Let the host have a turn: until it had one, or the deadline. */
void realtime_give_way(struct machine *machine, uint64_t deadline);
bool realtime_is_host(const struct machine *machine);

/** Only while no handler runs and no lock is held. */
void interrupt_deliver(struct machine *machine);
/** Ask the border for deliveries, or no more. */
void interrupt_attention(struct machine *machine);
void interrupt_run(struct machine *machine, unsigned cpu,
		   void (*function)(void *argument), void *argument);
int interrupt_attach(struct machine *machine, void (*function)(void *argument),
		     void *argument, uint8_t *vector);
void interrupt_detach(struct machine *machine, uint8_t vector);

int line_attach(struct machine *machine, unsigned number,
		bool (*function)(void *argument), void *argument);
void line_detach(struct machine *machine, unsigned number,
		 bool (*function)(void *argument), void *argument);
/** One round of handlers for each line that wants it. */
void line_deliver(struct machine *machine);
void line_destroy(struct machine *machine);
/** What a device writes, and where, to raise a vector. */
void message_make(const struct machine *machine, uint8_t vector, unsigned cpu,
		  uint64_t *address, uint32_t *data);

/* ---- Exits ---- */

struct machine_cpuid exits_cpuid(struct machine *machine, uint32_t leaf,
				 uint32_t subleaf);
uint64_t exits_msr_read(struct machine *machine, uint32_t msr);
void exits_msr_write(struct machine *machine, uint32_t msr, uint64_t value);
uint64_t exits_hypercall(struct machine *machine, const void *page,
			 uint64_t control, uint64_t input, uint64_t output);
uint64_t exits_port_read(struct machine *machine, uint16_t address,
			 unsigned width);
void exits_port_write(struct machine *machine, uint16_t address, uint64_t value,
		      unsigned width);
void *exits_mmio_map(struct machine *machine, uint64_t physical, size_t bytes);
void exits_mmio_unmap(struct machine *machine, void *registers, size_t bytes);
uint64_t exits_mmio_read(struct machine *machine, const void *address,
			 unsigned width);
void exits_mmio_write(struct machine *machine, void *address, uint64_t value,
		      unsigned width);
void exits_destroy(struct machine *machine);

/** Write one line to the machine's log, with its time. */
void machine_log(struct machine *machine, const char *label, const char *text);

/* ---- The border ---- */

static inline bool border_unlikely(bool condition)
{
	return __builtin_expect(condition, 0);
}

/** Whether anybody is told of events: what a call costs that nobody traces. */
static inline bool traced(const struct machine *machine)
{
	return border_unlikely(machine->observer.event != NULL);
}

/** Something moved: who polls does not do so in vain. */
static inline void border_progress(struct machine *machine)
{
	machine->counters.unproductive += machine->idle;
	machine->idle = 0;
}

/** Time passes, and whoever waits for it gets his turn. */
static inline void border_pass(struct machine *machine, uint64_t cost,
			       unsigned mask)
{
	machine->time += cost;
	machine->counters.border_calls++;
	if (border_unlikely(machine->time >= machine->next_due ||
			    (machine->attention & mask)))
		schedule_attend(machine, mask);
}

/** Before a read: it sees what the host did until now. */
static inline void border_read(struct machine *machine, uint64_t cost,
			       unsigned mask, enum polled_kind kind,
			       uint64_t polled)
{
	if (border_unlikely(++machine->idle > SPIN_PATIENCE))
		schedule_spin(machine, kind);
	if (kind > POLLED_RELAX) {
		machine->polled_kind = kind;
		machine->polled = polled;
	}
	border_pass(machine, cost, mask);
}

/** After a write that changed something. */
static inline void border_wrote(struct machine *machine, uint64_t cost,
				unsigned mask)
{
	border_progress(machine);
	border_pass(machine, cost, mask);
}

/** Whether some checker has to do with these bytes: in one page, or two. */
static inline bool border_checked(const struct machine *machine,
				  const void *address, size_t bytes)
{
	uintptr_t offset = (uintptr_t)address - (uintptr_t)machine->arena;
	uintptr_t last = offset + bytes - 1;

	if (offset >= machine->ram_bytes || last >= machine->ram_bytes)
		return false;
	if (bytes > MACHINE_PAGE_SIZE)
		return true;
	return (machine->page_flags[offset / MACHINE_PAGE_SIZE] |
		machine->page_flags[last / MACHINE_PAGE_SIZE]) &
	       (PAGE_WATCHED | PAGE_GIVEN);
}

/** A call that no interrupt handler may make: stops the machine. */
void border_refuse_handler(struct machine *machine, const char *call);
/** A call that waits: not under a lock either. */
void border_refuse_waiting(struct machine *machine, const char *call);

#endif /* MOCKS_MACHINE_INTERNAL_H */
