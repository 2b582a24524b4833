#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Traces of scenarios, and the files that a failing run leaves behind: of each
# command, whatever way the run fails, with the reason at the event; and nothing
# is left of a run that passes. A guest that does wrong is planted.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"

good=$vmmsim
: "${VMMSIM_PLANTED:=$(dirname "$vmmsim")/tests}"

# planted WHAT STATUS ARGUMENT...: with that fault in the guest.
planted() {
	local what=$1
	shift
	vmmsim=$VMMSIM_PLANTED/vmmsim_planted
	PLANTED=$what try "$@"
	vmmsim=$good
}

# left NAME REASON: both files are there, say the same, and the reason stands
# behind one event of each; then they go.
left() {
	local text="fail-$1.vt" packets="fail-$1.pcapng"
	says out "trace: $text, $packets"
	[ -s "$text" ] || wrong "no $text"
	[ -s "$packets" ] || wrong "no $packets"
	grep -q "^trace 1 vmm=.* failure=" "$text" || wrong "no failure in $text"
	[ "$(grep -c " # " "$text")" = 1 ] || wrong "not one comment in $text"
	grep -qF " # $2" "$text" || {
		wrong "the comment is not: $2"
		grep " # " "$text"
	}
	"$good" convert "$text" again.pcapng
	cmp -s again.pcapng "$packets" || wrong "$packets says something else"
	"$good" convert "$packets" again.vt
	cmp -s again.vt "$text" || wrong "$text says something else"
	[ "$("$good" show --json "$packets" | grep -c '"comment":')" = 1 ] ||
		wrong "not one comment in $packets"
	! command -v tshark >/dev/null ||
		tshark -r "$packets" -T fields -e frame.comment -Y frame.comment \
			2>/dev/null | grep -qF "$2" ||
		wrong "Wireshark does not show the comment of $packets"
	cp "$text" last.vt
	rm "$text" "$packets" again.*
}

nothing_left() {
	! compgen -G 'fail-*' >/dev/null || {
		wrong "something is left of $1"
		ls
		rm -f fail-*
	}
}

# ---- Traces of scenarios ----
run=(run flood --host ws2019)
try 0 scenario "${run[@]}" --vmbus highest --nvsp highest
grep -v '^repeat' out >plain
try 0 scenario "${run[@]}" --trace a.vt --trace a.pcapng
silent err
cmp -s plain <(grep -v '^repeat' out) || wrong "a recording changes the run"
nothing_left "a run that passes"
grep -q '^trace 1 vmm=hyperv host=ws2019 scenario=flood vmbus="5.2" nvsp="6.1" seed=1 fault=none$' a.vt ||
	wrong "the first line does not say what ran"
grep -q ' # ' a.vt && wrong "a comment in a run that passes"
[ "$(grep -c ' frame ' a.vt)" -gt 500 ] || wrong "frames are missing"
try 0 convert a.pcapng b.vt
cmp -s a.vt b.vt || wrong "both forms differ"
repeat=$(sed -n 's/^repeat: //p' out)
bash -c "$repeat" >again 2>&1 || wrong "the repeat failed"
cmp -s a.vt b.vt || wrong "the repeat recorded something else"
for vmm in vmware firecracker; do
	host=$("$good" list | sed -n "s/^$vmm *\([^ ]*\) .*/\1/p" | tail -n 2 |
		head -n 1)
	limit=--virtio
	[ $vmm = firecracker ] || limit=--revision
	run=(run flood --vmm "$vmm" --host "$host" --seed 3 "$limit" highest)
	try 0 scenario "${run[@]}"
	grep -v '^repeat' out >plain
	try 0 scenario "${run[@]}" --trace "$vmm.vt"
	cmp -s plain <(grep -v '^repeat' out) || wrong "a recording changes $vmm"
	grep -q "^trace 1 vmm=$vmm host=$host scenario=flood .* seed=3 " "$vmm.vt" ||
		wrong "no trace of $vmm"
done
# The end of a run that is over in any way is there.
try 0 scenario run bring-up --host ws2019 --fault post-refused=3 --trace a.vt
grep -q 'fault="post-refused=3"' a.vt || wrong "the fault is not said"
one="option '--trace' is for one run: name one scenario, one hypervisor, one host, one version and one seed, and no --sweep"
for more in "mtu" "all" "--vmm all" "--host all" "--vmbus all" "--nvsp all" \
	"--seeds 2" "--sweep"; do
	# shellcheck disable=SC2086 # words
	try 2 scenario run bring-up --host ws2019 --trace c.vt $more
	said "$one"
done
try 2 scenario run bring-up --trace c.vt
said "$one"
try 2 scenario run bring-up --host ws2019 --trace no/c.vt
said "no/c.vt: No such file or directory"
try 2 scenario run bring-up --host ws2019 --trace c.txt
says err "option '--trace' wants a name that ends with .vt or .pcapng, not 'c.txt'"
[ ! -e c.vt ] || wrong "a trace of no run"
try 77 scenario run bring-up --host ws2012 --vmbus 5.3 --trace c.vt
[ ! -e c.vt ] || wrong "a trace of no combination"
# Nothing runs of what is only read.
try 2 replay --trace c.vt "$sources/fixtures/rndis-usb-qemu-linux-short.pcap"
says err "option '--trace' is for runs of a guest, and of usbmon only messages are read"

# ---- Scenarios that fail ----
base=(scenario run bring-up --host ws2019 --vmbus highest --nvsp highest)
name=bring-up-ws2019-1
planted rule 1 "${base[@]}"
left $name 'the guest broke a rule: a planted rule: the guest said "no"'
grep -q '> rule text="a planted rule: the guest said \\"no\\"" # the guest' last.vt ||
	wrong "the comment is not at the rule"
planted leak 1 "${base[@]}"
left $name 'the guest leaked: 1 allocations live, 24 bytes'
tail -n 1 last.vt | grep -q ' # ' || wrong "the comment is not at the end"
planted error 1 "${base[@]}"
left $name 'it returned an error: input/output error'
planted abort 1 "${base[@]}"
left $name 'its process was ended by signal 6 (Aborted)'
[ "$(grep -c '> packet SEND_RNDIS_PKT ' last.vt)" -ge 3 ] ||
	wrong "what the guest did before it died is not all there"
planted exit 1 "${base[@]}"
left $name 'its process ended with status 3'
planted spin 1 "${base[@]}"
left $name 'the machine stopped: polled the clock,'
# A trace that is asked for is there as well, with the same comment.
planted abort 1 "${base[@]}" --trace d.vt --failures none
grep -q ' # its process was ended by signal 6 (Aborted)$' d.vt ||
	wrong "no reason in the trace"
nothing_left "a run with --failures none"
# Several of one name; only so many; where they are wanted.
planted leak 1 scenario run bring-up --host ws2019 --vmbus highest --failures d
says out "trace: d/fail-$name.vt, d/fail-$name.pcapng"
says out "trace: d/fail-$name-2.vt, d/fail-$name-2.pcapng"
says out "--failures d"
[ "$(find d -name 'fail-*' | wc -l)" = 6 ] || wrong "not three failures of a row"
nothing_left "a run with --failures DIR"
planted leak 1 "${base[@]}" --json
says out '"trace":"fail-bring-up-ws2019-1.vt, fail-bring-up-ws2019-1.pcapng"'
# Such files may be overwritten, others not.
planted leak 1 "${base[@]}"
left $name 'the guest leaked'
for other in "trace 1" mine; do
	echo "$other" >fail-$name.vt
	planted leak 1 "${base[@]}"
	says out "trace: none: fail-$name.vt is not the trace of a failure, and is not overwritten"
	[ "$(cat fail-$name.vt)" = "$other" ] || wrong "it was overwritten"
done
rm fail-*
planted leak 1 "${base[@]}" --failures fail/such/none
says out "trace: none: fail/such/none/fail-$name.vt: No such file or directory"
try 2 scenario run all --failures ''
said "option '--failures' wants a directory, or none"

# ---- Replays ----
for vmm in hyperv vmware firecracker; do
	host=$("$good" list | sed -n "s/^$vmm *\([^ ]*\) .*/\1/p" | head -n 1)
	for way in tx rx; do
		planted rule 1 replay --vmm $vmm --host "$host" --direction $way \
			--seed 9 "$sources/pcaps/03-dns.pcap"
		left "03-dns-$way-$host-9" 'the guest broke 1 rules, first: a planted rule'
	done
done
planted error 1 replay "$sources/pcaps/03-dns.pcap" --direction tx --json
says out '{"event":"trace","trace":"fail-03-dns-tx-ws2019-1.vt, fail-03-dns-tx-ws2019-1.pcapng"}'
rm fail-*
planted error 1 replay --failures none --direction tx "$sources/pcaps/03-dns.pcap"
nothing_left "a replay with --failures none"
! grep -q 'trace:' out || wrong "a trace that is not wanted"
vmmsim=$VMMSIM_PLANTED/vmmsim_planted
PLANTED=leak "$vmmsim" replay --direction tx - >out 2>err \
	<"$sources/pcaps/03-dns.pcap" && wrong "a leak passes"
vmmsim=$good
says out "trace: none: standard input cannot be read again"
nothing_left "a replay of standard input"
try 0 replay "$sources/pcaps/03-dns.pcap"
nothing_left "a replay that passes"

# ---- Scripts ----
script=$sources/fixtures/traces/hyperv-host-bring-up.vt
try 0 replay --as host "$script"
nothing_left "a script that passes"
sed 's/the card is started/the card is stopped/' "$script" >wrong.vt
try 1 replay --as host wrong.vt
left wrong-as-host-1 'wrong.vt:'
grep -q '> note text="the card is started" # wrong.vt:[0-9]*: what happened is not what the script says$' \
	last.vt || wrong "the comment is not at what differs"
try 1 replay --as host --failures none wrong.vt
nothing_left "a script with --failures none"
try 1 replay --as host --json wrong.vt
says out '"trace":"fail-wrong-as-host-1.vt, fail-wrong-as-host-1.pcapng"'
rm fail-*
sed 's/version_supported=1/version_supported=0/' \
	"$sources/fixtures/traces/hyperv-guest-version-5.vt" >wrong.vt
try 1 replay --as guest --define host=ws2022 \
	--define version=0x50003 wrong.vt
left wrong-as-guest-1 'wrong.vt:'

# ---- A live machine ----
planted leak 1 run --duration 1
left run-ws2019-0 'the guest leaked 1 allocations, 24 bytes'
planted error 1 run --duration 1 --failures none
nothing_left "a live run with --failures none"

# ---- Tests ----
# ended PROGRAM STATUS: it fails, and says what it left.
ended() {
	local status=0
	VMMSIM_FAILURES=tests "$VMMSIM_PLANTED/$1" >out 2>&1 || status=$?
	[ "$status" = "$2" ] || {
		wrong "$1 ended with $status"
		cat out
	}
}
# commented TEST COMMENT: the last line of its trace.
commented() {
	[ -s "tests/fail-$1.pcapng" ] || wrong "no fail-$1.pcapng"
	grep -q "^trace 1 test=${1%-*} seed=${1##*-} failure=" "tests/fail-$1.vt" ||
		wrong "the first line of fail-$1.vt"
	[ "$(grep -c ' > ' "tests/fail-$1.vt")" -ge "$3" ] || wrong "hardly anything in $1"
	grep ' # ' "tests/fail-$1.vt" >comments || true
	[ "$(sed 's/.* # //' comments)" = "$2" ] || wrong "the comment of $1: $(cat comments)"
}
ended planted_check 1
says out 'trace of it_fails: tests/fail-it_fails-5.vt, tests/fail-it_fails-5.pcapng'
commented it_fails-5 'planted: "it went well"' 50
grep -q ' frame ' tests/fail-it_fails-5.vt || wrong "no frames of a test"
ended planted_cmocka 3
commented it_fails-2 'the test failed' 10
commented it_fails_last-6 'the test failed' 1
[ "$(find tests -name 'fail-*' | wc -l)" = 6 ] || {
	wrong "something else is left of tests"
	ls tests
}
mkdir none && cd none
env -u VMMSIM_FAILURES "$VMMSIM_PLANTED/planted_cmocka" >out 2>&1 && wrong "it passes"
env -u VMMSIM_FAILURES "$VMMSIM_PLANTED/planted_check" >>out 2>&1 && wrong "it passes"
nothing_left "tests without VMMSIM_FAILURES"
! grep 'trace of' out || wrong "a trace of tests without VMMSIM_FAILURES"
conclude
