/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP against lwIP through two cards of one guest, a wire between them that
 * loses and reorders on demand: ARP, ping, TCP both ways, IPv6, many requests,
 * and a card that goes away and comes back. Afterwards every buffer is back.
 *
 * lwIP is one for a process: both ends are interfaces of one stack, and each
 * connection is bound to an interface, so that nothing takes a short cut.
 */
#include <check.h>
#include <lwip/etharp.h>
#include <lwip/icmp.h>
#include <lwip/inet_chksum.h>
#include <lwip/raw.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/nic_netif.h"
#include "mocks/cli/live/server.h"
#include "mocks/cli/lwip_platform.h"
#include "mocks/cli/random.h"
#include "mocks/cli/virtual_machine.h"

#define CLIENTS_MAX	100u
#define MILLISECOND	1000000ull
#define PATIENCE	(600 * 1000 * MILLISECOND)
/** With frames that are lost TCP waits most of the time. */
#define LONG_PATIENCE	(100 * PATIENCE)
#define REQUEST_ROOT	"GET / HTTP/1.1\r\nHost: guest\r\n\r\n"
#define PAGE		"This is a test.\n"
#define FRAME_MAX	2048u
#define ECHO_BYTES	300000u
#define REQUESTS_A_TIME 10u
#define REQUESTS	10000u
/** Where virtual_machine.c plugs VMware's card in; the second is beside it. */
#define VMWARE_SLOT	3u

/* ---- A wire that loses and reorders ---- */

struct bad_wire {
	struct wire wire;
	struct bad_wire *peer;
	struct random *random;
	/** One frame in so many; 0: none. */
	unsigned lose, delay;
	uint8_t held[FRAME_MAX];
	uint32_t held_bytes;
	uint64_t lost, delayed;
};

static void bad_transmit(struct wire *wire, const struct wire_frame *frame)
{
	struct bad_wire *end = (struct bad_wire *)wire;
	struct wire_frame late = {end->held, end->held_bytes};

	if (end->lose && random_below(end->random, end->lose) == 0) {
		end->lost++;
		return;
	}
	if (end->delay && !end->held_bytes && frame->length <= FRAME_MAX &&
	    random_below(end->random, end->delay) == 0) {
		memcpy(end->held, frame->data, frame->length);
		end->held_bytes = frame->length;
		end->delayed++;
		return;
	}
	wire_deliver(&end->peer->wire, frame);
	if (late.length) {
		wire_deliver(&end->peer->wire, &late);
		end->held_bytes = 0;
	}
}

static void bad_destroy(struct wire *wire)
{
	(void)wire;
}

static const struct wire_operations bad_operations = {
	.transmit = bad_transmit,
	.destroy = bad_destroy,
};

/* ---- The machine ---- */

/** A hypervisor, one of its hosts, and how bad the wire is. */
struct circumstances {
	const char *vmm, *host;
	uint64_t seed;
	unsigned lose, delay;
};

struct end {
	struct nic_netif interface;
	struct bad_wire wire;
	struct nic *nic;
	/** The host's card: Hyper-V's or VMware's. */
	struct host_netvsp *netvsp;
	struct host_vmxnet3 *vmxnet3;
	ip_addr_t address, address6;
};

struct client {
	struct tcp_pcb *pcb;
	struct world *world;
	struct end *end;
	const ip_addr_t *to;
	/** Requests to go, on this connection and in all. */
	unsigned left_here;
	char answer[512];
	size_t answer_bytes;
};

struct world {
	struct virtual_machine *vm;
	struct end ends[2];
	struct random random;
	struct live_server server;
	struct client clients[CLIENTS_MAX];
	unsigned to_start, to_finish, broken;
	unsigned replies;
	uint64_t echo_sent, echo_received;
	void (*story)(struct world *world);
	bool can_break;
};

static struct netif *netif_of(struct world *world, unsigned n)
{
	return &world->ends[n].interface.netif;
}

