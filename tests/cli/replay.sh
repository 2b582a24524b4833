#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What a replay promises: every recorded capture over every host, the same
# output for the same seed, frames written as they were read, JSON that parses.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"

captures=("$sources"/pcaps/*.pcap)

# Every host of each hypervisor, both directions, the MTU of Ethernet and the
# longest; as it is, and through the glue of Unikraft.
for vmm in hyperv vmware firecracker; do
	hosts=$("$vmmsim" list | grep "^$vmm " | grep -vc " hostile ")
	for through in nic uknetdev; do
		try 0 replay --vmm "$vmm" --through "$through" --host all \
			"${captures[@]}"
		silent err
		says out ", 0 fail, 0 errors"
		[ "$(head -n 1 out)" = "seed 1, MTU 1500, ${#captures[@]} captures" ] ||
			wrong "the first line"
		tail -n 2 out | head -n 1 | grep -qx 'seed 1' ||
			wrong "the seed comes last"
		rows=$((hosts * ${#captures[@]} * 2))
		[ "$(grep -Ec ' (pass|skip)$' out)" = "$rows" ] ||
			wrong "$vmm: not $rows rows"
		try 0 replay --vmm "$vmm" --through "$through" --host all \
			--mtu 9000 "$sources/pcaps/07-jumbo.pcap"
		says out " not sendable: 0 too short, 0 too long, 0 truncated"
		says out "--vmm $vmm"
	done
	says out "--through uknetdev"
done
try 0 replay --vmm all "$sources/pcaps/10-arp-nd.pcap"
[ "$(grep -c ' pass$' out)" = 6 ] || wrong "not a host of each hypervisor"
try 2 replay --vmm kvm "${captures[@]}"
says err "there are: all, hyperv, vmware, firecracker"
try 2 replay --vmm vmware --host ws2019 "${captures[@]}"
says err "esxi-7.0"
try 2 replay --through socket "${captures[@]}"

# The same seed, the same run; the command printed is that run.
try 0 replay --seed 7 "${captures[@]}"
cp out first
try 0 replay --seed 7 "${captures[@]}"
cmp -s first out || wrong "two runs of one seed differ"
bash -c "$(sed -n 's/^repeat: //p' first)" >out 2>&1 || wrong "the repeat failed"
cmp -s first out || wrong "the repeat command is another run"
try 0 replay --seed 8 "${captures[@]}"
diff <(grep ' pass$' first) <(grep ' pass$' out) >/dev/null &&
	wrong "the seed changes nothing"

# Names that a shell would take apart.
odd="it's a \"capture\" \$HOME"
cp "$sources/pcaps/10-arp-nd.pcap" "$odd"
try 0 replay "$odd"
cp out first
bash -c "$(sed -n 's/^repeat: //p' first)" >out 2>&1 || wrong "the repeat failed"
cmp -s first out || wrong "the name was not repeated"

# What comes out is the capture, times included, but for what cannot be sent.
for way in tx rx; do
	for name in 01-http-ipv4 08-vlan 10-arp-nd; do
		try 0 replay --direction "$way" --write out.pcap \
			"$sources/pcaps/$name.pcap"
		cmp "$sources/pcaps/$name.pcap" out.pcap || wrong "$name, $way"
	done
done

# Each line an event.
try 0 replay --json "${captures[@]}"
silent err
[ "$(grep -c '^{"event":"[a-z]*",.*}$' out)" = "$(wc -l <out)" ] ||
	wrong "lines that are no events"
[ "$(grep -c '^{"event":"row"' out)" = $((2 * ${#captures[@]})) ] ||
	wrong "not an event for each row"
head -n 1 out | grep -q '^{"event":"start",.*"seed":1,' || wrong "start"
tail -n 1 out | grep -q '"verdict":"pass","exit":0,.*"seed":1,"repeat":"' ||
	wrong "end"
if command -v python3 >/dev/null; then
	python3 -c 'import json, sys; [json.loads(l) for l in sys.stdin]' <out ||
		wrong "python does not read the JSON"
fi

# A hundred seeds, over a capture with every length and one with tags.
for ((seed = 0; seed < 100; seed++)); do
	try 0 replay --vmm all --seed "$seed" "$sources/pcaps/08-vlan.pcap" \
		"$sources/pcaps/11-lengths.pcap"
done
# Through the glue of Unikraft every frame is sent by itself, and sections run
# out.
for ((seed = 0; seed < 20; seed++)); do
	try 0 replay --seed "$seed" --host all --direction tx \
		--through uknetdev "$sources/pcaps/11-lengths.pcap"
done
conclude
