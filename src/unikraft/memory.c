/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The border: memory, and registers in memory (port.h).
 *
 * Unikraft has memory in three ways. Without paging, physical addresses are
 * virtual ones. With paging, neighbours in virtual memory need not be physical
 * ones, and memory of the heap may not be executed. With a demand paged heap a
 * page besides has no address at all before its first touch. Nothing here asks
 * which it is beyond whether there are page tables: memory is touched before
 * its address is asked for, and addresses are asked for page by page.
 */
#include <errno.h>

#include <uk/alloc.h>

#include "unikraft/machine.h"
#include "unikraft/platform_release.h"

/** What port_alloc() promises. */
#define ALIGNMENT	  16u
/** How many times as much memory may be taken to find neighbouring pages. */
#define CONTIGUOUS_EXCESS 32u

void *platform_alloc(struct port *port, size_t bytes)
{
	void *memory = uk_memalign(port->allocator, ALIGNMENT, bytes);

	if (memory)
		memset(memory, 0, bytes);
	return memory;
}

void platform_free(struct port *port, void *memory)
{
	uk_free(port->allocator, memory);
}

/* ---- Pages ---- */

/** The zeros are also the first touch of each page. */
static void *zeroed_pages(struct port *port, size_t pages)
{
	void *memory = uk_palloc(port->allocator, pages);

	if (memory)
		memset(memory, 0, pages * PORT_PAGE_SIZE);
	return memory;
}

/** Neighbours that were found in a longer piece of memory. */
struct machine_run {
	struct machine_run *next;
	void *run;
	void *memory;
	size_t pages;
};

/** The first run of pages that are physical neighbours, or NULL. */
static void *run_find(uint8_t *memory, size_t total, size_t pages)
{
	uint64_t expected = 0;
	size_t page, length = 0;

	for (page = 0; page < total && length < pages; page++) {
		uint64_t address =
			platform_physical(memory + page * PORT_PAGE_SIZE);

		length = address == expected ? length + 1 : 1;
		expected = address + PORT_PAGE_SIZE;
	}
	if (length < pages)
		return NULL;
	return memory + (page - pages) * PORT_PAGE_SIZE;
}

/*
 * The heap may be made of single pages of physical memory in any order, and
 * there is no way to ask for others: so more and more is taken until there is a
 * run in it.
 */
static void *contiguous_pages(struct port *port, size_t pages)
{
	struct machine_run *run = platform_alloc(port, sizeof(*run));
	size_t longest = pages * CONTIGUOUS_EXCESS;

	if (!run)
		return NULL;
	for (run->pages = pages; run->pages <= longest; run->pages *= 2) {
		run->memory = zeroed_pages(port, run->pages);
		if (!run->memory)
			break;
		run->run = run_find(run->memory, run->pages, pages);
		if (run->run) {
			run->next = port->runs;
			port->runs = run;
			return run->run;
		}
		uk_pfree(port->allocator, run->memory, run->pages);
	}
	platform_free(port, run);
	return NULL;
}

/** Free a run with all that it was found in; false if it is none. */
static bool contiguous_free(struct port *port, const void *memory)
{
	struct machine_run **link = &port->runs;
	struct machine_run *run;

	while (*link && (*link)->run != memory)
		link = &(*link)->next;
	run = *link;
	if (!run)
		return false;
	*link = run->next;
	uk_pfree(port->allocator, run->memory, run->pages);
	platform_free(port, run);
	return true;
}

#if RELEASE_PAGING
static bool make_executable(struct port *port, void *memory, size_t pages)
{
	if (port->executable || pages != 1 ||
	    release_page_executable(memory, true) != 0)
		return false;
	port->executable = memory;
	return true;
}

static void forget_executable(struct port *port, void *memory)
{
	if (!memory || memory != port->executable)
		return;
	port->executable = NULL;
	release_page_executable(memory, false);
}
#else
static bool make_executable(struct port *port, void *memory, size_t pages)
{
	(void)port;
	(void)memory;
	(void)pages;
	return true;
}

static void forget_executable(struct port *port, void *memory)
{
	(void)port;
	(void)memory;
}
#endif /* RELEASE_PAGING */

void *platform_pages_alloc(struct port *port, size_t pages, unsigned int flags)
{
	void *memory;

	if (flags & PORT_PAGES_CONTIGUOUS)
		memory = contiguous_pages(port, pages);
	else
		memory = zeroed_pages(port, pages);
	if (memory && (flags & PORT_PAGES_EXECUTABLE) &&
	    !make_executable(port, memory, pages)) {
		platform_pages_free(port, memory, pages);
		return NULL;
	}
	return memory;
}

void platform_pages_free(struct port *port, void *memory, size_t pages)
{
	if (!memory)
		return;
	forget_executable(port, memory);
	if (!contiguous_free(port, memory))
		uk_pfree(port->allocator, memory, pages);
}

/* ---- Physical addresses ---- */

/*
 * The read is the first touch of a buffer that a stack allocated and gave away
 * without having written to it.
 */
uint64_t platform_physical(const void *address)
{
#if RELEASE_PAGING
	(void)*(const volatile uint8_t *)address;
	return release_physical(address);
#else
	return (uint64_t)(uintptr_t)address;
#endif
}

/* ---- Registers ---- */

/** Physical addresses that are virtual ones without page tables of our own. */
#define IDENTITY_END (1ull << 32)

/*
 * Registers are mapped where they are. A page may be mapped already, for a
 * device that shares it: then it must be the same page.
 */
void *platform_mmio_map(uint64_t physical, size_t bytes)
{
#if RELEASE_PAGING
	uint64_t page = physical & ~(uint64_t)(PORT_PAGE_SIZE - 1);

	if (bytes == 0 || physical + bytes < physical)
		return NULL;
	for (; page < physical + bytes; page += PORT_PAGE_SIZE) {
		int error = release_page_map(page);

		if (error != 0 && error != -EEXIST)
			return NULL;
		if (error != 0 &&
		    release_physical((const void *)(uintptr_t)page) != page)
			return NULL;
	}
#else
	if (bytes == 0 || physical > IDENTITY_END ||
	    bytes > IDENTITY_END - physical)
		return NULL;
#endif
	return (void *)(uintptr_t)physical;
}
