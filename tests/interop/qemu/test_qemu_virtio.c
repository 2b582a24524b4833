/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the driver can do, on QEMU's virtio-net behind memory mapped registers:
 * in the order of a card's life.
 */
#include <string.h>

#include "tests/interop/qemu/guests.h"
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

START_TEST(test_lives)
{
	trial_run("20 lives", kind(_i), guest_lives);
}
END_TEST

START_TEST(test_stop_start)
{
	trial_run("stop and start", kind(_i), guest_stop_start);
}
END_TEST

START_TEST(test_high_memory)
{
	trial_run("memory over 4 GiB", kind(_i), guest_high_memory);
}
END_TEST

/** Small queues go round often. */
START_TEST(test_small_queues)
{
	const struct virtual_machine_configuration configuration = {
		.host = kind(_i),
		.virtio_net = {.transmit_queue = 16, .receive_queue = 64},
	};

	trial_run_with("small queues", &configuration, guest_high_memory);
}
END_TEST

/* ---- Interrupts and events ---- */

START_TEST(test_armed)
{
	trial_run("armed, 50 times", kind(_i), guest_armed);
	ck_assert_uint_ge(witness_traffic.lines, 50);
}
END_TEST

START_TEST(test_link)
{
	trial_run("link down and up", kind(_i), guest_link_changes_quietly);
}
END_TEST

/**
 * Of a packed ring whose frames it drops, since the link is down, QEMU (7.2)
 * says that it wants no notifications, and never again that it does.
 */
START_TEST(test_link_sent)
{
	trial_run("sent without link", kind(_i),
		  kinds[_i] & WITNESS_PACKED ? guest_link_wedged
					     : guest_link_changes);
}
END_TEST

/** QEMU says where its cards are, and has the guest do that too. */
static void announce(struct trial *trial)
{
	trial_up(trial);
	qemu_announce(witness_qemu(trial->vm));
	trial_await_event(trial, NIC_EVENT_NETWORK_CHANGED);
	/* What QEMU sent itself is not the guest's. */
	trial_await(trial, 1, 0);
	ck_assert_mem_eq(trial->wired[0].data + 12, "\x80\x35", 2);
	witness_lost(trial->vm, -1, 0);
	trial_exchange(trial, 4, 100);
	ck_assert_uint_eq(trial->events, 0);
}

START_TEST(test_announce)
{
	trial_run("announce", kind(_i), announce);
}
END_TEST

/* ---- The control queue ---- */

START_TEST(test_filters)
{
	trial_run("filters", kind(_i), guest_filters);
}
END_TEST

START_TEST(test_address)
{
	trial_run("MAC change", kind(_i), guest_address);
}
END_TEST

/** A frame of a VLAN, its tag in it, and whether it comes in. */
static void vlan_try(struct trial *trial, uint16_t vlan, bool is_let_in)
{
	uint8_t frame[80];

	trial_frame_make(frame, sizeof(frame), trial->nic->information.mac, 5);
	frame[12] = 0x81;
	frame[13] = 0x00;
	frame[14] = (uint8_t)(0x60 | vlan >> 8);
	frame[15] = (uint8_t)vlan;
	if (is_let_in)
		trial_deliver(trial, frame, sizeof(frame));
	else
		trial_deliver_lost(trial, frame, sizeof(frame));
	/* One without a tag comes behind it. */
	frame[12] = 0x88;
	trial_deliver(trial, frame, sizeof(frame));
	trial_await(trial, 0, is_let_in ? 2 : 1);
	ck_assert_uint_eq(trial->received[0].data[12], is_let_in ? 0x81 : 0x88);
	trial_forget(trial);
}

static void vlans(struct trial *trial)
{
	uint32_t some[NIC_VLAN_WORDS] = {0};

	trial_up(trial);
	vlan_try(trial, 0, true);
	vlan_try(trial, 5, true);
	vlan_try(trial, 4095, true);
	some[5 / 32] = 1u << 5;
	some[4000 / 32] |= 1u << 4000 % 32;
	ck_assert_int_eq(nic_vlan_filter_set(trial->nic, some), 0);
	vlan_try(trial, 5, true);
	vlan_try(trial, 6, false);
	vlan_try(trial, 4000, true);
	vlan_try(trial, 4095, false);
	ck_assert_int_eq(nic_vlan_filter_set(trial->nic, NULL), 0);
	vlan_try(trial, 6, true);
}

