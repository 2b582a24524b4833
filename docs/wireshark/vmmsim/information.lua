-- SPDX-License-Identifier: BSD-3-Clause
--
-- RNDIS: the buffers that its messages carry, by their OIDs.
local common = ...
-- Wireshark runs each script of its folder: this one is for vmmsim.lua.
if not common then
	return
end
local field = common.field
local layout = common.layout
local malformed = common.malformed
local add_members = common.add_members
local hex = common.hex

-- ---- RNDIS: what its messages carry ----

local oid_names = {
	[0x00010101] = "OID_GEN_SUPPORTED_LIST",
	[0x00010102] = "OID_GEN_HARDWARE_STATUS",
	[0x00010103] = "OID_GEN_MEDIA_SUPPORTED",
	[0x00010104] = "OID_GEN_MEDIA_IN_USE",
	[0x00010105] = "OID_GEN_MAXIMUM_LOOKAHEAD",
	[0x00010106] = "OID_GEN_MAXIMUM_FRAME_SIZE",
	[0x00010107] = "OID_GEN_LINK_SPEED",
	[0x00010108] = "OID_GEN_TRANSMIT_BUFFER_SPACE",
	[0x00010109] = "OID_GEN_RECEIVE_BUFFER_SPACE",
	[0x0001010a] = "OID_GEN_TRANSMIT_BLOCK_SIZE",
	[0x0001010b] = "OID_GEN_RECEIVE_BLOCK_SIZE",
	[0x0001010c] = "OID_GEN_VENDOR_ID",
	[0x0001010d] = "OID_GEN_VENDOR_DESCRIPTION",
	[0x0001010e] = "OID_GEN_CURRENT_PACKET_FILTER",
	[0x0001010f] = "OID_GEN_CURRENT_LOOKAHEAD",
	[0x00010110] = "OID_GEN_DRIVER_VERSION",
	[0x00010111] = "OID_GEN_MAXIMUM_TOTAL_SIZE",
	[0x00010112] = "OID_GEN_PROTOCOL_OPTIONS",
	[0x00010113] = "OID_GEN_MAC_OPTIONS",
	[0x00010114] = "OID_GEN_MEDIA_CONNECT_STATUS",
	[0x00010115] = "OID_GEN_MAXIMUM_SEND_PACKETS",
	[0x00010116] = "OID_GEN_VENDOR_DRIVER_VERSION",
	[0x00010118] = "OID_GEN_NETWORK_LAYER_ADDRESSES",
	[0x00010202] = "OID_GEN_PHYSICAL_MEDIUM",
	[0x00010203] = "OID_GEN_RECEIVE_SCALE_CAPABILITIES",
	[0x00010204] = "OID_GEN_RECEIVE_SCALE_PARAMETERS",
	[0x00010206] = "OID_GEN_MAX_LINK_SPEED",
	[0x00010207] = "OID_GEN_LINK_STATE",
	[0x00010208] = "OID_GEN_LINK_PARAMETERS",
	[0x0001021b] = "OID_GEN_RNDIS_CONFIG_PARAMETER",
	[0x00020101] = "OID_GEN_XMIT_OK",
	[0x00020102] = "OID_GEN_RCV_OK",
	[0x00020103] = "OID_GEN_XMIT_ERROR",
	[0x00020104] = "OID_GEN_RCV_ERROR",
	[0x00020105] = "OID_GEN_RCV_NO_BUFFER",
	[0x00020216] = "OID_GEN_FRIENDLY_NAME",
	[0x00020219] = "OID_GEN_BYTES_RCV",
	[0x0002021f] = "OID_GEN_BYTES_XMIT",
	[0x01010101] = "OID_802_3_PERMANENT_ADDRESS",
	[0x01010102] = "OID_802_3_CURRENT_ADDRESS",
	[0x01010103] = "OID_802_3_MULTICAST_LIST",
	[0x01010104] = "OID_802_3_MAXIMUM_LIST_SIZE",
	[0x0101010a] = "OID_GEN_ENCAPSULATION",
	[0x01020101] = "OID_802_3_RCV_ERROR_ALIGNMENT",
	[0x01020102] = "OID_802_3_XMIT_ONE_COLLISION",
	[0x01020103] = "OID_802_3_XMIT_MORE_COLLISIONS",
	[0xfc01020b] = "OID_TCP_OFFLOAD_CURRENT_CONFIG",
	[0xfc01020c] = "OID_TCP_OFFLOAD_PARAMETERS",
	[0xfc01020d] = "OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES",
}
local rndis_status_names = {
	[0x00000000] = "RNDIS_STATUS_SUCCESS",
	[0xc0000001] = "RNDIS_STATUS_FAILURE",
	[0xc00000bb] = "RNDIS_STATUS_NOT_SUPPORTED",
	[0xc0010004] = "RNDIS_STATUS_BAD_VERSION",
	[0xc0010015] = "RNDIS_STATUS_INVALID_DATA",
	[0xc0010016] = "RNDIS_STATUS_BUFFER_TOO_SHORT",
	[0x4001000b] = "RNDIS_STATUS_MEDIA_CONNECT",
	[0x4001000c] = "RNDIS_STATUS_MEDIA_DISCONNECT",
	[0x40010013] = "RNDIS_STATUS_LINK_SPEED_CHANGE",
	[0x40010018] = "RNDIS_STATUS_NETWORK_CHANGE",
	[0x40020006] = "RNDIS_STATUS_OFFLOAD_CURRENT_CONFIG",
}

