/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the driver can do, on QEMU's vmxnet3: in the order of a card's life.
 */
#include <string.h>

#include "tests/interop/qemu/guests.h"
#include "tests/support/raw_vmxnet3.h"

/** Hosts that most tests run on: the two kinds of interrupt. */
static const char *const kinds[] = {"q35", "q35-intx"};
#define KINDS 2

static const uint8_t foreign[6] = {0x02, 0x00, 0x00, 0x00, 0x00, 0x55};

/* ---- Up and down ---- */

static void bring_up(struct trial *trial)
{
	struct nic_link link;

	trial_up(trial);
	ck_assert_mem_eq(trial->nic->information.mac, witness_mac, 6);
	nic_link(trial->nic, &link);
	ck_assert(link.up);
	ck_assert_uint_eq(link.speed_mbps, 1000);
	ck_assert_uint_eq(vmxnet3_revision(trial->nic), 1);
	trial_exchange(trial, 8, 1514);
}

START_TEST(test_bring_up)
{
	struct vmm_host host;

	ck_assert(witness_vmm.host((size_t)_i, &host));
	trial_run("bring-up", host.name, bring_up);
}
END_TEST

START_TEST(test_lives)
{
	trial_run("20 lives", kinds[_i], guest_lives);
}
END_TEST

START_TEST(test_stop_start)
{
	trial_run("stop and start", kinds[_i], guest_stop_start);
}
END_TEST

START_TEST(test_high_memory)
{
	trial_run("memory over 4 GiB", "q35-high", guest_high_memory);
}
END_TEST

/* ---- Interrupts ---- */

START_TEST(test_armed)
{
	struct vmm_host host;
	bool has_line;

	ck_assert(witness_vmm.host((size_t)_i, &host));
	has_line = strcmp(host.name, "q35-intx") == 0 ||
		   strcmp(host.name, "q35-root-port") == 0;
	trial_run("armed, 50 times", host.name, guest_armed);
	ck_assert_uint_ge(has_line ? witness_traffic.lines
				   : witness_traffic.messages,
			  50);
	ck_assert_uint_eq(has_line ? witness_traffic.messages
				   : witness_traffic.lines,
			  0);
}
END_TEST

START_TEST(test_link)
{
	trial_run("link down and up", kinds[_i], guest_link_changes);
}
END_TEST

/* ---- Offloads ---- */

/** Send a frame whose checksum field has the sum of the pseudo header only. */
static void checksum_send(struct trial *trial, unsigned version, bool tcp,
			  uint32_t payload)
{
	struct net_packet how = {0};
	uint8_t frame[STACK_FRAME_MAX];
	uint32_t bytes =
		card_frame_make(frame, version, tcp, 1234, 77, payload);

	how.flags = tcp ? NET_TX_CHECKSUM_TCP : NET_TX_CHECKSUM_UDP;
	if (version == 6)
		how.flags |= NET_IPV6;
	how.l3_offset = ETHERNET_HEADER_BYTES;
	how.l4_offset = version == 4 ? 34 : 54;
	card_frame_unsum(frame, bytes);
	ck_assert(!card_frame_sums(frame, bytes));
	trial_send(trial, frame, bytes, &how);
	trial_await(trial, 1, 0);
	ck_assert_uint_eq(trial->wired[0].length, bytes < WITNESS_FRAME_MIN
							  ? WITNESS_FRAME_MIN
							  : bytes);
	ck_assert_msg(card_frame_sums(trial->wired[0].data, bytes),
		      "IPv%u, %s, %u bytes: 0x%02x%02x", version,
		      tcp ? "TCP" : "UDP", payload,
		      trial->wired[0].data[how.l4_offset + (tcp ? 16 : 6)],
		      trial->wired[0].data[how.l4_offset + (tcp ? 17 : 7)]);
	ck_assert_mem_eq(trial->wired[0].data, frame, how.l4_offset + 6u);
	trial_forget(trial);
}

static void checksums(struct trial *trial)
{
	static const uint32_t payloads[] = {0, 1, 10, 11, 64, 1000, 1001, 1400};
	unsigned n;

	trial_up(trial);
	for (n = 0; n < sizeof(payloads) / sizeof(payloads[0]); n++) {
		checksum_send(trial, 4, true, payloads[n]);
		checksum_send(trial, 4, false, payloads[n]);
		checksum_send(trial, 6, true, payloads[n]);
		checksum_send(trial, 6, false, payloads[n]);
	}
}

/** QEMU writes a checksum into the guest's own frame before it sends it. */
START_TEST(test_checksums)
{
	const struct virtual_machine_configuration configuration = {
		.host = kinds[_i],
		.machine.checkers_off = 1u << MACHINE_CHECK_OWNERSHIP,
	};

	trial_run_with("checksums", &configuration, checksums);
}
END_TEST

