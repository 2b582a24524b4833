/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Test vectors out of fixtures/vectors (docs/vectors.md): reading a file,
 * putting each vector in front of a reader, and comparing what that says with
 * what the vector says. A key that nobody asks for is a failure, and so is an
 * expectation that could not fail: see vectors_main().
 */
#ifndef TESTS_VECTORS_VECTORS_H
#define TESTS_VECTORS_VECTORS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#define VECTOR_BYTES_MAX 65536u

struct vector {
	const char *id, *structure;
	/* Which ways the bytes go: a reader at each end. */
	bool to_guest, to_host;
	/* So many bytes and no more: a sanitizer sees who reads on. */
	uint8_t *bytes;
	uint32_t length;
	/* What the vector expects. */
	bool valid;
	const char *error;
	json_t *fields;
	/* The keys of the context, and those that somebody asked for. */
	json_t *context, *asked;
};

/* What a reader made of a vector. */
struct vector_outcome {
	/* A word of docs/vectors.md, or NULL: valid. */
	const char *error;
	/* Field by field; the reader's names are the vectors'. */
	json_t *fields;
};

/*
 * A reader of one structure; it puts an outcome together. The same vector comes
 * again with other bytes: it keeps nothing, and none of them may break it.
 */
typedef void (*vector_reader)(const struct vector *vector,
			      struct vector_outcome *outcome);

struct vector_parser {
	const char *structure;
	/* The guest's and the host's; NULL where there is none. */
	vector_reader guest, host;
};

/*
 * A number of the vector's context; a vector without it is a failure. The same
 * with another value where it is missing.
 */
uint64_t vector_context(const struct vector *vector, const char *key);
uint64_t vector_context_or(const struct vector *vector, const char *key,
			   uint64_t otherwise);
/* A word, or NULL where it is missing. */
const char *vector_context_word(const struct vector *vector, const char *key);

/*
 * The n-th of a list of messages in hexadecimal, from 0.
 * @param to room for VECTOR_BYTES_MAX
 * @return false: there are no more
 */
bool vector_context_message(const struct vector *vector, const char *key,
			    unsigned n, uint8_t *to, uint32_t *length);

/* The verdict, and fields of it: a number, a text, bytes in hexadecimal. */
void vector_invalid(struct vector_outcome *outcome, const char *error);
void vector_number(struct vector_outcome *outcome, const char *name,
		   uint64_t value);
void vector_text(struct vector_outcome *outcome, const char *name,
		 const char *text);
void vector_hex(struct vector_outcome *outcome, const char *name,
		const void *bytes, uint32_t length);
/* One more number of a list, which is made with the first. */
void vector_list(struct vector_outcome *outcome, const char *name,
		 uint64_t value);

/*
 * Run a file's vectors through parsers, and each of them again with its
 * expectation changed: the other verdict, another error, each field another,
 * keys that do not exist. Each such change must be noticed; and of a valid
 * vector some byte must matter.
 * @param file name in fixtures/vectors
 * @return the exit status
 */
int vectors_main(const char *file, const struct vector_parser parsers[],
		 unsigned count);

#endif /* TESTS_VECTORS_VECTORS_H */
