#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Scenarios: all of them on all hosts, a sweep of the faults of some, and what
# the command says: the same for the same seed however many run at once, why
# there are combinations that there are not, and wrong usage.
# shellcheck source=tests/support/cli.bash
. "${2:?first the command, then the source folder}/tests/support/cli.bash"

try 0 scenario --help
for option in vmm host vmbus nvsp revision seed seeds sweep fault frames jobs trace failures json virtio; do
	says out "  --$option"
done
try 0 scenario list
silent err
names=$(tail -n +2 out | sed 's/ .*//')
[ "$(wc -w <<<"$names")" -ge 20 ] || wrong "not 20 scenarios"
try 0 scenario list --json
[ "$(grep -c '^{"scenario":"[a-z-]*","vmm":"[a-z, ]*","shows":".*"}$' out)" = \
	"$(wc -w <<<"$names")" ] || wrong "list --json"
# Each hypervisor has some that others have not.
try 0 scenario list --vmm vmware
vmware_names=$(tail -n +2 out | sed 's/ .*//')
grep -qx keepalive <<<"$names" || wrong "hyperv has no keepalive"
! grep -qx keepalive <<<"$vmware_names" || wrong "vmware has a keepalive"
grep -qx queue-stop <<<"$vmware_names" || wrong "vmware has no queue-stop"
try 0 scenario list --vmm all
[ "$(tail -n +2 out | sed 's/ .*//' | sort)" = \
	"$(sort -u <<<"$names
$vmware_names")" ] || wrong "list --vmm all"

# Each on each host in its highest versions; one in all versions.
try 0 scenario run all --vmbus highest --nvsp highest --seeds 2
silent err
hosts=$("$vmmsim" list | grep '^hyperv ' | grep -vc ' hostile ')
rows=$(($(wc -w <<<"$names") * hosts))
[ "$(grep -Ec '^[a-z-]+ +hyperv +[a-z0-9]+ +2 .* 0  pass$' out)" = "$rows" ] ||
	wrong "not $rows rows"
says out "pass: $((2 * rows)) runs, 0 fault points fired, 0 failed"
try 0 scenario run bring-up mtu
says out "ws2016 has no NVSP 6: a guest that tries it ends lower"
says out "NVSP 1 has no NDIS_CONFIG to ask for an MTU over 1500 with"
try 77 scenario run bring-up --host ws2012 --vmbus 5.3
says out "skip: 0 runs"

# Faults. Then the same with one run at once and with five.
try 0 scenario run bring-up --host ws2019 --sweep
grep -Eq '^bring-up +hyperv +ws2019 +1 +[0-9]{3,} .* 0  pass$' out ||
	wrong "few points were fired"
plain=(run all --host ws2022 --vmbus highest --nvsp highest --seed 5)
try 0 scenario "${plain[@]}" --jobs 1
cp out first
try 0 scenario "${plain[@]}" --jobs 5
cmp -s <(grep -v '^repeat' first) <(grep -v '^repeat' out) ||
	wrong "five at once are not one after the other"
bash -c "$(sed -n 's/^repeat: //p' first)" >out 2>&1 || wrong "the repeat failed"
cmp -s first out || wrong "the repeat command is another run"
try 0 scenario run filter --host ws2012r2 --seed 2 --sweep
# CLOSE and GPADL_TEARDOWN refused: the channel is not opened on top of itself,
# and its number is not given back while memory is shown through it.
for ((n = 18; n < 25; n++)); do
	try 0 scenario run reopen rescind --host ws2019 \
		--fault "post-refused=$n"
done
try 0 scenario run bring-up --host ws2019 --fault message-lost=2,persistent
says out "pass: 0 runs, 1 fault points fired, 0 failed"

# Hosts that lie: by name, and by seed; the same for the same seed.
try 0 scenario faults
silent err
faults=$(tail -n +2 out | sed 's/ .*//')
[ "$(sort -u <<<"$faults" | wc -l)" -ge 80 ] || wrong "not 80 faults"
try 0 scenario faults --json
[ "$(grep -Ec '^\{"fault":"[a-z-]*","vmm":"hyperv","layer":"[a-z]*","text":".*","source":".+","changes":(true|false)\}$' out)" = \
	"$(wc -l <<<"$faults")" ] || wrong "faults --json"
