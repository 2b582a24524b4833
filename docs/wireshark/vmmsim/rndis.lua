-- SPDX-License-Identifier: BSD-3-Clause
--
-- RNDIS (MS-RNDIS): messages, and what they say of each packet.
local common = ...
-- Wireshark runs each script of its folder: this one is for vmmsim.lua.
if not common then
	return
end
local vmmsim = common.vmmsim
local field = common.field
local layout = common.layout
local experts = common.experts
local malformed = common.malformed
local subtree = common.subtree
local add_members = common.add_members
local add_rest = common.add_rest
local hex = common.hex
local learn = common.learn
local recall = common.recall
local information = common.load("information")

-- ---- RNDIS: per-packet information ----

local ppi_names = {
	[0] = "TcpIpChecksum",
	[1] = "IpSec",
	[2] = "TcpLargeSend",
	[3] = "ClassificationHandle",
	[5] = "ScatterGatherList",
	[6] = "Ieee8021QInfo",
	[7] = "OriginalPacketInfo",
	[8] = "NblHashValue",
	[9] = "OriginalNetBufferList",
	[10] = "CachedNetBufferList",
	[11] = "ShortPacketPadding",
}
local ppi_shape = layout("rndis.ppi", "per-packet information", 12, {
	{ "size", 0, 4, "dec" },
	{ "type", 4, 4, "dec", ppi_names, 0x7fffffff },
	{ "internal", 4, 4, "dec", nil, 0x80000000 },
	{ "offset", 8, 4, "dec" },
})
local ppi_value = field("rndis.ppi.data", "bytes")

local function bit_of(name, n)
	return { name, 0, 4, "dec", nil, 2 ^ n }
end

local function ppi(name, members)
	return layout("rndis.ppi", name, 4, members)
end

local checksum_transmit = ppi("checksum_transmit", {
	bit_of("is_ipv4", 0), bit_of("is_ipv6", 1), bit_of("tcp_checksum", 2),
	bit_of("udp_checksum", 3), bit_of("ip_header_checksum", 4),
	{ "tcp_header_offset", 0, 4, "dec", nil, 0x03ff0000 },
})
local checksum_receive = ppi("checksum_receive", {
	bit_of("tcp_checksum_failed", 0), bit_of("udp_checksum_failed", 1),
	bit_of("ip_checksum_failed", 2), bit_of("tcp_checksum_succeeded", 3),
	bit_of("udp_checksum_succeeded", 4),
	bit_of("ip_checksum_succeeded", 5),
	bit_of("loopback", 6),
})
local ppi_shapes = {
	[2] = ppi("large_send", {
		{ "mss", 0, 4, "dec", nil, 0x000fffff },
		{ "tcp_header_offset", 0, 4, "dec", nil, 0x3ff00000 },
		bit_of("is_version_2", 30), bit_of("is_ipv6", 31),
	}),
	[6] = ppi("vlan", {
		{ "priority", 0, 4, "dec", nil, 0x0007 },
		{ "canonical_format", 0, 4, "dec", nil, 0x0008 },
		{ "vlan_id", 0, 4, "dec", nil, 0xfff0 },
	}),
	[8] = ppi("hash", { { "hash_value", 0, 4, "hex" } }),
}

local function add_ppi_value(event, tree, w, type)
	local shape = ppi_shapes[type]
	if type == 0 then
		shape = event.is_to_guest and checksum_receive or
			checksum_transmit
	end
	local item = tree:add(ppi_value, w:range(0, w.length))
	if shape and w.length < 4 then
		malformed(event, item, "ppi", "%s has %d bytes, not 4",
			ppi_names[type], w.length)
	elseif shape then
		add_members(event, item, w, shape)
	end
end

