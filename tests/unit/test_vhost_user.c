/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vhost-user server, and a client that does everything by hand: as it is
 * meant, and as it is not.
 */
#define _GNU_SOURCE
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mocks/cli/random.h"
#include "mocks/machine/machine.h"
#include "mocks/virtio/vhost_user.h"
#include "mocks/virtio/vhost_user_wire.h"

#define MEMORY	 (1u << 20)
#define PHYSICAL 0x40000000u
#define USER	 0x7f0000000000u
#define SIZE	 8u
#define FEATURES (1ull << 32 | 1u << VHOST_F_PROTOCOL_FEATURES)
#define ACK	 (1u << VHOST_PROTOCOL_REPLY_ACK)

/* Where a queue's parts are, and its buffers. */
#define DESCRIPTORS(queue) (0x1000u + (queue)*0x4000u)
#define AVAILABLE(queue)   (0x2000u + (queue)*0x4000u)
#define USED(queue)	   (0x3000u + (queue)*0x4000u)
#define BUFFER(queue)	   (0x10000u + (queue)*0x10000u)

struct session {
	char folder[32], path[64];
	struct machine *machine;
	struct wire *wire;
	struct host_vhost_user *server;
	int client, file;
	uint8_t *memory;
	int kick[2], call[2];
	uint8_t frame[2048];
	uint32_t length;
	unsigned frames;
};

static void transmitted(void *context, const struct wire_frame *frame)
{
	struct session *session = context;

	assert_true(frame->length <= sizeof(session->frame));
	memcpy(session->frame, frame->data, frame->length);
	session->length = frame->length;
	session->frames++;
}

static unsigned descriptors_open(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/** How often the client's memory is mapped. */
static unsigned mappings_count(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned count = 0;
	char line[512];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		count += strstr(line, "memfd:memory") != NULL;
	fclose(maps);
	return count;
}

/* ---- Session ---- */

/** Let the server do all that it has to do. */
static void serve(struct session *session)
{
	struct pollfd descriptors[HOST_VHOST_USER_DESCRIPTORS];
	size_t count;

	for (;;) {
		count = host_vhost_user_wait_for(session->server, descriptors);
		if (poll(descriptors, count, 0) <= 0)
			return;
		host_vhost_user_serve(session->server, descriptors, count);
	}
}

static void client_connect(struct session *session)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(address.sun_path, session->path);
	session->client = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(session->client, (struct sockaddr *)&address,
				 sizeof(address)),
			 0);
	serve(session);
	assert_true(host_vhost_user_has_client(session->server));
}

static void session_begin(struct session *session)
{
	static const struct machine_configuration configuration = {
		.ram_bytes = 1 << 20,
		.schedule = MACHINE_SCHEDULE_EAGER,
	};
	char error[HOST_VHOST_USER_ERROR_MAX];
	unsigned n;

	memset(session, 0, sizeof(*session));
	strcpy(session->folder, "/tmp/vmmsim.XXXXXX");
	assert_non_null(mkdtemp(session->folder));
	snprintf(session->path, sizeof(session->path), "%s/card",
		 session->folder);
	session->machine = machine_create(&configuration);
	session->wire = wire_tap_create(transmitted, session);
	session->server =
		host_vhost_user_create(session->machine, session->wire,
				       session->path, error);
	assert_non_null(session->server);
	session->file = memfd_create("memory", 0);
	assert_int_equal(ftruncate(session->file, MEMORY), 0);
	session->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED,
			       session->file, 0);
	assert_true(session->memory != MAP_FAILED);
	for (n = 0; n < 2; n++) {
		session->kick[n] = eventfd(0, EFD_NONBLOCK);
		session->call[n] = eventfd(0, EFD_NONBLOCK);
	}
	client_connect(session);
}

static void session_end(struct session *session)
{
	unsigned n;

	close(session->client);
	host_vhost_user_destroy(session->server);
	wire_destroy(session->wire);
	machine_destroy(session->machine);
	munmap(session->memory, MEMORY);
	close(session->file);
	for (n = 0; n < 2; n++) {
		close(session->kick[n]);
		close(session->call[n]);
	}
	/* The socket is removed with the server. */
	assert_int_equal(rmdir(session->folder), 0);
}

