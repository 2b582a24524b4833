/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A card that somebody else speaks for: what its registers say, and what it
 * does with the buffers of its queues, is told from outside, one thing after
 * the other. It only keeps its books: where the queues are, what was accepted,
 * which buffers it has.
 *
 * A queue is given by its number, a buffer by its head (split) or id (packed);
 * of a queue that is not there, or not ready, there is nothing to take, and
 * nothing is written to it.
 */
#ifndef MOCKS_VIRTIO_SCRIPTED_H
#define MOCKS_VIRTIO_SCRIPTED_H

#include "mocks/machine/trace.h"
#include "mocks/virtio/virtio.h"

/** Who speaks for it. */
struct host_virtio_speaker {
	void *context;
	/**
	 * A register is read.
	 * @param own what the card would say
	 * @return what it says, and believes from now on
	 */
	uint64_t (*read)(void *context, uint64_t offset, unsigned width,
			 uint64_t own);
	/** A register was written; the card noted it. */
	void (*wrote)(void *context, uint64_t offset, uint64_t value);
};

/** From now on; right after host_virtio_create(). @param speaker copied */
void host_virtio_script(struct host_virtio *card,
			const struct host_virtio_speaker *speaker);

/** A buffer that the driver made available. */
struct host_virtio_taken {
	uint16_t id;
	/** Bytes that are to be read, and room for those to be written. */
	uint64_t read_bytes, write_bytes;
};

unsigned host_virtio_script_queues(const struct host_virtio *card);
/** The number of the control queue; none has it without one. */
unsigned host_virtio_script_control(const struct host_virtio *card);
bool host_virtio_script_is_packed(const struct host_virtio *card);
/** Whether the queue is ready, and the driver too. */
bool host_virtio_script_is_ready(const struct host_virtio *card,
				 unsigned queue);

/** Take the next buffer, traced as the device does. @return false: none */
bool host_virtio_script_take(struct host_virtio *card, unsigned number,
			     struct host_virtio_taken *taken);
/** Whether the device has that buffer. */
bool host_virtio_script_has(const struct host_virtio *card, unsigned queue,
			    uint32_t id);
/** Read the start of a buffer. @return how many bytes it was */
uint32_t host_virtio_script_read(struct host_virtio *card, unsigned queue,
				 uint32_t id, void *to, uint32_t room);
/** Write the start of a buffer, as far as there is room. */
void host_virtio_script_write(struct host_virtio *card, unsigned queue,
			      uint32_t id, const void *from, uint32_t bytes);
/** Tell of something at a place of the queue, to the guest or from it. */
void host_virtio_script_tell(struct host_virtio *card, unsigned queue,
			     enum trace_direction direction, const char *place,
			     uint32_t id, const void *bytes, uint32_t length);
/** Bring a packet, header and all, onto the wire. @return NULL, or why not */
const char *host_virtio_script_send(struct host_virtio *card, uint8_t *packet,
				    uint32_t bytes);

/**
 * Write an entry of the used ring, and publish the ring up to it.
 * @param place in the ring; another than the next one leaves a gap
 * @param id need be none that the device has
 */
void host_virtio_script_used(struct host_virtio *card, unsigned number,
			     uint32_t place, uint32_t id, uint32_t length);
/**
 * The same in a packed ring, where the place is a descriptor's.
 * @param flags all of them, wrap bits too
 */
void host_virtio_script_used_packed(struct host_virtio *card, unsigned number,
				    uint32_t place, uint16_t id,
				    uint32_t length, uint16_t flags);
/** The next entry of either ring, as a device has it. */
void host_virtio_script_used_next(struct host_virtio *card, unsigned number,
				  uint16_t id, uint32_t length);
/** Interrupt for causes, whoever wants it. */
void host_virtio_script_interrupt(struct host_virtio *card, uint32_t causes);

#endif /* MOCKS_VIRTIO_SCRIPTED_H */
