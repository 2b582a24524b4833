/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bus of our own: Unikraft's PCI and platform buses find nothing of what
 * these drivers drive, and a bus is what is probed at the right time, after the
 * clock and the scheduler and before any network stack.
 */
#include <uk/alloc.h>
#include <uk/bus.h>
#include <uk/init.h>

#include "port/log.h"
#include "unikraft/boards.h"
#include "unikraft/machine.h"

/* In the order of probing; they are left in the opposite one. */
static const struct board *const boards[] = {
#if CONFIG_LIBVMMNET_FIRECRACKER_EXIT
	&keyboard_board,
#endif
#if CONFIG_LIBVMMNET_SERIAL
	&serial_board,
#endif
#if CONFIG_LIBVMMNET_HYPERV
	&hyperv_board,
#endif
#if CONFIG_LIBVMMNET_VMWARE
	&vmware_board,
#endif
#if CONFIG_LIBVMMNET_FIRECRACKER
	&firecracker_board,
#endif
	NULL,
};

static struct port machine;
/** A bit for each board that was found. */
static unsigned int found;

static int boards_init(struct uk_alloc *allocator)
{
	machine.allocator = allocator;
	return 0;
}

static int boards_probe(void)
{
	unsigned int i;
	int error;

	for (i = 0; boards[i]; i++) {
		error = boards[i]->probe(&machine);
		if (!error)
			found |= 1u << i;
		else if (error != ERROR_NO_DEVICE)
			log_error(&machine, "%s: %s", boards[i]->name,
				  error_name(error));
	}
	return 0;
}

static void boards_leave(const struct uk_term_ctx *context)
{
	unsigned int i = sizeof(boards) / sizeof(boards[0]);

	(void)context;
	while (i-- > 0) {
		if (!(found & 1u << i))
			continue;
		found &= ~(1u << i);
		if (boards[i]->leave)
			boards[i]->leave();
	}
}

static struct uk_bus boards_bus = {
	.init = boards_init,
	.probe = boards_probe,
};

UK_BUS_REGISTER(&boards_bus);

/*
 * After all libraries were left, a network stack among them. No init function;
 * the macro makes a name of what it is given, so not NULL.
 */
uk_plat_initcall_prio(0x0, boards_leave, UK_PRIO_LATEST);
