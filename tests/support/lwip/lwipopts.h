/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP as others configure it: what the system's build has, and what it lacks
 * and the glue supports.
 */
#ifndef TESTS_SUPPORT_LWIPOPTS_H
#define TESTS_SUPPORT_LWIPOPTS_H

#include_next <lwipopts.h>

#undef LWIP_CHECKSUM_CTRL_PER_NETIF
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#undef LWIP_NETIF_LINK_CALLBACK
#define LWIP_NETIF_LINK_CALLBACK 1
#undef LWIP_DHCP
#define LWIP_DHCP 1

#endif /* TESTS_SUPPORT_LWIPOPTS_H */
