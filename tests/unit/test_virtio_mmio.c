/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bringing a virtio network device up, and down again: registers, status,
 * features, configuration, against a device that does what the test says. A
 * test that stands for a mistake that drivers make has its number in its name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "tests/support/scripted_virtio.h"
#include "virtio/virtio_mmio.h"

/* The position of a write behind another. */
static unsigned position(struct virtio_script *script, uint32_t offset,
			 uint32_t value, unsigned from)
{
	unsigned i;

	for (i = from; i < script->logged; i++)
		if (script->log[i].is_write &&
		    script->log[i].offset == offset &&
		    script->log[i].value == value)
			return i;
	fail_msg("register %#x was not written %#x", offset, value);
	return 0;
}

/* ---- What is there ---- */

static void wrong_magic(struct virtio_script *script)
{
	script->magic = 0x74726977;
}

static void m1_wrong_magic(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_NO_DEVICE);
	assert_int_equal(script->logged, 1);
}

static void old_version(struct virtio_script *script)
{
	script->version = 1;
}

/* M1, M41: one of the legacy interface is not touched. */
static void m1_m41_old_version(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_NO_DEVICE);
	assert_int_equal(script->logged, 2);
	assert_int_equal(script->log[0].offset, 0);
	assert_int_equal(script->log[1].offset, 4);
}

static void no_device(struct virtio_script *script)
{
	script->device_id = 0;
}

static void m1_empty_place(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_NO_DEVICE);
	assert_int_equal(script->logged, 3);
	assert_int_equal(script->log[2].offset, 8);
}

static void a_disk(struct virtio_script *script)
{
	script->device_id = 2;
}

/* M36: another device is left to others. */
static void m36_another_device(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_NO_DEVICE);
	assert_int_equal(virtio_script_writes(script, 0x70), 0);
}

static void nobody(struct virtio_script *script)
{
	script->gone = true;
}

static void m38_nothing_there(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_NO_DEVICE);
}

static void short_place(struct virtio_script *script)
{
	script->place.bytes = 0xff;
}

static void m39_place_too_small(struct virtio_script *script)
{
	struct virtio_mmio mmio = {0};
	struct virtio_mmio_place place = script->place;

	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_INVALID);
	assert_int_equal(script->logged, 0);
	/* Not aligned, and over the end of all addresses. */
	place.bytes = 0x200;
	place.base++;
	assert_int_equal(virtio_mmio_open(&mmio, script->port, &place),
			 ERROR_INVALID);
	place.base = UINT64_MAX - 0x103;
	assert_int_equal(virtio_mmio_open(&mmio, script->port, &place),
			 ERROR_INVALID);
	virtio_mmio_close(&mmio);
}

static void small_place(struct virtio_script *script)
{
	script->place.bytes = 0x200;
}

/* M39: nothing is read behind the end; QEMU has 512 bytes. */
static void m39_bounds(struct virtio_script *script)
{
	struct virtio_mmio mmio = {0};

	assert_int_equal(virtio_mmio_open(&mmio, script->port, &script->place),
			 0);
	assert_int_equal(mmio.device_id, 1);
	assert_int_equal(mmio.vendor_id, 0x554d4551);
	assert_int_equal(virtio_mmio_config8(&mmio, 0), 6);
	script->logged = 0;
	assert_int_equal(virtio_mmio_config8(&mmio, 0x100), 0);
	assert_int_equal(virtio_mmio_config16(&mmio, 0xff), 0);
	assert_int_equal(virtio_mmio_config32(&mmio, 0xfd), 0);
	assert_int_equal(virtio_mmio_config32(&mmio, 0xfffffe00), 0);
	assert_int_equal(script->logged, 0);
	virtio_mmio_close(&mmio);
	virtio_mmio_close(&mmio);
}

/* ---- Status and features ---- */

