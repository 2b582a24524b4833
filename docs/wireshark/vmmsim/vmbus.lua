-- SPDX-License-Identifier: BSD-3-Clause
--
-- VMBus: channel messages, signals, and packets of rings.
local common = ...
-- Wireshark runs each script of its folder: this one is for vmmsim.lua.
if not common then
	return
end
local field = common.field
local layout = common.layout
local malformed = common.malformed
local subtree = common.subtree
local add_members = common.add_members
local add_rest = common.add_rest
local hex = common.hex
local hex64 = common.hex64
local dissect_nvsp = common.load("nvsp")

-- ---- VMBus: channel messages ----

local vmbus_names = {
	[1] = "OFFERCHANNEL",
	[2] = "RESCIND_CHANNELOFFER",
	[3] = "REQUESTOFFERS",
	[4] = "ALLOFFERS_DELIVERED",
	[5] = "OPENCHANNEL",
	[6] = "OPENCHANNEL_RESULT",
	[7] = "CLOSECHANNEL",
	[8] = "GPADL_HEADER",
	[9] = "GPADL_BODY",
	[10] = "GPADL_CREATED",
	[11] = "GPADL_TEARDOWN",
	[12] = "GPADL_TORNDOWN",
	[13] = "RELID_RELEASED",
	[14] = "INITIATE_CONTACT",
	[15] = "VERSION_RESPONSE",
	[16] = "UNLOAD",
	[17] = "UNLOAD_RESPONSE",
	[22] = "MODIFYCHANNEL",
	[24] = "MODIFYCHANNEL_RESPONSE",
}

-- Each of them begins with a word that is zero, behind its type.
local function vmbus(type, bytes, members)
	table.insert(members, 1, { "padding_word", 4, 4, "reserved" })
	return layout("vmbus", vmbus_names[type], bytes, members)
end

local relid = { "child_relid", 8, 4, "dec" }
local function with_relid(...)
	return { relid, ... }
end

local vmbus_shapes = {
	[1] = vmbus(1, 196, {
		{ "interface_type", 8, 16, "guid" },
		{ "interface_instance", 24, 16, "guid" },
		{ "channel_flags", 56, 2, "hex" },
		{ "mmio_megabytes", 58, 2, "dec" },
		{ "user_defined", 60, 120, "bytes" },
		{ "sub_channel_index", 180, 2, "dec" },
		{ "mmio_megabytes_optional", 182, 2, "dec" },
		{ "child_relid", 184, 4, "dec" },
		{ "monitor_id", 188, 1, "dec" },
		{ "monitor_allocated", 189, 1, "hex" },
		{ "is_dedicated_interrupt", 190, 2, "hex" },
		{ "connection_id", 192, 4, "hex" },
	}),
	[2] = vmbus(2, 12, with_relid()),
	[3] = vmbus(3, 8, {}),
	[4] = vmbus(4, 8, {}),
	[5] = vmbus(5, 148, with_relid(
		{ "open_id", 12, 4, "dec" },
		{ "ring_buffer_gpadl", 16, 4, "hex" },
		{ "target_vp", 20, 4, "dec" },
		{ "downstream_offset", 24, 4, "dec" },
		{ "user_data", 28, 120, "bytes" })),
	[6] = vmbus(6, 20, with_relid(
		{ "open_id", 12, 4, "dec" },
		{ "status", 16, 4, "hex" })),
	[7] = vmbus(7, 12, with_relid()),
	[8] = vmbus(8, 28, with_relid(
		{ "gpadl", 12, 4, "hex" },
		{ "range_buffer_length", 16, 2, "dec" },
		{ "range_count", 18, 2, "dec" },
		{ "byte_count", 20, 4, "dec" },
		{ "byte_offset", 24, 4, "dec" })),
	[9] = vmbus(9, 16, {
		{ "message_number", 8, 4, "dec" },
		{ "gpadl", 12, 4, "hex" },
	}),
	[10] = vmbus(10, 20, with_relid(
		{ "gpadl", 12, 4, "hex" },
		{ "status", 16, 4, "hex" })),
	[11] = vmbus(11, 16, with_relid({ "gpadl", 12, 4, "hex" })),
	[12] = vmbus(12, 12, { { "gpadl", 8, 4, "hex" } }),
	[13] = vmbus(13, 12, with_relid()),
	[14] = vmbus(14, 40, {
		{ "version", 8, 4, "hex" },
		{ "target_vp", 12, 4, "dec" },
		{ "interrupt_page_or_target", 16, 8, "hex64" },
		{ "parent_to_child_monitor", 24, 8, "hex64" },
		{ "child_to_parent_monitor", 32, 8, "hex64" },
	}),
	[15] = vmbus(15, 16, {
		{ "version_supported", 8, 1, "dec" },
		{ "connection_state", 9, 1, "dec" },
		{ "reserved", 10, 2, "reserved" },
		{ "version_or_connection_id", 12, 4, "hex" },
	}),
	[16] = vmbus(16, 8, {}),
	[17] = vmbus(17, 8, {}),
	[22] = vmbus(22, 16, with_relid({ "target_vp", 12, 4, "dec" })),
	[24] = vmbus(24, 16, with_relid({ "status", 12, 4, "hex" })),
}

