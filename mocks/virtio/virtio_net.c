/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The network card: what it offers, its configuration space, and the commands
 * of its control queue.
 */
#include "mocks/virtio/virtio_internal.h"

#include <string.h>

#include "mocks/machine/fault.h"

#define CONTROL_HEADER	  2u
#define CONTROL_BYTES_MAX (CONTROL_HEADER + 8 + 2 * VIRTIO_GROUPS_MAX * 6)
#define ALL_OFFLOADS                                                           \
	(FEATURE(NET_GUEST_CSUM) | FEATURE(NET_GUEST_TSO4) |                   \
	 FEATURE(NET_GUEST_TSO6) | FEATURE(NET_GUEST_ECN) |                    \
	 FEATURE(NET_GUEST_UFO))

/* ---- Features (5.1.3) ---- */

uint64_t host_virtio_net_features(const struct host_virtio *card)
{
	const struct host_virtio_configuration *own = &card->configuration;
	static const uint8_t none[6];
	uint64_t features = (card->personality->features | own->features) &
			    ~own->features_off;

	if (!memcmp(own->mac, none, sizeof(none)))
		features &= ~FEATURE(NET_MAC);
	if (!own->mtu)
		features &= ~FEATURE(NET_MTU);
	if (own->pairs < 2)
		features &= ~FEATURE(NET_MQ);
	return features;
}

const char *host_virtio_net_dependency(uint64_t features)
{
	static const struct {
		unsigned bit;
		uint64_t needs;
		const char *text;
	} rows[] = {
		{NET_GUEST_TSO4, FEATURE(NET_GUEST_CSUM),
		 "GUEST_TSO4 is accepted without GUEST_CSUM"},
		{NET_GUEST_TSO6, FEATURE(NET_GUEST_CSUM),
		 "GUEST_TSO6 is accepted without GUEST_CSUM"},
		{NET_GUEST_UFO, FEATURE(NET_GUEST_CSUM),
		 "GUEST_UFO is accepted without GUEST_CSUM"},
		{NET_GUEST_ECN,
		 FEATURE(NET_GUEST_TSO4) | FEATURE(NET_GUEST_TSO6),
		 "GUEST_ECN is accepted without GUEST_TSO4 or GUEST_TSO6"},
		{NET_HOST_TSO4, FEATURE(NET_CSUM),
		 "HOST_TSO4 is accepted without CSUM"},
		{NET_HOST_TSO6, FEATURE(NET_CSUM),
		 "HOST_TSO6 is accepted without CSUM"},
		{NET_HOST_UFO, FEATURE(NET_CSUM),
		 "HOST_UFO is accepted without CSUM"},
		{NET_HOST_ECN, FEATURE(NET_HOST_TSO4) | FEATURE(NET_HOST_TSO6),
		 "HOST_ECN is accepted without HOST_TSO4 or HOST_TSO6"},
		{NET_CTRL_RX, FEATURE(NET_CTRL_VQ),
		 "CTRL_RX is accepted without CTRL_VQ"},
		{NET_CTRL_RX_EXTRA, FEATURE(NET_CTRL_VQ),
		 "CTRL_RX_EXTRA is accepted without CTRL_VQ"},
		{NET_CTRL_VLAN, FEATURE(NET_CTRL_VQ),
		 "CTRL_VLAN is accepted without CTRL_VQ"},
		{NET_GUEST_ANNOUNCE, FEATURE(NET_CTRL_VQ),
		 "GUEST_ANNOUNCE is accepted without CTRL_VQ"},
		{NET_MQ, FEATURE(NET_CTRL_VQ),
		 "MQ is accepted without CTRL_VQ"},
		{NET_CTRL_MAC_ADDR, FEATURE(NET_CTRL_VQ),
		 "CTRL_MAC_ADDR is accepted without CTRL_VQ"},
		{NET_CTRL_GUEST_OFFLOADS, FEATURE(NET_CTRL_VQ),
		 "CTRL_GUEST_OFFLOADS is accepted without CTRL_VQ"},
	};
	unsigned n;

	for (n = 0; n < sizeof(rows) / sizeof(rows[0]); n++)
		if (features & FEATURE(rows[n].bit) &&
		    !(features & rows[n].needs))
			return rows[n].text;
	return NULL;
}

