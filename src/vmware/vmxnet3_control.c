/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control calls: events, link, addresses, filters, statistics.
 *
 * What is to be received is written to the shared area first, and then the
 * device is told to look there; tables stay where they are, since a host may
 * look again at any time.
 */
#include "vmware/vmxnet3_internal.h"

#include <string.h>

#include "port/log.h"

/* ---- Filters ---- */

static uint32_t receive_mode(const struct vmxnet3 *card)
{
	static const struct {
		unsigned filter;
		uint32_t mode;
	} modes[] = {
		{NIC_FILTER_UNICAST, VMXNET3_MODE_UNICAST},
		{NIC_FILTER_BROADCAST, VMXNET3_MODE_BROADCAST},
		{NIC_FILTER_MULTICAST, VMXNET3_MODE_MULTICAST},
		{NIC_FILTER_ALL_MULTICAST, VMXNET3_MODE_ALL_MULTICAST},
		{NIC_FILTER_PROMISCUOUS, VMXNET3_MODE_PROMISCUOUS},
	};
	uint32_t mode = 0;
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (card->filter & modes[i].filter)
			mode |= modes[i].mode;
	/* Without a group there is none to look for. */
	if (card->group_count == 0)
		mode &= ~(uint32_t)VMXNET3_MODE_MULTICAST;
	return mode;
}

/* A word of the set of VLANs. Tag 0 is priority only, and always received. */
static uint32_t vlan_word(const struct vmxnet3 *card, unsigned word)
{
	/* All tags, by a device that is told to filter none. */
	if (card->filter & NIC_FILTER_PROMISCUOUS)
		return 0;
	if (!card->filters_vlans)
		return UINT32_MAX;
	return card->vlans[word] | (word == 0 ? 1u : 0u);
}

void vmxnet3_filters_describe(struct vmxnet3 *card)
{
	struct vmxnet3_driver_shared *shared = card->shared;
	unsigned i;

	for (i = 0; i < VMXNET3_VLAN_WORDS; i++)
		shared_store32(card->port, &shared->vlans[i],
			       vlan_word(card, i));
	shared_store64(card->port, &shared->multicast, card->groups.physical);
	shared_store16(card->port, &shared->multicast_bytes,
		       (uint16_t)(card->group_count * ETHERNET_ADDRESS_BYTES));
}

void vmxnet3_filters_apply(struct vmxnet3 *card)
{
	vmxnet3_filters_describe(card);
	shared_store32(card->port, &card->shared->receive_mode,
		       receive_mode(card));
	vmxnet3_tell(card, VMXNET3_UPDATE_VLAN_FILTERS);
	vmxnet3_tell(card, VMXNET3_UPDATE_MAC_FILTERS);
	vmxnet3_tell(card, VMXNET3_UPDATE_RX_MODE);
}

int vmxnet3_filter_set(struct nic *nic, unsigned filter,
		       const uint8_t groups[][ETHERNET_ADDRESS_BYTES],
		       unsigned group_count)
{
	struct vmxnet3 *card = vmxnet3_of(nic);

	if (!vmxnet3_look(card))
		return vmxnet3_death(card);
	card->filter = filter;
	card->group_count = 0;
	if ((filter & NIC_FILTER_MULTICAST) && group_count > VMXNET3_GROUPS) {
		card->filter |= NIC_FILTER_ALL_MULTICAST;
	} else if ((filter & NIC_FILTER_MULTICAST) && group_count > 0) {
		card->group_count = group_count;
		shared_write(card->port, card->groups.memory, groups,
			     (size_t)group_count * ETHERNET_ADDRESS_BYTES);
	}
	if (card->started)
		vmxnet3_filters_apply(card);
	return 0;
}

int vmxnet3_vlan_filter_set(struct nic *nic,
			    const uint32_t identifiers[NIC_VLAN_WORDS])
{
	struct vmxnet3 *card = vmxnet3_of(nic);

	if (!vmxnet3_look(card))
		return vmxnet3_death(card);
	card->filters_vlans = identifiers != NULL;
	if (identifiers)
		memcpy(card->vlans, identifiers, sizeof(card->vlans));
	if (card->started)
		vmxnet3_filters_apply(card);
	return 0;
}

