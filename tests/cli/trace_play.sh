#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Recordings played to both sides come out as they were; one that was changed is
# reported with its place.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"
# shellcheck source=tests/support/play.bash
. "$sources/tests/support/play.bash"
# shellcheck disable=SC2034 # used by play.bash
vmm=hyperv

# Both ways, text and pcapng, over hosts and seeds that differ.
hosts=(ws2012 ws2012r2 ws2016 ws2019 ws2022 azure)
n=0
for capture in 01-http-ipv4 03-dns 04-ping-fragments 08-vlan 11-lengths 12-shortest; do
	host=${hosts[n]}
	n=$((n + 1))
	for way in tx rx; do
		record "$host" "$n" 1500 "$way" "$capture"
		for side in guest host; do
			plays 70
		done
	done
done

# With these the host once told its offloads before it had read a completion,
# and closed a channel before it had read that its buffers are revoked.
for host in ws2012r2 azure; do
	record "$host" 1 1500 rx 03-dns
	for side in guest host; do
		plays 70
	done
done

# What the world does to a card is played again: its link, a card that is taken
# away and comes back.
while read -r scenario host; do
	try 0 scenario run "$scenario" --host "$host" --vmbus highest \
		--nvsp highest --trace a.vt
	grep -q '< note text="' a.vt || wrong "$scenario $host: nothing is done to the card"
	try 0 replay --as guest a.vt
	silent err
done <<'END'
link ws2019
rescind-asked ws2022
rescind ws2012
END

# A scenario's recording: its card and driver, and the versions that it named.
while read -r of host scenario options; do
	# shellcheck disable=SC2086 # words
	try 0 scenario run "$scenario" --vmm "$of" --host "$host" \
		--frames 100 --trace a.vt $options
	try 0 replay --as guest a.vt
	[ "$scenario" = mac ] || try 0 replay --as host a.vt
done <<'END'
hyperv azure mac
hyperv ws2012r2 pages
hyperv ws2019 flood --nvsp 5 --vmbus 3.0
hyperv ws2022 transmit --seed 2
vmware esxi-7.0 small
vmware esxi-7.0 data-rings
vmware esxi-6.0 receive --revision 1
firecracker strict flood
END
try 0 replay --direction tx --trace a.vt "$sources/pcaps/03-dns.pcap"