unsigned host_virtio_net_control_queue(const struct host_virtio *card)
{
	if (!host_virtio_negotiated(card, NET_CTRL_VQ))
		return VIRTIO_QUEUES_MAX;
	return host_virtio_negotiated(card, NET_MQ) ? 2 * card->pairs_max : 2;
}

void host_virtio_net_features_set(struct host_virtio *card)
{
	card->guest_offloads = card->accepted & ALL_OFFLOADS;
	/* Who cannot say which tags he wants gets them all. */
	memset(card->vlans,
	       host_virtio_negotiated(card, NET_CTRL_VLAN) ? 0 : 0xff,
	       sizeof(card->vlans));
}

void host_virtio_net_reset(struct host_virtio *card)
{
	memcpy(card->mac, card->configuration.mac, sizeof(card->mac));
	card->announce = false;
	card->guest_offloads = 0;
	card->pairs = 1;
	card->promiscuous = true;
	card->all_multicast = card->all_unicast = false;
	card->no_multicast = card->no_unicast = card->no_broadcast = false;
	card->unicasts = card->multicasts = 0;
	card->table_unicast_all = card->table_multicast_all = false;
	memset(card->vlans, 0xff, sizeof(card->vlans));
	memset(card->flows, 0, sizeof(card->flows));
}

/* ---- Configuration space (5.1.4) ---- */

/** A field: where, how wide an access it takes, and the features it needs. */
static const struct field {
	unsigned offset, bytes, width;
	uint64_t needs;
	const char *name;
} fields[] = {
	{CONFIG_MAC, 6, 1, 0, "mac"},
	{CONFIG_STATUS, 2, 2, FEATURE(NET_STATUS), "status"},
	{CONFIG_PAIRS, 2, 2, FEATURE(NET_MQ), "max_virtqueue_pairs"},
	{CONFIG_MTU, 2, 2, FEATURE(NET_MTU), "mtu"},
	{CONFIG_SPEED, 4, 4, FEATURE(NET_SPEED_DUPLEX), "speed"},
	{CONFIG_DUPLEX, 1, 1, FEATURE(NET_SPEED_DUPLEX), "duplex"},
};

static void config_check(struct host_virtio *card, uint64_t offset,
			 unsigned width)
{
	const struct field *field = NULL;
	unsigned n;

	for (n = 0; n < sizeof(fields) / sizeof(fields[0]); n++)
		if (offset >= fields[n].offset &&
		    offset - fields[n].offset < fields[n].bytes)
			field = &fields[n];
	if (!field)
		host_virtio_break(card, "virtio 4.2.2.2",
				  "configuration 0x%02x is accessed, where "
				  "nothing is described",
				  (unsigned)offset);
	else if (width != field->width || offset % width)
		host_virtio_break(card, "virtio 4.2.2.2",
				  "configuration: %s is accessed by %u bytes "
				  "at 0x%02x; its accesses are of %u (M12)",
				  field->name, width, (unsigned)offset,
				  field->width);
	else if (field->needs && !(card->offered & field->needs))
		host_virtio_break(card, "virtio 5.1.4",
				  "configuration: %s is accessed, which is not "
				  "there without its feature (M9, M10)",
				  field->name);
}

static void mac_read(struct host_virtio *card, uint8_t *bytes)
{
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_MAC_ZERO))
		return;
	memcpy(bytes, card->mac, sizeof(card->mac));
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_MAC_MULTICAST))
		bytes[0] |= 1;
}

static uint32_t mtu_read(struct host_virtio *card)
{
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_MTU_ZERO))
		return 0;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_MTU_SMALL))
		return 67;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_MTU_HUGE))
		return 65535;
	return card->configuration.mtu;
}

static uint32_t pairs_read(struct host_virtio *card)
{
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_PAIRS_ZERO))
		return 0;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_PAIRS_HUGE))
		return 65535;
	/* QEMU says it without the feature too. */
	return card->offered & FEATURE(NET_MQ) ||
			       host_virtio_is(card, VIRTIO_QEMU)
		       ? card->pairs_max
		       : 0;
}

