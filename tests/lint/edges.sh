#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The tables of edge cases in tests/README.md are true: each test that they name
# is in the file that they say, each script in fixtures/traces, and each test or
# script that has the number of a case in its name is in a table. Numbers of the cases of vmxnet3 and virtio have no gap.
#
# Before it reads the project it changes a copy of the tables and wants to see
# that found.
#
#   edges.sh SOURCE
set -euo pipefail

source_folder=$(cd "${1:-.}" && pwd)
cases_of_vmxnet3=55
cases_of_virtio=46

# tables_of FILE: a line for each test that the tables name, "KIND.FILE TEST".
tables_of() {
	awk '/^\|/ {
		for (i = 1; i <= NF; i++) {
			if ($i ~ /^(unit|protocol)\.[a-z0-9_]+:$/ ||
			    $i == "cli.trace_scripts:")
				program = substr($i, 1, length($i) - 1)
			if (program == "cli.trace_scripts" &&
			    $i ~ /^`[a-z]+-(host|guest)-edge-[a-z0-9.-]+`[,;]?$/) {
				split($i, part, "`")
				print program, part[2]
			}
			if ($i ~ /^`edge_[A-Za-z0-9_]+`[,;]?$/) {
				split($i, part, "`")
				print program, part[2]
			}
		}
	}' "$1" | LC_ALL=C sort -u
}

# tests_of FOLDER: the same of all tests that are there.
tests_of() {
	(
		cd "$1"
		grep -oEH '\bedge_[A-Za-z0-9_]+[,)]' unit/test_*.c protocol/test_*.c |
			sed -nE 's|^(unit\|protocol)/test_([a-z0-9_]+)\.c:(edge_[A-Za-z0-9_]+).*|\1.\2 \3|p'
		cd ../fixtures/traces
		find . -name '*-edge-*.vt' |
			sed 's|^\./|cli.trace_scripts |; s/\.vt$//'
	) | LC_ALL=C sort -u
}

# mistakes README: a line for each.
mistakes() {
	local n
	comm -23 <(tables_of "$1") <(tests_of "$source_folder/tests") |
		sed 's/^/in a table, and not in the tests: /'
	comm -13 <(tables_of "$1") <(tests_of "$source_folder/tests") |
		sed 's/^/in the tests, and in no table: /'
	for ((n = 1; n <= cases_of_vmxnet3; n++)); do
		grep -q "^| V$n |.*\`edge_" "$1" || printf 'V%d has no test\n' "$n"
	done
	for ((n = 1; n <= cases_of_virtio; n++)); do
		grep -q "^| M$n |.*\`edge_" "$1" || printf 'M%d has no test\n' "$n"
	done
}

planted=$(mktemp)
trap 'rm -f "$planted"' EXIT
# shellcheck disable=SC2016 # backquotes of the tables
sed 's/`edge_V16_ring_never_full`/`edge_V16_ring_ever_full`/; s/`hyperv-host-edge-19-state-of-higher`/`hyperv-host-edge-19-lower`/; /^| V17 |/d; /^| M23 |/d' \
	"$source_folder/tests/README.md" >"$planted"
found=$(mistakes "$planted")
for wanted in 'not in the tests: unit.vmxnet3_transmit edge_V16_ring_ever_full' \
	'in no table: unit.vmxnet3_transmit edge_V16_ring_never_full' \
	'not in the tests: cli.trace_scripts hyperv-host-edge-19-lower' \
	'in no table: cli.trace_scripts hyperv-host-edge-19-state-of-higher' \
	'V17 has no test' 'M23 has no test'; do
	[[ $found == *"$wanted"* ]] || {
		printf 'a planted mistake is not found: %s\n' "$wanted"
		exit 1
	}
done

found=$(mistakes "$source_folder/tests/README.md")
if [ -n "$found" ]; then
	printf '%s\n' "$found"
	exit 1
fi
printf 'the tables of edge cases are true\n'
