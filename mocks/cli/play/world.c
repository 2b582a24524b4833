/* SPDX-License-Identifier: BSD-3-Clause */
#include "mocks/cli/play/world.h"

#include <stdio.h>
#include <string.h>

#include "mocks/cli/vmm.h"
#include "mocks/machine/trace.h"

static void link_up(struct virtual_machine *vm)
{
	vm->vmm->link_set(vm, true);
}

static void link_down(struct virtual_machine *vm)
{
	vm->vmm->link_set(vm, false);
}

static void card_remove(struct virtual_machine *vm)
{
	vm->vmm->remove(vm);
}

static const struct player_act common[] = {
	{TRACE_NOTE_LINK_UP, link_up},
	{TRACE_NOTE_LINK_DOWN, link_down},
	{TRACE_NOTE_REMOVE, card_remove},
	{0},
};

static const struct player_act *act_find(const struct player_act *act,
					 const char *text)
{
	while (act->text && strcmp(act->text, text) != 0)
		act++;
	return act->text ? act : NULL;
}

/** @param vm NULL: only say @return whether it is something to be done */
static bool world(struct virtual_machine *vm, const struct player_act *own,
		  const char *text)
{
	const struct player_act *act = act_find(common, text);
	unsigned mbps;

	if (!act)
		act = act_find(own, text);
	if (act && vm)
		act->act(vm);
	if (act)
		return true;
	if (sscanf(text, TRACE_NOTE_SPEED, &mbps) != 1)
		return false;
	if (vm)
		vm->vmm->speed_set(vm, mbps);
	return true;
}

bool player_world(struct virtual_machine *vm, const struct player_act *own,
		  const char *text)
{
	return world(vm, own, text);
}

bool player_is_world(const struct trace_record *record,
		     const struct player_act *own)
{
	const struct trace_field *field = trace_record_find(record, "text");
	char text[64];

	if (record->kind != TRACE_NOTE || record->direction != TRACE_TO_GUEST ||
	    !field || field->kind != TRACE_TEXT ||
	    field->length >= sizeof(text))
		return false;
	memcpy(text, trace_field_bytes(record, field), field->length);
	text[field->length] = 0;
	return world(NULL, own, text);
}
