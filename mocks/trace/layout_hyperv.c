/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hyper-V: registers (TLFS), channel messages (VMBus), NVSP, and RNDIS
 * (MS-RNDIS) with the names of its OIDs.
 */
#include <string.h>

#include "mocks/trace/layout.h"

#define COUNT(table)   (sizeof(table) / sizeof((table)[0]))
#define MEMBERS(table) (table), COUNT(table)

/* ---- Registers ---- */

const struct layout_name layout_msrs[] = {
	{"HV_X64_MSR_GUEST_OS_ID", 0x40000000},
	{"HV_X64_MSR_HYPERCALL", 0x40000001},
	{"HV_X64_MSR_VP_INDEX", 0x40000002},
	{"HV_X64_MSR_RESET", 0x40000003},
	{"HV_X64_MSR_VP_RUNTIME", 0x40000010},
	{"HV_X64_MSR_TIME_REF_COUNT", 0x40000020},
	{"HV_X64_MSR_REFERENCE_TSC", 0x40000021},
	{"HV_X64_MSR_TSC_FREQUENCY", 0x40000022},
	{"HV_X64_MSR_APIC_FREQUENCY", 0x40000023},
	{"HV_X64_MSR_EOI", 0x40000070},
	{"HV_X64_MSR_ICR", 0x40000071},
	{"HV_X64_MSR_TPR", 0x40000072},
	{"HV_X64_MSR_VP_ASSIST_PAGE", 0x40000073},
	{"HV_X64_MSR_SCONTROL", 0x40000080},
	{"HV_X64_MSR_SVERSION", 0x40000081},
	{"HV_X64_MSR_SIEFP", 0x40000082},
	{"HV_X64_MSR_SIMP", 0x40000083},
	{"HV_X64_MSR_EOM", 0x40000084},
	{"HV_X64_MSR_SINT0", 0x40000090},
	{"HV_X64_MSR_SINT1", 0x40000091},
	{"HV_X64_MSR_SINT2", 0x40000092},
	{"HV_X64_MSR_SINT3", 0x40000093},
	{"HV_X64_MSR_SINT4", 0x40000094},
	{"HV_X64_MSR_SINT5", 0x40000095},
	{"HV_X64_MSR_SINT6", 0x40000096},
	{"HV_X64_MSR_SINT7", 0x40000097},
	{"HV_X64_MSR_SINT8", 0x40000098},
	{"HV_X64_MSR_SINT9", 0x40000099},
	{"HV_X64_MSR_SINT10", 0x4000009a},
	{"HV_X64_MSR_SINT11", 0x4000009b},
	{"HV_X64_MSR_SINT12", 0x4000009c},
	{"HV_X64_MSR_SINT13", 0x4000009d},
	{"HV_X64_MSR_SINT14", 0x4000009e},
	{"HV_X64_MSR_SINT15", 0x4000009f},
	{NULL, 0},
};

/* TLFS: the page of each begins at bit 12, the vector of a SINT at bit 0. */
const struct layout_name *layout_msr_flags(uint64_t number)
{
	static const struct layout_name page[] = {{"ENABLE", 1}, {NULL, 0}};
	static const struct layout_name hypercall[] = {
		{"ENABLE", 1},
		{"LOCKED", 2},
		{NULL, 0},
	};
	static const struct layout_name sint[] = {
		{"MASKED", 0x10000},
		{"AUTO_EOI", 0x20000},
		{"POLLING", 0x40000},
		{NULL, 0},
	};
	static const struct layout_name os[] = {
		{"OPEN_SOURCE", UINT64_C(1) << 63},
		{NULL, 0},
	};

	if (number >= 0x40000090 && number <= 0x4000009f)
		return sint;
	switch (number) {
	case 0x40000000:
		return os;
	case 0x40000001:
		return hypercall;
	case 0x40000021:
	case 0x40000073:
	case 0x40000080:
	case 0x40000082:
	case 0x40000083:
		return page;
	default:
		return NULL;
	}
}

