#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Bad captures and outputs: one sentence with file and place, exit 2, and what
# was read before, and every other capture, is still reported.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"

# row FILE WAY FRAMES: a row with so many frames, and its verdict.
row() {
	grep -Eq "^[a-z0-9]+ +$1 +$2 +$3 .* ${4:-pass}\$" out || {
		wrong "no row: $*"
		cat out
	}
}

{ header && frame 60 && frame 1514 && frame 99; } >good.pcap
try 0 replay good.pcap
silent err
row good.pcap tx 3
row good.pcap rx 3

try 2 replay none.pcap
said "none.pcap: cannot open: No such file or directory"
try 2 replay .
said ".: this is a directory, not a capture"
: >empty.pcap
try 2 replay empty.pcap
said "empty.pcap: the file is empty"
header >frameless.pcap
try 2 replay frameless.pcap
said "frameless.pcap: the capture holds no frame"
head -c 10 frameless.pcap >cut.pcap
try 2 replay cut.pcap
said "cut.pcap: the file ends inside its header, at byte 10"
echo "this is no capture, but longer than its header would be" >text.pcap
try 2 replay text.pcap
said "text.pcap: not a capture: byte 0 begins neither a pcap nor a pcapng file"
{ header 113 && frame 60; } >cooked.pcap
try 2 replay cooked.pcap
said "cooked.pcap: the header says link type LINUX_SLL (113), only Ethernet (1) can be used"

# 24 + 76 + 1530 bytes, then a third record of which 16 + 40 bytes are there.
head -c 1686 good.pcap >short.pcap
try 2 replay short.pcap
said "short.pcap: the file ends inside record 3, which begins at byte 1630 of 1686"
row short.pcap tx 2
row short.pcap rx 2
says out "BAD INPUT: 2 pass, 0 skip, 0 fail, 1 error"
head -c 40 good.pcap >shorter.pcap
try 2 replay shorter.pcap
said "shorter.pcap: the file ends inside record 1, which begins at byte 24 of 40"
{ header && frame 60 && le32 0 0 0x7fffffff 60; } >corrupt.pcap
try 2 replay corrupt.pcap
says err "vmmsim: corrupt.pcap: cannot read record 2, which begins at byte 100: "
row corrupt.pcap tx 1

# One bad capture does not hide the others.
try 2 replay none.pcap good.pcap text.pcap
[ "$(wc -l <err)" = 2 ] || wrong "not one sentence for each bad capture"
row good.pcap tx 3
row good.pcap rx 3
says out "BAD INPUT: 2 pass, 0 skip, 0 fail, 2 errors"

# What cannot be sent is counted under its reason, never silently.
{
	header 1 && frame 13 && frame 14 && frame 1514 && frame 1515 &&
		frame 1518 1518 8100 && frame 1519 1519 8100 &&
		frame 60 59 && frame 0 && frame 1600 40
} >odd.pcap
try 0 replay odd.pcap
grep -Eq ' odd.pcap +tx +3 +3046 .* 2 +3 +1 +[0-9.]+  pass$' out ||
	wrong "reasons of odd.pcap"
says out "6 frames, 6092 bytes identical; not sendable: 4 too short, 6 too long, 2 truncated in the capture"
{ header && frame 13 && frame 60 59; } >unsendable.pcap
try 77 replay unsendable.pcap
row unsendable.pcap tx 0 skip
try 0 replay unsendable.pcap good.pcap

# Outputs.
try 2 replay --write /nowhere/out.pcap good.pcap
said "/nowhere/out.pcap: cannot write: No such file or directory"
cp good.pcap same.pcap
try 2 replay --write ./same.pcap good.pcap same.pcap
said "./same.pcap: cannot write: it is one of the captures to be read"
cmp -s good.pcap same.pcap || wrong "the input was overwritten"
if [ -w /dev/full ]; then
	try 2 replay --write /dev/full good.pcap
	said "/dev/full: cannot write: No space left on device"
	row good.pcap tx 3
	status=0
	"$vmmsim" replay good.pcap >/dev/full 2>err || status=$?
	[ "$status" = 2 ] || wrong "exit $status for a full standard output"
	said "standard output: cannot write: No space left on device"
fi
status=0
"$vmmsim" replay --direction tx --write closed.pcap good.pcap >&- 2>err ||
	status=$?
[ "$status" = 2 ] || wrong "exit $status for a closed standard output"
says err "vmmsim: standard output: cannot write: "
cmp -s good.pcap closed.pcap || wrong "the table went into the capture"

# A pipe is read once or refused.
status=0
"$vmmsim" replay --direction tx - <good.pcap >out 2>err || status=$?
[ "$status" = 0 ] || wrong "exit $status for standard input"
row - tx 3
status=0
"$vmmsim" replay - <good.pcap >out 2>err || status=$?
[ "$status" = 2 ] || wrong "exit $status for standard input read twice"
said "-: a pipe can be read only once: choose one host, and --direction tx or rx"

# Errors are events too.
try 2 replay --json none.pcap good.pcap
said "none.pcap: cannot open: No such file or directory"
says out '{"event":"error","error":"none.pcap: cannot open: No such file or directory"}'
says out '"event":"end","verdict":"BAD INPUT","exit":2,'
conclude