static bool turn(struct world *world, uint64_t deadline)
{
	struct port *port = world->vm->port;
	uint64_t until = port_time(port) +
			 (uint64_t)sys_timeouts_sleeptime() * MILLISECOND;
	unsigned got = 0;
	bool armed = true;

	virtual_machine_poll(world->vm);
	for (int i = 0; i < 2; i++)
		got += nic_netif_poll(&world->ends[i].interface);
	sys_check_timeouts();
	for (int i = 0; i < 2; i++)
		armed &= nic_netif_arm(&world->ends[i].interface);
	if (!got && armed)
		port_relax(port, until < deadline ? until : deadline);
	return port_time(port) < deadline;
}

static void pass(struct world *world, uint64_t nanoseconds)
{
	uint64_t deadline = port_time(world->vm->port) + nanoseconds;

	while (turn(world, deadline))
		;
}

static void end_open(struct world *world, unsigned n)
{
	struct end *end = &world->ends[n];
	struct nic_stack stack = nic_netif_stack(&end->interface);
	int error = 0;

	if (end->vmxnet3)
		end->nic =
			vmxnet3_probe(&world->vm->pci, n, NULL, &stack, &error);
	else
		end->nic = netvsc_probe(&world->vm->bus, NULL, &stack, &error);
	ck_assert_int_eq(error, 0);
	ck_assert_int_eq(nic_netif_attach(&end->interface, end->nic), 0);
}

static void end_add(struct world *world, unsigned n)
{
	struct end *end = &world->ends[n];
	struct netif *netif = &end->interface.netif;
	ip4_addr_t address, mask, none = {0};
	s8_t slot;

	ck_assert_int_eq(
		nic_netif_create(&end->interface, world->vm->port, NULL), 0);
	IP4_ADDR(&address, 10, 0, 0, 1 + n);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	ip_addr_copy_from_ip4(end->address, address);
	ck_assert_ptr_nonnull(netif_add(netif, &address, &mask, &none,
					&end->interface, nic_netif_init,
					ethernet_input));
	end_open(world, n);
	netif_set_up(netif);
	IP_ADDR6_HOST(&end->address6, 0xfd000000, 0, 0, 1 + n);
	netif_create_ip6_linklocal_address(netif, 1);
	ck_assert_int_eq(netif_add_ip6_address(netif, ip_2_ip6(&end->address6),
					       &slot),
			 ERR_OK);
	netif_ip6_addr_set_state(netif, slot, IP6_ADDR_PREFERRED);
}

static void world_guest(void *argument)
{
	struct world *world = argument;

	lwip_platform_init(world->vm->port);
	ck_assert_int_eq(virtual_machine_up(world->vm,
					    VIRTUAL_MACHINE_CONNECTED, NULL, 0),
			 0);
	end_add(world, 0);
	end_add(world, 1);
	world->server.page = PAGE;
	ck_assert_int_eq(live_server_start(&world->server, netif_of(world, 1)),
			 ERR_OK);
	world->story(world);
	live_server_stop(&world->server);
	/* What waits for a late duplicate (TIME-WAIT) or an answer is freed. */
	pass(world, PATIENCE / 2);
	for (int i = 0; i < 2; i++) {
		struct nic_netif *interface = &world->ends[i].interface;

		ck_assert_uint_eq(nic_netif_detach(interface), 0);
		netif_remove(&interface->netif);
		nic_close(world->ends[i].nic);
		ck_assert_uint_eq(nic_netif_outstanding(interface), 0);
		nic_netif_destroy(interface);
	}
	ck_assert_uint_eq(lwip_platform_release(), 0);
	virtual_machine_down(world->vm);
}

/* ---- What the host does to a card ---- */

