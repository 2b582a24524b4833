/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/scripted_server.h"

#include <stdlib.h>
#include <string.h>

#include "mocks/hyperv/partition_internal.h"

#define SINT		   2u
#define CHANNEL_MESSAGE	   1u
#define INVALID_CONNECTION 0x12
#define VERSION_5_0	   0x50000u
#define TURN		   20000u

static char verdict[1024];

static void put32(uint8_t *bytes, unsigned offset, uint32_t value)
{
	le32 word = cpu_to_le32(value);

	memcpy(bytes + offset, &word, sizeof(word));
}

static uint64_t get64(const uint8_t *bytes)
{
	le64 word;

	memcpy(&word, bytes, sizeof(word));
	return le64_to_cpu(word);
}

/* ---- Out ---- */

static void send_to(struct scripted_server *server, unsigned cpu,
		    const void *payload, uint32_t bytes)
{
	host_synic_post(server->partition, cpu, SINT, CHANNEL_MESSAGE, payload,
			bytes);
}

void server_send(struct scripted_server *server, const void *payload,
		 uint32_t bytes)
{
	send_to(server, server->cpu, payload, bytes);
}

static uint32_t words_put(uint8_t *payload, const uint32_t words[],
			  unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		put32(payload, i * 4, words[i]);
	return count * 4;
}

void server_send_words(struct scripted_server *server, const uint32_t words[],
		       unsigned count)
{
	uint8_t payload[POST_BYTES];

	server_send(server, payload, words_put(payload, words, count));
}

static void later_fire(void *argument)
{
	struct server_later *later = argument;

	send_to(later->server, later->cpu, later->payload, later->bytes);
}

void server_send_later(struct scripted_server *server, unsigned cpu,
		       uint64_t delay, const uint32_t words[], unsigned count)
{
	struct server_later *later = server->later;

	while (later->event.scheduled)
		if (++later == server->later + SERVER_LATER)
			abort();
	later->server = server;
	later->cpu = cpu;
	later->bytes = words_put(later->payload, words, count);
	later->event.fire = later_fire;
	later->event.argument = later;
	machine_event_schedule(server->machine, &later->event, delay);
}

void server_send_offer(struct scripted_server *server,
		       const struct server_offer *offer)
{
	uint8_t payload[196] = {SERVER_OFFER};

	payload[8] = offer->interface;
	payload[24] = offer->instance;
	put32(payload, 180, offer->subchannel);
	put32(payload, 184, offer->relid);
	payload[188] = offer->monitor ? offer->monitor : 255;
	payload[189] = offer->monitor != 0;
	payload[190] = 1;
	put32(payload, 192, SERVER_DOORBELLS + offer->relid);
	server_send(server, payload, sizeof(payload));
}

void server_send_rescind(struct scripted_server *server, uint32_t relid)
{
	const uint32_t words[] = {SERVER_RESCIND, 0, relid};

	server_send_words(server, words, 3);
}

/* ---- Memory that it is shown ---- */

struct server_list *server_list(struct scripted_server *server, uint32_t handle)
{
	for (unsigned i = 0; i < SERVER_LISTS; i++)
		if (server->lists[i].handle == handle)
			return &server->lists[i];
	return NULL;
}

uint8_t *server_page(struct scripted_server *server,
		     const struct server_list *list, uint32_t page)
{
	return machine_ram(server->machine,
			   list->page[page] * MACHINE_PAGE_SIZE,
			   MACHINE_PAGE_SIZE);
}

unsigned server_lists(const struct scripted_server *server)
{
	unsigned lists = 0;

	for (unsigned i = 0; i < SERVER_LISTS; i++)
		lists += server->lists[i].handle != 0;
	return lists;
}

static void list_free(struct server_list *list)
{
	free(list->page);
	*list = (struct server_list){0};
}

void server_list_drop(struct scripted_server *server, uint32_t handle)
{
	struct server_list *list = server_list(server, handle);

	if (list != NULL)
		list_free(list);
}

/* Page numbers of a message, from a place on. */
static void list_add(struct scripted_server *server, struct server_list *list,
		     const struct post *post, unsigned at)
{
	for (; list->known < list->pages && at + 8 <= post->bytes; at += 8)
		list->page[list->known++] = get64(post->payload + at);
	if (list->known == list->pages) {
		const uint32_t words[] = {SERVER_CREATED, 0, list->relid,
					  list->handle, 0};

		server_send_words(server, words, 5);
	}
}

