/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices with registers: vmxnet3 with its commands and descriptors, and
 * virtio-mmio with what lies in its rings.
 */
#include <string.h>

#include "mocks/trace/layout.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const char *layout_name(const struct layout_name *names, uint64_t number)
{
	for (; names->name; names++)
		if (names->number == number)
			return names->name;
	return NULL;
}

/* ---- vmxnet3: registers ---- */

/* Of a number of queues or vectors the first; they lie 8 bytes apart. */
const struct layout_name layout_vmxnet3_bar0[] = {
	{"IMR", 0x000},	    {"TXPROD", 0x600}, {"RXPROD", 0x800},
	{"RXPROD2", 0xa00}, {NULL, 0},
};

/* PCI 3.0, 3.2.2.3.2: configuration space by I/O ports. */
const struct layout_name layout_pci_ports[] = {
	{"CONFIG_ADDRESS", 0},
	{"CONFIG_DATA", 4},
	{NULL, 0},
};

const struct layout_name layout_vmxnet3_bar1[] = {
	{"VRRS", 0x00}, {"UVRS", 0x08}, {"DSAL", 0x10}, {"DSAH", 0x18},
	{"CMD", 0x20},	{"MACL", 0x28}, {"MACH", 0x30}, {"ICR", 0x38},
	{"ECR", 0x40},	{NULL, 0},
};

const struct layout_name layout_vmxnet3_commands[] = {
	{"ACTIVATE_DEV", 0xcafe0000},
	{"QUIESCE_DEV", 0xcafe0001},
	{"RESET_DEV", 0xcafe0002},
	{"UPDATE_RX_MODE", 0xcafe0003},
	{"UPDATE_MAC_FILTERS", 0xcafe0004},
	{"UPDATE_VLAN_FILTERS", 0xcafe0005},
	{"UPDATE_RSSIDT", 0xcafe0006},
	{"UPDATE_IML", 0xcafe0007},
	{"UPDATE_PMCFG", 0xcafe0008},
	{"UPDATE_FEATURE", 0xcafe0009},
	{"LOAD_PLUGIN", 0xcafe000b},
	{"SET_COALESCE", 0xcafe000e},
	{"REGISTER_MEMREGS", 0xcafe000f},
	{"SET_RSS_FIELDS", 0xcafe0010},
	{"SET_RING_BUFFER_SIZE", 0xcafe0013},
	{"GET_QUEUE_STATUS", 0xf00d0000},
	{"GET_STATS", 0xf00d0001},
	{"GET_LINK", 0xf00d0002},
	{"GET_PERM_MAC_LO", 0xf00d0003},
	{"GET_PERM_MAC_HI", 0xf00d0004},
	{"GET_DID_LO", 0xf00d0005},
	{"GET_DID_HI", 0xf00d0006},
	{"GET_DEV_EXTRA_INFO", 0xf00d0007},
	{"GET_CONF_INTR", 0xf00d0008},
	{"GET_ADAPTIVE_RING_INFO", 0xf00d0009},
	{"GET_TXDATA_DESC_SIZE", 0xf00d000a},
	{"GET_COALESCE", 0xf00d000b},
	{"GET_RSS_FIELDS", 0xf00d000c},
	{"GET_MAX_QUEUES_CONF", 0xf00d000f},
	{"GET_MAX_CAPABILITIES", 0xf00d0011},
	{"GET_DCR0_REG", 0xf00d0012},
	{NULL, 0},
};

/* ---- vmxnet3: descriptors ---- */

#define DEC(name, word, shift, bits)                                           \
	{                                                                      \
		name, (word)*4, 4, LAYOUT_DECIMAL, NULL, shift, bits           \
	}
#define HEX(name, word, shift, bits)                                           \
	{                                                                      \
		name, (word)*4, 4, LAYOUT_HEX, NULL, shift, bits               \
	}
#define RES(name, word, shift, bits)                                           \
	{                                                                      \
		name, (word)*4, 4, LAYOUT_RESERVED, NULL, shift, bits          \
	}
