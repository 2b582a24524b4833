/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * QEMU's vmxnet3 and virtio-net on a TAP, where they pass offloads on instead
 * of doing them: frames to be cut up go to Linux whole, with what to do with
 * them beside; and frames whose checksum is still to be made come in.
 *
 * The test has a network of its own, which ends with it. The far end of the TAP
 * is a packet socket that shows the virtio_net_hdr of each frame (packet(7),
 * PACKET_VNET_HDR).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/interop/qemu/trial.h"
#include "tests/support/raw_vmxnet3.h"

#define TAP	      "witness0"
/** With two pairs of queues. */
#define TAP_QUEUES    "witness1"
#define TAP_MTU	      9000
#define SEGMENT_BYTES 1000u
#define PAYLOAD	      4000u
#define TRIES	      2000u
#define FLOWS	      32u

/** A frame with what Linux knows of it. */
struct tap_frame {
	struct virtio_net_hdr header;
	uint8_t data[STACK_FRAME_MAX];
};

static int tap_socket = -1;

static const char *const hosts[] = {"q35-tap", "microvm-tap",
				    "microvm-tap-packed"};
#define HOSTS	     3
#define HOSTS_VIRTIO 1

/* ---- The TAP ---- */

/** A network without anything but what is made here. */
static bool network_create(char *reason)
{
	if (unshare(CLONE_NEWNET) < 0)
		snprintf(reason, QEMU_REASON_MAX,
			 "no network namespace of our own: %s",
			 strerror(errno));
	else if (access("/dev/net/tun", R_OK | W_OK) < 0)
		snprintf(reason, QEMU_REASON_MAX, "/dev/net/tun: %s",
			 strerror(errno));
	else
		return true;
	return false;
}

/** Make one that stays, for QEMU to open. */
static bool tap_create(const char *name, short flags, char *reason)
{
	struct ifreq request = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI |
						     IFF_VNET_HDR | flags)};
	int tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool done;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	done = tap >= 0 && control >= 0 &&
	       ioctl(tap, TUNSETIFF, &request) == 0 &&
	       ioctl(tap, TUNSETPERSIST, 1) == 0;
	request.ifr_mtu = TAP_MTU;
	done = done && ioctl(control, SIOCSIFMTU, &request) == 0;
	request.ifr_flags = IFF_UP | IFF_NOARP;
	done = done && ioctl(control, SIOCSIFFLAGS, &request) == 0;
	if (!done)
		snprintf(reason, QEMU_REASON_MAX, "no TAP interface: %s",
			 strerror(errno));
	if (tap >= 0)
		close(tap);
	if (control >= 0)
		close(control);
	return done;
}

/** The far end. */
static bool tap_listen(const char *name, char *reason)
{
	const int on = 1;
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name),
	};

	if (tap_socket >= 0)
		close(tap_socket);
	tap_socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (tap_socket >= 0 &&
	    setsockopt(tap_socket, SOL_PACKET, PACKET_VNET_HDR, &on,
		       sizeof(on)) == 0 &&
	    bind(tap_socket, (struct sockaddr *)&address, sizeof(address)) == 0)
		return true;
	snprintf(reason, QEMU_REASON_MAX, "no packet socket: %s",
		 strerror(errno));
	return false;
}

/** The next frame of ours; Linux says things of its own as well. */
static uint32_t tap_receive(struct trial *trial, struct tap_frame *frame,
			    const uint8_t wanted[12])
{
	struct pollfd ready = {tap_socket, POLLIN, 0};
	unsigned tries;
	ssize_t bytes;

	for (tries = 0; tries < TRIES; tries++) {
		trial_turn(trial);
		if (poll(&ready, 1, 5) <= 0)
			continue;
		bytes = recv(tap_socket, frame, sizeof(*frame), 0);
		if (bytes <= (ssize_t)sizeof(frame->header) + 12 ||
		    memcmp(frame->data, wanted, 12) != 0)
			continue;
		bytes -= (ssize_t)sizeof(frame->header);
		witness_traffic.sent_frames++;
		witness_traffic.sent_bytes += (uint64_t)bytes;
		return (uint32_t)bytes;
	}
	ck_abort_msg("no frame came out of the TAP");
	return 0;
}

/* ---- Frames ---- */

