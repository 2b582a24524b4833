/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vmxnet3 device: its lies, each seen by a guest that does it by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_vmxnet3.h"

static const uint8_t mac[6] = {0x00, 0x50, 0x56, 0x01, 0x02, 0x03};

static void arm(struct raw_vmxnet3 *raw, enum host_vmxnet3_fault fault)
{
	struct host_vmxnet3_faults faults = {.odds = 0};

	faults.when[fault] = HOST_VMXNET3_FAULT_ALWAYS;
	host_vmxnet3_faults_set(raw->card, &faults);
}

static struct raw_vmxnet3 *make(enum host_vmxnet3_fault fault)
{
	const struct raw_vmxnet3_options options = {.revision = 6};
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&options);

	arm(raw, fault);
	return raw;
}

/** The device is left as nobody wants it: no count of violations. */
static void end(struct raw_vmxnet3 *raw, enum host_vmxnet3_fault fault)
{
	assert_true(host_vmxnet3_faults_fired(raw->card, fault) > 0);
	raw_vmxnet3_destroy(raw, machine_violations(raw->machine));
}

static void names_and_numbers(void **state)
{
	enum host_vmxnet3_fault found;
	unsigned n;

	(void)state;
	for (n = 0; n < HOST_VMXNET3_FAULTS; n++) {
		assert_true(host_vmxnet3_fault_find(
			host_vmxnet3_fault_descriptions[n].name, &found));
		assert_int_equal(found, n);
		assert_true(strlen(host_vmxnet3_fault_descriptions[n].text) >
			    5);
	}
	assert_false(host_vmxnet3_fault_find("no-such", &found));
	assert_true(HOST_VMXNET3_FAULTS >= 40);
}

/* ---- Registers ---- */

static void lies_of_registers(void **state)
{
	static const struct {
		enum host_vmxnet3_fault fault;
		unsigned offset;
		uint32_t command, honest;
	} lies[] = {
		{HOST_VMXNET3_FAULT_REVISIONS_NONE, 0x00, 0, 0x7f},
		{HOST_VMXNET3_FAULT_UPT_NONE, 0x08, 0, 1},
		{HOST_VMXNET3_FAULT_MAC_ZERO, 0x28, 0, 0x01565000},
		{HOST_VMXNET3_FAULT_MAC_MULTICAST, 0x28, 0, 0x01565000},
		{HOST_VMXNET3_FAULT_CONF_INTR_WRONG, 0x20, 0xf00d0008, 0},
		{HOST_VMXNET3_FAULT_LINK_ABSURD, 0x20, 0xf00d0002,
		 10000u << 16 | 1},
		{HOST_VMXNET3_FAULT_QUEUES_ABSURD, 0x20, 0xf00d000f, 0x1010},
		{HOST_VMXNET3_FAULT_DATA_SIZE_ABSURD, 0x20, 0xf00d000a, 256},
		{HOST_VMXNET3_FAULT_ICR_STUCK, 0x38, 0, 0},
		{HOST_VMXNET3_FAULT_GONE, 0x00, 0, 0x7f},
	};
	unsigned n;

	(void)state;
	for (n = 0; n < sizeof(lies) / sizeof(lies[0]); n++) {
		const struct raw_vmxnet3_options options = {.revision = 6};
		struct raw_vmxnet3 *raw = raw_vmxnet3_up(&options);

		if (lies[n].command)
			card_register_write(raw, 1, 0x20, lies[n].command);
		assert_int_equal(card_register(raw, 1, lies[n].offset),
				 lies[n].honest);
		arm(raw, lies[n].fault);
		if (lies[n].command)
			card_register_write(raw, 1, 0x20, lies[n].command);
		assert_int_not_equal(card_register(raw, 1, lies[n].offset),
				     lies[n].honest);
		end(raw, lies[n].fault);
	}
}

static void lies_of_activation(void **state)
{
	struct raw_vmxnet3 *raw = raw_vmxnet3_create(NULL);

	(void)state;
	card_prepare(raw);
	arm(raw, HOST_VMXNET3_FAULT_ACTIVATE_FAILS);
	assert_int_equal(card_activate(raw), 1);
	arm(raw, HOST_VMXNET3_FAULT_ACTIVATE_LIES);
	assert_int_equal(card_activate(raw), 0);
	assert_false(host_vmxnet3_is_active(raw->card));
	card_command(raw, 0xf00d0002);
	arm(raw, HOST_VMXNET3_FAULT_RESULT_STALE);
	assert_int_equal(card_command(raw, 0xf00d0005), 10000u << 16 | 1);
	end(raw, HOST_VMXNET3_FAULT_RESULT_STALE);
}

