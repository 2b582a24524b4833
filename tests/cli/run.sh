#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A live machine in user mode, and curl: a page, many bytes, many requests in a
# row and at once, echo, and a clean end; and what cannot be run, in one
# sentence. Real time: no limit here is tight.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"

command -v curl >/dev/null || {
	echo "skipped: there is no curl"
	exit 77
}
bytes=${VMMSIM_LIVE_BYTES:-20000000}
# Each step ends: all of them together within ctest's limit on an idle machine.
curl=(timeout 60 curl -sS -f --max-time 55 --noproxy '*')
port=0
pid=0
# shellcheck disable=SC2154 # of cli.bash
trap '[ "$pid" = 0 ] || kill -KILL "$pid" 2>/dev/null || true; rm -rf "$scratch"' EXIT

# A port P of which P and P + 1 are free, below those that the system gives to
# clients.
# shellcheck disable=SC2016 # Perl's variables
free_port() {
	timeout 10 perl -MIO::Socket::INET -e '
		for (1 .. 100) {
			my $port = 10000 + int(rand(11000)) * 2;
			my @held = grep { defined } map {
				IO::Socket::INET->new(Listen => 1,
					LocalAddr => "127.0.0.1",
					LocalPort => $port + $_)
			} 0, 1;
			if (@held == 2) { print $port; exit }
		}
		exit 1'
}

# same_port: two requests from one port; the server is the first to close.
# shellcheck disable=SC2016 # Perl's variables
same_port() {
	timeout 50 perl -MIO::Socket::INET -e '
		for (1, 2) {
			my $socket = IO::Socket::INET->new(
				PeerAddr => "127.0.0.1", PeerPort => $ARGV[0],
				LocalPort => $ARGV[1], ReuseAddr => 1) or die $@;
			print $socket "GET /bytes/9 HTTP/1.1\r\n",
				"Connection: close\r\n\r\n";
			$socket->flush;
			print grep { /^HTTP/ } <$socket>;
			close $socket;
			sleep 1;
		}' "$1" "$(free_port)"
}

# start OPTION...: run the command on two free ports until it is up.
start() {
	local tries=20 left
	while ((tries--)); do
		port=$(free_port)
		# What the one before said is not for this one.
		: >live
		"$vmmsim" run --forward "$port:80" --forward "$((port + 1)):7" \
			"$@" >live 2>live_err </dev/null &
		pid=$!
		for ((left = 300; left; left--)); do
			grep -qE 'Ctrl-C|"event":"up"' live && return 0
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
		grep -q "cannot listen" live_err || break
	done
	wrong "the live machine does not come up"
	cat live live_err
	exit 1
}

# finish SIGNAL: end it, and want it to say that all is well.
finish() {
	local status=0
	kill "-$1" "$pid"
	# One that does not end is ended.
	(sleep 30 && kill -KILL "$pid") >/dev/null 2>&1 &
	killer=$!
	wait "$pid" || status=$?
	kill "$killer" 2>/dev/null || true
	[ "$status" = 0 ] || {
		wrong "exit $status after SIG$1"
		cat live live_err
	}
	silent live_err
}

pattern() {
	perl -e '$p = pack("C*", 0 .. 250);
		print substr($p x ($ARGV[0] / 251 + 1), 0, $ARGV[0])' "$1"
}

start --capture passed.pcap --trace passed.vt
says live "netvsc on hyperv ws2019"
says live "10.0.2.15/24"
says live "http://127.0.0.1:$port/"
"${curl[@]}" "http://127.0.0.1:$port/" >page
says page "guest of vmmsim"
says page "ws2019"
pattern 100000 | sha256sum >wanted
"${curl[@]}" "http://127.0.0.1:$port/bytes/100000" | sha256sum >got
cmp -s wanted got || wrong "100000 bytes with another checksum"
status=0
"${curl[@]}" "http://127.0.0.1:$port/none" >/dev/null 2>&1 || status=$?
[ "$status" = 22 ] || wrong "curl says $status about a page that is not there"
# Both ways on one connection.
exec 3<>"/dev/tcp/127.0.0.1/$((port + 1))"
pattern 200000 >&3 &
pattern 200000 | sha256sum >wanted
timeout 30 head -c 200000 <&3 | sha256sum >got
cmp -s wanted got || wrong "echo with another checksum"
exec 3>&-
same_port "$port" >got
[ "$(grep -c '200 OK' got)" = 2 ] || wrong "the same port, twice"
finish INT
says live "200000 bytes echoed"
says live "PASS: nothing leaked, no rule broken"
[ "$(stat -c %s passed.pcap)" -gt 500000 ] || wrong "the capture is too short"
try 0 show --layer frames passed.vt
[ "$(wc -l <out)" -gt 200 ] || wrong "the trace is too short"

