/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events in one or two streams without a name, as pcapng. Each stream begins
 * with the number of its first event, so whoever has the streams can read them,
 * and need not be the process that wrote them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mocks/trace/pcapng.h"
#include "mocks/trace/recording.h"

#define STREAMS	      2u
#define BUFFER_BYTES  0x10000u
/** What an event that is none is called: a sentence, not something that passed.
 */
#define FAILURE_PLACE "failure"
#define NOTE_MAX      128u

struct trace_recording {
	uint64_t limit;
	bool is_shared;
	FILE *streams[STREAMS];
	/** The one that is being written, and how much is in it. */
	unsigned current;
	uint64_t bytes;
	/** Events told so far. */
	uint64_t count;
};

/* ---- Life ---- */

/** In memory; but all of a long run may be more than that. */
static FILE *stream_make(bool is_limited)
{
	int descriptor;
	FILE *stream;

	if (!is_limited)
		return tmpfile();
	descriptor = memfd_create("recording", MFD_CLOEXEC);
	stream = descriptor >= 0 ? fdopen(descriptor, "w+b") : NULL;
	if (!stream && descriptor >= 0)
		close(descriptor);
	return stream;
}

/** Forget what the current stream holds; it begins with the next event. */
static void stream_begin(struct trace_recording *recording)
{
	FILE *stream = recording->streams[recording->current];
	char about[32];

	snprintf(about, sizeof(about), "%" PRIu64, recording->count + 1);
	fflush(stream);
	rewind(stream);
	if (ftruncate(fileno(stream), 0) == 0)
		pcapng_begin(stream, about);
	fflush(stream);
	recording->bytes = 0;
}

struct trace_recording *trace_recording_create(uint64_t limit, bool is_shared)
{
	struct trace_recording *recording = calloc(1, sizeof(*recording));
	unsigned n;

	if (!recording)
		return NULL;
	recording->limit = limit;
	recording->is_shared = is_shared;
	for (n = 0; n < (limit ? STREAMS : 1); n++) {
		recording->streams[n] = stream_make(limit);
		if (!recording->streams[n]) {
			trace_recording_destroy(recording);
			return NULL;
		}
		setvbuf(recording->streams[n], NULL, _IOFBF, BUFFER_BYTES);
	}
	stream_begin(recording);
	return recording;
}

void trace_recording_destroy(struct trace_recording *recording)
{
	unsigned n;

	if (!recording)
		return;
	for (n = 0; n < STREAMS; n++)
		if (recording->streams[n])
			fclose(recording->streams[n]);
	free(recording);
}

/* ---- Recording ---- */

static void recording_add(struct trace_recording *recording,
			  const struct trace_event *event)
{
	FILE *stream = recording->streams[recording->current];

	/* A disk that is full shows when it is read: the end is missing. */
	pcapng_event(stream, event);
	if (recording->is_shared)
		fflush(stream);
	recording->bytes += PCAPNG_EVENT_BYTES + event->length;
}

static void recording_event(void *context, const struct trace_event *event)
{
	struct trace_recording *recording = context;

	if (recording->limit &&
	    recording->bytes >= recording->limit / STREAMS) {
		fflush(recording->streams[recording->current]);
		recording->current = (recording->current + 1) % STREAMS;
		stream_begin(recording);
	}
	recording_add(recording, event);
	recording->count++;
}

static void recording_failure(void *context, const char *sentence)
{
	struct trace_recording *recording = context;

	recording_add(recording, &(const struct trace_event){
					 .kind = TRACE_NOTE,
					 .place = FAILURE_PLACE,
					 .text = sentence,
				 });
}

struct trace_observer
trace_recording_observer(struct trace_recording *recording)
{
	return (struct trace_observer){
		.event = recording_event,
		.failure = recording_failure,
		.context = recording,
	};
}

/* ---- Reading it again ---- */

/** A pass over all events that there are. */
struct pass {
	struct trace_recording *recording;
	FILE *stream;
	struct pcapng *pcapng;
	/** The streams in their order, and how many of them were begun. */
	uint64_t first[STREAMS];
	unsigned order[STREAMS], begun;
	/** The last event is cut: whoever wrote it was ended. */
	bool is_cut;
};

static void stream_close(struct pass *pass)
{
	pcapng_close(pass->pcapng);
	pass->pcapng = NULL;
	if (pass->stream)
		fclose(pass->stream);
	pass->stream = NULL;
}

/** Open a stream once more, to read: what was written of it is not known here.
 */
