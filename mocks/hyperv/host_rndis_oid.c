/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The card's answers to QUERY, and what it does on SET.
 *
 * Lengths are those of Hyper-V, not those of the books: guests were written
 * against them (a driver version of two bytes, RSS capabilities of 18). The
 * list of supported OIDs names some that are then refused, as the real one's
 * does.
 */
#include <string.h>

#include "mocks/hyperv/host_rndis.h"
#include "mocks/hyperv/host_rndis_checksum.h"
#include "mocks/hyperv/host_rndis_oid.h"
#include "mocks/hyperv/rndis_wire.h"

#define ETHERNET_HEADER	    14u
/** Half-kilobyte of UTF-16: the name's fixed room. */
#define FRIENDLY_NAME_UNITS 256u

/*
 * MAC options: copies lookahead data, serialises reception, no loopback, full
 * duplex; and with VLAN offload priority and tag.
 */
#define MAC_OPTIONS	 0x1bu
#define MAC_OPTIONS_VLAN 0x240u

void host_rndis_card_reset(struct host_rndis_card *card)
{
	card->filter = 0;
	card->rx_offloads = 0;
	card->tx_offloads = FRAME_CHECKSUM_ALL;
	memset(&card->rss, 0, sizeof(card->rss));
}

/* ---- QUERY ---- */

static const uint32_t oids_common[] = {
	HOST_OID_SUPPORTED_LIST,
	HOST_OID_HARDWARE_STATUS,
	HOST_OID_MEDIA_SUPPORTED,
	HOST_OID_MEDIA_IN_USE,
	HOST_OID_MAXIMUM_LOOKAHEAD,
	HOST_OID_MAXIMUM_FRAME_SIZE,
	HOST_OID_LINK_SPEED,
	HOST_OID_TRANSMIT_BUFFER_SPACE,
	HOST_OID_RECEIVE_BUFFER_SPACE,
	HOST_OID_TRANSMIT_BLOCK_SIZE,
	HOST_OID_RECEIVE_BLOCK_SIZE,
	HOST_OID_VENDOR_ID,
	HOST_OID_VENDOR_DESCRIPTION,
	HOST_OID_PACKET_FILTER,
	HOST_OID_CURRENT_LOOKAHEAD,
	HOST_OID_DRIVER_VERSION,
	HOST_OID_MAXIMUM_TOTAL_SIZE,
	HOST_OID_PROTOCOL_OPTIONS,
	HOST_OID_MAC_OPTIONS,
	HOST_OID_MEDIA_CONNECT_STATUS,
	HOST_OID_MAXIMUM_SEND_PACKETS,
	HOST_OID_VENDOR_DRIVER_VERSION,
	HOST_OID_NETWORK_ADDRESSES,
	HOST_OID_PHYSICAL_MEDIUM,
	HOST_OID_XMIT_OK,
	HOST_OID_RCV_OK,
	HOST_OID_XMIT_ERROR,
	HOST_OID_RCV_ERROR,
	HOST_OID_RCV_NO_BUFFER,
	HOST_OID_BYTES_RCV,
	HOST_OID_BYTES_XMIT,
	HOST_OID_PERMANENT_ADDRESS,
	HOST_OID_CURRENT_ADDRESS,
	HOST_OID_MULTICAST_LIST,
	HOST_OID_MAXIMUM_LIST_SIZE,
	HOST_OID_ALIGNMENT_ERRORS,
	HOST_OID_ONE_COLLISION,
	HOST_OID_MORE_COLLISIONS,
	HOST_OID_FRIENDLY_NAME,
	HOST_OID_CONFIGURATION,
};

static const uint32_t oids_ndis6[] = {
	HOST_OID_LINK_STATE,	     HOST_OID_LINK_PARAMETERS,
	HOST_OID_MAXIMUM_LINK_SPEED, HOST_OID_OFFLOAD_CURRENT,
	HOST_OID_OFFLOAD_PARAMETERS, HOST_OID_OFFLOAD_HARDWARE,
	HOST_OID_ENCAPSULATION,
};

static const uint32_t oids_ndis6_30[] = {
	HOST_OID_RSS_CAPABILITIES,
	HOST_OID_RSS_PARAMETERS,
};

