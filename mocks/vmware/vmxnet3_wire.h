/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vmxnet3 as it lies in registers and memory, all little endian: offsets, bits,
 * and how a field is picked out of bytes that were copied from the guest.
 */
#ifndef MOCKS_VMWARE_VMXNET3_WIRE_H
#define MOCKS_VMWARE_VMXNET3_WIRE_H

#include <stdint.h>

/* ---- Registers ---- */

enum vmxnet3_bar {
	VMXNET3_BAR_DOORBELLS = 0,
	VMXNET3_BAR_CONTROL = 1,
	VMXNET3_BAR_MSIX = 2,
};

enum vmxnet3_control {
	VMXNET3_VRRS = 0x00,
	VMXNET3_UVRS = 0x08,
	VMXNET3_DSAL = 0x10,
	VMXNET3_DSAH = 0x18,
	VMXNET3_CMD = 0x20,
	VMXNET3_MACL = 0x28,
	VMXNET3_MACH = 0x30,
	VMXNET3_ICR = 0x38,
	VMXNET3_ECR = 0x40,
};

/** In BAR 0, eight bytes apart. */
enum host_vmxnet3_doorbell {
	VMXNET3_IMR = 0x000,
	VMXNET3_TXPROD = 0x600,
	VMXNET3_RXPROD = 0x800,
	VMXNET3_RXPROD2 = 0xa00,
	VMXNET3_STRIDE = 8,
};

enum vmxnet3_command_code {
	VMXNET3_ACTIVATE = 0xcafe0000,
	VMXNET3_QUIESCE,
	VMXNET3_RESET,
	VMXNET3_UPDATE_RX_MODE,
	VMXNET3_UPDATE_MAC_FILTERS,
	VMXNET3_UPDATE_VLAN_FILTERS,
	VMXNET3_UPDATE_RSSIDT,
	VMXNET3_UPDATE_IML,
	VMXNET3_UPDATE_PMCFG,
	VMXNET3_UPDATE_FEATURE,
	VMXNET3_LOAD_PLUGIN = 0xcafe000b,
	VMXNET3_SET_COALESCE = 0xcafe000e,
	VMXNET3_REGISTER_MEMREGS,
	VMXNET3_SET_RSS_FIELDS,
	VMXNET3_SET_RING_BUFFER_SIZE = 0xcafe0013,

	VMXNET3_GET_QUEUE_STATUS = 0xf00d0000,
	VMXNET3_GET_STATS,
	VMXNET3_GET_LINK,
	VMXNET3_GET_PERM_MAC_LO,
	VMXNET3_GET_PERM_MAC_HI,
	VMXNET3_GET_DID_LO,
	VMXNET3_GET_DID_HI,
	VMXNET3_GET_DEV_EXTRA_INFO,
	VMXNET3_GET_CONF_INTR,
	VMXNET3_GET_ADAPTIVE_RING_INFO,
	VMXNET3_GET_TXDATA_DESC_SIZE,
	VMXNET3_GET_COALESCE,
	VMXNET3_GET_RSS_FIELDS,
	VMXNET3_GET_MAX_QUEUES = 0xf00d000f,
	VMXNET3_GET_MAX_CAPABILITIES = 0xf00d0011,
	VMXNET3_GET_DCR0 = 0xf00d0012,
};

/* ---- The area shared with the driver ---- */

#define VMXNET3_MAGIC 0xbabefee1u

enum vmxnet3_shared {
	SHARED_MAGIC = 0,
	SHARED_GUEST = 12,
	SHARED_REVISION = 16,
	SHARED_UPT = 20,
	SHARED_FEATURES = 24,
	SHARED_QUEUES_ADDRESS = 40,
	SHARED_QUEUES_BYTES = 52,
	SHARED_MTU = 56,
	SHARED_RX_SG = 60,
	SHARED_TX_QUEUES = 62,
	SHARED_RX_QUEUES = 63,
	SHARED_AUTO_MASK = 80,
	SHARED_INTERRUPTS = 81,
	SHARED_EVENT_INTERRUPT = 82,
	SHARED_INTERRUPT_CONTROL = 108,
	SHARED_RX_MODE = 120,
	SHARED_GROUPS_BYTES = 124,
	SHARED_GROUPS_ADDRESS = 128,
	SHARED_VLANS = 136,
	/** From SHARED_RX_MODE to the end of the VLAN table. */
	SHARED_FILTER_BYTES = 528,
	SHARED_RSS = 648,
	SHARED_EVENTS = 696,
	SHARED_COMMAND = 704,
	SHARED_EXTENSION = 720,
	/** Bytes that every revision has. */
	SHARED_BYTES = 720,
};

#define SHARED_DISABLE_ALL 1u

enum vmxnet3_feature {
	VMXNET3_FEATURE_CHECKSUM = 0x1,
	VMXNET3_FEATURE_RSS = 0x2,
	VMXNET3_FEATURE_VLAN = 0x4,
	VMXNET3_FEATURE_LRO = 0x8,
};

enum vmxnet3_mode {
	VMXNET3_MODE_UNICAST = 0x01,
	VMXNET3_MODE_MULTICAST = 0x02,
	VMXNET3_MODE_BROADCAST = 0x04,
	VMXNET3_MODE_ALL_MULTICAST = 0x08,
	VMXNET3_MODE_PROMISCUOUS = 0x10,
};

enum vmxnet3_event_bit {
	VMXNET3_EVENT_RX_QUEUE = 0x01,
	VMXNET3_EVENT_TX_QUEUE = 0x02,
	VMXNET3_EVENT_LINK = 0x04,
	VMXNET3_EVENT_DEVICE = 0x08,
	VMXNET3_EVENT_DEBUG = 0x10,
};

