/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Multicast: the groups that lwIP joined, told to the card as Ethernet
 * addresses (RFC 1112 6.4, RFC 2464 7). lwIP calls in the middle of its work,
 * and to tell the card takes a wait, so it is told by the next poll.
 */
#include <lwip/igmp.h>
#include <lwip/mld6.h>
#include <string.h>

#include "lwip/nic_netif.h"

static struct nic_netif_group *group_find(struct nic_netif *interface,
					  const uint8_t mac[])
{
	unsigned i;

	for (i = 0; i < interface->group_count; i++)
		if (memcmp(interface->groups[i].mac, mac,
			   ETHERNET_ADDRESS_BYTES) == 0)
			return &interface->groups[i];
	return NULL;
}

static void group_join(struct nic_netif *interface, const uint8_t mac[])
{
	struct nic_netif_group *group = group_find(interface, mac);

	if (group) {
		group->users++;
		return;
	}
	interface->filter_changed = true;
	if (interface->group_count == NIC_NETIF_GROUPS) {
		interface->group_overflow++;
		return;
	}
	group = &interface->groups[interface->group_count++];
	memcpy(group->mac, mac, ETHERNET_ADDRESS_BYTES);
	group->users = 1;
}

static void group_leave(struct nic_netif *interface, const uint8_t mac[])
{
	struct nic_netif_group *group = group_find(interface, mac);

	if (!group) {
		if (interface->group_overflow)
			interface->group_overflow--;
		interface->filter_changed = true;
		return;
	}
	if (--group->users)
		return;
	*group = interface->groups[--interface->group_count];
	interface->filter_changed = true;
}

static void group_change(struct netif *netif, const uint8_t mac[],
			 enum netif_mac_filter_action action)
{
	struct nic_netif *interface = netif->state;

	if (action == NETIF_ADD_MAC_FILTER)
		group_join(interface, mac);
	else
		group_leave(interface, mac);
}

#if LWIP_IPV4 && LWIP_IGMP
static err_t group_igmp(struct netif *netif, const ip4_addr_t *group,
			enum netif_mac_filter_action action)
{
	const uint8_t mac[ETHERNET_ADDRESS_BYTES] = {
		0x01,
		0x00,
		0x5e,
		ip4_addr2(group) & 0x7f,
		ip4_addr3(group),
		ip4_addr4(group),
	};

	group_change(netif, mac, action);
	return ERR_OK;
}
#endif

#if LWIP_IPV6 && LWIP_IPV6_MLD
static err_t group_mld(struct netif *netif, const ip6_addr_t *group,
		       enum netif_mac_filter_action action)
{
	uint8_t mac[ETHERNET_ADDRESS_BYTES] = {0x33, 0x33};

	memcpy(mac + 2, &group->addr[3], 4);
	group_change(netif, mac, action);
	return ERR_OK;
}
#endif

void nic_netif_groups_init(struct nic_netif *interface)
{
	struct netif *netif = &interface->netif;

#if LWIP_IPV4 && LWIP_IGMP
	netif->flags |= NETIF_FLAG_IGMP;
	netif_set_igmp_mac_filter(netif, group_igmp);
#endif
#if LWIP_IPV6 && LWIP_IPV6_MLD
	netif->flags |= NETIF_FLAG_MLD6;
	netif_set_mld_mac_filter(netif, group_mld);
#if LWIP_IPV6
	/* The group of all nodes is joined by nobody: it is always there. */
	group_change(netif, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 1},
		     NETIF_ADD_MAC_FILTER);
#endif
#endif
}

int nic_netif_groups_apply(struct nic_netif *interface)
{
	uint8_t groups[NIC_NETIF_GROUPS][ETHERNET_ADDRESS_BYTES];
	unsigned filter = NIC_FILTER_UNICAST | NIC_FILTER_BROADCAST;
	unsigned i;

	if (!interface->filter_changed)
		return 0;
	interface->filter_changed = false;
	if (interface->group_overflow)
		filter |= NIC_FILTER_ALL_MULTICAST;
	else if (interface->group_count)
		filter |= NIC_FILTER_MULTICAST;
	for (i = 0; i < interface->group_count; i++)
		memcpy(groups[i], interface->groups[i].mac,
		       ETHERNET_ADDRESS_BYTES);
	return nic_filter_set(interface->nic, filter,
			      (const uint8_t(*)[ETHERNET_ADDRESS_BYTES])groups,
			      interface->group_count);
}
