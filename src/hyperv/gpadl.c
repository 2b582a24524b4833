/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Showing memory to the host.
 *
 * A list goes out in pieces of a message each: a header with the first pages,
 * bodies with the others, in order. Bodies carry the handle but no channel, so
 * handles are unique in a connection; they are counted up and never used
 * again. There is one answer, after the last piece.
 *
 * What matters is whose the memory is. It may be freed only when the host said
 * no (GPADL_CREATED with a status) or let go (GPADL_TORNDOWN); silence is
 * neither.
 */
#include "hyperv/gpadl.h"
#include "hyperv/vmbus.h"
#include "hyperv/vmbus_messages.h"
#include "port/log.h"

static le64 page_number(struct port *port, const uint8_t *memory, uint32_t page)
{
	return cpu_to_le64(
		port_physical(port, memory + (size_t)page * PORT_PAGE_SIZE) /
		PORT_PAGE_SIZE);
}

static uint32_t at_most(uint32_t pages, uint32_t most)
{
	return pages < most ? pages : most;
}

static int header_post(struct gpadl *gpadl, const uint8_t *memory,
		       uint32_t pages, uint32_t *posted)
{
	struct vmbus *bus = gpadl->channel->bus;
	struct vmbus_gpadl_header message = {
		.header.type = CPU_TO_LE32(VMBUS_GPADL_HEADER),
		.relid = cpu_to_le32(gpadl->channel->relid),
		.gpadl = cpu_to_le32(gpadl->handle),
		.range_bytes = cpu_to_le16(
			(uint16_t)(sizeof(message.length) +
				   sizeof(message.offset) +
				   pages * sizeof(message.pages[0]))),
		.range_count = CPU_TO_LE16(1),
		.length = cpu_to_le32(pages * PORT_PAGE_SIZE),
	};
	uint32_t i;

	*posted = at_most(pages, VMBUS_GPADL_HEADER_PAGES);
	for (i = 0; i < *posted; i++)
		message.pages[i] = page_number(bus->hyperv->port, memory, i);
	return vmbus_post(bus, &message,
			  offsetof(struct vmbus_gpadl_header, pages) +
				  *posted * sizeof(message.pages[0]));
}

static int body_post(struct gpadl *gpadl, uint32_t number,
		     const uint8_t *memory, uint32_t pages, uint32_t *posted)
{
	struct vmbus *bus = gpadl->channel->bus;
	struct vmbus_gpadl_body message = {
		.header.type = CPU_TO_LE32(VMBUS_GPADL_BODY),
		.number = cpu_to_le32(number),
		.gpadl = cpu_to_le32(gpadl->handle),
	};
	uint32_t i;

	*posted = at_most(pages, VMBUS_GPADL_BODY_PAGES);
	for (i = 0; i < *posted; i++)
		message.pages[i] = page_number(bus->hyperv->port, memory, i);
	return vmbus_post(bus, &message,
			  offsetof(struct vmbus_gpadl_body, pages) +
				  *posted * sizeof(message.pages[0]));
}

/**
 * Post all pieces. After an error at least one is missing: then there is no
 * list, now or ever, since its handle is not used again; and a host refuses to
 * tear down what is no list.
 */
static int list_post(struct gpadl *gpadl, const uint8_t *memory, uint32_t pages)
{
	uint32_t done, posted, number;
	int error;

	error = header_post(gpadl, memory, pages, &done);
	if (error)
		return error;
	for (number = 1; done < pages; number++, done += posted) {
		error = body_post(gpadl, number,
				  memory + (size_t)done * PORT_PAGE_SIZE,
				  pages - done, &posted);
		if (error)
			return error;
	}
	return 0;
}