static bool stream_open(struct pass *pass, unsigned n)
{
	FILE *written = pass->recording->streams[n];
	int descriptor;

	stream_close(pass);
	if (!written)
		return false;
	fflush(written);
	descriptor = dup(fileno(written));
	if (descriptor < 0)
		return false;
	pass->stream = fdopen(descriptor, "rb");
	if (!pass->stream) {
		close(descriptor);
		return false;
	}
	rewind(pass->stream);
	pass->pcapng = pcapng_open(pass->stream, "recording");
	return pass->pcapng;
}

/** The number of a stream's first event; 0: it holds none. */
static uint64_t stream_first(struct pass *pass, unsigned n)
{
	struct trace_event event;

	if (!stream_open(pass, n) ||
	    pcapng_next(pass->pcapng, &event) != PCAPNG_EVENT)
		return 0;
	return strtoull(pcapng_about(pass->pcapng), NULL, 10);
}

static void pass_begin(struct pass *pass, struct trace_recording *recording)
{
	uint64_t first[STREAMS];
	unsigned n;

	memset(pass, 0, sizeof(*pass));
	pass->recording = recording;
	for (n = 0; n < STREAMS; n++)
		first[n] = stream_first(pass, n);
	pass->order[0] = first[1] && (!first[0] || first[1] < first[0]);
	pass->order[1] = !pass->order[0];
	for (n = 0; n < STREAMS; n++)
		pass->first[n] = first[pass->order[n]];
	stream_close(pass);
}

/** The next event, or what is said of the one before it. */
static bool pass_next(struct pass *pass, struct trace_event *event)
{
	enum pcapng_result result;

	for (;;) {
		if (!pass->pcapng) {
			if (pass->begun == STREAMS ||
			    !pass->first[pass->begun] ||
			    !stream_open(pass, pass->order[pass->begun]))
				break;
			pass->begun++;
		}
		result = pcapng_next(pass->pcapng, event);
		if (result == PCAPNG_EVENT)
			return true;
		pass->is_cut |= result == PCAPNG_BROKEN;
		stream_close(pass);
	}
	stream_close(pass);
	return false;
}

static bool is_failure(const struct trace_event *event)
{
	return event->kind == TRACE_NOTE && event->place &&
	       strcmp(event->place, FAILURE_PLACE) == 0;
}

/** The event where it failed, from 1 among those kept; 0: there are none. */
static uint64_t failed_at(struct trace_recording *recording, const char *reason)
{
	struct trace_event event;
	uint64_t number = 0, at = 0;
	struct pass pass;

	pass_begin(&pass, recording);
	while (pass_next(&pass, &event)) {
		number += !is_failure(&event);
		if (!at && (is_failure(&event) || event.kind == TRACE_RULE) &&
		    event.text && *event.text && strstr(reason, event.text))
			at = number;
	}
	return at ? at : number;
}

/* ---- Writing ---- */

static void write_note(struct trace_writer *writer, uint64_t time,
		       const char *text, const char *comment)
{
	trace_writer_event(writer, &(const struct trace_event){
					   .kind = TRACE_NOTE,
					   .time = time,
					   .text = text,
					   .comment = comment,
				   });
}

static void write_events(struct trace_recording *recording,
			 struct trace_writer *writer, const char *reason)
{
	uint64_t at = reason ? failed_at(recording, reason) : 0, number = 0;
	struct trace_event event;
	char note[NOTE_MAX];
	struct pass pass;
	uint64_t time = 0;

	pass_begin(&pass, recording);
	while (pass_next(&pass, &event)) {
		if (is_failure(&event))
			continue;
		time = event.time;
		if (!number && pass.first[0] > 1) {
			snprintf(note, sizeof(note),
				 "%" PRIu64 " events before this were not kept",
				 pass.first[0] - 1);
			write_note(writer, event.time, note, NULL);
		}
		if (++number == at)
			event.comment = reason;
		trace_writer_event(writer, &event);
	}
	if (pass.is_cut)
		write_note(writer, time,
			   "the next event was not recorded whole", NULL);
	if (!number && reason)
		write_note(writer, 0, "nothing passed", reason);
}

bool trace_recording_write(struct trace_recording *recording, const char *path,
			   const char *about, const char *reason, char *error)
{
	struct trace_writer *writer = trace_writer_open(path, about, error);

	if (!writer)
		return false;
	write_events(recording, writer, reason);
	return trace_writer_close(writer, error);
}
