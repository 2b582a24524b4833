/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The announcements of virtio_command_line.h.
 */
#include "virtio/virtio_command_line.h"

/** What is left of a text. */
struct command_line {
	const char *next, *end;
};

static bool is_space(char character)
{
	return character == ' ' || (character >= '\t' && character <= '\r');
}

const char *virtio_command_line_error_text(enum virtio_command_line_error why)
{
	switch (why) {
	case VIRTIO_COMMAND_LINE_SIZE:
		return "the size is not a number of bytes before '@'";
	case VIRTIO_COMMAND_LINE_BASE:
		return "the address is not a number of 64 bits before ':'";
	case VIRTIO_COMMAND_LINE_LINE:
		return "the interrupt line is not a decimal number";
	case VIRTIO_COMMAND_LINE_ID:
		return "the id is not a decimal number";
	case VIRTIO_COMMAND_LINE_REST:
		return "something follows";
	case VIRTIO_COMMAND_LINE_SMALL:
		return "the size has no room for the registers";
	case VIRTIO_COMMAND_LINE_UNALIGNED:
		return "the address is not a multiple of 4";
	case VIRTIO_COMMAND_LINE_WRAPS:
		return "the window reaches beyond the last address";
	case VIRTIO_COMMAND_LINE_OVERLAPS:
		return "the window overlaps one before it";
	case VIRTIO_COMMAND_LINE_TOO_MANY:
		return "there is no room for so many devices";
	}
	return "it is malformed";
}

/* ---- Words ---- */

/**
 * Take the next word: up to white space outside of quotation marks, or to the
 * end. @return false at the end
 */
static bool word_next(struct command_line *line, struct command_line *word)
{
	bool quoted = false;

	while (line->next < line->end && is_space(*line->next))
		line->next++;
	if (line->next == line->end)
		return false;
	word->next = line->next;
	for (; line->next < line->end; line->next++) {
		if (*line->next == '"')
			quoted = !quoted;
		else if (!quoted && is_space(*line->next))
			break;
	}
	word->end = line->next;
	return true;
}

static bool take(struct command_line *line, char character)
{
	if (line->next == line->end || *line->next != character)
		return false;
	line->next++;
	return true;
}

/** Whether a word is the parameter; what is left of it then is the value. */
static bool word_is_device(struct command_line *word)
{
	static const char name[] = "virtio_mmio.device";
	bool quoted = take(word, '"');
	size_t n;

	for (n = 0; n < sizeof(name) - 1; n++)
		if (!take(word, name[n]) &&
		    !(name[n] == '_' && take(word, '-')))
			return false;
	if (!take(word, '='))
		return false;
	quoted |= take(word, '"');
	/* A mark that nobody closed ends with the text. */
	if (quoted && word->next < word->end && word->end[-1] == '"')
		word->end--;
	return true;
}

/* ---- Numbers ---- */

/** @return 0 to 15, or 16 for what is no digit of any base */
static unsigned digit(char character)
{
	if (character >= '0' && character <= '9')
		return (unsigned)(character - '0');
	if (character >= 'a' && character <= 'f')
		return (unsigned)(character - 'a') + 10;
	if (character >= 'A' && character <= 'F')
		return (unsigned)(character - 'A') + 10;
	return 16;
}

/** Take digits. @return false without any, or for a number above the limit */
static bool take_digits(struct command_line *text, unsigned base,
			uint64_t limit, uint64_t *number)
{
	const char *first = text->next;
	uint64_t value = 0;

	for (; text->next < text->end; text->next++) {
		unsigned next = digit(*text->next);

		if (next >= base)
			break;
		if (value > (limit - next) / base)
			return false;
		value = value * base + next;
	}
	*number = value;
	return text->next > first;
}

/** Take a number in the notation of C. */
static bool take_number(struct command_line *text, uint64_t *number)
{
	struct command_line prefix = *text;

	if (!take(&prefix, '0'))
		return take_digits(text, 10, UINT64_MAX, number);
	if (take(&prefix, 'x') || take(&prefix, 'X')) {
		*text = prefix;
		return take_digits(text, 16, UINT64_MAX, number);
	}
	return take_digits(text, 8, UINT64_MAX, number);
}

