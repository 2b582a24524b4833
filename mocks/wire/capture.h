/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures of network traffic, read and written record by record.
 *
 * libpcap does the work; this adds what a person wants to know when a file is
 * not what it should be: which file, which record, which byte. A capture is
 * streamed: nothing of it is kept but the record at hand. Only Ethernet
 * (LINKTYPE_ETHERNET) is read and written. pcap and pcapng are read, pcap is
 * written.
 */
#ifndef MOCKS_WIRE_CAPTURE_H
#define MOCKS_WIRE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** Room for a sentence about what went wrong, with its terminating zero. */
#define CAPTURE_ERROR_MAX 1024u

/** A frame of a capture; its bytes live until the next call for the capture. */
struct capture_record {
	const uint8_t *data;
	/** Bytes that are in the capture, and that the frame had. */
	uint32_t captured, length;
	/** When it was captured: seconds since 1970 and nanoseconds. */
	int64_t seconds;
	uint32_t nanoseconds;
	/** Counted from 1, as other programs show it. */
	uint64_t number;
};

struct capture;

/**
 * Open a capture for reading.
 *
 * @param path "-" is standard input
 * @param error room for CAPTURE_ERROR_MAX: on failure one sentence that begins
 *	with the path: missing, empty, not a capture, not Ethernet
 * @return the capture, to be closed with capture_close(), or NULL
 */
struct capture *capture_open(const char *path, char *error);
/**
 * The same from a stream.
 *
 * @param stream closed with the capture, and on failure
 * @param name of the file, for complaints; kept
 */
struct capture *capture_open_stream(FILE *stream, const char *name,
				    char *error);
void capture_close(struct capture *capture);

enum capture_result {
	CAPTURE_RECORD, /* a record was read */
	CAPTURE_END,	/* the file ended where it may */
	CAPTURE_BROKEN, /* it did not; see capture_error() */
};

/** Read the next record. */
enum capture_result capture_next(struct capture *capture,
				 struct capture_record *record);

/**
 * After CAPTURE_BROKEN: one sentence with the path, the number of the record
 * and, where the format lets us know, the byte at which it begins.
 */
const char *capture_error(const struct capture *capture);

/** The most bytes of a frame that the capture keeps, by its header. */
uint32_t capture_snapshot(const struct capture *capture);
/** Whether its times may be finer than a microsecond. */
bool capture_is_fine(const struct capture *capture);
/** Whether it can be opened again and read from its start: no pipe. */
bool capture_is_rereadable(const struct capture *capture);

struct capture_writer;

/**
 * Create (or overwrite) a capture.
 *
 * @param snapshot to stand in its header; no record may be longer
 * @param fine keep times to the nanosecond, else to the microsecond
 * @param error as for capture_open()
 * @return the writer, to be closed with capture_writer_close(), or NULL
 */
struct capture_writer *capture_writer_open(const char *path, uint32_t snapshot,
					   bool fine, char *error);

/**
 * Append a record, its data, lengths and time as given. Errors of the disk show
 * here or, at the latest, when the writer is closed.
 * @return false: it could not be written
 */
bool capture_write(struct capture_writer *writer,
		   const struct capture_record *record);

/**
 * Write what is still buffered and close the file.
 *
 * @param error as for capture_open(), also of an earlier capture_write()
 * @return whether everything is in the file
 */
bool capture_writer_close(struct capture_writer *writer, char *error);

#endif /* MOCKS_WIRE_CAPTURE_H */