/* ---- Receive side scaling, coalescing ---- */

static const uint8_t rss_key_default[VMXNET3_RSS_KEY_BYTES] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
	0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
	0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
	0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

/* The page behind it holds the scheme of coalescing, too. */
#define SCHEME_OFFSET 256u

void vmxnet3_rss_describe(struct vmxnet3 *card)
{
	const uint8_t *key = card->configuration.rss_key;
	struct vmxnet3_rss *rss = card->rss.memory;
	unsigned i;

	if (card->queue_count == 1)
		return;
	rss->hashes = CPU_TO_LE16(VMXNET3_RSS_IPV4 | VMXNET3_RSS_TCP_IPV4 |
				  VMXNET3_RSS_IPV6 | VMXNET3_RSS_TCP_IPV6);
	rss->function = CPU_TO_LE16(VMXNET3_RSS_TOEPLITZ);
	rss->key_bytes = CPU_TO_LE16(VMXNET3_RSS_KEY_BYTES);
	rss->table_bytes = CPU_TO_LE16(VMXNET3_RSS_TABLE);
	memcpy(rss->key, key ? key : rss_key_default, sizeof(rss->key));
	for (i = 0; i < VMXNET3_RSS_TABLE; i++)
		rss->table[i] = (uint8_t)(i % card->queue_count);
	card->shared->rss.version = CPU_TO_LE32(VMXNET3_RSS_VERSION);
	card->shared->rss.bytes = CPU_TO_LE32(sizeof(*rss));
	card->shared->rss.physical = cpu_to_le64(card->rss.physical);
}

static void coalescing_apply(struct vmxnet3 *card)
{
	static const uint32_t modes[] = {
		[VMXNET3_COALESCING_OFF] = VMXNET3_COALESCING_MODE_OFF,
		[VMXNET3_COALESCING_ADAPTIVE] =
			VMXNET3_COALESCING_MODE_ADAPTIVE,
		[VMXNET3_COALESCING_STATIC] = VMXNET3_COALESCING_MODE_STATIC,
		[VMXNET3_COALESCING_RATE] = VMXNET3_COALESCING_MODE_RATE,
	};
	const struct vmxnet3_configuration *wanted = &card->configuration;
	struct vmxnet3_coalescing_scheme scheme = {
		.mode = cpu_to_le32(modes[wanted->coalescing]),
	};
	struct vmxnet3_variable argument = {
		.version = CPU_TO_LE32(VMXNET3_COALESCING_VERSION),
		.bytes = CPU_TO_LE32(sizeof(scheme)),
		.physical = cpu_to_le64(card->rss.physical + SCHEME_OFFSET),
	};

	scheme.values[0] = cpu_to_le32(wanted->coalescing_values[0]);
	if (wanted->coalescing == VMXNET3_COALESCING_STATIC)
		scheme.values[1] = cpu_to_le32(wanted->coalescing_values[1]);
	shared_write(card->port, (uint8_t *)card->rss.memory + SCHEME_OFFSET,
		     &scheme, sizeof(scheme));
	shared_write(card->port, &card->shared->argument, &argument,
		     sizeof(argument));
	vmxnet3_tell(card, VMXNET3_SET_COALESCING);
}

void vmxnet3_tuning_apply(struct vmxnet3 *card)
{
	if (card->revision >= 3 &&
	    card->configuration.coalescing != VMXNET3_COALESCING_DEFAULT)
		coalescing_apply(card);
	if (card->revision < 4 || card->queue_count == 1 ||
	    !card->configuration.rss_udp)
		return;
	/* Hosts refuse UDP without TCP beside it. */
	shared_store32(card->port, &card->shared->argument.word,
		       VMXNET3_RSS_FIELDS_TCP_IPV4 |
			       VMXNET3_RSS_FIELDS_TCP_IPV6 |
			       VMXNET3_RSS_FIELDS_UDP_IPV4 |
			       VMXNET3_RSS_FIELDS_UDP_IPV6);
	vmxnet3_tell(card, VMXNET3_SET_RSS_FIELDS);
}

