/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The announcements of virtio_acpi.h.
 *
 * Byte code cannot be stepped over without knowing all of it. So objects are
 * looked for by how they begin, at each byte, and what begins like one has to
 * be one: a package within the table, with a name and terms that are known.
 */
#include "virtio/virtio_acpi.h"

#include <string.h>

/* Opcodes (ACPI 6.5, 20.3). */
#define OP_ZERO	   0x00u
#define OP_ONE	   0x01u
#define OP_NAME	   0x08u
#define OP_BYTE	   0x0au
#define OP_WORD	   0x0bu
#define OP_DWORD   0x0cu
#define OP_STRING  0x0du
#define OP_QWORD   0x0eu
#define OP_BUFFER  0x11u
#define OP_PACK	   0x12u
#define OP_METHOD  0x14u
#define OP_EXT	   0x5bu
#define EXT_DEVICE 0x82u
#define OP_ONES	   0xffu

/* Resources (6.4). */
#define RESOURCE_END	     0x79u
#define RESOURCE_LARGE	     0x80u
#define RESOURCE_MEMORY32    0x86u
#define RESOURCE_DWORD_SPACE 0x87u
#define RESOURCE_INTERRUPT   0x89u
#define RESOURCE_QWORD_SPACE 0x8au

#define STATUS_PRESENT 1u

/* Names (20.2.2). */
#define NAME_BYTES  4u
#define NAME_DUAL   0x2eu
#define NAME_MULTI  0x2fu
#define NAME_ROOT   '\\'
#define NAME_PARENT '^'

/** Terms of a device that are looked at. */
#define TERMS_MAX 64u

/** What is left of a table, or of a part of it. */
struct code {
	const uint8_t *next, *end;
};

/** What a device says of itself. */
struct device {
	struct virtio_mmio_place place;
	bool is_virtio, is_absent, has_memory, has_line;
};

static size_t left(const struct code *code)
{
	return (size_t)(code->end - code->next);
}

/** Take a little-endian number. @return false: there is not so much */
static bool take_number(struct code *code, unsigned bytes, uint64_t *number)
{
	unsigned i;

	if (left(code) < bytes)
		return false;
	*number = 0;
	for (i = 0; i < bytes; i++)
		*number |= (uint64_t)code->next[i] << (8 * i);
	code->next += bytes;
	return true;
}

/** Take so many bytes as a part of their own. */
static bool take_part(struct code *code, uint64_t bytes, struct code *part)
{
	if (left(code) < bytes)
		return false;
	part->next = code->next;
	part->end = code->next + bytes;
	code->next = part->end;
	return true;
}

/* ---- Byte code ---- */

/** Take what a package length is of; it counts itself (20.2.4). */
static bool take_package(struct code *code, struct code *package)
{
	uint64_t length, more = 0;
	unsigned follow;

	if (left(code) == 0)
		return false;
	length = code->next[0];
	follow = (unsigned)(length >> 6);
	length &= follow ? 0x0f : 0x3f;
	code->next++;
	if (!take_number(code, follow, &more))
		return false;
	length |= more << 4;
	return length > follow && take_part(code, length - follow - 1, package);
}

/** Take a constant (20.2.3). */
static bool take_integer(struct code *code, uint64_t *number)
{
	uint64_t opcode;

	if (!take_number(code, 1, &opcode))
		return false;
	*number = opcode;
	switch (opcode) {
	case OP_ZERO:
	case OP_ONE:
		return true;
	case OP_ONES:
		*number = UINT64_MAX;
		return true;
	case OP_BYTE:
		return take_number(code, 1, number);
	case OP_WORD:
		return take_number(code, 2, number);
	case OP_DWORD:
		return take_number(code, 4, number);
	case OP_QWORD:
		return take_number(code, 8, number);
	default:
		return false;
	}
}

/** Take a text with its end. */
static bool take_string(struct code *code, struct code *string)
{
	const uint8_t *end = memchr(code->next, 0, left(code));

	return end && take_part(code, (uint64_t)(end - code->next) + 1, string);
}

/** Take a name (20.2.2); the last of its segments is what counts. */
static bool take_name(struct code *code, struct code *segment)
{
	uint64_t segments = 1, first;
	struct code before;

	while (left(code) > 0 &&
	       (*code->next == NAME_ROOT || *code->next == NAME_PARENT))
		code->next++;
	if (left(code) > 0 && *code->next == NAME_DUAL) {
		segments = 2;
		code->next++;
	} else if (left(code) > 0 && *code->next == NAME_MULTI) {
		code->next++;
		if (!take_number(code, 1, &segments) || segments == 0)
			return false;
	}
	first = (segments - 1) * NAME_BYTES;
	return take_part(code, first, &before) &&
	       take_part(code, NAME_BYTES, segment);
}

/** Take any constant value: a number, a text, a buffer, a package. */
static bool skip_value(struct code *code)
{
	struct code part;
	uint64_t number;

	if (left(code) == 0)
		return false;
	switch (code->next[0]) {
	case OP_STRING:
		code->next++;
		return take_string(code, &part);
	case OP_BUFFER:
	case OP_PACK:
		code->next++;
		return take_package(code, &part);
	default:
		return take_integer(code, &number);
	}
}

/* ---- Resources ---- */

/** A range of an address space (6.4.3.5): is it memory, where and how long. */
static void space_read(struct code resource, unsigned width,
		       struct device *device)
{
	uint64_t kind, skipped, base, length;

