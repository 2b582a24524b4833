/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command with a guest that does wrong as its card comes up: what, the
 * variable PLANTED says. For tests of what a failing run leaves behind.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mocks/cli/virtual_machine.h"

int __real_virtual_machine_up(struct virtual_machine *vm,
			      enum virtual_machine_stage stage,
			      const struct nic_stack *stack, unsigned filter);
int __wrap_virtual_machine_up(struct virtual_machine *vm,
			      enum virtual_machine_stage stage,
			      const struct nic_stack *stack, unsigned filter);

static bool is_planted(const char *what)
{
	const char *planted = getenv("PLANTED");

	return planted && strcmp(planted, what) == 0;
}

int __wrap_virtual_machine_up(struct virtual_machine *vm,
			      enum virtual_machine_stage stage,
			      const struct nic_stack *stack, unsigned filter)
{
	int error = __real_virtual_machine_up(vm, stage, stack, filter);
	static volatile bool is_over;
	void *leaked;

	if (is_planted("abort"))
		abort();
	if (is_planted("exit"))
		_exit(3);
	while (is_planted("hang") && !is_over)
		continue;
	if (is_planted("spin"))
		for (;;)
			port_time(vm->port);
	if (is_planted("rule"))
		machine_violation(vm->machine, "a planted rule",
				  "the guest said \"no\"");
	if (is_planted("leak")) {
		leaked = port_alloc(vm->port, 24, "planted");
		/* The machine counts it; a leak checker need not know. */
		(void)leaked;
	}
	return is_planted("error") ? ERROR_IO : error;
}
