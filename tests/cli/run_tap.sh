#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A live machine on a TAP interface in a network namespace of its own, against
# Linux, on each hypervisor: ping, ping -f, a frame of 9000 bytes, IPv6, bytes,
# and iperf3 both ways, if it is there.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"

skip() {
	printf 'skipped: %s\n' "$*"
	exit 77
}

[ "$(id -u)" = 0 ] || skip "a TAP interface needs root"
[ -c /dev/net/tun ] || skip "there is no /dev/net/tun"
for program in ip ping curl; do
	command -v "$program" >/dev/null || skip "there is no $program"
done
space=vmmsim-test-$$
ip netns add "$space" 2>err || skip "no network namespace: $(cat err)"
trap 'ip netns del "$space"; rm -rf "$scratch"' EXIT
inside=(ip netns exec "$space")
"${inside[@]}" ip tuntap add mode tap name vmmsim0 2>err ||
	skip "no TAP interface: $(cat err)"
"${inside[@]}" ip link set vmmsim0 mtu 9000 up
"${inside[@]}" ip address add 192.168.76.1/24 dev vmmsim0
ipv6=true
"${inside[@]}" ip address add fd00:76::1/64 dev vmmsim0 nodad 2>/dev/null ||
	ipv6=false

# answered COUNT OPTION...: all of these pings come back.
answered() {
	local count=$1
	shift
	"${inside[@]}" ping -q -c "$count" "$@" >out 2>&1 || true
	says out "$count received"
}

for vmm in hyperv vmware; do
	# What the one before said is not for this one.
	: >live
	"${inside[@]}" "$vmmsim" run --net tap:vmmsim0 --mtu 9000 --vmm "$vmm" --duration 100 \
		>live 2>err </dev/null &
	pid=$!
	for ((left = 300; left; left--)); do
		! grep -q Ctrl-C live || break
		sleep 0.1
	done
	says live " on $vmm "
	says live "MTU 9000"

	answered 20 -i 0.05 192.168.76.2
	grep '^rtt' out || true
	answered 2000 -f 192.168.76.2
	answered 5 -i 0.05 -M 'do' -s 8972 192.168.76.2
	! $ipv6 || answered 5 -i 0.05 fd00:76::2
	"${inside[@]}" curl -sS -f --max-time 100 http://192.168.76.2/bytes/5000000 |
		sha256sum >got
	perl -e 'print substr(pack("C*", 0 .. 250) x 20000, 0, 5000000)' |
		sha256sum >wanted
	cmp -s wanted got || wrong "5000000 bytes with another checksum"
	# Bulk both ways, on one connection and on several.
	if command -v iperf3 >/dev/null; then
		for options in "" "-R" "-P 4" "-R -P 4"; do
			# shellcheck disable=SC2086 # several words
			"${inside[@]}" timeout 20 iperf3 -c 192.168.76.2 -t 1 $options \
				>out 2>&1 || wrong "iperf3 $options: $(cat out)"
			says out "iperf Done."
			grep -E '(SUM|[0-9]\]).*receiver' out | tail -1
		done
		measured=4
	fi
	# A second one cannot have the same interface.
	status=0
	"${inside[@]}" "$vmmsim" run --net tap:vmmsim0 >out 2>err </dev/null ||
		status=$?
	[ "$status" = 2 ] || wrong "exit $status for a TAP that is taken"
	said "cannot open the TAP interface 'vmmsim0': Device or resource busy"
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" = 0 ] || wrong "exit $status after SIGINT"
	says live "iperf3   ${measured:-0} tests"
	says live "PASS: nothing leaked, no rule broken"
	cat live
done
conclude
