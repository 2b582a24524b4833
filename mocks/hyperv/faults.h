/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host that misbehaves by name: one fault for each thing that a host may say
 * or do wrong, with what came of it elsewhere or the rule that it breaks.
 *
 * The honest code asks host_fault(), or shows what it is about to say to one of
 * the functions of faults_internal.h, at the one place where the honest thing
 * is done. Tests that make up lies of their own use hostile.h instead.
 *
 * "edge N" is a case of tests/README.md; "synthetic" is what no host is known
 * to have done, and nothing keeps it from doing.
 */
#ifndef MOCKS_HYPERV_FAULTS_H
#define MOCKS_HYPERV_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_partition;

/** Where a fault is at home; it is shown with it. */
enum host_fault_layer {
	HOST_FAULT_HYPERVISOR,
	HOST_FAULT_VMBUS,
	HOST_FAULT_RING,
	HOST_FAULT_NVSP,
	HOST_FAULT_RNDIS,
	HOST_FAULT_LAYERS,
};

/** What of a run's frames a fault spares: nothing but their number is kept. */
enum host_fault_harm {
	/** Frames may be lost; those that come are right and in order. */
	HOST_FAULT_LOSES,
	/** Frames may be changed, doubled or made up. */
	HOST_FAULT_CHANGES,
};

/*
 * F(field, name on the command line, layer, harm, text, source)
 */
/* clang-format off */
#define HOST_FAULTS_HYPERVISOR(F)                                              \
	F(post_no_memory, "post-no-memory", HYPERVISOR, LOSES,                 \
	  "a message is refused: no memory (0xB)", "edge 4")                   \
	F(post_timeout, "post-timeout", HYPERVISOR, LOSES,                     \
	  "a message is refused: timed out (0x78)", "edge 4, Azure")           \
	F(post_no_connection, "post-no-connection", HYPERVISOR, LOSES,         \
	  "a message is refused: no such connection (0x12)", "edge 5")         \
	F(post_denied, "post-denied", HYPERVISOR, LOSES,                       \
	  "a message is refused: access denied (6)", "synthetic")              \
	F(post_swallowed, "post-swallowed", HYPERVISOR, LOSES,                 \
	  "a message is taken, and forgotten", "synthetic")                    \
	F(signal_no_connection, "signal-no-connection", HYPERVISOR, LOSES,     \
	  "a doorbell is refused: no such connection (0x12)",                  \
	  "edge 35")                                                  \
	F(signal_timeout, "signal-timeout", HYPERVISOR, LOSES,                 \
	  "a doorbell is refused: timed out (0x78)", "synthetic")              \
	F(slot_unknown, "slot-unknown", HYPERVISOR, LOSES,                     \
	  "a message slot is of a type that nobody knows", "edge 38")          \
	F(slot_timer, "slot-timer", HYPERVISOR, LOSES,                         \
	  "a timer's message lies in the slot of VMBus", "edge 36")            \
	F(slot_long, "slot-long", HYPERVISOR, LOSES,                           \
	  "a message slot claims 255 bytes of 240", "synthetic")               \
	F(slot_empty, "slot-empty", HYPERVISOR, LOSES,                         \
	  "a message slot claims no bytes", "edge 38")                         \
	F(slot_overwritten, "slot-overwritten", HYPERVISOR, LOSES,             \
	  "a message is put into a slot that is full", "edge 7")               \
	F(pending_stuck, "pending-stuck", HYPERVISOR, LOSES,                   \
	  "a slot says that more wait when none do", "edge 6")                 \
	F(pending_missing, "pending-missing", HYPERVISOR, LOSES,               \
	  "a slot does not say that more wait", "edge 6")                      \
	F(message_silent, "message-silent", HYPERVISOR, LOSES,                 \
	  "a message comes without its interrupt", "edge 36")                  \
	F(event_silent, "event-silent", HYPERVISOR, LOSES,                     \
	  "an event flag is set without its interrupt", "edge 9")              \
	F(event_missing, "event-missing", HYPERVISOR, LOSES,                   \
	  "an event interrupts without its flag", "edge 9")                    \
	F(event_nobody, "event-nobody", HYPERVISOR, LOSES,                     \
	  "an event flag of no channel comes with a channel's",                \
	  "synthetic")                                                 \
	F(interrupt_spurious, "interrupt-spurious", HYPERVISOR, LOSES,         \
	  "one interrupt more for each event", "edge 9")

