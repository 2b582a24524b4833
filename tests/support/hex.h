/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes written as text, for tests that compare with what was put together by
 * hand.
 */
#ifndef TESTS_SUPPORT_HEX_H
#define TESTS_SUPPORT_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Turn hexadecimal digits, with blanks between, into bytes; how many. */
uint32_t hex_bytes(uint8_t *to, const char *text);
/* A little-endian word into bytes. */
void hex_put32(uint8_t *bytes, size_t offset, uint32_t value);

#endif /* TESTS_SUPPORT_HEX_H */