/* ---- Completions of packets ---- */

/** Send three packets; the indices of what comes back, how many. */
static unsigned send_three(enum host_vmxnet3_fault fault, uint32_t index[8],
			   uint32_t words[4])
{
	struct raw_vmxnet3 *raw = make(fault);
	unsigned count = 0, n;

	for (n = 0; n < 3; n++)
		card_send(raw, "0123456789abcdef", 16, 0, 0);
	port_delay(raw->port, 100000);
	while (count < 8 && card_tx_completion(raw, 0, words))
		index[count++] = words[0];
	end(raw, fault);
	return count;
}

static void lies_of_transmit(void **state)
{
	uint32_t index[8], words[4];

	(void)state;
	assert_int_equal(
		send_three(HOST_VMXNET3_FAULT_TX_INDEX_RANGE, index, words), 3);
	assert_true(index[0] >= RAW_VMXNET3_RING);
	assert_int_equal(
		send_three(HOST_VMXNET3_FAULT_TX_INDEX_WRONG, index, words), 3);
	assert_false(index[0] == 0 && index[1] == 1 && index[2] == 2);
	assert_int_equal(send_three(HOST_VMXNET3_FAULT_TX_TWICE, index, words),
			 6);
	assert_int_equal(send_three(HOST_VMXNET3_FAULT_TX_NEVER, index, words),
			 0);
	assert_int_equal(send_three(HOST_VMXNET3_FAULT_TX_ORDER, index, words),
			 2);
	assert_int_equal(index[0], 1);
	assert_int_equal(index[1], 0);
	assert_int_equal(
		send_three(HOST_VMXNET3_FAULT_TX_GARBAGE, index, words), 3);
	assert_int_not_equal(words[1], 0);
	send_three(HOST_VMXNET3_FAULT_TX_GENERATION_EARLY, index, words);
	send_three(HOST_VMXNET3_FAULT_TX_THRESHOLD, index, words);
	send_three(HOST_VMXNET3_FAULT_TX_DISCARD, index, words);
	send_three(HOST_VMXNET3_FAULT_RESET, index, words);
	assert_int_equal(send_three(HOST_VMXNET3_FAULT_QUEUE_STOPPED, index,
				    words) < 3,
			 true);
	send_three(HOST_VMXNET3_FAULT_DEVICE_CHANGED, index, words);
	send_three(HOST_VMXNET3_FAULT_EVENT_SPURIOUS, index, words);
}

/* A completion whose generation comes first is whole a little later. */
static void the_generation_first(void **state)
{
	struct raw_vmxnet3 *raw = make(HOST_VMXNET3_FAULT_TX_GENERATION_EARLY);
	uint8_t *first = raw->queues[0].page + 512;

	(void)state;
	card_send(raw, "0123456789abcdef", 16, 0, 0);
	port_delay(raw->port, 100000);
	first += 16;
	card_send(raw, "0123456789abcdef", 16, 0, 0);
	assert_int_equal(first[15] >> 7, 1);
	assert_int_equal(first[0], 0);
	port_delay(raw->port, 100000);
	assert_int_equal(first[0], 1);
	end(raw, HOST_VMXNET3_FAULT_TX_GENERATION_EARLY);
}

/* ---- Completions of frames ---- */

static unsigned receive_one(enum host_vmxnet3_fault fault, uint32_t words[4])
{
	struct raw_vmxnet3 *raw = make(fault);
	uint8_t frame[300] = {0};
	unsigned count = 0;

	memset(words, 0, 16);
	memcpy(frame, mac, 6);
	card_arrive(raw, frame,
		    fault == HOST_VMXNET3_FAULT_RX_DATA_LENGTH ? 60 : 300);
	port_delay(raw->port, 100000);
	while (card_rx_completion(raw, 0, words))
		count++;
	end(raw, fault);
	return count;
}

