/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The glue's life, and the way of a frame in and out.
 */
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/sys.h>
#include <netif/ethernet.h>
#include <string.h>

#include "lwip/nic_netif.h"

#define BUFFERS_DEFAULT	     1024u
#define BUFFER_BYTES_DEFAULT 2048u
/** Frames and segments of one nic_receive(). */
#define RECEIVE_BURST	     16u
#define RECEIVE_SEGMENTS     48u
/** Bursts of one poll, so that the rest of the loop has its turn. */
#define RECEIVE_BURSTS	     8u
#define VLAN_IDENTIFIER	     0x0fffu
/** A card that was pulled out does not wake anybody: ask so often. */
#define EVENTS_MILLISECONDS  1000u

/* ---- Buffers ---- */

static void buffer_put(struct nic_netif_buffer *buffer)
{
	struct nic_netif *interface = buffer->owner;

	buffer->next = interface->free;
	interface->free = buffer;
	interface->free_count++;
}

/** lwIP is done with a frame, or a piece of it. */
static void buffer_freed(struct pbuf *pbuf)
{
	buffer_put((struct nic_netif_buffer *)pbuf);
}

static unsigned stack_supply(void *context, unsigned queue,
			     struct net_segment buffers[], unsigned n)
{
	struct nic_netif *interface = context;
	struct nic_netif_buffer *buffer;
	unsigned i;

	(void)queue;
	for (i = 0; i < n && interface->free; i++) {
		buffer = interface->free;
		interface->free = buffer->next;
		interface->free_count--;
		buffers[i].data = buffer->data;
		buffers[i].length = interface->configuration.buffer_bytes;
		buffers[i].owner = buffer;
	}
	return i;
}

static void stack_release(void *context, const struct net_segment *buffer)
{
	(void)context;
	buffer_put(buffer->owner);
}

static void stack_wake(void *context, unsigned queue)
{
	struct nic_netif *interface = context;

	if (queue == NIC_WAKE_EVENTS)
		interface->events_woken = true;
	else
		interface->woken = true;
}

struct nic_stack nic_netif_stack(struct nic_netif *interface)
{
	const struct nic_stack stack = {
		.supply = stack_supply,
		.release = stack_release,
		.wake = stack_wake,
		.context = interface,
		.receive_buffer_bytes = interface->configuration.buffer_bytes,
	};

	return stack;
}

unsigned nic_netif_outstanding(const struct nic_netif *interface)
{
	return interface->configuration.buffers - interface->free_count +
	       interface->in_flight + interface->packet_count;
}

/* ---- Life ---- */

int nic_netif_create(struct nic_netif *interface, struct port *port,
		     const struct nic_netif_configuration *configuration)
{
	struct nic_netif_configuration *own = &interface->configuration;
	unsigned i;

	memset(interface, 0, sizeof(*interface));
	interface->port = port;
	if (configuration)
		*own = *configuration;
	if (!own->buffers)
		own->buffers = BUFFERS_DEFAULT;
	if (!own->buffer_bytes)
		own->buffer_bytes = BUFFER_BYTES_DEFAULT;
	if (own->buffer_bytes > UINT16_MAX)
		return ERROR_INVALID;
	interface->memory_pages = ((size_t)own->buffers * own->buffer_bytes +
				   PORT_PAGE_SIZE - 1) /
				  PORT_PAGE_SIZE;
	interface->memory = port_pages_alloc(port, interface->memory_pages, 0,
					     "lwip: receive buffers");
	interface->buffers =
		port_alloc(port, own->buffers * sizeof(*interface->buffers),
			   "lwip: pbufs");
	if (!interface->memory || !interface->buffers) {
		nic_netif_destroy(interface);
		return ERROR_NO_MEMORY;
	}
	for (i = own->buffers; i--;) {
		struct nic_netif_buffer *buffer = &interface->buffers[i];

		buffer->owner = interface;
		buffer->custom.custom_free_function = buffer_freed;
		buffer->data =
			interface->memory + (size_t)i * own->buffer_bytes;
		buffer_put(buffer);
	}
	return 0;
}

void nic_netif_destroy(struct nic_netif *interface)
{
	port_free(interface->port, interface->buffers);
	port_pages_free(interface->port, interface->memory,
			interface->memory_pages);
	interface->buffers = NULL;
	interface->memory = NULL;
	interface->free = NULL;
}

/* ---- Transmit ---- */

/** Take back the owners of what the card is done with. */
static void transmit_reclaim(struct nic_netif *interface)
{
	void *owners[NIC_NETIF_BURST];
	unsigned n, i;

	do {
		n = nic_reclaim(interface->nic, 0, owners, NIC_NETIF_BURST);
		for (i = 0; i < n; i++)
			pbuf_free(owners[i]);
		interface->in_flight -= n;
	} while (n == NIC_NETIF_BURST);
}

