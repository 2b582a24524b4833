/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Hyper-V card behind uk_netdev on every host: brought up by the calls of a
 * unikernel, frames around the host's loop, checked by a strict user.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "mocks/cli/virtual_machine.h"
#include "mocks/unikraft/strict.h"
#include "unikraft/netdev_internal.h"

#define FRAMES	 200u
#define PATIENCE 1000000000ull

/* The machine's memory is the card's to reach: so the user lives there. */
struct unikernel {
	struct virtual_machine *vm;
	struct strict *strict;
	struct uk_alloc memory;
	struct netdev *device;
	unsigned received;
	int error;
};

static struct unikernel unikernel;

void *__real_uk_zalloc(struct uk_alloc *allocator, size_t bytes);
void *__wrap_uk_zalloc(struct uk_alloc *allocator, size_t bytes);
void *__wrap_uk_zalloc(struct uk_alloc *allocator, size_t bytes)
{
	unikernel.device = __real_uk_zalloc(allocator, bytes);
	return unikernel.device;
}

static int hyperv_open(void *context, const struct nic_stack *stack,
		       const struct unikraft_netdev_options *options,
		       struct nic **nic)
{
	struct virtual_machine *vm = context;
	int error = 0;

	vm->configuration.card.mtu = options->mtu;
	*nic = netvsc_probe(&vm->bus, &vm->configuration.card, stack, &error);
	return error;
}

static void hyperv_poll(void *context)
{
	virtual_machine_poll(context);
}

/* Take what is there; when there is nothing, wait for the event. */
static void unikernel_receive(uint64_t number)
{
	struct port *port = unikernel.vm->port;
	uint64_t deadline = port_time(port) + PATIENCE;
	struct uk_netbuf *netbuf;
	unsigned events;

	for (;;) {
		events = unikernel.strict->events;
		strict_rx(unikernel.strict, 0, &netbuf);
		if (netbuf)
			break;
		while (unikernel.strict->events == events &&
		       port_time(port) < deadline)
			port_relax(port, deadline);
		if (port_time(port) >= deadline)
			return;
	}
	if (netbuf->len == 60 + number * 7 &&
	    ((uint8_t *)netbuf->data)[netbuf->len - 1] == (uint8_t)number)
		unikernel.received++;
	uk_netbuf_free(netbuf);
}

static void unikernel_send(uint64_t number)
{
	struct uk_netbuf *netbuf =
		strict_netbuf(unikernel.strict, (uint16_t)(60 + number * 7));

	if (!netbuf)
		return;
	memset(netbuf->data, (int)number, netbuf->len);
	memset(netbuf->data, 0xff, 6);
	memcpy((uint8_t *)netbuf->data + 12, "\x88\xb5", 2);
	while (!(strict_tx(unikernel.strict, 0, netbuf) &
		 UK_NETDEV_STATUS_SUCCESS))
		port_delay(unikernel.vm->port, 1000);
}

static void unikernel_main(void *argument)
{
	const struct uk_netdev_conf pair = {.nb_rx_queues = 1,
					    .nb_tx_queues = 1};
	struct virtual_machine *vm = argument;
	const struct unikraft_card card = {
		.driver = "netvsc",
		.open = hyperv_open,
		.poll = hyperv_poll,
		.context = vm,
	};
	size_t pages = sizeof(struct strict) / PORT_PAGE_SIZE + 1;
	uint64_t i;

	unikernel.strict = port_pages_alloc(vm->port, pages, 0, "a unikernel");
	strict_init(unikernel.strict);
	unikernel.memory.left = 2;
	unikernel.error =
		virtual_machine_up(vm, VIRTUAL_MACHINE_CONNECTED, NULL, 0);
	if (!unikernel.error)
		unikernel.error =
			unikraft_netdev_register(&unikernel.memory, &card);
	if (!unikernel.error)
		unikernel.error = strict_up(unikernel.strict,
					    &unikernel.device->device, &pair);
	if (!unikernel.error) {
		strict_enable(unikernel.strict, 0);
		for (i = 0; i < FRAMES; i++) {
			unikernel_send(i);
			unikernel_receive(i);
		}
	}
	unikraft_netdev_close(&unikernel.device->device);
	virtual_machine_down(vm);
	if (unikernel.strict->broken || strict_out(unikernel.strict))
		unikernel.error = 1;
	port_pages_free(vm->port, unikernel.strict, pages);
	uk_free(&unikernel.memory, unikernel.device);
}

static void a_unikernel_talks_on_every_host(void **state)
{
	struct virtual_machine_configuration configuration;
	char reason[256];
	size_t i;

	(void)state;
	for (i = 0; i < host_personality_count; i++) {
		memset(&configuration, 0, sizeof(configuration));
		memset(&unikernel, 0, sizeof(unikernel));
		configuration.host = host_personalities[i].name;
		configuration.machine.seed = i;
		unikernel.vm = virtual_machine_create(&configuration);
		assert_non_null(unikernel.vm);
		assert_int_equal(virtual_machine_run(unikernel.vm,
						     unikernel_main,
						     unikernel.vm),
				 MACHINE_DONE);
		assert_int_equal(unikernel.error, 0);
		assert_int_equal(unikernel.received, FRAMES);
		reason[0] = '\0';
		virtual_machine_check(unikernel.vm, reason, sizeof(reason));
		assert_string_equal(reason, "");
		virtual_machine_destroy(unikernel.vm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_unikernel_talks_on_every_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
