/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NVSP messages byte for byte: what this guest writes beside what another
 * driver was recorded to write (fixtures of DPDK's netvsc). What it makes of
 * good, odd and impossible messages of a host is in fixtures/vectors/nvsp.json
 * and ring.json.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hyperv/nvsp.h"

#define BYTES(...)    ((const uint8_t[]){__VA_ARGS__})
#define LENGTH(bytes) ((uint32_t)sizeof(bytes))

/* The bytes that a message begins with; the rest of the 40 must be zero. */
static void assert_message(const struct nvsp_message *message,
			   const uint8_t *begin, uint32_t length)
{
	static const uint8_t zeroes[NVSP_MESSAGE_BYTES];

	assert_int_equal(sizeof(*message), 40);
	assert_memory_equal(message->bytes, begin, length);
	assert_memory_equal(message->bytes + length, zeroes, 40 - length);
}

static void poison(struct nvsp_message *message)
{
	memset(message, 0xa5, sizeof(*message));
}

/* ---- Writers ---- */

static void edge_56_init_asks_for_one_version(void **state)
{
	static const uint8_t newest[] = {1, 0, 0, 0, 1, 0, 6, 0, 1, 0, 6, 0};
	static const uint8_t second[] = {1, 0, 0, 0, 2, 0, 3, 0, 2, 0, 3, 0};
	static const uint8_t first[] = {1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0};
	struct nvsp_message message;

	(void)state;
	poison(&message);
	nvsp_write_init(&message, NVSP_VERSION_6_1);
	assert_message(&message, newest, LENGTH(newest));
	nvsp_write_init(&message, NVSP_VERSION_2);
	assert_message(&message, second, LENGTH(second));
	nvsp_write_init(&message, NVSP_VERSION_1);
	assert_message(&message, first, LENGTH(first));
}

static void edge_86_the_mtu_counts_the_ethernet_header(void **state)
{
	/* 1500 is 1514, and 802.1Q is the fourth capability. */
	static const uint8_t golden[] = {0x7d, 0, 0, 0, 0xea, 5, 0, 0, 0, 0,
					 0,    0, 8, 0, 0,    0, 0, 0, 0, 0};
	struct nvsp_message message;

	(void)state;
	poison(&message);
	nvsp_write_ndis_config(&message, 1500, NVSP_CAPABILITY_8021Q);
	assert_message(&message, golden, LENGTH(golden));
}

static void ndis_version(void **state)
{
	static const uint8_t golden[] = {0x64, 0, 0,  0, 6, 0,
					 0,    0, 30, 0, 0, 0};
	struct nvsp_message message;

	(void)state;
	poison(&message);
	nvsp_write_ndis_version(&message, 6, 30);
	assert_message(&message, golden, LENGTH(golden));
}

static void buffers_are_given_and_revoked(void **state)
{
	static const uint8_t receive[] = {0x65, 0,    0, 0,    0x10,
					  0x1e, 0x0e, 0, 0xfe, 0xca};
	static const uint8_t send[] = {0x68, 0,	   0, 0,    0x11,
				       0x1e, 0x0e, 0, 0xce, 0xfa};
	static const uint8_t no_receive[] = {0x67, 0, 0, 0, 0xfe, 0xca};
	static const uint8_t no_send[] = {0x6a, 0, 0, 0, 0xce, 0xfa};
	struct nvsp_message message;

	(void)state;
	poison(&message);
	nvsp_write_send_buffer(&message, NVSP_SEND_RECEIVE_BUFFER, 0xe1e10,
			       0xcafe);
	assert_message(&message, receive, LENGTH(receive));
	nvsp_write_send_buffer(&message, NVSP_SEND_SEND_BUFFER, 0xe1e11,
			       0xface);
	assert_message(&message, send, LENGTH(send));
	poison(&message);
	nvsp_write_revoke(&message, NVSP_REVOKE_RECEIVE_BUFFER, 0xcafe);
	assert_message(&message, no_receive, LENGTH(no_receive));
	nvsp_write_revoke(&message, NVSP_REVOKE_SEND_BUFFER, 0xface);
	assert_message(&message, no_send, LENGTH(no_send));
}

static void packets(void **state)
{
	static const uint8_t control[] = {0x6b, 0,    0,    0,	  1, 0, 0, 0,
					  0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
	static const uint8_t section[] = {0x6b, 0, 0, 0, 0,    0, 0, 0,
					  0x40, 0, 0, 0, 0xb0, 0, 0, 0};
	struct nvsp_message message;

	(void)state;
	poison(&message);
	nvsp_write_rndis_packet(&message, NVSP_CHANNEL_CONTROL,
				NVSP_SECTION_NONE, 0);
	assert_message(&message, control, LENGTH(control));
	poison(&message);
	nvsp_write_rndis_packet(&message, NVSP_CHANNEL_DATA, 0x40, 0xb0);
	assert_message(&message, section, LENGTH(section));
}

static void edge_59_a_completion_has_a_body(void **state)
{
	static const uint8_t good[] = {0x6c, 0, 0, 0, 1, 0, 0, 0};
	static const uint8_t failed[] = {0x6c, 0, 0, 0, 2, 0, 0, 0};
	struct nvsp_message message;

	(void)state;
	poison(&message);
	nvsp_write_complete(&message, NVSP_STATUS_SUCCESS);
	assert_message(&message, good, LENGTH(good));
	nvsp_write_complete(&message, NVSP_STATUS_FAILURE);
	assert_message(&message, failed, LENGTH(failed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_56_init_asks_for_one_version),
		cmocka_unit_test(edge_86_the_mtu_counts_the_ethernet_header),
		cmocka_unit_test(ndis_version),
		cmocka_unit_test(buffers_are_given_and_revoked),
		cmocka_unit_test(packets),
		cmocka_unit_test(edge_59_a_completion_has_a_body),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