#define HOST_FAULTS_VMBUS(F)                                                   \
	F(version_never, "version-never", VMBUS, LOSES,                        \
	  "a contact is not answered", "QEMU drops some in silence")       \
	F(version_late, "version-late", VMBUS, LOSES,                          \
	  "a contact is answered after 7 s", "synthetic")                      \
	F(version_twice, "version-twice", VMBUS, LOSES,                        \
	  "a contact is answered twice", "synthetic")                          \
	F(version_short, "version-short", VMBUS, LOSES,                        \
	  "VERSION_RESPONSE ends before its state", "edge 16")                 \
	F(version_unsupported, "version-unsupported", VMBUS, LOSES,            \
	  "no version at all is supported", "edge 17")                         \
	F(version_nonsense, "version-nonsense", VMBUS, LOSES,                  \
	  "VERSION_RESPONSE supports 0xff", "edge 16")                         \
	F(version_state, "version-state", VMBUS, LOSES,                        \
	  "a version is supported in connection state 2", "edge 19")           \
	F(version_connection, "version-connection", VMBUS, LOSES,              \
	  "the connection for messages does not exist", "edge 16")             \
	F(offer_missing, "offer-missing", VMBUS, LOSES,                        \
	  "the list of offers is empty", "synthetic")                          \
	F(offer_twice, "offer-twice", VMBUS, LOSES,                            \
	  "an offer comes twice", "edge 22")                                   \
	F(offer_late, "offer-late", VMBUS, LOSES,                              \
	  "an offer comes 7 s behind the list's end", "edge 21")               \
	F(offer_unknown, "offer-unknown", VMBUS, LOSES,                        \
	  "an offer of a class that nobody knows comes first", "edge 22")      \
	F(offer_taken, "offer-taken", VMBUS, LOSES,                            \
	  "another instance is offered under the same number first",           \
	  "edge 27")                                                           \
	F(offer_short, "offer-short", VMBUS, LOSES,                            \
	  "an offer ends before its number", "edge 38")                        \
	F(offer_zero, "offer-zero", VMBUS, LOSES,                              \
	  "an offer has the number 0", "edge 10")                              \
	F(offer_beyond, "offer-beyond", VMBUS, LOSES,                          \
	  "an offer has a number above all event flags", "edge 10")            \
	F(offer_connection, "offer-connection", VMBUS, LOSES,                  \
	  "an offer's event connection does not exist", "edge 39")             \
	F(offer_monitor, "offer-monitor", VMBUS, LOSES,                        \
	  "an offer has monitor 254, which there is not", "edge 23")           \
	F(offers_endless, "offers-endless", VMBUS, LOSES,                      \
	  "the list of offers has no end", "edge 21")                          \
	F(offers_end_twice, "offers-end-twice", VMBUS, LOSES,                  \
	  "the list of offers ends twice", "edge 20")                          \
	F(gpadl_never, "gpadl-never", VMBUS, LOSES,                            \
	  "GPADL_CREATED never comes", "edge 31")                              \
	F(gpadl_late, "gpadl-late", VMBUS, LOSES,                              \
	  "GPADL_CREATED comes after 7 s", "edge 31")                          \
	F(gpadl_twice, "gpadl-twice", VMBUS, LOSES,                            \
	  "GPADL_CREATED comes twice", "edge 31")                              \
	F(gpadl_other, "gpadl-other", VMBUS, LOSES,                            \
	  "GPADL_CREATED is for another list", "edge 31")                      \
	F(gpadl_channel, "gpadl-channel", VMBUS, LOSES,                        \
	  "GPADL_CREATED is for another channel", "synthetic")         \
	F(gpadl_kept, "gpadl-kept", VMBUS, LOSES,                              \
	  "a list is refused and kept all the same", "edge 30")                \
	F(gpadl_short, "gpadl-short", VMBUS, LOSES,                            \
	  "GPADL_CREATED ends before its status", "edge 38")                   \
	F(torndown_never, "torndown-never", VMBUS, LOSES,                      \
	  "GPADL_TORNDOWN never comes", "edge 33")                             \
	F(torndown_late, "torndown-late", VMBUS, LOSES,                        \
	  "GPADL_TORNDOWN comes after 7 s", "edge 33, iPXE cd68d93b6")         \
	F(torndown_twice, "torndown-twice", VMBUS, LOSES,                      \
	  "GPADL_TORNDOWN comes twice", "edge 33")                             \
	F(torndown_other, "torndown-other", VMBUS, LOSES,                      \
	  "GPADL_TORNDOWN is for another list", "edge 33")                     \
	F(torndown_stray, "torndown-stray", VMBUS, LOSES,                      \
	  "GPADL_TORNDOWN comes for a list in use", "edge 33")                 \
	F(torndown_short, "torndown-short", VMBUS, LOSES,                      \
	  "GPADL_TORNDOWN ends before its list", "edge 38")                    \
	F(open_never, "open-never", VMBUS, LOSES,                              \
	  "OPEN_RESULT never comes", "edge 34")                                \
	F(open_late, "open-late", VMBUS, LOSES,                                \
	  "OPEN_RESULT comes after 7 s", "edge 34")                            \
	F(open_twice, "open-twice", VMBUS, LOSES,                              \
	  "OPEN_RESULT comes twice", "edge 34")                                \
	F(open_other, "open-other", VMBUS, LOSES,                              \
	  "OPEN_RESULT has another open id", "edge 34")                        \
	F(open_channel, "open-channel", VMBUS, LOSES,                          \
	  "OPEN_RESULT is for another channel", "synthetic")                   \
	F(open_kept, "open-kept", VMBUS, LOSES,                                \
	  "a channel is refused and open all the same", "edge 34")             \
	F(open_short, "open-short", VMBUS, LOSES,                              \
	  "OPEN_RESULT ends before its status", "edge 38")                     \
	F(rescind_stray, "rescind-stray", VMBUS, LOSES,                        \
	  "a channel that there is not is rescinded", "synthetic")         \
	F(rescind_at_gpadl, "rescind-at-gpadl", VMBUS, LOSES,                  \
	  "RESCIND comes before GPADL_CREATED, and nothing is taken away",     \
	  "edge 25")                                                           \
	F(rescind_at_open, "rescind-at-open", VMBUS, LOSES,                    \
	  "RESCIND comes before OPEN_RESULT, and nothing is taken away",       \
	  "edge 24, WSL #14303")                                               \
	F(rescind_at_teardown, "rescind-at-teardown", VMBUS, LOSES,            \
	  "RESCIND comes before GPADL_TORNDOWN, for no channel", "edge 26")    \
	F(unload_never, "unload-never", VMBUS, LOSES,                          \
	  "UNLOAD_RESPONSE never comes", "edge 36, Linux aa58a7feb697")        \
	F(unload_stray, "unload-stray", VMBUS, LOSES,                          \
	  "UNLOAD_RESPONSE comes with the offers' end", "edge 36")             \
	F(message_zero, "message-zero", VMBUS, LOSES,                          \
	  "a message of type 0 comes before each", "edge 38")                  \
	F(message_unknown, "message-unknown", VMBUS, LOSES,                    \
	  "a message of type 153 comes before each", "edge 38")                \
	F(message_padded, "message-padded", VMBUS, LOSES,                      \
	  "each message has 240 bytes", "edge 32")                             \
	F(message_cut, "message-cut", VMBUS, LOSES,                            \
	  "a message has 4 bytes", "edge 38")

