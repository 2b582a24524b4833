/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What may be found on a machine. Each board is probed once when Unikraft
 * probes its buses, and left when the unikernel ends.
 */
#ifndef UNIKRAFT_BOARDS_H
#define UNIKRAFT_BOARDS_H

#include "port/port.h"

struct board {
	const char *name;
	/**
	 * Look for it and register its devices.
	 * @return 0; ERROR_NO_DEVICE, quietly, where there is none; any other
	 *	error with nothing left behind
	 */
	int (*probe)(struct port *port);
	/** Give it back. Only called after probe() returned 0; may be NULL. */
	void (*leave)(void);
};

/** VMBus and the network cards on it. */
extern const struct board hyperv_board;
/** The vmxnet3 cards on the PCI bus. */
extern const struct board vmware_board;
/** The virtio cards that the command line announces. */
extern const struct board firecracker_board;
/** The keyboard controller: the machine ends when it is left. */
extern const struct board keyboard_board;
/** The first serial port, as a console. */
extern const struct board serial_board;

#endif /* UNIKRAFT_BOARDS_H */