local ndis_types = {
	[0x80] = "NDIS_OBJECT_TYPE_DEFAULT",
	[0x88] = "NDIS_OBJECT_TYPE_RSS_CAPABILITIES",
	[0x89] = "NDIS_OBJECT_TYPE_RSS_PARAMETERS",
	[0xa7] = "NDIS_OBJECT_TYPE_OFFLOAD",
	[0xa8] = "NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION",
}

-- NDIS structures begin with type, revision and their own size.
local function ndis(name, bytes, members)
	local header = {
		{ "type", 0, 1, "hex", ndis_types },
		{ "revision", 1, 1, "dec" },
		{ "size", 2, 2, "dec" },
	}
	for _, member in ipairs(members) do
		header[#header + 1] = member
	end
	return layout("rndis." .. name, name, bytes, header)
end

local link_state = ndis("link_state", 40, {
	{ "media_connect_state", 4, 4, "dec",
		{ [0] = "unknown", [1] = "connected", [2] = "disconnected" } },
	{ "media_duplex_state", 8, 4, "dec",
		{ [0] = "unknown", [1] = "half", [2] = "full" } },
	{ "padding_word", 12, 4, "reserved" },
	{ "transmit_link_speed", 16, 8, "dec64" },
	{ "receive_link_speed", 24, 8, "dec64" },
	{ "pause_functions", 32, 4, "dec" },
	{ "auto_negotiation_flags", 36, 4, "hex" },
})
local rss_capabilities = ndis("rss_capabilities", 18, {
	{ "capabilities_flags", 4, 4, "hex" },
	{ "number_of_interrupt_messages", 8, 4, "dec" },
	{ "number_of_receive_queues", 12, 4, "dec" },
	{ "number_of_indirection_table_entries", 16, 2, "dec" },
})
local rss_parameters = ndis("rss_parameters", 40, {
	{ "flags", 4, 2, "hex" },
	{ "base_cpu_number", 6, 2, "dec" },
	{ "hash_information", 8, 4, "hex" },
	{ "indirection_table_size", 12, 2, "dec" },
	{ "indirection_table_offset", 16, 4, "dec" },
	{ "hash_secret_key_size", 20, 2, "dec" },
	{ "hash_secret_key_offset", 24, 4, "dec" },
	{ "processor_masks_offset", 28, 4, "dec" },
	{ "number_of_processor_masks", 32, 4, "dec" },
	{ "processor_masks_entry_size", 36, 4, "dec" },
})
local offload = ndis("offload", 112, {
	{ "ipv4_transmit_encapsulation", 4, 4, "hex" },
	{ "ipv4_transmit_checksum", 8, 4, "hex" },
	{ "ipv4_receive_encapsulation", 12, 4, "hex" },
	{ "ipv4_receive_checksum", 16, 4, "hex" },
	{ "ipv6_transmit_encapsulation", 20, 4, "hex" },
	{ "ipv6_transmit_checksum", 24, 4, "hex" },
	{ "ipv6_receive_encapsulation", 28, 4, "hex" },
	{ "ipv6_receive_checksum", 32, 4, "hex" },
	{ "lso_v1", 36, 16, "bytes" },
	{ "ipsec_v1", 52, 28, "bytes" },
	{ "lso_v2_ipv4_encapsulation", 80, 4, "hex" },
	{ "lso_v2_ipv4_max_offload_size", 84, 4, "dec" },
	{ "lso_v2_ipv4_min_segment_count", 88, 4, "dec" },
	{ "lso_v2_ipv6_encapsulation", 92, 4, "hex" },
	{ "lso_v2_ipv6_max_offload_size", 96, 4, "dec" },
	{ "lso_v2_ipv6_min_segment_count", 100, 4, "dec" },
	{ "lso_v2_ipv6_extension_headers", 104, 4, "hex" },
	{ "flags", 108, 4, "hex" },
	-- Of revision 2.
	{ "ipsec_v2", 112, 32, "bytes" },
	-- Of revision 3.
	{ "rsc_ipv4", 144, 1, "dec" },
	{ "rsc_ipv6", 145, 1, "dec" },
	{ "encapsulated_packet_task", 148, 8, "bytes" },
})
local choices = {
	[0] = "no change", [1] = "off", [2] = "transmit", [3] = "receive",
	[4] = "both",
}
local offload_parameters = ndis("offload_parameters", 20, {
	{ "ipv4_checksum", 4, 1, "dec", choices },
	{ "tcp_ipv4_checksum", 5, 1, "dec", choices },
	{ "udp_ipv4_checksum", 6, 1, "dec", choices },
	{ "tcp_ipv6_checksum", 7, 1, "dec", choices },
	{ "udp_ipv6_checksum", 8, 1, "dec", choices },
	{ "lso_v1", 9, 1, "dec" },
	{ "ipsec_v1", 10, 1, "dec" },
	{ "lso_v2_ipv4", 11, 1, "dec" },
	{ "lso_v2_ipv6", 12, 1, "dec" },
	{ "tcp_connection_ipv4", 13, 1, "dec" },
	{ "tcp_connection_ipv6", 14, 1, "dec" },
	{ "reserved_byte", 15, 1, "reserved" },
	{ "flags", 16, 4, "hex" },
})
local config_parameter = layout("rndis.parameter", "a parameter", 20, {
	{ "name_offset", 0, 4, "dec" },
	{ "name_length", 4, 4, "dec" },
	{ "type", 8, 4, "dec", { [0] = "integer", [2] = "string" } },
	{ "value_offset", 12, 4, "dec" },
	{ "value_length", 16, 4, "dec" },
})

local information_bytes = field("rndis.information", "bytes")
local information_oid = field("rndis.information.oid", "hex", oid_names)
local information_text = field("rndis.information.text", "text")
local information_mac = field("rndis.address", "mac")
local information_number = field("rndis.number", "dec")
local information_number64 = field("rndis.information.number64", "dec64")
local information_status = field("rndis.information.status", "hex",
	rndis_status_names)
local ndis_key = field("rndis.rss_parameters.hash_secret_key", "bytes")
local ndis_entry = field("rndis.rss_parameters.indirection_table_entry", "dec")
local parameter_name = field("rndis.parameter.name", "text")
local parameter_text = field("rndis.parameter.text", "text")

-- Bytes of which a structure says where they are: nil if they are not there.
local function named_part(event, tree, w, what, offset, length)
	if length == 0 then
		return
	end
	if not w:has(offset, length) then
		malformed(event, tree, "offset",
			"%s: %d bytes at %d are not in %d bytes", what, length,
			offset, w.length)
		return
	end
	return w:part(offset, length)
end

-- Numbers, addresses, OIDs: as many as there are. Returns what is left over.
local function add_all(tree, w, what, bytes)
	local offset = 0
	while w:has(offset, bytes) do
		if what == information_mac then
			tree:add(what, w:range(offset, bytes))
		else
			tree:add_le(what, w:range(offset, bytes))
		end
		offset = offset + bytes
	end
	return offset
end

local function add_structure(shape)
	return function(event, tree, w)
		local size = w:has(2, 2) and w:number(2, 2) or 0
		if size > w.length then
			malformed(event, tree, "length",
				"%s says %d bytes, and has %d", shape.name,
				size, w.length)
		end
		add_members(event, tree, w, shape)
	end
end

local function add_rss_parameters(event, tree, w)
	if not add_members(event, tree, w, rss_parameters) then
		return
	end
	local table_part = named_part(event, tree, w, "the indirection table",
		w:number(16, 4), w:number(12, 2))
	if table_part then
		add_all(tree, table_part, ndis_entry, 4)
	end
	local key = named_part(event, tree, w, "the key", w:number(24, 4),
		w:number(20, 2))
	if key then
		tree:add(ndis_key, key:range(0, key.length))
	end
end

local function add_config_parameter(event, tree, w)
	if not add_members(event, tree, w, config_parameter) then
		return
	end
	local name = named_part(event, tree, w, "the name", w:number(0, 4),
		w:number(4, 4))
	if name then
		tree:add(parameter_name, name:range(0, name.length),
			name:range(0, name.length):le_ustring())
	end
	local value = named_part(event, tree, w, "the value", w:number(12, 4),
		w:number(16, 4))
	if value and w:number(8, 4) == 0 and value.length == 4 then
		tree:add_le(information_number, value:range(0, 4))
	elseif value then
		tree:add(parameter_text, value:range(0, value.length),
			value:range(0, value.length):le_ustring())
	end
end

local function add_list(what, bytes)
	return function(event, tree, w)
		local offset = add_all(tree, w, what, bytes)
		if offset < w.length then
			malformed(event, tree, "length",
				"%d bytes are no multiple of %d", w.length,
				bytes)
		end
	end
end

local function add_text(_, tree, w)
	tree:add(information_text, w:range(0, w.length))
end

-- Buffers that are no number.
local information = {
	[0x00010101] = add_list(information_oid, 4),
	[0x0001010d] = add_text,
	[0x00010203] = add_structure(rss_capabilities),
	[0x00010204] = add_rss_parameters,
	[0x00010207] = add_structure(link_state),
	[0x0001021b] = add_config_parameter,
	[0x00020216] = add_text,
	[0x01010101] = add_list(information_mac, 6),
	[0x01010102] = add_list(information_mac, 6),
	[0x01010103] = add_list(information_mac, 6),
	[0xfc01020b] = add_structure(offload),
	[0xfc01020c] = add_structure(offload_parameters),
	[0xfc01020d] = add_structure(offload),
}

local function dissect_information(event, tree, w, oid)
	local item = tree:add(information_bytes, w:range(0, w.length))
	item:append_text(" (" .. (oid_names[oid] or hex(oid)) .. ")")
	if information[oid] then
		information[oid](event, item, w)
	elseif w.length == 4 then
		item:add_le(information_number, w:range(0, 4))
	elseif w.length == 8 then
		item:add_le(information_number64, w:range(0, 8))
	elseif oid_names[oid] and w.length % 4 == 0 then
		add_all(item, w, information_number, 4)
	end
end

return {
	dissect = dissect_information,
	oid_names = oid_names,
	status_names = rndis_status_names,
	oid_field = information_oid,
	bytes_field = information_bytes,
	status_field = information_status,
}