/** Wait for GPADL_CREATED, for a while even after a rescind. */
static int created_wait(struct gpadl *gpadl)
{
	struct vmbus *bus = gpadl->channel->bus;
	uint32_t status;
	int error;

	error = vmbus_wait(bus, gpadl->channel, VMBUS_ANSWER_TIME, &status);
	/*
	 * The host answers what was under way, and its answer says whether the
	 * list is there to be torn down.
	 */
	if (error == ERROR_NO_DEVICE &&
	    vmbus_wait(bus, NULL, VMBUS_RESCIND_TIME, &status) != 0)
		return ERROR_NO_DEVICE;
	if (error == ERROR_TIMED_OUT)
		return error;
	if (status == 0)
		return error;
	gpadl->handle = 0;
	return vmbus_rescinded(gpadl->channel) ? ERROR_NO_DEVICE : ERROR_IO;
}

int gpadl_create(struct gpadl *gpadl, struct vmbus_channel *channel,
		 const void *memory, size_t pages)
{
	struct vmbus *bus = channel->bus;
	int error;

	*gpadl = (struct gpadl){.channel = channel};
	if (pages == 0 || (uintptr_t)memory % PORT_PAGE_SIZE != 0)
		return ERROR_INVALID;
	if (pages > VMBUS_GPADL_PAGES_MAX || bus->gpadl_next == 0)
		return ERROR_NO_SPACE;
	if (vmbus_rescinded(channel))
		return ERROR_NO_DEVICE;

	gpadl->handle = bus->gpadl_next++;
	vmbus_expect(bus, VMBUS_GPADL_CREATED, channel->relid, gpadl->handle);
	error = list_post(gpadl, memory, (uint32_t)pages);
	if (!error)
		error = created_wait(gpadl);
	else
		gpadl->handle = 0;
	vmbus_forget(bus);
	return error;
}

/** No confirmation is waited for any more, or it came. */
static void asked_remove(struct gpadl *gpadl)
{
	struct gpadl **link = &gpadl->channel->bus->gpadls_asked;

	while (*link && *link != gpadl)
		link = &(*link)->next;
	if (*link)
		*link = gpadl->next;
	gpadl->asked = false;
}

void gpadl_teardown_begin(struct gpadl *gpadl)
{
	struct vmbus_channel *channel = gpadl->channel;
	struct vmbus_gpadl_teardown message = {
		.header.type = CPU_TO_LE32(VMBUS_GPADL_TEARDOWN),
		.gpadl = cpu_to_le32(gpadl->handle),
	};

	if (gpadl->handle == 0 || gpadl->asked)
		return;
	message.relid = cpu_to_le32(channel->relid);
	gpadl->asked = true;
	gpadl->torndown = false;
	gpadl->next = channel->bus->gpadls_asked;
	channel->bus->gpadls_asked = gpadl;
	if (vmbus_post(channel->bus, &message, sizeof(message)) != 0)
		asked_remove(gpadl);
}

bool gpadl_torndown(struct vmbus *bus, uint32_t handle)
{
	struct gpadl *gpadl = bus->gpadls_asked;

	while (gpadl && gpadl->handle != handle)
		gpadl = gpadl->next;
	if (!gpadl || gpadl->torndown)
		return false;
	gpadl->torndown = true;
	return true;
}

bool gpadl_teardown(struct gpadl *gpadl)
{
	struct vmbus *bus;
	uint32_t status;
	int error = ERROR_IO;

	if (gpadl->handle == 0)
		return true;
	bus = gpadl->channel->bus;
	gpadl_teardown_begin(gpadl);
	if (gpadl->torndown) {
		error = 0;
	} else if (gpadl->asked) {
		vmbus_expect(bus, VMBUS_GPADL_TORNDOWN, 0, gpadl->handle);
		error = vmbus_wait(bus, NULL, VMBUS_ANSWER_TIME, &status);
		vmbus_forget(bus);
	}
	asked_remove(gpadl);
	if (error) {
		gpadl->channel->lists_stay = true;
		log_warning(bus->hyperv->port, "vmbus: GPADL %#x stays: %s",
			    gpadl->handle, error_name(error));
		return false;
	}
	gpadl->handle = 0;
	return true;
}
