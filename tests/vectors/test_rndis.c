/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fixtures/vectors/rndis.json: RNDIS messages, packets with their per-packet
 * information, and the buffers of objects.
 */
#include "tests/vectors/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "hyperv/rndis.h"
#include "hyperv/rndis_oid.h"
#include "mocks/hyperv/host_rndis.h"
#include "mocks/hyperv/host_rndis_checksum.h"
#include "mocks/hyperv/host_rndis_oid.h"
#include "mocks/hyperv/rndis_wire.h"
#include "mocks/wire/frame.h"
#include "tests/support/raw_vmxnet3.h"

/* A frame beside which a checksum is asked for. */
#define FRAME_BYTES 512u
#define PAYLOAD	    100u
#define PORT_NUMBER 4000u
#define SEQUENCE    1000u

/* A reader's result. Whether there are fields to tell. */
static bool good(struct vector_outcome *outcome, int error)
{
	if (error)
		vector_invalid(outcome, "malformed");
	return !error;
}

/* ---- To the guest ---- */

static void information_tell(struct vector_outcome *outcome,
			     const struct rndis_information *information)
{
	vector_number(outcome, "has_checksum", information->has_checksum);
	vector_number(outcome, "has_vlan", information->has_vlan);
	if (information->has_checksum)
		vector_number(outcome, "checksum", information->checksum);
	if (information->has_vlan)
		vector_number(outcome, "tci", information->vlan_tag);
}

static void guest_packet(const struct vector *vector,
			 struct vector_outcome *outcome)
{
	uint32_t available = (uint32_t)vector_context_or(vector, "available",
							 vector->length);
	struct rndis_packet_message message;
	struct rndis_information information;
	struct rndis_packet packet;
	int error = ERROR_PROTOCOL;

	if (vector->length >= sizeof(message)) {
		memcpy(&message, vector->bytes, sizeof(message));
		error = rndis_read_packet(&message, available, &packet);
	}
	/* The range may be longer than the vector, the information not. */
	if (!error && packet.information_offset + packet.information_bytes >
			      vector->length)
		packet.information_bytes = 0;
	if (!error)
		error = rndis_read_information(
			vector->bytes + packet.information_offset,
			packet.information_bytes, &information);
	if (!good(outcome, error))
		return;
	vector_number(outcome, "message_length", packet.message_bytes);
	vector_number(outcome, "data_offset", packet.data_offset);
	vector_number(outcome, "data_length", packet.data_bytes);
	vector_number(outcome, "per_packet_info_length",
		      packet.information_bytes);
	information_tell(outcome, &information);
}

static void guest_information(const struct vector *vector,
			      struct vector_outcome *outcome)
{
	struct rndis_information information;

	if (good(outcome, rndis_read_information(vector->bytes, vector->length,
						 &information)))
		information_tell(outcome, &information);
}

static void guest_header(const struct vector *vector,
			 struct vector_outcome *outcome)
{
	uint32_t type, length;

	if (!good(outcome, rndis_read_header(vector->bytes, vector->length,
					     &type, &length)))
		return;
	vector_number(outcome, "message_type", type);
	vector_number(outcome, "message_length", length);
}

static void guest_initialize(const struct vector *vector,
			     struct vector_outcome *outcome)
{
	struct rndis_device device;

	if (!good(outcome, rndis_read_initialize_complete(
				   vector->bytes, vector->length, &device)))
		return;
	vector_number(outcome, "request_id", device.request_id);
	vector_number(outcome, "status", device.status);
	vector_number(outcome, "medium", device.medium);
	vector_number(outcome, "max_packets_per_transfer", device.packets_max);
	vector_number(outcome, "max_transfer_size", device.transfer_bytes_max);
	vector_number(outcome, "packet_alignment_factor",
		      device.packet_alignment);
}

static void answer_tell(const struct vector *vector,
			struct vector_outcome *outcome,
			const struct rndis_answer *answer)
{
	vector_number(outcome, "request_id", answer->request_id);
	vector_number(outcome, "status", answer->status);
	vector_number(outcome, "information_buffer_length",
		      answer->buffer_bytes);
	if (!answer->buffer_bytes)
		return;
	vector_number(outcome, "information_buffer_at",
		      (uint64_t)((const uint8_t *)answer->buffer -
				 vector->bytes));
	vector_hex(outcome, "information_buffer", answer->buffer,
		   answer->buffer_bytes);
}

static void guest_query(const struct vector *vector,
			struct vector_outcome *outcome)
{
	struct rndis_answer answer;

	if (good(outcome, rndis_read_query_complete(vector->bytes,
						    vector->length, &answer)))
		answer_tell(vector, outcome, &answer);
}

static void guest_set(const struct vector *vector,
		      struct vector_outcome *outcome)
{
	struct rndis_answer answer;