/* ---- Addresses ---- */

/* As registers and commands have one: the first byte is the lowest. */
static void mac_unpack(uint8_t mac[], uint32_t low, uint32_t high)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		mac[i] = (uint8_t)(low >> 8 * i);
	mac[4] = (uint8_t)high;
	mac[5] = (uint8_t)(high >> 8);
}

static void mac_read(struct vmxnet3 *card, uint8_t mac[])
{
	uint32_t low = vmxnet3_read(card, VMXNET3_MAC_LOW);

	mac_unpack(mac, low, vmxnet3_read(card, VMXNET3_MAC_HIGH));
}

/* Not a group's, and not all zeros. */
static bool mac_valid(const uint8_t mac[])
{
	static const uint8_t none[ETHERNET_ADDRESS_BYTES];

	return !(mac[0] & 1) && memcmp(mac, none, sizeof(none)) != 0;
}

int vmxnet3_mac_choose(struct vmxnet3 *card, uint8_t mac[])
{
	uint32_t low;

	mac_read(card, mac);
	if (mac_valid(mac))
		return 0;
	/* The register may still hold what somebody wrote before. */
	low = vmxnet3_command(card, VMXNET3_GET_PERMANENT_MAC_LOW);
	mac_unpack(mac, low,
		   vmxnet3_command(card, VMXNET3_GET_PERMANENT_MAC_HIGH));
	return mac_valid(mac) ? 0 : ERROR_PROTOCOL;
}

void vmxnet3_mac_write(struct vmxnet3 *card)
{
	const uint8_t *mac = card->nic.information.mac;

	vmxnet3_write(card, VMXNET3_MAC_LOW,
		      (uint32_t)mac[0] | (uint32_t)mac[1] << 8 |
			      (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24);
	vmxnet3_write(card, VMXNET3_MAC_HIGH,
		      (uint32_t)mac[4] | (uint32_t)mac[5] << 8);
}

int vmxnet3_mac_set(struct nic *nic, const uint8_t mac[])
{
	struct vmxnet3 *card = vmxnet3_of(nic);
	struct nic_information *information = &nic->information;

	if (!vmxnet3_look(card))
		return vmxnet3_death(card);
	if (card->started)
		return ERROR_BUSY;
	memcpy(information->mac, mac, ETHERNET_ADDRESS_BYTES);
	vmxnet3_mac_write(card);
	mac_read(card, information->mac);
	return memcmp(information->mac, mac, ETHERNET_ADDRESS_BYTES) == 0
		       ? 0
		       : ERROR_IO;
}

int vmxnet3_mtu_set(struct nic *nic, uint16_t mtu)
{
	struct vmxnet3 *card = vmxnet3_of(nic);
	struct nic_information *information = &nic->information;
	uint16_t before = information->mtu;
	int error;

	if (mtu < information->mtu_min || mtu > information->mtu_max)
		return ERROR_INVALID;
	if (!vmxnet3_look(card))
		return vmxnet3_death(card);
	if (card->started)
		return ERROR_BUSY;
	information->mtu = mtu;
	/* Some hosts refuse their own highest. */
	error = vmxnet3_try(card);
	if (error)
		information->mtu = before;
	return error == ERROR_IO ? ERROR_INVALID : error;
}

/* ---- Events ---- */

void vmxnet3_link_update(struct vmxnet3 *card)
{
	uint32_t result = vmxnet3_command(card, VMXNET3_GET_LINK);
	struct nic_link link = {
		.up = (result & VMXNET3_LINK_UP) != 0,
		.speed_mbps = result >> VMXNET3_LINK_SPEED_SHIFT,
	};

	if (!vmxnet3_alive(card))
		return;
	if (link.up == card->link.up &&
	    link.speed_mbps == card->link.speed_mbps)
		return;
	card->link = link;
	atomic_fetch_or(&card->events, NIC_EVENT_LINK);
}

/* What the device noted in shared memory: acknowledged, then acted upon. */
static void device_events(struct vmxnet3 *card)
{
	uint32_t events = shared_load32(card->port, &card->shared->events);

	if (events == 0)
		return;
	vmxnet3_write(card, VMXNET3_EVENT_CAUSE, events);
	if (events & VMXNET3_EVENT_LINK)
		vmxnet3_link_update(card);
	if (events & VMXNET3_EVENT_DEVICE_CHANGE)
		log_info(card->port, "vmxnet3: the host changed the device");
	if (events &
	    (VMXNET3_EVENT_RECEIVE_ERROR | VMXNET3_EVENT_TRANSMIT_ERROR |
	     VMXNET3_EVENT_DEVICE_CHANGE))
		card->recovery_due = true;
}

unsigned vmxnet3_events(struct nic *nic)
{
	struct vmxnet3 *card = vmxnet3_of(nic);

	/* What comes from here on is told anew. */
	atomic_store(&card->events_told, false);
	if (vmxnet3_look(card)) {
		if (card->started)
			device_events(card);
		else
			vmxnet3_link_update(card);
	}
	if (vmxnet3_alive(card) && card->recovery_due)
		vmxnet3_recover(card);
	if (vmxnet3_alive(card) && card->started) {
		vmxnet3_unmask(card, vmxnet3_event_vector(card));
		shared_fence(card->port);
		if (card->recovery_due ||
		    shared_load32(card->port, &card->shared->events) != 0)
			vmxnet3_wake_events(card);
	}
	return atomic_exchange(&card->events, 0);
}

void vmxnet3_link(struct nic *nic, struct nic_link *link)
{
	*link = vmxnet3_of(nic)->link;
}

/* ---- Statistics ---- */

void vmxnet3_statistics(struct nic *nic, struct nic_statistics *statistics)
{
	struct vmxnet3 *card = vmxnet3_of(nic);
	unsigned i;

	memset(statistics, 0, sizeof(*statistics));
	for (i = 0; i < card->queue_count; i++)
		nic_statistics_add(statistics, &card->queues[i].statistics);
	statistics->interrupts =
		atomic_load_explicit(&card->interrupts, memory_order_relaxed);
}

/* Frames of all kinds, and with those behind them their bytes. */
static uint64_t counters_sum(struct vmxnet3 *card, const le64 counters[],
			     enum vmxnet3_counter first)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = first; i < VMXNET3_COUNT_BAD_FIRST; i += 2)
		sum += shared_load64(card->port, &counters[i]);
	return sum;
}

