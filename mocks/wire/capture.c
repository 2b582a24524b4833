/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures by libpcap, with its errors turned into sentences that name file,
 * record and byte.
 *
 * libpcap does not tell where in the file it stands. In a pcap file that is
 * known by adding up (24 bytes of header, 16 before each record), so that is
 * done here; in pcapng, with blocks that libpcap skips, the position of the
 * stream after the failure is the best there is.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mocks/wire/capture.h"

/** Bytes of a pcap file's header and of what stands before each record. */
#define CAPTURE_HEADER_BYTES 24u
#define CAPTURE_RECORD_BYTES 16u
/** What is read at once: few system calls, and still small. */
#define CAPTURE_BUFFER_BYTES (128u * 1024u)

enum capture_format {
	CAPTURE_FORMAT_UNKNOWN, /* a pipe: cannot look without taking */
	CAPTURE_FORMAT_MICROSECONDS,
	CAPTURE_FORMAT_NANOSECONDS,
	CAPTURE_FORMAT_OTHER, /* pcapng, or nothing that we know */
};

struct capture {
	pcap_t *pcap;
	char *path;
	char *buffer;
	enum capture_format format;
	/** Whether it is a regular file, and its size if so. */
	bool is_regular;
	uint64_t file_bytes;
	/** Records read, and where the next one begins in a pcap file. */
	uint64_t records, offset;
	char error[CAPTURE_ERROR_MAX];
};

struct capture_writer {
	pcap_t *pcap;
	pcap_dumper_t *dumper;
	char *path;
	bool fine;
	/** The first errno of a write that failed. */
	int failure;
};

/* ---- Opening ---- */

static enum capture_format capture_format_of(FILE *file)
{
	static const struct {
		uint8_t magic[4];
		enum capture_format format;
	} known[] = {
		{{0xd4, 0xc3, 0xb2, 0xa1}, CAPTURE_FORMAT_MICROSECONDS},
		{{0xa1, 0xb2, 0xc3, 0xd4}, CAPTURE_FORMAT_MICROSECONDS},
		{{0x4d, 0x3c, 0xb2, 0xa1}, CAPTURE_FORMAT_NANOSECONDS},
		{{0xa1, 0xb2, 0x3c, 0x4d}, CAPTURE_FORMAT_NANOSECONDS},
	};
	uint8_t magic[4];
	size_t i;

	rewind(file);
	i = fread(magic, 1, sizeof(magic), file);
	rewind(file);
	if (i != sizeof(magic))
		return CAPTURE_FORMAT_OTHER;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (memcmp(magic, known[i].magic, sizeof(magic)) == 0)
			return known[i].format;
	return CAPTURE_FORMAT_OTHER;
}

/**
 * Look at what kind of file it is.
 * @param is_input it is standard input, which is read once
 * @return false: it is none to be read, and that is said
 */
static bool capture_look(struct capture *capture, FILE *file, bool is_input,
			 char *error)
{
	struct stat status = {0};
	bool is_memory = fileno(file) < 0;
	off_t bytes;

	if (!is_memory && fstat(fileno(file), &status) != 0)
		status.st_mode = 0;
	if (S_ISDIR(status.st_mode)) {
		snprintf(error, CAPTURE_ERROR_MAX,
			 "%s: this is a directory, not a capture",
			 capture->path);
		return false;
	}
	if (is_input || !(is_memory || S_ISREG(status.st_mode)) ||
	    fseeko(file, 0, SEEK_END) != 0)
		return true;
	bytes = ftello(file);
	capture->is_regular = true;
	capture->file_bytes = bytes < 0 ? 0 : (uint64_t)bytes;
	capture->format = capture_format_of(file);
	return true;
}

/** Say why libpcap did not like the beginning of a file. */
static void capture_explain_header(const struct capture *capture,
				   const char *path, const char *reason,
				   char *error)
{
	if ((capture->is_regular && capture->file_bytes == 0) ||
	    strstr(reason, "only got 0"))
		snprintf(error, CAPTURE_ERROR_MAX, "%s: the file is empty",
			 path);
	else if (strstr(reason, "unknown file format"))
		snprintf(error, CAPTURE_ERROR_MAX,
			 "%s: not a capture: byte 0 begins neither a pcap nor "
			 "a pcapng file",
			 path);
	else if (strncmp(reason, "truncated", strlen("truncated")) == 0)
		snprintf(error, CAPTURE_ERROR_MAX,
			 "%s: the file ends inside its header, at byte %llu",
			 path, (unsigned long long)capture->file_bytes);
	else
		snprintf(error, CAPTURE_ERROR_MAX,
			 "%s: bad header at byte 0: %s", path, reason);
}

