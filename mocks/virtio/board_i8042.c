/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The controller of board_i8042.h: five I/O ports of which two answer, to
 * accesses of one byte.
 */
#include "mocks/virtio/board_i8042.h"

#include <stdlib.h>

#define I8042_BASE   0x60u
#define I8042_PORTS  5u
#define I8042_LINE   1u
#define I8042_BUFFER 16u
/** What the monitor needs to end, in nanoseconds. */
#define I8042_ENDING 50000u

#define I8042_DATA    0u
#define I8042_CONTROL 4u

#define I8042_COMMAND_READ_CONTROL  0x20u
#define I8042_COMMAND_WRITE_CONTROL 0x60u
#define I8042_COMMAND_READ_OUTPUT   0xd0u
#define I8042_COMMAND_WRITE_OUTPUT  0xd1u
#define I8042_COMMAND_RESET	    0xfeu

#define I8042_STATUS_OUTPUT  0x01u
#define I8042_STATUS_INPUT   0x02u
#define I8042_STATUS_COMMAND 0x08u
#define I8042_STATUS_ENABLED 0x10u

#define I8042_CONTROL_INTERRUPT 0x01u
#define I8042_CONTROL_TESTED	0x04u

#define I8042_ACKNOWLEDGE 0xfau

struct host_i8042 {
	struct machine *machine;
	struct host_i8042_configuration configuration;
	struct machine_region region;
	struct machine_event ending;
	uint8_t status, control, output, command;
	uint8_t buffer[I8042_BUFFER];
	unsigned count;
};

/* ---- What waits for the guest ---- */

static void i8042_interrupt(struct host_i8042 *i8042)
{
	if (i8042->control & I8042_CONTROL_INTERRUPT)
		machine_line_pulse(i8042->machine, I8042_LINE);
}

static void i8042_put(struct host_i8042 *i8042, uint8_t byte)
{
	i8042->buffer[i8042->count++] = byte;
	i8042->status |= I8042_STATUS_OUTPUT;
}

static void i8042_forget(struct host_i8042 *i8042)
{
	i8042->count = 0;
	i8042->status &= ~I8042_STATUS_OUTPUT;
}

/** A byte, or 0; another interrupt says that there are more. */
static uint8_t i8042_take(struct host_i8042 *i8042)
{
	uint8_t byte = i8042->buffer[0];
	unsigned n;

	if (!i8042->count)
		return 0;
	i8042->count--;
	for (n = 0; n < i8042->count; n++)
		i8042->buffer[n] = i8042->buffer[n + 1];
	if (i8042->configuration.floods)
		i8042_put(i8042, byte);
	if (i8042->count)
		i8042_interrupt(i8042);
	else
		i8042->status &= ~I8042_STATUS_OUTPUT;
	return byte;
}

bool host_i8042_press(struct host_i8042 *i8042)
{
	/* An interrupt for each key; the last one is two bytes. */
	static const uint8_t bytes[] = {0x14, 0x11, 0xe0, 0x71};
	unsigned n;

	if (I8042_BUFFER - i8042->count < sizeof(bytes))
		return false;
	for (n = 0; n < sizeof(bytes); n++) {
		i8042_put(i8042, bytes[n]);
		if (bytes[n] != 0xe0)
			i8042_interrupt(i8042);
	}
	return true;
}

unsigned host_i8042_waiting(const struct host_i8042 *i8042)
{
	return i8042->count;
}

/* ---- Commands ---- */

static void i8042_end(void *argument)
{
	struct host_i8042 *i8042 = argument;

	if (i8042->configuration.exited)
		i8042->configuration.exited(i8042->configuration.context);
	else
		machine_stop(i8042->machine, MACHINE_STOPPED,
			     "the guest ended the machine by its keyboard "
			     "controller");
}

static void i8042_command(struct host_i8042 *i8042, uint8_t command)
{
	switch (command) {
	case I8042_COMMAND_RESET:
		/* The monitor hears of it while the guest goes on. */
		if (!i8042->configuration.ignores_reset)
			machine_event_schedule(i8042->machine, &i8042->ending,
					       I8042_ENDING);
		break;
	case I8042_COMMAND_READ_CONTROL:
		i8042_forget(i8042);
		i8042_put(i8042, i8042->control);
		break;
	case I8042_COMMAND_READ_OUTPUT:
		i8042_forget(i8042);
		i8042_put(i8042, i8042->output);
		break;
	case I8042_COMMAND_WRITE_CONTROL:
		i8042_forget(i8042);
		i8042->status |= I8042_STATUS_COMMAND;
		i8042->command = command;
		break;
	case I8042_COMMAND_WRITE_OUTPUT:
		i8042->status |= I8042_STATUS_COMMAND;
		i8042->command = command;
		break;
	default:
		break;
	}
}

static void i8042_data(struct host_i8042 *i8042, uint8_t value)
{
	if (i8042->status & I8042_STATUS_COMMAND) {
		if (i8042->command == I8042_COMMAND_WRITE_CONTROL)
			i8042->control = value;
		else
			i8042->output = value;
		i8042->status &= ~I8042_STATUS_COMMAND;
		return;
	}
	/* For the keyboard, which says yes to everything. */
	i8042_forget(i8042);
	i8042_put(i8042, I8042_ACKNOWLEDGE);
	i8042_interrupt(i8042);
}

/* ---- Ports ---- */

static bool i8042_ignores(struct host_i8042 *i8042, uint64_t offset,
			  unsigned width)
{
	if (width == 1 && (offset == I8042_DATA || offset == I8042_CONTROL))
		return false;
	machine_violation(i8042->machine, "Firecracker i8042 device",
			  "an access of %u bytes to port 0x%x is ignored",
			  width, (unsigned)(I8042_BASE + offset));
	return true;
}

static uint64_t i8042_read(void *context, uint64_t offset, unsigned width)
{
	struct host_i8042 *i8042 = context;

	if (i8042_ignores(i8042, offset, width))
		return 0;
	if (offset == I8042_DATA)
		return i8042_take(i8042);
	return i8042->status |
	       (i8042->configuration.never_ready ? I8042_STATUS_INPUT : 0);
}

static void i8042_write(void *context, uint64_t offset, uint64_t value,
			unsigned width)
{
	struct host_i8042 *i8042 = context;

	if (i8042_ignores(i8042, offset, width))
		return;
	if (offset == I8042_DATA)
		i8042_data(i8042, (uint8_t)value);
	else
		i8042_command(i8042, (uint8_t)value);
}

struct host_i8042 *
host_i8042_create(struct machine *machine,
		  const struct host_i8042_configuration *configuration)
{
	struct host_i8042 *i8042 = calloc(1, sizeof(*i8042));

	if (!i8042)
		return NULL;
	i8042->machine = machine;
	if (configuration)
		i8042->configuration = *configuration;
	i8042->status = I8042_STATUS_ENABLED;
	i8042->control = I8042_CONTROL_INTERRUPT | I8042_CONTROL_TESTED;
	i8042->ending.fire = i8042_end;
	i8042->ending.argument = i8042;
	i8042->region.base = I8042_BASE;
	i8042->region.bytes = I8042_PORTS;
	i8042->region.name = "i8042";
	i8042->region.context = i8042;
	i8042->region.read = i8042_read;
	i8042->region.write = i8042_write;
	machine_port_region_add(machine, &i8042->region);
	return i8042;
}

void host_i8042_destroy(struct host_i8042 *i8042)
{
	if (!i8042)
		return;
	machine_event_cancel(i8042->machine, &i8042->ending);
	free(i8042);
}
