/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reader for fixtures/dpdk-netvsc-*.txt: the messages of a recorded session,
 * in order.
 */
#ifndef TESTS_SUPPORT_RECORDING_H
#define TESTS_SUPPORT_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDING_RNDIS_MAX 16u

struct recording_bytes {
	uint8_t *data;
	size_t length;
};

/** One ring packet, and the RNDIS messages that it carried or pointed at. */
struct recording_message {
	unsigned number;
	bool from_guest;
	unsigned channel;
	char title[128];
	/** The ring packet: 16-byte descriptor first, without the footer. */
	struct recording_bytes packet;
	/**
	 * RNDIS messages: of the GPA ranges, of the transfer pages, or as data.
	 */
	struct recording_bytes rndis[RECORDING_RNDIS_MAX];
	size_t rndis_count;
	/** What "rndis" is: "rndis", "rndis(gpa)" or "rndis-data". */
	char rndis_kind[16];
};

struct recording {
	struct recording_message *messages;
	size_t count;
};

/**
 * Read a whole recording.
 * @return false, with a sentence in error, when the file cannot be read or a
 *	line is not understood
 */
bool recording_read(struct recording *recording, const char *path, char *error,
		    size_t error_size);
void recording_free(struct recording *recording);

#endif /* TESTS_SUPPORT_RECORDING_H */
