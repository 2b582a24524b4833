/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the targets share.
 */
#include "tests/fuzz/fuzz.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

FILE *fuzz_stream(const void *bytes, size_t size)
{
	static char nothing[1];
	FILE *stream =
		fmemopen(size ? (void *)(uintptr_t)bytes : nothing, size, "rb");

	fuzz_want(stream, "no memory for a stream");
	return stream;
}

void fuzz_want(bool holds, const char *format, ...)
{
	va_list arguments;

	if (holds)
		return;
	va_start(arguments, format);
	fputs("WRONG: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	abort();
}

uint64_t fuzz_number(struct fuzz_input *input, unsigned bytes)
{
	uint64_t number = 0;
	unsigned n;

	for (n = 0; n < bytes && input->left; n++, input->left--)
		number |= (uint64_t)*input->bytes++ << n * 8;
	return number;
}