	if (!take_number(&resource, 1, &kind) || kind != 0 ||
	    !take_number(&resource, 2, &skipped) ||
	    !take_number(&resource, width, &skipped) ||
	    !take_number(&resource, width, &base) ||
	    !take_number(&resource, width, &skipped) ||
	    !take_number(&resource, width, &skipped) ||
	    !take_number(&resource, width, &length) || length > SIZE_MAX)
		return;
	device->place.base = base;
	device->place.bytes = (size_t)length;
	device->has_memory = true;
}

static void memory32_read(struct code resource, struct device *device)
{
	uint64_t flags, base, length;

	if (!take_number(&resource, 1, &flags) ||
	    !take_number(&resource, 4, &base) ||
	    !take_number(&resource, 4, &length))
		return;
	device->place.base = base;
	device->place.bytes = (size_t)length;
	device->has_memory = true;
}

/** One line; of several nobody would know which. */
static void interrupt_read(struct code resource, struct device *device)
{
	uint64_t flags, count, line;

	if (!take_number(&resource, 1, &flags) ||
	    !take_number(&resource, 1, &count) || count != 1 ||
	    !take_number(&resource, 4, &line))
		return;
	device->place.line = (unsigned)line;
	device->has_line = true;
}

static void resources_read(struct code resources, struct device *device)
{
	uint64_t tag, length;
	struct code resource;

	while (take_number(&resources, 1, &tag) && tag != RESOURCE_END) {
		length = tag & 7;
		if (tag & RESOURCE_LARGE &&
		    !take_number(&resources, 2, &length))
			return;
		if (!take_part(&resources, length, &resource))
			return;
		if (tag == RESOURCE_MEMORY32)
			memory32_read(resource, device);
		else if (tag == RESOURCE_DWORD_SPACE)
			space_read(resource, 4, device);
		else if (tag == RESOURCE_QWORD_SPACE)
			space_read(resource, 8, device);
		else if (tag == RESOURCE_INTERRUPT)
			interrupt_read(resource, device);
	}
}

/* ---- Devices ---- */

static void identity_read(struct code value, struct device *device)
{
	static const char virtio[] = "LNRO0005";
	uint64_t opcode;
	struct code text;

	device->is_virtio = take_number(&value, 1, &opcode) &&
			    opcode == OP_STRING && take_string(&value, &text) &&
			    left(&text) == sizeof(virtio) &&
			    memcmp(text.next, virtio, sizeof(virtio)) == 0;
}

/** A buffer says once more how long it is; what is not there is zeros. */
static void settings_read(struct code value, struct device *device)
{
	uint64_t opcode, bytes;
	struct code buffer;

	if (take_number(&value, 1, &opcode) && opcode == OP_BUFFER &&
	    take_package(&value, &buffer) && take_integer(&buffer, &bytes))
		resources_read(buffer, device);
}

/** Take `Name (NAME, value)`, behind its opcode. */
static bool name_read(struct code *code, struct device *device)
{
	struct code name, value;
	uint64_t status;

	if (!take_name(code, &name))
		return false;
	value.next = code->next;
	if (!skip_value(code))
		return false;
	value.end = code->next;
	if (memcmp(name.next, "_HID", NAME_BYTES) == 0)
		identity_read(value, device);
	else if (memcmp(name.next, "_CRS", NAME_BYTES) == 0)
		settings_read(value, device);
	else if (memcmp(name.next, "_STA", NAME_BYTES) == 0 &&
		 take_integer(&value, &status))
		device->is_absent = !(status & STATUS_PRESENT);
	return true;
}

/** Take a term of a device. @return false: it is not known, or the last */
static bool term_read(struct code *code, struct device *device)
{
	struct code part;
	uint64_t opcode;

	if (!take_number(code, 1, &opcode))
		return false;
	switch (opcode) {
	case OP_NAME:
		return name_read(code, device);
	case OP_METHOD:
		return take_package(code, &part);
	case OP_EXT:
		return take_number(code, 1, &opcode) && opcode == EXT_DEVICE &&
		       take_package(code, &part);
	default:
		return false;
	}
}

/** Whether a device of virtio begins here, and all is known of it. */
static bool device_read(struct code code, struct device *device)
{
	const uint8_t begin[] = {OP_EXT, EXT_DEVICE};
	struct code body, name;
	unsigned terms = 0;

	memset(device, 0, sizeof(*device));
	if (left(&code) < sizeof(begin) ||
	    memcmp(code.next, begin, sizeof(begin)) != 0)
		return false;
	code.next += sizeof(begin);
	if (!take_package(&code, &body) || !take_name(&body, &name))
		return false;
	while (terms++ < TERMS_MAX && term_read(&body, device))
		continue;
	return device->is_virtio && !device->is_absent && device->has_memory &&
	       device->has_line;
}

unsigned virtio_acpi_find(const void *table, size_t bytes,
			  struct virtio_window *windows, unsigned count,
			  unsigned room)
{
	struct code code = {.next = table,
			    .end = (const uint8_t *)table + bytes};
	struct device device;

	for (; code.next < code.end && count < room; code.next++) {
		if (!device_read(code, &device) ||
		    !virtio_window_fits(&device.place, windows, count))
			continue;
		windows[count++] = (struct virtio_window){
			.place = device.place,
			.id = VIRTIO_WINDOW_NO_ID,
		};
	}
	return count;
}