-- What a channel is for, by the first word of its interface type.
local interface_names = {
	[0xf8615163] = "network",
	[0xba6163d9] = "SCSI",
	[0x32412632] = "IDE",
	[0x57164f39] = "heartbeat",
	[0xa9a0f4e7] = "key-value exchange",
	[0x0e0b6031] = "shutdown",
	[0x9527e630] = "time synchronisation",
	[0x35fa2e29] = "backup",
	[0xf912ad6d] = "keyboard",
	[0xcfa8b69e] = "mouse",
	[0xda0a7802] = "video",
	[0x44c4f61d] = "PCI",
}

local message_types = {
	[1] = "channel message",
	[0x80000010] = "HvMessageTimerExpired",
}
local vmbus_type = field("vmbus.type", "dec", vmbus_names)
local vmbus_connection = field("vmbus.connection", "hex")
local vmbus_sint = field("vmbus.sint", "dec")
local vmbus_message_type = field("vmbus.message_type", "hex", message_types)
local vmbus_page = field("vmbus.page", "hex64")
local vmbus_flag = field("vmbus.flag", "dec")
-- TLFS 11.7.1: what a message carries at most.
local MESSAGE_MAX = 240
local PAGE = 4096

local function add_pages(event, tree, w, offset)
	while w:has(offset, 8) do
		tree:add_le(vmbus_page, w:range(offset, 8))
		offset = offset + 8
	end
	if offset < w.length then
		malformed(event, tree, "length",
			"%d bytes are left behind the page numbers",
			w.length - offset)
	end
	return w.length
end

-- Of how many pages a range of bytes has parts.
local function pages_of(bytes, offset)
	return math.floor((offset % PAGE + bytes + PAGE - 1) / PAGE)
end

local function check_gpadl(event, tree, w)
	local bytes, count = w:number(16, 2), w:number(18, 2)
	local pages = pages_of(w:number(20, 4), w:number(24, 4))
	if count ~= 1 then
		malformed(event, tree, "length", "%d ranges, not 1", count)
	elseif bytes ~= 8 + 8 * pages then
		malformed(event, tree, "length",
			"a range of %d pages in %d bytes, not %d", pages, bytes,
			8 + 8 * pages)
	elseif w.length > 20 + bytes then
		malformed(event, tree, "length",
			"%d bytes of a range of %d", w.length - 20, bytes)
	end
end

local function channel_text(w, type, name)
	local at = type == 1 and 184 or 8
	if type == 1 then
		local what = interface_names[w:number(8, 4)]
		name = name .. (what and ": " .. what or "")
	end
	for _, member in ipairs(vmbus_shapes[type]) do
		if member.name == "child_relid" then
			return name .. ", channel " .. w:number(at, 4)
		end
	end
	return name
end

