#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Debian's DPDK as the driver of our virtio card: net_virtio_user reaches it by
# vhost-user, testpmd sends each frame back, and all of them come back as they
# were; with split and packed rings, with and without mergeable buffers, with
# small queues. Real time, no rights, no huge pages.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"

command -v dpdk-testpmd >/dev/null || {
	echo "skipped: there is no dpdk-testpmd (Debian's package dpdk-dev)"
	exit 77
}
frames=${VMMSIM_INTEROP_FRAMES:-2000}
export XDG_RUNTIME_DIR=$scratch
server=
client=
# shellcheck disable=SC2154 # of cli.bash
trap '[ -z "$server$client" ] || kill -KILL $server $client 2>/dev/null || true
	rm -rf "$scratch"' EXIT

trace=()
# exchange ARGUMENTS [FRAMES [SEED]]: a card, and testpmd with those arguments
# of net_virtio_user.
exchange() {
	local count=${2:-$frames} tries=100 status=0

	timeout 50 "$vmmsim" serve --vhost-user card --frames "$count" \
		--seed "${3:-1}" --timeout 20 "${trace[@]}" >out 2>err &
	server=$!
	while [ ! -S card ] && ((tries--)); do
		sleep 0.1
	done
	# It ends when it is told to; a line would end it too.
	mkfifo line
	timeout 50 dpdk-testpmd -l 0,1 --no-huge -m 128 --no-pci \
		--no-telemetry --no-shconf --file-prefix "vmmsim$$" \
		--vdev="net_virtio_user0,path=card$1" -- \
		--forward-mode=io --port-topology=loop --no-flush-rx \
		--nb-cores=1 --no-mlockall --total-num-mbufs=2048 \
		<>line >testpmd 2>&1 &
	client=$!
	wait "$server" || status=$?
	kill -INT "$client" 2>/dev/null || true
	wait "$client" 2>/dev/null || true
	server='' client=''
	rm -f line
	if [ "$status" != 0 ] ||
		! grep -q "^frames   $count of $count, " out ||
		! grep -q '^PASS: ' out; then
		wrong "net_virtio_user0$1: exit $status"
		cat out err
		tail -n 20 testpmd
	fi
	silent err
	[ ! -e card ] || wrong "the socket is left"
}

exchange ""
# Twice as many buffers as frames: each went there and came back.
says out "buffers  $((2 * frames)) chains"
exchange ,mrg_rxbuf=0
exchange ,packed_vq=1 "$frames" 2
exchange ,packed_vq=1,mrg_rxbuf=0
exchange ,queue_size=64 "$frames" 3
# What passes is recorded: each frame both ways, and the buffers it lay in.
trace=(--trace a.vt --trace a.pcapng)
for rings in "" ,packed_vq=1; do
	exchange "$rings" 1000 4
	for way in '<' '>'; do
		[ "$(grep -c "^@[0-9.]* $way frame " a.vt)" = 1000 ] ||
			wrong "not each frame $way is in the trace"
	done
	[ "$(grep -c ' > descriptor at=' a.vt)" -ge 2000 ] ||
		wrong "no descriptors in the trace"
	try 0 convert a.pcapng b.vt
	cmp -s a.vt b.vt || wrong "both forms differ"
done
# What the device used is shown as it wrote it, in whichever lap: both bits, or
# none, also if the driver has filled the place again.
used='(0x0|WRITE|AVAIL[|]USED|WRITE[|]AVAIL[|]USED)'
[ "$(grep -c ' < descriptor at=packed ' a.vt)" = 2000 ] ||
	wrong "not each buffer used is in the trace"
[ "$(grep ' < descriptor at=packed ' a.vt |
	grep -cvE " flags=$used( |\$)")" = 0 ] ||
	wrong "the trace shows the driver's descriptors as the device's"
conclude