static void header_take(struct scripted_server *server, const struct post *post)
{
	struct server_list *list = server_list(server, 0);

	if (list == NULL)
		abort();
	list->relid = post_word(post, 8);
	list->handle = post_word(post, 12);
	list->pages = (post_word(post, 16) & 0xffff) / 8 - 1;
	list->page = calloc(list->pages, sizeof(*list->page));
	list_add(server, list, post, 28);
}

static void teardown_take(struct scripted_server *server,
			  const struct post *post)
{
	const uint32_t words[] = {SERVER_TORNDOWN, 0, post_word(post, 12)};

	server_list_drop(server, words[2]);
	server_send_words(server, words, 3);
}

/* ---- The connection ---- */

static void contact_take(struct scripted_server *server,
			 const struct post *post)
{
	uint32_t version = post_word(post, 8);
	bool supported = version <= server->version_max;
	const uint32_t words[] = {
		SERVER_VERSION_RESPONSE,
		0,
		supported,
		version >= VERSION_5_0 ? SERVER_MESSAGES : version,
	};

	server->cpu = 0;
	if (version >= 0x30000)
		host_partition_cpu(server->partition, post_word(post, 12),
				   &server->cpu);
	server_send_words(server, words, 4);
}

static void offers_take(struct scripted_server *server)
{
	const uint32_t end[] = {SERVER_ALL_OFFERS, 0};

	for (unsigned i = 0; i < server->offer_count; i++)
		server_send_offer(server, &server->offers[i]);
	server_send_words(server, end, 2);
}

static void unload_take(struct scripted_server *server)
{
	const uint32_t end[] = {SERVER_UNLOAD_RESPONSE, 0};

	for (unsigned i = 0; i < SERVER_LISTS; i++)
		list_free(&server->lists[i]);
	server_send_words(server, end, 2);
}

void server_answer(struct scripted_server *server, const struct post *post)
{
	const uint32_t opened[] = {SERVER_OPEN_RESULT, 0, post_word(post, 8),
				   post_word(post, 12), 0};
	struct server_list *list;

	switch (post->type) {
	case POST_CONTACT:
		contact_take(server, post);
		break;
	case POST_REQUEST_OFFERS:
		offers_take(server);
		break;
	case POST_GPADL_HEADER:
		header_take(server, post);
		break;
	case POST_GPADL_BODY:
		list = server_list(server, post_word(post, 12));
		if (list != NULL)
			list_add(server, list, post, 16);
		break;
	case POST_TEARDOWN:
		teardown_take(server, post);
		break;
	case POST_OPEN:
		server_send_words(server, opened, 5);
		break;
	case POST_UNLOAD:
		unload_take(server);
		break;
	}
}

static uint16_t posted(void *context, uint32_t connection_id, uint32_t type,
		       const void *payload, uint32_t bytes)
{
	struct scripted_server *server = context;
	struct post post = {.connection = connection_id, .bytes = bytes};

	(void)type;
	if (connection_id != 1 &&
	    (server->version_max < VERSION_5_0 ||
	     (connection_id != 4 && connection_id != SERVER_MESSAGES)))
		return INVALID_CONNECTION;
	memcpy(post.payload, payload, bytes);
	post.type = post_word(&post, 0);
	post.time = machine_time(server->machine);
	if (server->on_message == NULL || !server->on_message(server, &post))
		server_answer(server, &post);
	return 0;
}

static uint16_t signalled(void *context, uint32_t connection_id, uint16_t flag)
{
	struct scripted_server *server = context;

	(void)flag;
	server->doorbells++;
	server->doorbell_last = connection_id;
	return 0;
}

/* ---- The guest's hands ---- */

static void wake(void *context)
{
	struct scripted_server *server = context;

	server->wakes++;
}

int server_connect(struct scripted_server *server)
{
	const struct vmbus_configuration configuration = {
		.version_max = server->guest_version_max,
		.wake = wake,
		.context = server,
	};

	return vmbus_connect(&server->bus, &server->hyperv, &configuration);
}

void server_disconnect(struct scripted_server *server)
{
	vmbus_disconnect(&server->bus);
}

struct guid server_class(uint8_t first)
{
	return (struct guid){{first}};
}

struct vmbus_channel *server_claim(struct scripted_server *server,
				   uint8_t interface)
{
	const struct guid wanted = server_class(interface);

	return vmbus_claim(&server->bus, &wanted);
}

int server_open(struct vmbus_channel *channel, uint32_t pages)
{
	const struct channel_configuration configuration = {
		.send_pages = pages,
		.receive_pages = pages,
	};

	return channel_open(channel, &configuration);
}