local function dissect_vmbus(event, tree, w)
	if w.length < 4 then
		malformed(event, tree, "truncated", "%d bytes hold no type",
			w.length)
		return add_rest(tree, w, 0)
	end
	local type = w:number(0, 4)
	local shape = vmbus_shapes[type]
	local item = tree:add_le(vmbus_type, w:range(0, 4))
	event.info = vmbus_names[type] or "type " .. type
	if not shape then
		malformed(event, item, "type", "no message has type %d", type)
		return add_rest(tree, w, 4)
	end
	if not add_members(event, tree, w, shape) then
		return
	end
	event.info = channel_text(w, type, shape.name)
	if type == 8 then
		check_gpadl(event, tree, w)
	end
	add_rest(tree, w, (type == 8 or type == 9) and
		add_pages(event, tree, w, shape.bytes) or shape.bytes)
end

-- Whom a message or signal concerns: the guest names a connection, the host
-- one of its interrupt sources.
local function add_port(event)
	event.tree:add_le(event.is_to_guest and vmbus_sint or vmbus_connection,
		event.head:range(16, 4))
end

local function dissect_message(event)
	local type = event.head:number(24, 4)
	add_port(event)
	local item = event.tree:add_le(vmbus_message_type,
		event.head:range(24, 4))
	event.protocol = "VMBus"
	if event.bytes.length > MESSAGE_MAX then
		malformed(event, item, "length", "%d bytes, more than %d",
			event.bytes.length, MESSAGE_MAX)
	end
	if type == 1 then
		local tree = subtree(event.tree, event.bytes, "Channel message")
		dissect_vmbus(event, tree, event.bytes)
	elseif message_types[type] then
		event.info = message_types[type]
		add_rest(event.tree, event.bytes, 0)
	else
		event.info = "message type " .. hex(type)
		malformed(event, item, "type", "no message type is 0x%x", type)
		add_rest(event.tree, event.bytes, 0)
	end
	return event.bytes.length
end

local function dissect_event(event)
	local flag = event.head:number(24, 4)
	add_port(event)
	event.tree:add_le(vmbus_flag, event.head:range(24, 4))
	event.protocol = "VMBus"
	if event.is_to_guest then
		event.info = string.format("event: SINT %d, flag %d",
			event.head:number(16, 4), flag)
	else
		event.info = string.format("signal: connection 0x%x, flag %d",
			event.head:number(16, 4), flag)
	end
	return 0
end

-- ---- VMBus: ring packets ----

local packet_types = {
	[6] = "INBAND",
	[7] = "TRANSFER_PAGES",
	[9] = "GPA_DIRECT",
	[10] = "CANCEL",
	[11] = "COMPLETION",
}
local DESCRIPTOR = 16

local packet_channel = field("packet.channel", "dec")
local packet_type = field("packet.type", "dec", packet_types)
local packet_flags = field("packet.flags", "hex")
local packet_wants = field("packet.flags.completion_requested", "dec", nil, 1)
local packet_transaction = field("packet.transaction", "hex64")
local packet_data_offset = field("packet.data_offset", "dec")
local packet_page = field("packet.range.pfns", "hex64")
local transfer_header = layout("packet", "a header of transfer pages", 8, {
	{ "transfer_page_set_id", 0, 2, "hex" },
	{ "sender_owns_set", 2, 2, "dec" },
	{ "range_count", 4, 4, "dec" },
})
local gpa_header = layout("packet", "a header of GPA ranges", 8, {
	{ "gpa_reserved", 0, 4, "reserved" },
	{ "range_count", 4, 4, "dec" },
})
local packet_range = layout("packet.range", "a range", 8, {
	{ "byte_count", 0, 4, "dec" },
	{ "byte_offset", 4, 4, "dec" },
})

local function add_transfer_ranges(event, tree, w)
	if not add_members(event, tree, w, transfer_header) then
		return
	end
	local count = w:number(4, 4)
	if count > (w.length - 8) / 8 then
		malformed(event, tree, "length",
			"%d ranges are not in %d bytes", count, w.length)
		return add_rest(tree, w, 8)
	end
	for n = 0, count - 1 do
		local part = w:part(8 + 8 * n, 8)
		local item = subtree(tree, part, string.format(
			"Range %d: %d bytes at %d", n, part:number(0, 4),
			part:number(4, 4)))
		add_members(event, item, part, packet_range)
	end
	event.ranges = count
	add_rest(tree, w, 8 + 8 * count)
