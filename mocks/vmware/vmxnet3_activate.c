/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ACTIVATE: the configuration that a driver hands over in its shared area, read
 * once and judged.
 *
 * All that is wrong is named. ESXi then refuses; QEMU accepts most of it, so
 * there a driver learns nothing, and dies of an interrupt index (an assertion).
 */
#include "mocks/vmware/vmxnet3_internal.h"

#include <stdlib.h>
#include <string.h>

#define RING_ALIGNMENT	  512u
#define RING_UNIT	  32u
#define DATA_UNIT	  64u
#define DATA_BYTES_LEAST  128u
#define DATA_BYTES_MOST	  2048u
#define GUEST_BITS_64	  2u
#define GUEST_TYPE_MAX	  5u
#define GUEST_WINDOWS	  2u
#define MAC_BYTES	  6u
#define RSS_TOEPLITZ	  1u
#define THRESHOLD_DEFAULT 1u

/** A configuration that is being read: what was wrong so far. */
struct reading {
	struct host_vmxnet3 *vmxnet3;
	uint8_t shared[SHARED_BYTES];
	/** A rule was broken; QEMU refuses too; QEMU does not survive it. */
	bool wrong, refused, fatal;
};

#define WRONG(reading, ...)                                                    \
	do {                                                                   \
		(reading)->wrong = true;                                       \
		host_vmxnet3_break((reading)->vmxnet3,                         \
				   "ACTIVATE: " __VA_ARGS__);                  \
	} while (0)

#define REFUSED(reading, ...)                                                  \
	do {                                                                   \
		(reading)->refused = true;                                     \
		WRONG(reading, __VA_ARGS__);                                   \
	} while (0)

/* ---- Parts that are read again by commands ---- */

static bool shared_read(struct host_vmxnet3 *vmxnet3, unsigned offset, void *to,
			size_t bytes)
{
	return vmxnet3->shared &&
	       host_pci_dma_read(vmxnet3->function, vmxnet3->shared + offset,
				 to, bytes);
}

void host_vmxnet3_read_mode(struct host_vmxnet3 *vmxnet3)
{
	uint8_t word[4] = {0};

	if (shared_read(vmxnet3, SHARED_RX_MODE, word, sizeof(word)))
		vmxnet3->mode = wire_get32(word);
}

void host_vmxnet3_read_vlans(struct host_vmxnet3 *vmxnet3)
{
	shared_read(vmxnet3, SHARED_VLANS, vmxnet3->vlans,
		    sizeof(vmxnet3->vlans));
}

void host_vmxnet3_read_groups(struct host_vmxnet3 *vmxnet3)
{
	uint8_t words[16] = {0};
	uint32_t bytes;
	uint8_t *groups;

	if (!shared_read(vmxnet3, SHARED_GROUPS_BYTES, words, 12))
		return;
	bytes = wire_get16(words);
	free(vmxnet3->groups);
	vmxnet3->groups = NULL;
	vmxnet3->group_count = 0;
	if (bytes % MAC_BYTES)
		host_vmxnet3_break(
			vmxnet3,
			"mfTableLen: %u bytes are no whole addresses "
			"(V38)",
			bytes);
	if (bytes < MAC_BYTES)
		return;
	groups = malloc(bytes);
	if (!groups ||
	    !host_pci_dma_read(vmxnet3->function, wire_get64(words + 4), groups,
			       bytes)) {
		host_vmxnet3_break(vmxnet3,
				   "mfTablePA: 0x%llx is no memory (V38)",
				   (unsigned long long)wire_get64(words + 4));
		free(groups);
		return;
	}
	host_vmxnet3_trace_area(vmxnet3, TRACE_FROM_GUEST, "mac-table", 0,
				groups, bytes);
	vmxnet3->groups = groups;
	vmxnet3->group_count = bytes / MAC_BYTES;
}

void host_vmxnet3_read_features(struct host_vmxnet3 *vmxnet3)
{
	uint8_t word[8] = {0};

	if (shared_read(vmxnet3, SHARED_FEATURES, word, sizeof(word)))
		vmxnet3->features = wire_get32(word);
}

