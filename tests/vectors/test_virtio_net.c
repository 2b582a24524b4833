/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fixtures/vectors/virtio-net.json: the header in front of a frame, commands,
 * the configuration space, and the kernel's command line that says where such
 * devices are.
 */
#include "tests/vectors/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_virtio.h"
#include "tests/support/scripted_virtio.h"
#include "virtio/virtio_command_line.h"

#define RECEIVE		0u
#define TRANSMIT	1u
#define FRAMES_MAX	64u
#define SEGMENTS_MAX	256u
#define FRAME_DEFAULT	100u
#define FRAME_MAX	70000u
#define PAYLOAD_DEFAULT 100u
#define SEQUENCE	1000u
#define PORT_NUMBER	4000u
#define WINDOWS_MAX	8u

static const struct vector *given;
static struct vector_outcome *given_outcome;

/* ---- To the guest: the header of a frame ---- */

static void prepare(struct virtio_script *script)
{
	script->offered = vector_context_or(given, "features", 0) |
			  VIRTIO_BIT(F_VERSION_1);
	script->configuration.large_receive = true;
	script->configuration.queues =
		(uint32_t)vector_context_or(given, "queues_wanted", 1);
}

/* A frame in one buffer, and what the context says of those behind it. */
static void frame_deliver(struct virtio_script *script)
{
	uint32_t length = (uint32_t)vector_context_or(given, "frame_length",
						      FRAME_DEFAULT);
	uint32_t used = (uint32_t)vector_context_or(given, "used_len",
						    given->length + length);
	uint32_t more = (uint32_t)vector_context_or(given, "buffers_more", 0);
	uint32_t each = (uint32_t)vector_context_or(given, "buffers_length",
						    FRAME_DEFAULT);
	struct virtio_script_chain *chain = &script->chain;
	static uint8_t content[FRAME_MAX];

	assert_true(virtio_script_take(script, RECEIVE, chain));
	virtio_script_fill(script, chain, 0, given->bytes, given->length);
	virtio_script_fill(script, chain, given->length, content,
			   chain->writable - given->length);
	virtio_script_use(script, chain, used);
	for (; more > 0; more--) {
		assert_true(virtio_script_take(script, RECEIVE, chain));
		virtio_script_fill(script, chain, 0, content, chain->writable);
		virtio_script_use(script, chain, each);
	}
}

static void packet_tell(const struct net_packet *packet)
{
	struct vector_outcome *outcome = given_outcome;

	vector_number(outcome, "length", packet->length);
	vector_number(outcome, "buffers", packet->segment_count);
	vector_number(outcome, "checksum_good",
		      !!(packet->flags & NET_RX_CHECKSUM_L4_GOOD));
	vector_number(outcome, "checksum_partial",
		      !!(packet->flags & NET_RX_CHECKSUM_PARTIAL));
	vector_number(outcome, "large", !!(packet->flags & NET_RX_LARGE));
	if (packet->flags & NET_RX_CHECKSUM_PARTIAL) {
		vector_number(outcome, "csum_start", packet->l4_offset);
		vector_number(outcome, "csum_offset", packet->checksum_offset);
	}
	if (packet->flags & NET_RX_LARGE)
		vector_number(outcome, "gso_size", packet->segment_bytes);
}

static void receive_body(struct virtio_script *script)
{
	static struct net_packet packets[FRAMES_MAX];
	static struct net_segment segments[SEGMENTS_MAX];
	struct nic_statistics counted;
	unsigned got, i, used = 0;

	frame_deliver(script);
	got = nic_receive(script->nic, 0, packets, FRAMES_MAX, segments,
			  SEGMENTS_MAX);
	for (i = 0; i < got; i++)
		used += packets[i].segment_count;
	virtio_script_give_back(script, segments, used);
	nic_statistics(script->nic, &counted);
	if (got)
		packet_tell(&packets[0]);
	else if (counted.rx_drop_malformed + counted.rx_drop_length)
		vector_invalid(given_outcome, "malformed");
	else
		vector_invalid(given_outcome,
			       counted.bad_messages ? "refused" : "none");
}

static void guest_header(const struct vector *vector,
			 struct vector_outcome *outcome)
{
	given = vector;
	given_outcome = outcome;
	virtio_script_run(receive_body, prepare, true);
}

/* ---- To the guest: configuration space ---- */

static void prepare_config(struct virtio_script *script)
{
	prepare(script);
	memset(script->config, 0, sizeof(script->config));
	memcpy(script->config, given->bytes, given->length);
}

