/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events on their way to whoever listens.
 */
#include "mocks/machine/internal.h"

void machine_trace_to(struct machine *machine,
		      const struct trace_observer *observer)
{
	machine->observer = observer ? *observer : (struct trace_observer){0};
}

bool machine_is_traced(const struct machine *machine)
{
	return machine->observer.event;
}

void machine_trace(struct machine *machine, const struct trace_event *event)
{
	struct trace_event told;

	if (!machine->observer.event)
		return;
	told = *event;
	told.time = machine->time;
	/* An interrupt has its own; a frame on the wire has none. */
	if (told.kind != TRACE_VECTOR && told.kind != TRACE_FRAME)
		told.cpu = machine->cpu;
	machine->observer.event(machine->observer.context, &told);
}

void machine_trace_note(struct machine *machine, const char *text)
{
	machine_trace(machine, &(const struct trace_event){
				       .kind = TRACE_NOTE,
				       .direction = TRACE_TO_GUEST,
				       .text = text,
			       });
}

void machine_trace_failure(struct machine *machine, const char *sentence)
{
	if (machine->observer.failure)
		machine->observer.failure(machine->observer.context, sentence);
}
