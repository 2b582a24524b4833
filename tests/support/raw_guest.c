/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The raw guest's hands: numbers are written out, since a header of either side
 * would only repeat what that side believes.
 */
#include "raw_guest.h"

#include <stdlib.h>
#include <string.h>

#define RAW_TURNS 10u

uint32_t raw_get32(const uint8_t *bytes, size_t offset)
{
	le32 value;

	memcpy(&value, bytes + offset, sizeof(value));
	return le32_to_cpu(value);
}

void raw_put32(uint8_t *bytes, size_t offset, uint32_t value)
{
	le32 word = cpu_to_le32(value);

	memcpy(bytes + offset, &word, sizeof(word));
}

void raw_put64(uint8_t *bytes, size_t offset, uint64_t value)
{
	le64 word = cpu_to_le64(value);

	memcpy(bytes + offset, &word, sizeof(word));
}

/* ---- Life ---- */

struct raw_guest *raw_guest_create(const char *host, uint64_t seed,
				   enum machine_schedule schedule)
{
	const struct machine_configuration configuration = {
		.cpus = 2,
		.seed = seed,
		.schedule = schedule,
		/* It rings for each packet, so that each is heard. */
		.checkers_off = 1u << MACHINE_CHECK_SIGNAL_BUDGET,
	};
	const struct host_personality *personality =
		host_personality_find(host);
	struct raw_guest *guest = calloc(1, sizeof(*guest));

	if (!guest || !personality)
		abort();
	guest->machine = machine_create(&configuration);
	if (!guest->machine)
		abort();
	guest->port = machine_port(guest->machine);
	guest->partition = host_partition_create(guest->machine, personality);
	guest->vmbus =
		host_vmbus_create(guest->partition, personality, HOST_STRICT);
	guest->connection = 1;
	return guest;
}

void raw_guest_destroy(struct raw_guest *guest)
{
	host_vmbus_destroy(guest->vmbus);
	host_partition_destroy(guest->partition);
	machine_destroy(guest->machine);
	free(guest);
}

static void count_interrupt(void *argument)
{
	struct raw_guest *guest = argument;

	guest->interrupts[port_cpu_current(guest->port)]++;
}

static void run_body(void *argument)
{
	struct raw_guest *guest = argument;
	unsigned cpu;

	guest->hypercall = port_pages_alloc(guest->port, 1,
					    PORT_PAGES_EXECUTABLE, "hypercall");
	guest->input = port_pages_alloc(guest->port, 2, 0, "input");
	for (cpu = 0; cpu < 2; cpu++) {
		guest->messages[cpu] =
			port_pages_alloc(guest->port, 1, 0, "messages");
		guest->events[cpu] =
			port_pages_alloc(guest->port, 1, 0, "events");
	}
	port_interrupt_attach(guest->port, count_interrupt, guest,
			      &guest->vector);
	guest->body(guest);
}

enum machine_outcome raw_guest_run(struct raw_guest *guest,
				   void (*body)(struct raw_guest *guest))
{
	guest->body = body;
	return machine_run(guest->machine, run_body, guest);
}

/* ---- Registers ---- */

struct msr_access {
	struct raw_guest *guest;
	uint32_t msr;
	uint64_t value;
};

static void msr_write(void *argument)
{
	struct msr_access *access = argument;

	port_msr_write(access->guest->port, access->msr, access->value);
}

static void msr_read(void *argument)
{
	struct msr_access *access = argument;

	access->value = port_msr_read(access->guest->port, access->msr);
}

void raw_msr_write(struct raw_guest *guest, unsigned cpu, uint32_t msr,
		   uint64_t value)
{
	struct msr_access access = {guest, msr, value};

	port_cpu_run(guest->port, cpu, msr_write, &access);
}

uint64_t raw_msr_read(struct raw_guest *guest, unsigned cpu, uint32_t msr)
{
	struct msr_access access = {guest, msr, 0};

	port_cpu_run(guest->port, cpu, msr_read, &access);
	return access.value;
}

uint64_t raw_page(struct raw_guest *guest, const void *page)
{
	return port_physical(guest->port, page) | 1;
}

void raw_hypercalls_on(struct raw_guest *guest)
{
	raw_msr_write(guest, 0, RAW_MSR_GUEST_OS_ID, RAW_OS_ID);
	raw_msr_write(guest, 0, RAW_MSR_HYPERCALL,
		      raw_page(guest, guest->hypercall));
}