static uint32_t link_read(struct host_virtio *card)
{
	uint32_t status = (card->link_up ? NET_STATUS_LINK_UP : 0) |
			  (card->announce ? NET_STATUS_ANNOUNCE : 0);

	if (!(card->offered & FEATURE(NET_STATUS)))
		return 0;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_LINK_GARBAGE))
		status |= 0xfffc;
	return status;
}

static void speed_put(struct host_virtio *card, uint8_t *bytes)
{
	uint32_t speed = card->speed_mbps ? card->speed_mbps : UINT32_MAX;

	if (!(card->offered & FEATURE(NET_SPEED_DUPLEX)))
		return;
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_SPEED_GARBAGE))
		speed = 0x80000000u;
	virtio_put32(bytes + CONFIG_SPEED, speed);
	bytes[CONFIG_DUPLEX] = card->speed_mbps ? 1 : 0xff;
}

uint64_t host_virtio_net_config_read(struct host_virtio *card, uint64_t offset,
				     unsigned width)
{
	uint8_t bytes[CONFIG_BYTES + 8] = {0};

	config_check(card, offset, width);
	if (offset >= CONFIG_BYTES || width > 8)
		return 0;
	if (offset < CONFIG_STATUS && card->offered & FEATURE(NET_MAC))
		mac_read(card, bytes + CONFIG_MAC);
	virtio_put16(bytes + CONFIG_STATUS, link_read(card));
	virtio_put16(bytes + CONFIG_PAIRS, pairs_read(card));
	if (card->offered & FEATURE(NET_MTU))
		virtio_put16(bytes + CONFIG_MTU, mtu_read(card));
	speed_put(card, bytes);
	return virtio_get64(bytes + offset) &
	       (width == 8 ? UINT64_MAX : (1ull << 8 * width) - 1);
}

void host_virtio_net_config_write(struct host_virtio *card, uint64_t offset,
				  uint64_t value, unsigned width)
{
	unsigned n;

	host_virtio_break(card, "virtio 5.1.4.2",
			  "configuration 0x%02x: %u bytes are written; the "
			  "driver does not write there",
			  (unsigned)offset, width);
	if (!host_virtio_is(card, VIRTIO_FIRECRACKER) ||
	    !card->personality->config_writable ||
	    !(card->status & STATUS_DRIVER))
		return;
	for (n = 0; n < width && offset + n < sizeof(card->mac); n++)
		card->mac[offset + n] = (uint8_t)(value >> 8 * n);
}

/* ---- The control queue (5.1.6.5) ---- */

/** A command, taken out of its buffer. */
struct command {
	uint8_t bytes[CONTROL_BYTES_MAX];
	const uint8_t *data;
	uint32_t length;
};

/** @return whether the feature is there; what is not is an error (5.1.6.5) */
static bool command_allowed(struct host_virtio *card, unsigned bit,
			    const struct command *command)
{
	if (host_virtio_negotiated(card, bit))
		return true;
	host_virtio_break(card, "virtio 5.1.6.5",
			  "control queue: command %u of class %u, whose "
			  "feature is not negotiated",
			  command->bytes[1], command->bytes[0]);
	return false;
}

static bool command_is(struct host_virtio *card, const struct command *command,
		       uint32_t length)
{
	if (command->length == length)
		return true;
	host_virtio_break(card, "virtio 5.1.6.5",
			  "control queue: command %u of class %u has %u bytes, "
			  "not %u",
			  command->bytes[1], command->bytes[0], command->length,
			  length);
	return false;
}

static bool mode_set(struct host_virtio *card, const struct command *command)
{
	bool *const modes[] = {
		&card->promiscuous,  &card->all_multicast, &card->all_unicast,
		&card->no_multicast, &card->no_unicast,	   &card->no_broadcast,
	};
	unsigned which = command->bytes[1];

	if (which >= sizeof(modes) / sizeof(modes[0]) ||
	    !command_allowed(card,
			     which > CONTROL_RX_ALL_MULTICAST
				     ? NET_CTRL_RX_EXTRA
				     : NET_CTRL_RX,
			     command) ||
	    !command_is(card, command, 1))
		return false;
	*modes[which] = command->data[0];
	return true;
}

