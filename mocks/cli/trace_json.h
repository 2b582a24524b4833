/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events of traces as JSON.
 */
#ifndef MOCKS_CLI_TRACE_JSON_H
#define MOCKS_CLI_TRACE_JSON_H

#include <jansson.h>

#include "mocks/trace/record.h"

/**
 * An object with the fields of an event under their names, and time, direction,
 * kind and name. Bytes are hexadecimal; numbers above 2^53, which a reader may
 * not hold exactly, are texts.
 * @return a new reference; NULL: out of memory
 */
json_t *trace_json(const struct trace_record *record);

#endif /* MOCKS_CLI_TRACE_JSON_H */