try 0 scenario run all --host hostile --seeds 8
silent err
[ "$(grep -Ec '^[a-z-]+ +hyperv +hostile +[0-9]+ .* 0  pass$' out)" = \
	"$(wc -w <<<"$names")" ] || wrong "not each on a hostile host"
grep -Eq '^pass: [0-9]+ runs, [0-9]{3} fault points fired, 0 failed$' out ||
	wrong "a hostile host that hardly lies"
try 0 scenario run flood --host hostile --seed 3 --seeds 20 --jobs 1
cp out first
try 0 scenario run flood --host hostile --seed 3 --seeds 20 --jobs 4
cmp -s <(grep -v '^repeat' first) <(grep -v '^repeat' out) ||
	wrong "two hostile runs of a seed differ"
try 0 scenario run bring-up --host ws2022 --fault version-never
says out "pass: 0 runs, 1 fault points fired, 0 failed"
try 0 scenario run receive --host ws2022 --fault range-offset=2
says out "pass: 0 runs, 1 fault points fired, 0 failed"
try 0 scenario run bring-up --host ws2022 --fault range-offset=1000
says out "pass: 1 runs, 0 fault points fired, 0 failed"

# Several faults at once; a hostile host has these instead of its seed's.
# And fewer frames: as many as were asked for, in and out.
try 0 scenario run bring-up --host ws2022 --fault offer-twice \
	--fault gpadl=1 --fault mac-zero=2
says out "--fault gpadl=1 --fault offer-twice --fault mac-zero=2"
try 0 scenario run flood --host hostile --seed 3 --fault none
says out "pass: 1 runs, 0 fault points fired, 0 failed"
try 0 scenario run bring-up --host hostile --seed 3 --fault version-never=1
says out "pass: 0 runs, 1 fault points fired, 0 failed"
for frames in 0 9 65536; do
	try 0 scenario run transmit --host ws2019 --vmbus highest \
		--nvsp highest --frames $frames
	says out "--frames $frames"
	says out "$((frames > 150 ? 150 : frames)) frames, each looked at"
done

try 0 scenario run rescind --vmm all --vmbus highest --nvsp highest --frames 0

# VMware: the same scenarios where there is what they need, on each host, in
# each revision; a sweep; and each thing that a host does wrong, by name.
try 0 scenario run all --vmm vmware
silent err
hosts=$("$vmmsim" list | grep '^vmware ' | grep -vc ' hostile ')
rows=$(($(wc -w <<<"$vmware_names") * hosts))
[ "$(grep -Ec '^[a-z-]+ +vmware +[a-z0-9.-]+ +[0-9]+ .* 0  pass$' out)" = \
	"$rows" ] || wrong "not $rows rows of vmware"
says out "esxi-6.0 has no revision 3: a guest that tries it ends lower"
says out "vmware has no RNDIS: no 'reset'"
try 77 scenario run keepalive --vmm vmware
says out "vmware has no question whether the guest lives: no 'keepalive'"
try 0 scenario run bring-up queue-stop --vmm vmware --host qemu --sweep
grep -Eq '^bring-up +vmware +qemu +1 +[0-9]{2,} .* 0  pass$' out ||
	wrong "few points were fired over vmware"
try 0 scenario faults --vmm vmware
vmware_faults=$(tail -n +2 out | sed 's/ .*//')
[ "$(sort -u <<<"$vmware_faults" | wc -l)" -ge 50 ] || wrong "not 50 faults"
try 0 scenario faults --vmm firecracker
virtio_faults=$(tail -n +2 out | sed 's/ .*//')
[ "$(sort -u <<<"$virtio_faults" | wc -l)" -ge 60 ] || wrong "not 60 faults"
try 0 scenario faults --vmm all
[ "$(tail -n +2 out | wc -l)" = \
	$(($(wc -l <<<"$faults") + $(wc -l <<<"$vmware_faults") +
		$(wc -l <<<"$virtio_faults"))) ] ||
	wrong "faults --vmm all"
try 0 scenario run all --vmm vmware --host hostile --seeds 8
[ "$(grep -Ec '^[a-z-]+ +vmware +hostile +[0-9]+ .* 0  pass$' out)" = \
	"$(wc -w <<<"$vmware_names")" ] || wrong "not each on a hostile vmware"
