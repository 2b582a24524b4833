#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Recordings of vmxnet3 played as the guest come out as they were, in both forms;
# one that was changed is reported with its place.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"
# shellcheck source=tests/support/play.bash
. "$sources/tests/support/play.bash"
# shellcheck disable=SC2034 # used by play.bash
vmm=vmware side=guest

# Both ways, text and pcapng, over hosts and seeds that differ.
hosts=(esxi-6.0 esxi-6.5 esxi-6.7 esxi-7.0 esxi-8.0 qemu)
n=0
for capture in 02-http-ipv6 03-dns 08-vlan 09-multicast 11-lengths 14-dhcp; do
	host=${hosts[n]}
	n=$((n + 1))
	for way in tx rx; do
		record "$host" "$n" 1500 "$way" "$capture"
		plays 280
	done
done
# What the card answers: ports, registers, completions, frames; what the guest
# writes, when the card makes something else of it.
record esxi-7.0 1 1500 tx 08-vlan
changed "$(line '< port CONFIG_DATA .*value=0xe0000000')" 's/value=0xe0000000/value=0xe0000004/'
changed "$(line '< mmio VRRS')" 's/value=0x3f/value=0x1f/'
changed "$(line '< mmio CMD .*value=0x0' 3)" 's/value=0x0/value=0x1/'
changed "$(line '< descriptor at=txc' 5)" 's/txdIdx=\([0-9]*\)/txdIdx=1\1/'
grep -q '^  actual: < descriptor at=txc queue=0 index=4 ' err || wrong "not what happened"
grep -q '^  differing: txdIdx$' err || wrong "not the field"
grep -q '^  from byte 0 on:$' err || wrong "not the byte"
changed "$(line '> frame data=')" 's/data=.*/data=[00*60]/'
tagged=$(line '> descriptor at=tx .*eop=1 cq=1 ti=0')
frame=$(grep -n -m 1 "> frame" <(sed -n "$tagged,\$p" a.vt) | cut -d : -f 1)
changed "$tagged" 's/ti=0 tci=0x0/ti=1 tci=0x7/' $((tagged + frame - 1))
deleted "$(line '< descriptor at=txc' 3)"
deleted "$(line '> descriptor at=tx-queue' 2)"
deleted "$(line '> descriptor at=shared' 2)"
deleted "$(line '> mmio CMD .*value=ACTIVATE_DEV' 2)"

record esxi-7.0 1 1500 rx 03-dns
changed "$(line '< descriptor at=rxc' 4)" 's/tuc=1/tuc=0/'
changed "$(line '< descriptor at=rxc' 4)" 's/len=\([0-9]*\)/len=1\1/'
completion=$(line '< descriptor at=rxc' 2)
changed "$(line '< frame data=\[' 2)" 's/\]/00]/' "$completion"
deleted "$(line '> descriptor at=rx0' 2)"
deleted "$(line '> descriptor at=filter' 3)"

# Frames in several buffers, of both rings, which are used again; two of them at
# one place, where then no frame lies.
record esxi-8.0 7 9000 rx 07-jumbo
try 0 replay --as guest a.vt a.pcapng
grep -q 'at=rx1 .*gen=0' a.vt || wrong "no ring came to its end"
second=$(line '> descriptor at=rx1')
address=$(sed -n "1,${second}s/.*at=rx0 .*address=\(0x[0-9a-f]*\).*/\1/p" a.vt | tail -n 1)
end=$(grep -n -m 1 "at=rxc.* eop=1" <(sed -n "$second,\$p" a.vt) | cut -d : -f 1)
changed "$second" "s/address=0x[0-9a-f]*/address=$address/" $((second + end - 1))
grep -q 'no frame is what lies in the buffers' err || wrong "the buffers are not looked at"

# What a script cannot do.
printf 'trace 1 vmm=vmware\n> mmio VRRS at=bar1 width=8 value=1\n' >bad.vt
try 1 replay --as guest bad.vt
grep -q '^vmmsim: bad.vt:2: a guest accesses 1, 2 or 4 bytes$' err || wrong "8 bytes"
printf 'trace 1 vmm=vmware\n> mmio - at=bar7 offset=0 width=4 value=1\n' >bad.vt
try 1 replay --as guest bad.vt
grep -q "^vmmsim: bad.vt:2: nothing is at 'bar7'" err || wrong "no such place"
printf 'trace 1 vmm=vmware\n> mmio VRRS cpu=9 at=bar1 width=4 value=1\n' >bad.vt
try 1 replay --as guest bad.vt
grep -q '^vmmsim: bad.vt:2: there is no vCPU 9$' err || wrong "no such vCPU"
conclude
