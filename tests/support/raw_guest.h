/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest of bare MSR writes, hypercalls and bytes: for tests of the partition
 * and the VMBus server. Nothing of the drivers is in it, so it may do what they
 * never would.
 */
#ifndef TESTS_SUPPORT_RAW_GUEST_H
#define TESTS_SUPPORT_RAW_GUEST_H

#include "mocks/hyperv/partition.h"
#include "mocks/hyperv/vmbus.h"
#include "mocks/machine/machine.h"
#include "port/port.h"

#define RAW_SINT	2u
#define RAW_OS_ID	0x8100000000000001ull
#define RAW_PATIENCE	20000000ull
#define RAW_MESSAGE_MAX 240u

enum raw_msr {
	RAW_MSR_GUEST_OS_ID = 0x40000000,
	RAW_MSR_HYPERCALL = 0x40000001,
	RAW_MSR_VP_INDEX = 0x40000002,
	RAW_MSR_SCONTROL = 0x40000080,
	RAW_MSR_SIEFP = 0x40000082,
	RAW_MSR_SIMP = 0x40000083,
	RAW_MSR_EOM = 0x40000084,
	RAW_MSR_SINT0 = 0x40000090,
};

struct raw_guest {
	struct machine *machine;
	struct host_partition *partition;
	struct host_vmbus *vmbus;
	struct port *port;
	/* The pages that registers lay, and one for inputs of hypercalls. */
	uint8_t *hypercall, *input, *messages[2], *events[2];
	uint8_t vector;
	/* Interrupts taken, by vCPU. */
	unsigned interrupts[2];
	/* Where VMBus messages are posted to and read from. */
	uint32_t connection;
	unsigned cpu;
	void (*body)(struct raw_guest *guest);
	/* For the test's own use. */
	void *context;
};

/* A machine of two vCPUs with a partition and, with a server wanted, VMBus. */
struct raw_guest *raw_guest_create(const char *host, uint64_t seed,
				   enum machine_schedule schedule);
void raw_guest_destroy(struct raw_guest *guest);
/* Run a body as guest code, once. */
enum machine_outcome raw_guest_run(struct raw_guest *guest,
				   void (*body)(struct raw_guest *guest));

/* ---- What a body does ---- */

void raw_msr_write(struct raw_guest *guest, unsigned cpu, uint32_t msr,
		   uint64_t value);
uint64_t raw_msr_read(struct raw_guest *guest, unsigned cpu, uint32_t msr);
/* The value of a register that lays a page: its number, enabled. */
uint64_t raw_page(struct raw_guest *guest, const void *page);
/* Identity and hypercall page; SynIC pages and SINT 2 on both vCPUs. */
void raw_hypercalls_on(struct raw_guest *guest);
void raw_synic_on(struct raw_guest *guest);

/* Post a message as it is; the hypercall's status. */
uint16_t raw_post(struct raw_guest *guest, uint32_t connection,
		  const void *payload, uint32_t bytes);
/* Signal an event, fast; the status. */
uint16_t raw_signal(struct raw_guest *guest, uint32_t connection,
		    uint16_t flag);
/*
 * Wait for a message in the slot of SINT 2, take it out as one should, and
 * return its bytes; -1 when none came in time.
 */
int raw_receive(struct raw_guest *guest, unsigned cpu,
		uint8_t payload[RAW_MESSAGE_MAX]);
/* Let that many nanoseconds pass. */
void raw_wait(struct raw_guest *guest, uint64_t nanoseconds);

/* ---- VMBus ---- */

uint32_t raw_get32(const uint8_t *bytes, size_t offset);
void raw_put32(uint8_t *bytes, size_t offset, uint32_t value);
void raw_put64(uint8_t *bytes, size_t offset, uint64_t value);

/* Post words as a message on the connection, retried while the host is full. */
void raw_send(struct raw_guest *guest, const uint32_t words[], unsigned count);
void raw_send_bytes(struct raw_guest *guest, const void *payload,
		    uint32_t bytes);
/* The next message's type, 0 when none comes. */
uint32_t raw_answer(struct raw_guest *guest, uint8_t payload[RAW_MESSAGE_MAX]);
/* INITIATE_CONTACT; supported | connection state << 8, or -1 without answer. */
int raw_contact(struct raw_guest *guest, uint32_t version);
/* Contact, then all offers; how many, the last one's bytes in payload. */
unsigned raw_connect(struct raw_guest *guest, uint32_t version,
		     uint8_t payload[RAW_MESSAGE_MAX]);
/* Whole pages of a buffer as a list, and the status of its CREATED. */
int64_t raw_gpadl(struct raw_guest *guest, uint32_t relid, uint32_t handle,
		  const uint8_t *pages, uint32_t count);
/* TEARDOWN; whether TORNDOWN came as the next message. */
bool raw_teardown(struct raw_guest *guest, uint32_t relid, uint32_t handle);
/* OPEN with a ring of so many pages for each direction; its status, or -1. */
int64_t raw_open(struct raw_guest *guest, uint32_t relid, uint32_t handle,
		 uint32_t downstream);

/* ---- Rings ---- */

/* Put bytes behind what is in a ring of the guest's (control page first). */
void raw_ring_write(struct raw_guest *guest, uint8_t *ring, uint32_t size,
		    const void *bytes, uint32_t count);
/* An inband packet of so many bytes of payload, a multiple of 8. */
void raw_ring_packet(struct raw_guest *guest, uint8_t *ring, uint32_t size,
		     uint64_t id, const void *payload, uint32_t bytes);

#endif /* TESTS_SUPPORT_RAW_GUEST_H */
