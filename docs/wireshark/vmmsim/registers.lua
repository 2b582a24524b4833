-- SPDX-License-Identifier: BSD-3-Clause
--
-- CPUID, model-specific registers, hypercalls, registers of devices, interrupts.
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
local hex64 = common.hex64
local learn = common.learn
local recall = common.recall

-- ---- CPUID, MSRs, hypercalls ----

local cpuid_leaf = field("cpuid.leaf", "hex")
local cpuid_subleaf = field("cpuid.subleaf", "hex")
local cpuid_shape = layout("cpuid", "CPUID", 16, {
	{ "eax", 0, 4, "hex" },
	{ "ebx", 4, 4, "hex" },
	{ "ecx", 8, 4, "hex" },
	{ "edx", 12, 4, "hex" },
})

local function dissect_cpuid(event)
	local leaf = event.head:number(16, 4)
	event.tree:add_le(cpuid_leaf, event.head:range(16, 4))
	event.tree:add_le(cpuid_subleaf, event.head:range(24, 4))
	event.protocol = "CPUID"
	event.info = "leaf " .. hex(leaf)
	if add_members(event, event.tree, event.bytes, cpuid_shape) then
		event.info = string.format("%s: eax 0x%x, ebx 0x%x, ecx 0x%x, " ..
			"edx 0x%x", event.info, event.bytes:number(0, 4),
			event.bytes:number(4, 4), event.bytes:number(8, 4),
			event.bytes:number(12, 4))
	end
	return 16
end

-- TLFS 17: the synthetic registers.
local msr_names = {
	[0x40000000] = "HV_X64_MSR_GUEST_OS_ID",
	[0x40000001] = "HV_X64_MSR_HYPERCALL",
	[0x40000002] = "HV_X64_MSR_VP_INDEX",
	[0x40000003] = "HV_X64_MSR_RESET",
	[0x40000010] = "HV_X64_MSR_VP_RUNTIME",
	[0x40000020] = "HV_X64_MSR_TIME_REF_COUNT",
	[0x40000021] = "HV_X64_MSR_REFERENCE_TSC",
	[0x40000022] = "HV_X64_MSR_TSC_FREQUENCY",
	[0x40000023] = "HV_X64_MSR_APIC_FREQUENCY",
	[0x40000070] = "HV_X64_MSR_EOI",
	[0x40000071] = "HV_X64_MSR_ICR",
	[0x40000072] = "HV_X64_MSR_TPR",
	[0x40000073] = "HV_X64_MSR_VP_ASSIST_PAGE",
	[0x40000080] = "HV_X64_MSR_SCONTROL",
	[0x40000081] = "HV_X64_MSR_SVERSION",
	[0x40000082] = "HV_X64_MSR_SIEFP",
	[0x40000083] = "HV_X64_MSR_SIMP",
	[0x40000084] = "HV_X64_MSR_EOM",
}
for n = 0, 15 do
	msr_names[0x40000090 + n] = "HV_X64_MSR_SINT" .. n
end

local msr_number = field("msr.number", "hex", msr_names)
local msr_value = field("msr.value", "hex64")

local function dissect_msr(event)
	local number = event.head:number(16, 4)
	event.tree:add_le(msr_number, event.head:range(16, 4))
	event.tree:add_le(msr_value, event.head:range(24, 8))
	event.protocol = "MSR"
	event.info = string.format("%s %s: %s",
		event.is_to_guest and "read" or "write",
		msr_names[number] or hex(number),
		hex64(event.head:range(24, 8):le_uint64()))
	return 0
end

local call_names = {
	[0x5c] = "HvCallPostMessage",
	[0x5d] = "HvCallSignalEvent",
}
local status_names = {
	[0] = "HV_STATUS_SUCCESS",
	[2] = "HV_STATUS_INVALID_HYPERCALL_CODE",
	[3] = "HV_STATUS_INVALID_HYPERCALL_INPUT",
	[4] = "HV_STATUS_INVALID_ALIGNMENT",
	[5] = "HV_STATUS_INVALID_PARAMETER",
	[6] = "HV_STATUS_ACCESS_DENIED",
	[11] = "HV_STATUS_INSUFFICIENT_MEMORY",
	[17] = "HV_STATUS_INVALID_PORT_ID",
	[18] = "HV_STATUS_INVALID_CONNECTION_ID",
	[19] = "HV_STATUS_INSUFFICIENT_BUFFERS",
}
local hypercall_control = field("hypercall.control", "hex64")
local hypercall_code = field("hypercall.code", "hex", call_names, 0xffff)
local hypercall_fast = field("hypercall.fast", "dec", nil, 0x10000)
local hypercall_input = field("hypercall.input", "hex64")
local hypercall_result = field("hypercall.result", "hex64")
local hypercall_status = field("hypercall.status", "hex", status_names, 0xffff)

