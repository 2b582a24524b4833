/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the driver can do, on QEMU's vmxnet3: in the order of a card's life.
 */
#include <string.h>

#include "mocks/machine/fault.h"
#include "tests/interop/qemu/trial.h"
#include "tests/support/raw_vmxnet3.h"

/** Hosts that most tests run on: the two kinds of interrupt. */
static const char *const kinds[] = {"q35", "q35-intx"};
#define KINDS 2

static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
static const uint8_t group_a[6] = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03};
static const uint8_t group_b[6] = {0x33, 0x33, 0x00, 0x00, 0x00, 0x09};
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
	trial_run("20 lives", kinds[_i], lives);
}
END_TEST

static void stop_start(struct trial *trial)
{
	unsigned n;

	trial_up(trial);
	for (n = 0; n < 10; n++) {
		trial_exchange(trial, 8, 1000);
		virtual_machine_back(trial->vm, VIRTUAL_MACHINE_OPEN);
		trial_up(trial);
	}
	trial_exchange(trial, 8, 1000);
}

START_TEST(test_stop_start)
{
	trial_run("stop and start", kinds[_i], stop_start);
}
END_TEST

/** The scattered memory of the machine lies on both sides of 4 GiB. */
static void high_memory(struct trial *trial)
{
	unsigned n;

	trial_up(trial);
	for (n = 0; n < 32; n++)
		trial_exchange(trial, 16, 1514);
	ck_assert_uint_gt(trial->buffers_high, 0);
	ck_assert_uint_lt(trial->buffers_high, trial->buffers);
}

START_TEST(test_high_memory)
{
	trial_run("memory over 4 GiB", "q35-high", high_memory);
}
END_TEST

/* ---- Interrupts ---- */

static void armed(struct trial *trial)
{
	struct nic_statistics statistics;
	unsigned n;

	trial_up(trial);
	for (n = 0; n < 50; n++)
		trial_armed_receive(trial, n);
	nic_statistics(trial->nic, &statistics);
	ck_assert_uint_ge(statistics.interrupts, 50);
}

START_TEST(test_armed)
{
	struct vmm_host host;
	bool has_line;

	ck_assert(witness_vmm.host((size_t)_i, &host));
	has_line = strcmp(host.name, "q35-intx") == 0 ||
		   strcmp(host.name, "q35-root-port") == 0;
	trial_run("armed, 50 times", host.name, armed);
	ck_assert_uint_ge(has_line ? witness_traffic.lines
				   : witness_traffic.messages,
			  50);
	ck_assert_uint_eq(has_line ? witness_traffic.messages
				   : witness_traffic.lines,
			  0);
}
END_TEST

static void link_changes(struct trial *trial)
{
	uint8_t frame[100];
	struct nic_link link;

	trial_frame_make(frame, sizeof(frame), witness_mac, 1);
	trial_up(trial);
	trial_exchange(trial, 2, 100);
	trial->vm->vmm->link_set(trial->vm, false);
	trial_await_event(trial, NIC_EVENT_LINK);
	nic_link(trial->nic, &link);
	ck_assert(!link.up);
	trial_deliver_lost(trial, frame, sizeof(frame));
	trial_send(trial, frame, sizeof(frame), NULL);
	witness_lost(trial->vm, 1, 0);
	trial_await(trial, 0, 0);
	trial->vm->vmm->link_set(trial->vm, true);
	trial_await_event(trial, NIC_EVENT_LINK);
	nic_link(trial->nic, &link);
	ck_assert(link.up);
	trial_exchange(trial, 2, 100);
}

START_TEST(test_link)
{
	trial_run("link down and up", kinds[_i], link_changes);
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

/** One that is let in comes behind each that is not, so nothing is late. */
static void filter_try(struct trial *trial, const uint8_t *to, bool is_let_in)
{
	uint8_t frame[80];

	trial_frame_make(frame, sizeof(frame), to, 3);
	if (is_let_in)
		trial_deliver(trial, frame, sizeof(frame));
	else
		trial_deliver_lost(trial, frame, sizeof(frame));
	trial_frame_make(frame, sizeof(frame), trial->nic->information.mac, 4);
	trial_deliver(trial, frame, sizeof(frame));
	trial_await(trial, 0, is_let_in ? 2 : 1);
	ck_assert_mem_eq(trial->received[0].data,
			 is_let_in ? to : trial->nic->information.mac, 6);
	trial_forget(trial);
}

static void filters(struct trial *trial)
{
	static const struct {
		unsigned filter;
		bool broadcast, group_a, group_b, foreign;
	} cases[] = {
		{NIC_FILTER_UNICAST, false, false, false, false},
		{NIC_FILTER_BROADCAST, true, false, false, false},
		{NIC_FILTER_MULTICAST, false, true, false, false},
		{NIC_FILTER_ALL_MULTICAST, false, true, true, false},
		{NIC_FILTER_PROMISCUOUS, true, true, true, true},
		{NIC_FILTER_BROADCAST | NIC_FILTER_MULTICAST, true, true, false,
		 false},
	};
	const uint8_t groups[1][6] = {
		{0x01, 0x00, 0x5e, 0x01, 0x02, 0x03},
	};
	unsigned n;

	trial_up(trial);
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		ck_assert_int_eq(nic_filter_set(trial->nic,
						cases[n].filter |
							NIC_FILTER_UNICAST,
						groups, 1),
				 0);
		filter_try(trial, broadcast, cases[n].broadcast);
		filter_try(trial, group_a, cases[n].group_a);
		filter_try(trial, group_b, cases[n].group_b);
		filter_try(trial, foreign, cases[n].foreign);
	}
}