static const char *rss_parse(struct host_vmxnet3 *vmxnet3, const uint8_t *area)
{
	struct vmxnet3_rss *rss = &vmxnet3->rss;
	unsigned n;

	rss->hashes = wire_get16(area + RSS_HASHES);
	rss->entries = wire_get16(area + RSS_ENTRIES);
	if (wire_get16(area + RSS_FUNCTION) != RSS_TOEPLITZ)
		return "the hash function is not Toeplitz";
	if (wire_get16(area + RSS_KEY_BYTES) != sizeof(rss->key))
		return "the key has not 40 bytes";
	if (!rss->entries || rss->entries > sizeof(rss->table))
		return "the table has no or too many entries";
	memcpy(rss->key, area + RSS_KEY, sizeof(rss->key));
	memcpy(rss->table, area + RSS_TABLE, sizeof(rss->table));
	for (n = 0; n < rss->entries; n++)
		if (rss->table[n] >= vmxnet3->rx_count)
			return "the table names a queue that is none";
	return NULL;
}

bool host_vmxnet3_read_rss(struct host_vmxnet3 *vmxnet3)
{
	uint8_t place[16] = {0}, area[RSS_BYTES];
	const char *fault = NULL;

	vmxnet3->rss.enabled = false;
	if (host_vmxnet3_is_qemu(vmxnet3) ||
	    !(vmxnet3->features & VMXNET3_FEATURE_RSS))
		return true;
	if (!shared_read(vmxnet3, SHARED_RSS, place, sizeof(place)) ||
	    wire_get32(place + 4) < RSS_BYTES ||
	    !host_pci_dma_read(vmxnet3->function, wire_get64(place + 8), area,
			       sizeof(area)))
		fault = "its area is short or no memory";
	else
		host_vmxnet3_trace_area(vmxnet3, TRACE_FROM_GUEST, "rss", 0,
					area, sizeof(area));
	if (!fault && vmxnet3->rx_count < 2)
		fault = "there is one queue (ESXi 8 refuses that, V53)";
	else if (!fault)
		fault = rss_parse(vmxnet3, area);
	if (fault)
		host_vmxnet3_break(vmxnet3, "RSS: %s", fault);
	vmxnet3->rss.enabled = !fault;
	return !fault;
}

/* ---- Rings ---- */

static bool is_memory(struct host_vmxnet3 *vmxnet3, uint64_t address,
		      uint64_t bytes)
{
	uint64_t page = address & ~(uint64_t)(MACHINE_PAGE_SIZE - 1);

	if (address + bytes < address)
		return false;
	for (; page < address + bytes; page += MACHINE_PAGE_SIZE)
		if (!machine_ram(vmxnet3->machine, page, MACHINE_PAGE_SIZE))
			return false;
	return true;
}

static void read_ring(struct reading *reading, const char *name,
		      struct vmxnet3_ring *ring, uint64_t address,
		      uint32_t size, uint32_t most)
{
	memset(ring, 0, sizeof(*ring));
	ring->address = address;
	ring->size = size;
	ring->generation = 1;
	if (address % RING_ALIGNMENT)
		WRONG(reading,
		      "the %s at 0x%llx is not a multiple of 512 "
		      "(V48)",
		      name, (unsigned long long)address);
	if (!size || size % RING_UNIT || size > most)
		WRONG(reading,
		      "the %s has %u descriptors: not a multiple of 32 up to "
		      "%u (V48)",
		      name, size, most);
	if (ring->size > most)
		ring->size = most;
	if (!is_memory(reading->vmxnet3, address,
		       (uint64_t)ring->size * DESCRIPTOR_BYTES))
		WRONG(reading, "the %s at 0x%llx is no memory", name,
		      (unsigned long long)address);
	if (reading->vmxnet3->revision >= 7 && size & (size - 1))
		WRONG(reading,
		      "the %s has %u descriptors, and revision 7 wants a "
		      "power of two",
		      name, size);
}

static void read_interrupt(struct reading *reading, const char *what,
			   unsigned index)
{
	enum host_pci_interrupt_kind kind =
		host_pci_interrupt_kind(reading->vmxnet3->function);
	unsigned most = kind == HOST_PCI_MSIX ? VMXNET3_INTERRUPTS_MAX : 1;

	if (index >= most)
		reading->fatal = true;
	if (index >= most || index >= reading->vmxnet3->interrupt_count)
		WRONG(reading,
		      "the interrupt %u of %s is beyond numIntrs %u, or more "
		      "than this kind of interrupt has (V39)",
		      index, what, reading->vmxnet3->interrupt_count);
}

