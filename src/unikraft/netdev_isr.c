/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of a network device that runs inside of interrupt handlers: general
 * registers only, no call but the event.
 */
#include "unikraft/netdev_internal.h"

void netdev_wake(void *context, unsigned queue)
{
	struct netdev *netdev = context;

	if (queue == NIC_WAKE_EVENTS) {
		netdev_note(&netdev->events_due);
		/*
		 * Nobody calls us for the card's events: whoever waits for
		 * frames is sent to have a look. The card stays armed.
		 */
		if (__atomic_load_n(&netdev->rx[0].armed, __ATOMIC_SEQ_CST))
			uk_netdev_drv_rx_event(&netdev->device, 0);
		return;
	}
	if (queue < CONFIG_LIBUKNETDEV_MAXNBQUEUES &&
	    netdev_take(&netdev->rx[queue].armed))
		uk_netdev_drv_rx_event(&netdev->device, (uint16_t)queue);
}

void unikraft_netdev_poke(struct uk_netdev *device)
{
	struct netdev *netdev = netdev_of(device);

	netdev_note(&netdev->poll_due);
	if (__atomic_load_n(&netdev->rx[0].armed, __ATOMIC_SEQ_CST))
		uk_netdev_drv_rx_event(device, 0);
}