void raw_synic_on(struct raw_guest *guest)
{
	unsigned cpu;

	for (cpu = 0; cpu < 2; cpu++) {
		raw_msr_write(guest, cpu, RAW_MSR_SIMP,
			      raw_page(guest, guest->messages[cpu]));
		raw_msr_write(guest, cpu, RAW_MSR_SIEFP,
			      raw_page(guest, guest->events[cpu]));
		raw_msr_write(guest, cpu, RAW_MSR_SINT0 + RAW_SINT,
			      guest->vector);
	}
}

/* ---- Hypercalls ---- */

uint16_t raw_post(struct raw_guest *guest, uint32_t connection,
		  const void *payload, uint32_t bytes)
{
	memset(guest->input, 0, 256);
	raw_put32(guest->input, 0, connection);
	raw_put32(guest->input, 8, 1);
	raw_put32(guest->input, 12, bytes);
	memcpy(guest->input + 16, payload, bytes);
	return (uint16_t)port_hypercall(
		guest->port, guest->hypercall, 0x5c,
		port_physical(guest->port, guest->input), 0);
}

uint16_t raw_signal(struct raw_guest *guest, uint32_t connection, uint16_t flag)
{
	return (uint16_t)port_hypercall(guest->port, guest->hypercall, 0x1005d,
					connection | (uint64_t)flag << 32, 0);
}

int raw_receive(struct raw_guest *guest, unsigned cpu,
		uint8_t payload[RAW_MESSAGE_MAX])
{
	uint8_t *slot = guest->messages[cpu] + (size_t)RAW_SINT * 256;
	uint64_t deadline = port_time(guest->port) + RAW_PATIENCE;
	le32 *type = (le32 *)(void *)slot;
	int bytes;

	while (!shared_load32(guest->port, type)) {
		if (port_time(guest->port) >= deadline)
			return -1;
		port_relax(guest->port, deadline);
	}
	bytes = shared_load8(guest->port, slot + 4);
	shared_read(guest->port, payload, slot + 16, RAW_MESSAGE_MAX);
	shared_store32(guest->port, type, 0);
	shared_fence(guest->port);
	if (shared_load8(guest->port, slot + 5) & 1)
		raw_msr_write(guest, cpu, RAW_MSR_EOM, 0);
	return bytes;
}

void raw_wait(struct raw_guest *guest, uint64_t nanoseconds)
{
	unsigned i;

	/* Each piece is at least one turn for the host. */
	for (i = 0; i < RAW_TURNS; i++)
		port_delay(guest->port, nanoseconds / RAW_TURNS);
}

/* ---- VMBus ---- */

void raw_send_bytes(struct raw_guest *guest, const void *payload,
		    uint32_t bytes)
{
	while (raw_post(guest, guest->connection, payload, bytes))
		port_delay(guest->port, 10000);
}

void raw_send(struct raw_guest *guest, const uint32_t words[], unsigned count)
{
	uint8_t payload[RAW_MESSAGE_MAX];
	unsigned i;

	for (i = 0; i < count; i++)
		raw_put32(payload, (size_t)i * 4, words[i]);
	raw_send_bytes(guest, payload, count * 4);
}

uint32_t raw_answer(struct raw_guest *guest, uint8_t payload[RAW_MESSAGE_MAX])
{
	return raw_receive(guest, guest->cpu, payload) < 8
		       ? 0
		       : raw_get32(payload, 0);
}

int raw_contact(struct raw_guest *guest, uint32_t version)
{
	uint8_t payload[RAW_MESSAGE_MAX] = {0};
	uint16_t status;

	raw_put32(payload, 0, 14);
	raw_put32(payload, 8, version);
	if (version >= 0x50000)
		raw_put32(payload, 16, RAW_SINT);
	else if (version < 0x20004)
		/* The interrupt page is the one behind the inputs. */
		raw_put64(payload, 16,
			  port_physical(guest->port, guest->input + 4096));
	guest->connection = version >= 0x50000 ? 4 : 1;
	guest->cpu = 0;
	while ((status = raw_post(guest, guest->connection, payload, 40))) {
		if (status == 0x12)
			return -1;
		port_delay(guest->port, 10000);
	}
	if (raw_answer(guest, payload) != 15)
		return -1;
	if (version >= 0x50000 && payload[8] && !payload[9])
		guest->connection = raw_get32(payload, 12);
	return payload[8] | payload[9] << 8;
}