/* M3, M5, M14, M16, M18: in the one order that Firecracker allows. */
static void m3_order(struct virtio_script *script)
{
	unsigned at = 0, queue;

	assert_int_equal(script->status, 0xb);
	assert_int_equal(nic_start(script->nic), 0);
	at = position(script, 0x70, 0, at);
	at = position(script, 0x70, 1, at);
	at = position(script, 0x70, 3, at);
	at = position(script, 0x14, 0, at);
	at = position(script, 0x14, 1, at);
	at = position(script, 0x24, 0, at);
	at = position(script, 0x20, (uint32_t)script->accepted, at);
	at = position(script, 0x24, 1, at);
	at = position(script, 0x20, 1, at);
	at = position(script, 0x70, 0xb, at);
	for (queue = 0; queue < 2; queue++) {
		at = position(script, 0x30, queue, at);
		at = position(script, 0x38, 64, at);
		at = position(script, 0x44, 1, at);
	}
	at = position(script, 0x70, 0xf, at);
	/* M18: what was told before is lost, so it is told now. */
	at = position(script, 0x50, 0, at);
	assert_int_equal(virtio_script_writes(script, 0x70), 5);
	assert_int_equal(script->early_kicks, 0);
	assert_int_equal(script->status, 0xf);
}

static void slow_reset(struct virtio_script *script)
{
	script->reset_reads = 40;
}

static void m2_reset_is_waited_for(struct virtio_script *script)
{
	assert_non_null(script->nic);
	assert_true(virtio_script_reads(script, 0x70) > 40);
	assert_int_equal(nic_start(script->nic), 0);
}

static void endless_reset(struct virtio_script *script)
{
	script->reset_stuck = true;
}

static void m2_reset_without_end(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_TIMED_OUT);
	/* Nothing was asked of it before its reset was done. */
	assert_int_equal(virtio_script_writes(script, 0x70), 1);
}

static void failed_before(struct virtio_script *script)
{
	script->status = 0x8f;
	script->reset_fails = true;
}

/* M4: one that somebody before started cannot be had. */
static void m4_failed_for_ever(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_IO);
	assert_int_equal(virtio_script_writes(script, 0x70), 1);
}

static void no_version_1(struct virtio_script *script)
{
	script->offered &= ~VIRTIO_BIT(F_VERSION_1);
}

static void m5_version_1_is_needed(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_NOT_SUPPORTED);
	/* Given up, and said so. */
	assert_int_equal(script->status, 0x83);
	assert_int_equal(virtio_script_writes(script, 0x20), 0);
}

static void refuse_features(struct virtio_script *script)
{
	script->features_refused = true;
}

static void m7_features_refused(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_NOT_SUPPORTED);
	assert_int_equal(script->status, 0x83);
	assert_int_equal(virtio_script_written(script, 0x70, 4), 0x83);
	assert_int_equal(virtio_script_writes(script, 0x44), 0);
}

/* M6: accepted once, and the same after a reset. */
static void m6_accepted_once(struct virtio_script *script)
{
	uint64_t before = script->accepted;

	assert_int_equal(virtio_script_writes(script, 0x20), 2);
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(virtio_script_writes(script, 0x20), 2);
	assert_int_equal(virtio_net_features(script->nic), before);
	nic_stop(script->nic);
	assert_int_equal(script->status, 0);
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(script->accepted, before);
	/* A device that becomes another one is none for this card. */
	nic_stop(script->nic);
	script->offered &= ~VIRTIO_BIT(F_CSUM);
	assert_int_equal(nic_start(script->nic), ERROR_PROTOCOL);
	script->offered |= VIRTIO_BIT(F_CSUM);
	assert_int_equal(nic_start(script->nic), 0);
}

#define ALL UINT64_MAX

static void everything(struct virtio_script *script)
{
	script->offered = ALL & ~VIRTIO_BIT(F_PACKED);
	script->configuration.large_receive = true;
	script->configuration.vlan_filter = true;
	script->configuration.queues = 4;
	script->config[8] = 4;
	script->control_queue = 8;
}