#define HOST_FAULTS_RING(F)                                                    \
	F(write_unaligned, "write-unaligned", RING, LOSES,                     \
	  "the write index is no multiple of 8", "edge 48")                    \
	F(write_beyond, "write-beyond", RING, LOSES,                           \
	  "the write index is the ring's size", "edge 48")                     \
	F(write_backward, "write-backward", RING, LOSES,                       \
	  "the write index lies before where it was", "edge 48")               \
	F(read_unaligned, "read-unaligned", RING, CHANGES,                     \
	  "the read index is no multiple of 8", "edge 48")                     \
	F(read_beyond, "read-beyond", RING, CHANGES,                           \
	  "the read index is beyond the ring", "edge 48")                      \
	F(read_backward, "read-backward", RING, CHANGES,                       \
	  "the read index goes back", "edge 48")                               \
	F(read_ahead, "read-ahead", RING, CHANGES,                             \
	  "the read index passes the write index", "edge 48")                  \
	F(length_zero, "length-zero", RING, LOSES,                             \
	  "a packet's length is 0", "edge 48, iPXE fe5f84549")                 \
	F(length_one, "length-one", RING, LOSES,                               \
	  "a packet is shorter than its descriptor", "iPXE fe5f84549")         \
	F(length_beyond, "length-beyond", RING, LOSES,                         \
	  "a packet is longer than what was written", "edge 48")               \
	F(offset_one, "offset-one", RING, LOSES,                               \
	  "a packet's data begin inside its descriptor", "iPXE fe5f84549")     \
	F(offset_beyond, "offset-beyond", RING, LOSES,                         \
	  "a packet's data begin behind its end", "iPXE fe5f84549")            \
	F(offset_two, "offset-two", RING, LOSES,                               \
	  "a packet with ranges has no room for their count",                  \
	  "edge 49, OpenVMM 4386c390b")                                        \
	F(type_unknown, "type-unknown", RING, LOSES,                           \
	  "a packet's type does not exist", "edge 48")                         \
	F(type_gpa, "type-gpa", RING, LOSES,                                   \
	  "the host sends frames as guest memory (type 9)", "edge 49")         \
	F(type_cancel, "type-cancel", RING, LOSES,                             \
	  "a packet with frames is a cancellation", "synthetic")               \
	F(flags_unknown, "flags-unknown", RING, LOSES,                         \
	  "a packet has flags that do not exist", "edge 48")                   \
	F(footer_wrong, "footer-wrong", RING, LOSES,                           \
	  "a footer holds another place", "edge 41")                           \
	F(packet_twice, "packet-twice", RING, CHANGES,                         \
	  "a packet with frames comes twice", "edge 60")                       \
	F(packet_lost, "packet-lost", RING, LOSES,                             \
	  "a packet with frames is lost", "synthetic")                         \
	F(packet_changed, "packet-changed", RING, CHANGES,                     \
	  "a packet is changed after it was published", "edge 48")             \
	F(room_odd, "room-odd", RING, LOSES,                                   \
	  "the host waits for an odd number of bytes", "edge 44")              \
	F(room_full, "room-full", RING, LOSES,                                 \
	  "the host waits for a ring that is empty, size - 1", "edge 44")      \
	F(room_beyond, "room-beyond", RING, LOSES,                             \
	  "the host waits for more than the ring has", "edge 44")              \
	F(mask_stuck, "mask-stuck", RING, LOSES,                               \
	  "the host sleeps with its doorbell masked", "edge 46")               \
	F(signal_missing, "signal-missing", RING, LOSES,                       \
	  "a packet is not signalled", "edge 42")                   \
	F(signal_extra, "signal-extra", RING, LOSES,                           \
	  "each packet is signalled", "edge 47, LIS #208")

