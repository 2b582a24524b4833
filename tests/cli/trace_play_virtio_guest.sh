#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Recordings of virtio played to the simulated device come out as they were; one
# that was changed is reported with its place.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"
# shellcheck source=tests/support/play.bash
. "$sources/tests/support/play.bash"
# shellcheck disable=SC2034 # used by play.bash
vmm=firecracker side=guest

# Both ways, text and pcapng, over hosts, seeds and captures that differ.
n=0
while read -r host mtu capture; do
	n=$((n + 1))
	for way in tx rx; do
		record "$host" "$n" "$mtu" "$way" "$capture"
		plays 150
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

# Split rings: what the device says, what it gives back, what it sends.
record firecracker-1.12 5 1500 tx 03-dns
changed "$(line '< mmio DeviceFeatures ')" 's/value=CSUM|/value=/'
grep -q '^  actual: < mmio DeviceFeatures .* value=CSUM|' err || wrong "not what happened"
grep -q '^  differing: value$' err || wrong "not the field"
changed "$(line '< mmio QueueNumMax')" 's/value=0x100/value=0x400/'
changed "$(line '< mmio - ')" 's/value=0x6/value=0x7/'
changed "$(line '< descriptor at=used queue=1' 3)" 's/id=[0-9]*/id=250/'
grep -q '^  from byte 0 on:$' err || wrong "not the byte"
grep -q '^    script: fa 00 00 00 ' err || wrong "not the script's bytes"
changed "$(line '< descriptor at=used queue=1' 3)" 's/len=0/len=1/'
changed "$(line '> frame data=\[' 1)" 's/data=\[/data=[00 /'
# A frame is missing: that packet has none, and the one that comes is surplus.
deleted "$(line '> frame data=\[' 1)"
# What the guest does has the device do something else.
changed "$(line '> mmio Status' 4)" 's/DRIVER|/&DRIVER_OK|/' "$(line '< mmio Status.*FEATURES_OK')"
changed "$(line '> descriptor at=desc queue=1')" 's/len=12/len=11/' "$(line '> frame data=\[')"
changed "$(line '> descriptor at=desc queue=1')" 's/flags=NEXT/flags=0/' "$(line '> descriptor at=desc queue=1' 2)"
changed "$(line '> descriptor at=avail queue=1' 2)" 's/index=1/index=2/'
deleted "$(line '> mmio QueueReady')"
grep -v 'mmio QueueReady' a.vt >b.vt
try 1 replay --as guest b.vt
deleted "$(line '> mmio Status' 5)"
deleted "$(line '< descriptor at=used queue=1')"
repeated "$(line '> descriptor at=header queue=1')"
repeated "$(line '< descriptor at=used queue=1')"
sed "$(line '> mmio Status')s/width=4/width=3/" a.vt >b.vt
try 1 replay --as guest b.vt
says err "no guest accesses 3 bytes at 0x70"

# Packed rings and commands.
record strict 5 1500 tx 03-dns
changed "$(line '< descriptor at=ack queue=2')" 's/ack=OK/ack=ERR/'
changed "$(line '> descriptor at=control queue=2')" 's/class=MAC/class=9/' "$(line '< descriptor at=ack queue=2')"
changed "$(line '< descriptor at=packed queue=1' 2)" 's/flags=AVAIL/flags=WRITE|AVAIL/'
changed "$(line '< descriptor at=packed queue=1' 2)" 's/len=0/len=1/'
changed "$(line '> descriptor at=packed queue=1' 2)" 's/flags=INDIRECT|AVAIL/flags=INDIRECT|USED/'

# Frames that are received.
record microvm 5 1500 rx 06-tcp-bulk-offload-on
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
