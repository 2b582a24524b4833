/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How messages and descriptors lie in bytes: tables of named fields, by which
 * they are both taken apart and put together. All little endian.
 */
#ifndef MOCKS_TRACE_LAYOUT_H
#define MOCKS_TRACE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

enum layout_format {
	LAYOUT_DECIMAL,
	LAYOUT_HEX,
	/** As many bytes as the member has. */
	LAYOUT_BYTES,
	/** Nothing is said of it while it is zero. */
	LAYOUT_RESERVED,
	/** The length of the whole message: nothing is said while it is right.
	 */
	LAYOUT_LENGTH,
};

/** Names of numbers, ended by a NULL. */
struct layout_name {
	const char *name;
	uint64_t number;
};

struct layout_member {
	const char *name;
	/** Bytes from the start, and how many. */
	uint16_t offset, bytes;
	enum layout_format format;
	const struct layout_name *names;
	/** Of a number the bits from a shift on; 0 bits: all. */
	uint8_t shift, bits;
};

/** What follows the members. */
enum layout_tail {
	/** Bytes; zeros at the end are not shown. */
	LAYOUT_TAIL_BYTES,
	/** Words of 64 bits. */
	LAYOUT_TAIL_WORDS64,
	LAYOUT_TAIL_WORDS32,
};

struct layout {
	/** As its specification calls it. */
	const char *name;
	/** By which it is known. */
	uint64_t type;
	uint16_t bytes;
	const struct layout_member *members;
	uint16_t count;
	enum layout_tail tail;
	const char *tail_name;
};

/** Layouts that are told apart by a number at one place. */
struct layout_family {
	/** Bytes of that number, at the start; 0: there is none, one layout. */
	uint16_t type_bytes;
	const struct layout *layouts;
	size_t count;
};

extern const struct layout_family layout_vmbus, layout_nvsp, layout_rndis;
/** Each a single layout. */
extern const struct layout_family layout_vmxnet3_tx, layout_vmxnet3_rx,
	layout_vmxnet3_txc, layout_vmxnet3_rxc, layout_vmxnet3_shared,
	layout_vmxnet3_tx_queue, layout_vmxnet3_rx_queue, layout_vmxnet3_filter,
	layout_vmxnet3_mac_table, layout_vmxnet3_rss, layout_vmxnet3_command,
	layout_vmxnet3_coalesce, layout_vmxnet3_events, layout_vmxnet3_status,
	layout_vmxnet3_tx_stats, layout_vmxnet3_rx_stats, layout_virtq_desc,
	layout_virtq_avail, layout_virtq_used, layout_virtq_packed,
	layout_virtio_header, layout_virtio_control, layout_virtio_ack,
	layout_cpuid;

extern const struct layout_name layout_msrs[], layout_packet_types[],
	layout_pci_ports[], layout_vmxnet3_bar0[], layout_vmxnet3_bar1[],
	layout_vmxnet3_commands[], layout_virtio_mmio[], layout_oids[];

/** The name of a number, or NULL. */
const char *layout_name(const struct layout_name *names, uint64_t number);

#endif /* MOCKS_TRACE_LAYOUT_H */