/** One of the two tables. @return what follows, or NULL */
static const uint8_t *table_take(const uint8_t *at, const uint8_t *end,
				 uint8_t table[][6], uint32_t *count, bool *all)
{
	uint32_t entries;

	if (end - at < 4)
		return NULL;
	entries = virtio_get32(at);
	at += 4;
	if (entries > (size_t)(end - at) / 6)
		return NULL;
	*all = entries > VIRTIO_GROUPS_MAX;
	*count = *all ? 0 : entries;
	if (*count)
		memcpy(table, at, (size_t)entries * 6);
	return at + (size_t)entries * 6;
}

static bool mac_table_set(struct host_virtio *card,
			  const struct command *command)
{
	const uint8_t *end = command->data + command->length;
	const uint8_t *at =
		table_take(command->data, end, card->table, &card->unicasts,
			   &card->table_unicast_all);

	if (at)
		at = table_take(at, end, card->table + VIRTIO_GROUPS_MAX,
				&card->multicasts, &card->table_multicast_all);
	if (at == end)
		return true;
	host_virtio_break(card, "virtio 5.1.6.5.2",
			  "control queue: tables of addresses that are shorter "
			  "or longer than they say");
	return false;
}

static bool mac_command(struct host_virtio *card, const struct command *command)
{
	switch (command->bytes[1]) {
	case CONTROL_MAC_TABLE_SET:
		return command_allowed(card, NET_CTRL_RX, command) &&
		       mac_table_set(card, command);
	case CONTROL_MAC_ADDRESS_SET:
		if (!command_allowed(card, NET_CTRL_MAC_ADDR, command) ||
		    !command_is(card, command, sizeof(card->mac)))
			return false;
		memcpy(card->mac, command->data, sizeof(card->mac));
		return true;
	default:
		return false;
	}
}

static bool vlan_command(struct host_virtio *card,
			 const struct command *command)
{
	unsigned vlan;

	if (command->bytes[1] > CONTROL_VLAN_DELETE ||
	    !command_allowed(card, NET_CTRL_VLAN, command) ||
	    !command_is(card, command, 2))
		return false;
	vlan = virtio_get16(command->data);
	if (vlan >= VIRTIO_VLANS)
		return false;
	if (command->bytes[1] == CONTROL_VLAN_ADD)
		card->vlans[vlan / 8] |= (uint8_t)(1 << vlan % 8);
	else
		card->vlans[vlan / 8] &= (uint8_t) ~(1 << vlan % 8);
	return true;
}

static bool pairs_set(struct host_virtio *card, const struct command *command)
{
	unsigned pairs, n;

	if (command->bytes[1] != CONTROL_MQ_PAIRS_SET ||
	    !command_allowed(card, NET_MQ, command) ||
	    !command_is(card, command, 2))
		return false;
	pairs = virtio_get16(command->data);
	if (!pairs || pairs > card->pairs_max) {
		host_virtio_break(card, "virtio 5.1.6.5.6.1",
				  "control queue: %u pairs of queues are asked "
				  "for, of 1 to %u",
				  pairs, card->pairs_max);
		return false;
	}
	for (n = 0; n < 2 * pairs; n++)
		if (!card->queues[n].live) {
			host_virtio_break(
				card, "virtio 5.1.6.5.6.1",
				"control queue: %u pairs are enabled, "
				"and queue %u is not ready",
				pairs, n);
			return false;
		}
	card->pairs = pairs;
	return true;
}

static bool offloads_set(struct host_virtio *card,
			 const struct command *command)
{
	uint64_t offloads;

	if (command->bytes[1] != CONTROL_GUEST_OFFLOADS_SET ||
	    !command_allowed(card, NET_CTRL_GUEST_OFFLOADS, command) ||
	    !command_is(card, command, 8))
		return false;
	offloads = virtio_get64(command->data);
	if (offloads & ~(card->accepted & ALL_OFFLOADS)) {
		host_virtio_break(card, "virtio 5.1.6.5.8.1",
				  "control queue: offloads 0x%llx are turned "
				  "on, whose features are not negotiated",
				  (unsigned long long)offloads);
		return false;
	}
	card->guest_offloads = offloads;
	return true;
}

