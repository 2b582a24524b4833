#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The dissector for Wireshark: of what the three hypervisors' traces hold it
# leaves nothing out and finds nothing malformed; each malformed message that is
# planted is marked, and as what it is.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"
# shellcheck source=tests/support/dissect.bash
. "$sources/tests/support/dissect.bash"

# Which lines of it find something wrong, from the planted ones on.
export SITES=$scratch/sites
saying=(-X "lua_script:$sources/tests/support/sites.lua")

# good VMM HOST WAY CAPTURE FIELD...: a trace in which all is right, with
# messages that have these fields in it. Packets are read twice: what is kept
# from one to the next is used then.
good() {
	local run="$1 $2 $3 $4" events field n=6 fields=()
	try 0 replay --vmm "$1" --host "$2" --direction "$3" \
		--trace a.vt --trace a.pcapng "$sources/pcaps/$4.pcap"
	shift 4
	for field in "$@"; do
		fields+=(-e "$field")
	done
	dissect a.pcapng -2 -o vmmsim.frames:FALSE -Y 'frame.interface_id == 1' \
		-T fields -E separator=';' -e vmmsim.kind \
		-e vmmsim.malformed -e vmmsim.undissected -e vmmsim.rule \
		-e _ws.malformed -e _ws.lua.text "${fields[@]}" >found
	events=$(sed 1d a.vt | grep -cvE ' frame |^block |^$')
	[ "$(grep -c '^[0-9]' found)" = "$events" ] ||
		wrong "$run: $(grep -c '^[0-9]' found) of $events events"
	! grep -m 3 -vE '^[0-9]+;;;;;' found ||
		wrong "$run: malformed, or not dissected"
	for field in "$@"; do
		n=$((n + 1))
		[ -n "$(cut -d ';' -f $n found | tr -d '\n')" ] ||
			wrong "$run: nothing has $field"
	done
}

good hyperv ws2012 tx 08-vlan vmmsim.cpuid.leaf vmmsim.msr.number \
	vmmsim.hypercall.code vmmsim.vector vmmsim.vmbus.interface_type \
	vmmsim.vmbus.page vmmsim.vmbus.flag vmmsim.nvsp.section.offset \
	vmmsim.packet.range.byte_count vmmsim.rndis.oid vmmsim.rndis.data
good hyperv azure rx 06-tcp-bulk-offload-on vmmsim.packet.range.pfns \
	vmmsim.rndis.ppi.type vmmsim.rndis.offload.flags \
	vmmsim.rndis.information.oid
good hyperv ws2012r2 rx 04-ping-fragments vmmsim.expert.quirk
good vmware esxi-6.0 tx 03-dns vmmsim.vmxnet3.command vmmsim.vmxnet3.tx.len \
	vmmsim.vmxnet3.txc.txdIdx vmmsim.vmxnet3.shared.mtu \
	vmmsim.vmxnet3.shared.vfTable vmmsim.vmxnet3.filter.rxMode \
	vmmsim.vmxnet3.tx_queue.txRingBasePA vmmsim.vmxnet3.tx_queue.stats \
	vmmsim.vmxnet3.rx_queue.rxRingSize1
good vmware esxi-8.0 rx 08-vlan vmmsim.vmxnet3.rx.len vmmsim.vmxnet3.rxc.len
good vmware qemu rx 03-dns vmmsim.vmxnet3.rxc.len vmmsim.vmxnet3.rxc.type
good firecracker microvm rx 08-vlan vmmsim.virtq.used.len
good firecracker firecracker-1.7 tx 03-dns vmmsim.virtio_mmio.bits \
	vmmsim.virtq.desc.len vmmsim.virtq.avail.head vmmsim.virtq.used.len
good firecracker strict rx 06-tcp-bulk-offload-on vmmsim.virtq.packed.len \
	vmmsim.virtio_net.header.gso_size vmmsim.virtio_net.control.class \
	vmmsim.virtio_net.control.data vmmsim.virtio_net.ack.ack

# A frame in a message is Ethernet's.
try 0 replay --direction tx --trace a.pcapng "$sources/pcaps/03-dns.pcap"
dissect a.pcapng -2 -Y 'vmmsim.rndis.type == 1 and dns' >found
grep -q 'RNDIS .*PACKET_MSG: DNS Standard query' found || wrong "no DNS in RNDIS"