/** The bytes of a slot of a data ring; 0: there is none. */
static uint32_t read_data_bytes(struct reading *reading, const char *name,
				uint64_t address, uint32_t slots,
				uint32_t bytes)
{
	if (!address || address == UINT64_MAX || !slots || !bytes)
		return 0;
	if (bytes % DATA_UNIT || bytes < DATA_BYTES_LEAST ||
	    bytes > DATA_BYTES_MOST) {
		WRONG(reading, "a slot of the %s has %u bytes (V19)", name,
		      bytes);
		return 0;
	}
	if (address % RING_ALIGNMENT)
		WRONG(reading, "the %s at 0x%llx is not a multiple of 512",
		      name, (unsigned long long)address);
	if (!is_memory(reading->vmxnet3, address, (uint64_t)slots * bytes))
		WRONG(reading, "the %s at 0x%llx is no memory", name,
		      (unsigned long long)address);
	return bytes;
}

static void read_tx_queue(struct reading *reading, unsigned n,
			  const uint8_t *bytes)
{
	struct host_vmxnet3 *vmxnet3 = reading->vmxnet3;
	struct vmxnet3_tx_queue *queue = &vmxnet3->tx[n];
	uint32_t data_bytes = wire_get16(bytes + TXQ_DATA_BYTES);

	/* Before revision 3 there is one size, and the field is reserved. */
	if (vmxnet3->revision < 3)
		data_bytes = VMXNET3_DATA_BYTES;
	read_ring(reading, "TX ring", &queue->ring,
		  wire_get64(bytes + TXQ_RING),
		  wire_get32(bytes + TXQ_RING_SIZE), VMXNET3_RING_MAX);
	read_ring(reading, "TX completion ring", &queue->completions,
		  wire_get64(bytes + TXQ_COMPLETIONS),
		  wire_get32(bytes + TXQ_COMPLETIONS_SIZE), VMXNET3_RING_MAX);
	if (queue->completions.size < queue->ring.size)
		WRONG(reading, "the TX completion ring is smaller than the TX "
			       "ring (V48)");
	queue->data_address = wire_get64(bytes + TXQ_DATA);
	queue->data_size = wire_get32(bytes + TXQ_DATA_SIZE);
	queue->data_bytes =
		read_data_bytes(reading, "TX data ring", queue->data_address,
				queue->data_size, data_bytes);
	if (queue->data_bytes && queue->data_size != queue->ring.size)
		WRONG(reading,
		      "the TX data ring has %u slots for %u "
		      "descriptors (V19)",
		      queue->data_size, queue->ring.size);
	queue->interrupt = bytes[TXQ_INTERRUPT];
	read_interrupt(reading, "a TX queue", queue->interrupt);
	queue->stopped = false;
	queue->error = 0;
	queue->kept = 0;
	memset(queue->statistics, 0, sizeof(queue->statistics));
}

static void read_rx_queue(struct reading *reading, unsigned n,
			  const uint8_t *bytes)
{
	struct host_vmxnet3 *vmxnet3 = reading->vmxnet3;
	struct vmxnet3_rx_queue *queue = &vmxnet3->rx[n];
	uint64_t second = wire_get64(bytes + RXQ_RING + 8);
	uint32_t second_size = wire_get32(bytes + RXQ_RING_SIZE + 4);

	read_ring(reading, "RX ring", &queue->rings[0],
		  wire_get64(bytes + RXQ_RING),
		  wire_get32(bytes + RXQ_RING_SIZE), VMXNET3_RING_MAX);
	memset(&queue->rings[1], 0, sizeof(queue->rings[1]));
	if (second_size)
		read_ring(reading, "second RX ring", &queue->rings[1], second,
			  second_size, VMXNET3_RING_MAX);
	read_ring(reading, "RX completion ring", &queue->completions,
		  wire_get64(bytes + RXQ_COMPLETIONS),
		  wire_get32(bytes + RXQ_COMPLETIONS_SIZE),
		  2 * VMXNET3_RING_MAX);
	if (queue->completions.size <
	    queue->rings[0].size + queue->rings[1].size)
		WRONG(reading, "the RX completion ring is smaller than both "
			       "RX rings (V48)");
	queue->data_address = wire_get64(bytes + RXQ_DATA);
	queue->data_bytes = 0;
	if (vmxnet3->revision >= 3)
		queue->data_bytes =
			read_data_bytes(reading, "RX data ring",
					queue->data_address,
					queue->rings[0].size,
					wire_get16(bytes + RXQ_DATA_BYTES));
	queue->interrupt = bytes[RXQ_INTERRUPT];
	read_interrupt(reading, "an RX queue", queue->interrupt);
	queue->stopped = false;
	queue->error = 0;
	memset(queue->statistics, 0, sizeof(queue->statistics));
}