static void end_plug(struct world *world, unsigned n)
{
	struct virtual_machine *vm = world->vm;
	struct end *end = &world->ends[n];
	struct host_vmxnet3_configuration card = vm->configuration.host_vmxnet3;

	card.mac[5] += (uint8_t)n;
	end->vmxnet3 =
		host_vmxnet3_create(vm->machine, vm->host_pci_bus,
				    VMWARE_SLOT + n, &card, &end->wire.wire);
	ck_assert_ptr_nonnull(end->vmxnet3);
	host_pci_firmware(vm->host_pci);
	if (n == 0)
		vm->vmxnet3 = end->vmxnet3;
}

/** The second card; the first is the machine's. */
static void ends_make(struct world *world)
{
	struct host_netvsp_configuration second = {
		.mac = {0x00, 0x15, 0x5d, 0x01, 0x02, 0x04}};
	struct virtual_machine *vm = world->vm;

	world->ends[0].netvsp = vm->device;
	world->ends[0].vmxnet3 = vm->vmxnet3;
	if (vm->vmxnet3)
		end_plug(world, 1);
	else
		world->ends[1].netvsp =
			host_netvsp_create(vm->host_bus, &second,
					   &world->ends[1].wire.wire);
}

static void end_link_set(struct end *end, bool up)
{
	if (end->vmxnet3)
		host_vmxnet3_link_set(end->vmxnet3, up);
	else
		host_netvsp_link_set(end->netvsp, up);
}

/** Which of Hyper-V's cards a driver found first is known by its address. */
static struct host_netvsp *end_netvsp(struct world *world, unsigned n)
{
	const uint8_t *mac = world->ends[n].interface.netif.hwaddr;

	return world->ends[mac[5] != 0x03].netvsp;
}

static void end_remove(struct world *world, unsigned n)
{
	if (world->ends[n].vmxnet3)
		host_vmxnet3_remove(world->ends[n].vmxnet3);
	else
		host_netvsp_remove(end_netvsp(world, n));
}

static void end_return(struct world *world, unsigned n)
{
	struct end *end = &world->ends[n];

	if (!end->vmxnet3) {
		host_netvsp_return(end_netvsp(world, n));
		return;
	}
	host_vmxnet3_destroy(end->vmxnet3);
	end_plug(world, n);
}

/** Run a story and look at what is left. */
static void world_run(void (*story)(struct world *world),
		      const struct circumstances *it)
{
	struct world *world = calloc(1, sizeof(*world));
	struct virtual_machine_configuration configuration = {
		.vmm = it->vmm,
		.host = it->host,
		.machine.seed = it->seed,
		.wire = &world->ends[0].wire.wire,
	};
	char reason[256];

	world->story = story;
	world->random.state = it->seed;
	for (int i = 0; i < 2; i++)
		world->ends[i].wire = (struct bad_wire){
			.wire.operations = &bad_operations,
			.peer = &world->ends[!i].wire,
			.random = &world->random,
			.lose = it->lose,
			.delay = it->delay,
		};
	world->vm = virtual_machine_create(&configuration);
	ck_assert_ptr_nonnull(world->vm);
	ends_make(world);
	ck_assert_msg(virtual_machine_run(world->vm, world_guest, world) ==
			      MACHINE_DONE,
		      "%s", machine_reason(world->vm->machine));
	ck_assert_msg(virtual_machine_check(world->vm, reason, sizeof(reason)),
		      "%s", reason);
	ck_assert_uint_eq(it->lose != 0, world->ends[0].wire.lost != 0);
	ck_assert_uint_eq(it->delay != 0, world->ends[0].wire.delayed != 0);
	if (world->ends[1].vmxnet3)
		host_vmxnet3_destroy(world->ends[1].vmxnet3);
	else
		host_netvsp_destroy(world->ends[1].netvsp);
	virtual_machine_destroy(world->vm);
	free(world);
}

/* ---- A client of the web server ---- */

static void client_connect(struct client *client);

static void client_end(struct client *client)
{
	struct world *world = client->world;

	world->to_finish--;
	client->pcb = NULL;
	if (world->to_start)
		client_connect(client);
}

