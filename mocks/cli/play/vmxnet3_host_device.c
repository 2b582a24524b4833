/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers of a scripted vmxnet3. Reads are answered with what the script
 * says; where it says nothing (any more) as the host of its first line would.
 */
#include <string.h>

#include "mocks/cli/play/vmxnet3_host.h"
#include "mocks/trace/layout.h"

#define GONE		UINT32_MAX
#define REGISTER_STRIDE 8u
#define RING_MOST	8192u
#define QUEUES_V6	16u
#define DATA_BYTES	256u

bool vmxnet3_host_read(struct vmxnet3_host *host, uint64_t address, void *to,
		       size_t bytes)
{
	return host_pci_dma_read(host->function, address, to, bytes);
}

bool vmxnet3_host_write(struct vmxnet3_host *host, uint64_t address,
			const void *from, size_t bytes)
{
	return host_pci_dma_write(host->function, address, from, bytes);
}

void vmxnet3_host_ring_advance(struct vmxnet3_host_ring *ring)
{
	if (++ring->next < ring->size)
		return;
	ring->next = 0;
	ring->generation ^= 1;
}

static bool is_gone(const struct vmxnet3_host *host)
{
	return host->is_removed ||
	       (host->has_answer[VMXNET3_VRRS / REGISTER_STRIDE] &&
		host->answer[VMXNET3_VRRS / REGISTER_STRIDE] == GONE);
}

/* ---- What the driver laid out ---- */

/** An area of its memory that a card reads at a command. */
struct area {
	const char *place;
	/** Where in the shared area; or what is there is its address. */
	unsigned offset;
	uint32_t bytes;
	bool is_elsewhere;
	/** Commands at which it is read; 0: no more. */
	uint32_t commands[4];
};

static const struct area areas[] = {
	{"shared",
	 0,
	 SHARED_BYTES,
	 false,
	 {VMXNET3_ACTIVATE, VMXNET3_UPDATE_FEATURE}},
	{"filter",
	 SHARED_RX_MODE,
	 SHARED_FILTER_BYTES,
	 false,
	 {VMXNET3_UPDATE_RX_MODE, VMXNET3_UPDATE_MAC_FILTERS,
	  VMXNET3_UPDATE_VLAN_FILTERS}},
	{"command",
	 SHARED_COMMAND,
	 16,
	 false,
	 {VMXNET3_SET_COALESCE, VMXNET3_SET_RSS_FIELDS}},
	{"rss",
	 SHARED_RSS + 8,
	 RSS_BYTES,
	 true,
	 {VMXNET3_ACTIVATE, VMXNET3_UPDATE_RSSIDT}},
	{"coalesce", SHARED_COMMAND + 8, 16, true, {VMXNET3_SET_COALESCE}},
	{"mac-table",
	 SHARED_GROUPS_ADDRESS,
	 0,
	 true,
	 {VMXNET3_ACTIVATE, VMXNET3_UPDATE_MAC_FILTERS}},
	{"tx-queue",
	 SHARED_QUEUES_ADDRESS,
	 QUEUE_BYTES,
	 true,
	 {VMXNET3_ACTIVATE}},
	{"rx-queue",
	 SHARED_QUEUES_ADDRESS,
	 QUEUE_BYTES,
	 true,
	 {VMXNET3_ACTIVATE}},
};

static bool area_is_read(const struct area *area, uint32_t command)
{
	size_t n;

	for (n = 0; n < sizeof(area->commands) / sizeof(area->commands[0]); n++)
		if (area->commands[n] && area->commands[n] == command)
			return true;
	return false;
}

/** Where an area is, and how long. @return false: nowhere */
static bool area_find(struct vmxnet3_host *host, const struct area *area,
		      unsigned queue, uint64_t *address, uint32_t *bytes)
{
	uint8_t word[8] = {0};

	*address = host->shared + area->offset;
	*bytes = area->bytes;
	if (!host->shared)
		return false;
	if (!area->is_elsewhere)
		return true;
	if (!vmxnet3_host_read(host, *address, word, sizeof(word)))
		return false;
	*address = wire_get64(word);
	if (strcmp(area->place, "rx-queue") == 0)
		queue += host->tx_count;
	if (area->bytes == QUEUE_BYTES)
		*address += (uint64_t)queue * QUEUE_BYTES;
	if (strcmp(area->place, "mac-table") != 0)
		return true;
	if (!vmxnet3_host_read(host, host->shared + SHARED_GROUPS_BYTES, word,
			       2))
		return false;
	*bytes = wire_get16(word);
	return *bytes > 0;
}

