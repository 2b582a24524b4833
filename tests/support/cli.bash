# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# For tests of the command: runs it, compares exit status and sentences, and
# makes small captures byte by byte. Sourced with the command's path and the
# source folder as arguments; leaves a scratch folder as the current one.
set -euo pipefail

vmmsim=$(realpath "$1")
# shellcheck disable=SC2034 # used by those who source this
sources=$(realpath "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
unset NO_COLOR
export LC_ALL=C
failures=0

wrong() {
	printf 'WRONG: %s\n' "$*"
	failures=$((failures + 1))
}

# try STATUS ARGUMENT...: run the command, keep its output in the files out
# and err, and want that exit status.
try() {
	local wanted=$1 status=0
	shift
	"$vmmsim" "$@" >out 2>err </dev/null || status=$?
	[ "$status" = "$wanted" ] || {
		wrong "exit $status, not $wanted: vmmsim $*"
		cat out err
	}
}

# said SENTENCE: standard error is exactly this one line.
said() {
	[ "$(cat err)" = "vmmsim: $1" ] || {
		wrong "not the one sentence: $1"
		cat err
	}
}

# says FILE TEXT: the text is in it; silent FILE: nothing is.
says() {
	grep -qF -- "$2" "$1" || {
		wrong "not in $1: $2"
		cat "$1"
	}
}

silent() {
	[ ! -s "$1" ] || {
		wrong "$1 is not empty"
		cat "$1"
	}
}

# leave: what runs left behind that should not have failed, for ctest's folder.
leave() {
	local file
	[ -n "${VMMSIM_FAILURES-}" ] || return 0
	mkdir -p "$VMMSIM_FAILURES"
	for file in "$scratch"/fail-*.vt "$scratch"/fail-*.pcapng; do
		[ -e "$file" ] || continue
		cp "$file" "$VMMSIM_FAILURES"
		printf 'trace: %s\n' "$VMMSIM_FAILURES/${file##*/}"
	done
}

conclude() {
	[ "$failures" = 0 ] || leave
	[ "$failures" = 0 ]
	exit
}

# le32 NUMBER...: little-endian words on standard output.
le32() {
	local n
	for n in "$@"; do
		# shellcheck disable=SC2059 # the format is what is made
		printf "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((n & 255)) \
			$((n >> 8 & 255)) $((n >> 16 & 255)) $((n >> 24 & 255)))"
	done
}

# header [LINK [SNAPSHOT]]: of a pcap file.
header() {
	le32 0xa1b2c3d4 0x00040002 0 0 "${2:-65535}" "${1:-1}"
}

# frame BYTES [CAPTURED [TYPE]]: a record; its bytes are those of a broadcast
# with that Ethernet type (four hexadecimal digits), then as many x.
frame() {
	local length=$1 captured=${2:-$1} type=${3:-88b5} start
	le32 1700000000 $((length * 1000 % 1000000)) "$captured" "$length"
	start='\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01'
	start+="\\x${type:0:2}\\x${type:2:2}"
	# shellcheck disable=SC2059 # the format is what is made
	printf "${start:0:4*captured}"
	[ "$captured" -le 14 ] ||
		printf '%*s' $((captured - 14)) '' | tr ' ' x
}