#define HOST_FAULTS_NVSP(F)                                                    \
	F(init_none, "init-none", NVSP, LOSES,                                 \
	  "INIT_COMPLETE has the status 0", "edge 56")                         \
	F(init_too_old, "init-too-old", NVSP, LOSES,                           \
	  "each version is too old", "edge 56")                                \
	F(init_short, "init-short", NVSP, LOSES,                               \
	  "INIT_COMPLETE has 8 bytes", "edge 56")                              \
	F(init_type, "init-type", NVSP, LOSES,                                 \
	  "INIT is answered with something else", "synthetic")                 \
	F(id_other, "id-other", NVSP, CHANGES,                                 \
	  "a completion has an id that was never used", "edge 51")             \
	F(id_zero, "id-zero", NVSP, CHANGES,                                   \
	  "a completion has the id 0", "edge 51, Linux 82cd4bacff88")          \
	F(id_next, "id-next", NVSP, CHANGES,                                   \
	  "a completion has its neighbour's id", "edge 60")                    \
	F(completion_twice, "completion-twice", NVSP, CHANGES,                 \
	  "each completion comes twice", "edge 51")                            \
	F(completion_late, "completion-late", NVSP, CHANGES,                   \
	  "a completion comes after 7 s", "synthetic")                         \
	F(completion_empty, "completion-empty", NVSP, LOSES,                   \
	  "a completion holds nothing", "edge 59")                             \
	F(completion_type, "completion-type", NVSP, LOSES,                     \
	  "a frame's completion is of an unknown message", "synthetic")        \
	F(completion_status, "completion-status", NVSP, LOSES,                 \
	  "a frame's completion has status 5 though it was sent", "edge 64")   \
	F(receive_refused, "receive-refused", NVSP, LOSES,                     \
	  "the receive buffer is refused, and kept", "synthetic")              \
	F(sections_zero, "sections-zero", NVSP, LOSES,                         \
	  "the receive buffer has no section", "edge 57")                      \
	F(sections_two, "sections-two", NVSP, LOSES,                           \
	  "the receive buffer has two sections, the second beyond it",         \
	  "edge 57")                                                           \
	F(sections_huge, "sections-huge", NVSP, LOSES,                         \
	  "the receive buffer has 4294967295 sections", "edge 57")             \
	F(piece_zero, "piece-zero", NVSP, LOSES,                               \
	  "a sub-allocation has no bytes", "edge 57")                          \
	F(piece_overflow, "piece-overflow", NVSP, LOSES,                       \
	  "size by number of sub-allocations overflows 32 bits",               \
	  "edge 57")                                          \
	F(section_offset, "section-offset", NVSP, LOSES,                       \
	  "a section begins beyond the buffer", "edge 57")                     \
	F(section_end, "section-end", NVSP, LOSES,                             \
	  "a section ends beyond the buffer", "edge 57")                       \
	F(send_refused, "send-refused", NVSP, LOSES,                           \
	  "the send buffer is refused, and kept", "edge 62")                   \
	F(send_zero, "send-zero", NVSP, LOSES,                                 \
	  "sections of the send buffer have no bytes", "edge 62")              \
	F(send_huge, "send-huge", NVSP, LOSES,                                 \
	  "a section is larger than the send buffer", "edge 62")               \
	F(send_tiny, "send-tiny", NVSP, CHANGES,                               \
	  "sections of the send buffer have 7 bytes", "edge 62")               \
	F(page_set, "page-set", NVSP, LOSES,                                   \
	  "frames lie in another buffer", "edge 58")                           \
	F(ranges_zero, "ranges-zero", NVSP, LOSES,                             \
	  "a packet has no ranges", "edge 58")                                 \
	F(ranges_beyond, "ranges-beyond", NVSP, LOSES,                         \
	  "a packet has more ranges than it holds", "edge 58")                 \
	F(range_offset, "range-offset", NVSP, LOSES,                           \
	  "a range begins beyond the buffer", "edge 58")                       \
	F(range_length, "range-length", NVSP, LOSES,                           \
	  "a range is longer than the buffer", "edge 58")                      \
	F(range_overflow, "range-overflow", NVSP, LOSES,                       \
	  "a range's end overflows 32 bits", "edge 58, DPDK")                  \
	F(range_zero, "range-zero", NVSP, LOSES,                               \
	  "a range has no bytes", "edge 58")                                   \
	F(range_tiny, "range-tiny", NVSP, LOSES,                               \
	  "a range ends inside the header of its message", "edge 72")          \
	F(range_moved, "range-moved", NVSP, CHANGES,                           \
	  "a range begins 8 bytes too far", "synthetic")                       \
	F(channel_type, "channel-type", NVSP, LOSES,                           \
	  "frames come as control messages", "UEFI sends 2")                   \
	F(transfer_type, "transfer-type", NVSP, LOSES,                         \
	  "ranges come with an unknown message", "edge 88")                    \
	F(virtual_function, "virtual-function", NVSP, LOSES,                   \
	  "a virtual function comes out of nowhere", "edge 67")                \
	F(virtual_short, "virtual-short", NVSP, LOSES,                         \
	  "VF_ASSOC ends inside its type", "synthetic")                        \
	F(message_strange, "message-strange", NVSP, LOSES,                     \
	  "a message of type 999 wants a completion", "edge 67")               \
	F(table_count, "table-count", NVSP, LOSES,                             \
	  "an indirection table has 4294967295 entries", "LIS a9658ed8")       \
	F(table_offset, "table-offset", NVSP, LOSES,                           \
	  "an indirection table lies behind its message",                      \
	  "edge 66, LIS 4c4fda9d")                                             \
	F(table_entry, "table-entry", NVSP, LOSES,                             \
	  "an indirection table names a queue that there is not", "edge 66")