static void lies_of_receive(void **state)
{
	uint32_t words[4];

	(void)state;
	assert_int_equal(receive_one(HOST_VMXNET3_FAULT_RX_INDEX_RANGE, words),
			 1);
	assert_true((words[0] & 0xfff) >= RAW_VMXNET3_RING);
	receive_one(HOST_VMXNET3_FAULT_RX_INDEX_WRONG, words);
	receive_one(HOST_VMXNET3_FAULT_RX_QUEUE_RANGE, words);
	assert_int_equal(words[0] >> 16 & 0x3ff, 0x3ff);
	receive_one(HOST_VMXNET3_FAULT_RX_LENGTH, words);
	assert_true((words[2] & 0x3fff) > RAW_VMXNET3_BUFFER);
	receive_one(HOST_VMXNET3_FAULT_RX_NO_SOP, words);
	assert_int_equal(words[0] & 0xc000, 0x4000);
	receive_one(HOST_VMXNET3_FAULT_RX_NO_EOP, words);
	assert_int_equal(words[0] & 0xc000, 0x8000);
	assert_int_equal(receive_one(HOST_VMXNET3_FAULT_RX_EMPTY, words), 2);
	receive_one(HOST_VMXNET3_FAULT_RX_SKIP, words);
	assert_int_equal(words[0] & 0xfff, 1);
	assert_int_equal(receive_one(HOST_VMXNET3_FAULT_RX_TWICE, words), 2);
	assert_int_equal(receive_one(HOST_VMXNET3_FAULT_RX_NEVER, words), 0);
	receive_one(HOST_VMXNET3_FAULT_RX_ERROR, words);
	assert_int_equal(words[2] & 0x4000, 0x4000);
	receive_one(HOST_VMXNET3_FAULT_RX_CHECKSUM_LIES, words);
	assert_int_equal(words[0] >> 30 & 1, 0);
	receive_one(HOST_VMXNET3_FAULT_RX_CHECKSUM_ABSURD, words);
	receive_one(HOST_VMXNET3_FAULT_RX_TYPE_UNKNOWN, words);
	assert_true((words[3] >> 24 & 0x7f) > 4);
	receive_one(HOST_VMXNET3_FAULT_RX_DATA_LENGTH, words);
	assert_int_equal(words[2] & 0x3fff, 129);
	receive_one(HOST_VMXNET3_FAULT_RX_VLAN_ABSURD, words);
	assert_int_equal(words[2] >> 15 & 1, 1);
	receive_one(HOST_VMXNET3_FAULT_RX_UPDATE_PRODUCER, words);
	receive_one(HOST_VMXNET3_FAULT_RX_GENERATION_EARLY, words);
}

/* ---- Interrupts and events ---- */

static void lies_of_interrupts(void **state)
{
	struct raw_vmxnet3 *raw = make(HOST_VMXNET3_FAULT_INTERRUPT_LOST);

	(void)state;
	card_send(raw, "0123456789abcdef", 16, 0, 0);
	assert_int_equal(raw->taken[0], 0);
	end(raw, HOST_VMXNET3_FAULT_INTERRUPT_LOST);
	raw = make(HOST_VMXNET3_FAULT_IMR_IGNORED);
	card_send(raw, "0123456789abcdef", 16, 0, 0);
	card_send(raw, "0123456789abcdef", 16, 0, 0);
	assert_int_equal(raw->taken[0], 2);
	end(raw, HOST_VMXNET3_FAULT_IMR_IGNORED);
	raw = make(HOST_VMXNET3_FAULT_INTERRUPT_SPURIOUS);
	card_send(raw, "0123456789abcdef", 16, 0, 0);
	port_delay(raw->port, 100000);
	end(raw, HOST_VMXNET3_FAULT_INTERRUPT_SPURIOUS);
	raw = make(HOST_VMXNET3_FAULT_INTERRUPT_STORM);
	card_send(raw, "0123456789abcdef", 16, 0, 0);
	end(raw, HOST_VMXNET3_FAULT_INTERRUPT_STORM);
	raw = make(HOST_VMXNET3_FAULT_EVENT_LOST);
	host_vmxnet3_link_set(raw->card, false);
	assert_int_equal(card_get32(raw->shared + 696), 0);
	end(raw, HOST_VMXNET3_FAULT_EVENT_LOST);
	raw = make(HOST_VMXNET3_FAULT_EVENT_STORM);
	host_vmxnet3_link_set(raw->card, false);
	card_register_write(raw, 1, 0x40, 4);
	assert_int_equal(card_get32(raw->shared + 696), 4);
	end(raw, HOST_VMXNET3_FAULT_EVENT_STORM);
	raw = make(HOST_VMXNET3_FAULT_STATS_ABSURD);
	card_command(raw, 0xf00d0001);
	end(raw, HOST_VMXNET3_FAULT_STATS_ABSURD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers),
		cmocka_unit_test(lies_of_registers),
		cmocka_unit_test(lies_of_activation),
		cmocka_unit_test(lies_of_transmit),
		cmocka_unit_test(the_generation_first),
		cmocka_unit_test(lies_of_receive),
		cmocka_unit_test(lies_of_interrupts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