/** Read the area that an event of the script shows, and tell of it. */
static void area_show(struct vmxnet3_host *host, size_t n,
		      const struct area *area)
{
	uint64_t address, queue = 0;
	uint32_t bytes;

	script_number(host->player->script, n, "queue", &queue);
	if (queue >= VMXNET3_HOST_QUEUES ||
	    !area_find(host, area, (unsigned)queue, &address, &bytes) ||
	    !vmxnet3_host_read(host, address, host->packet, bytes)) {
		player_fail(host->player, n,
			    "the driver has laid nothing out there");
		return;
	}
	vmxnet3_host_trace(host, TRACE_FROM_GUEST, area->place, (unsigned)queue,
			   0, host->packet, bytes);
}

static const struct area *area_at(const struct vmxnet3_host *host, size_t n)
{
	size_t i;

	if (script_direction(host->player->script, n) == TRACE_FROM_GUEST)
		for (i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
			if (vmxnet3_host_is_at(host, n, areas[i].place))
				return &areas[i];
	return NULL;
}

static bool is_command(const struct script *script, size_t n,
		       enum trace_direction direction)
{
	return script_kind(script, n) == TRACE_MMIO &&
	       script_direction(script, n) == direction &&
	       strcmp(script_name(script, n), "CMD") == 0;
}

/** Show what a command reads, as far as the script has it, up to the next. */
static void areas_show(struct vmxnet3_host *host, uint32_t command, size_t n)
{
	const struct script *script = host->player->script;
	const struct area *area;

	for (; n < script_count(script); n++) {
		if (host->player->has_failed ||
		    is_command(script, n, TRACE_FROM_GUEST))
			return;
		area = script_is_done(script, n) ? NULL : area_at(host, n);
		if (area && area_is_read(area, command))
			area_show(host, n, area);
		else if (script_direction(script, n) == TRACE_FROM_GUEST &&
			 !script_is_done(script, n))
			return;
	}
}

/* ---- ACTIVATE ---- */

static void ring_lay(struct vmxnet3_host_ring *ring, uint64_t address,
		     uint32_t size)
{
	ring->address = address;
	ring->size = size <= RING_MOST ? size : 0;
	ring->next = 0;
	ring->generation = 1;
}

static void tx_begin(struct vmxnet3_host *host, struct vmxnet3_host_tx *queue,
		     uint64_t address, const uint8_t *bytes)
{
	uint8_t threshold[4];

	queue->descriptor = address;
	ring_lay(&queue->ring, wire_get64(bytes + TXQ_RING),
		 wire_get32(bytes + TXQ_RING_SIZE));
	ring_lay(&queue->completions, wire_get64(bytes + TXQ_COMPLETIONS),
		 wire_get32(bytes + TXQ_COMPLETIONS_SIZE));
	queue->interrupt = bytes[TXQ_INTERRUPT];
	/* Be rung for each burst. */
	wire_put32(threshold, 1);
	vmxnet3_host_write(host, address + TXQ_THRESHOLD, threshold,
			   sizeof(threshold));
}

static void rx_begin(struct vmxnet3_host_rx *queue, uint64_t address,
		     const uint8_t *bytes)
{
	queue->descriptor = address;
	ring_lay(&queue->rings[0], wire_get64(bytes + RXQ_RING),
		 wire_get32(bytes + RXQ_RING_SIZE));
	ring_lay(&queue->rings[1], wire_get64(bytes + RXQ_RING + 8),
		 wire_get32(bytes + RXQ_RING_SIZE + 4));
	ring_lay(&queue->completions, wire_get64(bytes + RXQ_COMPLETIONS),
		 wire_get32(bytes + RXQ_COMPLETIONS_SIZE));
	queue->data_address = wire_get64(bytes + RXQ_DATA);
	queue->data_bytes = wire_get16(bytes + RXQ_DATA_BYTES);
	queue->interrupt = bytes[RXQ_INTERRUPT];
}

static void queues_begin(struct vmxnet3_host *host, uint64_t address)
{
	unsigned n, count = host->tx_count + host->rx_count;
	uint8_t bytes[QUEUE_BYTES];

	for (n = 0; n < count; n++, address += QUEUE_BYTES) {
		memset(bytes, 0, sizeof(bytes));
		vmxnet3_host_read(host, address, bytes, sizeof(bytes));
		if (n < host->tx_count)
			tx_begin(host, &host->tx[n], address, bytes);
		else
			rx_begin(&host->rx[n - host->tx_count], address, bytes);
	}
}

static bool count_valid(unsigned count)
{
	return count <= VMXNET3_HOST_QUEUES;
}

/** How many queues there are: to be known before what lies in them is shown. */
static void shared_look(struct vmxnet3_host *host, uint8_t shared[SHARED_BYTES])
{
	memset(shared, 0, SHARED_BYTES);
	if (host->shared)
		vmxnet3_host_read(host, host->shared, shared, SHARED_BYTES);
	host->tx_count = shared[SHARED_TX_QUEUES];
	host->rx_count = shared[SHARED_RX_QUEUES];
	if (count_valid(host->tx_count) && count_valid(host->rx_count))
		return;
	host->tx_count = 0;
	host->rx_count = 0;
}

void vmxnet3_host_stop(struct vmxnet3_host *host)
{
	host->is_active = false;
	host->is_told = false;
}

/** The driver is told that the card is active: then it is. */
static void host_activate(struct vmxnet3_host *host)
{
	uint8_t shared[SHARED_BYTES];

	shared_look(host, shared);
	host->auto_mask = shared[SHARED_AUTO_MASK];
	host->event_interrupt = shared[SHARED_EVENT_INTERRUPT];
	queues_begin(host, wire_get64(shared + SHARED_QUEUES_ADDRESS));
	host->is_active = true;
	host->is_told = false;
}

/* ---- Commands ---- */

static uint32_t mac_part(const struct vmxnet3_host *host, bool is_high)
{
	const struct virtual_machine *vm = host->player->vm;
	const uint8_t *mac = vm->configuration.host_vmxnet3.mac;

	return is_high ? wire_get16(mac + 4) : wire_get32(mac);
}

/** What a host answers that the script does not have answer. */
static uint32_t result_usual(const struct vmxnet3_host *host, uint32_t command)
{
	switch (command) {
	case VMXNET3_GET_LINK:
		return host->personality->speed_mbps << 16 | 1;
	case VMXNET3_GET_PERM_MAC_LO:
	case VMXNET3_GET_PERM_MAC_HI:
		return mac_part(host, command == VMXNET3_GET_PERM_MAC_HI);
	case VMXNET3_GET_TXDATA_DESC_SIZE:
		return host->revision >= 3 ? DATA_BYTES : 0;
	case VMXNET3_GET_MAX_QUEUES:
		return host->revision >= 6 ? QUEUES_V6 << 8 | QUEUES_V6 : 0;
	default:
		return 0;
	}
}

/**
 * The answer that the script has for a command, before the next one.
 * @param n of the command
 */
static bool result_find(struct vmxnet3_host *host, size_t n, uint32_t *result)
{
	struct player *player = host->player;
	struct script *script = player->script;
	char ignored[SCRIPT_ERROR_MAX];

	if (n == SCRIPT_NONE)
		return false;
	while (++n < script_count(script) &&
	       !is_command(script, n, TRACE_FROM_GUEST))
		if (is_command(script, n, TRACE_TO_GUEST)) {
			if (!script_encode(script, n, &player->built, ignored))
				return false;
			*result = (uint32_t)player->built.event.value;
			return true;
		}
	return false;
}

static void command_execute(struct vmxnet3_host *host, uint32_t command,
			    size_t n)
{
	uint8_t shared[SHARED_BYTES];

	if (!result_find(host, n, &host->result))
		host->result =
			is_gone(host) ? GONE : result_usual(host, command);
	if (command == VMXNET3_ACTIVATE)
		shared_look(host, shared);
	areas_show(host, command,
		   n == SCRIPT_NONE ? player_driver_waits_for(host->player)
				    : n + 1);
	switch (command) {
	case VMXNET3_ACTIVATE:
		if (host->result == 0)
			host_activate(host);
		break;
	case VMXNET3_QUIESCE:
		vmxnet3_host_stop(host);
		break;
	case VMXNET3_RESET:
		vmxnet3_host_stop(host);
		vmxnet3_host_interrupts_reset(host);
		host->shared = 0;
		break;
	default:
		break;
	}
	vmxnet3_host_play_areas(host);
}

/* ---- BAR 1 ---- */

/** Events that are acknowledged. */
static void events_clear(struct vmxnet3_host *host, uint32_t bits)
{
	uint64_t address = host->shared + SHARED_EVENTS;
	uint8_t word[4];

	if (!host->shared || !vmxnet3_host_read(host, address, word, 4))
		return;
	wire_put32(word, wire_get32(word) & ~bits);
	vmxnet3_host_write(host, address, word, sizeof(word));
}

static unsigned revision_of(uint32_t bits)
{
	return bits ? 32u - (unsigned)__builtin_clz(bits) : 0;
}

static void control_write(struct vmxnet3_host *host, uint64_t offset,
			  uint32_t value)
{
	size_t n = host->written;

	host->written = SCRIPT_NONE;
	switch (offset) {
	case VMXNET3_VRRS:
		host->revision = revision_of(value);
		break;
	case VMXNET3_DSAL:
		host->shared_low = value;
		host->shared = 0;
		break;
	case VMXNET3_DSAH:
		host->shared = (uint64_t)value << 32 | host->shared_low;
		break;
	case VMXNET3_CMD:
		command_execute(host, value, n);
		break;
	case VMXNET3_MACL:
		host->mac_low = value;
		break;
	case VMXNET3_MACH:
		host->mac_high = value;
		break;
	case VMXNET3_ECR:
		events_clear(host, value);
		break;
	default:
		break;
	}
}

static uint32_t register_usual(struct vmxnet3_host *host, uint64_t offset)
{
	switch (offset) {
	case VMXNET3_VRRS:
		return (1u << host->personality->revision_max) - 1;
	case VMXNET3_UVRS:
		return 1;
	case VMXNET3_CMD:
		return host->result;
	case VMXNET3_MACL:
		return host->mac_low;
	case VMXNET3_MACH:
		return host->mac_high;
	case VMXNET3_ICR:
		return vmxnet3_host_cause(host);
	default:
		return 0;
	}
}

/** The next read of a register in the script, if it is its turn. */
static bool answer_find(struct vmxnet3_host *host, unsigned reg)
{
	struct player *player = host->player;
	struct script *script = player->script;
	size_t *n = &host->read_next[reg];
	char ignored[SCRIPT_ERROR_MAX];
	const char *name =
		layout_name(layout_vmxnet3_bar1, reg * REGISTER_STRIDE);

	while (*n < script_count(script) &&
	       (script_kind(script, *n) != TRACE_MMIO ||
		script_direction(script, *n) != TRACE_TO_GUEST ||
		strcmp(script_name(script, *n), name) != 0))
		++*n;
	if (*n == script_count(script) || !vmxnet3_host_is_due(host, *n) ||
	    !script_encode(script, (*n)++, &player->built, ignored))
		return false;
	host->answer[reg] = (uint32_t)player->built.event.value;
	host->has_answer[reg] = true;
	/* A card that is gone does not reach into memory. */
	if (is_gone(host))
		vmxnet3_host_stop(host);
	return true;
}

/**
 * A register says again what it said last when it is read more often than in
 * the script: how often it is, is timing. That of the last command is known
 * since it was written, and why the line is high is the player's affair.
 */
static uint32_t control_read(struct vmxnet3_host *host, uint64_t offset)
{
	unsigned reg = (unsigned)(offset / REGISTER_STRIDE);
	bool is_own = offset == VMXNET3_CMD || offset == VMXNET3_ICR;

	if (offset % REGISTER_STRIDE || reg >= VMXNET3_HOST_REGISTERS)
		return 0;
	if (!is_own && answer_find(host, reg))
		return host->answer[reg];
	if (is_gone(host))
		return GONE;
	if (!is_own && host->has_answer[reg])
		return host->answer[reg];
	return register_usual(host, offset);
}

/* ---- BAR 0 ---- */

static void doorbell_write(struct vmxnet3_host *host, uint64_t offset,
			   uint32_t value)
{
	if (offset < VMXNET3_TXPROD)
		vmxnet3_host_mask(host, (unsigned)(offset / VMXNET3_STRIDE),
				  value & 1);
	else if (offset >= VMXNET3_RXPROD && host->is_active)
		host->is_told = true;
	machine_work_kick(host->machine, &host->work);
}

static uint64_t bar_read(void *context, unsigned bar, uint64_t offset,
			 unsigned width)
{
	struct vmxnet3_host *host = context;

	(void)width;
	if (bar == VMXNET3_BAR_CONTROL)
		return control_read(host, offset);
	if (bar == VMXNET3_BAR_DOORBELLS && offset < VMXNET3_TXPROD &&
	    offset / VMXNET3_STRIDE < VMXNET3_HOST_VECTORS)
		return host->vectors[offset / VMXNET3_STRIDE].is_masked;
	return 0;
}

static void bar_write(void *context, unsigned bar, uint64_t offset,
		      uint64_t value, unsigned width)
{
	struct vmxnet3_host *host = context;

	(void)width;
	if (bar == VMXNET3_BAR_CONTROL)
		control_write(host, offset, (uint32_t)value);
	else if (bar == VMXNET3_BAR_DOORBELLS)
		doorbell_write(host, offset, (uint32_t)value);
}

const struct host_pci_operations vmxnet3_host_operations = {
	.read = bar_read,
	.write = bar_write,
};
