#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# How the command is called: help and version, and one sentence with exit 2 for
# each thing that is not known.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"

try 0 --version
silent err
grep -Eqx 'vmmsim [0-9]+\.[0-9]+\.[0-9]+' out || wrong "the version"
try 0 --help
silent err
says out "Usage: vmmsim COMMAND"
says out "replay"
says out "list"
cp out help
try 0 -h
cmp -s out help || wrong "-h is not --help"
try 0 help
cmp -s out help || wrong "help is not --help"
try 0 replay --help
silent err
for option in vmm host direction mtu seed write json help; do
	says out "  --$option"
done
cp out help
try 0 help replay
cmp -s out help || wrong "help replay is not replay --help"
try 0 list --help
says out "Usage: vmmsim list"

try 0 list
silent err
for host in ws2012 ws2012r2 ws2016 ws2019 ws2022 azure hostile; do
	grep -Eq "^hyperv +$host .* VMBus [0-9]+\.[0-9]+ to [0-9]+\.[0-9]+, NVSP" out ||
		wrong "list does not show $host"
done
try 0 list --json
[ "$(grep -c '^{"vmm":"[a-z]*","host":"[a-z0-9.-]*",.*}$' out)" = \
	"$(wc -l <out)" ] || wrong "list --json"
says out '"host":"ws2019"'

silence_and() {
	silent out
	said "$1"
}
try 2
silence_and "a command is missing; see 'vmmsim --help'"
try 2 rebuild
silence_and "there is no command 'rebuild'; see 'vmmsim --help'"
try 2 --colour
silence_and "there is no option '--colour'; see 'vmmsim --help'"
try 2 help rebuild
silence_and "there is no command 'rebuild'; see 'vmmsim --help'"
try 2 list everything
silence_and "'list' takes no 'everything'; see 'vmmsim list --help'"
try 2 replay
silence_and "'replay' needs a capture; see 'vmmsim replay --help'"
try 2 replay --fast x.pcap
silence_and "unknown option '--fast' of 'replay'; see 'vmmsim replay --help'"
try 2 replay -x x.pcap
silence_and "unknown option '-x' of 'replay'; see 'vmmsim replay --help'"
try 2 replay x.pcap --mtu
silence_and "option '--mtu' needs a value; see 'vmmsim replay --help'"
try 2 replay --json=yes x.pcap
silence_and "option '--json' takes no value; see 'vmmsim replay --help'"
try 2 replay --vmm xen x.pcap
silent out
says err "option '--vmm' names no hypervisor: 'xen'; there are: all, hyperv"
try 2 replay --host ws2003 x.pcap
says err "vmmsim: option '--host' names no host: 'ws2003'; there are: all, "
says err ", ws2019"
[ "$(wc -l <err)" = 1 ] || wrong "more than one sentence"
try 2 replay --host hostile x.pcap
silence_and "option '--host' names a host that loses and changes frames, so nothing can be compared: 'hostile' is for 'vmmsim scenario'"
try 2 replay --direction up x.pcap
silence_and "option '--direction' names no direction: 'up'; there are: tx, rx, both"
for mtu in 575 9001 1500x '' -1 +1500 ' 1500' 99999999999999999999; do
	try 2 replay --mtu "$mtu" x.pcap
	silence_and "option '--mtu' wants a number from 576 to 9000, not '$mtu'"
done
try 2 replay --seed 9223372036854775808 x.pcap
silence_and "option '--seed' wants a number from 0 to 9223372036854775807, not '9223372036854775808'"
# A name is no way to steer the terminal.
try 2 $'re\033[2Jbuild'
silence_and "there is no command 're?[2Jbuild'; see 'vmmsim --help'"
conclude
