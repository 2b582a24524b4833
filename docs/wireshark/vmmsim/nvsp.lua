-- SPDX-License-Identifier: BSD-3-Clause
--
-- NVSP: what a network card's channel carries beside RNDIS, and around it.
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

-- ---- NVSP ----

local nvsp_names = {
	[1] = "INIT",
	[2] = "INIT_COMPLETE",
	[100] = "SEND_NDIS_VER",
	[101] = "SEND_RECV_BUF",
	[102] = "SEND_RECV_BUF_COMPLETE",
	[103] = "REVOKE_RECV_BUF",
	[104] = "SEND_SEND_BUF",
	[105] = "SEND_SEND_BUF_COMPLETE",
	[106] = "REVOKE_SEND_BUF",
	[107] = "SEND_RNDIS_PKT",
	[108] = "SEND_RNDIS_PKT_COMPLETE",
	[125] = "SEND_NDIS_CONFIG",
	[128] = "SEND_VF_ASSOCIATION",
	[129] = "SWITCH_DATA_PATH",
	[133] = "SUBCHANNEL",
	[134] = "SEND_INDIRECTION_TABLE",
}
local nvsp_status_names = {
	[0] = "NONE",
	[1] = "SUCCESS",
	[2] = "FAILURE",
	[3] = "TOO_NEW",
	[4] = "TOO_OLD",
	[5] = "INVALID_RNDIS",
	[6] = "BUSY",
	[7] = "UNSUPPORTED",
}
local nvsp_channels = { [0] = "DATA", [1] = "CONTROL" }
local NO_SECTION = 0xffffffff

local function nvsp(type, bytes, members)
	return layout("nvsp", nvsp_names[type], bytes, members)
end

local function nvsp_status(offset)
	return { "status", offset, 4, "dec", nvsp_status_names }
end

local nvsp_buffer = { { "gpadl", 4, 4, "hex" }, { "id", 8, 2, "hex" } }
local nvsp_revoke = { { "id", 4, 2, "hex" } }

local nvsp_shapes = {
	[1] = nvsp(1, 12, {
		{ "min_protocol_version", 4, 4, "hex" },
		{ "max_protocol_version", 8, 4, "hex" },
	}),
	[2] = nvsp(2, 16, {
		{ "negotiated_version", 4, 4, "hex" },
		{ "maximum_mdl_chain_length", 8, 4, "dec" },
		nvsp_status(12),
	}),
	[100] = nvsp(100, 12, {
		{ "ndis_major", 4, 4, "dec" },
		{ "ndis_minor", 8, 4, "dec" },
	}),
	[101] = nvsp(101, 10, nvsp_buffer),
	[102] = nvsp(102, 12, {
		nvsp_status(4),
		{ "num_sections", 8, 4, "dec" },
	}),
	[103] = nvsp(103, 6, nvsp_revoke),
	[104] = nvsp(104, 10, nvsp_buffer),
	[105] = nvsp(105, 12, {
		nvsp_status(4),
		{ "section_size", 8, 4, "dec" },
	}),
	[106] = nvsp(106, 6, nvsp_revoke),
	[107] = nvsp(107, 16, {
		{ "channel_type", 4, 4, "dec", nvsp_channels },
		{ "send_buffer_section_index", 8, 4, "hex" },
		{ "send_buffer_section_size", 12, 4, "dec" },
	}),
	[108] = nvsp(108, 8, { nvsp_status(4) }),
	[125] = nvsp(125, 20, {
		{ "mtu", 4, 4, "dec" },
		{ "reserved", 8, 4, "reserved" },
		{ "capabilities", 12, 8, "hex64" },
	}),
	[128] = nvsp(128, 12, {
		{ "allocated", 4, 4, "dec" },
		{ "serial_number", 8, 4, "dec" },
	}),
	[129] = nvsp(129, 8, { { "active_data_path", 4, 4, "dec" } }),
	[133] = nvsp(133, 12, {
		{ "operation", 4, 4, "dec" },
		{ "num_sub_channels", 8, 4, "dec" },
	}),
	[134] = nvsp(134, 12, {
		{ "count", 4, 4, "dec" },
		{ "table_offset", 8, 4, "dec" },
	}),
}
local nvsp_type = field("nvsp.type", "dec", nvsp_names)
local nvsp_entry = field("nvsp.table", "dec")
local nvsp_section = layout("nvsp.section", "a section", 16, {
	{ "offset", 0, 4, "dec" },
	{ "sub_allocation_size", 4, 4, "dec" },
	{ "num_sub_allocations", 8, 4, "dec" },
	{ "end_offset", 12, 4, "dec" },
})

-- The sections of the receive buffer. Returns where they end.
local function add_sections(event, tree, w)
	local count = w:number(8, 4)
	if count > (w.length - 12) / 16 then
		malformed(event, tree, "length",
			"%d sections are not in %d bytes", count, w.length)
		return w.length
	end
	for n = 0, count - 1 do
		local part = w:part(12 + 16 * n, 16)
		local item = subtree(tree, part, "Section " .. n)
		add_members(event, item, part, nvsp_section)
		if part:number(0, 4) + part:number(4, 4) * part:number(8, 4) >
			part:number(12, 4) then
			malformed(event, item, "length",
				"its sub-allocations go beyond its end")
		end
	end
	return 12 + 16 * count
end

-- The table that spreads flows over channels. Returns where it ends.
local function add_indirection(event, tree, w)
	local count, offset = w:number(4, 4), w:number(8, 4)
	if offset < 12 or offset + 4 * count > w.length then
		malformed(event, tree, "offset",
			"%d entries at %d are not in %d bytes", count, offset,
			w.length)
		return w.length
	end
	for n = 0, count - 1 do
		tree:add_le(nvsp_entry, w:range(offset + 4 * n, 4))
	end
	return offset + 4 * count
end

local function nvsp_text(w, type, name)
	if type == 107 then
		local section = w:number(8, 4)
		return string.format("%s %s%s", name,
			nvsp_channels[w:number(4, 4)] or "?",
			section ~= NO_SECTION and ", section " .. section or "")
	elseif type == 2 or type == 102 or type == 105 or type == 108 then
		local status = w:number(type == 2 and 12 or 4, 4)
		return name .. ", " .. (nvsp_status_names[status] or status)
	end
	return name
end

local function dissect_nvsp(event, tree, w)
	if w.length < 4 then
		malformed(event, tree, "truncated", "%d bytes hold no type",
			w.length)
		return add_rest(tree, w, 0)
	end
	local type = w:number(0, 4)
	local shape = nvsp_shapes[type]
	local item = tree:add_le(nvsp_type, w:range(0, 4))
	event.protocol = "NVSP"
	event.info = nvsp_names[type] or "type " .. type
	if not shape then
		malformed(event, item, "type", "no message has type %d", type)
		return add_rest(tree, w, 4)
	end
	if not add_members(event, tree, w, shape) then
		return
	end
	event.info = nvsp_text(w, type, shape.name)
	if type == 107 and not nvsp_channels[w:number(4, 4)] then
		malformed(event, tree, "type", "no channel type is %d",
			w:number(4, 4))
	end
	local finish = shape.bytes
	if type == 102 then
		finish = add_sections(event, tree, w)
	elseif type == 134 then
		finish = add_indirection(event, tree, w)
	end
	add_rest(tree, w, finish)
end

return dissect_nvsp
