/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the driver can do, on QEMU's virtio-net behind memory mapped registers:
 * in the order of a card's life.
 */
#include <string.h>

#include "mocks/machine/fault.h"
#include "tests/interop/qemu/trial.h"
#include "virtio/virtio_net_wire.h"
#include "virtio/virtio_wire.h"

#define ALL (WITNESS_EVENT_INDEX | WITNESS_INDIRECT | WITNESS_MERGEABLE)

/**
 * Features that most tests run with: nothing, what QEMU has on by default, and
 * the same on packed rings.
 */
static const unsigned kinds[] = {0, ALL, WITNESS_PACKED, ALL | WITNESS_PACKED};
#define KINDS 4

static const char *kind(int n)
{
	return witness_combination(kinds[n]);
}

/* ---- Up and down ---- */

/** The driver took what was on, and nothing that was not offered. */
static void features_check(struct trial *trial, unsigned combination)
{
	static const struct {
		unsigned bit;
		uint64_t feature;
	} table[] = {
		{WITNESS_EVENT_INDEX, VIRTIO_FEATURE_EVENT_INDEX},
		{WITNESS_INDIRECT, VIRTIO_FEATURE_INDIRECT},
		{WITNESS_PACKED, VIRTIO_FEATURE_PACKED},
		{WITNESS_MERGEABLE, VIRTIO_NET_FEATURE_MERGEABLE},
	};
	uint64_t features = virtio_net_features(trial->nic);
	unsigned n;

	for (n = 0; n < sizeof(table) / sizeof(table[0]); n++)
		ck_assert_int_eq((features & table[n].feature) != 0,
				 (combination & table[n].bit) != 0);
	ck_assert(features & VIRTIO_FEATURE_VERSION_1);
}

static unsigned combination;

static void bring_up(struct trial *trial)
{
	struct nic_link link;
	unsigned n;

	trial_up(trial);
	features_check(trial, combination);
	ck_assert_mem_eq(trial->nic->information.mac, witness_mac, 6);
	nic_link(trial->nic, &link);
	ck_assert(link.up);
	ck_assert_uint_eq(link.speed_mbps, 0);
	trial_exchange(trial, 8, 1514);
	trial_exchange(trial, 8, 60);
	trial_exchange(trial, 8, 15);
	for (n = 0; n < 10; n++)
		trial_armed_receive(trial, n);
}

START_TEST(test_bring_up)
{
	combination = (unsigned)_i;
	trial_run("bring-up", witness_combination(combination), bring_up);
	ck_assert_uint_ge(witness_traffic.lines, 10);
	ck_assert_uint_eq(witness_traffic.messages, 0);
}
END_TEST

static void lives(struct trial *trial)
{
	unsigned n;

	for (n = 0; n < 20; n++) {
		trial_up(trial);
		trial_exchange(trial, 4, 60 + 10 * n);
		trial_down(trial);
	}
}

START_TEST(test_lives)
{
	trial_run("20 lives", kind(_i), lives);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("qemu_virtio");
	TCase *life = tcase_create("life");

	tcase_add_loop_test(life, test_bring_up, 0, WITNESS_COMBINATIONS);
	tcase_add_loop_test(life, test_lives, 0, KINDS);
	suite_add_tcase(suite, life);
	return trial_main(suite);
}