_Static_assert(sizeof(oids_common) + sizeof(oids_ndis6) +
			       sizeof(oids_ndis6_30) <=
		       HOST_RNDIS_INFORMATION_MAX,
	       "the list of OIDs fits an answer");

static uint32_t list_put(uint8_t *to, const uint32_t oids[], uint32_t bytes)
{
	uint32_t i;
	le32 word;

	for (i = 0; i < bytes / sizeof(*oids); i++) {
		word = cpu_to_le32(oids[i]);
		memcpy(to + i * sizeof(word), &word, sizeof(word));
	}
	return bytes;
}

static bool ndis_at_least(const struct host_rndis_card *card, uint32_t major,
			  uint32_t minor)
{
	return card->ndis_major > major ||
	       (card->ndis_major == major && card->ndis_minor >= minor);
}

static uint32_t query_list(const struct host_rndis_card *card, uint8_t *to)
{
	uint32_t bytes = list_put(to, oids_common, sizeof(oids_common));

	if (ndis_at_least(card, 6, 0))
		bytes += list_put(to + bytes, oids_ndis6, sizeof(oids_ndis6));
	if (ndis_at_least(card, 6, 30))
		bytes += list_put(to + bytes, oids_ndis6_30,
				  sizeof(oids_ndis6_30));
	return bytes;
}

/* OIDs whose answer is one word. */
static bool query_word(const struct host_rndis_card *card, uint32_t oid,
		       uint32_t *word)
{
	const struct host_netvsp_counters *counters = card->counters;

	switch (oid) {
	case HOST_OID_HARDWARE_STATUS:
	case HOST_OID_MEDIA_SUPPORTED:
	case HOST_OID_MEDIA_IN_USE:
	case HOST_OID_PHYSICAL_MEDIUM:
	case HOST_OID_RCV_ERROR:
	case HOST_OID_ALIGNMENT_ERRORS:
	case HOST_OID_ONE_COLLISION:
	case HOST_OID_MORE_COLLISIONS:
	/* Reads back as 0 whatever was set. */
	case HOST_OID_PACKET_FILTER:
		*word = 0;
		return true;
	case HOST_OID_MAXIMUM_LOOKAHEAD:
	case HOST_OID_CURRENT_LOOKAHEAD:
	case HOST_OID_MAXIMUM_FRAME_SIZE:
		*word = card->mtu - ETHERNET_HEADER;
		return true;
	case HOST_OID_MAXIMUM_TOTAL_SIZE:
	case HOST_OID_TRANSMIT_BLOCK_SIZE:
	case HOST_OID_RECEIVE_BLOCK_SIZE:
		*word = card->mtu;
		return true;
	case HOST_OID_TRANSMIT_BUFFER_SPACE:
	case HOST_OID_RECEIVE_BUFFER_SPACE:
		*word = HOST_RNDIS_TRANSFER_MAX;
		return true;
	case HOST_OID_LINK_SPEED:
		*word = card->speed_mbps > UINT32_MAX / 10000
				? UINT32_MAX
				: card->speed_mbps * 10000;
		return true;
	case HOST_OID_VENDOR_ID:
		*word = 0x155d;
		return true;
	case HOST_OID_VENDOR_DRIVER_VERSION:
		*word = 0x0100;
		return true;
	case HOST_OID_MAC_OPTIONS:
		*word = MAC_OPTIONS | MAC_OPTIONS_VLAN;
		return true;
	case HOST_OID_MEDIA_CONNECT_STATUS:
		*word = card->link_up ? 0 : 1;
		return true;
	case HOST_OID_MAXIMUM_SEND_PACKETS:
		*word = HOST_RNDIS_PACKETS_MAX;
		return true;
	case HOST_OID_MAXIMUM_LIST_SIZE:
		*word = 32;
		return true;
	case HOST_OID_XMIT_OK:
		*word = (uint32_t)counters->tx_frames;
		return true;
	case HOST_OID_XMIT_ERROR:
		*word = (uint32_t)counters->tx_refused;
		return true;
	case HOST_OID_RCV_OK:
		*word = (uint32_t)counters->rx_frames;
		return true;
	case HOST_OID_RCV_NO_BUFFER:
		*word = (uint32_t)counters->rx_drop_queue;
		return true;
	default:
		return false;
	}
}