/* M8, M34: nothing that is not known, and no fragments of UDP. */
static void m34_only_what_is_known(struct virtio_script *script)
{
	const uint64_t expected =
		VIRTIO_BIT(F_CSUM) | VIRTIO_BIT(F_GUEST_CSUM) |
		VIRTIO_BIT(F_MTU) | VIRTIO_BIT(F_MAC) |
		VIRTIO_BIT(F_GUEST_TSO4) | VIRTIO_BIT(F_GUEST_TSO6) |
		VIRTIO_BIT(F_HOST_TSO4) | VIRTIO_BIT(F_HOST_TSO6) |
		VIRTIO_BIT(F_HOST_ECN) | VIRTIO_BIT(F_MRG_RXBUF) |
		VIRTIO_BIT(F_STATUS) | VIRTIO_BIT(F_CTRL_VQ) |
		VIRTIO_BIT(F_CTRL_RX) | VIRTIO_BIT(F_CTRL_VLAN) |
		VIRTIO_BIT(F_CTRL_RX_EXTRA) | VIRTIO_BIT(F_GUEST_ANNOUNCE) |
		VIRTIO_BIT(F_MQ) | VIRTIO_BIT(F_CTRL_MAC_ADDR) |
		VIRTIO_BIT(F_INDIRECT) | VIRTIO_BIT(F_EVENT_IDX) |
		VIRTIO_BIT(F_VERSION_1) | VIRTIO_BIT(F_GUEST_HDRLEN) |
		VIRTIO_BIT(F_SPEED_DUPLEX);

	assert_int_equal(script->accepted, expected);
	assert_int_equal(script->nic->information.queues, 4);
	assert_int_equal(nic_start(script->nic), 0);
}

static void nothing_but_the_least(struct virtio_script *script)
{
	script->offered = VIRTIO_BIT(F_VERSION_1);
}

/* M9, M11: no address, no link to be heard of. */
static void m9_m11_bare_device(struct virtio_script *script)
{
	const struct nic_information *information = &script->nic->information;
	struct nic_link link;
	unsigned i;

	assert_int_equal(script->accepted, VIRTIO_BIT(F_VERSION_1));
	assert_int_equal(information->mac[0] & 3, 2);
	assert_int_equal(information->mtu, 1500);
	/* Nothing of the configuration is there, and none is read. */
	for (i = 0; i < script->logged; i++)
		assert_true(script->log[i].offset < 0x100);
	assert_int_equal(nic_start(script->nic), 0);
	nic_link(script->nic, &link);
	assert_true(link.up);
	assert_int_equal(nic_events(script->nic) & NIC_EVENT_LINK, 0);
	assert_int_equal(nic_filter_set(script->nic, NIC_FILTER_PROMISCUOUS,
					NULL, 0),
			 0);
	assert_int_equal(nic_mac_set(script->nic, information->mac),
			 ERROR_NOT_SUPPORTED);
}

/* M8: none without that which it needs; each dependency broken alone. */
static const struct {
	uint64_t missing, gone;
} dependencies[] = {
	{VIRTIO_BIT(F_CSUM), VIRTIO_BIT(F_HOST_TSO4) | VIRTIO_BIT(F_HOST_TSO6) |
				     VIRTIO_BIT(F_HOST_ECN)},
	{VIRTIO_BIT(F_GUEST_CSUM),
	 VIRTIO_BIT(F_GUEST_TSO4) | VIRTIO_BIT(F_GUEST_TSO6)},
	{VIRTIO_BIT(F_HOST_TSO4) | VIRTIO_BIT(F_HOST_TSO6),
	 VIRTIO_BIT(F_HOST_ECN)},
	{VIRTIO_BIT(F_CTRL_VQ),
	 VIRTIO_BIT(F_CTRL_RX) | VIRTIO_BIT(F_CTRL_VLAN) |
		 VIRTIO_BIT(F_CTRL_RX_EXTRA) | VIRTIO_BIT(F_GUEST_ANNOUNCE) |
		 VIRTIO_BIT(F_MQ) | VIRTIO_BIT(F_CTRL_MAC_ADDR)},
	{VIRTIO_BIT(F_CTRL_RX),
	 VIRTIO_BIT(F_CTRL_RX_EXTRA) | VIRTIO_BIT(F_CTRL_MAC_ADDR)},
	{VIRTIO_BIT(F_STATUS), VIRTIO_BIT(F_GUEST_ANNOUNCE)},
};

static unsigned dependency;

static void one_missing(struct virtio_script *script)
{
	everything(script);
	script->offered &= ~dependencies[dependency].missing;
	script->control_queue = VIRTIO_SCRIPT_QUEUES;
}

static void m8_dependency(struct virtio_script *script)
{
	uint64_t missing = dependencies[dependency].missing;

	assert_int_equal(script->accepted & missing, 0);
	assert_int_equal(script->accepted & dependencies[dependency].gone, 0);
}