static void segmentation(struct trial *trial, unsigned version)
{
	static struct tap_frame out;
	uint8_t frame[STACK_FRAME_MAX];
	uint32_t bytes =
		card_frame_make(frame, version, true, 1234, 77, PAYLOAD);
	struct net_packet how = {
		.flags = NET_TX_TSO | NET_TX_CHECKSUM_TCP,
		.l3_offset = ETHERNET_HEADER_BYTES,
		.l4_offset = version == 4 ? 34 : 54,
		.segment_bytes = SEGMENT_BYTES,
	};

	if (version == 6)
		how.flags |= NET_IPV6;
	memcpy(frame, "\x02\x00\x00\x00\x00\x55", 6);
	card_frame_unsum(frame, bytes);
	trial_send(trial, frame, bytes, &how);
	witness_lost(trial->vm, 1, 0);
	ck_assert_uint_eq(tap_receive(trial, &out, frame), bytes);
	ck_assert_uint_eq(out.header.gso_type & ~VIRTIO_NET_HDR_GSO_ECN,
			  version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4
				       : VIRTIO_NET_HDR_GSO_TCPV6);
	ck_assert_uint_eq(out.header.gso_size, SEGMENT_BYTES);
	ck_assert_uint_eq(out.header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM,
			  VIRTIO_NET_HDR_F_NEEDS_CSUM);
	ck_assert_uint_eq(out.header.csum_start, how.l4_offset);
	ck_assert_uint_eq(out.header.csum_offset, 16);
	ck_assert_mem_eq(out.data + how.l4_offset + 20,
			 frame + how.l4_offset + 20, PAYLOAD);
	trial_await(trial, 0, 0);
}

static void segmented(struct trial *trial)
{
	trial_up(trial);
	segmentation(trial, 4);
	segmentation(trial, 6);
}

START_TEST(test_segmentation)
{
	trial_run("TSO on a TAP", hosts[_i], segmented);
}
END_TEST

/** The far end sends a frame. */
static void tap_write(const struct tap_frame *in, uint32_t bytes)
{
	ck_assert_int_eq(send(tap_socket, in, sizeof(in->header) + bytes, 0),
			 (ssize_t)(sizeof(in->header) + bytes));
	witness_traffic.received_frames++;
	witness_traffic.received_bytes += bytes;
}

/** One of TCP, with what Linux would know of it. */
static uint32_t tap_send(struct tap_frame *in, unsigned version,
			 uint32_t payload, uint16_t segment_bytes)
{
	uint16_t l4_offset = version == 4 ? 34 : 54;
	uint32_t bytes =
		card_frame_make(in->data, version, true, 1234, 77, payload);

	memcpy(in->data, witness_mac, 6);
	if (in->header.flags == VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		in->header.csum_start = l4_offset;
		in->header.csum_offset = 16;
		card_frame_unsum(in->data, bytes);
	}
	if (segment_bytes) {
		in->header.gso_type = version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4
						   : VIRTIO_NET_HDR_GSO_TCPV6;
		in->header.gso_size = segment_bytes;
		in->header.hdr_len = l4_offset + 20;
	}
	tap_write(in, bytes);
	return bytes;
}

/**
 * What Linux says of a checksum reaches the driver, and the frame has the right
 * one once the stack is done with it.
 */
static void checksum_receive(struct trial *trial, unsigned version,
			     uint8_t said, uint16_t wanted)
{
	static struct tap_frame in;
	uint16_t l4_offset = version == 4 ? 34 : 54;
	uint32_t bytes;

	memset(&in.header, 0, sizeof(in.header));
	in.header.flags = said;
	bytes = tap_send(&in, version, 500, 0);
	trial_await(trial, 0, 1);
	ck_assert_uint_eq(trial->received[0].length, bytes);
	ck_assert_uint_eq(trial->received[0].flags & (NET_RX_CHECKSUM_L4_GOOD |
						      NET_RX_CHECKSUM_PARTIAL |
						      NET_RX_CHECKSUM_BAD),
			  wanted);
	ck_assert_mem_eq(trial->received[0].data + l4_offset + 20,
			 in.data + l4_offset + 20, 500);
	ck_assert(card_frame_sums(trial->received[0].data, bytes));
	witness_lost(trial->vm, 0, -1);
	trial_forget(trial);
}

