#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Recordings of virtio played to the driver come out as they were; one that was
# changed is reported with its place.
# shellcheck source=tests/support/cli.bash
. "$2/tests/support/cli.bash"

record() {
	local host=$1 seed=$2 way=$3 mtu=$4 capture=$5
	try 0 replay --vmm firecracker --host "$host" --seed "$seed" \
		--direction "$way" --mtu "$mtu" --trace a.vt --trace a.pcapng \
		"$sources/pcaps/$capture.pcap"
}

# Both ways, text and pcapng, over hosts, seeds and captures that differ.
n=0
while read -r host mtu capture; do
	n=$((n + 1))
	for way in tx rx; do
		record "$host" "$n" "$way" "$mtu" "$capture"
		try 0 replay --as host a.vt a.pcapng
		silent err
		[ "$(grep -c "^PASS  a\.[a-z]* as host: [0-9]* events compared" out)" = 2 ] ||
			wrong "$host $capture $way: no verdict"
		# What is compared is more than the registers.
		[ "$(sed -n 's/.*: \([0-9]*\) events compared.*/\1/p;q' out)" -ge 100 ] ||
			wrong "$host $capture $way: hardly anything is compared"
		# What was played is a recording too.
		try 0 replay --as host --trace b.pcapng a.vt
		try 0 replay --as host b.pcapng
	done
done <<'END'
firecracker-1.1 1500 01-http-ipv4
firecracker-1.7 1500 08-vlan
firecracker-1.12 1500 12-shortest
firecracker-1.16 9000 07-jumbo
microvm 1500 03-dns
strict 1500 04-ping-fragments
strict 9000 07-jumbo
END

# changed LINE EXPRESSION [PLACE]: sed changes that line, and it is reported.
changed() {
	[ -n "$1" ] || wrong "there is no such line: $2"
	sed "$1$2" a.vt >b.vt
	cmp -s a.vt b.vt && wrong "line $1: nothing was changed"
	try 1 replay --as host b.vt
	grep -q "^vmmsim: b.vt:${3:-$1}: " err || {
		wrong "line $1: no place"
		cat err
	}
	grep -q '^  script: ' err || wrong "line $1: the script is not shown"
	grep -q "^FAIL  b.vt as host" out || wrong "line $1: no verdict"
}
line() {
	grep -n -m "${2:-1}" "$1" a.vt | tail -n 1 | cut -d : -f 1
}

# Split rings, with all that Firecracker offers.
record firecracker-1.12 5 tx 1500 03-dns
changed "$(line '> mmio DriverFeatures ')" 's/value=0x20009823/value=0x20009822/'
grep -q '^  actual: > mmio DriverFeatures .* value=0x20009823' err || wrong "not what happened"
grep -q '^  differing: value$' err || wrong "not the field"
changed "$(line '> mmio QueueNum ')" 's/value=0x100/value=0x80/'
changed "$(line '> mmio Status' 3)" 's/value=0x3/value=0x7/'
changed "$(line '> descriptor at=avail queue=1' 2)" 's/index=1/index=2/'
changed "$(line '> descriptor at=desc queue=0')" 's/len=2048/len=2047/'
changed "$(line '> descriptor at=desc queue=1')" 's/flags=0x1/flags=0x0/'
changed "$(line '> descriptor at=desc queue=1')" 's/len=12/len=13/'
changed "$(line '> descriptor at=header queue=1')" 's/hdr_len=0/hdr_len=54/'
changed "$(line '> descriptor at=header queue=1')" 's/num_buffers=0/num_buffers=1/'
# What the host says has the driver do something else.
changed "$(line '< mmio QueueNumMax')" 's/value=0x100/value=0x40/' "$(line '> mmio QueueNum ')"
changed "$(line '< mmio MagicValue')" 's/value=0x74726976/value=0x74726977/' "$(line '> mmio Status')"
changed "$(line '< mmio DeviceFeatures ')" 's/value=0x2000dda3/value=0x20005da3/' "$(line '> mmio DriverFeatures ')"
changed "$(line '< mmio Status.*0xb')" 's/value=0xb/value=0x3/' "$(line '> mmio QueueSel')"
# A line that is missing, one too many.
sed "$(line '> mmio QueueReady')d" a.vt >b.vt
try 1 replay --as host b.vt
sed "$(line '> descriptor at=header queue=1')d" a.vt >b.vt
try 1 replay --as host b.vt
sed "$(line '> mmio QueueNum ')p" a.vt >b.vt
try 1 replay --as host b.vt
sed "$(line '> descriptor at=avail queue=0' 9)p" a.vt >b.vt
try 1 replay --as host b.vt

# Packed rings and commands.
record strict 5 tx 1500 03-dns
changed "$(line '> descriptor at=packed queue=2' 3)" 's/flags=0x82/flags=0x8082/'
changed "$(line '> descriptor at=packed queue=2')" 's/index=0/index=1/'
changed "$(line '> descriptor at=packed-indirect queue=1' 2)" 's/len=\([0-9]*\)/len=1\1/'
changed "$(line '> descriptor at=control queue=2')" 's/command=0/command=1/'
changed "$(line '> descriptor at=control queue=2')" 's/class=MAC/class=RX/'
changed "$(line '< descriptor at=ack queue=2')" 's/ack=OK/ack=ERR/' "$(line '> descriptor at=packed queue=2' 4)"

# A received frame that comes out otherwise, or does not come.
record microvm 5 rx 1500 03-dns
changed "$(line '< frame' 3)" 's/data=.*/data=[00*60]/'
changed "$(line '< descriptor at=used queue=0' 4)" 's/len=[0-9]*/len=9/' "$(line '< frame' 4)"
changed "$(line '< descriptor at=header queue=0' 4)" 's/gso_type=NONE/gso_type=TCPV4/' "$(line '< frame' 4)"
conclude