static void read_queues(struct reading *reading)
{
	struct host_vmxnet3 *vmxnet3 = reading->vmxnet3;
	uint64_t address = wire_get64(reading->shared + SHARED_QUEUES_ADDRESS);
	uint32_t length = wire_get32(reading->shared + SHARED_QUEUES_BYTES);
	unsigned count = vmxnet3->tx_count + vmxnet3->rx_count;
	uint8_t bytes[QUEUE_BYTES];
	unsigned n, rx;

	if (address % QUEUE_ALIGNMENT)
		WRONG(reading, "queueDescPA 0x%llx is not a multiple of 128",
		      (unsigned long long)address);
	if (length != count * QUEUE_BYTES)
		WRONG(reading, "queueDescLen is %u for %u queues", length,
		      count);
	for (n = 0; n < count; n++, address += QUEUE_BYTES) {
		if (!host_pci_dma_read(vmxnet3->function, address, bytes,
				       sizeof(bytes))) {
			REFUSED(reading, "queueDescPA 0x%llx is no memory",
				(unsigned long long)address);
			return;
		}
		rx = n - vmxnet3->tx_count;
		if (n < vmxnet3->tx_count) {
			host_vmxnet3_trace_area(vmxnet3, TRACE_FROM_GUEST,
						"tx-queue", n, bytes,
						QUEUE_BYTES);
			vmxnet3->tx[n].descriptor = address;
			read_tx_queue(reading, n, bytes);
		} else {
			host_vmxnet3_trace_area(vmxnet3, TRACE_FROM_GUEST,
						"rx-queue", rx, bytes,
						QUEUE_BYTES);
			vmxnet3->rx[rx].descriptor = address;
			read_rx_queue(reading, rx, bytes);
		}
	}
}

/* ---- The rest ---- */

static void read_driver(struct reading *reading)
{
	const struct host_vmxnet3 *vmxnet3 = reading->vmxnet3;
	uint32_t guest = wire_get32(reading->shared + SHARED_GUEST);
	uint32_t revision = wire_get32(reading->shared + SHARED_REVISION);
	uint32_t upt = wire_get32(reading->shared + SHARED_UPT);
	unsigned type = guest >> 2 & 15;

	if (!vmxnet3->revision)
		WRONG(reading, "no revision was chosen in VRRS (V1)");
	if (revision != 1 || upt != 1)
		WRONG(reading,
		      "vmxnet3RevSpt is %u and uptVerSpt %u: both are 1 "
		      "whatever revision runs (V2)",
		      revision, upt);
	if ((guest & 3) != GUEST_BITS_64 || !type || type > GUEST_TYPE_MAX ||
	    type == GUEST_WINDOWS)
		WRONG(reading,
		      "gos is 0x%x: no 64-bit guest, or one of another kind "
		      "(V52)",
		      guest);
}

static void read_counts(struct reading *reading)
{
	struct host_vmxnet3 *vmxnet3 = reading->vmxnet3;
	unsigned tx = reading->shared[SHARED_TX_QUEUES];
	unsigned rx = reading->shared[SHARED_RX_QUEUES];
	bool powers = vmxnet3->revision >= 6 ||
		      (!(tx & (tx - 1)) && !(rx & (rx - 1)));
	unsigned most = vmxnet3->queues_max;

	if (vmxnet3->revision < 6 && most > VMXNET3_QUEUES_LEGACY)
		most = VMXNET3_QUEUES_LEGACY;
	if (!tx || !rx || tx > most || rx > most)
		REFUSED(reading, "%u TX and %u RX queues, of 1 to %u (V53)", tx,
			rx, most);
	else if (!powers)
		WRONG(reading,
		      "%u TX and %u RX queues: powers of two before revision "
		      "6 (V53)",
		      tx, rx);
	vmxnet3->tx_count = tx;
	vmxnet3->rx_count = rx;
}