local function dissect_hypercall(event)
	local code = event.head:number(16, 2)
	local status = event.head:number(24, 2)
	local tree = event.tree:add_le(hypercall_control,
		event.head:range(16, 8))
	tree:add_le(hypercall_code, event.head:range(16, 4))
	tree:add_le(hypercall_fast, event.head:range(16, 4))
	event.tree:add_le(hypercall_input, event.head:range(32, 8))
	tree = event.tree:add_le(hypercall_result, event.head:range(24, 8))
	tree:add_le(hypercall_status, event.head:range(24, 4))
	event.protocol = "Hypercall"
	event.info = string.format("%s: %s", call_names[code] or hex(code),
		status_names[status] or hex(status))
	return 0
end

-- ---- Registers of devices ----

local vmxnet3_commands = {
	[0xcafe0000] = "ACTIVATE_DEV",
	[0xcafe0001] = "QUIESCE_DEV",
	[0xcafe0002] = "RESET_DEV",
	[0xcafe0003] = "UPDATE_RX_MODE",
	[0xcafe0004] = "UPDATE_MAC_FILTERS",
	[0xcafe0005] = "UPDATE_VLAN_FILTERS",
	[0xcafe0006] = "UPDATE_RSSIDT",
	[0xcafe0007] = "UPDATE_IML",
	[0xcafe0008] = "UPDATE_PMCFG",
	[0xcafe0009] = "UPDATE_FEATURE",
	[0xcafe000b] = "LOAD_PLUGIN",
	[0xcafe000e] = "SET_COALESCE",
	[0xcafe000f] = "REGISTER_MEMREGS",
	[0xcafe0010] = "SET_RSS_FIELDS",
	[0xcafe0013] = "SET_RING_BUFFER_SIZE",
	[0xf00d0000] = "GET_QUEUE_STATUS",
	[0xf00d0001] = "GET_STATS",
	[0xf00d0002] = "GET_LINK",
	[0xf00d0003] = "GET_PERM_MAC_LO",
	[0xf00d0004] = "GET_PERM_MAC_HI",
	[0xf00d0005] = "GET_DID_LO",
	[0xf00d0006] = "GET_DID_HI",
	[0xf00d0007] = "GET_DEV_EXTRA_INFO",
	[0xf00d0008] = "GET_CONF_INTR",
	[0xf00d0009] = "GET_ADAPTIVE_RING_INFO",
	[0xf00d000a] = "GET_TXDATA_DESC_SIZE",
	[0xf00d000b] = "GET_COALESCE",
	[0xf00d000c] = "GET_RSS_FIELDS",
	[0xf00d000f] = "GET_MAX_QUEUES_CONF",
	[0xf00d0011] = "GET_MAX_CAPABILITIES",
	[0xf00d0012] = "GET_DCR0_REG",
}

local vmxnet3_bar1 = {
	[0x00] = "VRRS",
	[0x08] = "UVRS",
	[0x10] = "DSAL",
	[0x18] = "DSAH",
	[0x20] = "CMD",
	[0x28] = "MACL",
	[0x30] = "MACH",
	[0x38] = "ICR",
	[0x40] = "ECR",
}

-- BAR 0 has one register a vector or queue, 8 bytes apart.
local vmxnet3_bar0 = {}
for n = 0, 24 do
	vmxnet3_bar0[8 * n] = "IMR" .. n
end
for n = 0, 7 do
	vmxnet3_bar0[0x600 + 8 * n] = "TXPROD" .. n
end
for n = 0, 15 do
	vmxnet3_bar0[0x800 + 8 * n] = "RXPROD" .. n
	vmxnet3_bar0[0xa00 + 8 * n] = "RXPROD2_" .. n
end

-- PCI 3.0, 3.2.2.3.2; a part of the data has the data's name too.
local pci_ports = { [0] = "CONFIG_ADDRESS" }
for n = 0, 3 do
	pci_ports[4 + n] = "CONFIG_DATA"
end

