/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * usbmon records (Linux, Documentation/usb/usbmon.rst), and the RNDIS messages
 * in their transfers (MS-RNDIS 2.1: control messages by SEND_ENCAPSULATED_
 * COMMAND and GET_ENCAPSULATED_RESPONSE, packets in bulk transfers, one behind
 * the other).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "mocks/trace/usbmon.h"

#define LINK_USB_48 189
#define LINK_USB_64 220
#define LINK_NONE   UINT32_MAX

/* What captures begin with, as a little-endian number. */
#define PCAP_MICROSECONDS	  0xa1b2c3d4u
#define PCAP_MICROSECONDS_SWAPPED 0xd4c3b2a1u
#define PCAP_NANOSECONDS	  0xa1b23c4du
#define PCAP_NANOSECONDS_SWAPPED  0x4d3cb2a1u
#define PCAP_LINK_MASK		  0x03ffffffu
#define PCAPNG_SECTION		  0x0a0d0d0au
#define PCAPNG_INTERFACE	  1u
#define PCAPNG_ORDER_SWAPPED	  0x4d3c2b1au

enum record_place {
	RECORD_ID = 0,
	RECORD_TYPE = 8,
	RECORD_TRANSFER = 9,
	RECORD_ENDPOINT = 10,
	RECORD_DEVICE = 11,
	RECORD_BUS = 12,
	RECORD_NO_SETUP = 14,
	RECORD_SECONDS = 16,
	RECORD_MICROSECONDS = 24,
	RECORD_URB_BYTES = 32,
	RECORD_SETUP = 40,
	RECORD_BYTES_48 = 48,
	RECORD_BYTES_64 = 64,
};

#define TRANSFER_CONTROL 2u
#define TRANSFER_BULK	 3u
#define ENDPOINT_IN	 0x80u

/* Requests of the communication class, to an interface. */
#define REQUEST_TO_DEVICE   0x21u
#define REQUEST_FROM_DEVICE 0xa1u
#define SEND_COMMAND	    0u
#define GET_RESPONSE	    1u

#define RNDIS_HEADER 8u
/** Requests under way at one time; of more the oldest is forgotten. */
#define PENDING	     64u

/** A record of the file. */
struct record {
	const uint8_t *bytes, *data;
	size_t length;
	bool is_short;
};

struct usbmon {
	pcap_t *pcap;
	char *name;
	size_t header;
	uint64_t number, first_time;
	/** GET_ENCAPSULATED_RESPONSE under way, by URB and bus; 0: free. */
	struct {
		uint64_t id;
		unsigned bus;
	} pending[PENDING];
	unsigned pending_next;
	/** What is left of a transfer, and of whom. */
	const uint8_t *rest;
	size_t rest_bytes;
	bool rest_is_short;
	struct trace_event event;
	char note[96];
	char error[USBMON_ERROR_MAX];
};

