/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * src/hyperv/ring.c against mocks/hyperv/ring.c over one piece of memory, each
 * in a thread of its own and without any lock between them: what is not ordered
 * by the words of the control page is a data race, which the thread sanitizer
 * reports, and a wake-up that is lost ends the test after a while.
 *
 * In the machine guest and host take turns, so there it would not be seen.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hyperv/ring.h"
#include "mocks/hyperv/ring_internal.h"
#include "port/shared.h"

#define DATA_PAGES	 2u
#define PACKETS		 100000u
#define PAYLOAD_UNITS	 60u
#define PAYLOAD_MAX	 (8 * PAYLOAD_UNITS)
#define PATIENCE_S	 20
#define DESCRIPTOR_UNITS 2u

/* ---- The guest's platform ---- */

uint32_t shared_load32(struct port *port, const le32 *word)
{
	(void)port;
	return __atomic_load_n((const uint32_t *)word, __ATOMIC_ACQUIRE);
}

void shared_store32(struct port *port, le32 *word, uint32_t value)
{
	(void)port;
	__atomic_store_n((uint32_t *)word, value, __ATOMIC_RELEASE);
}

void shared_fence(struct port *port)
{
	(void)port;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void shared_read(struct port *port, void *to, const void *from, size_t bytes)
{
	(void)port;
	memcpy(to, from, bytes);
}

void shared_write(struct port *port, void *to, const void *from, size_t bytes)
{
	(void)port;
	memcpy(to, from, bytes);
}

/* ---- Both ends ---- */

struct rings {
	uint8_t *memory;
	uint8_t *pages[DATA_PAGES + 1];
	struct ring guest;
	struct host_ring host;
	/** Signals: to who reads, and to who writes. */
	sem_t reader, writer;
	unsigned sleeps;
};

_Noreturn static void fail(const char *what, unsigned packet)
{
	fprintf(stderr, "FAIL: packet %u: %s\n", packet, what);
	exit(EXIT_FAILURE);
}

static void rings_wait(sem_t *semaphore, const char *what, unsigned packet)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	if (sem_timedwait(semaphore, &until) != 0)
		fail(what, packet);
}

/** Of the n-th packet: its length and its bytes, any but regular. */
static uint32_t packet_bytes(unsigned n)
{
	return n * 2654435761u % PAYLOAD_UNITS * 8 + 8;
}

static uint8_t packet_byte(unsigned n, uint32_t i)
{
	return (uint8_t)(n * 31 + i * 7);
}

static void packet_fill(unsigned n, uint8_t *bytes)
{
	for (uint32_t i = 0; i < packet_bytes(n); i++)
		bytes[i] = packet_byte(n, i);
}

static void packet_check(unsigned n, uint64_t transaction, const uint8_t *bytes,
			 uint32_t count)
{
	if (transaction != n)
		fail("another one came", n);
	if (count != packet_bytes(n))
		fail("it has another length", n);
	for (uint32_t i = 0; i < count; i++)
		if (bytes[i] != packet_byte(n, i))
			fail("it has other bytes", n);
}

/* ---- The guest writes, the host reads ---- */

static void *guest_writes(void *argument)
{
	struct rings *rings = argument;
	uint8_t bytes[PAYLOAD_MAX];
	unsigned n = 0;

	while (n < PACKETS) {
		const struct ring_packet packet = {
			.type = RING_PACKET_INBAND,
			.transaction_id = n,
			.payload_bytes = packet_bytes(n),
		};
		const struct ring_piece piece = {bytes, packet_bytes(n)};
		uint32_t room = packet_bytes(n) + 16 + 8;
		int error;

		packet_fill(n, bytes);
		error = ring_write(&rings->guest, &packet, &piece, 1);
		/* Batches of different lengths, as a driver has them. */
		if ((error || n % 5 == 4 || n == PACKETS - 1) &&
		    ring_publish(&rings->guest))
			sem_post(&rings->reader);
		if (!error) {
			n++;
			continue;
		}
		if (error != ERROR_AGAIN)
			fail("it is not taken", n);
		ring_pending_send(&rings->guest, room);
		if (ring_room(&rings->guest) < room)
			rings_wait(&rings->writer, "no signal about room", n);
		ring_pending_send(&rings->guest, 0);
	}
	return NULL;
}

static void *host_reads(void *argument)
{
	struct host_ring_buffer buffer = {NULL, 0};
	struct rings *rings = argument;
	struct host_ring_packet packet;
	const char *reason = "";
	unsigned n = 0;

	while (n < PACKETS) {
		switch (host_ring_read(&rings->host, &packet, &buffer,
				       &reason)) {
		case HOST_RING_PACKET:
			packet_check(n++, packet.transaction_id, buffer.bytes,
				     packet.bytes - 16);
			if (packet.footer_wrong)
				fail("its footer is wrong", n);
			if (host_ring_consume(&rings->host, &packet))
				sem_post(&rings->writer);
			break;
		case HOST_RING_EMPTY:
			host_ring_mask(&rings->host, false);
			if (host_ring_is_empty(&rings->host)) {
				rings->sleeps++;
				rings_wait(&rings->reader,
					   "the host was not signalled", n);
			}
			host_ring_mask(&rings->host, true);
			break;
		default:
			fail(reason, n);
		}
	}
	free(buffer.bytes);
	return NULL;
}

