#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Writes a copy of a source with one bug in it.
#
#   plant.sh NAME SOURCE COPY
#
# When the bug does not fit the source any more the copy is what the source is:
# the build goes on, and the test that is to find the bug fails.
set -euo pipefail

name=$1
source_file=$2
copy=$3

# within FUNCTION COMMANDS: do them between its first line and its last.
within() {
	printf '/^[a-z].*[ *]%s\\(/,/^\}/ {\n%s\n}\n' "$1" "$2"
}

tab=$'\t'
case $name in
# ---- The guest's writer ----
publish-no-fence)
	commands=$(within ring_publish '/shared_fence/d')
	;;
publish-looks-first)
	commands=$(within ring_publish \
		"/shared_store32/i\\
${tab}uint32_t mask = shared_load32(ring->port, \\&control->interrupt_mask);
s/shared_load32\(.*interrupt_mask\)/mask/")
	;;
publish-old-read-index)
	commands=$(within ring_publish \
		's/return shared_load32\(.*\)( == before)/return ring->other\1/')
	;;
publish-ignores-mask)
	commands=$(within ring_publish '/interrupt_mask/,+1d')
	;;
publish-ignores-reader)
	commands=$(within ring_publish 's/return shared_load32.*;/return true;/')
	;;
publish-before-data)
	commands=$(within ring_begin \
		"/writer->ring = ring;/i\\
${tab}shared_store32(ring->port, \\&ring->control->write_index,\\
${tab}${tab}advance(ring, ring->index, (uint32_t)length + FOOTER_BYTES));")
	;;
footer-wrong)
	commands=$(within ring_end 's/cpu_to_le32\(writer->start\)/cpu_to_le32(writer->start + 8)/')
	;;
pending-no-fence)
	commands=$(within ring_pending_send '/shared_fence/d')
	;;
# ---- The guest's reader ----
release-no-fence)
	commands=$(within ring_release '/shared_fence/d')
	;;
release-looks-first)
	commands=$(within ring_release \
		"/shared_store32/i\\
${tab}pending = shared_load32(ring->port, \\&control->pending_send_bytes);
/^${tab}pending = shared_load32/d")
	;;
release-always)
	commands=$(within ring_release 's/return free_before.*;/return true;/')
	;;
release-never)
	commands=$(within ring_release 's/return free_before.*;/return false;/')
	;;
release-asks-mask)
	commands=$(within ring_release \
		"/if \\(pending == 0\\)/i\\
${tab}if (shared_load32(ring->port, \\&control->interrupt_mask))\\
${tab}${tab}return false;")
	;;
release-wants-more)
	commands=$(within ring_release \
		's/pending < free_after/pending + UNIT < free_after/')
	;;
release-early)
	commands=$(within ring_read \
		"/bytes = packet->header_bytes/i\\
${tab}shared_store32(ring->port, \\&ring->control->read_index, advance(\\
${tab}${tab}ring, ring->index, DESCRIPTOR_BYTES + packet->header_bytes +\\
${tab}${tab}packet->payload_bytes + FOOTER_BYTES));\\
${tab}shared_fence(ring->port);")
	;;
unmask-no-fence)
	commands=$(within ring_unmask '/shared_fence/d')
	;;
unmask-no-look)
	commands=$(within ring_unmask "/shared_fence/a\\
${tab}return true;")
	;;
unmask-looks-first)
	commands=$(within ring_unmask \
		"/shared_store32/i\\
${tab}uint32_t there = shared_load32(ring->port, \\&ring->control->write_index);
/if \\(shared_load32/,/ring->index\\)/c\\
${tab}if (there == ring->index)")
	;;
unmask-no-mask)
	commands=$(within ring_unmask '/ring_mask\(ring\)/d')
	;;
unmask-never)
	commands=$(within ring_unmask '/== *$/ { N; s/== *\n.*ring->index/== ~0u/ }')
	;;
release-clears-pending)
	commands=$(within ring_release \
		"/return free_before/i\\
${tab}shared_store32(ring->port, \\&control->pending_send_bytes, 0);")
	;;
# ---- The host's rings ----
host-write-no-fence)
	commands=$(within host_ring_write '/host_fence/d')
	;;
host-consume-no-fence)
	commands=$(within host_ring_consume '/host_fence/d')
	;;
host-consume-twice)
	commands=$(within host_ring_consume \
		's/after >= bytes && (after - bytes <= pending)/(after < bytes || \1)/')
	;;
host-mask-no-fence)
	commands=$(within host_ring_mask '/host_fence/d')
	;;
host-want-no-fence)
	commands=$(within host_ring_want '/host_fence/d')
	;;
# ---- The host's channel ----
host-unmask-no-look)
	commands=$(within channel_step 's/if \(host_ring_is_empty.*\)/if (true)/')
	;;
host-want-no-look)
	commands=$(within room_find 's/if \(.* room >= bytes\)/if (false)/')
	;;
*)
	printf '%s: no such bug\n' "$name" >&2
	exit 2
	;;
esac

sed -E "$commands" "$source_file" >"$copy"
if cmp -s "$copy" "$source_file"; then
	printf 'warning: %s changes nothing in %s\n' "$name" "$source_file" >&2
fi