end

-- One range of guest memory. Returns where it ends, nil: it does not.
local function add_gpa_range(event, tree, w, n, offset)
	if not w:has(offset, 8) then
		malformed(event, tree, "length", "range %d is not there", n)
		return
	end
	local bytes, first = w:number(offset, 4), w:number(offset + 4, 4)
	local pages = pages_of(bytes, first)
	if first >= PAGE or not w:has(offset + 8, 8 * pages) then
		malformed(event, tree, first >= PAGE and "offset" or "length",
			"range %d: %d bytes at %d, with %d bytes of pages", n,
			bytes, first, w.length - offset - 8)
		return
	end
	local part = w:part(offset, 8 + 8 * pages)
	local item = subtree(tree, part, string.format(
		"Range %d: %d bytes at %d of %d pages", n, bytes, first, pages))
	add_members(event, item, part, packet_range)
	for page = 0, pages - 1 do
		item:add_le(packet_page, part:range(8 + 8 * page, 8))
	end
	return offset + part.length
end

local function add_gpa_ranges(event, tree, w)
	if not add_members(event, tree, w, gpa_header) then
		return
	end
	local offset = 8
	for n = 0, w:number(4, 4) - 1 do
		local finish = add_gpa_range(event, tree, w, n, offset)
		if not finish then
			return add_rest(tree, w, offset)
		end
		offset = finish
	end
	event.ranges = w:number(4, 4)
	add_rest(tree, w, offset)
end

local function add_packet_header(event, type, w)
	local tree = subtree(event.tree, w, "Header")
	if type == 7 then
		add_transfer_ranges(event, tree, w)
	elseif type == 9 then
		add_gpa_ranges(event, tree, w)
	else
		malformed(event, tree, "length",
			"a packet of this type has no header, and %d bytes of it",
			w.length)
		add_rest(tree, w, 0)
	end
end

local function add_packet_descriptor(event)
	local head = event.head
	local tree = event.tree
	tree:add_le(packet_channel, head:range(4, 4))
	local item = tree:add_le(packet_type, head:range(24, 2))
	tree:add_le(packet_flags, head:range(32, 2))
		:add_le(packet_wants, head:range(32, 2))
	tree:add_le(packet_transaction, head:range(16, 8))
	return item, tree:add_le(packet_data_offset, head:range(8, 4))
end

local function dissect_packet(event)
	local type, offset = event.head:number(24, 2), event.head:number(8, 4)
	local w = event.bytes
	local type_item, offset_item = add_packet_descriptor(event)
	local text = string.format("channel %d, %s", event.head:number(4, 4),
		packet_types[type] or "type " .. type)
	event.protocol = "VMBus"
	event.info = text
	if not packet_types[type] then
		malformed(event, type_item, "type", "no packet has type %d",
			type)
	end
	if offset < DESCRIPTOR or offset % 8 ~= 0 or
		offset - DESCRIPTOR > w.length then
		malformed(event, offset_item, "offset",
			"the payload begins at %d of %d", offset,
			w.length + DESCRIPTOR)
		add_rest(event.tree, w, 0)
		return w.length
	end
	offset = offset - DESCRIPTOR
	if offset > 0 or type == 7 or type == 9 then
		add_packet_header(event, type, w:part(0, offset))
	end
	if event.ranges then
		text = string.format("%s, %d range%s", text, event.ranges,
			event.ranges == 1 and "" or "s")
	end
	local payload = w:from(offset)
	if payload.length > 0 then
		event.info = ""
		dissect_nvsp(event, subtree(event.tree, payload, "NVSP"),
			payload)
		text = event.info .. " (" .. text .. ")"
	end
	event.info = text
	return w.length
end

return {
	message = dissect_message,
	event = dissect_event,
	packet = dissect_packet,
}