	if (good(outcome, rndis_read_set_complete(vector->bytes, vector->length,
						  &answer)))
		answer_tell(vector, outcome, &answer);
}

static void guest_reset(const struct vector *vector,
			struct vector_outcome *outcome)
{
	struct rndis_answer answer;
	bool addressing;

	if (!good(outcome,
		  rndis_read_reset_complete(vector->bytes, vector->length,
					    &answer, &addressing)))
		return;
	vector_number(outcome, "status", answer.status);
	vector_number(outcome, "addressing_reset", addressing);
}

static void guest_indicate(const struct vector *vector,
			   struct vector_outcome *outcome)
{
	uint32_t status;

	if (good(outcome,
		 rndis_read_indication(vector->bytes, vector->length, &status)))
		vector_number(outcome, "status", status);
}

static void guest_keepalive(const struct vector *vector,
			    struct vector_outcome *outcome)
{
	uint32_t request;

	if (good(outcome,
		 rndis_read_keepalive(vector->bytes, vector->length, &request)))
		vector_number(outcome, "request_id", request);
}

static void guest_offload(const struct vector *vector,
			  struct vector_outcome *outcome)
{
	struct rndis_offload offload;

	if (!good(outcome,
		  rndis_read_offload(vector->bytes, vector->length, &offload)))
		return;
	vector_number(outcome, "ipv4_transmit", offload.ipv4_transmit);
	vector_number(outcome, "ipv4_receive", offload.ipv4_receive);
	vector_number(outcome, "tcp_transmit", offload.tcp_transmit);
	vector_number(outcome, "tcp_receive", offload.tcp_receive);
	vector_number(outcome, "udp_transmit", offload.udp_transmit);
	vector_number(outcome, "udp_receive", offload.udp_receive);
}

/* ---- To the host ---- */

static void host_packet(const struct vector *vector,
			struct vector_outcome *outcome)
{
	uint32_t contiguous = (uint32_t)vector_context_or(vector, "contiguous",
							  vector->length);
	struct host_rndis_packet packet;

	if (!good(outcome,
		  host_rndis_packet_parse(vector->bytes, vector->length,
					  contiguous, &packet) != NULL))
		return;
	vector_number(outcome, "message_length", packet.message_bytes);
	vector_number(outcome, "data_offset", packet.data_offset);
	vector_number(outcome, "data_length", packet.data_bytes);
	vector_number(outcome, "has_checksum", packet.has_checksum);
	vector_number(outcome, "has_vlan", packet.has_vlan);
	vector_number(outcome, "has_lso", packet.has_lso);
	if (packet.has_checksum)
		vector_number(outcome, "checksum", packet.checksum);
	if (packet.has_vlan)
		vector_number(outcome, "tci",
			      host_rndis_vlan_to_tci(packet.vlan));
	if (packet.has_lso)
		vector_number(outcome, "lso", packet.lso);
}

static void host_control(const struct vector *vector,
			 struct vector_outcome *outcome)
{
	struct host_rndis_control control;

	if (!good(outcome,
		  host_rndis_control_parse(vector->bytes, vector->length,
					   &control) != NULL))
		return;
	/* An information buffer that is not there is answered, with a no. */
	if (control.information_bytes && !control.information) {
		vector_invalid(outcome, "refused");
		return;
	}
	vector_number(outcome, "message_type", control.type);
	vector_number(outcome, "request_id", control.request);
	vector_number(outcome, "oid", control.oid);
	vector_number(outcome, "major_version", control.major);
	vector_number(outcome, "minor_version", control.minor);
	vector_number(outcome, "status", control.status);
	vector_number(outcome, "information_buffer_length",
		      control.information_bytes);
	vector_hex(outcome, "information_buffer", control.information,
		   control.information_bytes);
}

/* ---- To the host: what SET carries ---- */

/* A card that may be set; whether it was. */
static bool object_set(const struct vector *vector,
		       struct vector_outcome *outcome, uint32_t oid,
		       struct host_rndis_card *card)
{
	static const uint8_t mac[6] = {2, 0x15, 0x5d, 1, 2, 3};
	uint32_t status;

	memset(card, 0, sizeof(*card));
	memcpy(card->mac, mac, sizeof(mac));
	card->mac_changes = true;
	status = host_rndis_oid_set(card, oid, vector->bytes, vector->length);
	if (status)
		vector_invalid(outcome, "refused");
	else
		vector_number(outcome, "status", status);
	return !status;
}

static void host_filter(const struct vector *vector,
			struct vector_outcome *outcome)
{
	struct host_rndis_card card;

	if (object_set(vector, outcome, HOST_OID_PACKET_FILTER, &card))
		vector_number(outcome, "filter", card.filter);
}