#define ADDRESS                                                                \
	{                                                                      \
		"address", 0, 8, LAYOUT_HEX, NULL, 0, 0                        \
	}

static const struct layout_name mode_names[] = {
	{"NONE", 0}, {"ENCAP", 1}, {"CSUM", 2}, {"TSO", 3}, {NULL, 0},
};

static const struct layout_member tx_members[] = {
	ADDRESS,
	DEC("len", 2, 0, 14),
	DEC("gen", 2, 14, 1),
	RES("ext1", 2, 15, 1),
	DEC("dtype", 2, 16, 1),
	RES("oco", 2, 17, 1),
	DEC("msscof", 2, 18, 14),
	DEC("hlen", 3, 0, 10),
	{"om", 12, 4, LAYOUT_DECIMAL, mode_names, 10, 2},
	DEC("eop", 3, 12, 1),
	DEC("cq", 3, 13, 1),
	RES("ext2", 3, 14, 1),
	DEC("ti", 3, 15, 1),
	HEX("tci", 3, 16, 16),
};
static const struct layout_member rx_members[] = {
	ADDRESS,
	DEC("len", 2, 0, 14),
	DEC("btype", 2, 14, 1),
	DEC("dtype", 2, 15, 1),
	RES("reserved1", 2, 16, 15),
	DEC("gen", 2, 31, 1),
	RES("reserved2", 3, 0, 32),
};
static const struct layout_member txc_members[] = {
	DEC("txdIdx", 0, 0, 12), RES("ext1", 0, 12, 20), RES("ext2", 1, 0, 32),
	RES("ext3", 2, 0, 32),	 RES("rsvd", 3, 0, 24),	 DEC("type", 3, 24, 7),
	DEC("gen", 3, 31, 1),
};
static const struct layout_member rxc_members[] = {
	DEC("rxdIdx", 0, 0, 12),  RES("ext1", 0, 12, 2),
	DEC("eop", 0, 14, 1),	  DEC("sop", 0, 15, 1),
	DEC("rqID", 0, 16, 10),	  DEC("rssType", 0, 26, 4),
	DEC("cnc", 0, 30, 1),	  RES("ext2", 0, 31, 1),
	HEX("rssHash", 1, 0, 32), DEC("len", 2, 0, 14),
	DEC("err", 2, 14, 1),	  DEC("ts", 2, 15, 1),
	HEX("tci", 2, 16, 16),	  HEX("csum", 3, 0, 16),
	DEC("tuc", 3, 16, 1),	  DEC("udp", 3, 17, 1),
	DEC("tcp", 3, 18, 1),	  DEC("ipc", 3, 19, 1),
	DEC("v6", 3, 20, 1),	  DEC("v4", 3, 21, 1),
	DEC("frg", 3, 22, 1),	  DEC("fcs", 3, 23, 1),
	DEC("type", 3, 24, 7),	  DEC("gen", 3, 31, 1),
};

#define ONE(device, name, bytes)                                               \
	static const struct layout name##_layout = {"",                        \
						    0,                         \
						    bytes,                     \
						    name##_members,            \
						    COUNT(name##_members),     \
						    LAYOUT_TAIL_BYTES,         \
						    "data"};                   \
	const struct layout_family layout_##device##_##name = {0,              \
							       &name##_layout, \
							       1}

ONE(vmxnet3, tx, 16);
ONE(vmxnet3, rx, 16);
ONE(vmxnet3, txc, 16);
ONE(vmxnet3, rxc, 16);

/* ---- vmxnet3: what a driver lays out in its memory ---- */

/* Numbers, bytes, and what is shown unless it is zero. */
#define NUMBER(name, offset, bytes, format)                                    \
	{                                                                      \
		name, offset, bytes, format, NULL, 0, 0                        \
	}
#define COUNTED(name, offset, bytes) NUMBER(name, offset, bytes, LAYOUT_DECIMAL)
#define PLACED(name, offset, bytes)  NUMBER(name, offset, bytes, LAYOUT_HEX)
#define UNLESS(name, offset, bytes)  NUMBER(name, offset, bytes, LAYOUT_RESERVED)

