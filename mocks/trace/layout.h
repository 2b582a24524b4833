/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How messages and descriptors lie in bytes: tables of named fields, by which
 * they are both taken apart and put together. All little endian.
 */
#ifndef MOCKS_TRACE_LAYOUT_H
#define MOCKS_TRACE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum layout_format {
	LAYOUT_DECIMAL,
	LAYOUT_HEX,
	/** As many bytes as the member has. */
	LAYOUT_BYTES,
	/** Nothing is said of it while it is zero. */
	LAYOUT_RESERVED,
	/** The same, of a decimal number. */
	LAYOUT_SPARSE,
	/** A set of bits, which have names. */
	LAYOUT_FLAGS,
	LAYOUT_SPARSE_FLAGS,
	/** 16 bytes, the kind of a channel by its name. */
	LAYOUT_INTERFACE,
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
	/**
	 * What is nested, by what the members say of it; bytes around it: of
	 * PACKET_MSG, of a message with an information buffer or a status
	 * buffer, of the sections of a receive buffer.
	 */
	LAYOUT_TAIL_PACKET,
	LAYOUT_TAIL_INFORMATION,
	LAYOUT_TAIL_STATUS,
	LAYOUT_TAIL_SECTIONS,
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
	layout_packet_flags[], layout_pci_ports[], layout_vmxnet3_bar0[],
	layout_vmxnet3_bar1[], layout_vmxnet3_commands[], layout_virtio_mmio[],
	layout_oids[];

/** The name of a number, or NULL. */
const char *layout_name(const struct layout_name *names, uint64_t number);

/** What the bits of a model-specific register are called; NULL: nothing. */
const struct layout_name *layout_msr_flags(uint64_t number);

/** Bits of virtio's registers, of features by their words. */
#define LAYOUT_DEVICE_FEATURES_SEL 0x014u
#define LAYOUT_DRIVER_FEATURES_SEL 0x024u
#define LAYOUT_FEATURE_WORDS	   2u
extern const struct layout_name *const layout_virtio_features[];
extern const struct layout_name layout_virtio_status[],
	layout_virtio_interrupts[];

/* ---- VMBus: what is nested ---- */

#define LAYOUT_TRANSFER_PAGES 7u
#define LAYOUT_GPA_DIRECT     9u

/** A range of a ring packet, without its pages; a section of NVSP. */
extern const struct layout layout_range, layout_nvsp_section;

/** The kind of a channel by its 16 bytes and back; NULL: it is not known. */
const char *layout_interface_name(const uint8_t *bytes);
const uint8_t *layout_interface(const char *name, size_t length);

/* ---- RNDIS: what is nested ---- */

/** Bytes of the members of QUERY_MSG and SET_MSG, the OID among them. */
#define LAYOUT_OID_BYTES       28u
/** Bytes of the longest of them. */
#define LAYOUT_PPI_MAX	       8u
#define LAYOUT_INFORMATION_MAX 160u

extern const struct layout_name layout_ppi_types[];

/** The value of per-packet information; NULL: nothing is known of it. */
const struct layout *layout_ppi(uint32_t type, bool is_to_guest);

enum layout_form {
	/** 4 bytes, or 8; with names a set of bits. */
	LAYOUT_FORM_NUMBER,
	/** Addresses of 6 bytes. */
	LAYOUT_FORM_ADDRESS,
	LAYOUT_FORM_STRUCTURE,
};

/** What an information buffer holds. */
struct layout_information {
	/** Its field, or its group. */
	const char *key;
	enum layout_form form;
	const struct layout_name *names;
	/** The structure by its revisions, the longest first. */
	const struct layout *layouts;
	size_t count;
};

/** All of them, ended by a NULL. */
extern const struct layout_information layout_informations[];

/** NULL: nothing is known of it. */
const struct layout_information *layout_information_by_oid(uint32_t oid);
/** What bytes look like, where nobody says what they are; or NULL. */
const struct layout_information *
layout_information_by_bytes(const uint8_t *bytes, uint64_t length,
			    bool is_status);

#endif /* MOCKS_TRACE_LAYOUT_H */
