/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Large receive offload: frames of one TCP connection that follow each other
 * become one packet. How many is the seed's choice.
 */
#include "mocks/vmware/vmxnet3_internal.h"

#include <string.h>

#include "mocks/wire/merge.h"

#define SEGMENTS_MAX 40u

unsigned host_vmxnet3_merge(struct vmxnet3_rx_queue *queue, uint32_t *bytes,
			    uint32_t *mss)
{
	struct host_vmxnet3 *vmxnet3 = queue->vmxnet3;
	const struct vmxnet3_waiting *next = queue->first;
	uint8_t *merged = vmxnet3->packet + VLAN_TAG;
	unsigned most =
		2 + machine_random_below(vmxnet3->machine, SEGMENTS_MAX - 1);
	struct frame_merge merge;
	unsigned count = 1;

	memcpy(merged, next->data, next->length);
	if (!frame_merge_begin(&merge, merged, next->length))
		return 1;
	while (count < most && (next = next->next) &&
	       frame_merge_add(&merge, merged, next->data, next->length,
			       VMXNET3_LRO_MAX))
		count++;
	if (count == 1)
		return 1;
	frame_merge_finish(&merge, merged);
	*bytes = merge.bytes;
	*mss = merge.mss;
	return count;
}