static uint32_t query_link_state(const struct host_rndis_card *card,
				 uint8_t *to)
{
	uint64_t bps = card->speed_mbps * UINT64_C(1000000);
	struct host_ndis_link_state wire = {
		.header = {HOST_NDIS_DEFAULT, 1, CPU_TO_LE16(sizeof(wire))},
		.connected = cpu_to_le32(card->link_up ? 1 : 2),
		.duplex = CPU_TO_LE32(2),
		.transmit_bps = cpu_to_le64(bps),
		.receive_bps = cpu_to_le64(bps),
	};

	memcpy(to, &wire, sizeof(wire));
	return sizeof(wire);
}

static uint32_t query_link_speed(const struct host_rndis_card *card,
				 uint8_t *to)
{
	le64 bps = cpu_to_le64(card->speed_mbps * UINT64_C(1000000));

	memcpy(to, &bps, sizeof(bps));
	memcpy(to + sizeof(bps), &bps, sizeof(bps));
	return 2 * sizeof(bps);
}

static uint32_t query_rss(const struct host_rndis_card *card, uint8_t *to)
{
	struct host_ndis_rss_capabilities wire = {
		.header = {HOST_NDIS_RSS_CAPABILITIES, 2,
			   CPU_TO_LE16(sizeof(wire))},
		.flags = CPU_TO_LE32(
			HOST_RSS_CAPABLE_TOEPLITZ | HOST_RSS_CAPABLE_TCP4 |
			HOST_RSS_CAPABLE_TCP6 | HOST_RSS_CAPABLE_TCP6_EX),
		.interrupts = cpu_to_le32(card->queues_max),
		.queues = cpu_to_le32(card->queues_max),
		.entries = CPU_TO_LE16(HOST_RSS_ENTRIES_MAX),
	};

	memcpy(to, &wire, sizeof(wire));
	return sizeof(wire);
}

/* Two bits for each kind, 1 meaning yes; options come with TCP and header. */
static uint32_t checksum_flags(unsigned ip, unsigned tcp, unsigned udp,
			       unsigned all)
{
	return all &
	       ((ip ? 0x101u : 0) | (tcp ? 0x14u : 0) | (udp ? 0x40u : 0));
}

/*
 * The revision is that of the guest's question, or follows from its NDIS when
 * it asks without one.
 */
static uint32_t offload_bytes(const struct host_rndis_card *card,
			      const uint8_t *input, uint32_t input_bytes,
			      uint8_t *revision)
{
	struct host_ndis_header asked;

	*revision = 3;
	if (!ndis_at_least(card, 6, 30))
		*revision = ndis_at_least(card, 6, 1) ? 2 : 1;
	if (input && input_bytes >= sizeof(asked)) {
		memcpy(&asked, input, sizeof(asked));
		if (asked.type == HOST_NDIS_OFFLOAD && asked.revision >= 1 &&
		    asked.revision < *revision)
			*revision = asked.revision;
	}
	switch (*revision) {
	case 1:
		return HOST_NDIS_OFFLOAD_BYTES_1;
	case 2:
		return HOST_NDIS_OFFLOAD_BYTES_2;
	default:
		return HOST_NDIS_OFFLOAD_BYTES_3;
	}
}

static uint32_t query_offload(const struct host_rndis_card *card, unsigned tx,
			      unsigned rx, const uint8_t *input,
			      uint32_t input_bytes, uint8_t *to)
{
	struct host_ndis_offload wire = {0};
	const uint32_t all4 = HOST_NDIS_CHECKSUM_IPV4;
	const uint32_t all6 = HOST_NDIS_CHECKSUM_IPV6;
	const le32 ethernet = CPU_TO_LE32(HOST_NDIS_ENCAPSULATION_8023);
	uint32_t bytes =
		offload_bytes(card, input, input_bytes, &wire.header.revision);

	wire.header.type = HOST_NDIS_OFFLOAD;
	wire.header.bytes = cpu_to_le16((uint16_t)bytes);
	wire.ipv4_tx.encapsulation = ethernet;
	wire.ipv4_tx.flags =
		cpu_to_le32(checksum_flags(tx & FRAME_CHECKSUM_IP4,
					   tx & FRAME_CHECKSUM_TCP4,
					   tx & FRAME_CHECKSUM_UDP4, all4));
	wire.ipv4_rx.encapsulation = ethernet;
	wire.ipv4_rx.flags =
		cpu_to_le32(checksum_flags(rx & FRAME_CHECKSUM_IP4,
					   rx & FRAME_CHECKSUM_TCP4,
					   rx & FRAME_CHECKSUM_UDP4, all4));
	wire.ipv6_tx.encapsulation = ethernet;
	wire.ipv6_tx.flags = cpu_to_le32(
		checksum_flags(tx & (FRAME_CHECKSUM_TCP6 | FRAME_CHECKSUM_UDP6),
			       tx & FRAME_CHECKSUM_TCP6,
			       tx & FRAME_CHECKSUM_UDP6, all6));
	wire.ipv6_rx.encapsulation = ethernet;
	wire.ipv6_rx.flags = cpu_to_le32(
		checksum_flags(rx & (FRAME_CHECKSUM_TCP6 | FRAME_CHECKSUM_UDP6),
			       rx & FRAME_CHECKSUM_TCP6,
			       rx & FRAME_CHECKSUM_UDP6, all6));
	memcpy(to, &wire, bytes);
	return bytes;
}