/** What the card did not take moves to the front. */
static void transmit_keep(struct nic_netif *interface, unsigned taken)
{
	unsigned first = interface->segment_count;
	unsigned i;

	if (taken < interface->packet_count)
		first = interface->packets[taken].first_segment;
	memmove(interface->packets, interface->packets + taken,
		(interface->packet_count - taken) *
			sizeof(*interface->packets));
	memmove(interface->segments, interface->segments + first,
		(interface->segment_count - first) *
			sizeof(*interface->segments));
	interface->packet_count -= taken;
	interface->segment_count -= first;
	for (i = 0; i < interface->packet_count; i++)
		interface->packets[i].first_segment -= first;
}

static void transmit_flush(struct nic_netif *interface)
{
	unsigned taken;

	if (!interface->packet_count)
		return;
	taken = nic_transmit(interface->nic, 0, interface->packets,
			     interface->packet_count, interface->segments);
	interface->in_flight += taken;
	if (taken)
		transmit_keep(interface, taken);
}

static void transmit_drop(struct nic_netif *interface)
{
	unsigned i;

	for (i = 0; i < interface->packet_count; i++)
		pbuf_free(interface->packets[i].owner);
	interface->counters.tx_dropped += interface->packet_count;
	interface->packet_count = 0;
	interface->segment_count = 0;
}

/** The pieces of a frame behind those of the burst. @return how many, 0: none
 */
static unsigned transmit_pieces(struct nic_netif *interface, struct pbuf *pbuf)
{
	struct net_segment *segments =
		&interface->segments[interface->segment_count];
	unsigned n = 0;

	for (; pbuf; pbuf = pbuf->next) {
		if (!pbuf->len)
			continue;
		if (n == NIC_NETIF_PIECES)
			return 0;
		segments[n].data = pbuf->payload;
		segments[n].length = pbuf->len;
		segments[n].owner = NULL;
		n++;
	}
	return n;
}

/** lwIP has a frame to send: it goes with the burst at hand. */
static err_t transmit_output(struct netif *netif, struct pbuf *pbuf)
{
	struct nic_netif *interface = netif->state;
	struct net_packet *packet;
	unsigned n;

	if (!interface->nic || interface->is_gone) {
		interface->counters.tx_dropped++;
		return ERR_IF;
	}
	if (interface->packet_count == NIC_NETIF_BURST) {
		transmit_flush(interface);
		transmit_reclaim(interface);
	}
	if (interface->packet_count == NIC_NETIF_BURST) {
		interface->counters.tx_full++;
		return ERR_MEM;
	}
	n = transmit_pieces(interface, pbuf);
	if (!n) {
		interface->counters.tx_dropped++;
		return ERR_BUF;
	}
	packet = &interface->packets[interface->packet_count++];
	memset(packet, 0, sizeof(*packet));
	packet->first_segment = interface->segment_count;
	packet->segment_count = n;
	packet->length = pbuf->tot_len;
	packet->owner = pbuf;
	pbuf_ref(pbuf);
	nic_netif_checksum_ask(interface, packet,
			       &interface->segments[interface->segment_count]);
	interface->segment_count += n;
	return ERR_OK;
}

/* ---- Receive ---- */

static void receive_drop(const struct net_packet *packet,
			 const struct net_segment *segments)
{
	unsigned i;

	for (i = 0; i < packet->segment_count; i++)
		buffer_put(segments[i].owner);
}

/** A frame as a chain of pbufs, one around each of its buffers. */
static struct pbuf *receive_chain(struct nic_netif *interface,
				  const struct net_packet *packet,
				  const struct net_segment *segments)
{
	struct pbuf *chain = NULL, *piece;
	unsigned i;

	for (i = 0; i < packet->segment_count; i++) {
		struct nic_netif_buffer *buffer = segments[i].owner;

		piece = pbuf_alloced_custom(
			PBUF_RAW, (u16_t)segments[i].length, PBUF_REF,
			&buffer->custom, segments[i].data,
			(u16_t)interface->configuration.buffer_bytes);
		if (chain)
			pbuf_cat(chain, piece);
		else
			chain = piece;
	}
	return chain;
}

static void receive_frame(struct nic_netif *interface,
			  const struct net_packet *packet,
			  const struct net_segment *segments)
{
	struct pbuf *chain;

	/* A priority without a VLAN is ours; nobody here knows VLANs. */
	if (packet->length > UINT16_MAX ||
	    ((packet->flags & NET_VLAN) &&
	     (packet->vlan_tag & VLAN_IDENTIFIER)) ||
	    !nic_netif_checksum_complete(packet, segments)) {
		interface->counters.rx_dropped++;
		receive_drop(packet, segments);
		return;
	}
	chain = receive_chain(interface, packet, segments);
	if (interface->netif.input(chain, &interface->netif) != ERR_OK) {
		interface->counters.rx_refused++;
		pbuf_free(chain);
	}
}

