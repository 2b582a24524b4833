/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * QEMU's vmxnet3 on a TAP, where it passes offloads on instead of doing them:
 * frames to be cut up go to Linux whole, with what to do with them beside; and
 * frames whose checksum is still to be made come in.
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
#define TAP_MTU	      9000
#define SEGMENT_BYTES 1000u
#define PAYLOAD	      4000u
#define TRIES	      2000u

/** A frame with what Linux knows of it. */
struct tap_frame {
	struct virtio_net_hdr header;
	uint8_t data[STACK_FRAME_MAX];
};

static int tap_socket = -1;

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
static bool tap_create(char *reason)
{
	struct ifreq request = {.ifr_flags =
					IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool done;

	strcpy(request.ifr_name, TAP);
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
static bool tap_listen(char *reason)
{
	const int on = 1;
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(TAP),
	};

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
		if (bytes > (ssize_t)sizeof(frame->header) + 12 &&
		    memcmp(frame->data, wanted, 12) == 0)
			return (uint32_t)bytes -
			       (uint32_t)sizeof(frame->header);
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
	trial_run("TSO on a TAP", "q35-tap", segmented);
}
END_TEST

/** What Linux says of a checksum reaches the driver. */
static void checksum_receive(struct trial *trial, unsigned version,
			     uint8_t said, uint16_t wanted)
{
	static struct tap_frame in;
	uint16_t l4_offset = version == 4 ? 34 : 54;
	uint32_t bytes = card_frame_make(in.data, version, true, 1234, 77, 500);

	memset(&in.header, 0, sizeof(in.header));
	memcpy(in.data, witness_mac, 6);
	if (said == VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		in.header.flags = said;
		in.header.csum_start = l4_offset;
		in.header.csum_offset = 16;
		card_frame_unsum(in.data, bytes);
	}
	ck_assert_int_eq(send(tap_socket, &in, sizeof(in.header) + bytes, 0),
			 (ssize_t)(sizeof(in.header) + bytes));
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

static void checksums(struct trial *trial)
{
	trial_up(trial);
	checksum_receive(trial, 4, VIRTIO_NET_HDR_F_NEEDS_CSUM,
			 NET_RX_CHECKSUM_L4_GOOD);
	checksum_receive(trial, 6, VIRTIO_NET_HDR_F_NEEDS_CSUM,
			 NET_RX_CHECKSUM_L4_GOOD);
	checksum_receive(trial, 4, 0, 0);
}

START_TEST(test_checksums)
{
	trial_run("checksums on a TAP", "q35-tap", checksums);
}
END_TEST

int main(void)
{
	char reason[QEMU_REASON_MAX];
	Suite *suite;
	TCase *tests;

	if (!network_create(reason) || !tap_create(reason) ||
	    !tap_listen(reason)) {
		printf("skipped: %s\n", reason);
		return 77;
	}
	witness_tap = TAP;
	suite = suite_create("qemu_tap");
	tests = tcase_create("offloads");
	tcase_add_test(tests, test_segmentation);
	tcase_add_test(tests, test_checksums);
	tcase_set_timeout(tests, TRIAL_TIMEOUT);
	suite_add_tcase(suite, tests);
	return trial_main(suite);
}