static bool capture_check_link(pcap_t *pcap, const char *path, char *error)
{
	int link = pcap_datalink(pcap);
	const char *name;

	if (link == DLT_EN10MB)
		return true;
	name = pcap_datalink_val_to_name(link);
	snprintf(error, CAPTURE_ERROR_MAX,
		 "%s: the header says link type %s (%d), only Ethernet (%d) "
		 "can be used",
		 path, name ? name : "unknown", link, DLT_EN10MB);
	return false;
}

static struct capture *capture_begin(FILE *file, const char *name,
				     bool is_input, char *error)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	char reason[PCAP_ERRBUF_SIZE] = "";

	if (!capture)
		goto no_memory;
	capture->path = strdup(name);
	capture->buffer = malloc(CAPTURE_BUFFER_BYTES);
	if (!capture->path || !capture->buffer)
		goto no_memory;
	capture->offset = CAPTURE_HEADER_BYTES;
	setvbuf(file, capture->buffer, _IOFBF, CAPTURE_BUFFER_BYTES);
	if (!capture_look(capture, file, is_input, error))
		goto failed;
	capture->pcap = pcap_fopen_offline_with_tstamp_precision(
		file, PCAP_TSTAMP_PRECISION_NANO, reason);
	if (!capture->pcap) {
		capture_explain_header(capture, name, reason, error);
		goto failed;
	}
	if (capture_check_link(capture->pcap, name, error))
		return capture;
	/* libpcap closes it. */
	file = NULL;
failed:
	if (file)
		fclose(file);
	capture_close(capture);
	return NULL;
no_memory:
	snprintf(error, CAPTURE_ERROR_MAX, "%s: out of memory", name);
	goto failed;
}

struct capture *capture_open(const char *path, char *error)
{
	bool is_input = strcmp(path, "-") == 0;
	FILE *file =
		is_input ? fdopen(dup(STDIN_FILENO), "rb") : fopen(path, "rb");

	if (file)
		return capture_begin(file, path, is_input, error);
	snprintf(error, CAPTURE_ERROR_MAX, "%s: cannot open: %s", path,
		 strerror(errno));
	return NULL;
}

struct capture *capture_open_stream(FILE *stream, const char *name, char *error)
{
	return capture_begin(stream, name, false, error);
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	if (capture->pcap)
		pcap_close(capture->pcap);
	free(capture->buffer);
	free(capture->path);
	free(capture);
}

/* ---- Reading ---- */

/** Say what is wrong with the record that could not be read. */
static void capture_explain_record(struct capture *capture)
{
	const char *reason = pcap_geterr(capture->pcap);
	bool counted = capture->format == CAPTURE_FORMAT_MICROSECONDS ||
		       capture->format == CAPTURE_FORMAT_NANOSECONDS;
	bool is_cut = strncmp(reason, "truncated", strlen("truncated")) == 0;
	off_t position = ftello(pcap_file(capture->pcap));
	char place[96] = "";

	if (counted && is_cut)
		snprintf(place, sizeof(place),
			 ", which begins at byte %llu of %llu",
			 (unsigned long long)capture->offset,
			 (unsigned long long)capture->file_bytes);
	else if (counted)
		snprintf(place, sizeof(place), ", which begins at byte %llu",
			 (unsigned long long)capture->offset);
	else if (position >= 0)
		snprintf(place, sizeof(place), ", before byte %lld",
			 (long long)position);
	if (is_cut)
		snprintf(capture->error, sizeof(capture->error),
			 "%s: the file ends inside record %llu%s",
			 capture->path,
			 (unsigned long long)capture->records + 1, place);
	else
		snprintf(capture->error, sizeof(capture->error),
			 "%s: cannot read record %llu%s: %s", capture->path,
			 (unsigned long long)capture->records + 1, place,
			 reason);
}