static const struct layout_member cpuid_members[] = {
	{"eax", 0, 4, LAYOUT_HEX, NULL, 0, 0},
	{"ebx", 4, 4, LAYOUT_HEX, NULL, 0, 0},
	{"ecx", 8, 4, LAYOUT_HEX, NULL, 0, 0},
	{"edx", 12, 4, LAYOUT_HEX, NULL, 0, 0},
};
static const struct layout cpuid_layout = {
	"", 0, 16, MEMBERS(cpuid_members), LAYOUT_TAIL_BYTES, "data"};
const struct layout_family layout_cpuid = {0, &cpuid_layout, 1};

/* ---- Channel messages ---- */

#define DEC(name, offset, bytes)                                               \
	{                                                                      \
		name, offset, bytes, LAYOUT_DECIMAL, NULL, 0, 0                \
	}
#define HEX(name, offset, bytes)                                               \
	{                                                                      \
		name, offset, bytes, LAYOUT_HEX, NULL, 0, 0                    \
	}
#define RAW(name, offset, bytes)                                               \
	{                                                                      \
		name, offset, bytes, LAYOUT_BYTES, NULL, 0, 0                  \
	}
#define RES(name, offset, bytes)                                               \
	{                                                                      \
		name, offset, bytes, LAYOUT_RESERVED, NULL, 0, 0               \
	}
#define NAMED(name, offset, bytes, names)                                      \
	{                                                                      \
		name, offset, bytes, LAYOUT_HEX, names, 0, 0                   \
	}
#define FLAGS(name, offset, bytes, names)                                      \
	{                                                                      \
		name, offset, bytes, LAYOUT_FLAGS, names, 0, 0                 \
	}
/** Each channel message has one behind its type. */
#define PADDING RES("padding", 4, 4)

static const struct interface {
	const char *name;
	uint8_t bytes[16];
} interfaces[] = {
	{"network",
	 {0x63, 0x51, 0x61, 0xf8, 0x3e, 0xdf, 0xc5, 0x46, 0x91, 0x3f, 0xf2,
	  0xd2, 0xf9, 0x65, 0xed, 0x0e}},
	{"SCSI",
	 {0xd9, 0x63, 0x61, 0xba, 0xa1, 0x04, 0x29, 0x4d, 0xb6, 0x05, 0x72,
	  0xe2, 0xff, 0xb1, 0xdc, 0x7f}},
	{"IDE",
	 {0x32, 0x26, 0x41, 0x32, 0xcb, 0x86, 0xa2, 0x44, 0x9b, 0x5c, 0x50,
	  0xd1, 0x41, 0x73, 0x54, 0xf5}},
	{"heartbeat",
	 {0x39, 0x4f, 0x16, 0x57, 0x15, 0x91, 0x78, 0x4e, 0xab, 0x55, 0x38,
	  0x2f, 0x3b, 0xd5, 0x42, 0x2d}},
	{"key-value-exchange",
	 {0xe7, 0xf4, 0xa0, 0xa9, 0x45, 0x5a, 0x96, 0x4d, 0xb8, 0x27, 0x8a,
	  0x84, 0x1e, 0x8c, 0x03, 0xe6}},
	{"shutdown",
	 {0x31, 0x60, 0x0b, 0x0e, 0x13, 0x52, 0x34, 0x49, 0x81, 0x8b, 0x38,
	  0xd9, 0x0c, 0xed, 0x39, 0xdb}},
	{"time-synchronisation",
	 {0x30, 0xe6, 0x27, 0x95, 0xae, 0xd0, 0x7b, 0x49, 0xad, 0xce, 0xe8,
	  0x0a, 0xb0, 0x17, 0x5c, 0xaf}},
	{"backup",
	 {0x29, 0x2e, 0xfa, 0x35, 0x23, 0xea, 0x36, 0x42, 0x96, 0xae, 0x3a,
	  0x6e, 0xba, 0xcb, 0xa4, 0x40}},
	{"keyboard",
	 {0x6d, 0xad, 0x12, 0xf9, 0x17, 0x2b, 0xea, 0x48, 0xbd, 0x65, 0xf9,
	  0x27, 0xa6, 0x1c, 0x76, 0x84}},
	{"mouse",
	 {0x9e, 0xb6, 0xa8, 0xcf, 0x4a, 0x5b, 0xc0, 0x4c, 0xb9, 0x8b, 0x8b,
	  0xa1, 0xa1, 0xf3, 0xf9, 0x5a}},
	{"video",
	 {0x02, 0x78, 0x0a, 0xda, 0x77, 0xe3, 0xac, 0x4a, 0x8e, 0x77, 0x05,
	  0x58, 0xeb, 0x10, 0x73, 0xf8}},
	{"PCI",
	 {0x1d, 0xf6, 0xc4, 0x44, 0x44, 0x44, 0x00, 0x44, 0x9d, 0x52, 0x80,
	  0x2e, 0x27, 0xed, 0xe1, 0x9f}},
};

