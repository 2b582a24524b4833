-- SPDX-License-Identifier: BSD-3-Clause
--
-- Rings of descriptors: vmxnet3's and virtio's.
local common = ...
-- Wireshark runs each script of its folder: this one is for vmmsim.lua.
if not common then
	return
end
local vmmsim = common.vmmsim
local field = common.field
local layout = common.layout
local malformed = common.malformed
local subtree = common.subtree
local add_members = common.add_members
local add_rest = common.add_rest
local hex = common.hex
local hex64 = common.hex64

-- ---- Descriptors of vmxnet3 ----

-- A member of a word: its first bit and how many.
local function bits(name, word, first, count, kind, names)
	return { name, 4 * word, 4, kind or "dec", names,
		(2 ^ count - 1) * 2 ^ first }
end

local offload_modes = { [0] = "NONE", [1] = "ENCAP", [2] = "CSUM", [3] = "TSO" }
local completion_types = { [0] = "TXCOMP", [3] = "RXCOMP", [4] = "RXCOMP_LRO" }

local vmxnet3_shapes = {
	tx = layout("vmxnet3.tx", "a descriptor", 16, {
		{ "address", 0, 8, "hex64" },
		bits("len", 2, 0, 14),
		bits("gen", 2, 14, 1),
		bits("ext1", 2, 15, 1, "reserved"),
		bits("dtype", 2, 16, 1),
		bits("oco", 2, 17, 1, "reserved"),
		bits("msscof", 2, 18, 14),
		bits("hlen", 3, 0, 10),
		bits("om", 3, 10, 2, "dec", offload_modes),
		bits("eop", 3, 12, 1),
		bits("cq", 3, 13, 1),
		bits("ext2", 3, 14, 1, "reserved"),
		bits("ti", 3, 15, 1),
		bits("tci", 3, 16, 16, "hex"),
	}),
	rx = layout("vmxnet3.rx", "a descriptor", 16, {
		{ "address", 0, 8, "hex64" },
		bits("len", 2, 0, 14),
		bits("btype", 2, 14, 1, "dec", { [0] = "HEAD", [1] = "BODY" }),
		bits("dtype", 2, 15, 1),
		bits("reserved1", 2, 16, 15, "reserved"),
		bits("gen", 2, 31, 1),
		bits("reserved2", 3, 0, 32, "reserved"),
	}),
	txc = layout("vmxnet3.txc", "a completion", 16, {
		bits("txdIdx", 0, 0, 12),
		bits("ext1", 0, 12, 20, "reserved"),
		bits("ext2", 1, 0, 32, "reserved"),
		bits("ext3", 2, 0, 32, "reserved"),
		bits("rsvd", 3, 0, 24, "reserved"),
		bits("type", 3, 24, 7, "dec", completion_types),
		bits("gen", 3, 31, 1),
	}),
	rxc = layout("vmxnet3.rxc", "a completion", 16, {
		bits("rxdIdx", 0, 0, 12),
		bits("ext1", 0, 12, 2, "reserved"),
		bits("eop", 0, 14, 1),
		bits("sop", 0, 15, 1),
		bits("rqID", 0, 16, 10),
		bits("rssType", 0, 26, 4),
		bits("cnc", 0, 30, 1),
		bits("ext2", 0, 31, 1, "reserved"),
		bits("rssHash", 1, 0, 32, "hex"),
		bits("len", 2, 0, 14),
		bits("err", 2, 14, 1),
		bits("ts", 2, 15, 1),
		bits("tci", 2, 16, 16, "hex"),
		bits("csum", 3, 0, 16, "hex"),
		bits("tuc", 3, 16, 1),
		bits("udp", 3, 17, 1),
		bits("tcp", 3, 18, 1),
		bits("ipc", 3, 19, 1),
		bits("v6", 3, 20, 1),
		bits("v4", 3, 21, 1),
		bits("frg", 3, 22, 1),
		bits("fcs", 3, 23, 1),
		bits("type", 3, 24, 7, "dec", completion_types),
		bits("gen", 3, 31, 1),
	}),
}
vmxnet3_shapes.rx0 = vmxnet3_shapes.rx
vmxnet3_shapes.rx1 = vmxnet3_shapes.rx

-- ---- What a driver of vmxnet3 lays out, and the device writes there ----