-- virtio 1.2, 4.2.2; from 0x100 on the network card's configuration, 5.1.4.
local virtio_mmio = {
	[0x000] = "MagicValue",
	[0x004] = "Version",
	[0x008] = "DeviceID",
	[0x00c] = "VendorID",
	[0x010] = "DeviceFeatures",
	[0x014] = "DeviceFeaturesSel",
	[0x020] = "DriverFeatures",
	[0x024] = "DriverFeaturesSel",
	[0x030] = "QueueSel",
	[0x034] = "QueueNumMax",
	[0x038] = "QueueNum",
	[0x044] = "QueueReady",
	[0x050] = "QueueNotify",
	[0x060] = "InterruptStatus",
	[0x064] = "InterruptACK",
	[0x070] = "Status",
	[0x080] = "QueueDescLow",
	[0x084] = "QueueDescHigh",
	[0x090] = "QueueDriverLow",
	[0x094] = "QueueDriverHigh",
	[0x0a0] = "QueueDeviceLow",
	[0x0a4] = "QueueDeviceHigh",
	[0x0ac] = "SHMSel",
	[0x0b0] = "SHMLenLow",
	[0x0b4] = "SHMLenHigh",
	[0x0b8] = "SHMBaseLow",
	[0x0bc] = "SHMBaseHigh",
	[0x0c0] = "QueueReset",
	[0x0fc] = "ConfigGeneration",
	[0x106] = "config.status",
	[0x108] = "config.max_virtqueue_pairs",
	[0x10a] = "config.mtu",
	[0x10c] = "config.speed",
	[0x110] = "config.duplex",
	[0x111] = "config.rss_max_key_size",
	[0x112] = "config.rss_max_indirection_table_length",
	[0x114] = "config.supported_hash_types",
}
for n = 0, 5 do
	virtio_mmio[0x100 + n] = "config.mac[" .. n .. "]"
end

local virtio_features = {
	[0] = "CSUM",
	[1] = "GUEST_CSUM",
	[2] = "CTRL_GUEST_OFFLOADS",
	[3] = "MTU",
	[5] = "MAC",
	[7] = "GUEST_TSO4",
	[8] = "GUEST_TSO6",
	[9] = "GUEST_ECN",
	[10] = "GUEST_UFO",
	[11] = "HOST_TSO4",
	[12] = "HOST_TSO6",
	[13] = "HOST_ECN",
	[14] = "HOST_UFO",
	[15] = "MRG_RXBUF",
	[16] = "STATUS",
	[17] = "CTRL_VQ",
	[18] = "CTRL_RX",
	[19] = "CTRL_VLAN",
	[20] = "CTRL_RX_EXTRA",
	[21] = "GUEST_ANNOUNCE",
	[22] = "MQ",
	[23] = "CTRL_MAC_ADDR",
	[28] = "INDIRECT_DESC",
	[29] = "EVENT_IDX",
	[32] = "VERSION_1",
	[33] = "ACCESS_PLATFORM",
	[34] = "RING_PACKED",
	[35] = "IN_ORDER",
	[36] = "ORDER_PLATFORM",
	[38] = "NOTIFICATION_DATA",
	[40] = "RING_RESET",
	[61] = "RSC_EXT",
	[63] = "SPEED_DUPLEX",
}

local virtio_status = {
	[0] = "ACKNOWLEDGE",
	[1] = "DRIVER",
	[2] = "DRIVER_OK",
	[3] = "FEATURES_OK",
	[6] = "DEVICE_NEEDS_RESET",
	[7] = "FAILED",
}
local virtio_causes = { [0] = "used buffer", [1] = "configuration change" }

local register_place = field("register.place", "text")
local register_offset = field("register.offset", "hex64")
local register_name = field("register.name", "text")
local register_width = field("register.width", "dec")
local register_value = field("register.value", "hex64")
local vmxnet3_command = field("vmxnet3.command", "hex", vmxnet3_commands)
local virtio_bits = field("virtio_mmio.bits", "text")