/* Vmxnet3_RxFilterConf, of the shared area a part and by itself. */
#define FILTER(offset)                                                         \
	PLACED("rxMode", (offset), 4), COUNTED("mfTableLen", (offset) + 4, 2), \
		UNLESS("pad1", (offset) + 6, 2),                               \
		PLACED("mfTablePA", (offset) + 8, 8),                          \
		UNLESS("vfTable", (offset) + 16, 512)

/* Vmxnet3_DriverShared, without the extension of revision 6. */
static const struct layout_member shared_members[] = {
	PLACED("magic", 0, 4),
	COUNTED("size", 4, 4),
	PLACED("version", 8, 4),
	PLACED("gos", 12, 4),
	COUNTED("vmxnet3RevSpt", 16, 4),
	COUNTED("uptVerSpt", 20, 4),
	PLACED("uptFeatures", 24, 8),
	PLACED("ddPA", 32, 8),
	PLACED("queueDescPA", 40, 8),
	COUNTED("ddLen", 48, 4),
	COUNTED("queueDescLen", 52, 4),
	COUNTED("mtu", 56, 4),
	COUNTED("maxNumRxSG", 60, 2),
	COUNTED("numTxQueues", 62, 1),
	COUNTED("numRxQueues", 63, 1),
	UNLESS("reserved", 64, 16),
	COUNTED("autoMask", 80, 1),
	COUNTED("numIntrs", 81, 1),
	COUNTED("eventIntrIdx", 82, 1),
	UNLESS("modLevels", 83, 25),
	PLACED("intrCtrl", 108, 4),
	UNLESS("reserved2", 112, 8),
	FILTER(120),
	UNLESS("rssConfVer", 648, 4),
	UNLESS("rssConfLen", 652, 4),
	UNLESS("rssConfPA", 656, 8),
	UNLESS("pmConfDesc", 664, 16),
	UNLESS("pluginConfDesc", 680, 16),
	UNLESS("ecr", 696, 4),
	UNLESS("reserved3", 700, 4),

	UNLESS("cmdInfo", 704, 16),
};

static const struct layout_member tx_queue_members[] = {
	UNLESS("txNumDeferred", 0, 4),
	UNLESS("txThreshold", 4, 4),
	UNLESS("reserved", 8, 8),
	PLACED("txRingBasePA", 16, 8),
	PLACED("dataRingBasePA", 24, 8),
	PLACED("compRingBasePA", 32, 8),
	UNLESS("ddPA", 40, 8),
	UNLESS("reserved2", 48, 8),
	COUNTED("txRingSize", 56, 4),
	COUNTED("dataRingSize", 60, 4),
	COUNTED("compRingSize", 64, 4),
	UNLESS("ddLen", 68, 4),
	COUNTED("intrIdx", 72, 1),
	UNLESS("pad1", 73, 1),
	COUNTED("txDataRingDescSize", 74, 2),
	UNLESS("pad2", 76, 4),
	UNLESS("status", 80, 8),
	UNLESS("stats", 88, 80),
	UNLESS("pad", 168, 88),
};
static const struct layout_member rx_queue_members[] = {
	UNLESS("updateRxProd", 0, 1),
	UNLESS("pad", 1, 7),
	UNLESS("reserved", 8, 8),
	PLACED("rxRingBasePA0", 16, 8),
	PLACED("rxRingBasePA1", 24, 8),
	PLACED("compRingBasePA", 32, 8),
	UNLESS("ddPA", 40, 8),
	PLACED("rxDataRingBasePA", 48, 8),
	COUNTED("rxRingSize0", 56, 4),
	COUNTED("rxRingSize1", 60, 4),
	COUNTED("compRingSize", 64, 4),
	UNLESS("ddLen", 68, 4),
	COUNTED("intrIdx", 72, 1),
	UNLESS("pad1", 73, 1),
	COUNTED("rxDataRingDescSize", 74, 2),
	UNLESS("pad2", 76, 4),
	UNLESS("status", 80, 8),
	UNLESS("stats", 88, 80),
	UNLESS("pad3", 168, 88),
};
static const struct layout_member filter_members[] = {FILTER(0)};
/* UPT1_RSSConf. */
static const struct layout_member rss_members[] = {
	PLACED("hashType", 0, 2),
	COUNTED("hashFunc", 2, 2),
	COUNTED("hashKeySize", 4, 2),
	COUNTED("indTableSize", 6, 2),
	NUMBER("hashKey", 8, 40, LAYOUT_BYTES),
	NUMBER("indTable", 48, 128, LAYOUT_BYTES),
};
/* Vmxnet3_CmdInfo: where something lies, or a number by itself. */
static const struct layout_member command_members[] = {
	PLACED("confVer", 0, 4),
	COUNTED("confLen", 4, 4),
	PLACED("confPA", 8, 8),
};
/* Vmxnet3_CoalesceScheme. */
static const struct layout_member coalesce_members[] = {
	COUNTED("coalMode", 0, 4),
	COUNTED("coalPara0", 4, 4),
	COUNTED("coalPara1", 8, 4),
	COUNTED("coalPara2", 12, 4),
};

