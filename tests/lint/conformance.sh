#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# docs/virtio-conformance.csv is whole: each clause has all of its columns, and
# a test that shows it or the reason why none does; each test that it names is
# run by the program that it says; clauses of a section count from 1. Each test
# of unit.virtio_conformance shows some clause.
#
# Before it reads the table it plants each mistake in a copy and wants to see
# that found.
#
#   conformance.sh SOURCE
set -euo pipefail

source_folder=$(cd "${1:-.}" && pwd)
table=$source_folder/docs/virtio-conformance.csv

# form_of TABLE: a line for each row that is not as it should be.
form_of() {
	awk -F, '
	function wrong(what) { print "line " NR ": " what }
	/["\r]/ { wrong("a quotation mark or a carriage return") }
	NR == 1 {
		if ($0 != "id,section,level,clause,shown by,reason")
			wrong("other columns")
		next
	}
	NF != 6 { wrong(NF " columns"); next }
	{
		for (i = 1; i <= NF; i++)
			if ($i ~ /^ | $/)
				wrong("white space around column " i)
		if ($2 == "" || $4 == "")
			wrong("an empty column")
		if ($3 !~ /^(MUST|SHOULD)( NOT)?$/)
			wrong("no such level")
		if ($5 == "" && $6 == "")
			wrong("neither test nor reason")
		if ($5 != "" &&
		    $5 !~ /^[a-z]+\.[a-z0-9_]+:( [A-Za-z0-9_]+)+(; [a-z]+\.[a-z0-9_]+:( [A-Za-z0-9_]+)+)*$/)
			wrong("not \"KIND.PROGRAM: TEST TEST; ...\"")
		if ($1 !~ /^[0-9]+(\.[0-9]+)+-[0-9]+$/) {
			wrong("no such id")
			next
		}
		if (seen[$1]++)
			wrong("the id is there twice")
		split($1, part, "-")
		if (part[2] != ++count[part[1]])
			wrong("the id is not the next one of its section")
		if (part[1] in title && title[part[1]] != $2)
			wrong("another name of the section")
		title[part[1]] = $2
	}' "$1"
}

# named_in TABLE: a line for each test, "KIND PROGRAM TEST".
named_in() {
	awk -F, 'NR > 1 {
		programs = split($5, program, "; ")
		for (i = 1; i <= programs; i++) {
			names = split(program[i], name, "[.: ]+")
			for (j = 3; j <= names; j++)
				print name[1], name[2], name[j]
		}
	}' "$1" | LC_ALL=C sort -u
}

# mistakes TABLE: a line for each.
mistakes() {
	local kind program name
	form_of "$1"
	while read -r kind program name; do
		grep -qsE "(cmocka_unit_test\(|tcase_add.*[ (])${name}[,)]" \
			"$source_folder/tests/$kind/test_$program.c" ||
			printf 'no such test: %s.%s %s\n' "$kind" "$program" "$name"
	done < <(named_in "$1")
	comm -13 <(named_in "$1" | sed -n 's/^unit virtio_conformance //p') \
		<(sed -nE 's/.*cmocka_unit_test\(([A-Za-z0-9_]+)\).*/\1/p' \
			"$source_folder/tests/unit/test_virtio_conformance.c" |
			LC_ALL=C sort -u) |
		sed 's/^/shows no clause: /'
}

planted=$(mktemp)
trap 'rm -f "$planted"' EXIT

# plant WANTED COMMAND: the mistake that the command of sed makes is found.
plant() {
	sed -E "$2" "$table" >"$planted"
	[[ $(mistakes "$planted") == *"$1"* ]] || {
		printf 'a planted mistake is not found: %s\n' "$1"
		exit 1
	}
}

plant 'other columns' '1s/reason/why/'
plant '7 columns' '2s/$/,/'
plant '5 columns' '2s/,[^,]*$//'
plant 'an empty column' '2s/,[^,]*,MUST,/,,MUST,/'
plant 'no such level' '2s/,MUST,/,MAY,/'
plant 'neither test nor reason' '2s/,[^,]*,[^,]*$/,,/'
plant 'not "KIND.PROGRAM: TEST' '2s/unit\.virtio_mmio: /unit.virtio_mmio /'
plant 'the id is there twice' '2p'
plant 'not the next one of its section' '3d'
plant 'another name of the section' '3s/,device status,/,status,/'
plant 'no such test: unit.virtio_mmio edge_M3_disorder' '2s/edge_M3[A-Za-z0-9_]*order/edge_M3_disorder/'
plant 'no such test: unit.virtio_nothing edge_M3_M5_M16_M18_order' '2s/virtio_mmio/virtio_nothing/'
plant 'shows no clause: flag_is_ignored_test' '/flag_is_ignored_test/d'

found=$(mistakes "$table")
if [ -n "$found" ]; then
	printf '%s\n' "$found"
	exit 1
fi
awk -F, 'NR > 1 { rows++; shown += $5 != ""; reasons += $6 != "" }
	END { printf "%d clauses: %d shown by tests, %d with a reason\n",
		rows, shown, reasons }' "$table"