static void vlan_insert(struct trial *trial, uint16_t tag)
{
	const struct net_packet how = {.flags = NET_VLAN, .vlan_tag = tag};
	const uint8_t wanted[] = {0x81, 0x00, (uint8_t)(tag >> 8),
				  (uint8_t)tag};
	uint8_t frame[200];

	trial_frame_make(frame, sizeof(frame), foreign, tag);
	trial_send(trial, frame, sizeof(frame), &how);
	trial_await(trial, 1, 0);
	ck_assert_uint_eq(trial->wired[0].length, sizeof(frame) + 4);
	ck_assert_mem_eq(trial->wired[0].data, frame, 12);
	ck_assert_mem_eq(trial->wired[0].data + 12, wanted, 4);
	ck_assert_mem_eq(trial->wired[0].data + 16, frame + 12,
			 sizeof(frame) - 12);
	trial_forget(trial);
}

/** A frame with a tag in it. */
static void vlan_frame(uint8_t frame[204], uint16_t tag)
{
	trial_frame_make(frame, 200, witness_mac, tag);
	memmove(frame + 16, frame + 12, 188);
	frame[12] = 0x81;
	frame[13] = 0x00;
	frame[14] = (uint8_t)(tag >> 8);
	frame[15] = (uint8_t)tag;
}

static void vlan_strip(struct trial *trial, uint16_t tag)
{
	uint8_t frame[204];

	vlan_frame(frame, tag);
	trial_deliver(trial, frame, sizeof(frame));
	trial_await(trial, 0, 1);
	ck_assert_uint_eq(trial->received[0].flags & NET_VLAN, NET_VLAN);
	ck_assert_uint_eq(trial->received[0].vlan_tag, tag);
	ck_assert_uint_eq(trial->received[0].length, 200);
	ck_assert_mem_eq(trial->received[0].data + 12, frame + 16, 188);
	trial_forget(trial);
}

static void vlans(struct trial *trial)
{
	static const uint16_t tags[] = {1, 7, 0x6064, 0x3fff, 0xe005};
	uint32_t some[NIC_VLAN_WORDS] = {0};
	uint8_t frame[204];
	unsigned n;

	trial_up(trial);
	for (n = 0; n < sizeof(tags) / sizeof(tags[0]); n++) {
		vlan_insert(trial, tags[n]);
		vlan_strip(trial, tags[n]);
	}
	/* Then only one identifier. */
	some[5 / 32] = 1u << 5;
	ck_assert_int_eq(nic_vlan_filter_set(trial->nic, some), 0);
	vlan_frame(frame, 6);
	trial_deliver_lost(trial, frame, sizeof(frame));
	vlan_strip(trial, 5);
	ck_assert_int_eq(nic_vlan_filter_set(trial->nic, NULL), 0);
	vlan_strip(trial, 6);
}

START_TEST(test_vlans)
{
	trial_run("VLAN", kinds[_i], vlans);
}
END_TEST

/* ---- Filters and addresses ---- */

START_TEST(test_filters)
{
	trial_run("filters", kinds[_i], guest_filters);
}
END_TEST

START_TEST(test_address)
{
	trial_run("MAC change", kinds[_i], guest_address);
}
END_TEST

START_TEST(test_mtus)
{
	trial_run("MTU 576 to 9000", kinds[_i], guest_mtus);
}
END_TEST

static void statistics(struct trial *trial)
{
	struct vmxnet3_device_statistics device;

	trial_up(trial);
	trial_exchange(trial, 16, 500);
	ck_assert_int_eq(vmxnet3_device_statistics(trial->nic, &device), 0);
	ck_assert_uint_eq(device.tx_frames, 16);
	ck_assert_uint_eq(device.tx_bytes, 16 * 500);
	ck_assert_uint_eq(device.rx_frames, 16);
	ck_assert_uint_eq(device.rx_bytes, 16 * 500);
	ck_assert_uint_eq(device.tx_errors + device.tx_discarded, 0);
	ck_assert_uint_eq(device.rx_errors + device.rx_no_buffer, 0);
}

START_TEST(test_statistics)
{
	trial_run("device statistics", kinds[_i], statistics);
}
END_TEST

/* ---- What goes wrong ---- */

START_TEST(test_refusals)
{
	trial_run("refused memory", kinds[_i], guest_refusals);
}
END_TEST

START_TEST(test_death)
{
	trial_run("QEMU dies", kinds[_i], guest_death);
	ck_assert_msg(strstr(witness_reason, "it ended with signal 9"), "'%s'",
		      witness_reason);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("qemu_card");
	TCase *life = tcase_create("life");
	TCase *abilities = tcase_create("abilities");
	TCase *wrong = tcase_create("wrong");

	tcase_add_loop_test(life, test_bring_up, 0, WITNESS_WAYS);
	tcase_add_loop_test(life, test_lives, 0, KINDS);
	tcase_add_loop_test(life, test_stop_start, 0, KINDS);
	tcase_add_test(life, test_high_memory);
	tcase_add_loop_test(life, test_armed, 0, WITNESS_WAYS);
	tcase_add_loop_test(life, test_link, 0, KINDS);
	tcase_add_loop_test(abilities, test_checksums, 0, KINDS);
	tcase_add_loop_test(abilities, test_vlans, 0, KINDS);
	tcase_add_loop_test(abilities, test_filters, 0, KINDS);
	tcase_add_loop_test(abilities, test_address, 0, KINDS);
	tcase_add_loop_test(abilities, test_mtus, 0, KINDS);
	tcase_add_loop_test(abilities, test_statistics, 0, KINDS);
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
