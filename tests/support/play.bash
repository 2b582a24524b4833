# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
#
# For tests that play recordings, after cli.bash: makes one, plays it, changes
# it. Whoever sources this says which hypervisor it is, vmm, and which side is
# played, side. The recording is a.vt and a.pcapng, what is made of it b.vt.

# record HOST SEED MTU WAY CAPTURE: a recording of that capture's replay.
record() {
	try 0 replay --vmm "$vmm" --host "$1" --seed "$2" --mtu "$3" \
		--direction "$4" --trace a.vt --trace a.pcapng \
		"$sources/pcaps/$5.pcap"
}

# plays LEAST: both forms of it pass, and more is compared than the registers.
plays() {
	local compared
	try 0 replay --as "$side" a.vt a.pcapng
	silent err
	[ "$(grep -c "^PASS  a\.[a-z]* as $side: [0-9]* events compared" out)" = 2 ] ||
		wrong "no verdict of a recording that is played as $side"
	compared=$(sed -n 's/.*: \([0-9]*\) events compared.*/\1/p;q' out)
	[ "$compared" -ge "$1" ] ||
		wrong "hardly anything is compared as $side: $compared"
}

# line PATTERN [N]: the number of the Nth line that has it, or of the last.
line() {
	grep -n -m "${2:-1}" "$1" a.vt | tail -n 1 | cut -d : -f 1
}

# changed LINE EXPRESSION [PLACE]: sed changes that line, and it is reported.
changed() {
	[ -n "$1" ] || wrong "there is no such line: $2"
	sed "$1$2" a.vt >b.vt
	cmp -s a.vt b.vt && wrong "line $1, $2: nothing was changed"
	try 1 replay --as "$side" b.vt
	grep -q "^vmmsim: b.vt:${3:-$1}: " err || {
		wrong "line $1, $2: no place"
		cat err
	}
	grep -q '^  script: ' err || wrong "line $1, $2: the script is not shown"
	grep -q "^FAIL  b.vt as $side" out || wrong "line $1, $2: no verdict"
}

# deleted LINE, repeated LINE: it is another recording, and that is reported.
deleted() {
	other "$1" d
}
repeated() {
	other "$1" p
}
other() {
	[ -n "$1" ] || wrong "there is no such line"
	sed "$1$2" a.vt >b.vt
	try 1 replay --as "$side" b.vt
	grep -q '^vmmsim: b.vt:[0-9]*: ' err || {
		wrong "line $1$2: no place"
		cat err
	}
}
