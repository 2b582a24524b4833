/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers of RNDIS objects.
 */
#include "hyperv/rndis_oid.h"

#include <string.h>

/* NDIS_OFFLOAD as the two generations size it. */
#define OFFLOAD_BYTES_6_1    144u
#define OFFLOAD_BYTES_6_30   156u
/* NDIS_OFFLOAD_PARAMETERS likewise. */
#define PARAMETER_BYTES_6_1  22u
#define PARAMETER_BYTES_6_30 28u

/* Encapsulation: Ethernet. */
#define ENCAPSULATION_8023 (1u << 1)
/* Of two-bit fields of the flags, the bit that says "supported". */
#define CHECKSUM_TCP	   (1u << 4)
#define CHECKSUM_UDP	   (1u << 6)
#define CHECKSUM_IPV4	   (1u << 8)

static const char mac_parameter_name[] = "NetworkAddress";

uint32_t rndis_write_offload_query(void *to, enum ndis_generation generation)
{
	bool newer = generation == NDIS_6_30;
	uint32_t bytes = newer ? OFFLOAD_BYTES_6_30 : OFFLOAD_BYTES_6_1;
	struct ndis_object_header header = {
		.type = NDIS_OBJECT_OFFLOAD,
		.revision = newer ? 3 : 2,
		.size = cpu_to_le16((uint16_t)bytes),
	};

	memset(to, 0, bytes);
	memcpy(to, &header, sizeof(header));
	return bytes;
}

static uint32_t ndis_checksums(const struct ndis_checksum_offload *offload)
{
	if (!(le32_to_cpu(offload->encapsulation) & ENCAPSULATION_8023))
		return 0;
	return le32_to_cpu(offload->flags);
}

int rndis_read_offload(const void *bytes, uint32_t length,
		       struct rndis_offload *offload)
{
	struct ndis_offload wire;
	uint32_t transmit, receive, ipv4_transmit, ipv4_receive;

	if (length < sizeof(wire))
		return ERROR_PROTOCOL;
	memcpy(&wire, bytes, sizeof(wire));
	if (wire.header.type != NDIS_OBJECT_OFFLOAD ||
	    le16_to_cpu(wire.header.size) < sizeof(wire))
		return ERROR_PROTOCOL;
	ipv4_transmit = ndis_checksums(&wire.ipv4_transmit);
	ipv4_receive = ndis_checksums(&wire.ipv4_receive);
	transmit = ipv4_transmit & ndis_checksums(&wire.ipv6_transmit);
	receive = ipv4_receive & ndis_checksums(&wire.ipv6_receive);
	offload->ipv4_transmit = ipv4_transmit & CHECKSUM_IPV4;
	offload->ipv4_receive = ipv4_receive & CHECKSUM_IPV4;
	offload->tcp_transmit = transmit & CHECKSUM_TCP;
	offload->tcp_receive = receive & CHECKSUM_TCP;
	offload->udp_transmit = transmit & CHECKSUM_UDP;
	offload->udp_receive = receive & CHECKSUM_UDP;
	return 0;
}

static uint8_t ndis_choice(bool transmit, bool receive)
{
	if (transmit)
		return receive ? NDIS_OFFLOAD_BOTH : NDIS_OFFLOAD_TRANSMIT;
	return receive ? NDIS_OFFLOAD_RECEIVE : NDIS_OFFLOAD_OFF;
}

uint32_t rndis_write_offload_parameters(void *to,
					enum ndis_generation generation,
					const struct rndis_offload *offload)
{
	bool newer = generation == NDIS_6_30;
	uint32_t bytes = newer ? PARAMETER_BYTES_6_30 : PARAMETER_BYTES_6_1;
	uint8_t tcp = ndis_choice(offload->tcp_transmit, offload->tcp_receive);
	uint8_t udp = ndis_choice(offload->udp_transmit, offload->udp_receive);
	struct ndis_offload_parameters wire = {
		.header =
			{
				.type = NDIS_OBJECT_DEFAULT,
				.revision = newer ? 3 : 2,
				.size = cpu_to_le16((uint16_t)bytes),
			},
		.ipv4_checksum = ndis_choice(offload->ipv4_transmit,
					     offload->ipv4_receive),
		.tcp_ipv4_checksum = tcp,
		.udp_ipv4_checksum = udp,
		.tcp_ipv6_checksum = tcp,
		.udp_ipv6_checksum = udp,
		.lso_v2_ipv4 = NDIS_OFFLOAD_OFF,
		.lso_v2_ipv6 = NDIS_OFFLOAD_OFF,
	};

	memcpy(to, &wire, bytes);
	return bytes;
}

static uint8_t *utf16(uint8_t *to, const char *from, uint32_t characters)
{
	le16 wide;

	for (; characters > 0; characters--) {
		wide = cpu_to_le16((uint8_t)*from++);
		memcpy(to, &wide, sizeof(wide));
		to += sizeof(wide);
	}
	return to;
}

void rndis_write_mac_parameter(void *to,
			       const uint8_t mac[ETHERNET_ADDRESS_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * ETHERNET_ADDRESS_BYTES];
	uint32_t characters = sizeof(mac_parameter_name) - 1;
	struct rndis_configuration_parameter wire = {
		.name_offset = CPU_TO_LE32(sizeof(wire)),
		.name_length = cpu_to_le32(characters * 2),
		.type = CPU_TO_LE32(RNDIS_CONFIGURATION_STRING),
		.value_offset =
			cpu_to_le32((uint32_t)sizeof(wire) + characters * 2),
		.value_length = CPU_TO_LE32(sizeof(text) * 2),
	};
	uint8_t *at = to;
	unsigned i;

	_Static_assert(sizeof(wire) + 2 * (sizeof(mac_parameter_name) - 1) +
				       2 * sizeof(text) ==
			       RNDIS_MAC_PARAMETER_BYTES,
		       "NetworkAddress");
	for (i = 0; i < ETHERNET_ADDRESS_BYTES; i++) {
		text[2 * i] = digits[mac[i] >> 4];
		text[2 * i + 1] = digits[mac[i] & 0xf];
	}
	memcpy(at, &wire, sizeof(wire));
	at = utf16(at + sizeof(wire), mac_parameter_name, characters);
	utf16(at, text, sizeof(text));
}
