/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fixtures/vectors/vmxnet3.json: what lies in the memory that driver and device
 * of a vmxnet3 share. The driver is given completions by a device that writes
 * what the vector says; the device, descriptors and areas that are right but
 * for the vector's bytes.
 */
#include "tests/vectors/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/raw_vmxnet3.h"
#include "tests/support/scripted_vmxnet3.h"

#define DESCRIPTOR	16u
#define COMPLETIONS_AT	32u
#define GENERATION	(1u << 14)
#define FRAMES_MAX	64u
#define SEGMENTS_MAX	256u
#define ARRIVING_FRAME	100u
#define FRAME_BYTES_MAX 9200u
#define PAYLOAD_DEFAULT 100u
#define SEQUENCE	1000u
#define PORT_NUMBER	4000u

#define PAGE_ALIGNED __attribute__((aligned(PORT_PAGE_SIZE)))

static const struct vector *given;
static struct vector_outcome *given_outcome;

static uint32_t word_of(const struct vector *vector, uint32_t n)
{
	uint32_t word;

	memcpy(&word, vector->bytes + (size_t)4 * n, sizeof(word));
	return word;
}

/* ---- To the guest ---- */

static void prepare(struct script *script)
{
	uint32_t revision = (uint32_t)vector_context_or(given, "revision", 1);
	uint32_t queues = (uint32_t)vector_context_or(given, "queues", 1);

	script->revisions = 1u << (revision - 1);
	script->configuration.revision_max = revision;
	script->configuration.queues = queues;
	script->queues_max = queues | queues << 8;
	script->configuration.large_receive =
		vector_context_or(given, "large_receive", 0);
	script->data_bytes = (uint32_t)vector_context_or(given, "data_ring", 0);
	script->configuration.receive_data_bytes = script->data_bytes;
}

/* Write the vector to where the next completions of a ring are. */
static void completions_write(struct script *script, uint64_t entry)
{
	uint64_t at = script_ram64(script, entry + COMPLETIONS_AT);
	uint32_t i;

	for (i = 0; i < given->length / 4; i++)
		script_ram_set32(script, at + (uint64_t)4 * i,
				 word_of(given, i));
}

static void flags_tell(const struct net_packet *packet)
{
	struct vector_outcome *outcome = given_outcome;

	vector_number(outcome, "ipv4_checksum_good",
		      !!(packet->flags & NET_RX_CHECKSUM_IPV4_GOOD));
	vector_number(outcome, "l4_checksum_good",
		      !!(packet->flags & NET_RX_CHECKSUM_L4_GOOD));
	vector_number(outcome, "has_vlan", !!(packet->flags & NET_VLAN));
	vector_number(outcome, "has_hash", !!(packet->flags & NET_RX_HASH));
	vector_number(outcome, "large", !!(packet->flags & NET_RX_LARGE));
	if (packet->flags & NET_VLAN)
		vector_number(outcome, "tci", packet->vlan_tag);
	if (packet->flags & NET_RX_HASH)
		vector_number(outcome, "rssHash", packet->hash);
	if (packet->flags & NET_RX_LARGE)
		vector_number(outcome, "mss", packet->segment_bytes);
}

static void receive_body(struct script *script)
{
	static struct net_packet packets[FRAMES_MAX];
	static struct net_segment segments[SEGMENTS_MAX];
	struct nic_statistics counted;
	uint64_t drops;
	unsigned got, i, used = 0;

	completions_write(script, script_receive_entry(script, 0));
	got = nic_receive(script->nic, 0, packets, FRAMES_MAX, segments,
			  SEGMENTS_MAX);
	for (i = 0; i < got; i++)
		used += packets[i].segment_count;
	script_give_back(script, segments, used);
	nic_statistics(script->nic, &counted);
	drops = counted.rx_drop_malformed + counted.rx_drop_length +
		counted.rx_drop_error;
	if (nic_events(script->nic) & NIC_EVENT_FAILED) {
		vector_invalid(given_outcome, "corrupt");
	} else if (got == 0) {
		vector_invalid(given_outcome, drops ? "malformed" : "none");
	} else {
		vector_number(given_outcome, "frames", got);
		vector_number(given_outcome, "dropped", drops);
		vector_number(given_outcome, "len", packets[0].length);
		vector_number(given_outcome, "descriptors",
			      packets[0].segment_count);
		flags_tell(&packets[0]);
	}
}

