/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of channels: what the host offers and takes away. The other half of
 * vmbus.h, for vmbus.c alone.
 */
#ifndef HYPERV_OFFER_H
#define HYPERV_OFFER_H

#include "hyperv/vmbus.h"
#include "hyperv/vmbus_messages.h"

/** OFFER: enter a channel in the table, or refuse it. */
void offer_add(struct vmbus *bus, const struct vmbus_offer *offer);

/** RESCIND: mark the channel, and let go of it if nobody uses it. */
void offer_rescind(struct vmbus *bus, uint32_t relid);

/** Post the RELID_RELEASED that are due, as far as the host has room. */
void offer_flush(struct vmbus *bus);

/** The channel of an event flag, or NULL. Any context. */
struct vmbus_channel *offer_of_flag(struct vmbus *bus, unsigned flag);

#endif /* HYPERV_OFFER_H */