START_TEST(test_filters)
{
	trial_run("filters", kinds[_i], filters);
}
END_TEST

static void address(struct trial *trial)
{
	static const uint8_t other[6] = {0x02, 0x15, 0x5d, 0x09, 0x08, 0x07};

	trial_up(trial);
	virtual_machine_back(trial->vm, VIRTUAL_MACHINE_OPEN);
	ck_assert_int_eq(nic_mac_set(trial->nic, other), 0);
	trial_up(trial);
	ck_assert_mem_eq(trial->nic->information.mac, other, 6);
	filter_try(trial, witness_mac, false);
	trial_exchange(trial, 4, 100);
}

START_TEST(test_address)
{
	trial_run("MAC change", kinds[_i], address);
}
END_TEST

static void mtus(struct trial *trial)
{
	static const uint16_t all[] = {9000, 576, 4000, 1500};
	unsigned n;

	trial_up(trial);
	for (n = 0; n < sizeof(all) / sizeof(all[0]); n++) {
		virtual_machine_back(trial->vm, VIRTUAL_MACHINE_OPEN);
		ck_assert_int_eq(nic_mtu_set(trial->nic, all[n]), 0);
		trial_up(trial);
		ck_assert_uint_eq(trial->nic->information.mtu, all[n]);
		trial_exchange(trial, 8, all[n] + ETHERNET_HEADER_BYTES);
	}
}

START_TEST(test_mtus)
{
	trial_run("MTU 576 to 9000", kinds[_i], mtus);
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

/** Each thing that the guest asks its platform for fails once. */
static void refused(struct trial *trial, enum machine_fault_kind kind)
{
	struct machine_fault fault = {.kind = kind};
	struct machine *machine = trial->vm->machine;
	struct machine_counters before, after;
	int error;

	machine_counters(machine, &before);
	do {
		fault.n++;
		machine_fault_arm(machine, &fault);
		error = virtual_machine_up(trial->vm, VIRTUAL_MACHINE_STARTED,
					   &trial->callbacks, 0);
		trial->nic = trial->vm->nic;
		ck_assert_int_eq(error == 0, machine_fault_fired(machine) == 0);
		trial_down(trial);
		machine_counters(machine, &after);
		ck_assert_uint_eq(before.live_allocations,
				  after.live_allocations);
	} while (error);
	machine_fault_arm(machine, NULL);
	ck_assert_uint_gt(fault.n, 1);
	trial_up(trial);
	trial_exchange(trial, 2, 100);
	trial_down(trial);
}

static void refusals(struct trial *trial)
{
	refused(trial, MACHINE_FAULT_ALLOCATION);
	refused(trial, MACHINE_FAULT_PAGES);
}

START_TEST(test_refusals)
{
	trial_run("refused memory", kinds[_i], refusals);
}
END_TEST

/** QEMU dies with frames on their way: the driver says so, and cleans up. */
static void death(struct trial *trial)
{
	uint8_t frame[1000];
	unsigned n;

	trial_up(trial);
	trial_exchange(trial, 8, 1000);
	trial_frame_make(frame, sizeof(frame), foreign, 9);
	for (n = 0; n < 8; n++)
		trial_send(trial, frame, sizeof(frame), NULL);
	trial->is_host_gone = true;
	trial->vm->vmm->remove(trial->vm);
	for (n = 0; n < 8; n++)
		trial_send(trial, frame, sizeof(frame), NULL);
	trial->events |= nic_events(trial->nic);
	ck_assert_uint_eq(trial->events & NIC_EVENT_REMOVED, NIC_EVENT_REMOVED);
	ck_assert_int_eq(nic_filter_set(trial->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 ERROR_NO_DEVICE);
	trial_turn(trial);
	ck_assert_uint_eq(trial->stack.transmit_free_count,
			  STACK_TRANSMIT_COUNT);
	trial_down(trial);
	ck_assert_int_eq(virtual_machine_up(trial->vm, VIRTUAL_MACHINE_OPEN,
					    &trial->callbacks, 0),
			 ERROR_NO_DEVICE);
}

START_TEST(test_death)
{
	trial_run("QEMU dies", kinds[_i], death);
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
	suite_add_tcase(suite, life);
	suite_add_tcase(suite, abilities);
	suite_add_tcase(suite, wrong);
	return trial_main(suite);
}
