#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Traces: a replay's is written in both forms, each converts into the other
# without a difference, and is shown and compared; what is wrong has its
# sentence.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"

for vmm in hyperv vmware; do
	for way in tx rx; do
		try 0 replay --vmm "$vmm" --direction "$way" \
			--trace a.vt --trace a.pcapng "$sources/pcaps/08-vlan.pcap"
		silent err
		try 0 convert a.pcapng b.vt
		cmp -s a.vt b.vt || wrong "$vmm $way: text differs"
		try 0 convert a.vt b.pcapng
		cmp -s a.pcapng b.pcapng || wrong "$vmm $way: pcapng differs"
		try 0 diff --time a.vt b.pcapng
		grep -q '^the same: [0-9]* events$' out || wrong "no verdict"
	done
done

try 0 replay --direction tx --trace a.vt "$sources/pcaps/08-vlan.pcap"
grep -q '^trace 1 vmm=hyperv host=.* direction=tx mtu=1500 seed=1$' a.vt ||
	wrong "the first line does not say what ran"
try 0 show --layer messages a.vt
grep -q '> message INITIATE_CONTACT connection=' out || wrong "no message"
grep -q ' msr ' out && wrong "a layer that was not asked for"
try 0 show --layer rndis --filter 'name=SET_MSG' --json a.vt
grep -q '"oid":"OID_GEN_CURRENT_PACKET_FILTER"' out || wrong "no JSON"

# The frames are those of the capture.
try 0 show --layer frames a.vt
[ "$(wc -l <out)" = "$(grep -c ' frame ' a.vt)" ] || wrong "frames are missing"

# Another seed, another run: they part, and it is said where.
try 0 replay --direction tx --seed 2 --trace c.vt "$sources/pcaps/08-vlan.pcap"
try 1 diff a.vt c.vt
grep -q '^the same up to here: [0-9]* events$' out || wrong "where they part"
grep -q '^- a.vt, event [0-9]*:$' out || wrong "no side"
grep -q '^  differing: ' out || wrong "no fields"
head -n 20 a.vt >cut.vt
try 1 diff a.vt cut.vt
grep -q '^+ cut.vt ends after 19 events$' out || wrong "no end"

try 2 replay --trace a.txt --direction tx "$sources/pcaps/08-vlan.pcap"
said "option '--trace' wants a name that ends with .vt or .pcapng, not 'a.txt'"
try 2 replay --trace a.vt "$sources/pcaps/08-vlan.pcap"
said "option '--trace' is for one run: name one capture, --direction tx or rx, one hypervisor and one host"
try 2 replay --direction tx --trace no/a.vt "$sources/pcaps/08-vlan.pcap"
said "no/a.vt: No such file or directory"
try 2 replay --direction tx --trace a.vt --trace a.vt "$sources/pcaps/08-vlan.pcap"
said "option '--trace' names 'a.vt' twice"
try 2 show none.vt
said "none.vt: No such file or directory"
: >empty.vt
try 2 show empty.vt
said "empty.vt: it is empty"
try 2 show --layer nothing a.vt
said "option '--layer' names no layer: 'nothing'; there are: rndis, registers, interrupts, messages, packets, descriptors, frames, notes"
try 2 show --filter 'x' a.vt
said "option '--filter' wants terms 'KEY=VALUE' joined by 'and' (also != < <= > >=), and does not understand 'x'"
try 2 show
said "'show' needs one trace; see 'vmmsim show --help'"
try 2 diff a.vt
said "'diff' needs two traces; see 'vmmsim diff --help'"
try 2 convert a.vt b.txt
said "b.txt: a trace is written as .vt or .pcapng, by its name"
cp a.vt same.vt
try 2 convert same.vt same.vt
said "same.vt: cannot write: it is the trace to be read"
cmp -s a.vt same.vt || wrong "the trace was lost"
printf 'trace 1\n> msr HV_X64_MSR_EOM value=x\n' >bad.vt
try 2 convert bad.vt d.pcapng
said "bad.vt:2:22: 'value' wants a number"
capture=$sources/pcaps/03-dns.pcap
for words in show 'replay --as guest' 'diff a.vt'; do
	# shellcheck disable=SC2086 # words
	try 2 $words "$capture"
	said "$capture: a capture of frames is no trace: 'vmmsim replay' takes it"
done
head -c 1000 a.pcapng >cut.pcapng
try 2 show cut.pcapng
grep -q 'cut.pcapng: block [0-9]* at byte [0-9]*: the file ends in it' err ||
	wrong "no place"

# What was good is not overwritten by half of what is bad; a link stays one, and
# rights stay as they are.
mkdir results
cp a.vt results/good.vt
chmod 640 results/good.vt
ln -s good.vt results/link.vt
try 2 convert cut.pcapng results/link.vt
cmp -s a.vt results/good.vt || wrong "a good file was lost"
try 2 convert cut.pcapng results/new.vt
try 0 convert a.pcapng results/link.vt
[ -L results/link.vt ] || wrong "the link is none any more"
[ "$(stat -c %a results/good.vt)" = 640 ] || wrong "other rights"
try 0 diff --time a.pcapng results/good.vt
[ "$(ls results)" = "good.vt
link.vt" ] || wrong "something was left behind"
conclude