/* ---- The host writes, the guest reads ---- */

static void host_write(struct rings *rings, unsigned n)
{
	uint32_t bytes = packet_bytes(n);
	uint8_t payload[PAYLOAD_MAX];
	const struct host_ring_descriptor descriptor = {
		.type = cpu_to_le16(RING_PACKET_INBAND),
		.data_offset8 = cpu_to_le16(DESCRIPTOR_UNITS),
		.length8 = cpu_to_le16((uint16_t)(bytes / 8 + 2)),
		.transaction_id = cpu_to_le64(n),
	};
	const le32 footer[2] = {cpu_to_le32(0), cpu_to_le32(rings->host.index)};
	const struct host_ring_piece pieces[] = {
		{&descriptor, sizeof(descriptor)},
		{payload, bytes},
		{footer, sizeof(footer)},
	};

	packet_fill(n, payload);
	if (host_ring_write(&rings->host, pieces, 3))
		sem_post(&rings->reader);
}

static uint32_t host_room(struct rings *rings, unsigned n)
{
	uint32_t room;

	if (!host_ring_room(&rings->host, &room))
		fail("the read index is impossible", n);
	return room;
}

static void *host_writes(void *argument)
{
	struct rings *rings = argument;
	unsigned n = 0;
	uint32_t bytes;

	while (n < PACKETS) {
		bytes = 16 + packet_bytes(n) + HOST_RING_FOOTER_BYTES;
		if (host_room(rings, n) >= bytes) {
			host_write(rings, n++);
			continue;
		}
		host_ring_want(&rings->host, bytes);
		if (host_room(rings, n) < bytes)
			rings_wait(&rings->writer, "no signal about room", n);
		host_ring_want(&rings->host, 0);
	}
	return NULL;
}

static void *guest_reads(void *argument)
{
	struct rings *rings = argument;
	uint8_t bytes[PAYLOAD_MAX];
	struct ring_packet packet;
	unsigned n = 0;
	int result;

	while (n < PACKETS) {
		result =
			ring_read(&rings->guest, &packet, bytes, sizeof(bytes));
		if (result < 0)
			fail("it cannot be read", n);
		if (result == 1)
			packet_check(n++, packet.transaction_id, bytes,
				     packet.payload_bytes);
		/* Room is given back in batches, and before a sleep. */
		if ((result == 0 || n % 7 == 6) && ring_release(&rings->guest))
			sem_post(&rings->writer);
		if (result == 1)
			continue;
		if (ring_unmask(&rings->guest)) {
			rings->sleeps++;
			rings_wait(&rings->reader,
				   "the guest was not signalled", n);
		}
		ring_mask(&rings->guest);
	}
	return NULL;
}

/* ---- Together ---- */

static void rings_run(const char *name, bool guest_is_writer)
{
	struct rings rings = {.sleeps = 0};
	pthread_t guest, host;
	unsigned i;

	rings.memory = aligned_alloc(PORT_PAGE_SIZE,
				     (DATA_PAGES + 1) * PORT_PAGE_SIZE);
	if (!rings.memory)
		fail("out of memory", 0);
	memset(rings.memory, 0, (DATA_PAGES + 1) * PORT_PAGE_SIZE);
	for (i = 0; i <= DATA_PAGES; i++)
		rings.pages[i] = rings.memory + (size_t)i * PORT_PAGE_SIZE;
	sem_init(&rings.reader, 0, 0);
	sem_init(&rings.writer, 0, 0);
	ring_initialise(&rings.guest, NULL, rings.memory, DATA_PAGES);
	if (guest_is_writer)
		ring_announce(&rings.guest);
	if (!(guest_is_writer ? host_ring_open_reader : host_ring_open_writer)(
		    &rings.host, rings.pages, DATA_PAGES + 1))
		fail("the host does not open the ring", 0);
	if (pthread_create(&guest, NULL,
			   guest_is_writer ? guest_writes : guest_reads,
			   &rings) ||
	    pthread_create(&host, NULL,
			   guest_is_writer ? host_reads : host_writes, &rings))
		fail("no thread", 0);
	pthread_join(guest, NULL);
	pthread_join(host, NULL);
	printf("%s: %u packets, %u sleeps\n", name, PACKETS, rings.sleeps);
	sem_destroy(&rings.reader);
	sem_destroy(&rings.writer);
	free(rings.memory);
}

int main(void)
{
	rings_run("guest to host", true);
	rings_run("host to guest", false);
	return 0;
}
