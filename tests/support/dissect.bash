# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
#
# For tests of the dissector, after cli.bash: skipped where there is no tshark.

command -v tshark >/dev/null || {
	printf 'skipped: there is no tshark\n'
	exit 77
}
# Settings of whoever runs this are not for the test.
export HOME=$scratch XDG_CONFIG_HOME=$scratch

# dissect FILE ARGUMENT...: what tshark says of it.
dissect() {
	local file=$1
	shift
	tshark -X lua_script:"$sources/docs/wireshark/vmmsim.lua" -r "$file" \
		"$@" 2>tshark.err || wrong "tshark: $(cat tshark.err)"
	! grep -i 'lua' tshark.err || wrong "the script is broken"
}