/* ---- Messages ---- */

static void message_send(struct session *session, uint32_t request,
			 uint32_t flags, const void *payload, uint32_t bytes,
			 const int *files, unsigned count)
{
	struct vhost_header header = {request, flags, bytes};
	char control[CMSG_SPACE(sizeof(int) * VHOST_REGIONS_MAX)] = {0};
	struct iovec vectors[] = {
		{&header, sizeof(header)},
		{(void *)(uintptr_t)payload, bytes},
	};
	struct msghdr message = {.msg_iov = vectors, .msg_iovlen = 2};

	if (count) {
		struct cmsghdr *first;

		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		first = CMSG_FIRSTHDR(&message);
		first->cmsg_level = SOL_SOCKET;
		first->cmsg_type = SCM_RIGHTS;
		first->cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(first), files, sizeof(int) * count);
	}
	sendmsg(session->client, &message, MSG_NOSIGNAL);
	serve(session);
}

static void number_send(struct session *session, uint32_t request,
			uint64_t number, int file)
{
	message_send(session, request, VHOST_VERSION, &number, sizeof(number),
		     &file, file >= 0);
}

static void state_send(struct session *session, uint32_t request,
		       uint32_t index, uint32_t number)
{
	struct vhost_vring_state state = {index, number};

	message_send(session, request, VHOST_VERSION, &state, sizeof(state),
		     NULL, 0);
}

static uint64_t answer_take(struct session *session, uint32_t request)
{
	struct vhost_header header;
	uint64_t number;

	assert_int_equal(recv(session->client, &header, sizeof(header),
			      MSG_DONTWAIT),
			 sizeof(header));
	assert_int_equal(header.request, request);
	assert_int_equal(header.flags, VHOST_VERSION | VHOST_REPLY);
	assert_int_equal(header.size, sizeof(number));
	assert_int_equal(recv(session->client, &number, sizeof(number),
			      MSG_DONTWAIT),
			 sizeof(number));
	return number;
}

static uint64_t ask(struct session *session, uint32_t request)
{
	message_send(session, request, VHOST_VERSION, NULL, 0, NULL, 0);
	return answer_take(session, request);
}

static void memory_send(struct session *session)
{
	struct vhost_memory memory = {
		.count = 1,
		.regions = {{PHYSICAL, MEMORY, USER, 0}},
	};

	message_send(session, VHOST_SET_MEM_TABLE, VHOST_VERSION, &memory, 40,
		     &session->file, 1);
}

static void queue_place(struct session *session, uint32_t queue)
{
	struct vhost_vring_address address = {
		.index = queue,
		.descriptors = USER + DESCRIPTORS(queue),
		.used = USER + USED(queue),
		.available = USER + AVAILABLE(queue),
	};

	state_send(session, VHOST_SET_VRING_NUM, queue, SIZE);
	message_send(session, VHOST_SET_VRING_ADDR, VHOST_VERSION, &address,
		     sizeof(address), NULL, 0);
	number_send(session, VHOST_SET_VRING_CALL, queue, session->call[queue]);
	number_send(session, VHOST_SET_VRING_KICK, queue, session->kick[queue]);
}

static void agree(struct session *session, uint64_t features)
{
	message_send(session, VHOST_SET_OWNER, VHOST_VERSION, NULL, 0, NULL, 0);
	number_send(session, VHOST_SET_PROTOCOL_FEATURES, ACK, -1);
	number_send(session, VHOST_SET_FEATURES, features, -1);
}

/** All that two queues need. */
static void queues_place(struct session *session, uint64_t features)
{
	uint32_t queue;

	agree(session, features);
	memory_send(session);
	for (queue = 0; queue < 2; queue++) {
		state_send(session, VHOST_SET_VRING_BASE, queue, 0);
		queue_place(session, queue);
		if (features & 1u << VHOST_F_PROTOCOL_FEATURES)
			state_send(session, VHOST_SET_VRING_ENABLE, queue, 1);
	}
}