/* ---- vmxnet3: what the device writes there ---- */

static const struct layout_member events_members[] = {
	PLACED("ecr", 0, 4),
};
/* Vmxnet3_QueueStatus. */
static const struct layout_member status_members[] = {
	COUNTED("stopped", 0, 1),
	UNLESS("pad", 1, 3),
	PLACED("error", 4, 4),
};
/* UPT1_TxStats and UPT1_RxStats. */
static const struct layout_member tx_stats_members[] = {
	COUNTED("TSOPktsTxOK", 0, 8),	 COUNTED("TSOBytesTxOK", 8, 8),
	COUNTED("ucastPktsTxOK", 16, 8), COUNTED("ucastBytesTxOK", 24, 8),
	COUNTED("mcastPktsTxOK", 32, 8), COUNTED("mcastBytesTxOK", 40, 8),
	COUNTED("bcastPktsTxOK", 48, 8), COUNTED("bcastBytesTxOK", 56, 8),
	COUNTED("pktsTxError", 64, 8),	 COUNTED("pktsTxDiscard", 72, 8),
};
static const struct layout_member rx_stats_members[] = {
	COUNTED("LROPktsRxOK", 0, 8),	  COUNTED("LROBytesRxOK", 8, 8),
	COUNTED("ucastPktsRxOK", 16, 8),  COUNTED("ucastBytesRxOK", 24, 8),
	COUNTED("mcastPktsRxOK", 32, 8),  COUNTED("mcastBytesRxOK", 40, 8),
	COUNTED("bcastPktsRxOK", 48, 8),  COUNTED("bcastBytesRxOK", 56, 8),
	COUNTED("pktsRxOutOfBuf", 64, 8), COUNTED("pktsRxError", 72, 8),
};

ONE(vmxnet3, shared, 720);
ONE(vmxnet3, tx_queue, 256);
ONE(vmxnet3, rx_queue, 256);
ONE(vmxnet3, filter, 528);
ONE(vmxnet3, rss, 176);
ONE(vmxnet3, command, 16);
ONE(vmxnet3, coalesce, 16);
ONE(vmxnet3, events, 4);
ONE(vmxnet3, status, 8);
ONE(vmxnet3, tx_stats, 80);
ONE(vmxnet3, rx_stats, 80);

/* Addresses of 6 bytes one behind the other. */
static const struct layout mac_table_layout = {
	.name = "",
	.tail = LAYOUT_TAIL_BYTES,
	.tail_name = "mfTable",
};
const struct layout_family layout_vmxnet3_mac_table = {0, &mac_table_layout, 1};

/* ---- virtio-mmio (virtio 1.2, 4.2.2) ---- */