const char *layout_interface_name(const uint8_t *bytes)
{
	size_t n;

	for (n = 0; n < COUNT(interfaces); n++)
		if (!memcmp(interfaces[n].bytes, bytes, 16))
			return interfaces[n].name;
	return NULL;
}

const uint8_t *layout_interface(const char *name, size_t length)
{
	size_t n;

	for (n = 0; n < COUNT(interfaces); n++)
		if (strlen(interfaces[n].name) == length &&
		    !memcmp(interfaces[n].name, name, length))
			return interfaces[n].bytes;
	return NULL;
}

static const struct layout_name offer_flags[] = {
	{"ENUMERATE_DEVICE_INTERFACE", 0x1},
	{"SERVER_SUPPORTS_TRANSFER_PAGES", 0x2},
	{"SERVER_SUPPORTS_GPADLS", 0x4},
	{"NAMED_PIPE_MODE", 0x10},
	{"LOOPBACK_OFFER", 0x100},
	{"PARENT_OFFER", 0x200},
	{"REQUEST_MONITORED_NOTIFICATION", 0x400},
	{"TLNPI_PROVIDER_OFFER", 0x2000},
	{NULL, 0},
};

static const struct layout_member header_members[] = {PADDING};
static const struct layout_member relid_members[] = {
	PADDING,
	DEC("child_relid", 8, 4),
};
static const struct layout_member offer_members[] = {
	PADDING,
	{"interface_type", 8, 16, LAYOUT_INTERFACE, NULL, 0, 0},
	RAW("interface_instance", 24, 16),
	RES("reserved1", 40, 16),
	FLAGS("channel_flags", 56, 2, offer_flags),
	DEC("mmio_megabytes", 58, 2),
	RAW("user_defined", 60, 120),
	DEC("sub_channel_index", 180, 2),
	DEC("mmio_megabytes_optional", 182, 2),
	DEC("child_relid", 184, 4),
	DEC("monitor_id", 188, 1),
	HEX("monitor_allocated", 189, 1),
	HEX("is_dedicated_interrupt", 190, 2),
	HEX("connection_id", 192, 4),
};
static const struct layout_member open_members[] = {
	PADDING,
	DEC("child_relid", 8, 4),
	DEC("open_id", 12, 4),
	HEX("ring_buffer_gpadl", 16, 4),
	DEC("target_vp", 20, 4),
	DEC("downstream_offset", 24, 4),
	RAW("user_data", 28, 120),
};
static const struct layout_member open_result_members[] = {
	PADDING,
	DEC("child_relid", 8, 4),
	DEC("open_id", 12, 4),
	HEX("status", 16, 4),
};
static const struct layout_member gpadl_header_members[] = {
	PADDING,
	DEC("child_relid", 8, 4),
	HEX("gpadl", 12, 4),
	DEC("range_buffer_length", 16, 2),
	DEC("range_count", 18, 2),
	DEC("byte_count", 20, 4),
	DEC("byte_offset", 24, 4),
};
static const struct layout_member gpadl_body_members[] = {
	PADDING,
	DEC("message_number", 8, 4),
	HEX("gpadl", 12, 4),
};
static const struct layout_member gpadl_created_members[] = {
	PADDING,
	DEC("child_relid", 8, 4),
	HEX("gpadl", 12, 4),
	HEX("status", 16, 4),
};
static const struct layout_member gpadl_teardown_members[] = {
	PADDING,
	DEC("child_relid", 8, 4),
	HEX("gpadl", 12, 4),
};
static const struct layout_member gpadl_torndown_members[] = {
	PADDING,
	HEX("gpadl", 8, 4),
};
static const struct layout_member contact_members[] = {
	PADDING,
	HEX("version", 8, 4),
	DEC("target_vp", 12, 4),
	HEX("interrupt_page_or_target", 16, 8),
	HEX("parent_to_child_monitor", 24, 8),
	HEX("child_to_parent_monitor", 32, 8),
};
static const struct layout_member version_members[] = {
	PADDING,
	DEC("version_supported", 8, 1),
	DEC("connection_state", 9, 1),
	RES("reserved1", 10, 2),
	HEX("version_or_connection_id", 12, 4),
};
static const struct layout_member modify_members[] = {
	PADDING,
	DEC("child_relid", 8, 4),
	DEC("target_vp", 12, 4),
};
static const struct layout_member modify_response_members[] = {
	PADDING,
	DEC("child_relid", 8, 4),
	HEX("status", 12, 4),
};