start --host azure --json
pattern "$bytes" | sha256sum >wanted
"${curl[@]}" "http://127.0.0.1:$port/bytes/$bytes" | sha256sum >got
cmp -s wanted got || wrong "$bytes bytes with another checksum"
"${curl[@]}" -H 'Connection: close' -w '%{http_code}\n' -o /dev/null \
	"http://127.0.0.1:$port/bytes/[1000-1999]" >codes
[ "$(grep -cx 200 codes)" = 1000 ] || wrong "1000 requests in a row"
"${curl[@]}" -Z --parallel-immediate --parallel-max 50 \
	-w '%{http_code}\n' -o /dev/null \
	"http://127.0.0.1:$port/bytes/[2000-2999]" >codes
[ "$(grep -cx 200 codes)" = 1000 ] || wrong "1000 requests, 50 at a time"
finish TERM
says live '"verdict":"PASS"'
says live '"requests":2001'

start --vmm vmware
says live "vmxnet3 on vmware esxi-7.0"
pattern 1000000 | sha256sum >wanted
"${curl[@]}" "http://127.0.0.1:$port/bytes/1000000" | sha256sum >got
cmp -s wanted got || wrong "1000000 bytes with another checksum on VMware"
finish INT

# Each host that there is, with long frames, and with what it can be told.
start --vmm vmware --host qemu --mtu 9000 --json --capture passed.pcap \
	--address 10.0.2.77/24
says live '"vmm":"vmware","host":"qemu","driver":"vmxnet3"'
says live '"mtu":9000'
says live '"address4":"10.0.2.77"'
"${curl[@]}" "http://127.0.0.1:$port/bytes/1000000" | sha256sum >got
cmp -s wanted got || wrong "1000000 bytes with another checksum on QEMU"
finish TERM
says live '"verdict":"PASS"'
[ "$(stat -c %s passed.pcap)" -gt 1000000 ] || wrong "the capture is too short"
"$vmmsim" list >hosts
# All at once, but for the one that lies.
grep -v hostile hosts | tail -n +2 >honest
while read -r vmm host _; do
	"$vmmsim" run --vmm "$vmm" --host "$host" --duration 1 >"live-$host" \
		2>&1 </dev/null &
done <honest
wait
while read -r vmm host _; do
	says "live-$host" " on $vmm $host"
	says "live-$host" "PASS: nothing leaked, no rule broken"
done <honest

# The port is taken.
start
try 2 run --forward "$port:80"
said "cannot listen on 127.0.0.1 port $port: Address already in use"
silent out
finish INT

try 0 run --help
for option in vmm host net forward address mtu capture trace duration json; do
	says out "--$option"
done
try 2 run --net tap:a-name-too-long-for-linux
says err "is no name of a TAP interface"
try 2 run --net wifi
said "option '--net' names no network: 'wifi'; there are: user, tap:NAME, pair"
try 2 run --net tap:x --forward 1:2
said "option '--forward' goes with '--net user' only"
try 2 run --address 10.0.2.300/24
said "option '--address' wants an address and its prefix, as 192.168.76.2/24 or fd00:76::2/64, not '10.0.2.300/24'"
try 2 run --forward 80
said "option '--forward' wants two ports, HOST:GUEST, from 1 to 65535, not '80'"
try 2 run --host win95
says err "option '--host' names no host: 'win95'; there are: ws2012,"
try 2 run --host hostile
says err "option '--host' names no host: 'hostile'; there are: ws2012,"
try 2 run --vmm xen
said "option '--vmm' names no hypervisor: 'xen'; there are: hyperv, vmware, firecracker"
try 2 run --duration 0
try 2 run --mtu 9001
try 2 run --capture /none/out.pcap
says err "/none/out.pcap"
try 2 run --trace /none/out.vt
said "/none/out.vt: No such file or directory"
try 2 run --trace out.txt
said "option '--trace' wants a name that ends with .vt or .pcapng, not 'out.txt'"
conclude