-- One of them, at the start of what is left. Returns its size, nil: the rest
-- cannot be read.
local function add_ppi(event, tree, w)
	if w.length < 12 then
		malformed(event, tree, "ppi",
			"%d bytes hold no per-packet information", w.length)
		return
	end
	local size, offset = w:number(0, 4), w:number(8, 4)
	local type = bit32.band(w:number(4, 4), 0x7fffffff)
	local internal = w:number(4, 4) > 0x7fffffff
	local item = subtree(tree, w:part(0, 12), "Per-packet information: " ..
		(not internal and ppi_names[type] or "type " .. type))
	add_members(event, item, w, ppi_shape)
	if size < 12 or size > w.length or size % 4 ~= 0 then
		malformed(event, item, "ppi", "its size is %d, and %d are left",
			size, w.length)
		return
	end
	if offset < 12 or offset > size then
		malformed(event, item, "ppi", "its value is at %d of %d",
			offset, size)
		return size
	end
	if not internal and not ppi_names[type] then
		malformed(event, item, "type",
			"no per-packet information has type %d", type)
	end
	if offset < size then
		add_ppi_value(event, item, w:part(offset, size - offset),
			internal and -1 or type)
	end
	return size
end

local function add_ppis(event, tree, w)
	while w.length > 0 do
		local size = add_ppi(event, tree, w)
		if not size then
			return
		end
		w = w:from(size)
	end
end

-- ---- RNDIS: messages ----

local rndis_names = {
	[1] = "PACKET_MSG",
	[2] = "INITIALIZE_MSG",
	[3] = "HALT_MSG",
	[4] = "QUERY_MSG",
	[5] = "SET_MSG",
	[6] = "RESET_MSG",
	[7] = "INDICATE_STATUS_MSG",
	[8] = "KEEPALIVE_MSG",
	[0x80000002] = "INITIALIZE_CMPLT",
	[0x80000004] = "QUERY_CMPLT",
	[0x80000005] = "SET_CMPLT",
	[0x80000006] = "RESET_CMPLT",
	[0x80000008] = "KEEPALIVE_CMPLT",
}

local function rndis(type, bytes, members)
	table.insert(members, 1, { "message_length", 4, 4, "dec" })
	return layout("rndis", rndis_names[type], bytes, members)
end

local request = { "request_id", 8, 4, "dec" }
local function status_at(offset)
	return { "status", offset, 4, "hex", information.status_names }
end
local function oid_members()
	return {
		request,
		{ "oid", 12, 4, "hex", information.oid_names },
		{ "information_buffer_length", 16, 4, "dec" },
		{ "information_buffer_offset", 20, 4, "dec" },
		{ "device_vc_handle", 24, 4, "reserved" },
	}
end

local rndis_shapes = {
	[1] = rndis(1, 44, {
		{ "data_offset", 8, 4, "dec" },
		{ "data_length", 12, 4, "dec" },
		{ "out_of_band_data_offset", 16, 4, "dec" },
		{ "out_of_band_data_length", 20, 4, "dec" },
		{ "num_out_of_band_data_elements", 24, 4, "dec" },
		{ "per_packet_info_offset", 28, 4, "dec" },
		{ "per_packet_info_length", 32, 4, "dec" },
		{ "vc_handle", 36, 4, "reserved" },
		{ "reserved", 40, 4, "reserved" },
	}),
	[2] = rndis(2, 24, {
		request,
		{ "major_version", 12, 4, "dec" },
		{ "minor_version", 16, 4, "dec" },
		{ "max_transfer_size", 20, 4, "dec" },
	}),
	[3] = rndis(3, 12, { request }),
	[4] = rndis(4, 28, oid_members()),
	[5] = rndis(5, 28, oid_members()),
	[6] = rndis(6, 12, { { "reserved", 8, 4, "reserved" } }),
	[7] = rndis(7, 20, {
		status_at(8),
		{ "status_buffer_length", 12, 4, "dec" },
		{ "status_buffer_offset", 16, 4, "dec" },
	}),
	[8] = rndis(8, 12, { request }),
	[0x80000002] = rndis(0x80000002, 52, {
		request,
		status_at(12),
		{ "major_version", 16, 4, "dec" },
		{ "minor_version", 20, 4, "dec" },
		{ "device_flags", 24, 4, "hex" },
		{ "medium", 28, 4, "dec" },
		{ "max_packets_per_transfer", 32, 4, "dec" },
		{ "max_transfer_size", 36, 4, "dec" },
		{ "packet_alignment_factor", 40, 4, "dec" },
		{ "af_list_offset", 44, 4, "reserved" },
		{ "af_list_size", 48, 4, "reserved" },
	}),
	[0x80000004] = rndis(0x80000004, 24, {
		request,
		status_at(12),
		{ "information_buffer_length", 16, 4, "dec" },
		{ "information_buffer_offset", 20, 4, "dec" },
	}),
	[0x80000005] = rndis(0x80000005, 16, { request, status_at(12) }),
	[0x80000006] = rndis(0x80000006, 16, {
		status_at(8),
		{ "addressing_reset", 12, 4, "dec" },
	}),
	[0x80000008] = rndis(0x80000008, 16, { request, status_at(12) }),
}