#define BYTES LAYOUT_TAIL_BYTES, "data"
#define PAGES LAYOUT_TAIL_WORDS64, "pages"

static const struct layout vmbus_layouts[] = {
	{"OFFERCHANNEL", 1, 196, MEMBERS(offer_members), BYTES},
	{"RESCIND_CHANNELOFFER", 2, 12, MEMBERS(relid_members), BYTES},
	{"REQUESTOFFERS", 3, 8, MEMBERS(header_members), BYTES},
	{"ALLOFFERS_DELIVERED", 4, 8, MEMBERS(header_members), BYTES},
	{"OPENCHANNEL", 5, 148, MEMBERS(open_members), BYTES},
	{"OPENCHANNEL_RESULT", 6, 20, MEMBERS(open_result_members), BYTES},
	{"CLOSECHANNEL", 7, 12, MEMBERS(relid_members), BYTES},
	{"GPADL_HEADER", 8, 28, MEMBERS(gpadl_header_members), PAGES},
	{"GPADL_BODY", 9, 16, MEMBERS(gpadl_body_members), PAGES},
	{"GPADL_CREATED", 10, 20, MEMBERS(gpadl_created_members), BYTES},
	{"GPADL_TEARDOWN", 11, 16, MEMBERS(gpadl_teardown_members), BYTES},
	{"GPADL_TORNDOWN", 12, 12, MEMBERS(gpadl_torndown_members), BYTES},
	{"RELID_RELEASED", 13, 12, MEMBERS(relid_members), BYTES},
	{"INITIATE_CONTACT", 14, 40, MEMBERS(contact_members), BYTES},
	{"VERSION_RESPONSE", 15, 16, MEMBERS(version_members), BYTES},
	{"UNLOAD", 16, 8, MEMBERS(header_members), BYTES},
	{"UNLOAD_RESPONSE", 17, 8, MEMBERS(header_members), BYTES},
	{"MODIFYCHANNEL", 22, 16, MEMBERS(modify_members), BYTES},
	{"MODIFYCHANNEL_RESPONSE", 24, 16, MEMBERS(modify_response_members),
	 BYTES},
};
const struct layout_family layout_vmbus = {4, vmbus_layouts,
					   COUNT(vmbus_layouts)};

/* ---- Ring packets and NVSP ---- */

const struct layout_name layout_packet_types[] = {
	{"INBAND", 6},	{"TRANSFER_PAGES", 7}, {"GPA_DIRECT", 9},
	{"CANCEL", 10}, {"COMPLETION", 11},    {NULL, 0},
};

