/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The border: everything that a driver may ask of its platform.
 *
 * A platform is a folder with a platform.h, which is put on the include path.
 * It defines PORT_API, the linkage of the functions below ("extern", or "static
 * inline" where a load is to be a load), and, if they are inline, its
 * platform_inline.h defines them. There are no globals: each call names the
 * machine it is about by a struct port, which is the platform's to define and
 * opaque to a driver.
 *
 * Unless a function says otherwise it may be called from any context but an
 * interrupt handler, and calls for one port from several vCPUs are the caller's
 * to serialise.
 */
#ifndef PORT_PORT_H
#define PORT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform.h"
#include "port/bytes.h"
#include "port/error.h"

struct port;

/** Bytes of a page of guest physical memory, in VMBus, vmxnet3 and virtio. */
#define PORT_PAGE_SIZE 4096u

/* ---- Memory ---- */

enum port_pages_flags {
	/** The pages are neighbours in physical memory: ask for few. */
	PORT_PAGES_CONTIGUOUS = 1 << 0,
	/** The page may be executed (the hypercall page). */
	PORT_PAGES_EXECUTABLE = 1 << 1,
};

/**
 * Allocate zeroed bytes of ordinary memory, aligned to 16 bytes.
 *
 * The memory need not be contiguous in physical memory and may cross pages.
 * @param what names the memory in reports of leaks and polling; a literal
 * @return the memory, to be released with port_free(), or NULL
 */
PORT_API void *port_alloc(struct port *port, size_t bytes, const char *what);

/** Release what port_alloc() returned; NULL is allowed. */
PORT_API void port_free(struct port *port, void *memory);

/**
 * Allocate zeroed whole pages, neighbours in virtual memory.
 *
 * @param pages how many
 * @param flags of enum port_pages_flags
 * @param what names the memory in reports; a literal
 * @return page-aligned memory, to be released with port_pages_free(), or NULL
 */
PORT_API void *port_pages_alloc(struct port *port, size_t pages, unsigned flags,
				const char *what);

/**
 * Release what port_pages_alloc() returned, with the same count; NULL is
 * allowed.
 */
PORT_API void port_pages_free(struct port *port, void *memory, size_t pages);

/**
 * The physical address of one byte of guest memory.
 *
 * It holds for the rest of that byte's page and for no byte beyond. Any
 * context.
 */
PORT_API uint64_t port_physical(struct port *port, const void *address);

enum port_dma_direction {
	PORT_DMA_TO_DEVICE = 1,
	PORT_DMA_FROM_DEVICE = 2,
	PORT_DMA_BOTH = 3,
};

/**
 * Hand memory to a device: until port_dma_take() the driver does not touch it.
 *
 * Memory that both sides touch all the time (rings, buffers cut into sections)
 * is not handed over; it is reached through shared.h. Nothing is copied; on
 * coherent hardware this is nothing at all. Any context.
 */
PORT_API void port_dma_give(struct port *port, const void *memory, size_t bytes,
			    enum port_dma_direction direction);

/** Take back exactly what was given. Any context. */
PORT_API void port_dma_take(struct port *port, const void *memory, size_t bytes,
			    enum port_dma_direction direction);

/* ---- Time ---- */

/** Nanoseconds of a clock that never goes back. Any context. */
PORT_API uint64_t port_time(struct port *port);

/** The time stamp counter of this vCPU. Any context. */
PORT_API uint64_t port_tsc(struct port *port);

/** Let at least that many nanoseconds pass. */
PORT_API void port_delay(struct port *port, uint64_t nanoseconds);

/**
 * Give way inside a loop that waits: returns after an interrupt was taken, or
 * something may have changed, or the deadline passed, whichever is first. An
 * interrupt taken since the call before counts, so that none is slept through
 * that came between a loop's look and this call.
 *
 * @param deadline in nanoseconds of port_time(); the caller checks it
 */
PORT_API void port_relax(struct port *port, uint64_t deadline);

/* ---- Processors, interrupts, locks ---- */

/** How many vCPUs the platform runs; at least 1. Any context. */
PORT_API unsigned port_cpu_count(struct port *port);

/** The vCPU that executes, counted from 0. Any context. */
PORT_API unsigned port_cpu_current(struct port *port);

/** Run a function on a vCPU and return when it is done. */
PORT_API void port_cpu_run(struct port *port, unsigned cpu,
			   void (*function)(void *argument), void *argument);

/**
 * Take an interrupt vector, the same on each vCPU.
 *
 * The handler runs with interrupts off and may be reached on every vCPU; what
 * it calls is free of floating point, allocation and waiting.
 * @param vector out: the vector that was taken, 32 to 255
 * @return 0 or ERROR_NO_SPACE
 */
PORT_API int port_interrupt_attach(struct port *port,
				   void (*handler)(void *argument),
				   void *argument, uint8_t *vector);

/** Give a vector back: the handler does not run after this returned. */
PORT_API void port_interrupt_detach(struct port *port, uint8_t vector);

/**
 * What a device writes, and where, to raise a vector on a vCPU: the address and
 * data of a message signalled interrupt (PCI 3.0, 6.8).
 *
 * @param vector of port_interrupt_attach()
 * @return 0 or ERROR_NOT_SUPPORTED: the platform takes no such messages, and a
 *	driver uses the device's interrupt line
 */
PORT_API int port_interrupt_message(struct port *port, uint8_t vector,
				    unsigned cpu, uint64_t *address,
				    uint32_t *data);

/**
 * Take part in an interrupt line, as wired on the board (PCI INTx by the number
 * in its configuration space, 4 of the first serial port).
 *
 * A line may be shared and level triggered: the handler looks whether its
 * device asks for it, makes the device let go of the line, and says whether it
 * did. It runs as one of port_interrupt_attach() does.
 * @return 0, ERROR_INVALID (no such line) or ERROR_NO_SPACE
 */
PORT_API int port_line_attach(struct port *port, unsigned line,
			      bool (*handler)(void *argument), void *argument);

/** The same handler and argument do not run after this returned. */
PORT_API void port_line_detach(struct port *port, unsigned line,
			       bool (*handler)(void *argument), void *argument);

/** A spin lock; zeroed memory is an unlocked one. */
struct port_lock {
	unsigned state;
};

/**
 * Take a lock, with interrupts off on this vCPU until it is released. Not
 * recursive; nothing is waited for while it is held. Any context.
 */
PORT_API void port_lock(struct port *port, struct port_lock *lock);

/** Release a lock and restore the interrupt state of before. Any context. */
PORT_API void port_unlock(struct port *port, struct port_lock *lock);

/* ---- The processor's doors to a hypervisor ---- */

struct port_cpuid {
	uint32_t eax, ebx, ecx, edx;
};

/** Execute CPUID. */
PORT_API struct port_cpuid port_cpuid(struct port *port, uint32_t leaf,
				      uint32_t subleaf);

/**
 * Read a model specific register of this vCPU. One that does not exist is a
 * general protection fault, so ask CPUID first. Any context.
 */
PORT_API uint64_t port_msr_read(struct port *port, uint32_t msr);

/** Write a model specific register of this vCPU. Any context. */
PORT_API void port_msr_write(struct port *port, uint32_t msr, uint64_t value);

/**
 * Call a hypercall page (TLFS 3.8: rcx, rdx, r8 in, rax out). Any context.
 *
 * @param page what GUEST_OS_ID and the HYPERCALL register made callable
 */
PORT_API uint64_t port_hypercall(struct port *port, const void *page,
				 uint64_t control, uint64_t input,
				 uint64_t output);

/* ---- Port I/O and memory mapped I/O ---- */

PORT_API uint8_t port_in8(struct port *port, uint16_t address);
PORT_API uint16_t port_in16(struct port *port, uint16_t address);
PORT_API uint32_t port_in32(struct port *port, uint16_t address);
PORT_API void port_out8(struct port *port, uint16_t address, uint8_t value);
PORT_API void port_out16(struct port *port, uint16_t address, uint16_t value);
PORT_API void port_out32(struct port *port, uint16_t address, uint32_t value);

/**
 * Map registers of a device.
 *
 * @return where the accessors below find them, or NULL; unmapped with
 *	port_mmio_unmap() and the same size
 */
PORT_API void *port_mmio_map(struct port *port, uint64_t physical,
			     size_t bytes);
PORT_API void port_mmio_unmap(struct port *port, void *registers, size_t bytes);

PORT_API uint8_t port_mmio_read8(struct port *port, const void *address);
PORT_API uint16_t port_mmio_read16(struct port *port, const void *address);
PORT_API uint32_t port_mmio_read32(struct port *port, const void *address);
PORT_API void port_mmio_write8(struct port *port, void *address, uint8_t value);
PORT_API void port_mmio_write16(struct port *port, void *address,
				uint16_t value);
PORT_API void port_mmio_write32(struct port *port, void *address,
				uint32_t value);

/* ---- Log ---- */

enum port_log_level {
	PORT_LOG_ERROR,
	PORT_LOG_WARNING,
	PORT_LOG_INFO,
	PORT_LOG_DEBUG,
};

/** Say one line, see log.h. Any context. */
PORT_API void port_log(struct port *port, enum port_log_level level,
		       const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The other half of the border, and with it the bodies of an inline platform.
 */
#include "port/shared.h"

#endif /* PORT_PORT_H */
