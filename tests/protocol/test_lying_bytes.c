/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each single byte that a host says from a card's first breath to its last,
 * once 0xff and once 0x00 where it was another: control messages, packets with
 * descriptor and footer, and what lies in the receive buffer. See lying_host.h
 * for what must hold nevertheless.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/lying_host.h"
#include "tests/support/plain_card.h"

#define CHUNKS	 16
#define SAID_MAX 256u
#define WORD_MAX 1024u

/* All that was said in a life without a lie. */
struct said {
	unsigned count[LIE_KINDS];
	uint32_t bytes[LIE_KINDS][SAID_MAX];
	uint8_t content[LIE_KINDS][SAID_MAX][WORD_MAX];
};

/* One byte of it that is changed. */
struct change {
	enum lie_kind kind;
	unsigned index;
	uint32_t offset;
	uint8_t value;
	bool made;
};

static bool listen(struct lying_host *lying, enum lie_kind kind, uint8_t *bytes,
		   uint32_t *count)
{
	struct said *said = lying->configuration->context;
	unsigned n = said->count[kind]++;

	ck_assert_uint_lt(n, SAID_MAX);
	ck_assert_uint_le(*count, WORD_MAX);
	said->bytes[kind][n] = *count;
	memcpy(said->content[kind][n], bytes, *count);
	return true;
}

static bool change(struct lying_host *lying, enum lie_kind kind, uint8_t *bytes,
		   uint32_t *count)
{
	struct change *change = lying->configuration->context;

	if (kind != change->kind || lying->shown[kind] != change->index)
		return true;
	/* Up to here it was the same life. */
	ck_assert_uint_lt(change->offset, *count);
	change->made = true;
	bytes[change->offset] = change->value;
	lying->touched_messages = kind == LIE_MESSAGE;
	tell(&lying->told, " kind %u, number %u, byte %u of %u: %#x", kind,
	     change->index, change->offset, *count, change->value);
	return true;
}

static const char *live(bool (*look)(struct lying_host *lying,
				     enum lie_kind kind, uint8_t *bytes,
				     uint32_t *count),
			void *context)
{
	const struct lying_configuration configuration = {
		.schedule = MACHINE_SCHEDULE_LAZY,
		.brief = true,
		.look = look,
		.context = context,
	};

	return lying_host_run(&configuration);
}

static void each_byte(const struct said *said, enum lie_kind kind, unsigned n)
{
	struct change wrong = {.kind = kind, .index = n};
	uint32_t i;

	for (i = 0; i < 2 * said->bytes[kind][n]; i++) {
		wrong.offset = i / 2;
		wrong.value = i % 2 ? 0xff : 0x00;
		if (said->content[kind][n][i / 2] == wrong.value)
			continue;
		wrong.made = false;
		ck_assert_str_eq(live(change, &wrong), "");
		ck_assert(wrong.made);
	}
}

START_TEST(each_byte_of_each_word_of_the_host)
{
	struct said *said = calloc(1, sizeof(*said));
	unsigned kind, n, at = 0;

	ck_assert_ptr_nonnull(said);
	ck_assert_str_eq(live(listen, said), "");
	ck_assert_uint_gt(said->count[LIE_MESSAGE], 8);
	ck_assert_uint_gt(said->count[LIE_PACKET], 20);
	ck_assert_uint_gt(said->count[LIE_DATA], 8);
	for (kind = LIE_MESSAGE; kind <= LIE_DATA; kind++)
		for (n = 0; n < said->count[kind]; n++)
			if (at++ % CHUNKS == (unsigned)_i)
				each_byte(said, (enum lie_kind)kind, n);
	free(said);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lying_bytes");
	TCase *test = tcase_create("bytes");

	tcase_set_timeout(test, 120);
	tcase_add_loop_test(test, each_byte_of_each_word_of_the_host, 0,
			    CHUNKS);
	suite_add_tcase(suite, test);
	return plain_main(suite);
}
