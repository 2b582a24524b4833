/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What differs between the releases of uk_netdev, 0.17 to 0.21, told by what
 * their headers define: no release has a number to ask for.
 */
#ifndef UNIKRAFT_RELEASE_H
#define UNIKRAFT_RELEASE_H

#include <uk/netdev.h>
#include <uk/netdev_driver.h>
#include <uk/netbuf.h>

/*
 * From 0.20 on a stack takes several received segments in one frame, if it says
 * so, and netbufs in a chain.
 */
#ifdef UK_NETDEV_F_LRO
#define RELEASE_TAKES_CHAINS		   true
#define RELEASE_WANTS_LARGE(configuration) ((configuration)->lro)
#define RELEASE_FEATURE_LARGE		   UK_NETDEV_F_LRO
#else
#define RELEASE_TAKES_CHAINS		   false
#define RELEASE_WANTS_LARGE(configuration) ((void)(configuration), false)
#define RELEASE_FEATURE_LARGE		   0
#endif

/*
 * Without threads that dispatch them, events call the stack inside of the
 * interrupt, and the stack receives there: no call of a card is allowed that.
 * Such a build polls.
 */
#if CONFIG_LIBUKNETDEV_DISPATCHERTHREADS
#define RELEASE_FEATURE_EVENTS UK_NETDEV_F_RXQ_INTR
#else
#define RELEASE_FEATURE_EVENTS 0
#endif

#endif /* UNIKRAFT_RELEASE_H */