static void guest_receive(const struct vector *vector,
			  struct vector_outcome *outcome)
{
	given = vector;
	given_outcome = outcome;
	script_run(receive_body, prepare, true);
}

static void transmit_body(struct script *script)
{
	uint32_t frames = (uint32_t)vector_context(given, "frames");
	uint32_t each = (uint32_t)vector_context(given, "descriptors_each");
	uint32_t length = (uint32_t)vector_context(given, "frame_length");
	static struct script_frame frame;
	uint32_t offset = (uint32_t)vector_context_or(given, "page_offset", 0);
	static uint8_t bytes[2 * PORT_PAGE_SIZE] PAGE_ALIGNED;
	void *owners[FRAMES_MAX];
	unsigned done;
	uint32_t i;

	for (i = 0; i < frames; i++) {
		assert_true(script_transmit(script, bytes + offset, length, 0));
		assert_true(script_take(script, 0, &frame));
		if (frame.last != (i + 1) * each - 1)
			fail_msg("%s: descriptor %u is the last of frame %u",
				 given->id, frame.last, i);
	}
	completions_write(script, script_transmit_entry(script, 0));
	done = nic_reclaim(script->nic, 0, owners, FRAMES_MAX);
	if (nic_events(script->nic) & NIC_EVENT_FAILED)
		vector_invalid(given_outcome, "corrupt");
	else if (done == 0)
		vector_invalid(given_outcome, "none");
	else
		vector_number(given_outcome, "completed", done);
}

static void guest_transmit(const struct vector *vector,
			   struct vector_outcome *outcome)
{
	given = vector;
	given_outcome = outcome;
	script_run(transmit_body, prepare, true);
}

/* ---- To the device ---- */

static struct raw_vmxnet3_options options_of(const struct vector *vector)
{
	return (struct raw_vmxnet3_options){
		.revision = (unsigned)vector_context_or(vector, "revision", 1),
		.queues = (unsigned)vector_context_or(vector, "queues", 1),
	};
}

/*
 * A frame at the start of the guest's memory, as the context says.
 * @return its bytes, 0: there is none
 */
static uint32_t frame_put(struct raw_vmxnet3 *raw)
{
	const char *kind = vector_context_word(given, "frame");
	uint32_t payload =
		(uint32_t)vector_context_or(given, "payload", PAYLOAD_DEFAULT);
	uint32_t bytes;

	if (!kind)
		return 0;
	bytes = card_frame_make(raw->memory, strstr(kind, "6") ? 6 : 4,
				!strncmp(kind, "tcp", 3), PORT_NUMBER, SEQUENCE,
				payload);
	card_frame_unsum(raw->memory, bytes);
	return bytes;
}

/* @param made bytes of the frame whose checksum was to be filled in, or 0 */
static void frames_tell(struct raw_vmxnet3 *raw, uint32_t made)
{
	uint32_t words[4];
	bool right = made;
	unsigned i;

	vector_number(given_outcome, "frames", raw->frame_count);
	for (i = 0; i < raw->frame_count; i++) {
		const struct raw_frame *frame = &raw->frames[i];

		vector_list(given_outcome, "lengths", frame->length);
		right = right && frame->length == made &&
			card_frame_sums(frame->data, made);
	}
	if (made)
		vector_number(given_outcome, "checksums_right", right);
	else
		vector_hex(given_outcome, "ethertype", raw->frames[0].data + 12,
			   2);
	while (card_tx_completion(raw, 0, words))
		vector_list(given_outcome, "txdIdx", words[0] & 0xfff);
}

static void host_transmit(const struct vector *vector,
			  struct vector_outcome *outcome)
{
	const struct raw_vmxnet3_options options = options_of(vector);
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&options);
	uint64_t memory = card_physical(raw, raw->memory), address;
	uint32_t i, word2, made;

	given = vector;
	given_outcome = outcome;
	made = frame_put(raw);
	for (i = 0; i < vector->length / DESCRIPTOR; i++) {
		address = word_of(vector, 4 * i) |
			  (uint64_t)word_of(vector, 4 * i + 1) << 32;
		word2 = word_of(vector, 4 * i + 2);
		card_tx_descriptor(raw, 0, memory + address,
				   word2 & ~GENERATION,
				   word_of(vector, 4 * i + 3),
				   word2 & GENERATION);
	}
	card_tx_doorbell(raw, 0);
	if (machine_violations(raw->machine))
		vector_invalid(outcome, "malformed");
	else if (raw->frame_count == 0)
		vector_invalid(outcome, "none");
	else
		frames_tell(raw, made);
	raw_vmxnet3_destroy(raw, machine_violations(raw->machine));
}