local rndis_channel = field("rndis.channel", "dec")
local rndis_section = field("rndis.section", "hex")
local rndis_at_offset = field("rndis.at_offset", "hex")
local rndis_type = field("rndis.type", "hex", rndis_names)
local rndis_data = field("rndis.data", "bytes")
local rndis_oob = field("rndis.out_of_band_data", "bytes")
local ethernet = Dissector.get("eth_withoutfcs")

-- Offsets in messages count from the ninth byte.
local BASE = 8

-- A part of a message by its offset and length, or nil. A part in front of
-- where the message's own fields end is as wrong as one behind its end.
local function message_part(event, tree, w, shape, what, offset, length)
	if length == 0 then
		return
	end
	offset = offset + BASE
	if offset < shape.bytes or not w:has(offset, length) then
		malformed(event, tree, "offset",
			"%s: %d bytes at %d are not in %d bytes", what, length,
			offset, w.length)
		return
	end
	return w:part(offset, length)
end

-- A frame is Ethernet's: what it says of it comes behind what we do. The card's
-- interface has each frame too. Connections are followed while packets are read
-- for the first time: there the frame is left out, or TCP would take the one
-- for a repetition of the other.
local function dissect_frame(event, tree, w)
	tree:add(rndis_data, w:range(0, w.length))
	if not vmmsim.prefs.frames or not event.pinfo.visited then
		return w.length .. " bytes"
	end
	local columns = event.pinfo.cols
	if not pcall(ethernet.call, ethernet, w:range(0, w.length):tvb(),
		event.pinfo, event.root) then
		malformed(event, tree, "length",
			"the frame of %d bytes is malformed", w.length)
	end
	columns.info:clear_fence()
	return tostring(columns.protocol) .. " " .. tostring(columns.info)
end

local function dissect_rndis_packet(event, tree, w, shape)
	local infos = message_part(event, tree, w, shape,
		"per-packet information", w:number(28, 4), w:number(32, 4))
	if infos then
		add_ppis(event, tree, infos)
	end
	local oob = message_part(event, tree, w, shape, "out of band data",
		w:number(16, 4), w:number(20, 4))
	if oob then
		tree:add(rndis_oob, oob:range(0, oob.length))
	end
	local data = message_part(event, tree, w, shape, "the frame",
		w:number(8, 4), w:number(12, 4))
	if data then
		return dissect_frame(event, tree, data)
	end
end

-- An answer has no OID: its question had it.
local function oid_of(event, w, type)
	local key = string.format("oid of %d %d", event.head:number(4, 4),
		w:number(8, 4))
	if type == 0x80000004 then
		return recall(event, key)
	end
	learn(event, key, w:number(12, 4))
	return w:number(12, 4)
end

