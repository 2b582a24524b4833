/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A combination's faults and frames as words: for people, and as the options
 * that say them again.
 */
#ifndef MOCKS_CLI_SCENARIO_WORDS_H
#define MOCKS_CLI_SCENARIO_WORDS_H

#include "mocks/cli/scenario/scenario.h"

/** The longest fault, with its end: "completion-failed=N,persistent". */
#define SCENARIO_WORD_MAX  64u
/** All faults of a combination, cut if there are very many. */
#define SCENARIO_WORDS_MAX 4096u

/**
 * One of its faults as '--fault' takes it.
 * @param word out, room for SCENARIO_WORD_MAX
 * @return false: there are no more
 */
bool scenario_fault_word(const struct scenario_case *it, unsigned index,
			 char *word);

/**
 * All of them, or "by seed", or "none".
 * @param text room for SCENARIO_WORDS_MAX
 */
void scenario_fault_words(const struct scenario_case *it, char *text);

/**
 * A command for a shell: words, then its faults and frames, then more.
 * @return to be freed; NULL when out of memory
 */
char *scenario_words_command(const struct scenario_case *it,
			     const char *const words[], size_t count,
			     const char *const more[], size_t more_count);

#endif /* MOCKS_CLI_SCENARIO_WORDS_H */
