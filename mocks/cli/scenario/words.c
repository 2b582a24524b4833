/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults and frames of a combination, in words.
 */
#include "mocks/cli/scenario/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/cli/text.h"

/** Options of all faults there are, each with its word, and of the frames. */
#define WORDS_MAX (2u * (VMM_FAULTS_MAX + 1u) + 2u)

static void machine_word(const struct machine_fault *fault, char *word)
{
	snprintf(word, SCENARIO_WORD_MAX, "%s=%" PRIu64 "%s",
		 machine_fault_name(fault->kind), fault->n,
		 fault->persistent ? ",persistent" : "");
}

bool scenario_fault_word(const struct scenario_case *it, unsigned index,
			 char *word)
{
	struct vmm_fault fault;
	unsigned i, seen = 0;
	uint32_t n;

	if (it->fault.n && seen++ == index) {
		machine_word(&it->fault, word);
		return true;
	}
	for (i = 0; it->has_lies && it->vmm && i < it->vmm->fault_count; i++) {
		n = it->lies.when[i];
		if (!n || seen++ != index)
			continue;
		it->vmm->fault(i, &fault);
		if (n == VMM_FAULT_ALWAYS)
			snprintf(word, SCENARIO_WORD_MAX, "%s", fault.name);
		else
			snprintf(word, SCENARIO_WORD_MAX, "%s=%" PRIu32,
				 fault.name, n);
		return true;
	}
	/* None is something else than what a seed says. */
	if (!it->has_lies || seen || index)
		return false;
	snprintf(word, SCENARIO_WORD_MAX, "none");
	return true;
}

void scenario_fault_words(const struct scenario_case *it, char *text)
{
	char word[SCENARIO_WORD_MAX];
	size_t used = 0;
	unsigned i;

	text[0] = '\0';
	for (i = 0; scenario_fault_word(it, i, word) &&
		    used < SCENARIO_WORDS_MAX - SCENARIO_WORD_MAX - 2;
	     i++)
		used += (size_t)snprintf(text + used, SCENARIO_WORDS_MAX - used,
					 "%s%s", i ? ", " : "", word);
	if (!used)
		snprintf(text, SCENARIO_WORDS_MAX, "%s",
			 it->host.is_hostile ? "by seed" : "none");
}

char *scenario_words_command(const struct scenario_case *it,
			     const char *const words[], size_t count,
			     const char *const more[], size_t more_count)
{
	size_t room = count + WORDS_MAX + more_count, n = count;
	char(*faults)[SCENARIO_WORD_MAX] =
		calloc(VMM_FAULTS_MAX + 2, sizeof(*faults));
	const char **all = calloc(room, sizeof(*all));
	char frames[24], *text = NULL;
	unsigned i;

	if (faults && all) {
		memcpy(all, words, count * sizeof(*words));
		for (i = 0; scenario_fault_word(it, i, faults[i]); i++) {
			all[n++] = "--fault";
			all[n++] = faults[i];
		}
		snprintf(frames, sizeof(frames), "%" PRIu32, it->frames_max);
		if (it->has_frames_max) {
			all[n++] = "--frames";
			all[n++] = frames;
		}
		for (i = 0; i < more_count; i++)
			all[n++] = more[i];
		text = text_command(all, n);
	}
	free(all);
	free(faults);
	return text;
}