-- The names of the bits of a word, of which the first has a number.
local function bit_names(word, names, first)
	local found = {}
	for n = 0, 31 do
		if bit32.extract(word, n) == 1 then
			found[#found + 1] = names[first + n] or
				"bit " .. first + n
		end
	end
	return #found > 0 and table.concat(found, ", ") or "none"
end

-- Of virtio's features one word at a time is seen, the one chosen before.
local function feature_names(event, name, value)
	local chosen = recall(event, event.place .. name .. "Sel")
	if chosen and chosen < 2 then
		return bit_names(value, virtio_features, 32 * chosen)
	end
end

local function virtio_value(event, name, value)
	if name == "Status" then
		return bit_names(value, virtio_status, 0)
	elseif name == "InterruptStatus" or name == "InterruptACK" then
		return bit_names(value, virtio_causes, 0)
	elseif name == "DeviceFeatures" or name == "DriverFeatures" then
		return feature_names(event, name, value)
	elseif name:match("FeaturesSel$") then
		learn(event, event.place .. name, value)
	end
end

-- The registers of a place by their offsets; nil: it is not taken apart.
local function registers_of(place)
	if place == "pci-ports" then
		return pci_ports, "PCI"
	elseif place == "bar0" then
		return vmxnet3_bar0, "vmxnet3"
	elseif place == "bar1" then
		return vmxnet3_bar1, "vmxnet3"
	elseif place:sub(1, 11) == "virtio-mmio" then
		return virtio_mmio, "virtio-mmio"
	end
end

local function register_named(event, names, offset)
	local name = names[offset]
	if name then
		event.tree:add(register_name, name):set_generated()
		return name
	end
	-- Parts of a register, as a byte of a word, have no names; nor have all
	-- places of a device's configuration.
	if not names[offset - offset % 4] and
		(names ~= virtio_mmio or offset < 0x100) then
		malformed(event, event.tree, "type", "no register is at 0x%x",
			offset)
	end
	return hex(offset)
end

local function dissect_register(event)
	local names, protocol = registers_of(event.place)
	local offset = event.head:range(16, 8):le_uint64():tonumber()
	local width = event.head:number(8, 4)
	local value = event.head:number(24, 4)
	local name, meaning = hex(offset), nil
	if event.place ~= "" then
		event.tree:add(register_place, event.place)
	end
	event.tree:add_le(register_offset, event.head:range(16, 8))
	local item = event.tree:add_le(register_width, event.head:range(8, 4))
	if width ~= 1 and width ~= 2 and width ~= 4 and width ~= 8 then
		malformed(event, item, "length", "no access has %d bytes", width)
	end
	if names then
		name = register_named(event, names, offset)
	end
	event.tree:add_le(register_value, event.head:range(24, 8))
	if name == "CMD" and not event.is_to_guest then
		event.tree:add_le(vmxnet3_command, event.head:range(24, 4))
		meaning = vmxnet3_commands[value]
		if not meaning then
			malformed(event, event.tree, "type",
				"no command is 0x%x", value)
		end
	elseif protocol == "virtio-mmio" then
		meaning = virtio_value(event, name, value)
		if meaning then
			event.tree:add(virtio_bits, meaning):set_generated()
		end
	end
	event.protocol = protocol or
		(event.kind == "port" and "Port" or "MMIO")
	event.info = string.format("%s %s%s: %s",
		event.is_to_guest and "read" or "write",
		event.place ~= "" and event.place .. " " or "", name,
		meaning or hex64(event.head:range(24, 8):le_uint64()))
	return 0
end

-- ---- Interrupts ----

local levels = { [0] = "low", [1] = "high", [2] = "edge" }
local vector_field = field("vector", "dec")
local line_field = field("line", "dec")
local level_field = field("level", "dec", levels)
local msi_address = field("msi.address", "hex64")
local msi_data = field("msi.data", "hex")

local function dissect_vector(event)
	event.tree:add_le(vector_field, event.head:range(16, 4))
	event.protocol = "Interrupt"
	event.info = string.format("vector %d on vCPU %d",
		event.head:number(16, 4), event.head:number(3, 1))
	return 0
end

local function dissect_line(event)
	local level = event.head:number(24, 4)
	event.tree:add_le(line_field, event.head:range(16, 4))
	local item = event.tree:add_le(level_field, event.head:range(24, 4))
	if not levels[level] then
		malformed(event, item, "type", "no level is %d", level)
	end
	event.protocol = "Interrupt"
	event.info = string.format("line %d %s", event.head:number(16, 4),
		levels[level] or level)
	return 0
end

local function dissect_msi(event)
	event.tree:add_le(msi_address, event.head:range(16, 8))
	event.tree:add_le(msi_data, event.head:range(24, 4))
	event.protocol = "MSI"
	event.info = string.format("%s <- 0x%x",
		hex64(event.head:range(16, 8):le_uint64()),
		event.head:number(24, 4))
	return 0
end

return {
	cpuid = dissect_cpuid,
	msr = dissect_msr,
	hypercall = dissect_hypercall,
	register = dissect_register,
	vector = dissect_vector,
	line = dissect_line,
	msi = dissect_msi,
}
