/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fixtures/vectors/rndis.json: RNDIS messages, packets with their per-packet
 * information, and the buffers of objects.
 */
#include "tests/vectors/vectors.h"

#include <string.h>

#include "hyperv/rndis.h"
#include "hyperv/rndis_oid.h"
#include "mocks/hyperv/host_rndis.h"

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
};

int main(void)
{
	return vectors_main("rndis.json", readers,
			    sizeof(readers) / sizeof(readers[0]));
}
