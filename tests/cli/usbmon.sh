#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# RNDIS over USB that others spoke: both readers take every message, answers fit
# their questions; a changed message is refused, and a cut file has its sentence.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"

rndis() {
	echo "$sources/fixtures/rndis-usb-$1.pcap"
}

# counted CAPTURE WAY COUNTS: what was found one way.
counted() {
	try 0 replay "$(rndis "$1")"
	silent err
	says out "$(rndis "$1"): pass"
	says out "  $2 the device: $3"
}

counted qemu-linux-full to "2 INITIALIZE_MSG, 2 HALT_MSG, 4 QUERY_MSG, 2 SET_MSG, 188 PACKET_MSG: 188 frames, 118999 bytes; 188 headers as ours"
counted qemu-linux-full from "2 INITIALIZE_CMPLT, 4 QUERY_CMPLT, 2 SET_CMPLT, 176 PACKET_MSG: 176 frames, 119443 bytes; 176 headers as ours"
counted qemu-linux-short from "1 INITIALIZE_CMPLT, 2 QUERY_CMPLT, 1 SET_CMPLT, 13 PACKET_MSG: 13 frames, 4030 bytes; 13 headers as ours"
counted qemu-linux-padbyte to "1 INITIALIZE_MSG, 1 HALT_MSG, 2 QUERY_MSG, 1 SET_MSG, 24 PACKET_MSG: 24 frames, 1914 bytes; 24 headers as ours"
says out "  1 pieces that are no message"
counted gadget-linux-full from "2 INITIALIZE_CMPLT, 4 QUERY_CMPLT, 2 SET_CMPLT, 5 INDICATE_STATUS_MSG, 53 PACKET_MSG: 53 frames, 23332 bytes; 53 headers as ours"

try 0 replay --json "$(rndis qemu-linux-short)"
says out '"verdict":"pass","frames":32,"bytes":5517,"no_message":0,'

# As a trace it is shown and converted like any other.
try 0 show --filter 'name=QUERY_MSG' "$(rndis qemu-linux-short)"
says out "oid=OID_802_3_PERMANENT_ADDRESS"
try 0 convert "$(rndis qemu-linux-full)" usb.vt
try 0 convert usb.vt usb.pcapng
try 0 diff --time usb.pcapng "$(rndis qemu-linux-full)"

# change EXPRESSION: a copy of the capture, changed by perl.
change() {
	perl -0777 -pe "$1 or die" "$(rndis qemu-linux-short)" >changed.pcap
}

# The answer to INITIALIZE becomes one to a question nobody asked.
change 's/\x02\x00\x00\x80\x34/\x06\x00\x00\x80\x34/s'
try 1 replay changed.pcap
says out "changed.pcap: FAIL"
says out "(RESET_CMPLT, from the device) answers nothing that was asked"
# A frame that reaches out of its message, to the device.
# shellcheck disable=SC2016 # perl's variable
change 's/(\x01\x00\x00\x00.\x00\x00\x00\x24\x00\x00\x00)./$1\xff/s'
try 1 replay changed.pcap
says out "(PACKET_MSG, to the device)"

head -c 1000 "$(rndis qemu-linux-short)" >cut.pcap
try 2 replay cut.pcap
says err "cut.pcap: record "
try 2 show cut.pcap
says err "cut.pcap: record "
head -c 24 "$(rndis qemu-linux-short)" >none.pcap
try 77 replay none.pcap
try 2 replay "$(rndis qemu-linux-short)" "$sources/pcaps/03-dns.pcap"
said "captures of usbmon and of Ethernet go in runs of their own"
conclude
