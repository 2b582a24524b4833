#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Two live machines on one wire: the second one pings, fetches and echoes over
# IPv4 and IPv6, whatever the hypervisor; the end is clean however it comes, and
# a second machine that dies is told.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"

pid=0
# shellcheck disable=SC2154 # of cli.bash
trap '[ "$pid" = 0 ] || kill -KILL "$pid" 2>/dev/null || true; rm -rf "$scratch"' EXIT

# start OPTION...: run a pair in the background until two rounds are over, one
# over IPv4 and one over IPv6.
start() {
	local left
	# What the one before said is not for this one.
	: >live
	"$vmmsim" run --net pair "$@" >live 2>live_err </dev/null &
	pid=$!
	for ((left = 400; left; left--)); do
		! grep -qE '^visit +2:|"rounds":2' live || return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	wrong "no two rounds: run --net pair $*"
	cat live live_err
}

# finish STATUS: wait for the end.
finish() {
	local wanted=$1 status=0 killer
	(sleep 30 && kill -KILL "$pid") >/dev/null 2>&1 &
	killer=$!
	wait "$pid" || status=$?
	kill "$killer" 2>/dev/null || true
	pid=0
	[ "$status" = "$wanted" ] || {
		wrong "exit $status, not $wanted"
		cat live live_err
	}
}

for vmm in hyperv vmware; do
	start --vmm "$vmm" --mtu 9000 --capture passed.pcap
	says live "on $vmm "
	says live "MTU 9000"
	says live "192.168.76.2/24, fd00:76::2/64"
	kill -INT "$pid"
	finish 0
	silent live_err
	says live "20 of 20 pings"
	says live "2000000 bytes fetched"
	says live "400000 echoed"
	says live "PASS: nothing leaked, no rule broken"
	# What is fetched went in long frames, and all of it passed here.
	[ "$(stat -c %s passed.pcap)" -gt 2800000 ] ||
		wrong "the capture is too short"
done

start --host ws2012r2 --json
kill -TERM "$pid"
finish 0
says live '"event":"visit","rounds":1,"pings":10,"answers":10'
says live '"verdict":"PASS"'

# The end of the second machine is not the end of the first one, but is told.
start
second=$(cat "/proc/$pid/task/$pid/children")
# shellcheck disable=SC2086 # a list of one
kill -KILL $second
sleep 0.2
kill -0 "$pid" || wrong "the first machine ended with the second"
kill -INT "$pid"
finish 1
says live "FAIL: the second guest: the second machine ended without a word"
# And nothing is left of the second if the first one dies.
start
second=$(cat "/proc/$pid/task/$pid/children")
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
pid=0
for ((left = 100; left; left--)); do
	# shellcheck disable=SC2086 # a list of one
	kill -0 $second 2>/dev/null || break
	sleep 0.1
done
[ "$left" != 0 ] || wrong "the second machine outlives the first"

try 2 run --net pair --forward 8080:80
said "option '--forward' goes with '--net user' only"
try 2 run --net pair --address 10.0.0.1/24
said "option '--address' does not go with '--net pair'"
try 2 run --net pair --capture /none/out.pcap
says err "/none/out.pcap"
conclude