/** Take a number of bytes with its suffix. */
static bool take_size(struct command_line *text, uint64_t *bytes)
{
	static const char suffixes[] = "KkMmGgTtPpEe";
	unsigned n;

	if (!take_number(text, bytes))
		return false;
	for (n = 0; n < sizeof(suffixes) - 1; n++) {
		unsigned shift = 10 * (n / 2 + 1);

		if (!take(text, suffixes[n]))
			continue;
		if (*bytes > UINT64_MAX >> shift)
			return false;
		*bytes <<= shift;
		break;
	}
	return true;
}

static bool take_id(struct command_line *text, int32_t *id)
{
	bool negative = take(text, '-');
	uint64_t number;

	if (!take_digits(text, 10, INT32_MAX, &number))
		return false;
	*id = negative ? -(int32_t)number : (int32_t)number;
	return true;
}

/* ---- Announcements ---- */

/** Whether registers can be there; if not, why is set. */
static bool place_is_sound(const struct virtio_mmio_place *place,
			   enum virtio_command_line_error *why)
{
	if (place->bytes < VIRTIO_WINDOW_LEAST)
		*why = VIRTIO_COMMAND_LINE_SMALL;
	else if (place->base % sizeof(uint32_t))
		*why = VIRTIO_COMMAND_LINE_UNALIGNED;
	else if (place->bytes - 1 > UINT64_MAX - place->base)
		*why = VIRTIO_COMMAND_LINE_WRAPS;
	else
		return true;
	return false;
}

/** Read a value. @return whether it is good; if not, why is set */
static bool window_read(struct command_line value, struct virtio_window *window,
			enum virtio_command_line_error *why)
{
	uint64_t number;

	*why = VIRTIO_COMMAND_LINE_SIZE;
	if (!take_size(&value, &number) || number > SIZE_MAX ||
	    !take(&value, '@'))
		return false;
	window->place.bytes = (size_t)number;
	*why = VIRTIO_COMMAND_LINE_BASE;
	if (!take_number(&value, &window->place.base) || !take(&value, ':'))
		return false;
	*why = VIRTIO_COMMAND_LINE_LINE;
	if (!take_digits(&value, 10, UINT32_MAX, &number))
		return false;
	window->place.line = (unsigned)number;
	*why = VIRTIO_COMMAND_LINE_ID;
	window->id = VIRTIO_WINDOW_NO_ID;
	if (take(&value, ':') && !take_id(&value, &window->id))
		return false;
	*why = VIRTIO_COMMAND_LINE_REST;
	if (value.next < value.end)
		return false;
	return place_is_sound(&window->place, why);
}

static bool places_overlap(const struct virtio_mmio_place *one,
			   const struct virtio_mmio_place *other)
{
	/* The last bytes: the end of the last window may be 2^64. */
	return one->base <= other->base + (other->bytes - 1) &&
	       other->base <= one->base + (one->bytes - 1);
}

static bool place_is_free(const struct virtio_mmio_place *place,
			  const struct virtio_window *windows, unsigned count)
{
	unsigned n;

	for (n = 0; n < count; n++)
		if (places_overlap(place, &windows[n].place))
			return false;
	return true;
}

bool virtio_window_fits(const struct virtio_mmio_place *place,
			const struct virtio_window *windows, unsigned count)
{
	enum virtio_command_line_error why;

	return place_is_sound(place, &why) &&
	       place_is_free(place, windows, count);
}

/** Whether a window goes with those before it; if not, why is set. */
static bool window_goes(const struct virtio_window *window,
			const struct virtio_window *windows, unsigned count,
			unsigned room, enum virtio_command_line_error *why)
{
	*why = VIRTIO_COMMAND_LINE_OVERLAPS;
	if (!place_is_free(&window->place, windows, count))
		return false;
	*why = VIRTIO_COMMAND_LINE_TOO_MANY;
	return count < room;
}

unsigned
virtio_command_line_parse(const char *text, size_t bytes,
			  struct virtio_window *windows, unsigned room,
			  const struct virtio_command_line_refusals *refusals)
{
	struct command_line line = {.next = text, .end = text};
	struct command_line word, value;
	unsigned count = 0;

	while (bytes-- > 0 && *line.end)
		line.end++;
	while (word_next(&line, &word)) {
		enum virtio_command_line_error why;
		struct virtio_window window;

		value = word;
		if (!word_is_device(&value))
			continue;
		window.offset = (size_t)(word.next - text);
		window.length = (size_t)(word.end - word.next);
		if (window_read(value, &window, &why) &&
		    window_goes(&window, windows, count, room, &why))
			windows[count++] = window;
		else if (refusals)
			refusals->refuse(refusals->context, why, word.next,
					 window.length);
	}
	return count;
}