/** The RSS area: 8 bytes, the key, the table. */
enum vmxnet3_rss_area {
	RSS_HASHES = 0,
	RSS_FUNCTION = 2,
	RSS_KEY_BYTES = 4,
	RSS_ENTRIES = 6,
	RSS_KEY = 8,
	RSS_TABLE = 48,
	RSS_BYTES = 176,
};

enum vmxnet3_rss_hash {
	RSS_HASH_IPV4 = 1,
	RSS_HASH_TCP4 = 2,
	RSS_HASH_IPV6 = 4,
	RSS_HASH_TCP6 = 8,
};

/** SET_RSS_FIELDS (revision 4). */
enum vmxnet3_rss_field {
	RSS_FIELD_TCP4 = 0x01,
	RSS_FIELD_TCP6 = 0x02,
	RSS_FIELD_UDP4 = 0x04,
	RSS_FIELD_UDP6 = 0x08,
};

/* ---- Queue descriptors ---- */

#define QUEUE_BYTES	256u
#define QUEUE_ALIGNMENT 128u

enum vmxnet3_tx_area {
	TXQ_DEFERRED = 0,
	TXQ_THRESHOLD = 4,
	TXQ_RING = 16,
	TXQ_DATA = 24,
	TXQ_COMPLETIONS = 32,
	TXQ_RING_SIZE = 56,
	TXQ_DATA_SIZE = 60,
	TXQ_COMPLETIONS_SIZE = 64,
	TXQ_INTERRUPT = 72,
	TXQ_DATA_BYTES = 74,
};

enum vmxnet3_rx_area {
	RXQ_UPDATE_PRODUCER = 0,
	RXQ_RING = 16,
	RXQ_COMPLETIONS = 32,
	RXQ_DATA = 48,
	RXQ_RING_SIZE = 56,
	RXQ_COMPLETIONS_SIZE = 64,
	RXQ_INTERRUPT = 72,
	RXQ_DATA_BYTES = 74,
};

/** Of both kinds: what the device writes. */
enum vmxnet3_queue_status {
	QUEUE_STOPPED = 80,
	QUEUE_ERROR = 84,
	QUEUE_STATISTICS = 88,
	QUEUE_STATISTICS_COUNT = 10,
};

/* ---- Descriptors, four words each ---- */

#define DESCRIPTOR_BYTES 16u

#define TXD_LENGTH(d2)	   ((d2)&0x3fffu)
#define TXD_LENGTH_MAX	   16384u
#define TXD_GENERATION(d2) ((d2) >> 14 & 1u)
#define TXD_TYPE(d2)	   ((d2) >> 16 & 1u)
#define TXD_MSS_OFFSET(d2) ((d2) >> 18)
#define TXD_HEADER(d3)	   ((d3)&0x3ffu)
#define TXD_MODE(d3)	   ((d3) >> 10 & 3u)
#define TXD_EOP(d3)	   ((d3) >> 12 & 1u)
#define TXD_COMPLETE(d3)   ((d3) >> 13 & 1u)
#define TXD_TAG(d3)	   ((d3) >> 15 & 1u)
#define TXD_TCI(d3)	   ((d3) >> 16)

enum vmxnet3_tx_mode {
	TX_MODE_NONE,
	TX_MODE_TUNNEL,
	TX_MODE_CHECKSUM,
	TX_MODE_SEGMENT,
};

#define RXD_LENGTH(d2)	   ((d2)&0x3fffu)
#define RXD_BODY(d2)	   ((d2) >> 14 & 1u)
#define RXD_TYPE(d2)	   ((d2) >> 15 & 1u)
#define RXD_GENERATION(d2) ((d2) >> 31)

/** Word 0 of a receive completion. */
enum vmxnet3_rcd_word0 {
	RCD_EOP = 1 << 14,
	RCD_SOP = 1 << 15,
	RCD_QUEUE_SHIFT = 16,
	RCD_RSS_SHIFT = 26,
	RCD_NOT_CHECKED = 1 << 30,
};

enum vmxnet3_rcd_word2 {
	RCD_LENGTH_MASK = 0x3fff,
	RCD_ERROR = 1 << 14,
	RCD_TAG_STRIPPED = 1 << 15,
	RCD_TCI_SHIFT = 16,
};

enum vmxnet3_rcd_word3 {
	RCD_TRANSPORT_OK = 1 << 16,
	RCD_UDP = 1 << 17,
	RCD_TCP = 1 << 18,
	RCD_IP_OK = 1 << 19,
	RCD_IPV6 = 1 << 20,
	RCD_IPV4 = 1 << 21,
	RCD_FRAGMENT = 1 << 22,
	RCD_FCS_OK = 1 << 23,
	RCD_TYPE_SHIFT = 24,
	RCD_GENERATION_SHIFT = 31,
};

enum vmxnet3_rcd_type {
	RCD_TYPE_QEMU = 0,
	RCD_TYPE_PACKET = 3,
	RCD_TYPE_LRO = 4,
};

/* ---- Bytes ---- */

static inline uint16_t wire_get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t wire_get32(const uint8_t *bytes)
{
	return wire_get16(bytes) | (uint32_t)wire_get16(bytes + 2) << 16;
}

static inline uint64_t wire_get64(const uint8_t *bytes)
{
	return wire_get32(bytes) | (uint64_t)wire_get32(bytes + 4) << 32;
}

static inline void wire_put32(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
	bytes[2] = (uint8_t)(value >> 16);
	bytes[3] = (uint8_t)(value >> 24);
}

static inline void wire_put64(uint8_t *bytes, uint64_t value)
{
	wire_put32(bytes, (uint32_t)value);
	wire_put32(bytes + 4, (uint32_t)(value >> 32));
}

#endif /* MOCKS_VMWARE_VMXNET3_WIRE_H */
