/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The card of a virtual machine behind uk_netdev, made a struct nic again: so a
 * replay can go through the glue of Unikraft. Each frame is netbufs on its way,
 * over the stack's own buffers.
 */
#ifndef MOCKS_CLI_UKNETDEV_H
#define MOCKS_CLI_UKNETDEV_H

#include "mocks/cli/virtual_machine.h"

/**
 * Probe, configure and start it; inside the guest, the bus connected.
 * @param stack what uses the card; copied
 * @param error out: 0 or what failed
 * @return the card, started, all frames received; NULL on error
 */
struct nic *uknetdev_open(struct virtual_machine *vm,
			  const struct nic_stack *stack, int *error);

#endif /* MOCKS_CLI_UKNETDEV_H */
