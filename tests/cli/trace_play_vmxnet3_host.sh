#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Recordings of vmxnet3 played as the host come out as they were, in both forms;
# one that was changed is reported with its place.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"
# shellcheck source=tests/support/play.bash
. "$sources/tests/support/play.bash"
# shellcheck disable=SC2034 # used by play.bash
vmm=vmware side=host

# Both ways, text and pcapng, over hosts and seeds that differ.
hosts=(esxi-6.0 esxi-6.5 esxi-6.7 esxi-7.0 esxi-8.0 qemu)
n=0
for capture in 01-http-ipv4 03-dns 04-ping-fragments 10-arp-nd 12-shortest 08-vlan; do
	host=${hosts[n]}
	n=$((n + 1))
	for way in tx rx; do
		record "$host" $((n + 1)) 1500 "$way" "$capture"
		plays 110
	done
done

# What is played is recorded, and plays again: with what the first line says of
# the driver, and where the card fails.
for script in a.vt "$sources"/fixtures/traces/vmware-host-{receive-large,receive-queues,completion-twice,gone}.vt; do
	try 0 replay --as host --trace b.vt --trace b.pcapng "$script"
	try 0 replay --as host b.vt b.pcapng
done

# What the driver writes, lays out and sends.
record esxi-7.0 1 1500 tx 03-dns
changed "$(line '> mmio VRRS')" 's/value=0x20/value=0x10/'
changed "$(line '> mmio MACH' 2)" 's/value=0x302/value=0x303/'
changed "$(line '> mmio CMD .*value=GET_LINK')" 's/GET_LINK/GET_STATS/'
changed "$(line '> mmio DSAL .*value=0x0')" 's/value=0x0/value=0x1000/'
changed "$(line '> descriptor at=shared' 2)" 's/mtu=1500/mtu=1501/'
grep -q '^  actual: > descriptor at=shared .* mtu=1500 ' err || wrong "not what happened"
grep -q '^  differing: mtu$' err || wrong "not the field"
grep -q '^  from byte 56 on:$' err || wrong "not the byte"
grep -q '^    script: dd 05 00 00 ' err || wrong "not the script's bytes"
grep -q '^    actual: dc 05 00 00 ' err || wrong "not the bytes that came"
changed "$(line '> descriptor at=shared')" 's/queueDescPA=0x[0-9a-f]*/queueDescPA=0x0/'
changed "$(line '> descriptor at=tx-queue')" 's/txRingSize=256/txRingSize=512/'
changed "$(line '> descriptor at=rx-queue')" 's/rxRingSize1=128/rxRingSize1=256/'
changed "$(line '> descriptor at=filter' 3)" 's/rxMode=0x10/rxMode=0x1f/'
changed "$(line '> descriptor at=tx .*eop=1')" 's/len=60/len=61/'
changed "$(line '> descriptor at=tx .*eop=0')" 's/cq=0/cq=1/'
changed "$(line '> descriptor at=tx .*om=NONE')" 's/om=NONE/om=CSUM/'
deleted "$(line '> mmio MACL' 2)"
deleted "$(line '> mmio CMD .*value=UPDATE_RX_MODE')"
deleted "$(line '> descriptor at=tx .*eop=0')"
deleted "$(line '> frame' 5)"
# Another address is as good as any.
sed 's/\(address\|BasePA[01]*\|ddPA\|queueDescPA\|mfTablePA\)=0x[1-9a-f][0-9a-f]*/\1=0x123400/g' a.vt >b.vt
cmp -s a.vt b.vt && wrong "no address was changed"
try 0 replay --as host b.vt

# What the driver posts, and what it makes of completions.
record esxi-8.0 1 1500 rx 03-dns
changed "$(line '> descriptor at=rx0' 3)" 's/len=2048/len=1024/'
changed "$(line '> descriptor at=rx0' 4)" 's/btype=0/btype=1/'
sed "$(line '< descriptor at=rxc' 4)s/len=\([0-9]*\)/len=1\1/" a.vt >b.vt
try 1 replay --as host b.vt
sed "$(line '< descriptor at=rxc' 5)s/rxdIdx=4/rxdIdx=300/" a.vt >b.vt
try 1 replay --as host b.vt
sed "$(line '< descriptor at=rxc' 5)s/rqID=0/rqID=9/" a.vt >b.vt
try 1 replay --as host b.vt
deleted "$(line '> descriptor at=rx0' 2)"

# A completion of a card that was stopped cannot come any more.
{
	cat a.vt
	grep -m 1 '< descriptor at=rxc' a.vt
} >b.vt
try 1 replay --as host b.vt
grep -q 'the driver was never ready for that$' err || wrong "a late completion"

# What a script cannot do.
printf 'trace 1 vmm=vmware queues=33\n' >bad.vt
try 2 replay --as host bad.vt
said "bad.vt:1: 'queues' is a number up to 32, not '33'"
printf 'trace 1 vmm=vmware host=hostile\n' >bad.vt
try 2 replay --as host bad.vt
printf 'trace 1 vmm=vmware\n< descriptor at=txc queue=3 index=0 txdIdx=0 type=0 gen=1\n> note text="no"\n' >bad.vt
try 1 replay --as host bad.vt
grep -q '^vmmsim: bad.vt:2: the driver has no such queue$' err || wrong "no such queue"
printf 'trace 1 vmm=vmware\n> mmio CMD at=bar1 width=4 value=QUIESCE_DEV\n> descriptor at=shared queue=0 index=0 mtu=1500 ...\n' >bad.vt
try 1 replay --as host bad.vt
grep -q '^vmmsim: bad.vt:3: that did not come$\|not what the script\|not in the script' err || wrong "an area that nobody reads"
printf 'trace 1 vmm=vmware\n> frame data=[00*20000]\n' >bad.vt
try 2 replay --as host bad.vt
said "bad.vt: a frame of 20000 bytes is far beyond the MTU"
conclude