static uint32_t get32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
	       (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint64_t get64(const uint8_t *bytes)
{
	return get32(bytes) | (uint64_t)get32(bytes + 4) << 32;
}

/* ---- Life ---- */

/** A number of a header in the byte order of that file. */
static uint32_t header32(const uint8_t *bytes, bool is_swapped)
{
	uint32_t number = get32(bytes);

	return is_swapped ? number >> 24 | (number >> 8 & 0xff00) |
				    (number & 0xff00) << 8 | number << 24
			  : number;
}

/** The link type of the interface that stands behind a section header. */
static uint32_t pcapng_link(FILE *stream, off_t start, const uint8_t *head)
{
	bool is_swapped = get32(head + 8) == PCAPNG_ORDER_SWAPPED;
	off_t length = header32(head + 4, is_swapped);
	uint8_t block[10];

	if (fseeko(stream, start + length, SEEK_SET) != 0 ||
	    fread(block, 1, sizeof(block), stream) != sizeof(block) ||
	    header32(block, is_swapped) != PCAPNG_INTERFACE)
		return LINK_NONE;
	return is_swapped ? (uint32_t)block[8] << 8 | block[9]
			  : (uint32_t)block[9] << 8 | block[8];
}

static uint32_t stream_link(FILE *stream, off_t start)
{
	uint8_t head[24];

	if (fread(head, 1, sizeof(head), stream) != sizeof(head))
		return LINK_NONE;
	switch (get32(head)) {
	case PCAP_MICROSECONDS:
	case PCAP_NANOSECONDS:
		return header32(head + 20, false) & PCAP_LINK_MASK;
	case PCAP_MICROSECONDS_SWAPPED:
	case PCAP_NANOSECONDS_SWAPPED:
		return header32(head + 20, true) & PCAP_LINK_MASK;
	case PCAPNG_SECTION:
		return pcapng_link(stream, start, head);
	default:
		return LINK_NONE;
	}
}

bool usbmon_is(FILE *stream)
{
	off_t start = ftello(stream);
	uint32_t link;

	if (start < 0)
		return false;
	link = stream_link(stream, start);
	clearerr(stream);
	return fseeko(stream, start, SEEK_SET) == 0 &&
	       (link == LINK_USB_48 || link == LINK_USB_64);
}

struct usbmon *usbmon_open(FILE *stream, const char *name, char *error)
{
	struct usbmon *usbmon = calloc(1, sizeof(*usbmon));
	char cause[PCAP_ERRBUF_SIZE] = "out of memory";
	int link;

	if (usbmon)
		usbmon->name = strdup(name);
	if (usbmon && usbmon->name)
		usbmon->pcap = pcap_fopen_offline(stream, cause);
	if (!usbmon || !usbmon->pcap) {
		snprintf(error, USBMON_ERROR_MAX, "%s: %s", name, cause);
		if (stream != stdin)
			fclose(stream);
		usbmon_close(usbmon);
		return NULL;
	}
	link = pcap_datalink(usbmon->pcap);
	usbmon->header =
		link == LINK_USB_64 ? RECORD_BYTES_64 : RECORD_BYTES_48;
	if (link == LINK_USB_48 || link == LINK_USB_64)
		return usbmon;
	snprintf(error, USBMON_ERROR_MAX,
		 "%s: link type %d is not that of usbmon", name, link);
	usbmon_close(usbmon);
	return NULL;
}

void usbmon_close(struct usbmon *usbmon)
{
	if (!usbmon)
		return;
	if (usbmon->pcap)
		pcap_close(usbmon->pcap);
	free(usbmon->name);
	free(usbmon);
}

const char *usbmon_error(const struct usbmon *usbmon)
{
	return usbmon->error;
}

/* ---- Records ---- */

/** @return 1, 0 at the end, -1 broken */
static int record_next(struct usbmon *usbmon, struct record *record)
{
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	uint64_t time;
	int result;

	usbmon->number++;
	result = pcap_next_ex(usbmon->pcap, &header, &bytes);
	if (result == PCAP_ERROR_BREAK)
		return 0;
	if (result != 1 || header->caplen < usbmon->header) {
		snprintf(usbmon->error, sizeof(usbmon->error),
			 "%s: record %" PRIu64 ": %s", usbmon->name,
			 usbmon->number,
			 result == 1 ? "it is shorter than a header of usbmon"
				     : pcap_geterr(usbmon->pcap));
		return -1;
	}
	record->bytes = bytes;
	record->data = bytes + usbmon->header;
	record->length = header->caplen - usbmon->header;
	record->is_short = header->caplen < header->len ||
			   record->length < get32(bytes + RECORD_URB_BYTES);
	time = get64(bytes + RECORD_SECONDS) * UINT64_C(1000000000) +
	       get32(bytes + RECORD_MICROSECONDS) * UINT64_C(1000);
	if (usbmon->number == 1)
		usbmon->first_time = time;
	usbmon->event = (struct trace_event){
		.kind = TRACE_RNDIS,
		/* Whatever a clock says, nothing comes before the first. */
		.time = time < usbmon->first_time ? 0
						  : time - usbmon->first_time,
		.queue = bytes[RECORD_DEVICE],
		.address = bytes[RECORD_ENDPOINT],
	};
	return 1;
}

/* ---- Control transfers ---- */

static uint64_t record_id(const struct record *record, unsigned *bus)
{
	*bus = record->bytes[RECORD_BUS] |
	       (unsigned)record->bytes[RECORD_BUS + 1] << 8;
	return get64(record->bytes + RECORD_ID);
}

static void pending_add(struct usbmon *usbmon, const struct record *record)
{
	unsigned n = usbmon->pending_next++ % PENDING;

	usbmon->pending[n].id = record_id(record, &usbmon->pending[n].bus);
}

static bool pending_remove(struct usbmon *usbmon, const struct record *record)
{
	unsigned bus, n;
	uint64_t id = record_id(record, &bus);

	for (n = 0; n < PENDING; n++)
		if (id && usbmon->pending[n].id == id &&
		    usbmon->pending[n].bus == bus) {
			usbmon->pending[n].id = 0;
			return true;
		}
	return false;
}

/** @return whether the record holds a message, either way */
static bool control_take(struct usbmon *usbmon, const struct record *record)
{
	const uint8_t *setup = record->bytes + RECORD_SETUP;
	bool is_submission = record->bytes[RECORD_TYPE] == 'S';

	if (!is_submission) {
		usbmon->event.direction = TRACE_TO_GUEST;
		return pending_remove(usbmon, record) &&
		       record->bytes[RECORD_TYPE] == 'C' &&
		       record->length >= RNDIS_HEADER;
	}
	if (record->bytes[RECORD_NO_SETUP])
		return false;
	if (setup[0] == REQUEST_FROM_DEVICE && setup[1] == GET_RESPONSE)
		pending_add(usbmon, record);
	usbmon->event.direction = TRACE_FROM_GUEST;
	return setup[0] == REQUEST_TO_DEVICE && setup[1] == SEND_COMMAND &&
	       record->length;
}

/* ---- Bulk transfers ---- */

/** Data goes out with the submission and comes in with its completion. */
static bool bulk_take(struct usbmon *usbmon, const struct record *record)
{
	bool is_in = record->bytes[RECORD_ENDPOINT] & ENDPOINT_IN;

	usbmon->event.direction = is_in ? TRACE_TO_GUEST : TRACE_FROM_GUEST;
	return record->length &&
	       record->bytes[RECORD_TYPE] == (is_in ? 'C' : 'S');
}

static void note(struct usbmon *usbmon, const char *text)
{
	snprintf(usbmon->note, sizeof(usbmon->note), "record %" PRIu64 ": %s",
		 usbmon->number, text);
	usbmon->event.kind = TRACE_NOTE;
	usbmon->event.queue = 0;
	usbmon->event.address = 0;
	usbmon->event.text = usbmon->note;
	usbmon->event.bytes = NULL;
	usbmon->event.length = 0;
	usbmon->rest_bytes = 0;
}

/** The next message of the transfer that is being taken apart. */
static void rest_take(struct usbmon *usbmon)
{
	size_t length = usbmon->rest_bytes;
	char text[64];

	if (length >= RNDIS_HEADER)
		length = get32(usbmon->rest + 4);
	if (usbmon->rest_bytes < RNDIS_HEADER || length < RNDIS_HEADER) {
		snprintf(text, sizeof(text), "%zu bytes that are no message",
			 usbmon->rest_bytes);
		note(usbmon, text);
		return;
	}
	if (length > usbmon->rest_bytes && usbmon->rest_is_short) {
		note(usbmon, "the capture has not all of a message");
		return;
	}
	if (length > usbmon->rest_bytes)
		length = usbmon->rest_bytes;
	usbmon->event.bytes = usbmon->rest;
	usbmon->event.length = (uint32_t)length;
	usbmon->rest += length;
	usbmon->rest_bytes -= length;
}

enum usbmon_result usbmon_next(struct usbmon *usbmon, struct trace_event *event)
{
	struct record record;
	bool is_wanted;
	int result;

	while (!usbmon->rest_bytes) {
		result = record_next(usbmon, &record);
		if (result <= 0)
			return result ? USBMON_BROKEN : USBMON_END;
		is_wanted = false;
		if (record.bytes[RECORD_TRANSFER] == TRANSFER_CONTROL)
			is_wanted = control_take(usbmon, &record);
		else if (record.bytes[RECORD_TRANSFER] == TRANSFER_BULK)
			is_wanted = bulk_take(usbmon, &record);
		if (!is_wanted)
			continue;
		usbmon->rest = record.data;
		usbmon->rest_bytes = record.length;
		usbmon->rest_is_short = record.is_short;
	}
	rest_take(usbmon);
	*event = usbmon->event;
	return USBMON_EVENT;
}