int vmxnet3_device_statistics(struct nic *nic,
			      struct vmxnet3_device_statistics *statistics)
{
	struct vmxnet3 *card = vmxnet3_of(nic);
	const le64 *transmit, *receive;
	unsigned i;

	memset(statistics, 0, sizeof(*statistics));
	if (!vmxnet3_look(card))
		return vmxnet3_death(card);
	if (!card->started)
		return ERROR_BUSY;
	vmxnet3_tell(card, VMXNET3_GET_STATISTICS);
	for (i = 0; i < card->queue_count; i++) {
		transmit = card->queues[i].transmit.shared->statistics;
		receive = card->queues[i].receive.shared->statistics;
		statistics->tx_frames +=
			counters_sum(card, transmit, VMXNET3_COUNT_TSO_FRAMES);
		statistics->tx_bytes +=
			counters_sum(card, transmit, VMXNET3_COUNT_TSO_BYTES);
		statistics->tx_errors +=
			shared_load64(card->port,
				      &transmit[VMXNET3_COUNT_BAD_FIRST]);
		statistics->tx_discarded +=
			shared_load64(card->port,
				      &transmit[VMXNET3_COUNT_BAD_SECOND]);
		statistics->rx_frames +=
			counters_sum(card, receive, VMXNET3_COUNT_TSO_FRAMES);
		statistics->rx_bytes +=
			counters_sum(card, receive, VMXNET3_COUNT_TSO_BYTES);
		statistics->rx_no_buffer +=
			shared_load64(card->port,
				      &receive[VMXNET3_COUNT_BAD_FIRST]);
		statistics->rx_errors +=
			shared_load64(card->port,
				      &receive[VMXNET3_COUNT_BAD_SECOND]);
	}
	return 0;
}