const struct layout_name layout_packet_flags[] = {
	{"COMPLETION_REQUESTED", 1},
	{NULL, 0},
};

static const struct layout_member range_members[] = {
	DEC("byte_count", 0, 4),
	DEC("byte_offset", 4, 4),
};
const struct layout layout_range = {"", 0, 8, MEMBERS(range_members), BYTES};

static const struct layout_name nvsp_status_names[] = {
	{"NONE", 0},	{"SUCCESS", 1},	    {"FAILURE", 2},
	{"TOO_NEW", 3}, {"TOO_OLD", 4},	    {"INVALID_RNDIS", 5},
	{"BUSY", 6},	{"UNSUPPORTED", 7}, {NULL, 0},
};
#define NVSP_STATUS(offset) NAMED("status", offset, 4, nvsp_status_names)

static const struct layout_member nvsp_init_members[] = {
	HEX("min_protocol_version", 4, 4),
	HEX("max_protocol_version", 8, 4),
};
static const struct layout_member nvsp_init_complete_members[] = {
	HEX("negotiated_version", 4, 4),
	DEC("maximum_mdl_chain_length", 8, 4),
	NVSP_STATUS(12),
};
static const struct layout_member nvsp_ndis_members[] = {
	DEC("ndis_major", 4, 4),
	DEC("ndis_minor", 8, 4),
};
static const struct layout_member nvsp_buffer_members[] = {
	HEX("gpadl", 4, 4),
	HEX("id", 8, 2),
};
static const struct layout_member nvsp_receive_complete_members[] = {
	NVSP_STATUS(4),
	DEC("num_sections", 8, 4),
};
static const struct layout_member nvsp_section_members[] = {
	DEC("offset", 0, 4),
	DEC("sub_allocation_size", 4, 4),
	DEC("num_sub_allocations", 8, 4),
	DEC("end_offset", 12, 4),
};
const struct layout layout_nvsp_section = {"", 0, 16,
					   MEMBERS(nvsp_section_members),
					   BYTES};
static const struct layout_member nvsp_send_complete_members[] = {
	NVSP_STATUS(4),
	DEC("section_size", 8, 4),
};
static const struct layout_member nvsp_revoke_members[] = {HEX("id", 4, 2)};
static const struct layout_name nvsp_channel_names[] = {
	{"DATA", 0},
	{"CONTROL", 1},
	{NULL, 0},
};
static const struct layout_member nvsp_rndis_members[] = {
	NAMED("channel_type", 4, 4, nvsp_channel_names),
	HEX("send_buffer_section_index", 8, 4),
	DEC("send_buffer_section_size", 12, 4),
};
static const struct layout_member nvsp_rndis_complete_members[] = {
	NVSP_STATUS(4),
};
static const struct layout_name nvsp_capabilities[] = {
	{"VMQ", 0x1},
	{"CHIMNEY", 0x2},
	{"SRIOV", 0x4},
	{"IEEE8021Q", 0x8},
	{"CORRELATION_ID", 0x10},
	{"TEAMING", 0x20},
	{"VSUBNETID", 0x40},
	{"RSC", 0x80},
	{NULL, 0},
};
static const struct layout_member nvsp_configuration_members[] = {
	DEC("mtu", 4, 4),
	RES("reserved", 8, 4),
	FLAGS("capabilities", 12, 8, nvsp_capabilities),
};
static const struct layout_member nvsp_association_members[] = {
	DEC("allocated", 4, 4),
	DEC("serial_number", 8, 4),
};
static const struct layout_member nvsp_switch_members[] = {
	DEC("active_data_path", 4, 4),
};
static const struct layout_member nvsp_subchannel_members[] = {
	DEC("operation", 4, 4),
	DEC("num_sub_channels", 8, 4),
};
static const struct layout_member nvsp_table_members[] = {
	DEC("count", 4, 4),
	DEC("table_offset", 8, 4),
};

