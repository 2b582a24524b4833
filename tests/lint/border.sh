#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The border between guest and host: every #include of src/ and mocks/ is read,
# and one that crosses is a failure.
#
#   src/FOLDER/         its own folder, net/, port/, freestanding headers and
#                       string.h
#   src/vmware/         besides: pci/, the bus that its card is on
#   src/unikraft/       any folder of src/, and besides Unikraft's <uk/...>,
#                       errno.h and stdio.h: it is a platform, and the one
#                       place of src/ where all cards meet
#   src/port/           besides: platform.h and platform_inline.h, which the
#                       platform brings
#   src/lwip/           besides: lwIP's own headers, <lwip/...> and <netif/...>
#   mocks/FOLDER/       mocks/..., port/..., platform.h, the C library; never
#                       another folder of src/
#   mocks/cli/          is where the two meet, and may include both
#   tests/              is free
#
# Before it reads the project it plants one crossing of each kind in a copy and
# wants to see each found: a check that finds nothing proves nothing else.
set -euo pipefail

source_folder=$(cd "${1:-.}" && pwd)

# crossings FOLDER: a line for each, "file:line: sentence".
crossings() {
	(
		cd "$1"
		# shellcheck disable=SC2016 # awk's, not the shell's
		find src mocks -name '*.[ch]' | LC_ALL=C sort | xargs awk '
		BEGIN {
			split("float.h iso646.h limits.h stdalign.h stdarg.h " \
			      "stdbool.h stddef.h stdint.h stdnoreturn.h " \
			      "stdatomic.h string.h", list, " ")
			for (i in list)
				allowed[list[i]] = 1
			unikraft["errno.h"] = unikraft["stdio.h"] = 1
		}
		function crossing(sentence) {
			printf "%s:%d: %s\n", FILENAME, FNR, sentence
		}
		# The folder that a quoted name is in, "" for a bare name.
		function folder_of(name, at) {
			at = index(name, "/")
			return at ? substr(name, 1, at - 1) : ""
		}
		function system_header(name, own) {
			return name in allowed || own == "unikraft" &&
			       (name ~ /^uk\// || name in unikraft) ||
			       own == "lwip" && name ~ /^(lwip|netif)\//
		}
		function guest(name, own, folder) {
			folder = folder_of(name)
			if (name ~ /\.\./)
				crossing("the guest climbs out with " name)
			else if (own == "unikraft" && folder != "" &&
				 folder != "mocks")
				return
			else if (name == "platform.h" ||
				 name == "platform_inline.h") {
				if (own != "port")
					crossing("only port/ includes " name)
			} else if (folder != "port" && folder != "net" &&
				   folder != own &&
				   !(own == "vmware" && folder == "pci"))
				crossing("the guest includes " name)
			else if (own == "port" && folder != "port")
				crossing("the border includes " name)
		}
		function host(name, own, folder) {
			folder = folder_of(name)
			if (own == "cli")
				return
			if (name ~ /\.\./)
				crossing("the host climbs out with " name)
			else if (name ~ /^mocks\/cli\//)
				crossing("the host includes the command, " name)
			else if (folder != "mocks" && folder != "port" &&
				 name != "platform.h")
				crossing("the host includes " name)
		}
		/^[ \t]*#[ \t]*include/ {
			split(FILENAME, path, "/")
			world = path[1]
			own = path[2]
			line = $0
			if (match(line, /<[^>]*>/)) {
				name = substr(line, RSTART + 1, RLENGTH - 2)
				if (world == "src" && !system_header(name, own))
					crossing("the guest includes <" \
						 name ">")
			} else if (match(line, /"[^"]*"/)) {
				name = substr(line, RSTART + 1, RLENGTH - 2)
				if (world == "src")
					guest(name, own)
				else
					host(name, own)
			} else
				crossing("an include that names no file")
		}'
	)
}

# plant FILE LINE: the crossing must be found, and by its file.
plant() {
	local file=$1 line=$2 found
	mkdir -p "$copy/$(dirname "$file")"
	printf '%s\n' "$line" >"$copy/$file"
	found=$(crossings "$copy")
	rm "$copy/$file"
	case $found in
	"$file:1: "*) ;;
	*)
		printf 'not found in %s: %s\n' "$file" "$line"
		exit 1
		;;
	esac
}