#define HOST_FAULTS_RNDIS(F)                                                   \
	F(reply_never, "reply-never", RNDIS, LOSES,                            \
	  "a request is not answered", "edge 73")                              \
	F(reply_late, "reply-late", RNDIS, LOSES,                              \
	  "a request is answered after 7 s", "edge 73")                        \
	F(reply_twice, "reply-twice", RNDIS, LOSES,                            \
	  "a request is answered twice", "edge 73")                            \
	F(reply_other, "reply-other", RNDIS, LOSES,                            \
	  "the answer is to another request", "edge 73")                       \
	F(reply_type, "reply-type", RNDIS, LOSES,                              \
	  "the answer is of an unknown type", "edge 88")                       \
	F(reply_short, "reply-short", RNDIS, LOSES,                            \
	  "the answer's length is 4", "edge 72")                               \
	F(reply_long, "reply-long", RNDIS, LOSES,                              \
	  "the answer's length is beyond its range", "edge 72")                \
	F(initialize_status, "initialize-status", RNDIS, LOSES,                \
	  "INITIALIZE fails, and is done", "synthetic")                        \
	F(initialize_version, "initialize-version", RNDIS, LOSES,              \
	  "RNDIS is version 77", "synthetic")                                  \
	F(initialize_packets, "initialize-packets", RNDIS, LOSES,              \
	  "no packet may be in a message", "synthetic")                        \
	F(initialize_transfer, "initialize-transfer", RNDIS, LOSES,            \
	  "a message may have no bytes", "synthetic")                          \
	F(initialize_alignment, "initialize-alignment", RNDIS, LOSES,          \
	  "packets are aligned to 2 to the 4294967295", "synthetic")           \
	F(query_status, "query-status", RNDIS, LOSES,                          \
	  "no object is supported", "edge 74")                                 \
	F(query_offset, "query-offset", RNDIS, LOSES,                          \
	  "an answer's offset overflows 32 bits", "edge 71")                   \
	F(query_length, "query-length", RNDIS, LOSES,                          \
	  "an answer is longer than its message", "edge 72")                   \
	F(query_empty, "query-empty", RNDIS, LOSES,                            \
	  "an answer has no bytes", "edge 74")                                 \
	F(query_long, "query-long", RNDIS, LOSES,                              \
	  "an answer has 512 bytes", "edge 74")                                \
	F(set_status, "set-status", RNDIS, LOSES,                              \
	  "SET fails, and is done", "synthetic")                               \
	F(mac_short, "mac-short", RNDIS, LOSES,                                \
	  "the MAC address has 5 bytes", "edge 85")                            \
	F(mac_group, "mac-group", RNDIS, LOSES,                                \
	  "the MAC address is a group's", "synthetic")                         \
	F(mac_zero, "mac-zero", RNDIS, LOSES,                                  \
	  "the MAC address is 0", "synthetic")                                 \
	F(mtu_zero, "mtu-zero", RNDIS, LOSES,                                  \
	  "the longest frame has no bytes", "edge 86")                         \
	F(mtu_huge, "mtu-huge", RNDIS, LOSES,                                  \
	  "the longest frame has 4294967295 bytes", "edge 86")                 \
	F(link_nonsense, "link-nonsense", RNDIS, LOSES,                        \
	  "the link's state is 4294967295", "edge 82")                         \
	F(offload_nonsense, "offload-nonsense", RNDIS, LOSES,                  \
	  "the offloads' structure is of another type", "edge 84")             \
	F(indicate_short, "indicate-short", RNDIS, LOSES,                      \
	  "INDICATE ends before its status",                                   \
	  "edge 72, Linux 3946688edbc5")                                       \
	F(indicate_unknown, "indicate-unknown", RNDIS, LOSES,                  \
	  "INDICATE has a status that nobody knows", "iPXE f6a3bc0aa")         \
	F(indicate_offset, "indicate-offset", RNDIS, LOSES,                    \
	  "INDICATE's information lies nowhere", "edge 71")                    \
	F(link_flaps, "link-flaps", RNDIS, LOSES,                              \
	  "the link goes down and up, again and again", "edge 82")             \
	F(keepalive_flood, "keepalive-flood", RNDIS, LOSES,                    \
	  "KEEPALIVE comes four times at once", "edge 87")                     \
	F(reset_stray, "reset-stray", RNDIS, LOSES,                            \
	  "the host resets the guest", "edge 88")                              \
	F(halt_stray, "halt-stray", RNDIS, LOSES,                              \
	  "the host halts the guest", "edge 88")                               \
	F(type_strange, "type-strange", RNDIS, LOSES,                          \
	  "a message of type 153 comes by itself", "edge 88")                  \
	F(message_short, "message-short", RNDIS, LOSES,                        \
	  "a frame's message has 7 bytes", "edge 72")                          \
	F(message_beyond, "message-beyond", RNDIS, LOSES,                      \
	  "a frame's message is longer than its range", "edge 72")             \
	F(data_offset, "data-offset", RNDIS, LOSES,                            \
	  "a frame lies behind its message", "edge 71")                        \
	F(data_overflow, "data-overflow", RNDIS, LOSES,                        \
	  "a frame's offset overflows 32 bits", "edge 71")                     \
	F(data_before, "data-before", RNDIS, LOSES,                            \
	  "a frame lies in its own header", "edge 71")                         \
	F(data_zero, "data-zero", RNDIS, LOSES,                                \
	  "a frame has no bytes", "synthetic")                                 \
	F(data_tiny, "data-tiny", RNDIS, LOSES,                                \
	  "a frame has 13 bytes", "synthetic")                                 \
	F(data_beyond, "data-beyond", RNDIS, LOSES,                            \
	  "a frame is longer than its message", "edge 71")                     \
	F(data_changed, "data-changed", RNDIS, CHANGES,                        \
	  "a message is changed after it was published",                       \
	  "edge 48, WSL #40989")                                               \
	F(second_bad, "second-bad", RNDIS, CHANGES,                            \
	  "a second message of a range is longer than what is left",           \
	  "edge 76, OpenVMM f6ce13dff")                                        \
	F(information_zero, "information-zero", RNDIS, LOSES,                  \
	  "per-packet information of 0 bytes", "edge 75, DPDK")                \
	F(information_overrun, "information-overrun", RNDIS, LOSES,            \
	  "per-packet information is longer than all of it", "edge 75")        \
	F(information_offset, "information-offset", RNDIS, LOSES,              \
	  "per-packet information lies outside of itself", "edge 75")          \
	F(information_outside, "information-outside", RNDIS, LOSES,            \
	  "all per-packet information lies behind the message",                \
	  "edge 75, DPDK")                                                     \
	F(information_unknown, "information-unknown", RNDIS, LOSES,            \
	  "per-packet information of an unknown type", "edge 75")              \
	F(information_internal, "information-internal", RNDIS, LOSES,          \
	  "per-packet information is internal",                                \
	  "edge 75, LIS e3a9667a5bf7")                                         \
	F(vlan_short, "vlan-short", RNDIS, LOSES,                              \
	  "a tag's information has no tag", "edge 78")                         \
	F(checksum_lie, "checksum-lie", RNDIS, LOSES,                          \
	  "each checksum is good and bad at once", "edge 80")
