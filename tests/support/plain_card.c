/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/support/plain_card.h"

#include <string.h>

#define BURST 32u

struct scripted_host_configuration plain_configuration(int seed)
{
	return (struct scripted_host_configuration){
		.seed = (uint64_t)seed,
		.card =
			{
				.receive_buffer_bytes = PLAIN_RECEIVE_BYTES,
				.send_buffer_bytes = PLAIN_SEND_BYTES,
				.send_ring_bytes = PLAIN_RING_BYTES,
				.receive_ring_bytes = PLAIN_RING_BYTES,
				.transmit_depth = PLAIN_DEPTH,
			},
	};
}

void plain_run_with(void (*body)(struct scripted_host *host), int seed,
		    void (*prepare)(struct scripted_host *host), void *context)
{
	struct scripted_host_configuration configuration =
		plain_configuration(seed);

	configuration.prepare = prepare;
	configuration.context = context;
	ck_assert_str_eq(scripted_host_run(&configuration, body), "");
}

void plain_run(void (*body)(struct scripted_host *host), int seed)
{
	plain_run_with(body, seed, NULL, NULL);
}

void plain_up(struct scripted_host *host)
{
	ck_assert_int_eq(card_up(host), 0);
}

void plain_frame(uint8_t *frame, uint32_t bytes, uint8_t content)
{
	static const uint8_t header[] = {2, 2, 2, 2, 2, 2,    4,
					 4, 4, 4, 4, 4, 0x88, 0xb5};

	memset(frame, content, bytes);
	memcpy(frame, header, sizeof(header));
}

void plain_works(struct scripted_host *host)
{
	uint8_t frame[PLAIN_LARGE], got[PLAIN_LARGE];
	unsigned before = host->data_packets;
	struct net_packet packet;

	plain_frame(frame, PLAIN_LARGE, 7);
	ck_assert_int_eq(card_transmit(host, frame, PLAIN_LARGE), 0);
	ck_assert_uint_eq(host->data_packets, before + 1);
	device_frame(host, frame, PLAIN_SMALL);
	ck_assert_int_eq(card_receive(host, got, sizeof(got), &packet),
			 PLAIN_SMALL);
	ck_assert_mem_eq(got, frame, PLAIN_SMALL);
}

void plain_failed(struct scripted_host *host)
{
	static const uint8_t frame[PLAIN_SMALL];
	struct net_segment segment;
	struct net_packet packet;

	ck_assert_uint_eq(nic_events(host->nic), NIC_EVENT_FAILED);
	ck_assert_uint_eq(nic_events(host->nic), 0);
	ck_assert(!card_submit(host, 0, frame, PLAIN_SMALL));
	ck_assert_uint_eq(nic_receive(host->nic, 0, &packet, 1, &segment, 1),
			  0);
	ck_assert_int_eq(nic_filter_set(host->nic, NIC_FILTER_UNICAST, NULL, 0),
			 ERROR_PROTOCOL);
	ck_assert_int_eq(nic_mtu_set(host->nic, 1000), ERROR_PROTOCOL);
}

void plain_complete(struct scripted_host *host, uint64_t id, uint32_t status)
{
	uint8_t message[40] = {0};

	put32(message, 0, 108);
	put32(message, 4, status);
	ck_assert_int_eq(device_complete(host, id, message, sizeof(message)),
			 HOST_SEND_DONE);
}

unsigned plain_drain(struct scripted_host *host)
{
	struct net_segment segments[BURST];
	struct net_packet packets[BURST];
	unsigned total = 0, got, i;

	do {
		got = nic_receive(host->nic, 0, packets, BURST, segments,
				  BURST);
		for (i = 0; i < got; i++)
			host->free_buffers[host->free_count++] =
				segments[packets[i].first_segment].owner;
		total += got;
	} while (got != 0);
	return total;
}

int plain_main(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