static void edge_M8_dependencies(void **state)
{
	(void)state;
	for (dependency = 0; dependency < 6; dependency++)
		virtio_script_run(m8_dependency, one_missing, false);
}

static void features_off(struct virtio_script *script)
{
	script->configuration.features_off =
		VIRTIO_BIT(F_EVENT_IDX) | VIRTIO_BIT(F_CSUM);
}

static void features_are_left_out(struct virtio_script *script)
{
	assert_int_equal(script->accepted & script->configuration.features_off,
			 0);
	assert_int_equal(script->accepted & VIRTIO_BIT(F_HOST_TSO4), 0);
}

/* ---- Configuration ---- */

static void changing(struct virtio_script *script)
{
	script->config_changes = 20;
	script->offered |= VIRTIO_BIT(F_MTU);
}

static void m13_read_again(struct virtio_script *script)
{
	assert_non_null(script->nic);
	assert_int_equal(script->nic->information.mac[5], 3);
	assert_int_equal(script->config_changes, 0);
}

static void changing_for_ever(struct virtio_script *script)
{
	script->config_changes = 1000000;
}

static void m13_never_at_rest(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_IO);
	assert_true(virtio_script_reads(script, 0x100) < 100);
}

static void with_mtu(struct virtio_script *script, uint16_t mtu)
{
	script->offered |= VIRTIO_BIT(F_MTU);
	script->config[10] = (uint8_t)mtu;
	script->config[11] = (uint8_t)(mtu >> 8);
}

static void mtu_1400(struct virtio_script *script)
{
	with_mtu(script, 1400);
}

static void m10_mtu_of_the_device(struct virtio_script *script)
{
	assert_int_equal(script->nic->information.mtu, 1400);
	assert_int_equal(script->nic->information.mtu_max, 1400);
	assert_int_equal(script->nic->information.mtu_min, 68);
	assert_int_equal(nic_mtu_set(script->nic, 1401), ERROR_INVALID);
	assert_int_equal(nic_mtu_set(script->nic, 67), ERROR_INVALID);
	assert_int_equal(nic_mtu_set(script->nic, 68), 0);
	assert_int_equal(script->nic->information.mtu, 68);
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(nic_mtu_set(script->nic, 100), ERROR_BUSY);
}

static void mtu_9000(struct virtio_script *script)
{
	with_mtu(script, 9000);
	script->offered &= ~VIRTIO_BIT(F_MRG_RXBUF);
}

/* Room for such frames, though buffers are not mergeable. */
static void m10_mtu_needs_room(struct virtio_script *script)
{
	static uint8_t content[9014];

	assert_int_equal(script->nic->information.mtu, 9000);
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(virtio_script_receive(script, 0, NULL, content, 9014),
			 1);
	assert_true(script->chain.writable >= 9000 + 18 + 12);
}

static void mtu_67(struct virtio_script *script)
{
	with_mtu(script, 67);
}

static void m10_mtu_is_not_believed(struct virtio_script *script)
{
	assert_int_equal(script->nic->information.mtu, 1500);
}

static void mtu_huge(struct virtio_script *script)
{
	with_mtu(script, 65535);
	script->configuration.mtu = 4000;
}

static void m10_mtu_is_clamped(struct virtio_script *script)
{
	assert_int_equal(script->nic->information.mtu, 4000);
	assert_int_equal(script->nic->information.mtu_max, 65521);
}

/* M12: each field by its width; the device insists on that. */
static void m12_address_by_bytes(struct virtio_script *script)
{
	static const uint8_t mac[] = {6, 0, 0, 1, 2, 3};
	unsigned i;

	assert_memory_equal(script->nic->information.mac, mac, 6);
	for (i = 0; i < 6; i++)
		assert_int_equal(virtio_script_reads(script, 0x100 + i) > 0, 1);
}

static void mac_zero(struct virtio_script *script)
{
	memset(script->config, 0, 6);
}

static void m11_no_address(struct virtio_script *script)
{
	static const uint8_t none[6];

	assert_memory_not_equal(script->nic->information.mac, none, 6);
	assert_int_equal(script->nic->information.mac[0] & 3, 2);
}