void server_settle(struct scripted_server *server, uint64_t nanoseconds)
{
	uint64_t end = port_time(server->port) + nanoseconds;

	do {
		vmbus_poll(&server->bus);
		port_delay(server->port, TURN);
	} while (port_time(server->port) < end);
	vmbus_poll(&server->bus);
}

const char *server_text(struct scripted_server *server)
{
	fflush(server->stream);
	return server->text;
}

/* ---- The machine ---- */

static void run_script(void *argument)
{
	struct scripted_server *server = argument;
	int error = 0;

	if (!server->unattached)
		error = hyperv_attach(&server->hyperv, server->port);
	if (error != 0)
		machine_stop(server->machine, MACHINE_STOPPED,
			     "not attached: %s", error_name(error));
	server->body(server);
	if (server->bus.hyperv != NULL)
		server_disconnect(server);
	hyperv_detach(&server->hyperv);
}

static struct scripted_server *
make(const struct scripted_server_configuration *configuration)
{
	struct scripted_server *server = calloc(1, sizeof(*server));
	struct machine_configuration machine = configuration->machine;
	const struct host_partition_client client = {
		.context = server,
		.posted = posted,
		.signalled = signalled,
	};
	const char *name = configuration->host ? configuration->host : "ws2022";

	if (server == NULL)
		abort();
	server->stream = open_memstream(&server->text, &server->text_bytes);
	machine.log = server->stream;
	machine.log_level = PORT_LOG_DEBUG;
	server->machine = machine_create(&machine);
	server->port = machine_port(server->machine);
	server->partition = host_partition_create(server->machine,
						  host_personality_find(name));
	host_partition_client_set(server->partition, &client);
	post_log_attach(&server->log, server->partition);
	server->log.context = server;
	register_log_attach(&server->registers, server->partition);
	server->registers.context = server;
	server->version_max = 0x50003;
	server->offer_count = 1;
	server->offers[0] = (struct server_offer){
		.relid = 1,
		.interface = 1,
		.instance = 1,
	};
	server->guest_version_max = configuration->guest_version_max;
	server->unattached = configuration->unattached;
	server->context = configuration->context;
	if (configuration->prepare)
		configuration->prepare(server);
	return server;
}

/* Whether the guest turned off what it had turned on. */
static bool registers_off(const struct scripted_server *server)
{
	const struct host_partition *partition = server->partition;

	if (partition->guest_os_id != 0 ||
	    (partition->hypercall & HOST_PAGE_ENABLE) != 0 ||
	    (partition->reference_tsc & HOST_PAGE_ENABLE) != 0)
		return false;
	for (unsigned cpu = 0; cpu < partition->cpus; cpu++) {
		const struct host_synic *synic = &partition->synic[cpu];

		if ((synic->simp | synic->siefp) & HOST_PAGE_ENABLE ||
		    !(synic->sint[SINT].value & HOST_SINT_MASKED))
			return false;
	}
	return true;
}

static void judge(struct scripted_server *server, enum machine_outcome outcome,
		  bool memory_stays)
{
	struct machine_counters counters;

	verdict[0] = '\0';
	machine_counters(server->machine, &counters);
	if (outcome != MACHINE_DONE)
		snprintf(verdict, sizeof(verdict), "stopped: %s",
			 machine_reason(server->machine));
	else if (machine_violations(server->machine) != 0)
		snprintf(verdict, sizeof(verdict), "a rule is broken: %s",
			 machine_violation_text(server->machine, 0));
	else if (!registers_off(server))
		snprintf(verdict, sizeof(verdict), "a register is left on");
	else if (memory_stays)
		return;
	else if (counters.live_allocations != 0)
		snprintf(verdict, sizeof(verdict),
			 "%llu allocations left behind",
			 (unsigned long long)counters.live_allocations);
	else if (server_lists(server) != 0)
		snprintf(verdict, sizeof(verdict),
			 "%u lists of pages left to the host",
			 server_lists(server));
}

const char *
scripted_server_run(const struct scripted_server_configuration *configuration,
		    void (*body)(struct scripted_server *server))
{
	struct scripted_server *server = make(configuration);

	server->body = body;
	judge(server, machine_run(server->machine, run_script, server),
	      configuration->memory_stays);
	for (unsigned i = 0; i < SERVER_LISTS; i++)
		list_free(&server->lists[i]);
	host_partition_destroy(server->partition);
	machine_destroy(server->machine);
	fclose(server->stream);
	free(server->text);
	free(server);
	return verdict;
}