static uint32_t query_name(uint8_t *to)
{
	static const char name[] = "Network Adapter";
	uint32_t i;

	memset(to, 0, FRIENDLY_NAME_UNITS * 2);
	for (i = 0; name[i]; i++)
		to[2 * i] = (uint8_t)name[i];
	return FRIENDLY_NAME_UNITS * 2;
}

static uint32_t query_bytes(const struct host_rndis_card *card, uint32_t oid,
			    uint8_t *to)
{
	static const char description[] = "Microsoft Virtual Switch Port";
	static const uint8_t version[2] = {0x00, 0x01};

	switch (oid) {
	case HOST_OID_PERMANENT_ADDRESS:
		memcpy(to, card->mac_permanent, sizeof(card->mac_permanent));
		return sizeof(card->mac_permanent);
	case HOST_OID_CURRENT_ADDRESS:
		memcpy(to, card->mac, sizeof(card->mac));
		return sizeof(card->mac);
	case HOST_OID_VENDOR_DESCRIPTION:
		memcpy(to, description, sizeof(description));
		return sizeof(description);
	case HOST_OID_DRIVER_VERSION:
		memcpy(to, version, sizeof(version));
		return sizeof(version);
	case HOST_OID_FRIENDLY_NAME:
		return query_name(to);
	case HOST_OID_LINK_STATE:
		return query_link_state(card, to);
	case HOST_OID_MAXIMUM_LINK_SPEED:
		return query_link_speed(card, to);
	case HOST_OID_RSS_CAPABILITIES:
		return query_rss(card, to);
	case HOST_OID_SUPPORTED_LIST:
		return query_list(card, to);
	default:
		return 0;
	}
}

uint32_t host_rndis_oid_query(const struct host_rndis_card *card, uint32_t oid,
			      const uint8_t *input, uint32_t input_bytes,
			      uint8_t *to, uint32_t *bytes)
{
	uint32_t word;
	le32 wire;

	if (query_word(card, oid, &word)) {
		wire = cpu_to_le32(word);
		memcpy(to, &wire, sizeof(wire));
		*bytes = sizeof(wire);
	} else if (oid == HOST_OID_OFFLOAD_HARDWARE) {
		*bytes = query_offload(card, FRAME_CHECKSUM_ALL,
				       FRAME_CHECKSUM_ALL, input, input_bytes,
				       to);
	} else if (oid == HOST_OID_OFFLOAD_CURRENT) {
		*bytes = query_offload(card, card->tx_offloads,
				       card->rx_offloads, input, input_bytes,
				       to);
	} else {
		*bytes = query_bytes(card, oid, to);
	}
	return *bytes ? HOST_RNDIS_SUCCESS : HOST_RNDIS_NOT_SUPPORTED;
}

/* ---- SET ---- */

static uint32_t set_filter(struct host_rndis_card *card, const uint8_t *input,
			   uint32_t bytes)
{
	le32 wire;

	if (bytes < sizeof(wire))
		return HOST_RNDIS_TOO_SHORT;
	memcpy(&wire, input, sizeof(wire));
	card->filter = le32_to_cpu(wire);
	return HOST_RNDIS_SUCCESS;
}

/*
 * What a choice makes of one protocol's offloads. "Reception only" leaves
 * transmission as it is: by the letter it should end it, but DPDK's driver says
 * that when it means both, and Hyper-V goes on computing its checksums.
 */