/* clang-format on */

#define HOST_FAULTS(F)                                                         \
	HOST_FAULTS_HYPERVISOR(F)                                              \
	HOST_FAULTS_VMBUS(F)                                                   \
	HOST_FAULTS_RING(F)                                                    \
	HOST_FAULTS_NVSP(F)                                                    \
	HOST_FAULTS_RNDIS(F)

/** HOST_FAULT(mtu_zero) is its number. */
#define HOST_FAULT(field) HOST_FAULT_##field

#define HOST_FAULT_NUMBER(field, name, layer, harm, text, source)              \
	HOST_FAULT_##field,
enum host_fault { HOST_FAULTS(HOST_FAULT_NUMBER) HOST_FAULT_COUNT };
#undef HOST_FAULT_NUMBER

/** In a field of struct host_faults: whenever it could be done. */
#define HOST_FAULT_ALWAYS UINT32_MAX

/**
 * Which faults a host has. A field is 0 where it is honest, n to do it only the
 * n-th time that it could, or HOST_FAULT_ALWAYS.
 */
#define HOST_FAULT_FIELD(field, name, layer, harm, text, source) uint32_t field;
struct host_faults {
	HOST_FAULTS(HOST_FAULT_FIELD)
	/** Not 0: HOST_FAULT_ALWAYS is once in so many times. */
	uint32_t odds;
};
#undef HOST_FAULT_FIELD