unsigned raw_connect(struct raw_guest *guest, uint32_t version,
		     uint8_t payload[RAW_MESSAGE_MAX])
{
	const uint32_t request[] = {3, 0};
	uint8_t message[RAW_MESSAGE_MAX];
	unsigned offers = 0;

	raw_hypercalls_on(guest);
	raw_synic_on(guest);
	if (raw_contact(guest, version) != 1)
		return 0;
	raw_send(guest, request, 2);
	while (raw_answer(guest, message) == 1) {
		memcpy(payload, message, sizeof(message));
		offers++;
	}
	return raw_get32(message, 0) == 4 ? offers : 0;
}

int64_t raw_gpadl(struct raw_guest *guest, uint32_t relid, uint32_t handle,
		  const uint8_t *pages, uint32_t count)
{
	uint8_t payload[RAW_MESSAGE_MAX] = {0};
	uint32_t header = count < 26 ? count : 26;
	uint32_t done = 0, i;

	raw_put32(payload, 0, 8);
	raw_put32(payload, 8, relid);
	raw_put32(payload, 12, handle);
	raw_put32(payload, 16, (count + 1) * 8 | 1u << 16);
	raw_put32(payload, 20, count * 4096);
	for (i = 0; i < header; i++, done++)
		raw_put64(payload, 28 + (size_t)i * 8,
			  port_physical(guest->port,
					pages + (size_t)done * 4096) >>
				  12);
	raw_send_bytes(guest, payload, 28 + header * 8);
	while (done < count) {
		memset(payload, 0, sizeof(payload));
		raw_put32(payload, 0, 9);
		raw_put32(payload, 12, handle);
		for (i = 0; i < 28 && done < count; i++, done++)
			raw_put64(payload, 16 + (size_t)i * 8,
				  port_physical(guest->port,
						pages + (size_t)done * 4096) >>
					  12);
		raw_send_bytes(guest, payload, 16 + i * 8);
	}
	if (raw_answer(guest, payload) != 10 ||
	    raw_get32(payload, 8) != relid || raw_get32(payload, 12) != handle)
		return -1;
	return raw_get32(payload, 16);
}

bool raw_teardown(struct raw_guest *guest, uint32_t relid, uint32_t handle)
{
	const uint32_t words[] = {11, 0, relid, handle};
	uint8_t payload[RAW_MESSAGE_MAX];

	raw_send(guest, words, 4);
	return raw_answer(guest, payload) == 12 &&
	       raw_get32(payload, 8) == handle;
}

int64_t raw_open(struct raw_guest *guest, uint32_t relid, uint32_t handle,
		 uint32_t downstream)
{
	uint8_t payload[RAW_MESSAGE_MAX] = {0};

	raw_put32(payload, 0, 5);
	raw_put32(payload, 8, relid);
	raw_put32(payload, 12, 77);
	raw_put32(payload, 16, handle);
	raw_put32(payload, 20, 0);
	raw_put32(payload, 24, downstream);
	payload[28] = 0x5a;
	payload[147] = 0xa5;
	raw_send_bytes(guest, payload, 148);
	if (raw_answer(guest, payload) != 6 || raw_get32(payload, 8) != relid ||
	    raw_get32(payload, 12) != 77)
		return -1;
	return raw_get32(payload, 16);
}

/* ---- Rings ---- */

void raw_ring_write(struct raw_guest *guest, uint8_t *ring, uint32_t size,
		    const void *bytes, uint32_t count)
{
	const uint8_t *from = bytes;
	uint32_t at = raw_get32(ring, 0);
	uint32_t first = count < size - at ? count : size - at;

	shared_write(guest->port, ring + 4096 + at, from, first);
	shared_write(guest->port, ring + 4096, from + first, count - first);
	shared_store32(guest->port, (le32 *)(void *)ring, (at + count) % size);
}

void raw_ring_packet(struct raw_guest *guest, uint8_t *ring, uint32_t size,
		     uint64_t id, const void *payload, uint32_t bytes)
{
	uint8_t packet[4096] = {0};

	raw_put32(packet, 0, 6 | 2u << 16);
	raw_put32(packet, 4, (16 + bytes) / 8);
	raw_put64(packet, 8, id);
	memcpy(packet + 16, payload, bytes);
	raw_put32(packet, 16 + bytes + 4, raw_get32(ring, 0));
	raw_ring_write(guest, ring, size, packet, 16 + bytes + 8);
}