# Where its memory lies is the driver's affair; that it is there, and how much of
# it, is not.
sed -E "$(line '> msr HV_X64_MSR_SIMP')"'s/0x[0-9a-f]+/0x5000/
	'"$(line '> message GPADL_HEADER')"'s/(pages=\{)[^ ]*/\10x77/' a.vt >b.vt
cmp -s a.vt b.vt && wrong "nothing was changed"
try 0 replay --as host b.vt
side=host changed "$(line '> msr HV_X64_MSR_SIMP')" 's/|0x[0-9a-f]*//'
side=host changed "$(line '> msr HV_X64_MSR_SIMP')" 's/ENABLE|//'
side=host changed "$(line '> message GPADL_BODY')" 's/pages={[^ ]* /pages={/'

# A field of the host's half, of the guest's half; a byte of a payload.
side=guest changed "$(line '< packet INIT_COMPLETE')" 's/maximum_mdl_chain_length=34/maximum_mdl_chain_length=35/'
grep -q '^  actual: < packet INIT_COMPLETE .* maximum_mdl_chain_length=34 ' err || wrong "not what happened"
grep -q '^  differing: maximum_mdl_chain_length$' err || wrong "not the field"
grep -q '^  from byte 8 on:$' err || wrong "not the byte"
grep -q '^    script: 23 00 00 00 01 ' err || wrong "not the script's bytes"
grep -q '^    actual: 22 00 00 00 01 ' err || wrong "not the bytes that came"
side=guest changed "$(line '< rndis QUERY_CMPLT.*address=')" 's/00155d01/00155d02/'
side=guest changed "$(line '< cpuid')" 's/eax=0x3/eax=0x4/'
side=guest changed "$(line '< msr HV_X64_MSR_SIMP')" 's/value=0x0/value=0x1/'
side=host changed "$(line '> packet SEND_NDIS_CONFIG')" 's/mtu=1514/mtu=1515/'
side=host changed "$(line '> rndis SET_MSG')" 's/revision=3 size=28/revision=3 size=29/'
grep -q '^  differing: offload_parameters.0.size$' err || wrong "not the field of the group"
side=guest changed "$(line '< packet SEND_RNDIS_PKT ')" 's/range={byte_count=/&1/'
grep -q '^  differing: range.0.byte_count$' err || wrong "not the field of the range"
side=host changed "$(line '> message OPENCHANNEL')" 's/downstream_offset=17/downstream_offset=16/'
side=host changed "$(line '> msr HV_X64_MSR_SINT2')" 's/value=0xc8/value=0xc9/'
frame=$(line '> frame')
sed "${frame}s/\(data=\[*[0-9a-f%b]*\)/data=[00]#/" a.vt >b.vt
try 1 replay --as guest b.vt
grep -q "^vmmsim: b.vt:$frame: " err || wrong "another frame is not noticed"

# A line that is missing, on either side; one too many.
sed "$(line '> message OPENCHANNEL')d" a.vt >b.vt
try 1 replay --as guest b.vt
grep -q "that did not come within" err || wrong "nothing is waited for"
try 1 replay --as host b.vt
sed "$(line '< message OPENCHANNEL_RESULT')d" a.vt >b.vt
try 1 replay --as guest b.vt
try 1 replay --as host b.vt
sed "$(line '< rndis INITIALIZE_CMPLT')d" a.vt >b.vt
try 1 replay --as host b.vt
sed "$(line '> packet INIT')p" a.vt >b.vt
try 1 replay --as host b.vt

# What a direction has not is not compared, unless the script asks for it.
rule=$sources/fixtures/traces/hyperv-guest-open-unknown-list.vt
grep -v '^> rule' "$rule" >b.vt
try 0 replay --as guest b.vt
for word in 'compare > rule' '  compare >rule # and why'; do
	{ cat b.vt && echo "$word"; } >c.vt
	try 1 replay --as guest c.vt
	says err ': what happened is not in the script, which waits here'
	says err '  actual: > rule text="VMBus OPEN_CHANNEL: channel 1: its ring is'
	{ cat "$rule" && echo "$word"; } >c.vt
	try 0 replay --as guest c.vt
done
grep -v '^> note' "$sources/fixtures/traces/hyperv-host-bring-up.vt" >b.vt
try 0 replay --as host b.vt
{ cat b.vt && echo 'compare > note'; } >c.vt
try 1 replay --as host c.vt
says err '  actual: > note text="the card is started"'
# refused SIDE LINE SENTENCE: of a script that consists of a line.
refused() {
	printf 'trace 1 vmm=hyperv\n%s\n' "$2" >c.vt
	try 2 replay --as "$1" c.vt
	said "c.vt:2:$3"
}
refused guest 'compare > vector' "11: 'vector' from the guest is not compared when that side is played"
refused host 'compare < message' "11: 'message' to the guest is not compared when that side is played"
refused guest 'compare > word' "11: there is no kind of event 'word'"
refused guest 'compare rule' "9: '>' (from the guest) or '<' (to it) is expected"
refused guest 'compare > rule text' '16: the line should end here'
refused guest 'compare >' "10: there is no kind of event ''"
try 2 show c.vt
says err 'c.vt:2:10:'
printf 'trace 1\ncompare > rule\n' >c.vt
try 2 show c.vt
said "c.vt:2: what is to be compared: this is a script, not a recording"

# A received frame that the script has otherwise.
try 0 replay --direction rx --trace a.vt "$sources/pcaps/12-shortest.pcap"
side=host changed "$(line '< frame')" 's/data=.*/data=[00]/'

# What a script is not.
try 2 replay --as nobody a.vt
said "option '--as' names no side: 'nobody'; there are: guest, host"
try 2 replay --as guest none.vt
said "none.vt: No such file or directory"
printf 'trace 1 vmm=hyperv host=nowhere\n' >bad.vt
try 2 replay --as guest bad.vt
grep -q "^vmmsim: bad.vt:1: .*'nowhere'" err || wrong "an unknown host"
while IFS=';' read -r words sentence; do
	printf 'trace 1 %s\n' "$words" >bad.vt
	try 2 replay --as guest bad.vt
	said "bad.vt:1$sentence"
done <<'END'
vmm=hyperv mtuu=9000;:20: 'mtuu' is nothing that a first line says
scenario=none;: there is no scenario 'none'
vmbus="9.9";: 'vmbus' names no version: '9.9'
vmm=vmware mac="00:50:56:01:02";: 'mac' is an address as 00:50:56:01:02:03, not '00:50:56:01:02'
vmm=vmware mac="00:50:56:01:02:03x";: 'mac' is an address as 00:50:56:01:02:03, not '00:50:56:01:02:03x'
mtu=99999;: 'mtu' is a number up to 9000, not '99999'
END
printf 'trace 1 vmm=hyperv\nunordered\n' >bad.vt
try 2 replay --as guest bad.vt
said "bad.vt:2: a group has no end"
printf 'trace 1 vmm=hyperv\n> msr HV_X64_MSR_SIMP value=...\n' >bad.vt
try 2 replay --as guest bad.vt
said "bad.vt:2:23: 'value' has to be known here: it is sent"
printf "trace 1 vmm=hyperv\n> msr HV_X64_MSR_SIMP value=\$page\n" >bad.vt
try 2 replay --as guest bad.vt
said "bad.vt:2:23: '\$page' has no value yet"
try 0 replay --as guest --define page=0x1000 bad.vt
try 2 replay --as guest --define page bad.vt
said "a variable is defined as NAME=value, not 'page'"
conclude
