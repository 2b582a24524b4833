#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The card for a driver from elsewhere, without one: what cannot be served, in
# one sentence, and an end without a client.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"

try 0 serve --help
silent err
for option in vhost-user frames seed timeout strict trace help; do
	says out "  --$option"
done

try 2 serve
said "option '--vhost-user' is missing; see 'vmmsim serve --help'"
try 2 serve --vhost-user ''
said "option '--vhost-user' wants the path of a socket"
try 2 serve --vhost-user card --frames 0
said "option '--frames' wants a number from 1 to 1000000000, not '0'"
try 2 serve --vhost-user card --frames 1e3
said "option '--frames' wants a number from 1 to 1000000000, not '1e3'"
try 2 serve --vhost-user card --timeout -1
said "option '--timeout' wants a number from 1 to 100000, not '-1'"
try 2 serve --vhost-user card --seed x
said "option '--seed' wants a number from 0 to 18446744073709551615, not 'x'"
try 2 serve --vhost-user nowhere/card
said "nowhere/card: cannot make the socket: No such file or directory"
touch taken
try 2 serve --vhost-user taken
said "taken: cannot make the socket: there is something already"
[ -e taken ] || wrong "what was there is gone"
long=$(printf '%0120d' 0)
try 2 serve --vhost-user "$long"
said "$long: the path of a socket has at most 107 bytes"

try 2 serve --vhost-user card --trace a.txt
said "option '--trace' wants a name that ends with .vt or .pcapng, not 'a.txt'"
try 2 serve --vhost-user card --trace no/a.vt
said "no/a.vt: No such file or directory"
[ ! -e card ] || wrong "a socket without a trace"

# Nobody comes: it says so, and leaves no socket; nothing passed.
try 1 serve --vhost-user card --timeout 1 --seed 7 --trace a.vt --trace a.pcapng
[ "$(cat a.vt)" = "trace 1 vmm=firecracker host=vhost-user seed=7" ] ||
	wrong "the trace of nothing"
[ -s a.pcapng ] || wrong "no trace as pcapng"
cp out nobody
try 0 convert a.pcapng b.vt
cmp -s a.vt b.vt || wrong "both forms differ"
cp nobody out
silent err
says out "listening at card"
says out "frames   0 of 10000, 0 bytes"
says out "FAIL: frame 0 did not come back in time"
[ ! -e card ] || wrong "the socket is left"

# Interrupted once it listens: the same.
status=0
rm -f out
# shellcheck disable=SC2154 # of cli.bash
"$vmmsim" serve --vhost-user card >out 2>err &
served=$!
while kill -0 "$served" 2>/dev/null && ! grep -qs listening out; do
	sleep 0.05
done
kill -INT "$served" || wrong "it does not wait for a client"
wait "$served" || status=$?
[ "$status" = 1 ] || wrong "exit $status after an interrupt"
says out "FAIL: frame 0 did not come back: interrupted"
[ ! -e card ] || wrong "the socket is left"
conclude
