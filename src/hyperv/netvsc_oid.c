/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a card is asked for and set to. A host may know fewer objects than this
 * asks for, even of those that it lists: only the MAC address must be there.
 */
#include "hyperv/netvsc_internal.h"

#include <string.h>

#include "port/log.h"

/** RNDIS_OID_LINK_SPEED counts in these. */
#define SPEED_UNITS_A_MEGABIT 10000u

/* Whether a card can do without what failed so. */
static bool netvsc_is_optional(int error)
{
	return error == ERROR_NOT_SUPPORTED || error == ERROR_IO;
}

static int netvsc_query_number(struct netvsc *card, uint32_t oid,
			       uint32_t *number)
{
	struct rndis_answer answer;
	le32 wire;
	int error;

	error = netvsc_rndis_query(card, oid, NULL, 0, &answer);
	if (error)
		return error;
	if (answer.buffer_bytes < sizeof(wire)) {
		card->queue.statistics.bad_messages++;
		return ERROR_IO;
	}
	memcpy(&wire, answer.buffer, sizeof(wire));
	*number = le32_to_cpu(wire);
	return 0;
}

static int netvsc_query_mac(struct netvsc *card, uint32_t oid, uint8_t mac[])
{
	static const uint8_t none[ETHERNET_ADDRESS_BYTES];
	struct rndis_answer answer;
	const uint8_t *address;
	int error;

	error = netvsc_rndis_query(card, oid, NULL, 0, &answer);
	if (error)
		return error;
	address = answer.buffer;
	/* A group address, or none at all, is no card's. */
	if (answer.buffer_bytes < ETHERNET_ADDRESS_BYTES ||
	    (address[0] & 1) != 0 || memcmp(address, none, sizeof(none)) == 0)
		return ERROR_PROTOCOL;
	memcpy(mac, address, ETHERNET_ADDRESS_BYTES);
	return 0;
}

/* The address in force, or the permanent one where that is not told. */
static int netvsc_mac_update(struct netvsc *card)
{
	uint8_t *mac = card->nic.information.mac;
	int error;

	error = netvsc_query_mac(card, RNDIS_OID_CURRENT_ADDRESS, mac);
	if (netvsc_is_optional(error))
		error = netvsc_query_mac(card, RNDIS_OID_PERMANENT_ADDRESS,
					 mac);
	return error;
}

/*
 * The host may give less than NDIS_CONFIG asked for, without saying so: what
 * counts is the frame size that it announces.
 */
static int netvsc_mtu_update(struct netvsc *card)
{
	struct nic_information *information = &card->nic.information;
	uint32_t most;
	int error;

	error = netvsc_query_number(card, RNDIS_OID_MAXIMUM_FRAME_SIZE, &most);
	if (error)
		return netvsc_is_optional(error) ? 0 : error;
	if (most >= information->mtu)
		return 0;
	if (most < NETVSC_MTU_MIN)
		return ERROR_PROTOCOL;
	log_info(card->port, "netvsc: MTU %u, since the host allows no %u",
		 (unsigned)most, (unsigned)information->mtu);
	information->mtu = (uint16_t)most;
	return 0;
}

int netvsc_link_update(struct netvsc *card)
{
	uint32_t status, speed;
	int error;

	card->link_stale = false;
	error = netvsc_query_number(card, RNDIS_OID_MEDIA_CONNECT_STATUS,
				    &status);
	if (!error)
		card->link.up = status == 0;
	else if (!netvsc_is_optional(error))
		return error;
	error = netvsc_query_number(card, RNDIS_OID_LINK_SPEED, &speed);
	if (!error)
		card->link.speed_mbps = speed / SPEED_UNITS_A_MEGABIT;
	else if (!netvsc_is_optional(error))
		return error;
	return 0;
}

static void netvsc_features_set(struct netvsc *card,
				const struct rndis_offload *offload)
{
	uint32_t *features = &card->nic.information.features;

	if (offload->ipv4_transmit)
		*features |= NIC_FEATURE_TX_CHECKSUM_IPV4;
	if (offload->tcp_transmit)
		*features |= NIC_FEATURE_TX_CHECKSUM_TCP;
	if (offload->udp_transmit)
		*features |= NIC_FEATURE_TX_CHECKSUM_UDP;
	if (offload->ipv4_receive || offload->tcp_receive ||
	    offload->udp_receive)
		*features |= NIC_FEATURE_RX_CHECKSUM;
}

