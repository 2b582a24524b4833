/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of a trace, written.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/trace/codec.h"
#include "mocks/trace/text.h"

/** From here on a payload has a line of its own. */
#define BLOCK_BYTES_MIN 48u
/** How many are remembered; their names are used again after so many. */
#define BLOCKS		64u
/** A run of equal bytes of this length is written as a run. */
#define RUN_MIN		6u

struct block {
	uint8_t *bytes;
	size_t length;
};

struct trace_blocks {
	struct block blocks[BLOCKS];
	unsigned next;
};

struct trace_blocks *trace_blocks_create(void)
{
	return calloc(1, sizeof(struct trace_blocks));
}

void trace_blocks_destroy(struct trace_blocks *blocks)
{
	unsigned n;

	if (!blocks)
		return;
	for (n = 0; n < BLOCKS; n++)
		free(blocks->blocks[n].bytes);
	free(blocks);
}

/* ---- Values ---- */

static void write_bytes(FILE *stream, const uint8_t *bytes, size_t length)
{
	bool was_run = false;
	size_t n, run;

	putc('[', stream);
	for (n = 0; n < length; n += run) {
		for (run = 1; n + run < length && bytes[n + run] == bytes[n];
		     run++)
			;
		if (run < RUN_MIN)
			run = 1;
		if (n && (was_run || run > 1))
			putc(' ', stream);
		fprintf(stream, "%02x", bytes[n]);
		was_run = run > 1;
		if (was_run)
			fprintf(stream, "*%zu", run);
	}
	putc(']', stream);
}

static bool is_word(const char *text, size_t length)
{
	size_t n;

	for (n = 0; n < length; n++) {
		char c = text[n];
		bool is_letter = (c >= 'a' && c <= 'z') ||
				 (c >= 'A' && c <= 'Z') || c == '_';

		if (!is_letter && (!n || !((c >= '0' && c <= '9') || c == '-' ||
					   c == '.' || c == ':')))
			return false;
	}
	return length;
}

static void write_text(FILE *stream, const char *text, size_t length)
{
	size_t n;

	if (is_word(text, length)) {
		fwrite(text, 1, length, stream);
		return;
	}
	putc('"', stream);
	for (n = 0; n < length; n++) {
		unsigned char c = (unsigned char)text[n];

		if (c == '"' || c == '\\')
			fprintf(stream, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			fprintf(stream, "\\x%02x", c);
		else
			putc(c, stream);
	}
	putc('"', stream);
}

static void write_list(FILE *stream, const struct trace_record *record,
		       const struct trace_field *field)
{
	size_t count = field->length / sizeof(uint64_t), n;

	putc('{', stream);
	for (n = 0; n < count; n++)
		fprintf(stream, "%s%#" PRIx64, n ? " " : "",
			trace_field_number(record, field, n));
	putc('}', stream);
}

static void write_number(FILE *stream, const struct trace_field *field)
{
	if (field->name[0])
		fputs(field->name, stream);
	else if (field->base == 16)
		fprintf(stream, "0x%" PRIx64, field->number);
	else
		fprintf(stream, "%" PRIu64, field->number);
}

static void write_value(FILE *stream, const struct trace_record *record,
			const struct trace_field *field, int block)
{
	const uint8_t *bytes = trace_field_bytes(record, field);

	fprintf(stream, "%s=", field->key);
	switch (field->kind) {
	case TRACE_NUMBER:
		write_number(stream, field);
		break;
	case TRACE_BYTES:
		if (block >= 0)
			fprintf(stream, "%%b%d", block);
		else
			write_bytes(stream, bytes, field->length);
		break;
	case TRACE_LIST:
		write_list(stream, record, field);
		break;
	case TRACE_TEXT:
		write_text(stream, (const char *)bytes, field->length);
		break;
	case TRACE_ANY:
		fputs("...", stream);
		break;
	case TRACE_VARIABLE:
		fprintf(stream, "$%.*s", (int)field->length,
			(const char *)bytes);
		break;
	}
}

/* ---- Blocks ---- */

/** The number of the block with these bytes; a new one is written first. */
static int block_find(FILE *stream, struct trace_blocks *blocks,
		      const uint8_t *bytes, size_t length)
{
	struct block *block;
	unsigned n;

	for (n = 0; n < BLOCKS; n++)
		if (blocks->blocks[n].length == length &&
		    !memcmp(blocks->blocks[n].bytes, bytes, length))
			return (int)n;
	n = blocks->next;
	block = &blocks->blocks[n];
	free(block->bytes);
	block->length = 0;
	block->bytes = malloc(length);
	if (!block->bytes)
		return -1;
	memcpy(block->bytes, bytes, length);
	block->length = length;
	blocks->next = (n + 1) % BLOCKS;
	fprintf(stream, "block b%u ", n);
	write_bytes(stream, bytes, length);
	putc('\n', stream);
	return (int)n;
}

static void write_fields(FILE *stream, const struct trace_record *record,
			 const int *numbers)
{
	unsigned n;

	fprintf(stream, "%c %s",
		record->direction == TRACE_TO_GUEST ? '<' : '>',
		trace_kind_name(record->kind));
	if (record->name[0])
		fprintf(stream, " %s", record->name);
	for (n = 0; n < record->count; n++) {
		putc(' ', stream);
		write_value(stream, record, &record->fields[n],
			    numbers ? numbers[n] : -1);
	}
	if (record->is_open)
		fputs(" ...", stream);
}

void trace_text_show(FILE *stream, const struct trace_record *record)
{
	write_fields(stream, record, NULL);
}

void trace_text_write(FILE *stream, const struct trace_record *record,
		      struct trace_blocks *blocks)
{
	int numbers[TRACE_FIELDS_MAX] = {0};
	unsigned n;

	for (n = 0; n < record->count; n++) {
		const struct trace_field *field = &record->fields[n];

		numbers[n] = -1;
		if (blocks && field->kind == TRACE_BYTES &&
		    field->length >= BLOCK_BYTES_MIN)
			numbers[n] =
				block_find(stream, blocks,
					   trace_field_bytes(record, field),
					   field->length);
	}
	if (record->has_time)
		fprintf(stream, "@%" PRIu64 ".%09u ",
			record->time / 1000000000u,
			(unsigned)(record->time % 1000000000u));
	write_fields(stream, record, numbers);
	if (record->comment_length)
		fprintf(stream, " # %.*s", (int)record->comment_length,
			(const char *)record->pool + record->comment_start);
	putc('\n', stream);
}

void trace_text_field(FILE *stream, const char *key, const char *text)
{
	fprintf(stream, " %s=", key);
	write_text(stream, text, strlen(text));
}

void trace_text_about_write(FILE *stream, const struct trace_record *record)
{
	unsigned n;

	for (n = 0; n < record->count; n++) {
		if (n)
			putc(' ', stream);
		write_value(stream, record, &record->fields[n], -1);
	}
}