/* Bytes in place of those of an area that is right. */
static void host_area(const struct vector *vector,
		      struct vector_outcome *outcome, bool is_shared,
		      unsigned queue)
{
	const struct raw_vmxnet3_options options = options_of(vector);
	struct raw_vmxnet3 *raw = raw_vmxnet3_create(&options);
	uint32_t offset = (uint32_t)vector_context(vector, "offset");
	uint32_t result;

	card_prepare(raw);
	memcpy((is_shared ? raw->shared
			  : raw->table + (size_t)256 * queue * options.queues) +
		       offset,
	       vector->bytes, vector->length);
	result = card_activate(raw);
	if (result)
		vector_invalid(outcome, "refused");
	else
		vector_number(outcome, "rule_broken",
			      machine_violations(raw->machine) != 0);
	if (!result)
		vector_number(outcome, "result", result);
	raw_vmxnet3_destroy(raw, machine_violations(raw->machine));
}

static void host_shared(const struct vector *vector,
			struct vector_outcome *outcome)
{
	host_area(vector, outcome, true, 0);
}

static void host_tx_queue(const struct vector *vector,
			  struct vector_outcome *outcome)
{
	host_area(vector, outcome, false, 0);
}

static void host_rx_queue(const struct vector *vector,
			  struct vector_outcome *outcome)
{
	host_area(vector, outcome, false, 1);
}

/* A descriptor in place of the first of a ring; then a frame arrives. */
static void host_receive(const struct vector *vector,
			 struct vector_outcome *outcome)
{
	const struct raw_vmxnet3_options options = options_of(vector);
	unsigned ring = (unsigned)vector_context_or(vector, "ring", 0);
	uint32_t bytes = (uint32_t)vector_context_or(vector, "frame_length",
						     ARRIVING_FRAME);
	static const uint8_t frame[FRAME_BYTES_MAX] = {255, 255, 255, 255, 255,
						       255, 2,	 0,   0,   0,
						       0,   1,	 8,   0};
	struct raw_vmxnet3 *raw = raw_vmxnet3_up(&options);
	uint64_t at = card_physical(raw, card_rx_buffer(raw, 0, ring, 0));
	uint8_t *descriptor = card_rx_descriptor(raw, 0, ring, 0);
	uint32_t words[4];
	bool there;

	memcpy(descriptor, vector->bytes, DESCRIPTOR);
	card_put64(descriptor, at + card_get64(descriptor));
	card_arrive(raw, frame, bytes);
	there = card_rx_completion(raw, 0, words);
	if (machine_violations(raw->machine)) {
		vector_invalid(outcome, "malformed");
	} else if (!there) {
		vector_invalid(outcome, "none");
	} else {
		vector_number(outcome, "rxdIdx", words[0] & 0xfff);
		vector_number(outcome, "eop", words[0] >> 14 & 1);
		vector_number(outcome, "sop", words[0] >> 15 & 1);
		vector_number(outcome, "err", words[2] >> 14 & 1);
		vector_number(outcome, "len", words[2] & 0x3fff);
	}
	raw_vmxnet3_destroy(raw, machine_violations(raw->machine));
}

static const struct vector_parser readers[] = {
	{"Vmxnet3_RxCompDesc", guest_receive, NULL},
	{"Vmxnet3_TxCompDesc", guest_transmit, NULL},
	{"Vmxnet3_TxDesc", NULL, host_transmit},
	{"Vmxnet3_RxDesc", NULL, host_receive},
	{"Vmxnet3_DriverShared", NULL, host_shared},
	{"Vmxnet3_TxQueueDesc", NULL, host_tx_queue},
	{"Vmxnet3_RxQueueDesc", NULL, host_rx_queue},
};

int main(void)
{
	return vectors_main("vmxnet3.json", readers,
			    sizeof(readers) / sizeof(readers[0]));
}
