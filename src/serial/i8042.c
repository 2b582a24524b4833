/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The i8042 of i8042.h: a byte at a time on two I/O ports. A wider access is
 * ignored by Firecracker.
 */
#include "serial/i8042.h"

#define PORT_DATA    0x60u
#define PORT_COMMAND 0x64u /* when written */
#define PORT_STATUS  0x64u /* when read */

#define STATUS_OUTPUT_FULL 0x01u
#define STATUS_INPUT_FULL  0x02u
#define STATUS_NOTHING	   0xffu /* what a bus reads where nobody answers */

#define COMMAND_RESET 0xfeu

/** Ctrl, Alt and Delete pressed, in the second set of scan codes. */
#define KEYS_CTRL_ALT_DELETE 0x1411e071u

/** A controller holds 16 bytes. */
#define BYTES_MAX      16u
#define INPUT_PATIENCE 10000000u
#define RESET_PATIENCE 1000000000u

int i8042_reset(struct port *port)
{
	uint64_t deadline = port_time(port) + INPUT_PATIENCE;

	for (;;) {
		uint64_t now = port_time(port);
		uint8_t status = port_in8(port, PORT_STATUS);

		if (status == STATUS_NOTHING)
			return ERROR_NO_DEVICE;
		/* One that never takes a command is given it all the same. */
		if (!(status & STATUS_INPUT_FULL) || now >= deadline)
			break;
		port_relax(port, deadline);
	}
	port_out8(port, PORT_COMMAND, COMMAND_RESET);
	deadline = port_time(port) + RESET_PATIENCE;
	while (port_time(port) < deadline)
		port_relax(port, deadline);
	return ERROR_TIMED_OUT;
}

/* ---- The keyboard ---- */

/**
 * Take all that is there. The line is edge triggered, and a byte that is left
 * in the controller keeps the next ones out.
 */
static bool i8042_interrupt(void *argument)
{
	struct i8042 *i8042 = argument;
	unsigned budget = BYTES_MAX;
	uint64_t requests = 0;
	bool claimed = false;

	port_lock(i8042->port, &i8042->lock);
	while (budget--) {
		uint8_t status = port_in8(i8042->port, PORT_STATUS);

		if (status == STATUS_NOTHING || !(status & STATUS_OUTPUT_FULL))
			break;
		i8042->bytes =
			i8042->bytes << 8 | port_in8(i8042->port, PORT_DATA);
		i8042->received++;
		claimed = true;
		if (i8042->bytes == KEYS_CTRL_ALT_DELETE)
			requests++;
	}
	i8042->requests += requests;
	port_unlock(i8042->port, &i8042->lock);
	if (requests && i8042->request)
		i8042->request(i8042->context);
	return claimed;
}

int i8042_open(struct i8042 *i8042, struct port *port,
	       void (*request)(void *context), void *context)
{
	int error;

	if (port_in8(port, PORT_STATUS) == STATUS_NOTHING)
		return ERROR_NO_DEVICE;
	*i8042 = (struct i8042){
		.port = port,
		.request = request,
		.context = context,
	};
	error = port_line_attach(port, I8042_LINE, i8042_interrupt, i8042);
	if (error)
		return error;
	/* The interrupt of what came before may be over. */
	i8042_interrupt(i8042);
	return 0;
}

void i8042_close(struct i8042 *i8042)
{
	port_line_detach(i8042->port, I8042_LINE, i8042_interrupt, i8042);
}