const struct layout_name layout_virtio_mmio[] = {
	{"MagicValue", 0x000},	     {"Version", 0x004},
	{"DeviceID", 0x008},	     {"VendorID", 0x00c},
	{"DeviceFeatures", 0x010},   {"DeviceFeaturesSel", 0x014},
	{"DriverFeatures", 0x020},   {"DriverFeaturesSel", 0x024},
	{"QueueSel", 0x030},	     {"QueueNumMax", 0x034},
	{"QueueNum", 0x038},	     {"QueueReady", 0x044},
	{"QueueNotify", 0x050},	     {"InterruptStatus", 0x060},
	{"InterruptACK", 0x064},     {"Status", 0x070},
	{"QueueDescLow", 0x080},     {"QueueDescHigh", 0x084},
	{"QueueDriverLow", 0x090},   {"QueueDriverHigh", 0x094},
	{"QueueDeviceLow", 0x0a0},   {"QueueDeviceHigh", 0x0a4},
	{"SHMSel", 0x0ac},	     {"SHMLenLow", 0x0b0},
	{"SHMLenHigh", 0x0b4},	     {"SHMBaseLow", 0x0b8},
	{"SHMBaseHigh", 0x0bc},	     {"QueueReset", 0x0c0},
	{"ConfigGeneration", 0x0fc}, {NULL, 0},
};

/* The bits of virtio 1.2, 5.1.3 and 6, by words of 32. */
static const struct layout_name features_0[] = {
	{"CSUM", UINT64_C(1) << 0},
	{"GUEST_CSUM", UINT64_C(1) << 1},
	{"CTRL_GUEST_OFFLOADS", UINT64_C(1) << 2},
	{"MTU", UINT64_C(1) << 3},
	{"MAC", UINT64_C(1) << 5},
	{"GUEST_TSO4", UINT64_C(1) << 7},
	{"GUEST_TSO6", UINT64_C(1) << 8},
	{"GUEST_ECN", UINT64_C(1) << 9},
	{"GUEST_UFO", UINT64_C(1) << 10},
	{"HOST_TSO4", UINT64_C(1) << 11},
	{"HOST_TSO6", UINT64_C(1) << 12},
	{"HOST_ECN", UINT64_C(1) << 13},
	{"HOST_UFO", UINT64_C(1) << 14},
	{"MRG_RXBUF", UINT64_C(1) << 15},
	{"STATUS", UINT64_C(1) << 16},
	{"CTRL_VQ", UINT64_C(1) << 17},
	{"CTRL_RX", UINT64_C(1) << 18},
	{"CTRL_VLAN", UINT64_C(1) << 19},
	{"CTRL_RX_EXTRA", UINT64_C(1) << 20},
	{"GUEST_ANNOUNCE", UINT64_C(1) << 21},
	{"MQ", UINT64_C(1) << 22},
	{"CTRL_MAC_ADDR", UINT64_C(1) << 23},
	{"INDIRECT_DESC", UINT64_C(1) << 28},
	{"EVENT_IDX", UINT64_C(1) << 29},
	{NULL, 0},
};
static const struct layout_name features_1[] = {
	{"VERSION_1", UINT64_C(1) << 0},
	{"ACCESS_PLATFORM", UINT64_C(1) << 1},
	{"RING_PACKED", UINT64_C(1) << 2},
	{"IN_ORDER", UINT64_C(1) << 3},
	{"ORDER_PLATFORM", UINT64_C(1) << 4},
	{"NOTIFICATION_DATA", UINT64_C(1) << 6},
	{"RING_RESET", UINT64_C(1) << 8},
	{"RSC_EXT", UINT64_C(1) << 29},
	{"SPEED_DUPLEX", UINT64_C(1) << 31},
	{NULL, 0},
};
const struct layout_name *const layout_virtio_features[] = {features_0,
							    features_1};

const struct layout_name layout_virtio_status[] = {
	{"ACKNOWLEDGE", 0x1},
	{"DRIVER", 0x2},
	{"DRIVER_OK", 0x4},
	{"FEATURES_OK", 0x8},
	{"DEVICE_NEEDS_RESET", 0x40},
	{"FAILED", 0x80},
	{NULL, 0},
};

