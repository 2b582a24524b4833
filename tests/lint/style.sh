#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What the formatter does not look at, in every file of C and every script:
#
#   - the licence in the first line (the second after #!);
#   - functions of at most 70 lines between their braces, files of under 900;
#   - nothing put off: no word of the kind that marks unfinished work;
#   - comments of one kind in C, no space before a tab, no trailing space.
#
# Before it reads the project it plants each mistake in a copy and wants to see
# it found.
set -euo pipefail

source_folder=$(cd "${1:-.}" && pwd)

files_of() {
	(
		cd "$1"
		find ci .ci src mocks tests pcaps CMakeLists.txt -type f \
			! -name '*.pcap' ! -name '*.md' ! -name '*.json' \
			! -name '*.txt' ! -name 'coverage-floor' \
			! -path 'tests/fuzz/corpus/*' \
			! -name '*.table' ! -name '*.mutants' ! -name '*.uk' 2>/dev/null
		find . -name CMakeLists.txt -not -path './build*' |
			sed 's|^\./||'
	) | LC_ALL=C sort -u
}

# mistakes FOLDER: a line for each, "file:line: sentence".
mistakes() {
	local folder=$1
	files_of "$folder" | (
		cd "$folder"
		# shellcheck disable=SC2016 # awk's, not the shell's
		xargs awk '
		function mistake(sentence) {
			printf "%s:%d: %s\n", FILENAME, FNR, sentence
		}
		function close_file() {
			if (name != "" && !licensed)
				printf "%s:1: no licence line\n", name
			if (in_c && lines >= 900)
				printf "%s:%d: a file of %d lines, 899 is " \
				       "the most\n", name, lines, lines
		}
		FNR == 1 {
			close_file()
			name = FILENAME
			in_c = name ~ /\.[ch]$/
			licensed = 0
			start = 0
		}
		{ lines = FNR }
		FNR <= 2 && /SPDX-License-Identifier: BSD-3-Clause/ {
			licensed = 1
		}
		/(^|[^A-Za-z])(TO[D]O|FIX[M]E|XX[X])([^A-Za-z]|$)/ {
			mistake("unfinished work")
		}
		/[ \t]$/ { mistake("a space at the end") }
		/^ +\t/ { mistake("a space before a tab") }
		in_c && /(^|[^:"])\/\// { mistake("a comment of C++") }
		in_c && /^{/ { start = FNR }
		in_c && /^}/ && start {
			if (FNR - start - 1 > 70)
				mistake("a function of " FNR - start - 1 \
					" lines, 70 are the most")
			start = 0
		}
		END { close_file() }'
	)
}

licence='/* SPDX-License-Identifier: BSD-3-Clause */'

# plant SENTENCE: what $copy/src/a.c holds must be found as that.
plant() {
	case $(mistakes "$copy") in
	*"src/a.c:"*"$1"*) ;;
	*)
		printf 'not found: %s\n' "$1"
		exit 1
		;;
	esac
}

# body LINES: a function that long.
body() {
	printf '%s\n\nvoid f(void)\n{\n' "$licence"
	seq -f '	x = %g;' "$1"
	printf '}\n'
}

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/src"
cd "$copy"
printf 'int a;\n' >src/a.c
plant "no licence line"
body 71 >src/a.c
plant "a function of 71 lines"
body 70 >src/a.c
[ -z "$(mistakes .)" ] || {
	printf 'refused: a function of 70 lines\n'
	exit 1
}
{
	printf '%s\n' "$licence"
	seq -f 'int x%g;' 899
} >src/a.c
plant "a file of 900 lines"
printf '%s\n/* TO%s: finish */\n' "$licence" DO >src/a.c
plant "unfinished work"
printf '%s\nint a; \n' "$licence" >src/a.c
plant "a space at the end"
printf '%s\n  \tint a;\n' "$licence" >src/a.c
plant "a space before a tab"
printf '%s\nint a; // a\n' "$licence" >src/a.c
plant "a comment of C++"

found=$(mistakes "$source_folder")
if [ -n "$found" ]; then
	printf '%s\n' "$found"
	exit 1
fi
printf 'no mistake of style\n'
