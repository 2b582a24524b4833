/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The synthetic interrupt controller.
 *
 * Each vCPU shows two pages to the hypervisor: one with a message slot for each
 * of 16 sources, one with 2048 event flags for each. A slot holds one message:
 * a second one waits in the hypervisor, which marks the slot "pending" and
 * tries again when the guest writes the end-of-message register. The order in
 * which the guest empties a slot is therefore all that stands between it and a
 * message that never comes: see synic_take().
 *
 * An event flag that is set already raises no second interrupt, so the handler
 * clears each flag before anybody looks at what it stands for.
 */
#include <string.h>

#include "hyperv/hyperv_registers.h"
#include "hyperv/synic.h"

/**
 * A slot of the message page (TLFS 11.10.2). Not packed, as its words are
 * touched where they lie; nothing in it needs to be.
 */
struct synic_slot {
	le32 type;
	uint8_t payload_bytes;
	uint8_t flags;
	le16 reserved;
	le64 sender;
	uint8_t payload[SYNIC_PAYLOAD_MAX];
};

_Static_assert(sizeof(struct synic_slot) == 256, "message slot");
_Static_assert(offsetof(struct synic_slot, payload_bytes) == 4, "slot size");
_Static_assert(offsetof(struct synic_slot, flags) == 5, "slot flags");
_Static_assert(offsetof(struct synic_slot, sender) == 8, "slot sender");
_Static_assert(offsetof(struct synic_slot, payload) == 16, "slot payload");

#define SLOT_TYPE_NONE	  0u
#define SLOT_FLAG_PENDING 0x01u

#define EVENT_WORD_BITS	   32u
#define EVENT_SOURCE_BYTES (SYNIC_EVENT_FLAGS / 8)

#define PAGES_PER_CPU 2u

static uint8_t *message_page(struct synic *synic, unsigned cpu)
{
	return synic->pages + (size_t)cpu * PAGES_PER_CPU * PORT_PAGE_SIZE;
}

static uint8_t *event_page(struct synic *synic, unsigned cpu)
{
	return message_page(synic, cpu) + PORT_PAGE_SIZE;
}

static struct synic_slot *message_slot(struct synic *synic, unsigned cpu)
{
	return (struct synic_slot *)message_page(synic, cpu) + SYNIC_SINT;
}

static le32 *event_words(struct synic *synic, unsigned cpu)
{
	void *words = event_page(synic, cpu) +
		      (size_t)SYNIC_SINT * EVENT_SOURCE_BYTES;

	return words;
}

/* ---- On and off ---- */

/** Write a register. @return whether it took the bits of the mask */
static bool register_set(struct port *port, uint32_t msr, uint64_t value,
			 uint64_t mask)
{
	port_msr_write(port, msr, value);
	return (port_msr_read(port, msr) & mask) == (value & mask);
}

static bool page_register_set(struct port *port, uint32_t msr, const void *page)
{
	uint64_t value = port_msr_read(port, msr) & HV_PAGE_RESERVED_MASK;

	if (page)
		value |= port_physical(port, page) | HV_PAGE_ENABLE;
	return register_set(port, msr, value, ~(uint64_t)HV_PAGE_RESERVED_MASK);
}

static void cpu_enable(void *argument)
{
	struct synic *synic = argument;
	struct port *port = synic->hyperv->port;
	unsigned cpu = port_cpu_current(port);
	uint64_t sint;

	if (!page_register_set(port, HV_MSR_SIMP, message_page(synic, cpu)) ||
	    !page_register_set(port, HV_MSR_SIEFP, event_page(synic, cpu)))
		synic->refused = true;

	sint = port_msr_read(port, HV_MSR_SINT0 + SYNIC_SINT);
	sint &= ~(HV_SINT_VECTOR_MASK | HV_SINT_MASKED | HV_SINT_AUTO_EOI |
		  HV_SINT_POLLING);
	sint |= synic->vector;
	if (!synic->handler_ends_interrupt)
		sint |= HV_SINT_AUTO_EOI;
	if (!register_set(port, HV_MSR_SINT0 + SYNIC_SINT, sint,
			  HV_SINT_VECTOR_MASK | HV_SINT_MASKED))
		synic->refused = true;

	if (!register_set(port, HV_MSR_SCONTROL,
			  port_msr_read(port, HV_MSR_SCONTROL) |
				  HV_SCONTROL_ENABLE,
			  HV_SCONTROL_ENABLE))
		synic->refused = true;
}

/**
 * Mask the source and take the pages away. SCONTROL stays enabled, as it is
 * after a reset: the loader of Windows Server 2016 waits for ever when it finds
 * that off.
 */
static void cpu_disable(void *argument)
{
	struct synic *synic = argument;
	struct port *port = synic->hyperv->port;

	port_msr_write(port, HV_MSR_SINT0 + SYNIC_SINT,
		       port_msr_read(port, HV_MSR_SINT0 + SYNIC_SINT) |
			       HV_SINT_MASKED);
	page_register_set(port, HV_MSR_SIEFP, NULL);
	page_register_set(port, HV_MSR_SIMP, NULL);
}