START_TEST(test_vlans)
{
	const struct virtual_machine_configuration configuration = {
		.host = kind(_i),
		.virtio_net.vlan_filter = true,
	};

	trial_run_with("VLAN", &configuration, vlans);
}
END_TEST

/** None is told to a device that was not asked to filter. */
static void vlans_unfiltered(struct trial *trial)
{
	trial_up(trial);
	ck_assert_int_eq(nic_vlan_filter_set(trial->nic, NULL),
			 ERROR_NOT_SUPPORTED);
	vlan_try(trial, 0, true);
	vlan_try(trial, 7, true);
}

START_TEST(test_vlans_unfiltered)
{
	trial_run("VLAN, no filter", kind(_i), vlans_unfiltered);
}
END_TEST

/* ---- Long frames ---- */

START_TEST(test_mtus)
{
	trial_run("MTU 576 to 9000",
		  witness_combination(kinds[_i] | WITNESS_MERGEABLE),
		  guest_mtus);
}
END_TEST

static void long_frames(struct trial *trial)
{
	trial_up(trial);
	ck_assert_uint_eq(trial->nic->information.mtu, 9000);
	trial_exchange(trial, 8, 9014);
	trial_exchange(trial, 8, 2048);
	trial_exchange(trial, 8, 60);
}

/** Several buffers together for each frame, or as many as it needs. */
START_TEST(test_long_frames)
{
	const struct virtual_machine_configuration configuration = {
		.host = kind(_i),
		.mtu = 9000,
	};

	trial_run_with("MTU 9000", &configuration, long_frames);
}
END_TEST

/** What the device says of itself. */
static void configuration_space(struct trial *trial)
{
	struct nic_link link;

	trial_up(trial);
	nic_link(trial->nic, &link);
	ck_assert_uint_eq(link.speed_mbps, 25000);
	ck_assert_uint_eq(trial->nic->information.mtu_max, 9000);
	trial_down(trial);
	long_frames(trial);
}

START_TEST(test_configuration_space)
{
	static const char *const hosts[] = {"microvm-jumbo",
					    "microvm-jumbo-packed"};

	trial_run("MTU and speed", hosts[_i], configuration_space);
}
END_TEST

/* ---- What goes wrong ---- */

START_TEST(test_refusals)
{
	trial_run("refused memory", kind(_i), guest_refusals);
}
END_TEST

START_TEST(test_death)
{
	trial_run("QEMU dies", kind(_i), guest_death);
	ck_assert_msg(strstr(witness_reason, "it ended with signal 9"), "'%s'",
		      witness_reason);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("qemu_virtio");
	TCase *life = tcase_create("life");
	TCase *abilities = tcase_create("abilities");
	TCase *wrong = tcase_create("wrong");

	tcase_add_loop_test(life, test_bring_up, 0, WITNESS_COMBINATIONS);
	tcase_add_loop_test(life, test_lives, 0, KINDS);
	tcase_add_loop_test(life, test_stop_start, 0, KINDS);
	tcase_add_loop_test(life, test_high_memory, 0, KINDS);
	tcase_add_loop_test(life, test_small_queues, 0, KINDS);
	tcase_add_loop_test(life, test_armed, 0, KINDS);
	tcase_add_loop_test(life, test_link, 0, KINDS);
	tcase_add_loop_test(life, test_link_sent, 0, KINDS);
	tcase_add_loop_test(life, test_announce, 0, KINDS);
	tcase_add_loop_test(abilities, test_filters, 0, KINDS);
	tcase_add_loop_test(abilities, test_address, 0, KINDS);
	tcase_add_loop_test(abilities, test_vlans, 0, KINDS);
	tcase_add_loop_test(abilities, test_vlans_unfiltered, 0, KINDS);
	tcase_add_loop_test(abilities, test_mtus, 0, KINDS);
	tcase_add_loop_test(abilities, test_long_frames, 0, KINDS);
	tcase_add_loop_test(abilities, test_configuration_space, 0, 2);
	tcase_add_loop_test(wrong, test_refusals, 0, KINDS);
	tcase_add_loop_test(wrong, test_death, 0, KINDS);
	tcase_set_timeout(life, TRIAL_TIMEOUT);
	suite_add_tcase(suite, life);
	tcase_set_timeout(abilities, TRIAL_TIMEOUT);
	suite_add_tcase(suite, abilities);
	tcase_set_timeout(wrong, TRIAL_TIMEOUT);
	suite_add_tcase(suite, wrong);
	return trial_main(suite);
}