static const uint8_t chosen_mac[] = {0x02, 1, 2, 3, 4, 5};

static void mac_given(struct virtio_script *script)
{
	script->offered &= ~VIRTIO_BIT(F_MAC);
	script->configuration.mac = chosen_mac;
}

static void m11_address_from_the_board(struct virtio_script *script)
{
	assert_memory_equal(script->nic->information.mac, chosen_mac, 6);
}

/* ---- Queues ---- */

static void other_sizes(struct virtio_script *script)
{
	script->queue_sizes[0] = 1024;
	script->queue_sizes[1] = 48;
	script->configuration.receive_queue = 0;
	script->configuration.transmit_queue = 0;
}

/* M14: no more than there is, and a power of two. */
static void m14_sizes(struct virtio_script *script)
{
	assert_int_equal(nic_start(script->nic), 0);
	assert_int_equal(script->queues[0].size, 256);
	assert_int_equal(script->queues[1].size, 32);
}

static void large_queues(struct virtio_script *script)
{
	script->queue_sizes[0] = 1024;
	script->queue_sizes[1] = 1024;
	script->configuration.receive_queue = 1024;
	script->configuration.transmit_queue = 1024;
}

/* M42: each area aligned, zeroed, contiguous in physical memory. */
static void m42_ring_memory(struct virtio_script *script)
{
	const struct virtio_script_queue *queue;
	unsigned i, j;

	assert_int_equal(nic_start(script->nic), 0);
	for (i = 0; i < 2; i++) {
		queue = &script->queues[i];
		assert_int_equal(queue->size, 1024);
		assert_int_equal(queue->descriptors % 16, 0);
		assert_int_equal(queue->driver % 2, 0);
		assert_int_equal(queue->device % 4, 0);
		for (j = 0; j < 8 * 1024; j += 2)
			assert_int_equal(virtio_script_ram16(script,
							     queue->device + j),
					 0);
	}
	for (j = 0; virtio_script_take(script, 0, &script->chain); j++)
		virtio_script_use(script, &script->chain, 0);
	assert_true(j > 700);
}

static void no_queue(struct virtio_script *script)
{
	script->queue_sizes[1] = 0;
}

static void m14_no_queue(struct virtio_script *script)
{
	assert_null(script->nic);
	assert_int_equal(script->open_error, ERROR_IO);
	/* Given up, and said so. */
	assert_int_equal(script->status, 0x8b);
}

static void stuck(struct virtio_script *script)
{
	script->queues_stuck = true;
}

/* M15: a write that was dropped is seen. */
static void m15_queue_is_not_ready(struct virtio_script *script)
{
	assert_int_equal(nic_start(script->nic), ERROR_PROTOCOL);
	assert_int_equal(virtio_script_writes(script, 0x70), 5);
	assert_int_equal(script->status, 0);
	script->queues_stuck = false;
	assert_int_equal(nic_start(script->nic), 0);
}

static void not_ready(struct virtio_script *script)
{
	script->ready_refused = true;
}

static void m17_not_activated(struct virtio_script *script)
{
	assert_int_equal(nic_start(script->nic), ERROR_PROTOCOL);
	assert_int_equal(script->status, 0);
	assert_int_equal(script->queues[0].kicks, 0);
	assert_int_equal(script->released, script->supplied);
	script->ready_refused = false;
	assert_int_equal(nic_start(script->nic), 0);
}

/* ---- Reset, removal, faults ---- */

static void m30_needs_reset(struct virtio_script *script)
{
	script->status |= 0x40;
	virtio_script_interrupt(script, 2);
	assert_int_equal(script->event_wakes, 1);
	assert_int_equal(nic_events(script->nic) & NIC_EVENT_RECOVERED,
			 NIC_EVENT_RECOVERED);
	assert_int_equal(script->status, 0xf);
	assert_int_equal(nic_events(script->nic), 0);
}

static void once(struct virtio_script *script)
{
	script->vendor_id = 0;
	script->reset_fails = true;
}

