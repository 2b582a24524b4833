/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of the device's lies, and which of them a run has.
 */
#include "mocks/vmware/faults.h"

#include <string.h>

static const struct {
	const char *name, *text;
} names[] = {
	[HOST_VMXNET3_FAULT_REVISIONS_NONE] = {"revisions-none",
					       "offers no revision"},
	[HOST_VMXNET3_FAULT_UPT_NONE] = {"upt-none", "offers no UPT version"},
	[HOST_VMXNET3_FAULT_MAC_ZERO] = {"mac-zero", "has the address zero"},
	[HOST_VMXNET3_FAULT_MAC_MULTICAST] = {"mac-multicast",
					      "has the address of a group"},
	[HOST_VMXNET3_FAULT_ACTIVATE_FAILS] = {"activate-fails",
					       "refuses to be activated"},
	[HOST_VMXNET3_FAULT_ACTIVATE_LIES] = {"activate-lies",
					      "says that it is active"},
	[HOST_VMXNET3_FAULT_CONF_INTR_WRONG] = {"conf-intr-wrong",
						"wants an interrupt mode that "
						"does not exist"},
	[HOST_VMXNET3_FAULT_LINK_ABSURD] = {"link-absurd",
					    "answers GET_LINK with nonsense"},
	[HOST_VMXNET3_FAULT_QUEUES_ABSURD] = {"queues-absurd",
					      "has 0 or 255 queues"},
	[HOST_VMXNET3_FAULT_DATA_SIZE_ABSURD] = {"data-size-absurd",
						 "has data slots of no size"},
	[HOST_VMXNET3_FAULT_STATS_ABSURD] = {"stats-absurd",
					     "counts nothing or everything"},
	[HOST_VMXNET3_FAULT_RESULT_STALE] = {"result-stale",
					     "answers the command before"},
	[HOST_VMXNET3_FAULT_GONE] = {"gone", "is gone: all registers are ones"},
	[HOST_VMXNET3_FAULT_RESET] = {"reset", "resets itself"},
	[HOST_VMXNET3_FAULT_QUIESCE_LATE] = {"quiesce-late",
					     "goes on after QUIESCE"},
	[HOST_VMXNET3_FAULT_INTERRUPT_SPURIOUS] = {"interrupt-spurious",
						   "interrupts for nothing"},
	[HOST_VMXNET3_FAULT_INTERRUPT_LOST] = {"interrupt-lost",
					       "loses an interrupt"},
	[HOST_VMXNET3_FAULT_INTERRUPT_STORM] = {"interrupt-storm",
						"interrupts many times"},
	[HOST_VMXNET3_FAULT_IMR_IGNORED] = {"imr-ignored",
					    "interrupts though masked"},
	[HOST_VMXNET3_FAULT_ICR_STUCK] = {"icr-stuck",
					  "claims each interrupt as its own"},
	[HOST_VMXNET3_FAULT_EVENT_SPURIOUS] = {"event-spurious",
					       "tells an event that was none"},
	[HOST_VMXNET3_FAULT_EVENT_STORM] = {"event-storm",
					    "repeats an acknowledged event"},
	[HOST_VMXNET3_FAULT_EVENT_LOST] = {"event-lost", "loses an event"},
	[HOST_VMXNET3_FAULT_QUEUE_STOPPED] = {"queue-stopped",
					      "stops a queue with an error"},
	[HOST_VMXNET3_FAULT_DEVICE_CHANGED] = {"device-changed",
					       "tells that it was changed"},
	[HOST_VMXNET3_FAULT_TX_INDEX_RANGE] = {"tx-index-range",
					       "completes what no ring has"},
	[HOST_VMXNET3_FAULT_TX_INDEX_WRONG] = {"tx-index-wrong",
					       "completes what was not sent"},
	[HOST_VMXNET3_FAULT_TX_TWICE] = {"tx-twice", "completes twice"},
	[HOST_VMXNET3_FAULT_TX_NEVER] = {"tx-never", "never completes"},
	[HOST_VMXNET3_FAULT_TX_ORDER] = {"tx-order",
					 "completes in another order"},
	[HOST_VMXNET3_FAULT_TX_GARBAGE] = {"tx-garbage",
					   "leaves garbage in reserved bits"},
	[HOST_VMXNET3_FAULT_TX_GENERATION_EARLY] = {"tx-generation-early",
						    "publishes a completion "
						    "before it is written"},
	[HOST_VMXNET3_FAULT_TX_THRESHOLD] = {"tx-threshold",
					     "wants to be told late or never"},
	[HOST_VMXNET3_FAULT_TX_DISCARD] = {"tx-discard", "loses a packet"},
	[HOST_VMXNET3_FAULT_RX_INDEX_RANGE] = {"rx-index-range",
					       "names a buffer that no ring "
					       "has"},
	[HOST_VMXNET3_FAULT_RX_INDEX_WRONG] = {"rx-index-wrong",
					       "names a buffer that it does "
					       "not own"},
	[HOST_VMXNET3_FAULT_RX_QUEUE_RANGE] = {"rx-queue-range",
					       "names a queue that is none"},
	[HOST_VMXNET3_FAULT_RX_LENGTH] = {"rx-length",
					  "received more than fits"},
	[HOST_VMXNET3_FAULT_RX_EMPTY] = {"rx-empty", "received nothing"},
	[HOST_VMXNET3_FAULT_RX_NO_SOP] = {"rx-no-sop",
					  "hides where a packet begins"},
	[HOST_VMXNET3_FAULT_RX_NO_EOP] = {"rx-no-eop",
					  "hides where a packet ends"},
	[HOST_VMXNET3_FAULT_RX_SKIP] = {"rx-skip", "passes over a buffer"},
	[HOST_VMXNET3_FAULT_RX_TWICE] = {"rx-twice",
					 "hands a buffer over twice"},
	[HOST_VMXNET3_FAULT_RX_NEVER] = {"rx-never", "keeps a buffer"},
	[HOST_VMXNET3_FAULT_RX_GENERATION_EARLY] = {"rx-generation-early",
						    "publishes a packet before "
						    "it is written"},
	[HOST_VMXNET3_FAULT_RX_ERROR] = {"rx-error",
					 "says that a packet is broken"},
	[HOST_VMXNET3_FAULT_RX_CHECKSUM_LIES] = {"rx-checksum-lies",
						 "vouches for a broken packet"},
	[HOST_VMXNET3_FAULT_RX_CHECKSUM_ABSURD] = {"rx-checksum-absurd",
						   "contradicts itself about "
						   "checksums"},
	[HOST_VMXNET3_FAULT_RX_LRO_ABSURD] = {"rx-lro-absurd",
					      "merged 0 or 255 segments"},
	[HOST_VMXNET3_FAULT_RX_TYPE_UNKNOWN] = {"rx-type-unknown",
						"completes with an unknown "
						"type"},
	[HOST_VMXNET3_FAULT_RX_DATA_LENGTH] = {"rx-data-length",
					       "put more into a data slot than "
					       "fits"},
	[HOST_VMXNET3_FAULT_RX_VLAN_ABSURD] = {"rx-vlan-absurd",
					       "invents a VLAN tag"},
	[HOST_VMXNET3_FAULT_RX_UPDATE_PRODUCER] = {"rx-update-producer",
						   "changes its mind about "
						   "receive doorbells"},
};

_Static_assert(sizeof(names) / sizeof(names[0]) == HOST_VMXNET3_FAULTS,
	       "each fault has its name");

const char *host_vmxnet3_fault_name(enum host_vmxnet3_fault fault)
{
	return names[fault].name;
}

const char *host_vmxnet3_fault_text(enum host_vmxnet3_fault fault)
{
	return names[fault].text;
}

bool host_vmxnet3_fault_find(const char *name, enum host_vmxnet3_fault *fault)
{
	unsigned i;

	for (i = 0; i < HOST_VMXNET3_FAULTS; i++) {
		if (strcmp(names[i].name, name) != 0)
			continue;
		*fault = (enum host_vmxnet3_fault)i;
		return true;
	}
	return false;
}

void host_vmxnet3_faults_draw(struct machine *machine,
			      struct host_vmxnet3_faults *faults,
			      uint32_t armed_one_in, uint32_t fires_one_in)
{
	unsigned i;

	memset(faults, 0, sizeof(*faults));
	if (!armed_one_in || !fires_one_in)
		return;
	for (i = 0; i < HOST_VMXNET3_FAULTS; i++)
		if (!machine_random_below(machine, armed_one_in))
			faults->one_in[i] =
				1 + machine_random_below(machine, fires_one_in);
}