enum capture_result capture_next(struct capture *capture,
				 struct capture_record *record)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	int result = pcap_next_ex(capture->pcap, &header, &data);

	if (result == PCAP_ERROR_BREAK)
		return CAPTURE_END;
	if (result != 1) {
		capture_explain_record(capture);
		return CAPTURE_BROKEN;
	}
	capture->records++;
	capture->offset += CAPTURE_RECORD_BYTES + header->caplen;
	/* libpcap skips what a record holds beyond the snapshot length. */
	if (header->caplen == capture_snapshot(capture) && capture->is_regular)
		capture->offset = (uint64_t)ftello(pcap_file(capture->pcap));
	record->data = data;
	record->captured = header->caplen;
	record->length = header->len;
	record->seconds = header->ts.tv_sec;
	record->nanoseconds = (uint32_t)header->ts.tv_usec;
	record->number = capture->records;
	return CAPTURE_RECORD;
}

const char *capture_error(const struct capture *capture)
{
	return capture->error;
}

uint32_t capture_snapshot(const struct capture *capture)
{
	return (uint32_t)pcap_snapshot(capture->pcap);
}

bool capture_is_fine(const struct capture *capture)
{
	return capture->format != CAPTURE_FORMAT_MICROSECONDS;
}

bool capture_is_rereadable(const struct capture *capture)
{
	return capture->is_regular;
}

/* ---- Writing ---- */

static void capture_writer_free(struct capture_writer *writer)
{
	if (!writer)
		return;
	if (writer->dumper)
		pcap_dump_close(writer->dumper);
	if (writer->pcap)
		pcap_close(writer->pcap);
	free(writer->path);
	free(writer);
}

struct capture_writer *capture_writer_open(const char *path, uint32_t snapshot,
					   bool fine, char *error)
{
	struct capture_writer *writer = calloc(1, sizeof(*writer));
	FILE *file;

	if (!writer)
		goto no_memory;
	writer->fine = fine;
	writer->path = strdup(path);
	writer->pcap = pcap_open_dead_with_tstamp_precision(
		DLT_EN10MB, (int)snapshot,
		fine ? PCAP_TSTAMP_PRECISION_NANO
		     : PCAP_TSTAMP_PRECISION_MICRO);
	if (!writer->path || !writer->pcap)
		goto no_memory;
	/* Not pcap_dump_open(): it takes "-" for standard output. */
	file = fopen(path, "wb");
	if (!file) {
		snprintf(error, CAPTURE_ERROR_MAX, "%s: cannot write: %s", path,
			 strerror(errno));
		goto failed;
	}
	writer->dumper = pcap_dump_fopen(writer->pcap, file);
	if (writer->dumper)
		return writer;
	snprintf(error, CAPTURE_ERROR_MAX, "%s: cannot write: %s", path,
		 pcap_geterr(writer->pcap));
	fclose(file);
failed:
	capture_writer_free(writer);
	return NULL;
no_memory:
	snprintf(error, CAPTURE_ERROR_MAX, "%s: out of memory", path);
	goto failed;
}

bool capture_write(struct capture_writer *writer,
		   const struct capture_record *record)
{
	struct pcap_pkthdr header = {
		.ts = {.tv_sec = record->seconds,
		       .tv_usec = record->nanoseconds},
		.caplen = record->captured,
		.len = record->length,
	};

	if (writer->failure)
		return false;
	if (!writer->fine)
		header.ts.tv_usec /= 1000;
	errno = 0;
	pcap_dump((u_char *)writer->dumper, &header, record->data);
	/* pcap_dump() returns nothing; the stream remembers. */
	if (!ferror(pcap_dump_file(writer->dumper)))
		return true;
	writer->failure = errno ? errno : EIO;
	return false;
}

bool capture_writer_close(struct capture_writer *writer, char *error)
{
	int failure = writer->failure;

	errno = 0;
	if (!failure && pcap_dump_flush(writer->dumper) != 0)
		failure = errno ? errno : EIO;
	if (failure)
		snprintf(error, CAPTURE_ERROR_MAX, "%s: cannot write: %s",
			 writer->path, strerror(failure));
	capture_writer_free(writer);
	return failure == 0;
}
