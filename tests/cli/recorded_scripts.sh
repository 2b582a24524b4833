#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What is recorded when the scripts of fixtures/traces are played. It plays again
# to the same side, unless a line "# once:" says why not; and Wireshark's
# dissector leaves nothing of it out, and marks what the line "# marked:" says, in
# that order, and nothing else. The captures of usbmon are dissected as well.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"
# shellcheck source=tests/support/dissect.bash
. "$sources/tests/support/dissect.bash"

# marked FILE: the first word of each mark; or what is not dissected at all.
marked() {
	dissect "$1" -2 -o vmmsim.frames:FALSE -T fields -E occurrence=f \
		-Y 'vmmsim and (vmmsim.malformed or vmmsim.undissected or
		_ws.malformed or _ws.lua.text)' -e vmmsim.malformed -e vmmsim.undissected \
		-e _ws.lua.text | sed 's/:.*//; s/^\t\t*/not dissected /'
}

mkdir traces guest host once
for script in "$sources"/fixtures/traces/*.vt; do
	name=$(basename "$script" .vt)
	side=$(sed -n '/^trace 1 /{s/.*\bas=\([a-z]*\).*/\1/p;q}' "$script")
	read -ra options < <(sed -n '/^# run: /{s///p;q}' "$script") || :
	try 0 replay --as "$side" "${options[@]}" --trace "traces/$name.pcapng" \
		--trace "$side/$name.vt" "$script"
	sed -n 's/^# marked: //p' "$script" | tr ' ' '\n' >"traces/$name.wanted"
	! grep -q '^# once: ' "$script" || mv "$side/$name.vt" "once/$side-$name.vt"
done
for side in guest host; do
	try 0 replay --as "$side" --failures none "$side"/*.vt
	silent err
	n=$(grep -c "^PASS .* as $side: " out)
	[ "$n" -ge 190 ] || wrong "only $n recordings play again as $side"
done
for recording in once/*.vt; do
	side=${recording#once/}
	try 1 replay --as "${side%%-*}" --failures none "$recording"
done
for capture in "$sources"/fixtures/*.pcap; do
	name=$(basename "$capture" .pcap)
	try 0 convert "$capture" "traces/$name.pcapng"
	: >"traces/$name.wanted"
done
[ "$(find traces -name '*.pcapng' | wc -l)" -ge 400 ] || wrong "few traces"

# All at once, since a process for each is slow; one by one only to say which.
mergecap -a -w all.pcapng traces/*.pcapng
cat traces/*.wanted >wanted
marked all.pcapng >found
cmp -s wanted found || {
	wrong "what is marked is not what the scripts say"
	for trace in traces/*.pcapng; do
		marked "$trace" | diff "${trace%.pcapng}.wanted" - ||
			printf '%s\n' "$trace"
	done
}
conclude