static void events_take(struct synic *synic, unsigned cpu)
{
	struct port *port = synic->hyperv->port;
	le32 *words = event_words(synic, cpu);
	uint64_t watched;
	unsigned flag;
	uint32_t bits;

	watched = atomic_load_explicit(&synic->watched, memory_order_relaxed);
	for (; watched != 0; watched &= watched - 1) {
		flag = (unsigned)__builtin_ctzll(watched) * EVENT_WORD_BITS;
		bits = shared_load32(port, &words[flag / EVENT_WORD_BITS]);
		for (; bits != 0; bits &= bits - 1) {
			unsigned set = flag + (unsigned)__builtin_ctz(bits);

			if (shared_test_and_clear_bit(port, words, set))
				synic->handler.event(synic->handler.context,
						     set);
		}
	}
}

static void interrupt(void *argument)
{
	struct synic *synic = argument;
	struct port *port = synic->hyperv->port;
	unsigned cpu = port_cpu_current(port);

	events_take(synic, cpu);
	if (synic_message_waits(synic, cpu))
		synic->handler.message(synic->handler.context);
	if (synic->handler_ends_interrupt)
		port_msr_write(port, HV_MSR_EOI, 0);
}

/**
 * Whether the handler has to write the EOI register. Hypervisors that can do
 * without ask for that, but it takes a privilege, and without it the old way
 * must do.
 */
static bool handler_ends_interrupt(const struct hyperv *hyperv)
{
	return (hyperv->recommendations & HV_RECOMMENDS_NO_AUTO_EOI) &&
	       (hyperv->privileges & HV_PRIVILEGE_APIC);
}

int synic_enable(struct synic *synic, struct hyperv *hyperv,
		 const struct synic_handler *handler)
{
	struct port *port = hyperv->port;
	size_t pages = (size_t)hyperv->cpu_count * PAGES_PER_CPU;
	unsigned cpu;
	int error;

	memset(synic, 0, sizeof(*synic));
	synic->hyperv = hyperv;
	synic->handler = *handler;
	synic->handler_ends_interrupt = handler_ends_interrupt(hyperv);
	synic->pages = port_pages_alloc(port, pages, 0, "synic: pages");
	if (!synic->pages)
		return ERROR_NO_MEMORY;
	error = port_interrupt_attach(port, interrupt, synic, &synic->vector);
	if (error) {
		port_pages_free(port, synic->pages, pages);
		synic->pages = NULL;
		return error;
	}
	for (cpu = 0; cpu < hyperv->cpu_count; cpu++)
		port_cpu_run(port, cpu, cpu_enable, synic);
	if (!synic->refused)
		return 0;
	synic_disable(synic);
	return ERROR_IO;
}

void synic_disable(struct synic *synic)
{
	struct hyperv *hyperv = synic->hyperv;
	struct port *port = hyperv->port;
	unsigned cpu;

	for (cpu = hyperv->cpu_count; cpu-- > 0;)
		port_cpu_run(port, cpu, cpu_disable, synic);
	port_interrupt_detach(port, synic->vector);
	port_pages_free(port, synic->pages,
			(size_t)hyperv->cpu_count * PAGES_PER_CPU);
	synic->pages = NULL;
}

/* ---- Messages ---- */

bool synic_message_waits(struct synic *synic, unsigned cpu)
{
	struct synic_slot *slot = message_slot(synic, cpu);

	return shared_load32(synic->hyperv->port, &slot->type) !=
	       SLOT_TYPE_NONE;
}

static void end_of_message(void *argument)
{
	struct synic *synic = argument;

	port_msr_write(synic->hyperv->port, HV_MSR_EOM, 0);
}

bool synic_take(struct synic *synic, unsigned cpu,
		struct synic_message *message)
{
	struct port *port = synic->hyperv->port;
	struct synic_slot *slot = message_slot(synic, cpu);

	message->type = shared_load32(port, &slot->type);
	if (message->type == SLOT_TYPE_NONE)
		return false;
	message->bytes = shared_load8(port, &slot->payload_bytes);
	if (message->bytes > SYNIC_PAYLOAD_MAX)
		message->bytes = 0;
	shared_read(port, message->payload, slot->payload, message->bytes);
	memset(message->payload + message->bytes, 0,
	       SYNIC_PAYLOAD_MAX - message->bytes);

	/*
	 * Whoever else empties slots (a dump being written) may have been here,
	 * and then what lies in the slot is the next message.
	 */
	if (shared_load32(port, &slot->type) == message->type)
		shared_store32(port, &slot->type, SLOT_TYPE_NONE);
	/*
	 * The slot is seen free before we look whether somebody waits for it.
	 */
	shared_fence(port);
	if (!(shared_load8(port, &slot->flags) & SLOT_FLAG_PENDING))
		return true;
	/* The register belongs to the vCPU whose slot this is. */
	if (cpu == port_cpu_current(port))
		end_of_message(synic);
	else
		port_cpu_run(port, cpu, end_of_message, synic);
	return true;
}

/* ---- Events ---- */

void synic_watch(struct synic *synic, unsigned flag)
{
	atomic_fetch_or_explicit(&synic->watched, BIT64(flag / EVENT_WORD_BITS),
				 memory_order_relaxed);
}

void synic_event_clear(struct synic *synic, unsigned cpu, unsigned flag)
{
	shared_test_and_clear_bit(synic->hyperv->port, event_words(synic, cpu),
				  flag);
}