static void client_ask(struct client *client)
{
	client->answer_bytes = 0;
	ck_assert_int_eq(tcp_write(client->pcb, REQUEST_ROOT,
				   strlen(REQUEST_ROOT), TCP_WRITE_FLAG_COPY),
			 ERR_OK);
	tcp_output(client->pcb);
}

static void client_broken(void *argument, err_t error)
{
	struct client *client = argument;

	ck_assert_msg(client->world->can_break,
		      "a connection broke: lwIP's error %d at %llu ms", error,
		      (unsigned long long)(port_time(client->world->vm->port) /
					   MILLISECOND));
	client->world->broken++;
	client->world->to_finish -= client->left_here - 1;
	client_end(client);
}

static err_t client_received(void *argument, struct tcp_pcb *pcb,
			     struct pbuf *pbuf, err_t error)
{
	struct client *client = argument;
	const char *body;

	ck_assert_int_eq(error, ERR_OK);
	ck_assert_ptr_nonnull(pbuf);
	ck_assert_uint_lt(client->answer_bytes + pbuf->tot_len,
			  sizeof(client->answer));
	pbuf_copy_partial(pbuf, client->answer + client->answer_bytes,
			  pbuf->tot_len, 0);
	client->answer_bytes += pbuf->tot_len;
	client->answer[client->answer_bytes] = 0;
	tcp_recved(pcb, pbuf->tot_len);
	pbuf_free(pbuf);
	body = strstr(client->answer, "\r\n\r\n");
	if (!body || strlen(body + 4) < strlen(PAGE))
		return ERR_OK;
	ck_assert_int_eq(strncmp(client->answer, "HTTP/1.1 200 OK\r\n", 17), 0);
	ck_assert_str_eq(body + 4, PAGE);
	if (--client->left_here) {
		client->world->to_finish--;
		client_ask(client);
		return ERR_OK;
	}
	tcp_err(pcb, NULL);
	tcp_recv(pcb, NULL);
	ck_assert_int_eq(tcp_close(pcb), ERR_OK);
	client_end(client);
	return ERR_OK;
}

static err_t client_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
	(void)pcb;
	ck_assert_int_eq(error, ERR_OK);
	client_ask(argument);
	return ERR_OK;
}

static struct tcp_pcb *connect_to(struct end *from, const ip_addr_t *to,
				  u16_t port, void *argument,
				  tcp_connected_fn connected)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(to));

	ck_assert_ptr_nonnull(pcb);
	tcp_bind_netif(pcb, &from->interface.netif);
	ck_assert_int_eq(
		tcp_bind(pcb, IP_IS_V6(to) ? &from->address6 : &from->address,
			 0),
		ERR_OK);
	tcp_arg(pcb, argument);
	ck_assert_int_eq(tcp_connect(pcb, to, port, connected), ERR_OK);
	return pcb;
}

static void client_connect(struct client *client)
{
	client->left_here = client->world->to_start < REQUESTS_A_TIME
				    ? client->world->to_start
				    : REQUESTS_A_TIME;
	client->world->to_start -= client->left_here;
	client->pcb = connect_to(client->end, client->to, LIVE_SERVER_HTTP_PORT,
				 client, client_connected);
	tcp_recv(client->pcb, client_received);
	tcp_err(client->pcb, client_broken);
}

static void request_begin(struct world *world, unsigned requests,
			  unsigned at_once, const ip_addr_t *to)
{
	world->to_start = requests;
	world->to_finish = requests;
	for (unsigned i = 0; i < at_once && world->to_start; i++) {
		world->clients[i] = (struct client){.world = world,
						    .end = &world->ends[0],
						    .to = to};
		client_connect(&world->clients[i]);
	}
}

