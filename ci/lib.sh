# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# What the commands of this folder share: where the project is, the packages of
# Debian that a command needs, how many jobs run at once, and plain progress on
# standard output. Sourced, not run; nothing here asks a question.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
jobs=$(nproc 2>/dev/null || echo 2)
export LC_ALL=C.UTF-8
export CTEST_PARALLEL_LEVEL=$jobs

# shellcheck disable=SC2034 # used by those who source this
{
	# To build and run the command; to test it; to measure it.
	packages_run="gcc libc6-dev make cmake pkg-config libpcap-dev
		libjansson-dev liblwip-dev libslirp-dev libglib2.0-dev"
	packages_test="$packages_run clang libclang-rt-dev clang-format
		clang-tidy cppcheck sparse shellcheck lcov libcmocka-dev check
		curl iperf3 iproute2 iputils-ping qemu-system-x86 dpdk-dev
		tshark python3-jsonschema"
	packages_bench="$packages_run tcpdump valgrind"
}

section() {
	printf '\n== %s\n' "$*"
}

fail() {
	printf '%s: %s\n' "${0#"$root"/}" "$*" >&2
	exit 2
}

# need PACKAGE...: have them installed, or say which are missing. Only root
# installs; apt is asked only when something is missing.
need() {
	local package missing=()

	command -v dpkg-query >/dev/null ||
		fail "packages are looked up with dpkg: this is not Debian"
	for package in "$@"; do
		dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null |
			grep -qx installed || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] ||
		fail "these packages are missing, install them as root: ${missing[*]}"
	section "Installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update >/dev/null </dev/null
	apt-get -q -y install --no-install-recommends "${missing[@]}" \
		>/dev/null </dev/null
}

# build PRESET [OPTION...]: configure one preset of CMakePresets.json, with
# options of cmake, and build it. What the tools say is kept in build/PRESET.log;
# its end is shown when one of them fails.
build() {
	local preset=$1 log=build/$1.log
	shift

	mkdir -p build 2>/dev/null || true
	[ -w build ] || fail "cannot write to $root/build"
	if ! { cmake --preset "$preset" "$@" &&
		cmake --build --preset "$preset" --parallel "$jobs"; } \
		>"$log" 2>&1 </dev/null; then
		tail -n 60 "$log"
		return 1
	fi
}