static void bring_up(struct session *session, uint64_t features)
{
	queues_place(session, features);
	assert_string_equal(host_vhost_user_reason(session->server), "");
	assert_true(host_vhost_user_is_ready(session->server));
	assert_int_equal(host_vhost_user_room(session->server), SIZE);
}

/* ---- Rings ---- */

static void put(struct session *session, uint32_t at, uint64_t value,
		unsigned bytes)
{
	memcpy(session->memory + at, &value, bytes);
}

static uint32_t get(const struct session *session, uint32_t at, unsigned bytes)
{
	uint32_t value = 0;

	memcpy(&value, session->memory + at, bytes);
	return value;
}

/** Make a buffer available, and ring. */
static void offer(struct session *session, uint32_t queue, uint16_t index,
		  uint32_t bytes)
{
	uint32_t slot = index % SIZE;
	uint32_t descriptor = DESCRIPTORS(queue) + 16 * slot;

	put(session, descriptor, PHYSICAL + BUFFER(queue) + 2048 * slot, 8);
	put(session, descriptor + 8, bytes, 4);
	put(session, descriptor + 12, queue ? 0 : 2, 2);
	put(session, AVAILABLE(queue) + 4 + 2 * slot, slot, 2);
	put(session, AVAILABLE(queue) + 2, index + 1u, 2);
	eventfd_write(session->kick[queue], 1);
	serve(session);
}

static bool was_called(const struct session *session, uint32_t queue)
{
	eventfd_t value;

	return eventfd_read(session->call[queue], &value) == 0;
}

/** A frame each way, by the buffers of an index. */
static void exchange(struct session *session, uint16_t index)
{
	const uint32_t slot = index % SIZE;
	uint8_t *out = session->memory + BUFFER(1) + 2048 * slot;
	const uint8_t *in = session->memory + BUFFER(0) + 2048 * slot;
	uint8_t data[100];
	const struct wire_frame frame = {data, sizeof(data)};
	unsigned frames = session->frames;

	memset(data, 0x40 + index, sizeof(data));
	offer(session, 0, index, 2048);
	assert_true(wire_deliver(session->wire, &frame));
	host_vhost_user_work(session->server);
	assert_int_equal(get(session, USED(0) + 2, 2), index + 1u);
	assert_int_equal(get(session, USED(0) + 4 + 8 * slot, 4), slot);
	assert_int_equal(get(session, USED(0) + 8 + 8 * slot, 4), 112);
	assert_memory_equal(in + 12, data, sizeof(data));
	assert_true(was_called(session, 0));

	memset(out, 0, 12);
	memset(out + 12, 0x80 + index, 200);
	offer(session, 1, index, 212);
	assert_int_equal(session->frames, frames + 1);
	assert_int_equal(session->length, 200);
	assert_memory_equal(session->frame, out + 12, 200);
	assert_int_equal(get(session, USED(1) + 2, 2), index + 1u);
	assert_true(was_called(session, 1));
}

/* ---- As it is meant ---- */

static void what_is_offered(void **state)
{
	struct session session;
	uint64_t features;

	(void)state;
	session_begin(&session);
	features = ask(&session, VHOST_GET_FEATURES);
	assert_int_equal(features & FEATURES, FEATURES);
	/* The configuration space and the control queue are the client's. */
	assert_int_equal(features & (1u << 5 | 1u << 16 | 1u << 17), 0);
	assert_int_equal(ask(&session, VHOST_GET_PROTOCOL_FEATURES), 9);
	assert_int_equal(ask(&session, VHOST_GET_QUEUE_NUM), 1);
	session_end(&session);
}

static void frames_go_both_ways(void **state)
{
	struct host_vhost_user_counters counters;
	struct session session;
	uint16_t index;

	(void)state;
	session_begin(&session);
	bring_up(&session, FEATURES);
	for (index = 0; index < 3 * SIZE; index++)
		exchange(&session, index);
	host_vhost_user_counters(session.server, &counters);
	assert_int_equal(counters.clients, 1);
	assert_int_equal(counters.kicks, 6 * SIZE);
	assert_int_equal(counters.calls, 6 * SIZE);
	assert_int_equal(machine_violations(session.machine), 0);
	session_end(&session);
}