static void request(struct world *world, unsigned requests, unsigned at_once,
		    const ip_addr_t *to)
{
	uint64_t deadline = port_time(world->vm->port) + PATIENCE;

	request_begin(world, requests, at_once, to);
	while (world->to_finish)
		ck_assert(turn(world, deadline));
	if (!world->can_break)
		ck_assert_uint_eq(world->server.requests, requests);
	ck_assert_uint_le(at_once / 2, world->server.connections_peak);
}

/* ---- Stories ---- */

static u8_t ping_received(void *argument, struct raw_pcb *pcb,
			  struct pbuf *pbuf, const ip_addr_t *from)
{
	struct world *world = argument;
	uint8_t bytes[64];

	(void)pcb;
	ck_assert(ip_addr_cmp(from, &world->ends[1].address));
	pbuf_copy_partial(pbuf, bytes, sizeof(bytes), 0);
	if (bytes[20] != ICMP_ER)
		return 0;
	ck_assert_uint_eq(bytes[20 + 8], 'p');
	world->replies++;
	pbuf_free(pbuf);
	return 1;
}

/** As many as one burst and more, so that several frames go in one call. */
static void story_ping(struct world *world)
{
	struct raw_pcb *pcb = raw_new(IP_PROTO_ICMP);
	struct nic_statistics statistics;

	raw_bind_netif(pcb, netif_of(world, 0));
	raw_recv(pcb, ping_received, world);
	for (unsigned i = 0; i < 40; i++) {
		struct pbuf *pbuf = pbuf_alloc(PBUF_IP, 40, PBUF_RAM);
		struct icmp_echo_hdr *echo = pbuf->payload;

		memset(echo, 'p', 40);
		ICMPH_TYPE_SET(echo, ICMP_ECHO);
		ICMPH_CODE_SET(echo, 0);
		echo->chksum = 0;
		echo->chksum = inet_chksum(echo, 40);
		ck_assert_int_eq(raw_sendto(pcb, pbuf, &world->ends[1].address),
				 ERR_OK);
		pbuf_free(pbuf);
		/* The first asks for the address, lwIP keeps ten. */
		if (i == 0)
			pass(world, 10 * MILLISECOND);
	}
	pass(world, 100 * MILLISECOND);
	raw_remove(pcb);
	ck_assert_uint_eq(world->replies, 40);
	nic_statistics(world->ends[0].nic, &statistics);
	ck_assert_uint_ge(statistics.rx_frames, 41);
	ck_assert_uint_ge(statistics.tx_frames, 41);
}

static void story_one_after_another(struct world *world)
{
	request(world, REQUESTS, 1, &world->ends[1].address);
}

static void story_at_once(struct world *world)
{
	/* lwIP keeps ten frames while it asks for an address: ask before. */
	etharp_request(netif_of(world, 0), ip_2_ip4(&world->ends[1].address));
	pass(world, 10 * MILLISECOND);
	request(world, REQUESTS, 100, &world->ends[1].address);
	ck_assert_uint_eq(world->server.connections_peak, 100);
}

static void story_few(struct world *world)
{
	request(world, 500, 20, &world->ends[1].address);
}

static void story_at_once_ipv6(struct world *world)
{
	request(world, 1, 1, &world->ends[1].address6);
	world->server.requests = 0;
	request(world, REQUESTS, 100, &world->ends[1].address6);
	ck_assert_uint_eq(world->server.connections_peak, 100);
}

/** The card goes away under what is connected, and comes back. */
static void interrupt_end(struct world *world, unsigned n, uint64_t deadline)
{
	struct end *end = &world->ends[n];

	end_remove(world, n);
	while (!end->interface.is_gone)
		ck_assert(turn(world, deadline));
	ck_assert(!netif_is_link_up(&end->interface.netif));
	ck_assert_uint_eq(nic_netif_detach(&end->interface), 0);
	nic_close(end->nic);
	pass(world, 100 * MILLISECOND);
	end_return(world, n);
	pass(world, 100 * MILLISECOND);
	end_open(world, n);
	ck_assert(netif_is_link_up(&end->interface.netif));
}

