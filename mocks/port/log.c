/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The border: what a driver says (port.h), written to the machine's log.
 */
#include "port/port.h"

#include <stdarg.h>

#include "mocks/machine/internal.h"

void port_log(struct port *port, enum port_log_level level, const char *format,
	      ...)
{
	static const char *const labels[] = {
		[PORT_LOG_ERROR] = "error",
		[PORT_LOG_WARNING] = "warning",
		[PORT_LOG_INFO] = "info",
		[PORT_LOG_DEBUG] = "debug",
	};
	struct machine *machine = port->machine;
	char text[MACHINE_REASON_MAX];
	va_list arguments;

	if (!machine->log || (int)level > machine->log_level)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	machine_log(machine, labels[level], text);
}