/* M4, M30: left quiet where a reset would not help. */
static void m30_needs_reset_once(struct virtio_script *script)
{
	unsigned writes = virtio_script_writes(script, 0x70);

	script->status |= 0x40;
	virtio_script_interrupt(script, 2);
	assert_int_equal(nic_events(script->nic) & NIC_EVENT_FAILED,
			 NIC_EVENT_FAILED);
	assert_int_equal(virtio_script_writes(script, 0x70), writes);
	assert_int_equal(nic_events(script->nic), 0);
	assert_int_equal(script->event_wakes, 1);
}

static void m43_memory_is_kept(struct virtio_script *script)
{
	struct machine_counters counters;

	nic_close(script->nic);
	script->nic = NULL;
	machine_counters(script->machine, &counters);
	/* It goes on, so nothing of it is given back. */
	assert_int_equal(script->status & 0x80, 0x80);
	assert_int_equal(script->released, 0);
	assert_true(counters.live_allocations > 5);
	assert_non_null(script->kept.first);
	virtio_net_kept_free(&script->kept);
	assert_int_equal(script->released, script->supplied);
}

/* It was shown queues, would not start, and would not be reset either. */
static void m43_start_fails(struct virtio_script *script)
{
	script->ready_refused = true;
	script->reset_stuck = true;
	assert_int_not_equal(nic_start(script->nic), 0);
	nic_close(script->nic);
	script->nic = NULL;
	assert_int_equal(script->released, 0);
	assert_non_null(script->kept.first);
	virtio_net_kept_free(&script->kept);
	assert_int_equal(script->released, script->supplied);
}

static void always(struct virtio_script *script)
{
	script->vendor_id = 0;
	script->configuration.reset = VIRTIO_NET_RESET_ALWAYS;
}

static void vendor_is_overruled(struct virtio_script *script)
{
	nic_stop(script->nic);
	assert_int_equal(script->status, 0);
	assert_int_equal(nic_start(script->nic), 0);
}

static void removed(struct virtio_script *script)
{
	script->gone = true;
	assert_int_equal(nic_events(script->nic) & NIC_EVENT_REMOVED,
			 NIC_EVENT_REMOVED);
	assert_int_equal(nic_start(script->nic), ERROR_NO_DEVICE);
	assert_int_equal(nic_filter_set(script->nic, 0, NULL, 0),
			 ERROR_NO_DEVICE);
	nic_stop(script->nic);
	assert_int_equal(script->released, script->supplied);
}

static void removed_in_the_handler(struct virtio_script *script)
{
	script->gone = true;
	virtio_script_interrupt(script, 1);
	assert_int_equal(script->event_wakes, 1);
	assert_int_equal(nic_events(script->nic) & NIC_EVENT_REMOVED,
			 NIC_EVENT_REMOVED);
}

#define CASE(test, body, prepare, start)                                       \
	static void test(void **state)                                         \
	{                                                                      \
		(void)state;                                                   \
		virtio_script_run(body, prepare, start);                       \
	}

CASE(edge_M1_wrong_magic, m1_wrong_magic, wrong_magic, false)
CASE(edge_M1_M41_old_version, m1_m41_old_version, old_version, false)
CASE(edge_M1_empty_place, m1_empty_place, no_device, false)
CASE(edge_M36_another_device, m36_another_device, a_disk, false)
CASE(edge_M38_nothing_there, m38_nothing_there, nobody, false)
CASE(edge_M39_place_too_small, m39_place_too_small, short_place, false)
CASE(edge_M39_bounds, m39_bounds, small_place, false)
CASE(edge_M3_M5_M16_M18_order, m3_order, NULL, false)
CASE(edge_M2_reset_is_waited_for, m2_reset_is_waited_for, slow_reset, false)
CASE(edge_M2_reset_without_end, m2_reset_without_end, endless_reset, false)
CASE(edge_M4_failed_for_ever, m4_failed_for_ever, failed_before, false)
CASE(edge_M5_version_1_is_needed, m5_version_1_is_needed, no_version_1, false)
CASE(edge_M7_features_refused, m7_features_refused, refuse_features, false)
CASE(edge_M6_accepted_once, m6_accepted_once, NULL, false)
CASE(edge_M34_only_what_is_known, m34_only_what_is_known, everything, false)
CASE(edge_M9_M11_bare_device, m9_m11_bare_device, nothing_but_the_least, false)
CASE(features_are_left_out_test, features_are_left_out, features_off, false)
CASE(edge_M13_read_again, m13_read_again, changing, false)
CASE(edge_M13_never_at_rest, m13_never_at_rest, changing_for_ever, false)
CASE(edge_M10_mtu_of_the_device, m10_mtu_of_the_device, mtu_1400, false)
CASE(edge_M10_mtu_needs_room, m10_mtu_needs_room, mtu_9000, false)
CASE(edge_M10_mtu_is_not_believed, m10_mtu_is_not_believed, mtu_67, false)
CASE(edge_M10_mtu_is_clamped, m10_mtu_is_clamped, mtu_huge, false)
CASE(edge_M12_address_by_bytes, m12_address_by_bytes, NULL, false)
CASE(edge_M11_no_address, m11_no_address, mac_zero, false)
CASE(edge_M11_address_from_the_board, m11_address_from_the_board, mac_given,
     false)