static void read_sizes(struct reading *reading)
{
	struct host_vmxnet3 *vmxnet3 = reading->vmxnet3;
	uint32_t most =
		vmxnet3->revision >= 6 ? VMXNET3_MTU_MAX_V6 : VMXNET3_MTU_MAX;

	vmxnet3->mtu = wire_get32(reading->shared + SHARED_MTU);
	if (vmxnet3->mtu < VMXNET3_MTU_LEAST || vmxnet3->mtu > most)
		REFUSED(reading, "an MTU of %u, of %u to %u (V49)",
			vmxnet3->mtu, VMXNET3_MTU_LEAST, most);
	vmxnet3->rx_sg = wire_get16(reading->shared + SHARED_RX_SG);
	if (!vmxnet3->rx_sg)
		vmxnet3->rx_sg = 1;
	vmxnet3->auto_mask = reading->shared[SHARED_AUTO_MASK];
	vmxnet3->interrupt_count = reading->shared[SHARED_INTERRUPTS];
	if (!vmxnet3->interrupt_count ||
	    vmxnet3->interrupt_count > VMXNET3_INTERRUPTS_MAX) {
		WRONG(reading, "numIntrs is %u (V39)",
		      vmxnet3->interrupt_count);
		vmxnet3->interrupt_count = VMXNET3_INTERRUPTS_MAX;
	}
	vmxnet3->event_interrupt = reading->shared[SHARED_EVENT_INTERRUPT];
	read_interrupt(reading, "events", vmxnet3->event_interrupt);
}

/** What the device writes into the areas when it goes on. */
static void begin(struct host_vmxnet3 *vmxnet3)
{
	static const uint8_t zeroes[DESCRIPTOR_BYTES];
	unsigned n;
	uint32_t i;

	for (n = 0; n < vmxnet3->tx_count; n++) {
		struct vmxnet3_tx_queue *queue = &vmxnet3->tx[n];
		uint8_t word[4];

		queue->threshold = THRESHOLD_DEFAULT;
		wire_put32(word, queue->threshold);
		host_pci_dma_write(vmxnet3->function,
				   queue->descriptor + TXQ_THRESHOLD, word, 4);
		for (i = 0; host_vmxnet3_is_qemu(vmxnet3) &&
			    i < queue->completions.size;
		     i++)
			host_pci_dma_write(vmxnet3->function,
					   queue->completions.address +
						   16ull * i,
					   zeroes, 16);
	}
	for (n = 0; n < vmxnet3->rx_count; n++) {
		struct vmxnet3_rx_queue *queue = &vmxnet3->rx[n];
		uint8_t update = vmxnet3->configuration.update_rx_producer &&
				 !host_vmxnet3_is_qemu(vmxnet3);

		queue->update_producer = update;
		host_pci_dma_write(vmxnet3->function,
				   queue->descriptor + RXQ_UPDATE_PRODUCER,
				   &update, 1);
	}
}

static bool judge(struct reading *reading)
{
	struct host_vmxnet3 *vmxnet3 = reading->vmxnet3;

	if (!host_vmxnet3_is_qemu(vmxnet3))
		return !reading->wrong;
	if (reading->fatal)
		host_vmxnet3_die(vmxnet3);
	return !reading->refused && !reading->fatal;
}

bool host_vmxnet3_activate(struct host_vmxnet3 *vmxnet3)
{
	struct reading reading = {.vmxnet3 = vmxnet3};

	if (vmxnet3->active) {
		host_vmxnet3_break(vmxnet3, "ACTIVATE: the device is active "
					    "already (CVE-2015-8567)");
		return host_vmxnet3_is_qemu(vmxnet3);
	}
	host_vmxnet3_trace_shared(vmxnet3, "shared", 0, SHARED_BYTES);
	if (!shared_read(vmxnet3, 0, reading.shared, sizeof(reading.shared)) ||
	    wire_get32(reading.shared + SHARED_MAGIC) != VMXNET3_MAGIC) {
		REFUSED(&reading,
			"at 0x%llx is no shared area with its magic (V5)",
			(unsigned long long)vmxnet3->shared);
		return false;
	}
	read_driver(&reading);
	read_counts(&reading);
	if (reading.refused)
		return false;
	read_sizes(&reading);
	read_queues(&reading);
	host_vmxnet3_read_features(vmxnet3);
	host_vmxnet3_read_mode(vmxnet3);
	host_vmxnet3_read_vlans(vmxnet3);
	host_vmxnet3_read_groups(vmxnet3);
	if (!reading.refused && !host_vmxnet3_read_rss(vmxnet3))
		reading.wrong = true;
	if (!judge(&reading))
		return false;
	vmxnet3->rss_fields = RSS_FIELD_TCP4 | RSS_FIELD_TCP6;
	vmxnet3->named_no_producer = false;
	if (host_vmxnet3_is_qemu(vmxnet3))
		memcpy(vmxnet3->mac, vmxnet3->configuration.mac, MAC_BYTES);
	begin(vmxnet3);
	vmxnet3->active = true;
	return true;
}