/** Without that feature queues work as soon as they are known. */
static void queues_without_enabling(void **state)
{
	struct session session;

	(void)state;
	session_begin(&session);
	bring_up(&session, 1ull << 32);
	exchange(&session, 0);
	session_end(&session);
}

/** A queue goes on where it stood: stopped, its memory changed, disabled. */
static void queues_stop_and_go_on(void **state)
{
	struct session session;
	uint64_t answer;
	uint32_t queue;

	(void)state;
	session_begin(&session);
	bring_up(&session, FEATURES);
	exchange(&session, 0);
	exchange(&session, 1);
	for (queue = 0; queue < 2; queue++) {
		state_send(&session, VHOST_GET_VRING_BASE, queue, 0);
		answer = answer_take(&session, VHOST_GET_VRING_BASE);
		assert_int_equal(answer, queue | 2ull << 32);
	}
	assert_false(host_vhost_user_is_ready(session.server));
	for (queue = 0; queue < 2; queue++) {
		state_send(&session, VHOST_SET_VRING_BASE, queue, 2);
		queue_place(&session, queue);
	}
	assert_true(host_vhost_user_is_ready(session.server));
	exchange(&session, 2);
	memory_send(&session);
	assert_true(host_vhost_user_is_ready(session.server));
	exchange(&session, 3);
	state_send(&session, VHOST_SET_VRING_ENABLE, 1, 0);
	assert_false(host_vhost_user_is_ready(session.server));
	state_send(&session, VHOST_SET_VRING_ENABLE, 1, 1);
	exchange(&session, 4);
	session_end(&session);
}

/** One client leaves, another comes and begins at the beginning. */
static void clients_come_and_go(void **state)
{
	struct session session;
	unsigned n, open = 0;

	(void)state;
	session_begin(&session);
	for (n = 0; n < 5; n++) {
		memset(session.memory, 0, MEMORY);
		bring_up(&session, FEATURES);
		exchange(&session, 0);
		close(session.client);
		serve(&session);
		assert_false(host_vhost_user_has_client(session.server));
		assert_string_equal(host_vhost_user_reason(session.server), "");
		if (!n)
			open = descriptors_open();
		assert_int_equal(descriptors_open(), open);
		assert_int_equal(mappings_count(), 1);
		client_connect(&session);
	}
	session_end(&session);
}

/* ---- As it is not meant ---- */

/** He was sent away for a reason, nothing is left of him, another may come. */
static void expect_refused(struct session *session, const char *reason,
			   unsigned open)
{
	if (!strstr(host_vhost_user_reason(session->server), reason))
		fail_msg("'%s', not '%s'",
			 host_vhost_user_reason(session->server), reason);
	assert_false(host_vhost_user_has_client(session->server));
	assert_int_equal(descriptors_open(), open - 1);
	close(session->client);
	client_connect(session);
}