CASE(edge_M14_sizes, m14_sizes, other_sizes, false)
CASE(edge_M42_ring_memory, m42_ring_memory, large_queues, false)
CASE(edge_M14_no_queue, m14_no_queue, no_queue, false)
CASE(edge_M15_queue_is_not_ready, m15_queue_is_not_ready, stuck, false)
CASE(edge_M17_not_activated, m17_not_activated, not_ready, false)
CASE(edge_M30_needs_reset, m30_needs_reset, NULL, true)
CASE(edge_M30_needs_reset_once, m30_needs_reset_once, once, true)
CASE(edge_M43_memory_is_kept, m43_memory_is_kept, once, true)
CASE(edge_M43_start_fails, m43_start_fails, NULL, false)
CASE(vendor_is_overruled_test, vendor_is_overruled, always, true)
CASE(removed_test, removed, NULL, true)
CASE(removed_in_the_handler_test, removed_in_the_handler, NULL, true)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_M1_wrong_magic),
		cmocka_unit_test(edge_M1_M41_old_version),
		cmocka_unit_test(edge_M1_empty_place),
		cmocka_unit_test(edge_M36_another_device),
		cmocka_unit_test(edge_M38_nothing_there),
		cmocka_unit_test(edge_M39_place_too_small),
		cmocka_unit_test(edge_M39_bounds),
		cmocka_unit_test(edge_M3_M5_M16_M18_order),
		cmocka_unit_test(edge_M2_reset_is_waited_for),
		cmocka_unit_test(edge_M2_reset_without_end),
		cmocka_unit_test(edge_M4_failed_for_ever),
		cmocka_unit_test(edge_M5_version_1_is_needed),
		cmocka_unit_test(edge_M7_features_refused),
		cmocka_unit_test(edge_M6_accepted_once),
		cmocka_unit_test(edge_M34_only_what_is_known),
		cmocka_unit_test(edge_M9_M11_bare_device),
		cmocka_unit_test(edge_M8_dependencies),
		cmocka_unit_test(features_are_left_out_test),
		cmocka_unit_test(edge_M13_read_again),
		cmocka_unit_test(edge_M13_never_at_rest),
		cmocka_unit_test(edge_M10_mtu_of_the_device),
		cmocka_unit_test(edge_M10_mtu_needs_room),
		cmocka_unit_test(edge_M10_mtu_is_not_believed),
		cmocka_unit_test(edge_M10_mtu_is_clamped),
		cmocka_unit_test(edge_M12_address_by_bytes),
		cmocka_unit_test(edge_M11_no_address),
		cmocka_unit_test(edge_M11_address_from_the_board),
		cmocka_unit_test(edge_M14_sizes),
		cmocka_unit_test(edge_M42_ring_memory),
		cmocka_unit_test(edge_M14_no_queue),
		cmocka_unit_test(edge_M15_queue_is_not_ready),
		cmocka_unit_test(edge_M17_not_activated),
		cmocka_unit_test(edge_M30_needs_reset),
		cmocka_unit_test(edge_M30_needs_reset_once),
		cmocka_unit_test(edge_M43_memory_is_kept),
		cmocka_unit_test(edge_M43_start_fails),
		cmocka_unit_test(vendor_is_overruled_test),
		cmocka_unit_test(removed_test),
		cmocka_unit_test(removed_in_the_handler_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