static bool command_do(struct host_virtio *card, const struct command *command)
{
	switch (command->bytes[0]) {
	case CONTROL_RX:
		return mode_set(card, command);
	case CONTROL_MAC:
		return mac_command(card, command);
	case CONTROL_VLAN:
		return vlan_command(card, command);
	case CONTROL_ANNOUNCE:
		if (!command_allowed(card, NET_GUEST_ANNOUNCE, command) ||
		    command->bytes[1] != CONTROL_ANNOUNCE_ACK)
			return false;
		card->announce = false;
		return true;
	case CONTROL_MQ:
		return pairs_set(card, command);
	case CONTROL_GUEST_OFFLOADS:
		return offloads_set(card, command);
	default:
		return false;
	}
}

/** Answer a command, and give its buffer back. */
static void command_answer(struct virtio_queue *queue,
			   struct virtio_chain *chain, uint8_t answer)
{
	host_virtqueue_write(queue, chain, 0, &answer, 1);
	host_virtqueue_trace(queue, TRACE_TO_GUEST, "ack", chain->id, &answer,
			     1);
	host_virtqueue_use(queue, chain, 1);
	host_virtqueue_publish(queue);
}

static void command_finish(struct virtio_queue *queue,
			   struct virtio_chain *chain, bool done)
{
	struct host_virtio *card = queue->card;

	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_CONTROL_NEVER)) {
		host_virtqueue_chain_free(chain);
		return;
	}
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_CONTROL_LATE)) {
		queue->first = chain;
		machine_event_schedule(card->machine, &queue->later,
				       MACHINE_FAULT_LATE);
		return;
	}
	if (host_virtio_lies(card, HOST_VIRTIO_FAULT_CONTROL_GARBAGE))
		command_answer(queue, chain, 0xaa);
	else
		command_answer(queue, chain, done ? CONTROL_OK : CONTROL_ERROR);
}

bool host_virtio_control_step(struct virtio_queue *queue)
{
	struct host_virtio *card = queue->card;
	struct command command = {.data = command.bytes + CONTROL_HEADER};
	struct virtio_chain *chain = queue->first;

	if (chain) {
		/* One whose answer is late; those behind it wait. */
		if (queue->later.scheduled)
			return false;
		queue->first = NULL;
		command_answer(queue, chain, CONTROL_OK);
		return true;
	}
	chain = host_virtqueue_pop(queue);
	if (!chain)
		return false;
	card->counters.commands++;
	if (chain->read_bytes < CONTROL_HEADER || !chain->write_bytes ||
	    chain->read_bytes > sizeof(command.bytes)) {
		host_virtio_break(card, "virtio 5.1.6.5",
				  "control queue: a buffer of %llu bytes to "
				  "read and %llu for the answer is no command",
				  (unsigned long long)chain->read_bytes,
				  (unsigned long long)chain->write_bytes);
		host_virtqueue_chain_free(chain);
		host_virtio_stop(card);
		return false;
	}
	command.length = (uint32_t)chain->read_bytes - CONTROL_HEADER;
	host_virtqueue_read(queue, chain, 0, command.bytes, chain->read_bytes);
	host_virtqueue_trace(queue, TRACE_FROM_GUEST, "control", chain->id,
			     command.bytes, (uint32_t)chain->read_bytes);
	command_finish(queue, chain,
		       command_do(card, &command) &&
			       !host_virtio_lies(
				       card, HOST_VIRTIO_FAULT_CONTROL_FAILS) &&
			       !machine_fault_fires(card->machine,
						    MACHINE_FAULT_CONTROL));
	return true;
}

bool host_virtio_net_step(void *argument)
{
	struct virtio_queue *queue = argument;

	if (!host_virtqueue_works(queue))
		return false;
	if (queue->index == host_virtio_net_control_queue(queue->card))
		return host_virtio_control_step(queue);
	return queue->index % 2 ? host_virtio_transmit_step(queue)
				: host_virtio_receive_step(queue);
}
