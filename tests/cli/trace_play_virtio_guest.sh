#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Recordings of virtio played to the simulated device come out as they were; one
# that was changed is reported with its place.
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
		try 0 replay --as guest a.vt a.pcapng
		silent err
		[ "$(grep -c "^PASS  a\.[a-z]* as guest: [0-9]* events compared" out)" = 2 ] ||
			wrong "$host $capture $way: no verdict"
		# What is compared is more than the registers.
		[ "$(sed -n 's/.*: \([0-9]*\) events compared.*/\1/p;q' out)" -ge 150 ] ||
			wrong "$host $capture $way: hardly anything is compared"
	done
done <<'END'
firecracker-1.1 1500 06-tcp-bulk-offload-on
firecracker-1.7 1500 08-vlan
firecracker-1.12 1500 05-tcp-bulk-offload-off
firecracker-1.16 9000 07-jumbo
microvm 1500 06-tcp-bulk-offload-on
strict 1500 02-http-ipv6
strict 9000 07-jumbo
END

# What the world does to a card is played again: a link that goes down and up, a
# card that is taken away, one that cannot be reset and so becomes another.
while read -r scenario host; do
	try 0 scenario run "$scenario" --vmm firecracker --host "$host" --trace a.vt
	try 0 replay --as guest a.vt
	silent err
	grep -q '< note text="' a.vt || wrong "$scenario $host: nothing is done to the card"
done <<'END'
link microvm
rescind-asked strict
reconnect firecracker-1.1
END

# changed LINE EXPRESSION [PLACE]: sed changes that line, and it is reported.
changed() {
	[ -n "$1" ] || wrong "there is no such line: $2"
	sed "$1$2" a.vt >b.vt
	cmp -s a.vt b.vt && wrong "line $1: nothing was changed"
	try 1 replay --as guest b.vt
	grep -q "^vmmsim: b.vt:${3:-$1}: " err || {
		wrong "line $1: no place"
		cat err
	}
	grep -q '^  script: ' err || wrong "line $1: the script is not shown"
	grep -q "^FAIL  b.vt as guest" out || wrong "line $1: no verdict"
}
line() {
	grep -n -m "${2:-1}" "$1" a.vt | tail -n 1 | cut -d : -f 1
}

# Split rings: what the device says, what it gives back, what it sends.
record firecracker-1.12 5 tx 1500 03-dns
changed "$(line '< mmio DeviceFeatures ')" 's/value=0x2000dda3/value=0x2000dda2/'
grep -q '^  actual: < mmio DeviceFeatures .* value=0x2000dda3' err || wrong "not what happened"
grep -q '^  differing: value$' err || wrong "not the field"
changed "$(line '< mmio QueueNumMax')" 's/value=0x100/value=0x400/'
changed "$(line '< mmio - ')" 's/value=0x6/value=0x7/'
changed "$(line '< descriptor at=used queue=1' 3)" 's/id=[0-9]*/id=250/'
grep -q '^  from byte 0 on:$' err || wrong "not the byte"
grep -q '^    script: fa 00 00 00 ' err || wrong "not the script's bytes"
changed "$(line '< descriptor at=used queue=1' 3)" 's/len=0/len=1/'
changed "$(line '> frame data=\[' 1)" 's/data=\[/data=[00 /'
# A frame is missing: that packet has none, and the one that comes is surplus.
sed "$(line '> frame data=\[' 1)d" a.vt >b.vt
try 1 replay --as guest b.vt
# What the guest does has the device do something else.
changed "$(line '> mmio Status' 4)" 's/value=0xb/value=0xf/' "$(line '< mmio Status.*0xb')"
changed "$(line '> descriptor at=desc queue=1')" 's/len=12/len=11/' "$(line '> frame data=\[')"
changed "$(line '> descriptor at=desc queue=1')" 's/flags=0x1/flags=0x0/' "$(line '> descriptor at=desc queue=1' 2)"
changed "$(line '> descriptor at=avail queue=1' 2)" 's/index=1/index=2/'
sed "$(line '> mmio QueueReady')d" a.vt >b.vt
try 1 replay --as guest b.vt
grep -v 'mmio QueueReady' a.vt >b.vt
try 1 replay --as guest b.vt
sed "$(line '> mmio Status' 5)d" a.vt >b.vt
try 1 replay --as guest b.vt
sed "$(line '< descriptor at=used queue=1')d" a.vt >b.vt
try 1 replay --as guest b.vt
sed "$(line '> descriptor at=header queue=1')p" a.vt >b.vt
try 1 replay --as guest b.vt
sed "$(line '< descriptor at=used queue=1')p" a.vt >b.vt
try 1 replay --as guest b.vt
sed "$(line '> mmio Status')s/width=4/width=3/" a.vt >b.vt
try 1 replay --as guest b.vt
says err "no guest accesses 3 bytes at 0x70"

# Packed rings and commands.
record strict 5 tx 1500 03-dns
changed "$(line '< descriptor at=ack queue=2')" 's/ack=OK/ack=ERR/'
changed "$(line '> descriptor at=control queue=2')" 's/class=MAC/class=9/' "$(line '< descriptor at=ack queue=2')"
changed "$(line '< descriptor at=packed queue=1' 2)" 's/flags=0x8080/flags=0x8082/'
changed "$(line '< descriptor at=packed queue=1' 2)" 's/len=0/len=1/'
changed "$(line '> descriptor at=packed queue=1' 2)" 's/flags=0x84/flags=0x8004/'

# Frames that are received.
record microvm 5 rx 1500 06-tcp-bulk-offload-on
changed "$(line '< descriptor at=header queue=0' 4)" 's/gso_type=NONE/gso_type=TCPV4/'
changed "$(line '< descriptor at=header queue=0' 4)" 's/num_buffers=1/num_buffers=2/'
changed "$(line '< frame data=\[')" 's/data=\[/data=[00*100 /' "$(line '< descriptor at=used queue=0')"
changed "$(line '> descriptor at=desc queue=0')" 's/len=2048/len=40/' "$(line '< descriptor at=header queue=0')"

# A machine that ends, as QEMU's does of a packet shorter than its header.
{
	sed '/^< mmio DeviceFeatures/d; s/host=strict/host=microvm/; /^> rule/d' \
		"$sources/fixtures/traces/firecracker-guest-send-short-strict.vt"
	echo '< frame data=[00*60]'
} >b.vt
try 1 replay --as guest b.vt
says err "that did not come: QEMU aborts: a packet to send has 11 bytes, less than its header"

# What is never to come, and what no device can be told.
printf 'trace 1 vmm=firecracker\n< frame data=[00*60]\n> frame data=[00*60]\n' >b.vt
try 1 replay --as guest b.vt
says err "that did not come within 1000 ms"
printf 'trace 1 vmm=firecracker\n> descriptor at=avail queue=0 index=0 head=0\n' >b.vt
try 1 replay --as guest b.vt
says err "queue 0 is not set up: the script has to write its QueueReady before"
conclude