static const struct layout nvsp_layouts[] = {
	{"INIT", 1, 12, MEMBERS(nvsp_init_members), BYTES},
	{"INIT_COMPLETE", 2, 16, MEMBERS(nvsp_init_complete_members), BYTES},
	{"SEND_NDIS_VER", 100, 12, MEMBERS(nvsp_ndis_members), BYTES},
	{"SEND_RECV_BUF", 101, 10, MEMBERS(nvsp_buffer_members), BYTES},
	{"SEND_RECV_BUF_COMPLETE", 102, 12,
	 MEMBERS(nvsp_receive_complete_members), LAYOUT_TAIL_SECTIONS, "data"},
	{"REVOKE_RECV_BUF", 103, 6, MEMBERS(nvsp_revoke_members), BYTES},
	{"SEND_SEND_BUF", 104, 10, MEMBERS(nvsp_buffer_members), BYTES},
	{"SEND_SEND_BUF_COMPLETE", 105, 12, MEMBERS(nvsp_send_complete_members),
	 BYTES},
	{"REVOKE_SEND_BUF", 106, 6, MEMBERS(nvsp_revoke_members), BYTES},
	{"SEND_RNDIS_PKT", 107, 16, MEMBERS(nvsp_rndis_members), BYTES},
	{"SEND_RNDIS_PKT_COMPLETE", 108, 8,
	 MEMBERS(nvsp_rndis_complete_members), BYTES},
	{"SEND_NDIS_CONFIG", 125, 20, MEMBERS(nvsp_configuration_members),
	 BYTES},
	{"SEND_VF_ASSOCIATION", 128, 12, MEMBERS(nvsp_association_members),
	 BYTES},
	{"SWITCH_DATA_PATH", 129, 8, MEMBERS(nvsp_switch_members), BYTES},
	{"SUBCHANNEL", 133, 12, MEMBERS(nvsp_subchannel_members), BYTES},
	{"SEND_INDIRECTION_TABLE", 134, 12, MEMBERS(nvsp_table_members),
	 LAYOUT_TAIL_WORDS32, "table"},
};
const struct layout_family layout_nvsp = {4, nvsp_layouts, COUNT(nvsp_layouts)};

/* ---- RNDIS ---- */

