#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# docs/virtio-conformance.csv: no empty column, and each test that it names
# ("unit.PROGRAM FUNCTION") is there.
#
#   conformance.sh SOURCE
#
# Before it reads the table it plants each mistake in a copy and wants to see it
# found.
set -euo pipefail

source_folder=$(cd "${1:-.}" && pwd)

# mistakes TABLE: a line for each.
mistakes() {
	local line program name
	grep -nE '^,|,,|,$' "$1" | sed 's/:.*/: an empty column/'
	grep -oE 'unit\.[a-z0-9_]+ [a-z0-9_]+' "$1" | LC_ALL=C sort -u |
		while read -r line; do
			program=${line%% *}
			name=${line#* }
			grep -qs "^static .*$name(" \
				"$source_folder/tests/unit/test_${program#unit.}.c" ||
				echo "$line: no such test"
		done
}

table=$source_folder/docs/virtio-conformance.csv
planted=$(mktemp)
trap 'rm -f "$planted"' EXIT
{
	echo '2.1,no test,MUST,driver,'
	echo '2.1,not there,MUST,driver,unit.virtio_mmio no_such_test'
} >"$planted"
if [ "$(mistakes "$planted" | wc -l)" -ne 2 ]; then
	echo 'a planted mistake was not found'
	exit 1
fi
found=$(mistakes "$table")
if [ -n "$found" ]; then
	echo "$found"
	exit 1
fi
echo "$(($(wc -l <"$table") - 1)) clauses, each with its test or its reason"
