#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Each script of fixtures/traces is played to the side that its first line names
# ("as"), with the options of each of its lines "# run:", and passes; and each is
# compared to its end: with another end it fails.
# shellcheck source=tests/support/cli.bash
. "$2/tests/support/cli.bash"

# An end that does not come, for a script of either side.
change() {
	if [ "$2" = host ]; then
		cat "$1"
		echo '> note text="never"'
	else
		cat "$1"
		echo '< frame data=[]'
		echo '> frame data=[]'
	fi
}

count=0
mkdir host guest
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
	if ! grep -q '^# run: ' "$script"; then
		cp "$script" "$side/$name"
		continue
	fi
	change "$script" "$side" >changed.vt
	while read -ra options; do
		count=$((count + 1))
		try 0 replay --as "$side" "${options[@]}" "$script"
		try 1 replay --as "$side" "${options[@]}" changed.vt
	done < <(sed -n 's/^# run: //p' "$script")
done

for side in host guest; do
	n=$(find $side -name '*.vt' | wc -l)
	count=$((count + n))
	try 0 replay --as $side $side/*.vt
	[ "$(grep -c '^PASS  ' out)" = "$n" ] || wrong "not all pass as $side"
	for script in "$side"/*.vt; do
		change "$script" $side >changed.vt
		mv changed.vt "$script"
	done
	try 1 replay --as $side $side/*.vt
	[ "$(grep -c '^FAIL  ' out)" = "$n" ] || {
		wrong "some pass as $side with an end that does not come"
		grep '^PASS' out
	}
done
[ "$count" -ge 60 ] || wrong "only $count scripts were played"
conclude