static void config_body(struct virtio_script *script)
{
	const struct nic_information *information;
	struct nic_link link;

	if (!script->nic) {
		vector_invalid(given_outcome, "refused");
		return;
	}
	information = &script->nic->information;
	nic_link(script->nic, &link);
	vector_number(given_outcome, "mac_taken",
		      !memcmp(information->mac, given->bytes,
			      ETHERNET_ADDRESS_BYTES));
	/* One that is made up is an address of one host, given locally. */
	vector_number(given_outcome, "mac_is_local_unicast",
		      (information->mac[0] & 3) == 2);
	vector_number(given_outcome, "link_up", link.up);
	vector_number(given_outcome, "speed", link.speed_mbps);
	vector_number(given_outcome, "mtu", information->mtu);
	vector_number(given_outcome, "queue_pairs", information->queues);
}

static void guest_config(const struct vector *vector,
			 struct vector_outcome *outcome)
{
	given = vector;
	given_outcome = outcome;
	virtio_script_run(config_body, prepare_config, false);
}

/* ---- To the guest: the command line ---- */

static void refused(void *context, enum virtio_command_line_error why,
		    const char *text, size_t bytes)
{
	unsigned *count = context;

	(void)why;
	(void)text;
	(void)bytes;
	++*count;
}

static void guest_line(const struct vector *vector,
		       struct vector_outcome *outcome)
{
	struct virtio_window windows[WINDOWS_MAX];
	unsigned no = 0, i, count;
	const struct virtio_command_line_refusals refusals = {refused, &no};
	unsigned room =
		(unsigned)vector_context_or(vector, "devices_max", WINDOWS_MAX);

	count = virtio_command_line_parse((const char *)vector->bytes,
					  vector->length, windows, room,
					  &refusals);
	if (count == 0) {
		vector_invalid(outcome, no ? "malformed" : "none");
		return;
	}
	vector_number(outcome, "refused", no);
	for (i = 0; i < count; i++) {
		vector_list(outcome, "base", windows[i].place.base);
		vector_list(outcome, "size", windows[i].place.bytes);
		vector_list(outcome, "irq", windows[i].place.line);
		vector_list(outcome, "id", (uint64_t)(int64_t)windows[i].id);
	}
}

/* ---- To the device ---- */

static void host_header(const struct vector *vector,
			struct vector_outcome *outcome)
{
	const struct raw_virtio_options options = {
		.features = vector_context_or(vector, "features", 0),
	};
	struct raw_virtio *raw = raw_virtio_up(&options);
	const char *kind = vector_context_word(vector, "frame");
	uint32_t payload =
		(uint32_t)vector_context_or(vector, "payload", PAYLOAD_DEFAULT);
	static uint8_t frame[FRAME_MAX];
	bool right = true;
	uint32_t bytes;
	unsigned i;

	bytes = card_frame_make(frame, kind && strstr(kind, "6") ? 6 : 4,
				!kind || !strncmp(kind, "tcp", 3), PORT_NUMBER,
				SEQUENCE, payload);
	if (kind)
		card_frame_unsum(frame, bytes);
	virtio_send(raw, TRANSMIT, vector->bytes, frame, bytes);
	if (machine_violations(raw->machine)) {
		vector_invalid(outcome, "malformed");
	} else {
		for (i = 0; i < raw->frame_count; i++) {
			vector_list(outcome, "lengths", raw->frames[i].length);
			right &= card_frame_sums(raw->frames[i].data,
						 raw->frames[i].length);
		}
		vector_number(outcome, "checksums_right", right);
	}
	raw_virtio_destroy(raw, machine_violations(raw->machine));
}

static void host_command(const struct vector *vector,
			 struct vector_outcome *outcome)
{
	const struct raw_virtio_options options = {
		.features = vector_context(vector, "features"),
		.queues = (unsigned)vector_context_or(vector, "queues", 3),
		.card.pairs =
			((unsigned)vector_context_or(vector, "queues", 3) - 1) /
			2,
	};
	struct raw_virtio *raw = raw_virtio_up(&options);
	int answer = virtio_command(raw, vector->bytes[0], vector->bytes[1],
				    vector->bytes + 2, vector->length - 2);

	if (answer == 0)
		vector_number(outcome, "ack", 0);
	else
		vector_invalid(outcome, answer == 1 ? "refused" : "malformed");
	raw_virtio_destroy(raw, machine_violations(raw->machine));
}

static const struct vector_parser readers[] = {
	{"virtio_net_hdr", guest_header, host_header},
	{"virtio_net_config", guest_config, NULL},
	{"virtio_mmio.device", guest_line, NULL},
	{"virtio_net_ctrl", NULL, host_command},
};

int main(void)
{
	return vectors_main("virtio-net.json", readers,
			    sizeof(readers) / sizeof(readers[0]));
}
