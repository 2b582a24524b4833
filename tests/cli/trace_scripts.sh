#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Each script of fixtures/traces is played to the side that its first line names
# ("as"), with the options of each of its lines "# run:", and passes; and each is
# compared to its end: with another end it fails. Those of the same side and the
# same options share a folder, and are played by one process.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"

# An end that does not come, for a script of either side.
change() {
	if [ "$1" = host ]; then
		echo '> note text="never"'
	else
		echo '< frame data=[]'
		echo '> frame data=[]'
	fi
}

for script in "$sources"/fixtures/traces/*.vt; do
	name=$(basename "$script")
	side=$(sed -n 's/^trace 1 .*\bas=\([a-z]*\).*/\1/p' "$script")
	case $side in
	host | guest) ;;
	*)
		wrong "$name does not say which side it plays"
		continue
		;;
	esac
	runs=$(sed -n 's/^# run: //p' "$script")
	while read -r options; do
		mkdir -p "$side $options"
		cp "$script" "$side $options/$name"
	done <<<"$runs"
done

count=0
while IFS= read -r folder; do
	side=${folder%% *}
	read -ra options <<<"${folder#"$side"}"
	scripts=("$folder"/*.vt)
	n=${#scripts[@]}
	count=$((count + n))
	try 0 replay --as "$side" "${options[@]}" "${scripts[@]}"
	[ "$(grep -c '^PASS  ' out)" = "$n" ] || wrong "not all pass in $folder"
	for script in "${scripts[@]}"; do
		change "$side" >>"$script"
	done
	try 1 replay --as "$side" "${options[@]}" "${scripts[@]}"
	[ "$(grep -c '^FAIL  ' out)" = "$n" ] || {
		wrong "some pass in $folder with an end that does not come"
		grep '^PASS' out
	}
done < <(find . -mindepth 1 -type d -printf '%P\n' | LC_ALL=C sort)
[ "$count" -ge 60 ] || wrong "only $count scripts were played"
conclude