static void messages_that_are_none(void **state)
{
	static const struct {
		uint32_t request, flags, bytes;
		const char *reason;
	} cases[] = {
		{VHOST_GET_FEATURES, 0, 0, "version 0"},
		{VHOST_GET_FEATURES, 2, 0, "version 2"},
		{VHOST_SET_FEATURES, VHOST_VERSION, 0, "has 0 bytes"},
		{VHOST_SET_FEATURES, VHOST_VERSION, 7, "has 7 bytes"},
		{VHOST_SET_VRING_NUM, VHOST_VERSION, 4, "has 4 bytes"},
		{VHOST_SET_VRING_ADDR, VHOST_VERSION, 39, "has 39 bytes"},
		{VHOST_SET_OWNER, VHOST_VERSION, 265, "has 265 bytes"},
		{0, VHOST_VERSION, 0, "request 0 is not known"},
		{99, VHOST_VERSION, 8, "request 99 is not known"},
		{VHOST_SET_MEM_TABLE, VHOST_VERSION, 4, "has 4 bytes"},
	};
	static const uint8_t bytes[512];
	struct session session;
	unsigned n, open;

	(void)state;
	session_begin(&session);
	open = descriptors_open();
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		message_send(&session, cases[n].request, cases[n].flags, bytes,
			     cases[n].bytes, NULL, 0);
		expect_refused(&session, cases[n].reason, open);
	}
	/* Cut off in the header, and behind it. */
	send(session.client, bytes, 5, 0);
	shutdown(session.client, SHUT_WR);
	serve(&session);
	expect_refused(&session, "a header is cut off", open);
	send(session.client, "\002\0\0\0\001\0\0\0\010\0\0\0abc", 15, 0);
	shutdown(session.client, SHUT_WR);
	serve(&session);
	expect_refused(&session, "request 2 is cut off", open);
	session_end(&session);
}

static void numbers_that_are_none(void **state)
{
	struct session session;
	unsigned open;

	(void)state;
	session_begin(&session);
	open = descriptors_open();
	number_send(&session, VHOST_SET_FEATURES, FEATURES | 1ull << 63, -1);
	expect_refused(&session, "not offered", open);
	number_send(&session, VHOST_SET_FEATURES, FEATURES | 1u << 7, -1);
	expect_refused(&session, "GUEST_TSO4 is accepted without", open);
	number_send(&session, VHOST_SET_PROTOCOL_FEATURES, 2, -1);
	expect_refused(&session, "protocol features 0x2", open);
	state_send(&session, VHOST_SET_VRING_NUM, 2, 8);
	expect_refused(&session, "there is no queue 2", open);
	state_send(&session, VHOST_GET_VRING_BASE, UINT32_MAX, 0);
	expect_refused(&session, "there is no queue", open);
	number_send(&session, VHOST_SET_VRING_KICK, 0, -1);
	expect_refused(&session, "a file was to come", open);
	number_send(&session, VHOST_SET_VRING_CALL, 200, session.file);
	expect_refused(&session, "there is no queue 200", open);
	/* Refused, and said so to who asked to be told. */
	number_send(&session, VHOST_SET_PROTOCOL_FEATURES, ACK, -1);
	message_send(&session, 99, VHOST_VERSION | VHOST_NEED_REPLY, NULL, 0,
		     NULL, 0);
	assert_int_equal(answer_take(&session, 99), 1);
	expect_refused(&session, "request 99", open);
	number_send(&session, VHOST_SET_PROTOCOL_FEATURES, ACK, -1);
	message_send(&session, VHOST_SET_OWNER,
		     VHOST_VERSION | VHOST_NEED_REPLY, NULL, 0, NULL, 0);
	assert_int_equal(answer_take(&session, VHOST_SET_OWNER), 0);
	session_end(&session);
}

static void memory_that_is_none(void **state)
{
	static const struct {
		uint32_t count;
		unsigned files;
		struct vhost_region region;
		const char *reason;
	} cases[] = {
		{0, 1, {0}, "0 regions with 1 files"},
		{1, 0, {PHYSICAL, MEMORY, USER, 0}, "1 regions with 0 files"},
		{9, 1, {PHYSICAL, MEMORY, USER, 0}, "9 regions"},
		{2, 2, {PHYSICAL, MEMORY, USER, 0}, "2 regions in 40 bytes"},
		{1, 1, {PHYSICAL, 0, USER, 0}, "is none"},
		{1, 1, {PHYSICAL, MEMORY, USER, 100}, "is none"},
		{1, 1, {UINT64_MAX - 4095, MEMORY, USER, 0}, "is none"},
		{1, 1, {PHYSICAL, MEMORY, UINT64_MAX - 4095, 0}, "is none"},
		{1, 1, {PHYSICAL, UINT64_MAX, USER, 0}, "is none"},
		{1, 1, {PHYSICAL, MEMORY, USER, 1ull << 63}, "is none"},
		{1, 1, {PHYSICAL, MEMORY + 1, USER, 0}, "longer than"},
		{1, 1, {PHYSICAL, MEMORY, USER, 4096}, "longer than"},
	};
	struct session session;
	unsigned n, open;

	(void)state;
	session_begin(&session);
	open = descriptors_open();
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct vhost_memory memory = {
			.count = cases[n].count,
			.regions = {cases[n].region},
		};
		int files[2] = {session.file, session.file};

		message_send(&session, VHOST_SET_MEM_TABLE, VHOST_VERSION,
			     &memory, 40, files, cases[n].files);
		expect_refused(&session, cases[n].reason, open);
	}
	session_end(&session);
}