/** Requests, and a rescind when so many of them are left; at both ends. */
static void story_rescind(struct world *world)
{
	uint64_t deadline = port_time(world->vm->port) + PATIENCE;

	for (unsigned n = 0; n < 2; n++) {
		request_begin(world, 400, 20, &world->ends[1].address);
		while (world->to_finish > 200)
			ck_assert(turn(world, deadline));
		interrupt_end(world, n, deadline);
		/* TCP goes on where it was. */
		while (world->to_finish)
			ck_assert(turn(world, deadline));
	}
}

/**
 * All of it together, first over IPv4 and then over IPv6. A connection may
 * break: TCP gives up what is lost too often.
 */
static void story_everything(struct world *world)
{
	uint64_t deadline = port_time(world->vm->port) + LONG_PATIENCE;

	world->can_break = true;
	for (unsigned n = 0; n < 2; n++) {
		request_begin(world, REQUESTS, 100,
			      n ? &world->ends[1].address6
				: &world->ends[1].address);
		while (world->to_finish > REQUESTS / 2)
			ck_assert(turn(world, deadline));
		interrupt_end(world, n, deadline);
		while (world->to_finish)
			ck_assert(turn(world, deadline));
		ck_assert_uint_le(world->broken, REQUESTS / 100);
	}
	ck_assert_uint_ge(world->server.requests + world->broken * 10,
			  2 * REQUESTS);
}

static void story_link(struct world *world)
{
	end_link_set(&world->ends[0], false);
	pass(world, 100 * MILLISECOND);
	ck_assert(!netif_is_link_up(netif_of(world, 0)));
	end_link_set(&world->ends[0], true);
	pass(world, 100 * MILLISECOND);
	ck_assert(netif_is_link_up(netif_of(world, 0)));
	ck_assert_int_eq(nic_netif_mtu_set(&world->ends[0].interface, 1000), 0);
	ck_assert_uint_eq(netif_of(world, 0)->mtu, 1000);
	ck_assert_int_ne(nic_netif_mtu_set(&world->ends[0].interface, 9), 0);
	ck_assert_uint_eq(netif_of(world, 0)->mtu, 1000);
	request(world, 10, 1, &world->ends[1].address);
}

/* ---- Echo: bytes both ways on one connection ---- */

static void echo_push(struct world *world, struct tcp_pcb *pcb)
{
	uint8_t bytes[1000];

	while (world->echo_sent < ECHO_BYTES &&
	       tcp_sndbuf(pcb) >= sizeof(bytes)) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)((world->echo_sent + i) % 253);
		if (tcp_write(pcb, bytes, sizeof(bytes), TCP_WRITE_FLAG_COPY) !=
		    ERR_OK)
			break;
		world->echo_sent += sizeof(bytes);
	}
	tcp_output(pcb);
}

static err_t echo_came(void *argument, struct tcp_pcb *pcb, struct pbuf *pbuf,
		       err_t error)
{
	struct world *world = argument;

	ck_assert_int_eq(error, ERR_OK);
	ck_assert_ptr_nonnull(pbuf);
	for (u16_t i = 0; i < pbuf->tot_len; i++)
		ck_assert_uint_eq(pbuf_get_at(pbuf, i),
				  (world->echo_received + i) % 253);
	world->echo_received += pbuf->tot_len;
	tcp_recved(pcb, pbuf->tot_len);
	pbuf_free(pbuf);
	echo_push(world, pcb);
	return ERR_OK;
}

static err_t echo_went(void *argument, struct tcp_pcb *pcb, u16_t bytes)
{
	(void)bytes;
	echo_push(argument, pcb);
	return ERR_OK;
}

static err_t echo_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
	ck_assert_int_eq(error, ERR_OK);
	echo_push(argument, pcb);
	return ERR_OK;
}