const struct layout_name layout_oids[] = {
	{"OID_GEN_SUPPORTED_LIST", 0x00010101},
	{"OID_GEN_HARDWARE_STATUS", 0x00010102},
	{"OID_GEN_MEDIA_SUPPORTED", 0x00010103},
	{"OID_GEN_MEDIA_IN_USE", 0x00010104},
	{"OID_GEN_MAXIMUM_LOOKAHEAD", 0x00010105},
	{"OID_GEN_MAXIMUM_FRAME_SIZE", 0x00010106},
	{"OID_GEN_LINK_SPEED", 0x00010107},
	{"OID_GEN_TRANSMIT_BUFFER_SPACE", 0x00010108},
	{"OID_GEN_RECEIVE_BUFFER_SPACE", 0x00010109},
	{"OID_GEN_TRANSMIT_BLOCK_SIZE", 0x0001010a},
	{"OID_GEN_RECEIVE_BLOCK_SIZE", 0x0001010b},
	{"OID_GEN_VENDOR_ID", 0x0001010c},
	{"OID_GEN_VENDOR_DESCRIPTION", 0x0001010d},
	{"OID_GEN_CURRENT_PACKET_FILTER", 0x0001010e},
	{"OID_GEN_CURRENT_LOOKAHEAD", 0x0001010f},
	{"OID_GEN_DRIVER_VERSION", 0x00010110},
	{"OID_GEN_MAXIMUM_TOTAL_SIZE", 0x00010111},
	{"OID_GEN_PROTOCOL_OPTIONS", 0x00010112},
	{"OID_GEN_MAC_OPTIONS", 0x00010113},
	{"OID_GEN_MEDIA_CONNECT_STATUS", 0x00010114},
	{"OID_GEN_MAXIMUM_SEND_PACKETS", 0x00010115},
	{"OID_GEN_VENDOR_DRIVER_VERSION", 0x00010116},
	{"OID_GEN_NETWORK_LAYER_ADDRESSES", 0x00010118},
	{"OID_GEN_PHYSICAL_MEDIUM", 0x00010202},
	{"OID_GEN_RECEIVE_SCALE_CAPABILITIES", 0x00010203},
	{"OID_GEN_RECEIVE_SCALE_PARAMETERS", 0x00010204},
	{"OID_GEN_MAX_LINK_SPEED", 0x00010206},
	{"OID_GEN_LINK_STATE", 0x00010207},
	{"OID_GEN_LINK_PARAMETERS", 0x00010208},
	{"OID_GEN_RNDIS_CONFIG_PARAMETER", 0x0001021b},
	{"OID_GEN_XMIT_OK", 0x00020101},
	{"OID_GEN_RCV_OK", 0x00020102},
	{"OID_GEN_XMIT_ERROR", 0x00020103},
	{"OID_GEN_RCV_ERROR", 0x00020104},
	{"OID_GEN_RCV_NO_BUFFER", 0x00020105},
	{"OID_GEN_FRIENDLY_NAME", 0x00020216},
	{"OID_GEN_BYTES_RCV", 0x00020219},
	{"OID_GEN_BYTES_XMIT", 0x0002021f},
	{"OID_802_3_PERMANENT_ADDRESS", 0x01010101},
	{"OID_802_3_CURRENT_ADDRESS", 0x01010102},
	{"OID_802_3_MULTICAST_LIST", 0x01010103},
	{"OID_802_3_MAXIMUM_LIST_SIZE", 0x01010104},
	{"OID_GEN_ENCAPSULATION", 0x0101010a},
	{"OID_802_3_RCV_ERROR_ALIGNMENT", 0x01020101},
	{"OID_802_3_XMIT_ONE_COLLISION", 0x01020102},
	{"OID_802_3_XMIT_MORE_COLLISIONS", 0x01020103},
	{"OID_TCP_OFFLOAD_CURRENT_CONFIG", 0xfc01020b},
	{"OID_TCP_OFFLOAD_PARAMETERS", 0xfc01020c},
	{"OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES", 0xfc01020d},
	{NULL, 0},
};

static const struct layout_name rndis_status_names[] = {
	{"RNDIS_STATUS_SUCCESS", 0x00000000},
	{"RNDIS_STATUS_FAILURE", 0xc0000001},
	{"RNDIS_STATUS_NOT_SUPPORTED", 0xc00000bb},
	{"RNDIS_STATUS_BAD_VERSION", 0xc0010004},
	{"RNDIS_STATUS_INVALID_DATA", 0xc0010015},
	{"RNDIS_STATUS_BUFFER_TOO_SHORT", 0xc0010016},
	{"RNDIS_STATUS_MEDIA_CONNECT", 0x4001000b},
	{"RNDIS_STATUS_MEDIA_DISCONNECT", 0x4001000c},
	{"RNDIS_STATUS_LINK_SPEED_CHANGE", 0x40010013},
	{"RNDIS_STATUS_NETWORK_CHANGE", 0x40010018},
	{"RNDIS_STATUS_OFFLOAD_CURRENT_CONFIG", 0x40020006},
	{NULL, 0},
};

#define LENGTH                                                                 \
	{                                                                      \
		"message_length", 4, 4, LAYOUT_LENGTH, NULL, 0, 0              \
	}
#define REQUEST	       DEC("request_id", 8, 4)
#define STATUS(offset) NAMED("status", offset, 4, rndis_status_names)

