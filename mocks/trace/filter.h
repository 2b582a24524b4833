/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which events of a trace are wanted: by a layer, and by an expression about
 * their fields.
 */
#ifndef MOCKS_TRACE_FILTER_H
#define MOCKS_TRACE_FILTER_H

#include "mocks/trace/record.h"

/** Kinds as bits: 1 << enum trace_kind. */
#define TRACE_ALL_KINDS ((1u << TRACE_KINDS) - 1)

/**
 * Names of layers or kinds, separated by commas.
 * @return their kinds; 0: a name is not known, and the error says so
 */
unsigned trace_layers(const char *names, char *error);

struct trace_filter;

/**
 * An expression: terms "KEY OPERATOR VALUE" joined by "and". KEY is a field,
 * or kind, name, direction, time; OPERATOR is one of = != < <= > >=.
 * @param error room for TRACE_ERROR_MAX
 * @return NULL: it is wrong, or no memory
 */
struct trace_filter *trace_filter_create(const char *expression, char *error);
void trace_filter_destroy(struct trace_filter *filter);

/** Whether each term is true of the event; of a field it lacks none is. */
bool trace_filter_passes(const struct trace_filter *filter,
			 const struct trace_record *record);

#endif /* MOCKS_TRACE_FILTER_H */