# What is planted, and what it is found to be.
cat >planted <<'END'
truncated	< message - sint=2 data=[01 00 00]
truncated	< message - sint=2 data=[01 00*60]
type	< message - sint=2 data=[63 00*7]
type	< message - sint=2 message_type=7 data=[01 00*7]
length	> message - connection=4 data=[03 00*244]
length	> message GPADL_HEADER connection=1 child_relid=1 gpadl=0x10 range_buffer_length=16 range_count=2 byte_count=4096 byte_offset=0 pages={1}
length	> message GPADL_HEADER connection=1 child_relid=1 gpadl=0x10 range_buffer_length=16 range_count=1 byte_count=8192 byte_offset=0 pages={1}
length	> message GPADL_HEADER connection=1 child_relid=1 gpadl=0x10 range_buffer_length=16 range_count=1 byte_count=4096 byte_offset=0 pages={1 2}
length	> message - connection=1 data=[09 00*15 01 00*7 01 00 00]
type	> packet - channel=1 type=3 transaction=1 data=[01 00*31]
offset	> packet - channel=1 type=INBAND transaction=1 data_offset=64 data=[01 00*11]
offset	> packet - channel=1 type=INBAND transaction=1 data_offset=8 data=[01 00*11]
length	> packet - channel=1 type=INBAND transaction=1 header=[00*8] data=[01 00*11]
length	> packet - channel=1 type=GPA_DIRECT transaction=1 header=[00*4 01 00*4 10 00*6] data=[6b 00*15]
length	> packet - channel=1 type=GPA_DIRECT transaction=1 header=[00*4 02 00*4 10 00*6 01 00*7] data=[6b 00*15]
offset	> packet - channel=1 type=GPA_DIRECT transaction=1 header=[00*4 01 00*3 01 00*4 10 00 00 01 00*7] data=[6b 00*15]
truncated	< packet - channel=1 type=TRANSFER_PAGES transaction=1 data=[6b 00*15]
length	< packet - channel=1 type=TRANSFER_PAGES transaction=1 header=[ed 00*3 ff 00*3 10 00*7] data=[6b 00*15]
truncated	> packet - channel=1 type=INBAND transaction=1 data=[01 00]
truncated	> packet - channel=1 type=INBAND transaction=1 data=[01 00*3 02]
type	> packet - channel=1 type=INBAND transaction=1 data=[63 00*15]
type	> packet - channel=1 type=INBAND transaction=1 data=[6b 00*3 07 00*11]
length	< packet - channel=1 type=COMPLETION transaction=1 data=[66 00*3 01 00*3 09 00*3 00*16]
length	< packet - channel=1 type=COMPLETION transaction=1 data=[66 00*3 01 00*3 01 00*3 00*4 00 10 00 00 02 00*3 00 10 00 00]
offset	< packet - channel=1 type=INBAND transaction=1 data=[86 00*3 10 00*3 c8 00*3 00*64]
truncated	> rndis - channel=1 section=0 data=[]
truncated	> rndis - channel=1 section=0 data=[01 00*3]
truncated	< rndis - channel=1 at_offset=0 data=[02 00 00 80 18 00*19]
type	> rndis - channel=1 section=0 data=[55 00*3 0c 00*7]
length	> rndis - channel=1 section=0 data=[08 00*3 90 01 00*6]
length	> rndis - channel=1 section=0 data=[08 00*3 04 00*7]
offset	> rndis - channel=1 section=0 data=[01 00*3 30 00*3 24 00*3 08 00*3 00*28 00*4]
offset	> rndis - channel=1 section=0 data=[01 00*3 30 00*3 00*4 04 00*3 00*28 00*4]
offset	> rndis - channel=1 section=0 data=[01 00*3 2c 00*3 ff ff ff ff ff ff ff ff 00*28]
offset	> rndis - channel=1 section=0 data=[01 00*3 2c 00*11 00*12 24 00*3 10 00*11]
offset	> rndis - channel=1 section=0 data=[01 00*3 2c 00*11 24 00*3 08 00*23]
ppi	> rndis - channel=1 section=0 data=[01 00*3 3c 00*23 24 00*3 10 00*11 08 00*3 06 00*3 0c 00*3 00*4]
ppi	> rndis - channel=1 section=0 data=[01 00*3 3c 00*23 24 00*3 10 00*11 20 00*3 06 00*3 0c 00*3 00*4]
ppi	> rndis - channel=1 section=0 data=[01 00*3 3c 00*23 24 00*3 10 00*11 10 00*3 06 00*3 40 00*3 00*4]
ppi	> rndis - channel=1 section=0 data=[01 00*3 3c 00*23 24 00*3 10 00*11 10 00*3 06 00*3 04 00*3 00*4]
ppi	> rndis - channel=1 section=0 data=[01 00*3 40 00*23 24 00*3 14 00*11 10 00*3 06 00*3 0c 00*3 00*4 00*4]
ppi	> rndis - channel=1 section=0 data=[01 00*3 3c 00*23 24 00*3 10 00*11 10 00*3 06 00*3 0e 00*3 00*4]
type	> rndis - channel=1 section=0 data=[01 00*3 3c 00*23 24 00*3 10 00*11 10 00*3 4d 00*3 0c 00*3 00*4]
offset	< rndis - channel=1 at_offset=0 data=[04 00 00 80 1c 00*3 02 00*7 04 00*3 40 00*3 00*4]
offset	< rndis - channel=1 at_offset=0 data=[07 00*3 14 00*3 0b 00 01 40 04 00*3 0c 00*3]
length	> rndis - channel=1 section=0 data=[05 00*3 23 00*3 01 00*3 03 01 01 01 07 00*3 14 00*3 00*4 01 00 5e 00 00 01 07]
offset	> rndis - channel=1 section=0 data=[05 00*3 44 00*3 01 00*3 04 02 01 00 28 00*3 14 00*3 00*4 89 02 28 00*9 40 00*3 28 00*23]
offset	> rndis - channel=1 section=0 data=[05 00*3 30 00*3 01 00*3 1b 02 01 00 14 00*3 14 00*3 00*4 14 00*3 08 00*15]
length	> rndis - channel=1 section=0 data=[05 00*3 44 00*3 01 00*3 07 02 01 00 28 00*3 14 00*3 00*4 80 01 c8 00*37]
type	> mmio - at=bar0 offset=0x300 width=4 value=1
type	> mmio CMD at=bar1 width=4 value=0x12345678
type	< mmio - at=virtio-mmio offset=0xd0 width=4 value=1
length	> mmio Status at=virtio-mmio width=3 value=1
truncated	< cpuid - leaf=1 data=[00*3]
truncated	> descriptor - at=tx queue=0 index=0 data=[00*12]
length	> descriptor - at=rx0 queue=0 index=0 data=[01*24]
type	< descriptor - at=txc queue=0 index=0 data=[00*15 03]
type	< descriptor - at=rxc queue=0 index=0 data=[00*15 05]
truncated	> descriptor - at=shared queue=0 index=0 data=[e1 fe be ba 00*715]
type	> descriptor - at=shared queue=0 index=0 data=[e1 fe be bb 00*716]
truncated	> descriptor - at=filter queue=0 index=0 data=[00*527]
length	> descriptor at=mac-table queue=0 index=0 mfTable=[01 00 5e 00 00 01 01]
length	< descriptor - at=events queue=0 index=0 data=[04 00*4 01]
type	> descriptor at=nowhere queue=0 index=0 data=[00*16]
flags	> descriptor at=desc queue=0 index=0 address=0x1000 len=16 flags=0x80 next=0
flags	> descriptor at=desc queue=0 index=0 address=0x1000 len=16 flags=0x5 next=0
length	> descriptor at=desc queue=0 index=0 address=0x1000 len=10 flags=0x4 next=0
length	> descriptor at=desc queue=0 index=0 address=0x1000 len=0 flags=0x4 next=0
flags	> descriptor at=indirect queue=0 index=0 address=0x1000 len=16 flags=0x4 next=0
flags	> descriptor at=packed queue=0 index=0 address=0x1000 len=16 id=0 flags=0x8080
flags	< descriptor at=packed queue=0 index=0 address=0x1000 len=16 id=0 flags=0x80
flags	> descriptor at=packed-indirect queue=0 index=0 address=0x1000 len=16 id=0 flags=0x1
type	> descriptor at=header queue=1 index=0 flags=0x0 gso_type=0x2 hdr_len=0 gso_size=0 csum_start=0 csum_offset=0 num_buffers=0
length	> descriptor at=header queue=1 index=0 flags=NEEDS_CSUM gso_type=TCPV4 hdr_len=54 gso_size=0 csum_start=34 csum_offset=16 num_buffers=0
flags	< descriptor at=header queue=0 index=0 flags=0x8 gso_type=NONE hdr_len=0 gso_size=0 csum_start=0 csum_offset=0 num_buffers=1
truncated	> descriptor - at=header queue=1 index=0 data=[00*10]
type	> descriptor at=control queue=2 index=0 class=9 command=0
type	< descriptor at=ack queue=2 index=0 ack=0xaa
truncated	< descriptor - at=used queue=0 index=0 data=[00*4]
length	> descriptor - at=avail queue=0 index=0 data=[01*6]
END

