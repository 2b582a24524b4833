-- SPDX-License-Identifier: BSD-3-Clause
--
-- Wireshark's dissector for the events of vmmsim's traces (docs/traces.md):
-- what passes between a guest and its hypervisor. Frames are on an interface
-- of their own, which Wireshark reads by itself.
--
--	wireshark -X lua_script:vmmsim.lua run.pcapng
--
-- The folder vmmsim beside this file holds the rest: common.lua, and a file for
-- each protocol. All numbers are little endian. Lua 5.2, Wireshark 4.0.

local vmmsim = Proto("vmmsim", "Guest and hypervisor")

vmmsim.prefs.frames = Pref.bool("Dissect the frames in RNDIS messages", true,
	"Off: only those of the card's own interface are taken apart. " ..
	"tshark shows them with its option -2 only")

local folder = debug.getinfo(1, "S").source:match("^@?(.*[/\\])") or ""
local common = { vmmsim = vmmsim }

-- Run a file of the folder; it is given what all share.
function common.load(name)
	return assert(loadfile(folder .. "vmmsim/" .. name .. ".lua"))(common)
end

common.load("common")
local registers = common.load("registers")
local vmbus = common.load("vmbus")
local dissect_rndis = common.load("rndis")
local dissect_descriptor = common.load("descriptors")
local field = common.field
local layout = common.layout
local experts = common.experts
local malformed = common.malformed
local window = common.window
local subtree = common.subtree
local add_members = common.add_members
local add_rest = common.add_rest
local hex64 = common.hex64

-- ---- What is said of it ----

local rule_field = field("rule", "text")
local note_field = field("note", "text")

local function dissect_rule(event)
	event.tree:add(rule_field, event.text)
		:add_proto_expert_info(experts.rule, event.text)
	event.protocol = "Rule"
	event.info = event.text
	return 0
end

local function dissect_note(event)
	event.tree:add(note_field, event.text)
	event.protocol = "Note"
	event.info = event.text
	return 0
end

-- ---- Events ----

-- In the order of their numbers. Frames are on an interface of their own.
local event_kinds = {
	[0] = { "cpuid", registers.cpuid },
	{ "msr", registers.msr },
	{ "hypercall", registers.hypercall },
	{ "port", registers.register },
	{ "mmio", registers.register },
	{ "vector", registers.vector },
	{ "line", registers.line },
	{ "msi", registers.msi },
	{ "message", vmbus.message },
	{ "event", vmbus.event },
	{ "packet", vmbus.packet },
	{ "rndis", dissect_rndis },
	{ "descriptor", dissect_descriptor },
	{ "frame" },
	{ "rule", dissect_rule },
	{ "note", dissect_note },
}
local kind_names = {}
for n, kind in pairs(event_kinds) do
	kind_names[n] = kind[1]
end

local HEAD = 40
local head_shape = layout("event", "an event", HEAD, {
	{ "version", 0, 1, "dec" },
	{ "queue", 4, 4, "dec" },
	{ "width", 8, 4, "dec" },
	{ "place_length", 12, 2, "dec" },
	{ "text_length", 14, 2, "dec" },
	{ "address", 16, 8, "hex64" },
	{ "value", 24, 8, "hex64" },
	{ "other", 32, 8, "hex64" },
})
local kind_field = field("kind", "dec", kind_names)
local direction_field = field("direction", "dec",
	{ [0] = "from the guest", [1] = "to the guest" })
local cpu_field = field("cpu", "dec")

local function add_head(event)
	local head, tree = event.head, event.tree
	local kind = tree:add_le(kind_field, head:range(1, 1))
	local direction = tree:add_le(direction_field, head:range(2, 1))
	tree:add_le(cpu_field, head:range(3, 1))
	local part = subtree(tree, head, "Header")
	add_members(event, part, head, head_shape)
	if head:number(0, 1) ~= 1 then
		malformed(event, part, "type", "no event has version %d",
			head:number(0, 1))
	end
	if head:number(2, 1) > 1 then
		malformed(event, direction, "type", "no direction is %d",
			head:number(2, 1))
	end
	if not event_kinds[head:number(1, 1)] or
		not event_kinds[head:number(1, 1)][2] then
		malformed(event, kind, "type", "no event has kind %d",
			head:number(1, 1))
	end
	return not event.is_malformed
end

-- Place and text lie between the head and the bytes.
local function split(event, tvb)
	local place = event.head:number(12, 2)
	local text = event.head:number(14, 2)
	local whole = window(tvb, 0, tvb:len())
	if not whole:has(HEAD, place + text) then
		malformed(event, event.tree, "length",
			"%d and %d bytes of texts are not in %d bytes", place,
			text, whole.length)
		return false
	end
	event.place = place > 0 and whole:range(HEAD, place):string() or ""
	event.text = text > 0 and whole:range(HEAD + place, text):string() or ""
	event.bytes = whole:from(HEAD + place + text)
	return true
end

local function dissect_event_of_kind(event)
	local kind = event_kinds[event.head:number(1, 1)]
	event.kind = kind[1]
	event.is_to_guest = event.head:number(2, 1) == 1
	add_rest(event.tree, event.bytes, kind[2](event))
end

local function set_columns(event)
	local columns = event.pinfo.cols
	columns.protocol = event.protocol
	columns.info = (event.is_malformed and "[Malformed] " or "") ..
		event.info
	columns.src = event.is_to_guest and "host" or "guest"
	columns.dst = event.is_to_guest and "guest" or "host"
end

function vmmsim.dissector(tvb, pinfo, root)
	local length = tvb:len()
	local event = {
		pinfo = pinfo,
		root = root,
		tree = root:add(vmmsim, tvb(0, length)),
		head = window(tvb, 0, math.min(length, HEAD)),
		protocol = "vmmsim",
		info = "an event",
	}
	if length < HEAD then
		malformed(event, event.tree, "truncated",
			"%d bytes are no event", length)
	elseif add_head(event) and split(event, tvb) then
		dissect_event_of_kind(event)
		event.tree:append_text(": " .. event.info)
	end
	set_columns(event)
	return length
end

-- ---- Wireshark learns of it ----

local all_fields, all_experts = {}, {}
for _, made in pairs(common.fields) do
	all_fields[#all_fields + 1] = made
end
for _, made in pairs(common.experts) do
	all_experts[#all_experts + 1] = made
end
vmmsim.fields = all_fields
vmmsim.experts = all_experts

DissectorTable.get("wtap_encap"):add(wtap.USER0, vmmsim)