static const struct layout_member packet_members[] = {
	LENGTH,
	DEC("data_offset", 8, 4),
	DEC("data_length", 12, 4),
	DEC("out_of_band_data_offset", 16, 4),
	DEC("out_of_band_data_length", 20, 4),
	DEC("num_out_of_band_data_elements", 24, 4),
	DEC("per_packet_info_offset", 28, 4),
	DEC("per_packet_info_length", 32, 4),
	RES("vc_handle", 36, 4),
	RES("reserved", 40, 4),
};
static const struct layout_member initialize_members[] = {
	LENGTH,
	REQUEST,
	DEC("major_version", 12, 4),
	DEC("minor_version", 16, 4),
	DEC("max_transfer_size", 20, 4),
};
static const struct layout_name device_flags[] = {
	{"CONNECTIONLESS", 0x1},
	{"CONNECTION_ORIENTED", 0x2},
	{NULL, 0},
};
static const struct layout_member initialize_cmplt_members[] = {
	LENGTH,
	REQUEST,
	STATUS(12),
	DEC("major_version", 16, 4),
	DEC("minor_version", 20, 4),
	FLAGS("device_flags", 24, 4, device_flags),
	DEC("medium", 28, 4),
	DEC("max_packets_per_transfer", 32, 4),
	DEC("max_transfer_size", 36, 4),
	DEC("packet_alignment_factor", 40, 4),
	RES("af_list_offset", 44, 4),
	RES("af_list_size", 48, 4),
};
static const struct layout_member request_members[] = {LENGTH, REQUEST};
static const struct layout_member oid_members[] = {
	LENGTH,
	REQUEST,
	NAMED("oid", 12, 4, layout_oids),
	DEC("information_buffer_length", 16, 4),
	DEC("information_buffer_offset", 20, 4),
	RES("device_vc_handle", 24, 4),
};
static const struct layout_member query_cmplt_members[] = {
	LENGTH,
	REQUEST,
	STATUS(12),
	DEC("information_buffer_length", 16, 4),
	DEC("information_buffer_offset", 20, 4),
};
static const struct layout_member cmplt_members[] = {
	LENGTH,
	REQUEST,
	STATUS(12),
};
static const struct layout_member reset_members[] = {
	LENGTH,
	RES("reserved", 8, 4),
};
static const struct layout_member reset_cmplt_members[] = {
	LENGTH,
	STATUS(8),
	DEC("addressing_reset", 12, 4),
};
static const struct layout_member indicate_members[] = {
	LENGTH,
	STATUS(8),
	DEC("status_buffer_length", 12, 4),
	DEC("status_buffer_offset", 16, 4),
};

#define INFORMATION LAYOUT_TAIL_INFORMATION, "data"

static const struct layout rndis_layouts[] = {
	{"PACKET_MSG", 1, 44, MEMBERS(packet_members), LAYOUT_TAIL_PACKET,
	 "data"},
	{"INITIALIZE_MSG", 2, 24, MEMBERS(initialize_members), BYTES},
	{"HALT_MSG", 3, 12, MEMBERS(request_members), BYTES},
	{"QUERY_MSG", 4, LAYOUT_OID_BYTES, MEMBERS(oid_members), INFORMATION},
	{"SET_MSG", 5, LAYOUT_OID_BYTES, MEMBERS(oid_members), INFORMATION},
	{"RESET_MSG", 6, 12, MEMBERS(reset_members), BYTES},
	{"INDICATE_STATUS_MSG", 7, 20, MEMBERS(indicate_members),
	 LAYOUT_TAIL_STATUS, "data"},
	{"KEEPALIVE_MSG", 8, 12, MEMBERS(request_members), BYTES},
	{"INITIALIZE_CMPLT", 0x80000002, 52, MEMBERS(initialize_cmplt_members),
	 BYTES},
	{"QUERY_CMPLT", 0x80000004, 24, MEMBERS(query_cmplt_members),
	 INFORMATION},
	{"SET_CMPLT", 0x80000005, 16, MEMBERS(cmplt_members), BYTES},
	{"RESET_CMPLT", 0x80000006, 16, MEMBERS(reset_cmplt_members), BYTES},
	{"KEEPALIVE_CMPLT", 0x80000008, 16, MEMBERS(cmplt_members), BYTES},
};
const struct layout_family layout_rndis = {4, rndis_layouts,
					   COUNT(rndis_layouts)};