struct host_fault_description {
	/** As on the command line. */
	const char *name;
	enum host_fault_layer layer;
	enum host_fault_harm harm;
	/** What it does, in one line, and who did it, or what it breaks. */
	const char *text, *source;
	/** Where its field is in struct host_faults. */
	size_t offset;
};

/** All of them, by number. */
extern const struct host_fault_description host_fault_descriptions[];
const char *host_fault_layer_name(enum host_fault_layer layer);
/** By name. @return false: there is none */
bool host_fault_find(const char *name, enum host_fault *fault);
/** The field of a fault. */
uint32_t *host_fault_field(struct host_faults *faults, enum host_fault fault);

/**
 * From now on misbehave as it says, counting from 0; NULL: behave, and forget
 * what was to come late.
 * @param faults copied
 */
void host_faults_arm(struct host_partition *partition,
		     const struct host_faults *faults);

/** How often each could be done since then, and was; all that were done. */
uint64_t host_fault_points(const struct host_partition *partition,
			   enum host_fault fault);
uint64_t host_fault_fired(const struct host_partition *partition,
			  enum host_fault fault);
uint64_t host_faults_fired(const struct host_partition *partition);
/** Whether one was done that can change frames. */
bool host_faults_changed(const struct host_partition *partition);

#endif /* MOCKS_HYPERV_FAULTS_H */