/** Queues that cannot be where they are said to be, or as they are. */
static void queues_that_are_none(void **state)
{
	static const struct vhost_vring_address beyond[] = {
		{.descriptors = USER + MEMORY,
		 .used = USER + USED(0),
		 .available = USER + AVAILABLE(0)},
		{.descriptors = USER + DESCRIPTORS(0),
		 .used = USER - 4,
		 .available = USER + AVAILABLE(0)},
		{.descriptors = USER + MEMORY - 64,
		 .used = USER + USED(0),
		 .available = USER + AVAILABLE(0)},
	};
	struct session session;
	unsigned open, n;

	(void)state;
	session_begin(&session);
	open = descriptors_open();
	/* There is no memory yet. */
	agree(&session, FEATURES);
	queue_place(&session, 0);
	state_send(&session, VHOST_SET_VRING_ENABLE, 0, 1);
	expect_refused(&session, "queue 0 lies in no region", open);
	/* Nor there, and not all of it. */
	for (n = 0; n < 3; n++) {
		agree(&session, FEATURES);
		memory_send(&session);
		queue_place(&session, 0);
		message_send(&session, VHOST_SET_VRING_ADDR, VHOST_VERSION,
			     &beyond[n], sizeof(beyond[n]), NULL, 0);
		state_send(&session, VHOST_SET_VRING_ENABLE, 0, 1);
		expect_refused(&session,
			       n < 2 ? "queue 0 lies in no region"
				     : "a part that is not in memory",
			       open);
	}
	agree(&session, FEATURES);
	memory_send(&session);
	queue_place(&session, 1);
	state_send(&session, VHOST_SET_VRING_NUM, 1, 7);
	state_send(&session, VHOST_SET_VRING_ENABLE, 1, 1);
	expect_refused(&session, "no power of 2", open);
	agree(&session, FEATURES);
	memory_send(&session);
	queue_place(&session, 1);
	state_send(&session, VHOST_SET_VRING_NUM, 1, 65536);
	state_send(&session, VHOST_SET_VRING_ENABLE, 1, 1);
	expect_refused(&session, "a size that it cannot have", open);
	session_end(&session);
}

/** What the rings say is checked as a guest's: the card stops, no more. */
static void rings_that_lie(void **state)
{
	struct session session;

	(void)state;
	session_begin(&session);
	bring_up(&session, FEATURES);
	put(&session, AVAILABLE(1) + 2, 100, 2);
	eventfd_write(session.kick[1], 1);
	serve(&session);
	assert_int_equal(machine_violations(session.machine), 1);
	assert_false(host_vhost_user_is_ready(session.server));
	close(session.client);
	serve(&session);
	client_connect(&session);
	memset(session.memory, 0, MEMORY);
	bring_up(&session, FEATURES);
	/* A buffer that is not all in the memory that is shared. */
	put(&session, DESCRIPTORS(1), PHYSICAL + MEMORY - 50, 8);
	put(&session, DESCRIPTORS(1) + 8, 100, 4);
	put(&session, AVAILABLE(1) + 2, 1, 2);
	eventfd_write(session.kick[1], 1);
	serve(&session);
	assert_int_equal(machine_violations(session.machine), 2);
	assert_int_equal(session.frames, 0);
	assert_true(host_vhost_user_has_client(session.server));
	session_end(&session);
}