# marks FILE: the first word of what each packet is marked as.
marks() {
	dissect "$1" "${saying[@]}" -Y vmmsim -T fields -E occurrence=f -e frame.number \
		-e vmmsim.malformed | sed 's/:.*//'
}
{
	printf 'trace 1\n'
	cut -f2 planted
} >planted.vt
try 0 convert planted.vt planted.pcapng
cut -f1 planted | awk '{ printf "%d\t%s\n", NR, $0 }' >wanted
marks planted.pcapng >found
diff wanted found || wrong "what is planted is not marked as that"
dissect planted.pcapng -T fields -Y 'vmmsim.malformed and !_ws.lua.text and
	_ws.expert.severity == 0x00800000' -e frame.number >found
[ "$(wc -l <found)" = "$(wc -l <planted)" ] || wrong "no expert notes"

# A frame that Ethernet finds malformed.
printf 'trace 1\n> rndis - channel=1 section=0 data=[%s]\n' \
	'01 00*3 31 00*3 24 00*3 05 00*3 00*28 ff*5' >frame.vt
try 0 convert frame.vt frame.pcapng
dissect frame.pcapng "${saying[@]}" -2 -T fields -e vmmsim.malformed >found
grep -qx 'length: the frame of 5 bytes is malformed' found ||
	wrong "a malformed frame is not marked"