/* Checksum offloads: what the host has, once it has agreed to do it. */
static int netvsc_offload_set(struct netvsc *card)
{
	uint8_t query[RNDIS_OFFLOAD_QUERY_BYTES_MAX];
	uint8_t parameters[RNDIS_OFFLOAD_PARAMETER_BYTES_MAX];
	enum ndis_generation generation =
		card->nvsp_version >= NVSP_VERSION_5 ? NDIS_6_30 : NDIS_6_1;
	struct rndis_offload offload;
	struct rndis_answer answer;
	uint32_t bytes;
	int error;

	bytes = rndis_write_offload_query(query, generation);
	error = netvsc_rndis_query(card, RNDIS_OID_OFFLOAD_CAPABILITIES, query,
				   bytes, &answer);
	if (error)
		return netvsc_is_optional(error) ? 0 : error;
	if (rndis_read_offload(answer.buffer, answer.buffer_bytes, &offload) !=
	    0) {
		card->queue.statistics.bad_messages++;
		return 0;
	}
	if (generation == NDIS_6_1) {
		/* NVSP 4 and before cannot fill in UDP, whatever it says. */
		offload.udp_transmit = false;
		offload.udp_receive = false;
	}
	bytes = rndis_write_offload_parameters(parameters, generation,
					       &offload);
	error = netvsc_rndis_set(card, RNDIS_OID_OFFLOAD_PARAMETERS, parameters,
				 bytes);
	if (error)
		return netvsc_is_optional(error) ? 0 : error;
	netvsc_features_set(card, &offload);
	return 0;
}

int netvsc_rndis_up(struct netvsc *card)
{
	struct nic_information *information = &card->nic.information;
	int error;

	error = netvsc_rndis_initialize(card);
	if (error)
		return error;
	card->rndis_up = true;
	information->features = NIC_FEATURE_MAC_SET;
	/* Tags beside the frame are agreed on in NDIS_CONFIG. */
	if (card->nvsp_version >= NVSP_VERSION_2)
		information->features |=
			NIC_FEATURE_TX_VLAN | NIC_FEATURE_RX_VLAN;
	error = netvsc_mac_update(card);
	if (!error)
		error = netvsc_mtu_update(card);
	if (!error)
		error = netvsc_link_update(card);
	if (!error)
		error = netvsc_offload_set(card);
	return error;
}

int netvsc_filter_apply(struct netvsc *card, unsigned filter)
{
	uint32_t bits = 0;
	le32 wire;

	if (filter & NIC_FILTER_UNICAST)
		bits |= RNDIS_FILTER_DIRECTED;
	if (filter & NIC_FILTER_BROADCAST)
		bits |= RNDIS_FILTER_BROADCAST;
	/* Hyper-V has no list of groups. */
	if (filter & (NIC_FILTER_MULTICAST | NIC_FILTER_ALL_MULTICAST))
		bits |= RNDIS_FILTER_ALL_MULTICAST;
	if (filter & NIC_FILTER_PROMISCUOUS)
		bits |= RNDIS_FILTER_PROMISCUOUS;
	wire = cpu_to_le32(bits);
	return netvsc_rndis_set(card, RNDIS_OID_PACKET_FILTER, &wire,
				sizeof(wire));
}

int netvsc_mac_apply(struct netvsc *card, const uint8_t mac[])
{
	uint8_t parameter[RNDIS_MAC_PARAMETER_BYTES];
	int error;

	rndis_write_mac_parameter(parameter, mac);
	error = netvsc_rndis_set(card, RNDIS_OID_CONFIGURATION_PARAMETER,
				 parameter, sizeof(parameter));
	if (error)
		return error;
	/* Some hosts agree and change nothing. */
	error = netvsc_mac_update(card);
	if (error)
		return error;
	if (memcmp(card->nic.information.mac, mac, ETHERNET_ADDRESS_BYTES) != 0)
		return ERROR_NOT_SUPPORTED;
	return 0;
}