const struct layout_name layout_virtio_interrupts[] = {
	{"USED_BUFFER", 0x1},
	{"CONFIGURATION_CHANGE", 0x2},
	{NULL, 0},
};

/* ---- virtio: rings (2.7.5, 2.7.6, 2.7.8; packed: 2.8.13) ---- */

static const struct layout_name desc_flags[] = {
	{"NEXT", 0x1},
	{"WRITE", 0x2},
	{"INDIRECT", 0x4},
	{NULL, 0},
};
static const struct layout_name packed_flags[] = {
	{"NEXT", 0x1},	 {"WRITE", 0x2},   {"INDIRECT", 0x4},
	{"AVAIL", 0x80}, {"USED", 0x8000}, {NULL, 0},
};

static const struct layout_member desc_members[] = {
	ADDRESS,
	NUMBER("len", 8, 4, LAYOUT_DECIMAL),
	{"flags", 12, 2, LAYOUT_FLAGS, desc_flags, 0, 0},
	NUMBER("next", 14, 2, LAYOUT_DECIMAL),
};
static const struct layout_member avail_members[] = {
	NUMBER("head", 0, 2, LAYOUT_DECIMAL),
};
static const struct layout_member used_members[] = {
	NUMBER("id", 0, 4, LAYOUT_DECIMAL),
	NUMBER("len", 4, 4, LAYOUT_DECIMAL),
};
static const struct layout_member packed_members[] = {
	ADDRESS,
	NUMBER("len", 8, 4, LAYOUT_DECIMAL),
	NUMBER("id", 12, 2, LAYOUT_DECIMAL),
	{"flags", 14, 2, LAYOUT_FLAGS, packed_flags, 0, 0},
};

ONE(virtq, desc, 16);
ONE(virtq, avail, 2);
ONE(virtq, used, 8);
ONE(virtq, packed, 16);

/* ---- virtio-net: what stands in its buffers (5.1.6, 5.1.6.5) ---- */

static const struct layout_name header_flags[] = {
	{"NEEDS_CSUM", 0x1},
	{"DATA_VALID", 0x2},
	{"RSC_INFO", 0x4},
	{NULL, 0},
};
/* ECN is a bit beside TCP's types. */
static const struct layout_name gso_names[] = {
	{"NONE", 0},	     {"TCPV4", 0x1},  {"UDP", 0x3},
	{"TCPV6", 0x4},	     {"UDP_L4", 0x5}, {"TCPV4|ECN", 0x81},
	{"TCPV6|ECN", 0x84}, {NULL, 0},
};
static const struct layout_name class_names[] = {
	{"RX", 0},	 {"MAC", 1}, {"VLAN", 2},
	{"ANNOUNCE", 3}, {"MQ", 4},  {"GUEST_OFFLOADS", 5},
	{NULL, 0},
};
static const struct layout_name ack_names[] = {
	{"OK", 0},
	{"ERR", 1},
	{NULL, 0},
};

static const struct layout_member header_members[] = {
	{"flags", 0, 1, LAYOUT_FLAGS, header_flags, 0, 0},
	{"gso_type", 1, 1, LAYOUT_HEX, gso_names, 0, 0},
	NUMBER("hdr_len", 2, 2, LAYOUT_DECIMAL),
	NUMBER("gso_size", 4, 2, LAYOUT_DECIMAL),
	NUMBER("csum_start", 6, 2, LAYOUT_DECIMAL),
	NUMBER("csum_offset", 8, 2, LAYOUT_DECIMAL),
	NUMBER("num_buffers", 10, 2, LAYOUT_DECIMAL),
};
static const struct layout_member control_members[] = {
	{"class", 0, 1, LAYOUT_DECIMAL, class_names, 0, 0},
	NUMBER("command", 1, 1, LAYOUT_DECIMAL),
};
static const struct layout_member ack_members[] = {
	{"ack", 0, 1, LAYOUT_DECIMAL, ack_names, 0, 0},
};

ONE(virtio, header, 12);
ONE(virtio, control, 2);
ONE(virtio, ack, 1);
