/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a driver calls of uk_netdev.
 */
#ifndef MOCKS_UNIKRAFT_NETDEV_DRIVER_H
#define MOCKS_UNIKRAFT_NETDEV_DRIVER_H

#include <uk/netdev.h>

int uk_netdev_drv_register(struct uk_netdev *device, struct uk_alloc *allocator,
			   const char *driver);
/** The device that was registered last. */
struct uk_netdev *uk_netdev_last(void);
void uk_netdev_drv_rx_event(struct uk_netdev *device, uint16_t queue);

#endif /* MOCKS_UNIKRAFT_NETDEV_DRIVER_H */