# allow FILE LINE: and this must not be.
allow() {
	local file=$1 line=$2 found
	mkdir -p "$copy/$(dirname "$file")"
	printf '%s\n' "$line" >"$copy/$file"
	found=$(crossings "$copy")
	rm "$copy/$file"
	[ -z "$found" ] || {
		printf 'refused: %s\n' "$found"
		exit 1
	}
}

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
# One file each that crosses nothing: an empty list would have xargs wait.
mkdir -p "$copy/src/hyperv" "$copy/mocks/hyperv"
printf '#include "port/port.h"\n' >"$copy/src/hyperv/quiet.c"
printf '#include "mocks/hyperv/vmbus.h"\n' >"$copy/mocks/hyperv/quiet.c"
plant src/hyperv/a.c '#include "mocks/hyperv/vmbus.h"'
plant src/hyperv/a.c '#include "../../mocks/hyperv/vmbus.h"'
plant src/hyperv/a.h '#  include "platform.h"'
plant src/hyperv/a.c '#include <stdio.h>'
plant src/hyperv/a.c '#include <stdlib.h>'
plant src/hyperv/a.c '#include "serial/uart8250.h"'
plant src/net/a.h '#include "hyperv/netvsc.h"'
plant src/vmware/a.c '#include "hyperv/ring.h"'
plant src/hyperv/a.c '#include "pci/pci.h"'
plant src/pci/a.c '#include "vmware/vmxnet3.h"'
plant src/port/a.h '#include "net/nic.h"'
plant src/hyperv/a.c '#include "ring.h"'
plant src/hyperv/a.c '#include NAME'
plant src/hyperv/a.c '#include <uk/bus.h>'
plant src/hyperv/a.c '#include "unikraft/platform_release.h"'
plant src/unikraft/a.c '#include "mocks/hyperv/vmbus.h"'
plant src/unikraft/a.c '#include "mocks/unikraft/strict.h"'
plant src/unikraft/a.c '#include "platform.h"'
plant src/unikraft/a.c '#include <stdlib.h>'
plant mocks/hyperv/a.c '#include "hyperv/ring.h"'
plant mocks/hyperv/a.c '#include "src/hyperv/ring.h"'
plant mocks/machine/a.c '#include "net/nic.h"'
plant mocks/wire/a.h '#include "mocks/cli/replay.h"'
plant mocks/hyperv/a.c '#include "../../src/hyperv/ring.h"'
plant src/hyperv/a.c '#include <lwip/pbuf.h>'
plant src/lwip/a.c '#include "hyperv/netvsc.h"'
allow src/lwip/a.c '#include <lwip/pbuf.h>'
allow src/lwip/a.c '#include <netif/ethernet.h>'
allow src/hyperv/a.c '#include "hyperv/ring.h"'
allow src/hyperv/a.c '#include "net/nic.h"'
allow src/vmware/a.c '#include "pci/pci.h"'
allow src/hyperv/a.c '#include <string.h>'
allow src/unikraft/a.c '#include <uk/plat/io.h>'
allow src/unikraft/a.c '#include "hyperv/netvsc.h"'
allow src/port/port.h '#include "platform.h"'
allow mocks/port/a.c '#include "port/shared.h"'
allow mocks/hyperv/a.c '#include <stdio.h>'
allow mocks/cli/a.c '#include "hyperv/netvsc.h"'

found=$(crossings "$source_folder")
if [ -n "$found" ]; then
	printf '%s\n' "$found"
	exit 1
fi
printf 'no include crosses the border\n'