static void checksums(struct trial *trial, uint16_t wanted)
{
	trial_up(trial);
	checksum_receive(trial, 4, VIRTIO_NET_HDR_F_NEEDS_CSUM, wanted);
	checksum_receive(trial, 6, VIRTIO_NET_HDR_F_NEEDS_CSUM, wanted);
	checksum_receive(trial, 4, 0, 0);
}

/** QEMU's vmxnet3 makes such a checksum, its virtio-net passes it on. */
static void checksums_made(struct trial *trial)
{
	checksums(trial, NET_RX_CHECKSUM_L4_GOOD);
}

static void checksums_partial(struct trial *trial)
{
	checksums(trial, NET_RX_CHECKSUM_PARTIAL);
}

START_TEST(test_checksums)
{
	trial_run("checksums on a TAP", hosts[_i],
		  _i < HOSTS_VIRTIO ? checksums_made : checksums_partial);
}
END_TEST

/* ---- What only virtio-net does ---- */

/** Half a checksum goes out, and its place beside it. */
static void checksum_send(struct trial *trial, unsigned version, bool tcp)
{
	static struct tap_frame out;
	uint8_t frame[STACK_FRAME_MAX];
	uint32_t bytes = card_frame_make(frame, version, tcp, 1234, 77, 300);
	struct net_packet how = {
		.flags = tcp ? NET_TX_CHECKSUM_TCP : NET_TX_CHECKSUM_UDP,
		.l3_offset = ETHERNET_HEADER_BYTES,
		.l4_offset = version == 4 ? 34 : 54,
	};

	if (version == 6)
		how.flags |= NET_IPV6;
	memcpy(frame, "\x02\x00\x00\x00\x00\x55", 6);
	card_frame_unsum(frame, bytes);
	trial_send(trial, frame, bytes, &how);
	witness_lost(trial->vm, 1, 0);
	ck_assert_uint_eq(tap_receive(trial, &out, frame), bytes);
	ck_assert_uint_eq(out.header.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	ck_assert_uint_eq(out.header.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	ck_assert_uint_eq(out.header.csum_start, how.l4_offset);
	ck_assert_uint_eq(out.header.csum_offset, tcp ? 16 : 6);
	ck_assert_mem_eq(out.data, frame, bytes);
	trial_await(trial, 0, 0);
}

static void checksums_sent(struct trial *trial)
{
	trial_up(trial);
	checksum_send(trial, 4, true);
	checksum_send(trial, 4, false);
	checksum_send(trial, 6, true);
	checksum_send(trial, 6, false);
}

START_TEST(test_checksums_sent)
{
	trial_run("checksums sent", hosts[_i], checksums_sent);
}
END_TEST

/** Several segments in one frame. */
static void large_receive(struct trial *trial, unsigned version)
{
	static struct tap_frame in;
	uint16_t l4_offset = version == 4 ? 34 : 54;
	uint32_t bytes;

	memset(&in.header, 0, sizeof(in.header));
	in.header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	bytes = tap_send(&in, version, PAYLOAD, SEGMENT_BYTES);
	trial_await(trial, 0, 1);
	ck_assert_uint_eq(trial->received[0].length, bytes);
	ck_assert_uint_eq(trial->received[0].flags & NET_RX_LARGE,
			  NET_RX_LARGE);
	ck_assert_uint_eq(trial->received[0].segment_bytes, SEGMENT_BYTES);
	ck_assert_mem_eq(trial->received[0].data + l4_offset + 20,
			 in.data + l4_offset + 20, PAYLOAD);
	witness_lost(trial->vm, 0, -1);
	trial_forget(trial);
}

static void large(struct trial *trial)
{
	trial_up(trial);
	large_receive(trial, 4);
	large_receive(trial, 6);
}

START_TEST(test_large)
{
	const struct virtual_machine_configuration configuration = {
		.host = hosts[_i],
		.virtio_net.large_receive = true,
	};

	trial_run_with("large frames", &configuration, large);
}
END_TEST

/** Whoever did not ask for them gets the segments. */
static void segments(struct trial *trial)
{
	static struct tap_frame in;
	unsigned n;

	trial_up(trial);
	in.header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	tap_send(&in, 4, PAYLOAD, SEGMENT_BYTES);
	trial_await(trial, 0, PAYLOAD / SEGMENT_BYTES);
	for (n = 0; n < PAYLOAD / SEGMENT_BYTES; n++) {
		ck_assert_uint_eq(trial->received[n].length,
				  54 + SEGMENT_BYTES);
		ck_assert_mem_eq(trial->received[n].data + 54,
				 in.data + 54 + n * SEGMENT_BYTES,
				 SEGMENT_BYTES);
	}
	witness_lost(trial->vm, 0, -(int)(PAYLOAD / SEGMENT_BYTES));
	trial_forget(trial);
}

START_TEST(test_segments)
{
	trial_run("segments", hosts[_i], segments);
}
END_TEST

/** Each queue sends. */
static void queues_send(struct trial *trial)
{
	static const uint8_t somebody[6] = {0x02, 0, 0, 0, 0, 0x55};
	static struct tap_frame out;
	uint8_t frame[200];
	unsigned n;

	for (n = 0; n < FLOWS; n++) {
		trial->transmit_queue = n % 2;
		trial_frame_make(frame, sizeof(frame), somebody, n);
		trial_send(trial, frame, sizeof(frame), NULL);
		witness_lost(trial->vm, 1, 0);
		ck_assert_uint_eq(tap_receive(trial, &out, frame),
				  sizeof(frame));
		ck_assert_mem_eq(out.data, frame, sizeof(frame));
	}
}

/** Linux spreads what it sends over the queues, by flow. */
static void queues_receive(struct trial *trial, unsigned came[2])
{
	static struct tap_frame in;
	uint32_t bytes;
	unsigned n;

	for (n = 0; n < FLOWS; n++) {
		memset(&in.header, 0, sizeof(in.header));
		bytes = card_frame_make(in.data, 4, true, (uint16_t)(1000 + n),
					77, 100 + n);
		memcpy(in.data, witness_mac, 6);
		tap_write(&in, bytes);
		trial_await(trial, 0, 1);
		ck_assert_uint_eq(trial->received[0].length, bytes);
		ck_assert_mem_eq(trial->received[0].data, in.data, bytes);
		came[trial->received[0].queue]++;
		witness_lost(trial->vm, 0, -1);
		trial_forget(trial);
	}
}

static void queues(struct trial *trial)
{
	unsigned came[2] = {0, 0};

	trial_up(trial);
	ck_assert_uint_eq(trial->nic->information.queues, 2);
	queues_send(trial);
	queues_receive(trial, came);
	ck_assert_uint_gt(came[0], 0);
	ck_assert_uint_gt(came[1], 0);
	printf("  two queues: %u frames by the first, %u by the second\n",
	       came[0], came[1]);
}

START_TEST(test_queues)
{
	const struct virtual_machine_configuration configuration = {
		.host = "microvm-tap-queues",
		.virtio_net.queues = 2,
	};
	char reason[QEMU_REASON_MAX];

	witness_tap = TAP_QUEUES;
	ck_assert_msg(tap_listen(TAP_QUEUES, reason), "%s", reason);
	trial_run_with("two queues", &configuration, queues);
}
END_TEST

int main(void)
{
	char reason[QEMU_REASON_MAX];
	Suite *suite;
	TCase *tests;

	if (!network_create(reason) || !tap_create(TAP, 0, reason) ||
	    !tap_create(TAP_QUEUES, IFF_MULTI_QUEUE, reason) ||
	    !tap_listen(TAP, reason)) {
		printf("skipped: %s\n", reason);
		return 77;
	}
	witness_tap = TAP;
	suite = suite_create("qemu_tap");
	tests = tcase_create("offloads");
	tcase_add_loop_test(tests, test_segmentation, 0, HOSTS);
	tcase_add_loop_test(tests, test_checksums, 0, HOSTS);
	tcase_add_loop_test(tests, test_checksums_sent, HOSTS_VIRTIO, HOSTS);
	tcase_add_loop_test(tests, test_large, HOSTS_VIRTIO, HOSTS);
	tcase_add_loop_test(tests, test_segments, HOSTS_VIRTIO, HOSTS);
	tcase_add_test(tests, test_queues);
	tcase_set_timeout(tests, TRIAL_TIMEOUT);
	suite_add_tcase(suite, tests);
	return trial_main(suite);
}
