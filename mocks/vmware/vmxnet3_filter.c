/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which frames of the wire the guest wants, and which of its queues gets them.
 */
#include "mocks/vmware/vmxnet3_internal.h"

#include <string.h>

#include "mocks/wire/toeplitz.h"

/** Kinds of hashes as a completion names them (UDP since revision 4). */
enum {
	KIND_NONE,
	KIND_IPV4,
	KIND_TCP4,
	KIND_IPV6,
	KIND_TCP6,
	KIND_UDP4,
	KIND_UDP6
};

static bool group_wanted(const struct host_vmxnet3 *vmxnet3, const uint8_t *to)
{
	uint32_t n;

	if (vmxnet3->mode & VMXNET3_MODE_ALL_MULTICAST)
		return true;
	for (n = 0;
	     vmxnet3->mode & VMXNET3_MODE_MULTICAST && n < vmxnet3->group_count;
	     n++)
		if (!memcmp(vmxnet3->groups + (size_t)n * 6, to, 6))
			return true;
	return false;
}

static bool table_is_empty(const struct host_vmxnet3 *vmxnet3)
{
	unsigned n;

	for (n = 0; n < VMXNET3_VLAN_BYTES; n++)
		if (vmxnet3->vlans[n])
			return false;
	return true;
}

static bool vlan_wanted(const struct host_vmxnet3 *vmxnet3,
			const struct wire_frame *frame)
{
	unsigned vlan;

	if (!frame_is_tagged(frame->data, frame->length))
		return true;
	vlan = frame_tag(frame->data) & 0xfff;
	if (host_vmxnet3_is_qemu(vmxnet3) ? !vlan || vlan == 0xfff
					  : table_is_empty(vmxnet3))
		return true;
	return vmxnet3->vlans[vlan / 8] >> vlan % 8 & 1;
}

bool host_vmxnet3_wanted(const struct host_vmxnet3 *vmxnet3,
			 const struct wire_frame *frame)
{
	static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
	bool promiscuous = vmxnet3->mode & VMXNET3_MODE_PROMISCUOUS;

	if (promiscuous && host_vmxnet3_is_qemu(vmxnet3))
		return true;
	if (!vlan_wanted(vmxnet3, frame))
		return false;
	if (promiscuous)
		return true;
	if (!memcmp(frame->data, broadcast, sizeof(broadcast)))
		return vmxnet3->mode & VMXNET3_MODE_BROADCAST;
	if (frame->data[0] & 1)
		return group_wanted(vmxnet3, frame->data);
	return vmxnet3->mode & VMXNET3_MODE_UNICAST &&
	       !memcmp(frame->data, vmxnet3->mac, sizeof(vmxnet3->mac));
}

/* ---- Queues ---- */

/** The kind of hash for a frame with ports, KIND_NONE: addresses only. */
static unsigned kind_with_ports(const struct host_vmxnet3 *vmxnet3,
				const struct frame_layout *layout)
{
	unsigned hashes = vmxnet3->rss.hashes;
	bool four = layout->version == 4;

	if (layout->fragment || layout->transport_bytes < 4)
		return KIND_NONE;
	if (layout->protocol == PROTOCOL_TCP &&
	    hashes & (four ? RSS_HASH_TCP4 : RSS_HASH_TCP6))
		return four ? KIND_TCP4 : KIND_TCP6;
	if (layout->protocol == PROTOCOL_UDP && vmxnet3->revision >= 4 &&
	    vmxnet3->rss_fields & (four ? RSS_FIELD_UDP4 : RSS_FIELD_UDP6))
		return four ? KIND_UDP4 : KIND_UDP6;
	return KIND_NONE;
}

unsigned host_vmxnet3_queue_of(const struct host_vmxnet3 *vmxnet3,
			       const uint8_t *frame, uint32_t bytes,
			       uint32_t *hash, unsigned *kind)
{
	const struct vmxnet3_rss *rss = &vmxnet3->rss;
	struct frame_layout layout;
	bool ports;

	*hash = 0;
	*kind = KIND_NONE;
	if (!rss->enabled)
		return 0;
	frame_layout_find(frame, bytes, &layout);
	if (!layout.version)
		return 0;
	*kind = kind_with_ports(vmxnet3, &layout);
	ports = *kind != KIND_NONE;
	if (!ports) {
		if (!(rss->hashes &
		      (layout.version == 4 ? RSS_HASH_IPV4 : RSS_HASH_IPV6)))
			return 0;
		*kind = layout.version == 4 ? KIND_IPV4 : KIND_IPV6;
	}
	*hash = toeplitz_frame(rss->key, frame, &layout, ports);
	return rss->table[*hash % rss->entries];
}
