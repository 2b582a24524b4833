/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures of usbmon through both readers of RNDIS.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hyperv/rndis.h"
#include "mocks/cli/text.h"
#include "mocks/cli/usbmon_replay.h"
#include "mocks/hyperv/host_rndis.h"
#include "mocks/trace/layout.h"
#include "mocks/trace/usbmon.h"

/** Types without the bit of an answer: PACKET to KEEPALIVE. */
#define TYPES	   9u
#define REASON_MAX 160u

/** One way. */
struct usbmon_way {
	uint64_t messages[TYPES], answers[TYPES];
	uint64_t frames, bytes;
	/** Packets whose header is what the other side's writer writes. */
	uint64_t alike;
};

struct usbmon_replay {
	const char *path;
	struct usbmon_way to_device, from_device;
	/** Requests without an answer so far, by type; the last one's number.
	 */
	uint64_t open[TYPES];
	uint32_t request[TYPES];
	/** Notes on bytes that are no message. */
	uint64_t notes;
	uint64_t messages;
	char reason[REASON_MAX];
};

static uint32_t word(const struct trace_event *event, uint32_t offset)
{
	const uint8_t *bytes = event->bytes + offset;

	return offset + 4 <= event->length
		       ? (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
				 (uint32_t)bytes[2] << 16 |
				 (uint32_t)bytes[3] << 24
		       : 0;
}

static bool refuse(struct usbmon_replay *replay, const char *what)
{
	snprintf(replay->reason, sizeof(replay->reason), "%s", what);
	return false;
}

/* ---- To the device ---- */

/** Whether our driver's header for that frame is the one that was sent. */
static bool driver_writes_it(const struct trace_event *event, uint32_t bytes)
{
	const struct rndis_information none = {0};
	uint8_t header[RNDIS_PACKET_HEADER_MAX];
	uint32_t count = rndis_packet_header_bytes(&none);

	if (count > event->length || bytes > event->length - count)
		return false;
	rndis_write_packet(header, bytes, event->length - count - bytes, &none);
	return memcmp(header, event->bytes, count) == 0;
}

static bool packet_to_device(struct usbmon_replay *replay,
			     const struct trace_event *event)
{
	struct usbmon_way *way = &replay->to_device;
	struct host_rndis_packet packet;
	const char *fault = host_rndis_packet_parse(event->bytes, event->length,
						    event->length, &packet);

	if (fault)
		return refuse(replay, fault);
	way->frames++;
	way->bytes += packet.data_bytes;
	way->alike += driver_writes_it(event, packet.data_bytes);
	return true;
}

static bool message_to_device(struct usbmon_replay *replay,
			      const struct trace_event *event, uint32_t type)
{
	struct host_rndis_control control;
	const char *fault;

	if (type == RNDIS_PACKET)
		return packet_to_device(replay, event);
	fault = host_rndis_control_parse(event->bytes, event->length, &control);
	if (fault)
		return refuse(replay, fault);
	if (!(type & RNDIS_COMPLETE)) {
		replay->open[type]++;
		replay->request[type] = control.request;
	}
	return true;
}

/* ---- From the device ---- */

/** Whether our host's header for that frame is the one that was received. */
static bool host_writes_it(const struct trace_event *event,
			   const struct rndis_packet *packet)
{
	uint8_t buffer[HOST_RNDIS_HEADROOM];
	uint32_t count =
		host_rndis_packet_prepend(buffer + sizeof(buffer),
					  packet->data_bytes, NULL, NULL);

	host_rndis_length_set(buffer + sizeof(buffer) - count,
			      packet->message_bytes);
	return count <= event->length && memcmp(buffer + sizeof(buffer) - count,
						event->bytes, count) == 0;
}

static bool packet_from_device(struct usbmon_replay *replay,
			       const struct trace_event *event)
{
	struct usbmon_way *way = &replay->from_device;
	struct rndis_packet_message header;
	struct rndis_information information;
	struct rndis_packet packet;

	if (event->length < sizeof(header))
		return refuse(replay, "is shorter than its header");
	memcpy(&header, event->bytes, sizeof(header));
	if (rndis_read_packet(&header, event->length, &packet) ||
	    rndis_read_information(event->bytes + packet.information_offset,
				   packet.information_bytes, &information))
		return refuse(replay, "is refused by the driver");
	way->frames++;
	way->bytes += packet.data_bytes;
	way->alike += host_writes_it(event, &packet);
	return true;
}

static int answer_read(const struct trace_event *event, uint32_t type,
		       uint32_t *request)
{
	struct rndis_answer answer = {0};
	struct rndis_device device = {0};
	bool addressing_reset;
	int error;

	switch (type) {
	case RNDIS_INITIALIZE:
		error = rndis_read_initialize_complete(event->bytes,
						       event->length, &device);
		*request = device.request_id;
		return error;
	case RNDIS_QUERY:
		error = rndis_read_query_complete(event->bytes, event->length,
						  &answer);
		break;
	case RNDIS_RESET:
		error = rndis_read_reset_complete(event->bytes, event->length,
						  &answer, &addressing_reset);
		break;
	default:
		error = rndis_read_set_complete(event->bytes, event->length,
						&answer);
	}
	*request = answer.request_id;
	return error;
}

static bool answer_from_device(struct usbmon_replay *replay,
			       const struct trace_event *event, uint32_t type)
{
	uint32_t request = 0;

	if (answer_read(event, type, &request))
		return refuse(replay, "is refused by the driver");
	if (!replay->open[type])
		return refuse(replay, "answers nothing that was asked");
	if (type != RNDIS_RESET && request != replay->request[type])
		return refuse(replay, "answers another request");
	replay->open[type]--;
	return true;
}

static bool message_from_device(struct usbmon_replay *replay,
				const struct trace_event *event, uint32_t type)
{
	uint32_t number;

	if (type & RNDIS_COMPLETE)
		return answer_from_device(replay, event,
					  type & ~RNDIS_COMPLETE);
	switch (type) {
	case RNDIS_PACKET:
		return packet_from_device(replay, event);
	case RNDIS_INDICATE_STATUS:
		return !rndis_read_indication(event->bytes, event->length,
					      &number) ||
		       refuse(replay, "is refused by the driver");
	case RNDIS_KEEPALIVE:
		return !rndis_read_keepalive(event->bytes, event->length,
					     &number) ||
		       refuse(replay, "is refused by the driver");
	default:
		return refuse(replay, "is nothing that a device says");
	}
}

/* ---- Both ways ---- */

static bool message_replay(struct usbmon_replay *replay,
			   const struct trace_event *event)
{
	bool is_sent = event->direction == TRACE_FROM_GUEST;
	struct usbmon_way *way =
		is_sent ? &replay->to_device : &replay->from_device;
	uint32_t type = word(event, 0);
	uint32_t plain = type & ~RNDIS_COMPLETE;

	replay->messages++;
	if (!plain || plain >= TYPES)
		return refuse(replay, "is of no known type");
	if (type & RNDIS_COMPLETE)
		way->answers[plain]++;
	else
		way->messages[plain]++;
	return is_sent ? message_to_device(replay, event, type)
		       : message_from_device(replay, event, type);
}

/* ---- Reports ---- */

static const char *type_name(uint32_t type)
{
	size_t n;

	for (n = 0; n < layout_rndis.count; n++)
		if (layout_rndis.layouts[n].type == type)
			return layout_rndis.layouts[n].name;
	return "a message";
}

static void way_print(const char *label, const struct usbmon_way *way)
{
	uint32_t type;

	printf("  %s:", label);
	for (type = RNDIS_INITIALIZE; type < TYPES; type++) {
		if (way->messages[type])
			printf(" %" PRIu64 " %s,", way->messages[type],
			       type_name(type));
		if (way->answers[type])
			printf(" %" PRIu64 " %s,", way->answers[type],
			       type_name(type | RNDIS_COMPLETE));
	}
	printf(" %" PRIu64 " %s: %" PRIu64 " frames, %" PRIu64
	       " bytes; %" PRIu64 " headers as ours\n",
	       way->messages[RNDIS_PACKET], type_name(RNDIS_PACKET),
	       way->frames, way->bytes, way->alike);
}

static void replay_print(const struct usbmon_replay *replay)
{
	text_print(stdout, "%s: %s", replay->path,
		   *replay->reason ? "FAIL" : "pass");
	putchar('\n');
	way_print("to the device", &replay->to_device);
	way_print("from the device", &replay->from_device);
	if (replay->notes)
		printf("  %" PRIu64 " pieces that are no message\n",
		       replay->notes);
	if (*replay->reason)
		printf("  %s\n", replay->reason);
}

static json_t *way_json(const struct usbmon_way *way)
{
	json_t *json = json_object();
	uint32_t type;

	for (type = RNDIS_PACKET; json && type < TYPES; type++) {
		if (way->messages[type])
			json_object_set_new(
				json, type_name(type),
				json_integer((json_int_t)way->messages[type]));
		if (way->answers[type])
			json_object_set_new(
				json, type_name(type | RNDIS_COMPLETE),
				json_integer((json_int_t)way->answers[type]));
	}
	return json;
}

static void replay_json(const struct usbmon_replay *replay)
{
	json_t *line = json_pack(
		"{s:s, s:o, s:s, s:I, s:I, s:I, s:o, s:o, s:s}", "event",
		"usbmon", "capture", text_json(replay->path), "verdict",
		*replay->reason ? "FAIL" : "pass", "frames",
		(json_int_t)replay->to_device.frames +
			(json_int_t)replay->from_device.frames,
		"bytes",
		(json_int_t)replay->to_device.bytes +
			(json_int_t)replay->from_device.bytes,
		"no_message", (json_int_t)replay->notes, "to_device",
		way_json(&replay->to_device), "from_device",
		way_json(&replay->from_device), "reason", replay->reason);

	if (!line || json_dumpf(line, stdout, JSON_COMPACT) != 0)
		cli_complain("out of memory");
	putchar('\n');
	json_decref(line);
}

/* ---- Files ---- */

/** Name the message that was refused, before what is wrong with it. */
static void refusal_finish(struct usbmon_replay *replay,
			   const struct trace_event *event)
{
	char what[REASON_MAX];

	memcpy(what, replay->reason, sizeof(what));
	snprintf(replay->reason, sizeof(replay->reason),
		 "message %" PRIu64 " (%s, %s the device) %.90s",
		 replay->messages, type_name(word(event, 0)),
		 event->direction == TRACE_FROM_GUEST ? "to" : "from", what);
}

static enum cli_exit file_replay(const char *path, bool is_json)
{
	struct usbmon_replay replay = {.path = path};
	enum usbmon_result result = USBMON_END;
	char error[USBMON_ERROR_MAX];
	FILE *stream = fopen(path, "rb");
	struct usbmon *usbmon = NULL;
	struct trace_event event;
	bool good = true;

	if (!stream)
		snprintf(error, sizeof(error), "%s: %s", path, strerror(errno));
	else
		usbmon = usbmon_open(stream, path, error);
	if (!usbmon) {
		cli_complain("%s", error);
		return CLI_USAGE;
	}
	while (good && (result = usbmon_next(usbmon, &event)) == USBMON_EVENT) {
		if (event.kind == TRACE_NOTE)
			replay.notes++;
		else
			good = message_replay(&replay, &event);
	}
	if (!good)
		refusal_finish(&replay, &event);
	if (is_json)
		replay_json(&replay);
	else
		replay_print(&replay);
	if (result == USBMON_BROKEN)
		cli_complain("%s", usbmon_error(usbmon));
	usbmon_close(usbmon);
	if (!good)
		return CLI_FAIL;
	if (result == USBMON_BROKEN)
		return CLI_USAGE;
	return replay.messages ? CLI_PASS : CLI_SKIP;
}

enum cli_exit usbmon_replay(char *const paths[], size_t count, bool is_json)
{
	bool failed = false, bad = false, passed = false;
	size_t n;

	for (n = 0; n < count; n++) {
		enum cli_exit status = file_replay(paths[n], is_json);

		failed |= status == CLI_FAIL;
		bad |= status == CLI_USAGE;
		passed |= status == CLI_PASS;
	}
	if (failed)
		return CLI_FAIL;
	if (bad)
		return CLI_USAGE;
	return passed ? CLI_PASS : CLI_SKIP;
}