# Each part of what is around a message, and events that no trace in text has.
# block TYPE BYTES: of pcapng; its body, in hexadecimal, comes in whole words.
block() {
	local n length=$((12 + ${#2} / 2))
	{
		le32 "$1" $length
		for ((n = 0; n < ${#2}; n += 2)); do
			# shellcheck disable=SC2059 # it is what is made
			printf "\\x${2:n:2}"
		done
		le32 $length
	} >>raw.pcapng
}
# event HEX: a packet of the second interface.
event() {
	local length=$((${#1} / 2))
	block 6 "010000000000000000000000$(printf '%02x000000%02x000000' \
		"$length" "$length")$1$(printf '%*s' \
		$(((8 - ${#1} % 8) % 8)) '' | tr ' ' 0)"
}
zeros=0000000000000000
: >raw.pcapng
block $((0x0a0d0d0a)) "4d3c2b1a01000000ffffffffffffffff"
block 1 0100000000000000
block 1 9300000000000000
event "02050000$zeros$zeros$zeros${zeros}00000000"
event "01630000$zeros$zeros$zeros${zeros}00000000"
event "010d0000$zeros$zeros$zeros${zeros}00000000"
event "01050200$zeros$zeros$zeros${zeros}00000000"
event "0103000000000000000000000c000300$zeros$zeros$zeros"
event "01060100$zeros${zeros}0000000003000000$zeros$zeros"
event "010500"
printf '%s\n' type type type type length type truncated |
	awk '{ printf "%d\t%s\n", NR, $0 }' >wanted
marks raw.pcapng >found
diff wanted found || wrong "events that are none are not marked as that"

# A rule that is broken has its text.
printf 'trace 1\n> rule text="virtio 2.9: no"\n> note text="well"\n' >rule.vt
try 0 convert rule.vt rule.pcapng
dissect rule.pcapng "${saying[@]}" -T fields -e vmmsim.rule -e vmmsim.note >found
printf 'virtio 2.9: no\t\n\twell\n' >wanted
diff wanted found || wrong "rules and notes"
dissect rule.pcapng -T fields -Y vmmsim.expert.rule -e frame.number >found
[ "$(cat found)" = 1 ] || wrong "a broken rule has no expert note"

# What is wrong and known of some hosts, what is reserved and not zero, and what
# belongs to nothing.
cat >notes.vt <<'END'
trace 1
< rndis - channel=1 at_offset=0 data=[07 00*3 0c 00*3 06 00 02 40 00*8]
< message - sint=2 data=[01 00*3 01 00*3 00*188]
> packet - channel=1 type=INBAND transaction=1 data=[6b 00*39 01]
END
try 0 convert notes.vt notes.pcapng
dissect notes.pcapng "${saying[@]}" -T fields -E separator=';' \
	-e vmmsim.malformed -e vmmsim.expert.quirk \
	-e vmmsim.expert.reserved -e vmmsim.expert.undissected >found
printf '%s\n' ';1;;' ';;1;' ';;;1' >wanted
diff wanted found || wrong "quirks, reserved and undissected bytes"
# Each line of the dissector that finds something wrong did so above.
(
	cd "$sources/docs/wireshark"
	grep -rnoE '^[[:blank:]].*malformed\(|add_proto_expert_info\(' \
		--include='*.lua' . | sed -E 's|^\./||; s|(:[0-9]+):.*|\1|' | sort -u
) >wanted
sort -u sites | diff - wanted || wrong "nothing planted makes these lines speak"
conclude