local function dissect_rndis_oid(event, tree, w, shape, type)
	local oid = oid_of(event, w, type)
	local buffer = message_part(event, tree, w, shape,
		"the information buffer", w:number(20, 4), w:number(16, 4))
	if type == 0x80000004 and oid then
		tree:add(information.oid_field, oid):set_generated()
	end
	if buffer and oid then
		information.dissect(event, tree, buffer, oid)
	elseif buffer then
		tree:add(information.bytes_field, buffer:range(0, buffer.length))
	end
	return oid and (information.oid_names[oid] or hex(oid))
end

local function dissect_rndis_status(event, tree, w, shape)
	local status = w:number(8, 4)
	local buffer = message_part(event, tree, w, shape, "the status buffer",
		w:number(16, 4), w:number(12, 4))
	if buffer and status == 0x40020006 then
		information.dissect(event, tree, buffer, 0xfc01020b)
	elseif buffer then
		tree:add(information.bytes_field, buffer:range(0, buffer.length))
		if buffer.length == 8 then
			tree:add_le(information.status_field, buffer:range(0, 4))
		end
	end
	return information.status_names[status] or hex(status)
end

-- What is behind the fields of each message.
local rndis_bodies = {
	[1] = dissect_rndis_packet,
	[4] = dissect_rndis_oid,
	[5] = dissect_rndis_oid,
	[7] = dissect_rndis_status,
	[0x80000004] = dissect_rndis_oid,
}

-- What hosts of NVSP 5 and before tell of their offloads, whatever its length.
local function has_short_length(w, type, length)
	return type == 7 and length == 12 and w.length >= 20 and
		w:number(8, 4) == 0x40020006
end

-- One message, which ends where it says. Returns its length and what it is.
local function dissect_rndis_message(event, tree, w)
	if w.length < 8 then
		malformed(event, tree, "truncated", "%d bytes are no message",
			w.length)
		add_rest(tree, w, 0)
		return w.length
	end
	local type, length = w:number(0, 4), w:number(4, 4)
	local shape = rndis_shapes[type]
	local item = tree:add_le(rndis_type, w:range(0, 4))
	local name = rndis_names[type] or "type " .. hex(type)
	if has_short_length(w, type, length) then
		item:add_proto_expert_info(experts.quirk,
			"early hosts say that this message has 12 bytes")
		length = w.length
	elseif length < 8 or length > w.length then
		malformed(event, item, "length",
			"it says that it has %d bytes, and has %d", length,
			w.length)
		length = w.length
	end
	w = w:part(0, length)
	if not shape then
		malformed(event, item, "type", "no message has type 0x%x", type)
		add_rest(tree, w, 4)
		return length, name
	end
	if not add_members(event, tree, w, shape) then
		return length, name
	end
	local body = rndis_bodies[type]
	if not body then
		add_rest(tree, w, shape.bytes)
		return length, name
	end
	local text = body(event, tree, w, shape, type)
	return length, text and name .. ": " .. text or name
end

-- Several packets may follow each other; behind another message is padding.
local function dissect_rndis(event)
	local w, names, type = event.bytes, {}, nil
	event.tree:add_le(rndis_channel, event.head:range(4, 4))
	event.tree:add_le(event.is_to_guest and rndis_at_offset or
		rndis_section, event.head:range(16, 4))
	repeat
		local tree = subtree(event.tree, w, "RNDIS")
		local length, text = dissect_rndis_message(event, tree, w)
		names[#names + 1] = text or "?"
		tree:append_text(": " .. names[#names])
		tree:set_len(length)
		type = w.length >= 4 and w:number(0, 4)
		w = w:from(length)
	until type ~= 1 or w.length == 0 or
		w.length < 8 and w:is_zero(0, w.length)
	add_rest(event.tree, w, 0)
	event.protocol = "RNDIS"
	event.info = table.concat(names, " | ")
	return event.bytes.length
end

return dissect_rndis