static unsigned receive_burst(struct nic_netif *interface)
{
	struct net_packet packets[RECEIVE_BURST];
	struct net_segment segments[RECEIVE_SEGMENTS];
	unsigned n, i;

	n = nic_receive(interface->nic, 0, packets, RECEIVE_BURST, segments,
			RECEIVE_SEGMENTS);
	for (i = 0; i < n; i++)
		receive_frame(interface, &packets[i],
			      &segments[packets[i].first_segment]);
	return n;
}

/* ---- The loop ---- */

static void link_update(struct nic_netif *interface)
{
	struct nic_link link;

	nic_link(interface->nic, &link);
	if (link.up)
		netif_set_link_up(&interface->netif);
	else
		netif_set_link_down(&interface->netif);
}

static void events_take(struct nic_netif *interface)
{
	u32_t now = sys_now();
	unsigned events;

	if (!interface->events_woken &&
	    (interface->is_gone ||
	     now - interface->events_asked < EVENTS_MILLISECONDS))
		return;
	interface->events_woken = false;
	interface->events_asked = now;
	events = nic_events(interface->nic);
	if ((events & NIC_EVENT_LINK) && !interface->is_gone)
		link_update(interface);
	if (events & (NIC_EVENT_REMOVED | NIC_EVENT_FAILED)) {
		interface->is_gone = true;
		netif_set_link_down(&interface->netif);
	}
	/* lwIP asks for addresses again when the link comes up. */
	if ((events & NIC_EVENT_NETWORK_CHANGED) && !interface->is_gone) {
		netif_set_link_down(&interface->netif);
		link_update(interface);
	}
}

unsigned nic_netif_poll(struct nic_netif *interface)
{
	unsigned bursts = RECEIVE_BURSTS;
	unsigned received = 0, n;

	if (!interface->nic)
		return 0;
	interface->woken = false;
	events_take(interface);
	do {
		n = receive_burst(interface);
		received += n;
		transmit_flush(interface);
		transmit_reclaim(interface);
	} while (n == RECEIVE_BURST && --bursts);
	if (interface->is_gone)
		transmit_drop(interface);
	else
		nic_netif_groups_apply(interface);
	return received;
}

bool nic_netif_arm(struct nic_netif *interface)
{
	if (interface->events_woken || interface->filter_changed)
		return false;
	/* The card took what it could: room comes with a wake-up. */
	transmit_flush(interface);
	return !interface->nic || interface->is_gone ||
	       nic_arm(interface->nic, 0);
}

/* ---- The card comes and goes ---- */

err_t nic_netif_init(struct netif *netif)
{
	struct nic_netif *interface = netif->state;

	netif->name[0] = 'e';
	netif->name[1] = 'n';
	netif->output = etharp_output;
#if LWIP_IPV6
	netif->output_ip6 = ethip6_output;
#endif
	netif->linkoutput = transmit_output;
	netif->mtu = 1500;
	netif->hwaddr_len = ETHERNET_ADDRESS_BYTES;
	netif->flags =
		NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	nic_netif_groups_init(interface);
	return ERR_OK;
}

int nic_netif_attach(struct nic_netif *interface, struct nic *nic)
{
	int error;

	interface->nic = nic;
	interface->is_gone = false;
	interface->filter_changed = true;
	memcpy(interface->netif.hwaddr, nic->information.mac,
	       ETHERNET_ADDRESS_BYTES);
	interface->netif.mtu = nic->information.mtu;
#if LWIP_IPV6
	interface->netif.mtu6 = nic->information.mtu;
#endif
	nic_netif_checksum_init(interface);
	error = nic_netif_groups_apply(interface);
	if (!error)
		error = nic_start(nic);
	if (error) {
		interface->nic = NULL;
		return error;
	}
	link_update(interface);
	return 0;
}

unsigned nic_netif_detach(struct nic_netif *interface)
{
	unsigned lost;

	if (!interface->nic)
		return 0;
	netif_set_link_down(&interface->netif);
	transmit_drop(interface);
	nic_stop(interface->nic);
	transmit_reclaim(interface);
	lost = interface->in_flight;
	interface->nic = NULL;
	interface->woken = false;
	interface->events_woken = false;
	return lost;
}

int nic_netif_mtu_set(struct nic_netif *interface, uint16_t mtu)
{
	struct nic *nic = interface->nic;
	int error;

	if (!nic)
		return ERROR_NO_DEVICE;
	nic_netif_detach(interface);
	error = nic_mtu_set(nic, mtu);
	if (error == ERROR_INVALID) {
		nic_netif_attach(interface, nic);
		return error;
	}
	return error ? error : nic_netif_attach(interface, nic);
}
