/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of the device's lies.
 */
#include "mocks/vmware/faults.h"

#include <string.h>

const struct host_vmxnet3_fault_description host_vmxnet3_fault_descriptions[] =
	{
		[HOST_VMXNET3_FAULT_REVISIONS_NONE] = {"revisions-none",
						       "command",
						       "offers no revision",
						       "V1", false},
		[HOST_VMXNET3_FAULT_UPT_NONE] = {"upt-none", "command",
						 "offers no UPT version",
						 "3.1 bring-up", false},
		[HOST_VMXNET3_FAULT_MAC_ZERO] = {"mac-zero", "command",
						 "has the address zero", "V8",
						 false},
		[HOST_VMXNET3_FAULT_MAC_MULTICAST] =
			{"mac-multicast", "command",
			 "has the address of a group", "V8", false},
		[HOST_VMXNET3_FAULT_ACTIVATE_FAILS] =
			{"activate-fails", "command", "refuses to be activated",
			 "V4, QEMU fde58177aa", false},
		[HOST_VMXNET3_FAULT_ACTIVATE_LIES] = {"activate-lies",
						      "command",
						      "says that it is active",
						      "V4, before it", false},
		[HOST_VMXNET3_FAULT_CONF_INTR_WRONG] =
			{"conf-intr-wrong", "command",
			 "wants an interrupt mode that does not exist", "V40",
			 false},
		[HOST_VMXNET3_FAULT_LINK_ABSURD] =
			{"link-absurd", "command",
			 "answers GET_LINK with nonsense", "V43", false},
		[HOST_VMXNET3_FAULT_QUEUES_ABSURD] = {"queues-absurd",
						      "command",
						      "has 0 or 255 queues",
						      "V53", false},
		[HOST_VMXNET3_FAULT_DATA_SIZE_ABSURD] =
			{"data-size-absurd", "command",
			 "has data slots of no size", "V19", false},
		[HOST_VMXNET3_FAULT_STATS_ABSURD] =
			{"stats-absurd", "command",
			 "counts nothing or everything", "V51", false},
		[HOST_VMXNET3_FAULT_RESULT_STALE] =
			{"result-stale", "command",
			 "answers the command before", "V3", false},
		[HOST_VMXNET3_FAULT_GONE] = {"gone", "command",
					     "is gone: all registers are ones",
					     "surprise removal", false},
		[HOST_VMXNET3_FAULT_RESET] = {"reset", "command",
					      "resets itself", "V45", false},
		[HOST_VMXNET3_FAULT_QUIESCE_LATE] = {"quiesce-late", "command",
						     "goes on after QUIESCE",
						     "V45", false},
		[HOST_VMXNET3_FAULT_INTERRUPT_SPURIOUS] =
			{"interrupt-spurious", "interrupt",
			 "interrupts for nothing", "V41", false},
		[HOST_VMXNET3_FAULT_INTERRUPT_LOST] = {"interrupt-lost",
						       "interrupt",
						       "loses an interrupt",
						       "V40", false},
		[HOST_VMXNET3_FAULT_INTERRUPT_STORM] = {"interrupt-storm",
							"interrupt",
							"interrupts many times",
							"synthetic", false},
		[HOST_VMXNET3_FAULT_IMR_IGNORED] = {"imr-ignored", "interrupt",
						    "interrupts though masked",
						    "V40", false},
		[HOST_VMXNET3_FAULT_ICR_STUCK] =
			{"icr-stuck", "interrupt",
			 "claims each interrupt as its own", "V41", false},
		[HOST_VMXNET3_FAULT_EVENT_SPURIOUS] =
			{"event-spurious", "interrupt",
			 "tells an event that was none", "V42", false},
		[HOST_VMXNET3_FAULT_EVENT_STORM] =
			{"event-storm", "interrupt",
			 "repeats an acknowledged event", "V44: loop storm",
			 false},
		[HOST_VMXNET3_FAULT_EVENT_LOST] = {"event-lost", "interrupt",
						   "loses an event", "V42",
						   false},
		[HOST_VMXNET3_FAULT_QUEUE_STOPPED] =
			{"queue-stopped", "interrupt",
			 "stops a queue with an error", "V44", false},
		[HOST_VMXNET3_FAULT_DEVICE_CHANGED] =
			{"device-changed", "interrupt",
			 "tells that it was changed", "V55", false},
		[HOST_VMXNET3_FAULT_TX_INDEX_RANGE] =
			{"tx-index-range", "transmit",
			 "completes what no ring has", "V15", false},
		[HOST_VMXNET3_FAULT_TX_INDEX_WRONG] =
			{"tx-index-wrong", "transmit",
			 "completes what was not sent", "V15", true},
		[HOST_VMXNET3_FAULT_TX_TWICE] = {"tx-twice", "transmit",
						 "completes twice", "V15",
						 false},
		[HOST_VMXNET3_FAULT_TX_NEVER] = {"tx-never", "transmit",
						 "never completes", "V14",
						 false},
		[HOST_VMXNET3_FAULT_TX_ORDER] = {"tx-order", "transmit",
						 "completes in another order",
						 "3.1 TX path", false},
		[HOST_VMXNET3_FAULT_TX_GARBAGE] =
			{"tx-garbage", "transmit",
			 "leaves garbage in reserved bits", "CVE-2016-6836",
			 false},
		[HOST_VMXNET3_FAULT_TX_GENERATION_EARLY] =
			{"tx-generation-early", "transmit",
			 "publishes a completion before it is written", "1.7",
			 true},
		[HOST_VMXNET3_FAULT_TX_THRESHOLD] =
			{"tx-threshold", "transmit",
			 "wants to be told late or never", "V17", false},
		[HOST_VMXNET3_FAULT_TX_DISCARD] = {"tx-discard", "transmit",
						   "loses a packet",
						   "synthetic", false},
		[HOST_VMXNET3_FAULT_RX_INDEX_RANGE] =
			{"rx-index-range", "receive",
			 "names a buffer that no ring has", "V25", false},
		[HOST_VMXNET3_FAULT_RX_INDEX_WRONG] =
			{"rx-index-wrong", "receive",
			 "names a buffer that it does not own", "V25", true},
		[HOST_VMXNET3_FAULT_RX_QUEUE_RANGE] =
			{"rx-queue-range", "receive",
			 "names a queue that is none", "V31, netmap #575",
			 false},
		[HOST_VMXNET3_FAULT_RX_LENGTH] = {"rx-length", "receive",
						  "received more than fits",
						  "V26", false},
		[HOST_VMXNET3_FAULT_RX_EMPTY] = {"rx-empty", "receive",
						 "received nothing", "V26",
						 false},
		[HOST_VMXNET3_FAULT_RX_NO_SOP] = {"rx-no-sop", "receive",
						  "hides where a packet begins",
						  "V27", false},
		[HOST_VMXNET3_FAULT_RX_NO_EOP] = {"rx-no-eop", "receive",
						  "hides where a packet ends",
						  "V27, QEMU 7cfd9c114b",
						  false},
		[HOST_VMXNET3_FAULT_RX_SKIP] = {"rx-skip", "receive",
						"passes over a buffer", "V25",
						false},
		[HOST_VMXNET3_FAULT_RX_TWICE] = {"rx-twice", "receive",
						 "hands a buffer over twice",
						 "synthetic", true},
		[HOST_VMXNET3_FAULT_RX_NEVER] = {"rx-never", "receive",
						 "keeps a buffer", "synthetic",
						 false},
		[HOST_VMXNET3_FAULT_RX_GENERATION_EARLY] =
			{"rx-generation-early", "receive",
			 "publishes a packet before it is written", "V23",
			 true},
		[HOST_VMXNET3_FAULT_RX_ERROR] = {"rx-error", "receive",
						 "says that a packet is broken",
						 "V28", false},
		[HOST_VMXNET3_FAULT_RX_CHECKSUM_LIES] =
			{"rx-checksum-lies", "receive",
			 "vouches for a broken packet", "V33", false},
		[HOST_VMXNET3_FAULT_RX_CHECKSUM_ABSURD] =
			{"rx-checksum-absurd", "receive",
			 "contradicts itself about checksums", "V33", false},
		[HOST_VMXNET3_FAULT_RX_LRO_ABSURD] =
			{"rx-lro-absurd", "receive", "merged 0 or 255 segments",
			 "V34", false},
		[HOST_VMXNET3_FAULT_RX_TYPE_UNKNOWN] =
			{"rx-type-unknown", "receive",
			 "completes with an unknown type", "V32", false},
		[HOST_VMXNET3_FAULT_RX_DATA_LENGTH] =
			{"rx-data-length", "receive",
			 "put more into a data slot than fits", "V31", false},
		[HOST_VMXNET3_FAULT_RX_VLAN_ABSURD] = {"rx-vlan-absurd",
						       "receive",
						       "invents a VLAN tag",
						       "V24", false},
		[HOST_VMXNET3_FAULT_RX_UPDATE_PRODUCER] =
			{"rx-update-producer", "receive",
			 "changes its mind about receive doorbells", "V35",
			 false},
};

_Static_assert(sizeof(host_vmxnet3_fault_descriptions) /
			       sizeof(host_vmxnet3_fault_descriptions[0]) ==
		       HOST_VMXNET3_FAULTS,
	       "each fault has its description");

bool host_vmxnet3_fault_find(const char *name, enum host_vmxnet3_fault *fault)
{
	unsigned i;

	for (i = 0; i < HOST_VMXNET3_FAULTS; i++) {
		if (strcmp(host_vmxnet3_fault_descriptions[i].name, name) != 0)
			continue;
		*fault = (enum host_vmxnet3_fault)i;
		return true;
	}
	return false;
}