static bool offload_choose(struct host_rndis_card *card, uint8_t choice,
			   unsigned offload)
{
	switch (choice) {
	case HOST_NDIS_OFFLOAD_NO_CHANGE:
		return true;
	case HOST_NDIS_OFFLOAD_OFF:
		card->tx_offloads &= ~offload;
		card->rx_offloads &= ~offload;
		return true;
	case HOST_NDIS_OFFLOAD_TX:
		card->tx_offloads |= offload;
		card->rx_offloads &= ~offload;
		return true;
	case HOST_NDIS_OFFLOAD_RX:
		card->rx_offloads |= offload;
		return true;
	case HOST_NDIS_OFFLOAD_BOTH:
		card->tx_offloads |= offload;
		card->rx_offloads |= offload;
		return true;
	default:
		return false;
	}
}

/*
 * Segmentation is not offered (see the hardware's capabilities): asking for
 * version 2 of it changes nothing, version 1 does not even exist here.
 */
static uint32_t set_offload(struct host_rndis_card *card, const uint8_t *input,
			    uint32_t bytes)
{
	struct host_ndis_offload_parameters wire;
	struct host_rndis_card next = *card;
	uint32_t claimed;

	if (bytes < sizeof(wire))
		return HOST_RNDIS_TOO_SHORT;
	memcpy(&wire, input, sizeof(wire));
	claimed = le16_to_cpu(wire.header.bytes);
	if (wire.header.type != HOST_NDIS_DEFAULT || claimed < sizeof(wire) ||
	    claimed > bytes)
		return HOST_RNDIS_INVALID_DATA;
	if (wire.lso_v1 == HOST_NDIS_OFFLOAD_TX)
		return HOST_RNDIS_NOT_SUPPORTED;
	if (wire.lso_v1 > 2 || wire.lso4 > 2 || wire.lso6 > 2)
		return HOST_RNDIS_INVALID_DATA;
	if (!offload_choose(&next, wire.ip4, FRAME_CHECKSUM_IP4) ||
	    !offload_choose(&next, wire.tcp4, FRAME_CHECKSUM_TCP4) ||
	    !offload_choose(&next, wire.udp4, FRAME_CHECKSUM_UDP4) ||
	    !offload_choose(&next, wire.tcp6, FRAME_CHECKSUM_TCP6) ||
	    !offload_choose(&next, wire.udp6, FRAME_CHECKSUM_UDP6))
		return HOST_RNDIS_INVALID_DATA;
	*card = next;
	return HOST_RNDIS_SUCCESS;
}

static uint32_t set_encapsulation(const uint8_t *input, uint32_t bytes)
{
	struct {
		struct host_ndis_header header;
		/* Enabled, encapsulation, header size; IPv4, then IPv6. */
		le32 words[6];
	} wire;

	_Static_assert(sizeof(wire) == 28, "NDIS_OFFLOAD_ENCAPSULATION");
	if (bytes < sizeof(wire))
		return HOST_RNDIS_TOO_SHORT;
	memcpy(&wire, input, sizeof(wire));
	if (wire.header.type != HOST_NDIS_ENCAPSULATION)
		return HOST_RNDIS_INVALID_DATA;
	if (le32_to_cpu(wire.words[0]) == 1 &&
	    le32_to_cpu(wire.words[1]) != HOST_NDIS_ENCAPSULATION_8023)
		return HOST_RNDIS_INVALID_DATA;
	if (le32_to_cpu(wire.words[3]) == 1 &&
	    le32_to_cpu(wire.words[4]) != HOST_NDIS_ENCAPSULATION_8023)
		return HOST_RNDIS_INVALID_DATA;
	return HOST_RNDIS_SUCCESS;
}

static int hexadecimal(const uint8_t *unit)
{
	if (unit[1])
		return -1;
	if (unit[0] >= '0' && unit[0] <= '9')
		return unit[0] - '0';
	if (unit[0] >= 'a' && unit[0] <= 'f')
		return unit[0] - 'a' + 10;
	if (unit[0] >= 'A' && unit[0] <= 'F')
		return unit[0] - 'A' + 10;
	return -1;
}

