-- SPDX-License-Identifier: BSD-3-Clause
--
-- What all parts of the dissector build on: fields, expert notes, windows over
-- bytes, layouts of structures, and what is kept from packet to packet.
local common = ...
-- Wireshark runs each script of its folder: this one is for vmmsim.lua.
if not common then
	return
end
local vmmsim = common.vmmsim

-- ---- Fields ----

local kinds = {
	dec = { ProtoField.uint32, base.DEC },
	hex = { ProtoField.uint32, base.HEX },
	dec64 = { ProtoField.uint64, base.DEC },
	hex64 = { ProtoField.uint64, base.HEX },
	bytes = { ProtoField.bytes },
	text = { ProtoField.string },
	mac = { ProtoField.ether },
	guid = { ProtoField.guid },
}
-- Of a layout: is zero, and nothing is said of it as long as it is.
kinds.reserved = kinds.hex

local fields = {}
common.fields = fields

-- A field "vmmsim.NAME"; the same one for all that have the name. It is shown
-- with a label, or the last word of its name.
function common.field(name, kind, names, mask, label)
	local path = "vmmsim." .. name
	-- Two structures may have one name for different bits.
	local id = path .. " " .. (mask or 0)
	if fields[id] then
		return fields[id]
	end
	local make, how = kinds[kind][1], kinds[kind][2]
	label = label or name:match("[^.]*$")
	if how then
		fields[id] = make(path, label, how, names, mask)
	else
		fields[id] = make(path, label)
	end
	return fields[id]
end

-- Expert notes: each is a field too, "vmmsim.expert.NAME".
local experts = {}
common.experts = experts

local function note_kind(name, text, group, severity)
	experts[name] = ProtoExpert.new("vmmsim.expert." .. name, text, group,
		severity)
end

note_kind("truncated", "Shorter than its structure", expert.group.MALFORMED,
	expert.severity.ERROR)
note_kind("length", "A length or count that cannot be", expert.group.MALFORMED,
	expert.severity.ERROR)
note_kind("offset", "An offset that leads out of it", expert.group.MALFORMED,
	expert.severity.ERROR)
note_kind("ppi", "Per-packet information that leads nowhere",
	expert.group.MALFORMED, expert.severity.ERROR)
note_kind("type", "Of no known type", expert.group.MALFORMED,
	expert.severity.ERROR)
note_kind("flags", "Flags that cannot be", expert.group.MALFORMED,
	expert.severity.ERROR)
note_kind("reserved", "Reserved, and not zero", expert.group.PROTOCOL,
	expert.severity.NOTE)
note_kind("quirk", "Wrong, and known of some hosts", expert.group.PROTOCOL,
	expert.severity.NOTE)
note_kind("undissected", "Bytes that belong to nothing",
	expert.group.UNDECODED, expert.severity.WARN)
note_kind("rule", "The guest broke a rule", expert.group.PROTOCOL,
	expert.severity.ERROR)

local malformed_field = common.field("malformed", "text")
local undissected_field = common.field("undissected", "bytes")
local padding_field = common.field("padding", "bytes")

-- An event is malformed: said at the place, and as vmmsim.malformed of the
-- event as a whole, by which a display filter finds all of them.
function common.malformed(event, tree, name, format, ...)
	local text = string.format(format, ...)
	tree:add_proto_expert_info(experts[name], text)
	event.tree:add(malformed_field, name .. ": " .. text):set_generated()
	event.is_malformed = true
end

-- ---- Reading bytes ----

-- A part of a packet's bytes; offsets count from its start.
local Window = {}
Window.__index = Window

function common.window(tvb, start, length)
	return setmetatable({ tvb = tvb, start = start, length = length },
		Window)
end

function Window:has(offset, length)
	return offset + length <= self.length
end

function Window:range(offset, length)
	return self.tvb(self.start + offset, length)
end

function Window:part(offset, length)
	return common.window(self.tvb, self.start + offset, length)
end

function Window:from(offset)
	return self:part(offset, self.length - offset)
end

-- A number of up to 4 bytes.
function Window:number(offset, bytes)
	return self:range(offset, bytes):le_uint()
end

function Window:is_zero(offset, length)
	for n = offset, offset + length - 1 do
		if self:number(n, 1) ~= 0 then
			return false
		end
	end
	return true
end

-- A subtree for a window; nothing lies in an empty one.
function common.subtree(tree, w, text)
	if w.length == 0 then
		return tree:add(vmmsim, text)
	end
	return tree:add(vmmsim, w:range(0, w.length), text)
end

-- ---- Layouts ----

-- What a structure consists of: {NAME, OFFSET, BYTES, KIND, NAMES, MASK} each.
function common.layout(prefix, name, bytes, members)
	local made = { name = name, bytes = bytes }
	for n, member in ipairs(members) do
		made[n] = {
			field = common.field(prefix .. "." .. member[1], member[4],
				member[5], member[6], member[1]),
			name = member[1],
			offset = member[2],
			bytes = member[3],
			kind = member[4],
			mask = member[6],
		}
	end
	return made
end

local big_endian = { bytes = true, text = true, mac = true }

local function add_reserved(tree, w, member)
	local is_zero = w:is_zero(member.offset, member.bytes)
	if member.mask then
		is_zero = bit32.band(w:number(member.offset, member.bytes),
			member.mask) == 0
	end
	if not is_zero then
		tree:add_le(member.field, w:range(member.offset, member.bytes))
			:add_proto_expert_info(experts.reserved)
	end
end

-- Add all members that are there. Returns whether all are.
function common.add_members(event, tree, w, shape)
	if w.length < shape.bytes then
		common.malformed(event, tree, "truncated", "%s has %d bytes, not %d",
			shape.name, w.length, shape.bytes)
	end
	for _, member in ipairs(shape) do
		if w:has(member.offset, member.bytes) then
			local range = w:range(member.offset, member.bytes)
			if member.kind == "reserved" then
				add_reserved(tree, w, member)
			elseif big_endian[member.kind] then
				tree:add(member.field, range)
			else
				tree:add_le(member.field, range)
			end
		end
	end
	return w.length >= shape.bytes
end

-- What lies behind all that is known: zeros are padding.
function common.add_rest(tree, w, offset)
	local length = w.length - offset
	if length <= 0 then
		return
	end
	local range = w:range(offset, length)
	if w:is_zero(offset, length) then
		tree:add(padding_field, range)
	else
		tree:add(undissected_field, range)
			:add_proto_expert_info(experts.undissected)
	end
end

function common.hex(value)
	return string.format("0x%x", value)
end

-- A number of 64 bits, short.
function common.hex64(value)
	local text = value:tohex():gsub("^0+", "")
	return "0x" .. (text == "" and "0" or text)
end

-- ---- What was seen before ----

-- Wireshark reads packets in order once, then any: what an event needs to know
-- of those before it is kept the first time, by the number of its packet.
local learned, recalled = {}, {}

function vmmsim.init()
	learned, recalled = {}, {}
end

function common.learn(event, key, value)
	if not event.pinfo.visited then
		learned[key] = value
	end
end

-- What was last learned of a key, before this packet; nil: nothing was.
function common.recall(event, key)
	local number = event.pinfo.number
	recalled[number] = recalled[number] or {}
	if not event.pinfo.visited then
		recalled[number][key] = learned[key]
	end
	return recalled[number][key]
end