static void story_echo(struct world *world)
{
	uint64_t deadline = port_time(world->vm->port) + PATIENCE;
	struct tcp_pcb *pcb =
		connect_to(&world->ends[0], &world->ends[1].address,
			   LIVE_SERVER_ECHO_PORT, world, echo_connected);

	tcp_recv(pcb, echo_came);
	tcp_sent(pcb, echo_went);
	while (world->echo_received < ECHO_BYTES)
		ck_assert(turn(world, deadline));
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	ck_assert_int_eq(tcp_close(pcb), ERR_OK);
	ck_assert_uint_eq(world->server.echoed_bytes, ECHO_BYTES);
}

/* ---- Tests: each on Hyper-V and on VMware ---- */

#define HYPERVISORS 2

static void both(int which, void (*story)(struct world *world),
		 const char *hyperv, const char *vmware, uint64_t seed,
		 unsigned lose, unsigned delay)
{
	const struct circumstances circumstances[HYPERVISORS] = {
		{"hyperv", hyperv, seed, lose, delay},
		{"vmware", vmware, seed, lose, delay},
	};

	world_run(story, &circumstances[which]);
}

START_TEST(arp_and_ping)
{
	both(_i, story_ping, "ws2019", "esxi-7.0", 1, 0, 0);
}
END_TEST

START_TEST(ten_thousand_requests_one_after_another)
{
	both(_i, story_one_after_another, "ws2019", "esxi-6.0", 2, 0, 0);
}
END_TEST

START_TEST(ten_thousand_requests_a_hundred_at_once)
{
	both(_i, story_at_once, "ws2022", "esxi-8.0", 3, 0, 0);
}
END_TEST

START_TEST(ten_thousand_requests_over_ipv6)
{
	both(_i, story_at_once_ipv6, "azure", "esxi-6.7", 4, 0, 0);
}
END_TEST

START_TEST(requests_with_loss_and_reordering)
{
	both(_i, story_few, "ws2016", "qemu", 5, 20, 10);
}
END_TEST

START_TEST(bytes_both_ways)
{
	both(_i, story_echo, "ws2012r2", "esxi-6.5", 6, 0, 0);
}
END_TEST

START_TEST(bytes_both_ways_with_loss_and_reordering)
{
	both(_i, story_echo, "ws2012r2", "qemu", 7, 50, 10);
}
END_TEST

START_TEST(cards_that_go_away_and_come_back)
{
	both(_i, story_rescind, "ws2019", "esxi-7.0", 8, 0, 0);
}
END_TEST

START_TEST(ten_thousand_requests_with_loss_reordering_and_a_rescind)
{
	both(_i, story_everything, "ws2022", "esxi-7.0", 9, 50, 20);
}
END_TEST

START_TEST(link_and_mtu)
{
	both(_i, story_link, "ws2019", "esxi-7.0", 10, 0, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lwip");
	TCase *test = tcase_create("lwip");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(test, arp_and_ping, 0, HYPERVISORS);
	tcase_add_loop_test(test, ten_thousand_requests_one_after_another, 0,
			    HYPERVISORS);
	tcase_add_loop_test(test, ten_thousand_requests_a_hundred_at_once, 0,
			    HYPERVISORS);
	tcase_add_loop_test(test, ten_thousand_requests_over_ipv6, 0,
			    HYPERVISORS);
	tcase_add_loop_test(test, requests_with_loss_and_reordering, 0,
			    HYPERVISORS);
	tcase_add_loop_test(test, bytes_both_ways, 0, HYPERVISORS);
	tcase_add_loop_test(test, bytes_both_ways_with_loss_and_reordering, 0,
			    HYPERVISORS);
	tcase_add_loop_test(test, cards_that_go_away_and_come_back, 0,
			    HYPERVISORS);
	tcase_add_loop_test(
		test, ten_thousand_requests_with_loss_reordering_and_a_rescind,
		0, HYPERVISORS);
	tcase_add_loop_test(test, link_and_mtu, 0, HYPERVISORS);
	suite_add_tcase(suite, test);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
