/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "tests/support/scripted_virtio.h"

static struct net_packet packets[64];
static struct net_segment segments[256];
static uint8_t content[70000];

static void body(struct virtio_script *script)
{
	unsigned i;

	for (i = 0; i < 200; i++) {
		content[12] = 8;
		content[20] = (uint8_t)i;
		assert_int_equal(virtio_script_receive(script, 0, NULL, content,
						       100 + i),
				 1);
		assert_int_equal(nic_receive(script->nic, 0, packets, 1,
					     segments, 256),
				 1);
		assert_int_equal(packets[0].length, 100 + i);
		assert_memory_equal(segments[0].data, content, 100 + i);
		virtio_script_give_back(script, segments, 1);
	}
}

static void test(void **state)
{
	(void)state;
	virtio_script_run(body, NULL, true);
}

static void packed(struct virtio_script *script)
{
	script->offered |= VIRTIO_BIT(F_PACKED);
}

static void test_packed(void **state)
{
	(void)state;
	virtio_script_run(body, packed, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test),
		cmocka_unit_test(test_packed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
