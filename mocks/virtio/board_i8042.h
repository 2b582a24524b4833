/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Firecracker's keyboard controller: the guest ends the machine by it, and is
 * asked to do so by three keys.
 */
#ifndef MOCKS_VIRTIO_BOARD_I8042_H
#define MOCKS_VIRTIO_BOARD_I8042_H

#include <stdbool.h>
#include <stdint.h>

#include "mocks/machine/machine.h"

struct host_i8042;

struct host_i8042_configuration {
	/**
	 * The guest has ended the machine; NULL: it is stopped
	 * (MACHINE_STOPPED).
	 */
	void (*exited)(void *context);
	void *context;
	/** It never has room for a command. */
	bool never_ready;
	/** It does not do what it is told. */
	bool ignores_reset;
	/** There is no end to what its keyboard says. */
	bool floods;
};

/** @return NULL when out of memory */
struct host_i8042 *
host_i8042_create(struct machine *machine,
		  const struct host_i8042_configuration *configuration);
/** The guest does not run any more, and its machine still lives. */
void host_i8042_destroy(struct host_i8042 *i8042);

/**
 * Press Ctrl, Alt and Delete (the API's SendCtrlAltDel).
 * @return false when there is no room for them: nothing was pressed
 */
bool host_i8042_press(struct host_i8042 *i8042);

/** Bytes that the guest did not take yet. */
unsigned host_i8042_waiting(const struct host_i8042 *i8042);

#endif /* MOCKS_VIRTIO_BOARD_I8042_H */