/** A doorbell that is none: it is not looked at for ever. */
static void doorbells_that_are_none(void **state)
{
	struct session session;
	int ends[2];

	(void)state;
	session_begin(&session);
	bring_up(&session, FEATURES);
	assert_int_equal(pipe(ends), 0);
	number_send(&session, VHOST_SET_VRING_KICK, 1, ends[0]);
	close(ends[0]);
	close(ends[1]);
	serve(&session);
	assert_true(host_vhost_user_has_client(session.server));
	session_end(&session);
}

/** Whoever is told too often is not waited for. */
static void calls_that_are_full(void **state)
{
	struct session session;
	int full = eventfd(0, 0);
	eventfd_t value = 0;

	(void)state;
	session_begin(&session);
	bring_up(&session, FEATURES);
	assert_int_equal(eventfd_write(full, UINT64_MAX - 1), 0);
	number_send(&session, VHOST_SET_VRING_CALL, 1, full);
	/* To wait would be to wait for ever. */
	alarm(20);
	memset(session.memory + BUFFER(1), 0, 212);
	offer(&session, 1, 0, 212);
	alarm(0);
	assert_int_equal(session.frames, 1);
	assert_int_equal(eventfd_read(full, &value), 0);
	close(full);
	session_end(&session);
}

/** Any messages with any files: it survives, and keeps nothing. */
static void any_messages_at_all(void **state)
{
	struct random random = {.state = 7};
	struct session session;
	unsigned round, n, open, lost = 0;

	(void)state;
	session_begin(&session);
	open = descriptors_open();
	for (round = 0; round < 4000; round++) {
		union vhost_payload payload;
		int files[3] = {session.file, session.kick[0], session.call[0]};
		uint32_t bytes = random_below(&random, 48);
		uint32_t words[66];

		for (n = 0; n < 66; n++)
			words[n] = random_below(&random, 4)
					   ? random_below(&random, 3)
					   : (uint32_t)random_next(&random);
		memcpy(&payload, words, sizeof(payload));
		if (random_below(&random, 4) == 0)
			queues_place(&session, FEATURES);
		message_send(&session, random_below(&random, 20), VHOST_VERSION,
			     &payload, bytes, files + random_below(&random, 2),
			     random_below(&random, 3));
		if (host_vhost_user_has_client(session.server) &&
		    random_below(&random, 8))
			continue;
		lost += !host_vhost_user_has_client(session.server);
		close(session.client);
		serve(&session);
		assert_int_equal(descriptors_open(), open - 2);
		client_connect(&session);
	}
	assert_in_range(lost, 500, 4000);
	session_end(&session);
}

/* ---- Sockets that cannot be made ---- */

static void sockets_that_are_none(void **state)
{
	char error[HOST_VHOST_USER_ERROR_MAX], path[200];
	struct session session;

	(void)state;
	session_begin(&session);
	assert_null(host_vhost_user_create(session.machine, session.wire,
					   session.path, error));
	assert_non_null(strstr(error, "there is something already"));
	assert_int_equal(access(session.path, F_OK), 0);
	assert_null(host_vhost_user_create(session.machine, session.wire,
					   "/nowhere/card", error));
	assert_non_null(strstr(error, "No such file or directory"));
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = 0;
	assert_null(host_vhost_user_create(session.machine, session.wire, path,
					   error));
	assert_non_null(strstr(error, "at most 107 bytes"));
	session_end(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_offered),
		cmocka_unit_test(frames_go_both_ways),
		cmocka_unit_test(queues_without_enabling),
		cmocka_unit_test(queues_stop_and_go_on),
		cmocka_unit_test(clients_come_and_go),
		cmocka_unit_test(messages_that_are_none),
		cmocka_unit_test(numbers_that_are_none),
		cmocka_unit_test(memory_that_is_none),
		cmocka_unit_test(queues_that_are_none),
		cmocka_unit_test(rings_that_lie),
		cmocka_unit_test(doorbells_that_are_none),
		cmocka_unit_test(calls_that_are_full),
		cmocka_unit_test(any_messages_at_all),
		cmocka_unit_test(sockets_that_are_none),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
