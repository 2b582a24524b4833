/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/recording.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a cut payload is filled up with. */
#define RECORDING_FILLER 0x5a

static bool fail(char *error, size_t size, const char *path, unsigned line,
		 const char *what)
{
	snprintf(error, size, "%s:%u: %s", path, line, what);
	return false;
}

/* Hexadecimal groups up to the end of the line or the "..." of a cut. */
static bool parse_hex(const char *text, uint8_t *data, size_t length)
{
	size_t filled = 0;
	unsigned value;

	while (*text != '\0' && strncmp(text, "...", 3) != 0) {
		if (isspace((unsigned char)*text)) {
			text++;
			continue;
		}
		if (filled == length || sscanf(text, "%2x", &value) != 1 ||
		    !isxdigit((unsigned char)text[1]))
			return false;
		data[filled++] = (uint8_t)value;
		text += 2;
	}
	if (*text == '\0')
		return filled == length;
	memset(data + filled, RECORDING_FILLER, length - filled);
	return true;
}

/* "name[length] hex": the part behind the name. */
static bool parse_block(const char *text, struct recording_bytes *bytes)
{
	const char *bracket = strchr(text, '[');
	const char *close = bracket ? strchr(bracket, ']') : NULL;

	if (close == NULL)
		return false;
	bytes->length = strtoul(bracket + 1, NULL, 10);
	bytes->data = calloc(1, bytes->length + 1);
	if (bytes->data == NULL)
		abort();
	return parse_hex(close + 1, bytes->data, bytes->length);
}

static struct recording_message *new_message(struct recording *recording)
{
	struct recording_message *grown;

	grown = realloc(recording->messages,
			(recording->count + 1) * sizeof(*grown));
	if (grown == NULL)
		abort();
	recording->messages = grown;
	memset(&grown[recording->count], 0, sizeof(*grown));
	return &grown[recording->count++];
}

/* "#NNN G>H chN title" */
static bool parse_heading(struct recording *recording, const char *line)
{
	struct recording_message *message = new_message(recording);
	char direction[4];
	int end = 0;

	if (sscanf(line, "#%u %3s ch%u %n", &message->number, direction,
		   &message->channel, &end) != 3 ||
	    end == 0)
		return false;
	message->from_guest = strcmp(direction, "G>H") == 0;
	snprintf(message->title, sizeof(message->title), "%s", line + end);
	return message->from_guest || strcmp(direction, "H>G") == 0;
}

/* "vm = same bytes as the first RNDIS_ACK" */
static bool repeat_first_ack(struct recording *recording,
			     struct recording_message *message)
{
	for (size_t i = 0; i + 1 < recording->count; i++) {
		const struct recording_message *first = &recording->messages[i];

		if (strncmp(first->title, "NVS RNDIS_ACK", 13) != 0)
			continue;
		message->packet.length = first->packet.length;
		message->packet.data = malloc(first->packet.length);
		if (message->packet.data == NULL)
			abort();
		memcpy(message->packet.data, first->packet.data,
		       first->packet.length);
		return true;
	}
	return false;
}

static bool parse_detail(struct recording *recording, const char *line)
{
	struct recording_message *message;

	if (recording->count == 0)
		return false;
	message = &recording->messages[recording->count - 1];
	if (strncmp(line, "vm = same bytes as the first RNDIS_ACK", 38) == 0)
		return repeat_first_ack(recording, message);
	if (strncmp(line, "vmpacket[", 9) == 0)
		return message->packet.data == NULL &&
		       parse_block(line, &message->packet);
	if (strncmp(line, "rndis", 5) != 0 ||
	    message->rndis_count == RECORDING_RNDIS_MAX)
		return false;
	snprintf(message->rndis_kind, sizeof(message->rndis_kind), "%.*s",
		 (int)strcspn(line, "["), line);
	return parse_block(line, &message->rndis[message->rndis_count++]);
}

bool recording_read(struct recording *recording, const char *path, char *error,
		    size_t error_size)
{
	static char line[1 << 16];
	FILE *file = fopen(path, "r");
	unsigned number = 0;
	bool fenced = false;
	bool good = true;

	memset(recording, 0, sizeof(*recording));
	if (file == NULL)
		return fail(error, error_size, path, 0, "cannot be opened");
	/* The session is the first fenced block; prose is around it. */
	while (good && fgets(line, sizeof(line), file) != NULL) {
		const char *text = line + strspn(line, " ");

		number++;
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "```") == 0) {
			if (fenced)
				break;
			fenced = true;
		} else if (fenced && line[0] == '#') {
			good = parse_heading(recording, line);
		} else if (fenced) {
			good = parse_detail(recording, text);
		}
	}
	fclose(file);
	if (!good) {
		recording_free(recording);
		return fail(error, error_size, path, number, "not understood");
	}
	return true;
}

void recording_free(struct recording *recording)
{
	for (size_t i = 0; i < recording->count; i++) {
		struct recording_message *message = &recording->messages[i];

		free(message->packet.data);
		for (size_t j = 0; j < message->rndis_count; j++)
			free(message->rndis[j].data);
	}
	free(recording->messages);
	memset(recording, 0, sizeof(*recording));
}