static void host_parameter(const struct vector *vector,
			   struct vector_outcome *outcome)
{
	struct host_rndis_card card;

	if (object_set(vector, outcome, HOST_OID_CONFIGURATION, &card))
		vector_hex(outcome, "current_address", card.mac,
			   sizeof(card.mac));
}

static void offloads_tell(struct vector_outcome *outcome, const char *name,
			  unsigned offloads)
{
	static const struct {
		unsigned offload;
		const char *name;
	} names[] = {
		{FRAME_CHECKSUM_IP4, "ipv4"},  {FRAME_CHECKSUM_TCP4, "tcp4"},
		{FRAME_CHECKSUM_UDP4, "udp4"}, {FRAME_CHECKSUM_TCP6, "tcp6"},
		{FRAME_CHECKSUM_UDP6, "udp6"},
	};
	char text[64] = "";
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(offloads & names[i].offload))
			continue;
		if (*text)
			strcat(text, " ");
		strcat(text, names[i].name);
	}
	vector_text(outcome, name, text);
}

static void host_offload(const struct vector *vector,
			 struct vector_outcome *outcome)
{
	struct host_rndis_card card;

	if (!object_set(vector, outcome, HOST_OID_OFFLOAD_PARAMETERS, &card))
		return;
	offloads_tell(outcome, "transmit", card.tx_offloads);
	offloads_tell(outcome, "receive", card.rx_offloads);
}

static void host_scaling(const struct vector *vector,
			 struct vector_outcome *outcome)
{
	uint32_t queues = (uint32_t)vector_context(vector, "queues");
	struct host_rss rss = {0};
	uint32_t status =
		host_rss_set(&rss, queues, vector->bytes, vector->length);

	if (status) {
		vector_invalid(outcome, "refused");
		return;
	}
	vector_number(outcome, "status", status);
	vector_number(outcome, "enabled", rss.enabled);
	vector_number(outcome, "entries", rss.entries);
}

/* ---- To the host: a checksum that is to be filled in ---- */

static void host_checksum(const struct vector *vector,
			  struct vector_outcome *outcome)
{
	const char *kind = vector_context_word(vector, "frame");
	static uint8_t frame[FRAME_BYTES];
	uint32_t bytes, request = 0;

	assert_non_null(kind);
	bytes = card_frame_make(frame, strstr(kind, "6") ? 6 : 4,
				!strncmp(kind, "tcp", 3), PORT_NUMBER, SEQUENCE,
				PAYLOAD);
	card_frame_unsum(frame, bytes);
	assert_int_equal(vector->length, sizeof(request));
	memcpy(&request, vector->bytes, sizeof(request));
	if (good(outcome, host_checksum_fill(frame, bytes, request) != NULL))
		vector_number(outcome, "checksums_right",
			      card_frame_sums(frame, bytes));
}

static const struct vector_parser readers[] = {
	{"message-header", guest_header, NULL},
	{"REMOTE_NDIS_PACKET_MSG", guest_packet, host_packet},
	{"per-packet-information", guest_information, NULL},
	{"REMOTE_NDIS_INITIALIZE_CMPLT", guest_initialize, NULL},
	{"REMOTE_NDIS_QUERY_CMPLT", guest_query, NULL},
	{"REMOTE_NDIS_SET_CMPLT", guest_set, NULL},
	{"REMOTE_NDIS_RESET_CMPLT", guest_reset, NULL},
	{"REMOTE_NDIS_INDICATE_STATUS_MSG", guest_indicate, NULL},
	{"REMOTE_NDIS_KEEPALIVE_MSG", guest_keepalive, host_control},
	{"NDIS_OFFLOAD", guest_offload, NULL},
	{"REMOTE_NDIS_INITIALIZE_MSG", NULL, host_control},
	{"REMOTE_NDIS_HALT_MSG", NULL, host_control},
	{"REMOTE_NDIS_QUERY_MSG", NULL, host_control},
	{"REMOTE_NDIS_SET_MSG", NULL, host_control},
	{"REMOTE_NDIS_RESET_MSG", NULL, host_control},
	{"REMOTE_NDIS_KEEPALIVE_CMPLT", NULL, host_control},
	{"OID_GEN_CURRENT_PACKET_FILTER", NULL, host_filter},
	{"RNDIS_CONFIG_PARAMETER_INFO", NULL, host_parameter},
	{"NDIS_OFFLOAD_PARAMETERS", NULL, host_offload},
	{"NDIS_RECEIVE_SCALE_PARAMETERS", NULL, host_scaling},
	{"NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO", NULL, host_checksum},
};

int main(void)
{
	return vectors_main("rndis.json", readers,
			    sizeof(readers) / sizeof(readers[0]));
}
