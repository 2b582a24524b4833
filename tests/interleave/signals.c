/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which signals the protocol calls for.
 */
#include "tests/interleave/signals.h"

static const le32 *own_index(const struct signals *signals)
{
	return signals->rule == SIGNALS_PUBLISH ? &signals->control->write_index
						: &signals->control->read_index;
}

static uint32_t free_bytes(const struct signals *signals, uint32_t write,
			   uint32_t read)
{
	return write >= read ? signals->size - (write - read) : read - write;
}

static bool is_called_for_publish(struct signals *signals)
{
	const struct signals_control *control = signals->control;
	bool unmasked = explorer_memory(signals->explorer,
					&control->interrupt_mask) == 0;
	bool caught_up =
		explorer_memory(signals->explorer, &control->read_index) ==
		signals->before;

	signals->ever_unmasked |= unmasked;
	signals->ever_caught_up |= caught_up;
	return unmasked && caught_up;
}

/** Whether this call made as much room as one waits for. */
static bool is_crossed(const struct signals *signals, uint32_t pending)
{
	uint32_t write = explorer_memory(signals->explorer,
					 &signals->control->write_index);
	uint32_t read = explorer_seen(signals->explorer, signals->side,
				      &signals->control->read_index);

	/* Nobody can wait for more than there is, nor for part of a unit. */
	if (pending > signals->size - 8)
		pending = signals->size - 8;
	pending &= ~7u;
	return free_bytes(signals, write, signals->before) <= pending &&
	       pending < free_bytes(signals, write, read);
}

static bool is_called_for_release(struct signals *signals)
{
	const struct signals_control *control = signals->control;
	uint32_t pending =
		explorer_memory(signals->explorer, &control->pending_send_size);
	unsigned i;

	if (!(explorer_memory(signals->explorer, &control->feature_bits) & 1))
		return false;
	for (i = 0; i < signals->pending_count; i++)
		if (signals->pending[i] == pending)
			break;
	if (pending && i == signals->pending_count) {
		if (i == SIGNALS_PENDING_MAX)
			explorer_fail(signals->explorer, "livelock",
				      "a writer that waits for ever more");
		signals->pending[signals->pending_count++] = pending;
	}
	for (i = 0; i < signals->pending_count; i++)
		signals->ever_crossed |=
			is_crossed(signals, signals->pending[i]);
	return pending && is_crossed(signals, pending);
}

void signals_begin(struct signals *signals, struct explorer *explorer,
		   enum signals_rule rule, const void *control, uint32_t size)
{
	*signals = (struct signals){.unjudged = signals->unjudged};
	signals->explorer = explorer;
	signals->side = explorer_running(explorer);
	signals->rule = rule;
	signals->control = control;
	signals->size = size;
	signals->always = true;
	signals->before =
		explorer_seen(explorer, signals->side, own_index(signals));
}

void signals_changed(struct signals *signals)
{
	bool called_for;

	/* Nothing is published or released yet, not even to itself. */
	if (signals->rule == SIGNALS_NONE ||
	    explorer_seen(signals->explorer, signals->side,
			  own_index(signals)) == signals->before)
		return;
	called_for = signals->rule == SIGNALS_PUBLISH
			     ? is_called_for_publish(signals)
			     : is_called_for_release(signals);
	if (explorer_memory(signals->explorer, own_index(signals)) ==
	    signals->before)
		return;
	signals->visible = true;
	signals->always &= called_for;
}

void signals_end(struct signals *signals, bool signal)
{
	bool ever = (signals->ever_unmasked && signals->ever_caught_up) ||
		    signals->ever_crossed;
	const char *call = signals->rule == SIGNALS_PUBLISH
				   ? "publishes: the reader was never both "
				     "unmasked and caught up"
				   : "gives room back: it never made as much "
				     "as the writer waits for";

	signals->rule = SIGNALS_NONE;
	if (signals->unjudged)
		return;
	if (signal && !ever)
		explorer_fail(signals->explorer, "unneeded signal",
			      "the %s signals as it %s",
			      signals->side == GUEST ? "guest" : "host", call);
	if (!signal && signals->visible && signals->always)
		explorer_fail(signals->explorer, "missing signal",
			      "the %s does not signal though it was called for "
			      "all the time",
			      signals->side == GUEST ? "guest" : "host");
}

uint64_t signals_state(const struct signals *signals)
{
	unsigned i;
	uint64_t state = (uint64_t)signals->visible << 1 |
			 (uint64_t)signals->always << 2 |
			 (uint64_t)signals->ever_unmasked << 3 |
			 (uint64_t)signals->ever_caught_up << 4 |
			 (uint64_t)signals->ever_crossed << 5;

	if (signals->rule == SIGNALS_NONE)
		return 0;
	state |= 1;
	for (i = 0; i < signals->pending_count; i++)
		state = state * 8191 + signals->pending[i];
	return state;
}