/* Twelve digits of UTF-16, of an address that a station may have. */
static uint32_t set_address(struct host_rndis_card *card, const uint8_t *value,
			    uint32_t bytes)
{
	static const uint8_t zero[6];
	uint8_t mac[6];
	unsigned i;
	int high;
	int low;

	if (bytes != 2 * 2 * sizeof(mac))
		return HOST_RNDIS_INVALID_DATA;
	for (i = 0; i < sizeof(mac); i++) {
		high = hexadecimal(value + 4 * i);
		low = hexadecimal(value + 4 * i + 2);
		if (high < 0 || low < 0)
			return HOST_RNDIS_INVALID_DATA;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	if (mac[0] & 1 || !memcmp(mac, zero, sizeof(mac)))
		return HOST_RNDIS_INVALID_DATA;
	memcpy(card->mac, mac, sizeof(mac));
	return HOST_RNDIS_SUCCESS;
}

static bool name_is(const uint8_t *name, uint32_t bytes, const char *text)
{
	uint32_t i;

	for (i = 0; text[i]; i++)
		if (2 * i + 2 > bytes || name[2 * i] != (uint8_t)text[i] ||
		    name[2 * i + 1])
			return false;
	return bytes == 2 * i;
}

/*
 * A parameter of the guest's registry. Only the address means anything, and
 * that only on a port that allows it: else a host takes the first unit of any
 * string for a digit, refuses it when it is none, and ignores the rest, so a
 * guest has to read back what it set.
 */
static uint32_t set_parameter(struct host_rndis_card *card,
			      const uint8_t *input, uint32_t bytes)
{
	struct host_rndis_parameter wire;
	uint32_t name_offset, name_bytes, value_offset, value_bytes;

	if (bytes < sizeof(wire))
		return HOST_RNDIS_TOO_SHORT;
	memcpy(&wire, input, sizeof(wire));
	name_offset = le32_to_cpu(wire.name_offset);
	name_bytes = le32_to_cpu(wire.name_bytes);
	value_offset = le32_to_cpu(wire.value_offset);
	value_bytes = le32_to_cpu(wire.value_bytes);
	if (name_bytes > 255 || value_bytes > 255 || name_offset > bytes ||
	    value_offset > bytes || name_bytes > bytes - name_offset ||
	    value_bytes > bytes - value_offset || name_bytes % 2 || !name_bytes)
		return HOST_RNDIS_INVALID_DATA;
	if (le32_to_cpu(wire.type) == HOST_RNDIS_PARAMETER_INTEGER)
		return value_bytes < 4 ? HOST_RNDIS_INVALID_DATA
				       : HOST_RNDIS_SUCCESS;
	if (le32_to_cpu(wire.type) != HOST_RNDIS_PARAMETER_STRING ||
	    value_bytes < 2 || value_bytes % 2)
		return HOST_RNDIS_INVALID_DATA;
	if (card->mac_changes &&
	    name_is(input + name_offset, name_bytes, "NetworkAddress"))
		return set_address(card, input + value_offset, value_bytes);
	if (input[value_offset + 1] || input[value_offset] < '0' ||
	    input[value_offset] > '9')
		return HOST_RNDIS_INVALID_DATA;
	return HOST_RNDIS_SUCCESS;
}

uint32_t host_rndis_oid_set(struct host_rndis_card *card, uint32_t oid,
			    const uint8_t *input, uint32_t input_bytes)
{
	if (!input && input_bytes)
		return HOST_RNDIS_INVALID_DATA;
	switch (oid) {
	case HOST_OID_PACKET_FILTER:
		return set_filter(card, input, input_bytes);
	case HOST_OID_CURRENT_LOOKAHEAD:
	case HOST_OID_PROTOCOL_OPTIONS:
	case HOST_OID_NETWORK_ADDRESSES:
		return HOST_RNDIS_SUCCESS;
	case HOST_OID_RSS_PARAMETERS:
		return host_rss_set(&card->rss, card->queues, input,
				    input_bytes);
	case HOST_OID_OFFLOAD_PARAMETERS:
		return set_offload(card, input, input_bytes);
	case HOST_OID_ENCAPSULATION:
		return set_encapsulation(input, input_bytes);
	case HOST_OID_CONFIGURATION:
		return set_parameter(card, input, input_bytes);
	default:
		return HOST_RNDIS_NOT_SUPPORTED;
	}
}
