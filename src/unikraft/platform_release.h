/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What has another name in Unikraft 0.21 than in 0.17 to 0.20: paging, the
 * state of interrupts, the pause in a halted processor. All that is used of
 * either is named here, and nowhere else.
 */
#ifndef UNIKRAFT_PLATFORM_RELEASE_H
#define UNIKRAFT_PLATFORM_RELEASE_H

#include <stdint.h>

#include <uk/arch/types.h>
#include <uk/config.h>
#include <uk/essentials.h>

#if __has_include(<uk/lcpu.h>)
#include <uk/lcpu.h>
#include <uk/lcpu/pm.h>
#define RELEASE_CPU(name) uk_lcpu_##name
#else
#include <uk/plat/lcpu.h>
#define RELEASE_CPU(name) ukplat_lcpu_##name
#endif

#if CONFIG_LIBUKPAGING
#include <uk/paging.h>
#define RELEASE_PAGING		 1
#define RELEASE_PAGE(name)	 uk_paging_##name
#define RELEASE_PROTECTION(name) UK_PAGING_PAGE_ATTR_PROT_##name
#elif CONFIG_PAGING
#include <uk/plat/io.h>
#include <uk/plat/paging.h>
#define RELEASE_PAGING		 1
#define RELEASE_PAGE(name)	 ukplat_##name
#define RELEASE_PROTECTION(name) PAGE_ATTR_PROT_##name
#else
#define RELEASE_PAGING 0
#endif

/** Interrupts off; returns what release_interrupts_restore() wants. */
static inline unsigned long release_interrupts_save(void)
{
	return RELEASE_CPU(save_irqf)();
}

static inline void release_interrupts_restore(unsigned long state)
{
	RELEASE_CPU(restore_irqf)(state);
}

/**
 * Halt until an interrupt or a time of the monotonic clock. Interrupts are off
 * before and after.
 */
static inline void release_halt_until(uint64_t nanoseconds)
{
	RELEASE_CPU(halt_irq_until)((__nsec)nanoseconds);
}

#if RELEASE_PAGING
/** The physical address of a byte that is mapped. */
static inline uint64_t release_physical(const void *address)
{
#if CONFIG_LIBUKPAGING
	return uk_paging_virt_to_phys((__vaddr_t)address);
#else
	return ukplat_virt_to_phys(address);
#endif
}

/** Map a page of registers where it is; 0 or a negative error number. */
static inline int release_page_map(uint64_t address)
{
	return RELEASE_PAGE(page_map)(RELEASE_PAGE(pt_get_active)(), address,
				      address, 1, RELEASE_PROTECTION(RW), 0);
}

/** Let a page of the heap be executed, or only read and written again. */
static inline int release_page_executable(void *page, int executable)
{
	unsigned long attributes = RELEASE_PROTECTION(RW);

	if (executable)
		attributes |= RELEASE_PROTECTION(EXEC);
	return RELEASE_PAGE(page_set_attr)(RELEASE_PAGE(pt_get_active)(),
					   (__vaddr_t)page, 1, attributes, 0);
}
#endif /* RELEASE_PAGING */

#endif /* UNIKRAFT_PLATFORM_RELEASE_H */