try 0 scenario run bring-up --vmm vmware --host esxi-7.0 --revision 3 \
	--fault activate-fails
says out "pass: 0 runs, 1 fault points fired, 0 failed"
says out "--vmm vmware --host esxi-7.0"
says out "--revision 3"
try 0 scenario run bring-up --vmm all
says out "vmware       qemu                   1"
bash -c "$(sed -n 's/^repeat: //p' out)" >again 2>&1 || wrong "repeat of all"
cmp -s out again || wrong "the repeat of all is another run"

# Each line an event.
try 0 scenario run bring-up --json
[ "$(grep -c '^{"event":"[a-z]*",.*}$' out)" = "$(wc -l <out)" ] ||
	wrong "lines that are no events"
tail -n 1 out | grep -q '"verdict":"pass","exit":0,.*"seed":1,"repeat":"' ||
	wrong "end"

try 2 scenario
said "'scenario' needs 'list', 'faults', or 'run' and a scenario; see 'vmmsim scenario --help'"
try 2 scenario run
said "'scenario' needs 'list', 'faults', or 'run' and a scenario; see 'vmmsim scenario --help'"
try 2 scenario faults all
said "'scenario faults' takes no 'all'; see 'vmmsim scenario --help'"
try 2 scenario list everything
said "'scenario list' takes no 'everything'; see 'vmmsim scenario --help'"
try 2 scenario run fly
said "there is no scenario 'fly'; see 'vmmsim scenario list'"
try 2 scenario run all --host ws2003
said "option '--host' names no host: 'ws2003'; there are: all, ws2012, ws2012r2, ws2016, ws2019, ws2022, azure, hostile"
try 2 scenario run all --vmm vmware --host ws2019
says err "option '--host' names no host: 'ws2019'; there are: all, esxi-6.0,"
try 2 scenario run all --vmm xen
says err "option '--vmm' names no hypervisor: 'xen'; there are: all, hyperv, vmware"
try 2 scenario run all --vmm vmware --nvsp 2
said "option '--nvsp' is for '--vmm hyperv', not 'vmware'"
try 2 scenario run all --revision 2
said "option '--revision' is for '--vmm vmware', not 'hyperv'"
try 2 scenario run all --vmm vmware --fault version-never
says err "vmmsim: option '--fault' wants KIND=N or KIND=N,persistent, not 'version-never'; kinds are"
try 2 scenario run all --vmm all --fault mac-zero
says err "vmmsim: option '--fault' wants KIND=N or KIND=N,persistent, not 'mac-zero'; kinds are allocation, pages,"
says err "; or none; those of 'vmmsim scenario faults' are one hypervisor's, and '--vmm' is all"
try 0 scenario run bring-up --vmm all --fault gpadl=1 --fault none
try 2 scenario run bring-up --fault no-such
says err "; or NAME or NAME=N of 'vmmsim scenario faults', or none"
try 2 scenario run all --nvsp 3
said "option '--nvsp' names no version: '3'; there are: all, highest, 1 to 6.1"
for fault in gpadl gpadl= gpadl=0 gpadl=x gpadl=1,always memory=1 =1 \
	mac version-never= version-never=0 version-never=4294967295 \
	version-never=1,persistent version_never Version-Never ''; do
	try 2 scenario run all --fault "$fault"
	says err "vmmsim: option '--fault' wants KIND=N or KIND=N,persistent, not '$fault'; kinds are allocation, pages,"
done
try 2 scenario run all --sweep --fault gpadl=1
said "--sweep and --fault exclude each other"
try 2 scenario run all --sweep --fault mac-zero
said "--sweep and --fault exclude each other"
try 2 scenario run all --host hostile --sweep
said "a hostile host has its faults by seed: no --sweep"
try 2 scenario run all --fault gpadl=1 --fault pages=2
said "option '--fault' wants one fault of the machine, and then 'pages=2'"
for frames in '' x -1 1x 65537 99999999999999999999; do
	try 2 scenario run all --frames "$frames"
	said "option '--frames' wants a number from 0 to 65536, not '$frames'"
done
conclude
