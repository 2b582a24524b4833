#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Recordings of virtio played to the driver come out as they were; one that was
# changed is reported with its place.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"
# shellcheck source=tests/support/play.bash
. "$sources/tests/support/play.bash"
# shellcheck disable=SC2034 # used by play.bash
vmm=firecracker side=host

# Both ways, text and pcapng, over hosts, seeds and captures that differ.
n=0
while read -r host mtu capture; do
	n=$((n + 1))
	for way in tx rx; do
		record "$host" "$n" "$mtu" "$way" "$capture"
		plays 100
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

# Split rings, with all that Firecracker offers.
record firecracker-1.12 5 1500 tx 03-dns
changed "$(line '> mmio DriverFeatures ')" 's/value=CSUM|/value=/'
grep -q '^  actual: > mmio DriverFeatures .* value=CSUM|' err || wrong "not what happened"
grep -q '^  differing: value$' err || wrong "not the field"
changed "$(line '> mmio QueueNum ')" 's/value=0x100/value=0x80/'
changed "$(line '> mmio Status' 3)" 's/DRIVER$/&|DRIVER_OK/'
changed "$(line '> descriptor at=avail queue=1' 2)" 's/index=1/index=2/'
changed "$(line '> descriptor at=desc queue=0')" 's/len=2048/len=2047/'
changed "$(line '> descriptor at=desc queue=1')" 's/flags=NEXT/flags=0/'
changed "$(line '> descriptor at=desc queue=1')" 's/len=12/len=13/'
changed "$(line '> descriptor at=header queue=1')" 's/hdr_len=0/hdr_len=54/'
changed "$(line '> descriptor at=header queue=1')" 's/num_buffers=0/num_buffers=1/'
# What the host says has the driver do something else.
changed "$(line '< mmio QueueNumMax')" 's/value=0x100/value=0x40/' "$(line '> mmio QueueNum ')"
changed "$(line '< mmio MagicValue')" 's/value=0x74726976/value=0x74726977/' "$(line '> mmio Status')"
changed "$(line '< mmio DeviceFeatures ')" 's/MRG_RXBUF|//' "$(line '> mmio DriverFeatures ')"
changed "$(line '< mmio Status.*FEATURES_OK')" 's/|FEATURES_OK//' "$(line '> mmio QueueSel')"
# A line that is missing, one too many.
deleted "$(line '> mmio QueueReady')"
deleted "$(line '> descriptor at=header queue=1')"
repeated "$(line '> mmio QueueNum ')"
repeated "$(line '> descriptor at=avail queue=0' 9)"

# Packed rings and commands.
record strict 5 1500 tx 03-dns
changed "$(line '> descriptor at=packed queue=2' 3)" 's/flags=WRITE|AVAIL/&|USED/'
changed "$(line '> descriptor at=packed queue=2')" 's/index=0/index=1/'
changed "$(line '> descriptor at=packed-indirect queue=1' 2)" 's/len=\([0-9]*\)/len=1\1/'
changed "$(line '> descriptor at=control queue=2')" 's/command=0/command=1/'
changed "$(line '> descriptor at=control queue=2')" 's/class=MAC/class=RX/'
changed "$(line '< descriptor at=ack queue=2')" 's/ack=OK/ack=ERR/' "$(line '> descriptor at=packed queue=2' 4)"

# A received frame that comes out otherwise, or does not come.
record microvm 5 1500 rx 03-dns
changed "$(line '< frame' 3)" 's/data=.*/data=[00*60]/'
changed "$(line '< descriptor at=used queue=0' 4)" 's/len=[0-9]*/len=9/' "$(line '< frame' 4)"
changed "$(line '< descriptor at=header queue=0' 4)" 's/gso_type=NONE/gso_type=TCPV4/' "$(line '< frame' 4)"
conclude