-- Vmxnet3_RxFilterConf, from an offset on.
local function filter_members(offset)
	return { "rxMode", offset, 4, "hex" },
		{ "mfTableLen", offset + 4, 2, "dec" },
		{ "pad1", offset + 6, 2, "reserved" },
		{ "mfTablePA", offset + 8, 8, "hex64" },
		{ "vfTable", offset + 16, 512, "bytes" }
end

local shared_members = {
	{ "magic", 0, 4, "hex" },
	{ "size", 4, 4, "dec" },
	{ "version", 8, 4, "hex" },
	{ "gos", 12, 4, "hex" },
	{ "vmxnet3RevSpt", 16, 4, "dec" },
	{ "uptVerSpt", 20, 4, "dec" },
	{ "uptFeatures", 24, 8, "hex64" },
	{ "ddPA", 32, 8, "hex64" },
	{ "queueDescPA", 40, 8, "hex64" },
	{ "ddLen", 48, 4, "dec" },
	{ "queueDescLen", 52, 4, "dec" },
	{ "mtu", 56, 4, "dec" },
	{ "maxNumRxSG", 60, 2, "dec" },
	{ "numTxQueues", 62, 1, "dec" },
	{ "numRxQueues", 63, 1, "dec" },
	{ "reserved", 64, 16, "bytes" },
	{ "autoMask", 80, 1, "dec" },
	{ "numIntrs", 81, 1, "dec" },
	{ "eventIntrIdx", 82, 1, "dec" },
	{ "modLevels", 83, 25, "bytes" },
	{ "intrCtrl", 108, 4, "hex" },
	{ "reserved2", 112, 8, "bytes" },
	{ "rssConfVer", 648, 4, "dec" },
	{ "rssConfLen", 652, 4, "dec" },
	{ "rssConfPA", 656, 8, "hex64" },
	{ "pmConfDesc", 664, 16, "bytes" },
	{ "pluginConfDesc", 680, 16, "bytes" },
	{ "ecr", 696, 4, "hex" },
	{ "reserved3", 700, 4, "reserved" },
	{ "cmdInfo", 704, 16, "bytes" },
}
for _, member in ipairs({ filter_members(120) }) do
	shared_members[#shared_members + 1] = member
end

-- What both kinds of queues have from a size on.
local function queue_end(data_ring_bytes)
	return { "compRingSize", 64, 4, "dec" },
		{ "ddLen", 68, 4, "dec" },
		{ "intrIdx", 72, 1, "dec" },
		{ "pad1", 73, 1, "reserved" },
		{ data_ring_bytes, 74, 2, "dec" },
		{ "pad2", 76, 4, "reserved" },
		{ "status", 80, 8, "bytes" },
		{ "stats", 88, 80, "bytes" },
		{ "pad3", 168, 88, "bytes" }
end

local status_shape = layout("vmxnet3.status", "a queue's state", 8, {
	{ "stopped", 0, 1, "dec" },
	{ "pad", 1, 3, "reserved" },
	{ "error", 4, 4, "hex" },
})

-- Ten counters of 64 bits.
local function statistics(prefix, name, counters)
	local members = {}
	for n, counter in ipairs(counters) do
		members[n] = { counter, 8 * (n - 1), 8, "dec64" }
	end
	return layout(prefix, name, 80, members)
end

local vmxnet3_areas = {
	shared = layout("vmxnet3.shared", "the shared area", 720,
		shared_members),
	["tx-queue"] = layout("vmxnet3.tx_queue", "a queue's description", 256, {
		{ "txNumDeferred", 0, 4, "dec" },
		{ "txThreshold", 4, 4, "dec" },
		{ "reserved", 8, 8, "bytes" },
		{ "txRingBasePA", 16, 8, "hex64" },
		{ "dataRingBasePA", 24, 8, "hex64" },
		{ "compRingBasePA", 32, 8, "hex64" },
		{ "ddPA", 40, 8, "hex64" },
		{ "reserved2", 48, 8, "bytes" },
		{ "txRingSize", 56, 4, "dec" },
		{ "dataRingSize", 60, 4, "dec" },
		queue_end("txDataRingDescSize"),
	}),
	["rx-queue"] = layout("vmxnet3.rx_queue", "a queue's description", 256, {
		{ "updateRxProd", 0, 1, "dec" },
		{ "pad", 1, 7, "bytes" },
		{ "reserved", 8, 8, "bytes" },
		{ "rxRingBasePA0", 16, 8, "hex64" },
		{ "rxRingBasePA1", 24, 8, "hex64" },
		{ "compRingBasePA", 32, 8, "hex64" },
		{ "ddPA", 40, 8, "hex64" },
		{ "rxDataRingBasePA", 48, 8, "hex64" },
		{ "rxRingSize0", 56, 4, "dec" },
		{ "rxRingSize1", 60, 4, "dec" },
		queue_end("rxDataRingDescSize"),
	}),
	filter = layout("vmxnet3.filter", "the filter", 528, {
		filter_members(0),
	}),
	["mac-table"] = layout("vmxnet3.mac_table", "the addresses", 0, {}),
	rss = layout("vmxnet3.rss", "the distribution", 176, {
		{ "hashType", 0, 2, "hex" },
		{ "hashFunc", 2, 2, "dec" },
		{ "hashKeySize", 4, 2, "dec" },
		{ "indTableSize", 6, 2, "dec" },
		{ "hashKey", 8, 40, "bytes" },
		{ "indTable", 48, 128, "bytes" },
	}),
	command = layout("vmxnet3.argument", "an argument", 16, {
		{ "confVer", 0, 4, "hex" },
		{ "confLen", 4, 4, "dec" },
		{ "confPA", 8, 8, "hex64" },
	}),
	coalesce = layout("vmxnet3.coalesce", "a scheme", 16, {
		{ "coalMode", 0, 4, "dec" },
		{ "coalPara0", 4, 4, "dec" },
		{ "coalPara1", 8, 4, "dec" },
		{ "coalPara2", 12, 4, "dec" },
	}),
	events = layout("vmxnet3.events", "the events", 4, {
		{ "ecr", 0, 4, "hex" },
	}),
	["tx-status"] = status_shape,
	["rx-status"] = status_shape,
	["tx-stats"] = statistics("vmxnet3.tx_stats", "the counters", {
		"TSOPktsTxOK", "TSOBytesTxOK", "ucastPktsTxOK",
		"ucastBytesTxOK", "mcastPktsTxOK", "mcastBytesTxOK",
		"bcastPktsTxOK", "bcastBytesTxOK", "pktsTxError",
		"pktsTxDiscard",
	}),
	["rx-stats"] = statistics("vmxnet3.rx_stats", "the counters", {
		"LROPktsRxOK", "LROBytesRxOK", "ucastPktsRxOK",
		"ucastBytesRxOK", "mcastPktsRxOK", "mcastBytesRxOK",
		"bcastPktsRxOK", "bcastBytesRxOK", "pktsRxOutOfBuf",
		"pktsRxError",
	}),
}
for place, shape in pairs(vmxnet3_areas) do
	vmxnet3_shapes[place] = shape
end

local vmxnet3_magic = 0xbabefee1
local mac_table_address = field("vmxnet3.mac_table.mfTable", "mac")

-- The addresses behind one another; what is left of the last belongs to none.
local function add_addresses(event, tree, w)
	local n = 0
	while w:has(n, 6) do
		tree:add(mac_table_address, w:range(n, 6))
		n = n + 6
	end
	if n < w.length then
		malformed(event, tree, "length", "%d bytes are no whole addresses",
			w.length)
		add_rest(tree, w, n)
	end
	return string.format("%d addresses", n / 6)
end

local function check_area(event, tree, w)
	if event.place == "shared" then
		if w:number(0, 4) ~= vmxnet3_magic then
			malformed(event, tree, "type", "no magic is 0x%x",
				w:number(0, 4))
		end
		return string.format("MTU %d, %d and %d queues", w:number(56, 4),
			w:number(62, 1), w:number(63, 1))
	elseif event.place == "tx-queue" or event.place == "rx-queue" then
		return string.format("%d descriptors at %s", w:number(56, 4),
			hex64(w:range(16, 8):le_uint64()))
	elseif event.place == "filter" then
		return "mode " .. hex(w:number(0, 4))
	elseif event.place == "events" then
		return hex(w:number(0, 4))
	end
	return vmxnet3_areas[event.place].name
end

-- Which completions come in which ring.
local completions_in = {
	txc = { [0] = true },
	-- QEMU's device leaves it 0.
	rxc = { [0] = true, [3] = true, [4] = true },
}

local function check_vmxnet3(event, tree, w)
	local allowed = completions_in[event.place]
	local type = bit32.extract(w:number(12, 4), 24, 7)
	if allowed and not allowed[type] then
		malformed(event, tree, "type",
			"no completion of this ring has type %d", type)
	end
	if allowed then
		return string.format("of descriptor %d",
			bit32.extract(w:number(0, 4), 0, 12))
	end
	return string.format("%d bytes at %s",
		bit32.extract(w:number(8, 4), 0, 14),
		hex64(w:range(0, 8):le_uint64()))
end

-- ---- Descriptors of virtio ----

local NEXT, WRITE, INDIRECT = 1, 2, 4
local AVAILABLE, USED = 0x80, 0x8000

local function flag(name, offset, value)
	return { "flags." .. name, offset, 2, "dec", nil, value }
end

-- Of a TCP segment the highest bit may say that it has ECN.
local gso_types = { [0] = "NONE", [1] = "TCPV4", [3] = "UDP", [4] = "TCPV6",
	[5] = "UDP_L4", [0x81] = "TCPV4, ECN", [0x84] = "TCPV6, ECN" }
local classes = { [0] = "RX", [1] = "MAC", [2] = "VLAN", [3] = "ANNOUNCE",
	[4] = "MQ", [5] = "GUEST_OFFLOADS" }
local acks = { [0] = "OK", [1] = "ERR" }

local desc_shape = layout("virtq.desc", "a descriptor", 16, {
	{ "address", 0, 8, "hex64" },
	{ "len", 8, 4, "dec" },
	{ "flags", 12, 2, "hex" },
	flag("next", 12, NEXT),
	flag("write", 12, WRITE),
	flag("indirect", 12, INDIRECT),
	{ "next", 14, 2, "dec" },
})
local packed_shape = layout("virtq.packed", "a descriptor", 16, {
	{ "address", 0, 8, "hex64" },
	{ "len", 8, 4, "dec" },
	{ "id", 12, 2, "dec" },
	{ "flags", 14, 2, "hex" },
	flag("next", 14, NEXT),
	flag("write", 14, WRITE),
	flag("indirect", 14, INDIRECT),
	flag("avail", 14, AVAILABLE),
	flag("used", 14, USED),
})
local virtq_shapes = {
	avail = layout("virtq.avail", "an entry", 2, {
		{ "head", 0, 2, "dec" },
	}),
	used = layout("virtq.used", "an entry", 8, {
		{ "id", 0, 4, "dec" },
		{ "len", 4, 4, "dec" },
	}),
	desc = desc_shape,
	indirect = desc_shape,
	packed = packed_shape,
	["packed-indirect"] = packed_shape,
	header = layout("virtio_net.header", "a header", 12, {
		{ "flags", 0, 1, "hex" },
		{ "flags.needs_csum", 0, 1, "dec", nil, 1 },
		{ "flags.data_valid", 0, 1, "dec", nil, 2 },
		{ "flags.rsc_info", 0, 1, "dec", nil, 4 },
		{ "gso_type", 1, 1, "hex", gso_types },
		{ "hdr_len", 2, 2, "dec" },
		{ "gso_size", 4, 2, "dec" },
		{ "csum_start", 6, 2, "dec" },
		{ "csum_offset", 8, 2, "dec" },
		{ "num_buffers", 10, 2, "dec" },
	}),
	control = layout("virtio_net.control", "a command", 2, {
		{ "class", 0, 1, "dec", classes },
		{ "command", 1, 1, "dec" },
	}),
	ack = layout("virtio_net.ack", "an answer", 1, {
		{ "ack", 0, 1, "dec", acks },
	}),
}
local control_data = field("virtio_net.control.data", "bytes")

-- Which flags a descriptor may have; of a packed ring it is two more.
local virtq_flags = {
	desc = NEXT + WRITE + INDIRECT,
	indirect = NEXT + WRITE,
	packed = NEXT + WRITE + INDIRECT + AVAILABLE + USED,
	["packed-indirect"] = WRITE,
}

local function check_virtq_flags(event, tree, flags, length)
	local place = event.place
	if bit32.band(flags, bit32.bnot(virtq_flags[place])) ~= 0 then
		malformed(event, tree, "flags", "flags 0x%x in %s", flags, place)
	elseif bit32.btest(flags, INDIRECT) then
		if bit32.btest(flags, NEXT) then
			malformed(event, tree, "flags",
				"a table, and goes on behind it")
		end
		if length == 0 or length % 16 ~= 0 then
			malformed(event, tree, "length",
				"a table of %d bytes, no multiple of 16",
				length)
		end
	end
	-- To be available both bits differ, to be used they agree (2.8.1).
	if place == "packed" and bit32.btest(flags, AVAILABLE) ~=
		bit32.btest(flags, USED) ~= not event.is_to_guest then
		malformed(event, tree, "flags", "flags 0x%x %s", flags,
			event.is_to_guest and "are not those of a used one" or
			"are not those of one that is available")
	end
end

-- What stands in the buffers of the network card.
local function check_header(event, tree, w)
	local flags, type = w:number(0, 1), w:number(1, 1)
	if not gso_types[type] then
		malformed(event, tree, "type", "no packet has gso_type 0x%x",
			type)
	elseif type ~= 0 and w:number(4, 2) == 0 then
		malformed(event, tree, "length",
			"to be cut into segments of no length")
	end
	if bit32.band(flags, bit32.bnot(7)) ~= 0 then
		malformed(event, tree, "flags", "flags 0x%x of a header", flags)
	end
	return string.format("%s%s%s", gso_types[type] or hex(type),
		bit32.btest(flags, 1) and ", NEEDS_CSUM" or "",
		bit32.btest(flags, 2) and ", DATA_VALID" or "")
end

local function check_control(event, tree, w)
	local class = w:number(0, 1)
	if not classes[class] then
		malformed(event, tree, "type", "no command has class %d", class)
	end
	if w.length > 2 then
		tree:add(control_data, w:range(2, w.length - 2))
	end
	return string.format("%s %d", classes[class] or "class " .. class,
		w:number(1, 1))
end

local function check_ack(event, tree, w)
	local ack = w:number(0, 1)
	if not acks[ack] then
		malformed(event, tree, "type", "no answer is 0x%x", ack)
	end
	return acks[ack] or hex(ack)
end

local buffer_checks = {
	header = check_header,
	control = check_control,
	ack = check_ack,
}

local function check_virtq(event, tree, w)
	if buffer_checks[event.place] then
		return buffer_checks[event.place](event, tree, w)
	end
	if event.place == "avail" then
		return "head " .. w:number(0, 2)
	elseif event.place == "used" then
		return string.format("id %d, %d bytes", w:number(0, 4),
			w:number(4, 4))
	end
	local length = w:number(8, 4)
	local flags = w:number(virtq_shapes[event.place] == packed_shape and
		14 or 12, 2)
	check_virtq_flags(event, tree, flags, length)
	return string.format("%d bytes at %s%s%s%s", length,
		hex64(w:range(0, 8):le_uint64()),
		bit32.btest(flags, NEXT) and ", NEXT" or "",
		bit32.btest(flags, WRITE) and ", WRITE" or "",
		bit32.btest(flags, INDIRECT) and ", INDIRECT" or "")
end

-- ---- Descriptors ----

local descriptor_ring = field("descriptor.ring", "text")
local descriptor_queue = field("descriptor.queue", "dec")
local descriptor_index = field("descriptor.index", "dec")

local function dissect_descriptor(event)
	local w = event.bytes
	local shape, check = vmxnet3_shapes[event.place], check_vmxnet3
	event.protocol = "vmxnet3"
	if not shape then
		shape, check = virtq_shapes[event.place], check_virtq
		event.protocol = "virtio"
	end
	local item = event.tree:add(descriptor_ring, event.place)
	event.tree:add_le(descriptor_queue, event.head:range(4, 4))
	event.tree:add_le(descriptor_index, event.head:range(16, 4))
	local where = string.format("%s[%d] of queue %d", event.place,
		event.head:number(16, 4), event.head:number(4, 4))
	event.info = where
	if not shape then
		event.protocol = "vmmsim"
		malformed(event, item, "type", "no ring is called '%s'",
			event.place)
		add_rest(event.tree, w, 0)
		return w.length
	end
	local tree = subtree(event.tree, w, "Descriptor")
	if vmxnet3_areas[event.place] then
		where = string.format("%s of queue %d", event.place,
			event.head:number(4, 4))
		check = check_area
	end
	if event.place == "mac-table" then
		event.info = where .. ": " .. add_addresses(event, tree, w)
		return w.length
	end
	if add_members(event, tree, w, shape) then
		event.info = where .. ": " .. check(event, tree, w)
		if w.length > shape.bytes and event.place ~= "control" then
			malformed(event, tree, "length",
				"%s has %d bytes, not %d", shape.name,
				w.length, shape.bytes)
			add_rest(tree, w, shape.bytes)
		end
	end
	return w.length
end

return dissect_descriptor
