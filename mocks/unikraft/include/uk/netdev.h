/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * uk_netdev as a driver and its user see it, declared in our own words.
 */
#ifndef MOCKS_UNIKRAFT_NETDEV_H
#define MOCKS_UNIKRAFT_NETDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uk/alloc.h>
#include <uk/netbuf.h>

/* How this build of Unikraft is configured. */
#define CONFIG_LIBUKNETDEV_MAXNBQUEUES	     4
#define CONFIG_LIBUKNETDEV_DISPATCHERTHREADS 1

#define __containerof(pointer, type, member)                                   \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))
#define ERR2PTR(error)	 ((void *)(intptr_t)(error))
#define PTR2ERR(pointer) ((int)(intptr_t)(pointer))
#define PTRISERR(pointer)                                                      \
	((intptr_t)(pointer) < 0 && (intptr_t)(pointer) >= -4095)

#define UK_NETDEV_F_RXQ_INTR	 (1u << 0)
#define UK_NETDEV_F_PARTIAL_CSUM (1u << 2)
#define UK_NETDEV_F_TSO4	 (1u << 3)
/* A release before 0.20 has no such thing. */
#ifndef MOCKS_UNIKRAFT_OLD
#define UK_NETDEV_F_LRO (1u << 4)
#endif

#define UK_NETDEV_STATUS_SUCCESS  0x1
#define UK_NETDEV_STATUS_MORE	  0x2
#define UK_NETDEV_STATUS_UNDERRUN 0x4

struct uk_netdev;
struct uk_netdev_rx_queue;
struct uk_netdev_tx_queue;

struct uk_hwaddr {
	uint8_t addr_bytes[6];
};

struct uk_netdev_info {
	uint16_t max_rx_queues, max_tx_queues;
	int in_queue_pairs;
	uint16_t max_mtu, nb_encap_tx, nb_encap_rx, ioalign;
	uint32_t features;
};

struct uk_netdev_queue_info {
	uint16_t nb_max, nb_min, nb_align;
	int nb_is_power_of_two;
};

struct uk_netdev_conf {
	uint16_t nb_rx_queues, nb_tx_queues;
#ifdef UK_NETDEV_F_LRO
	bool lro;
#endif
};

typedef void (*uk_netdev_queue_event_t)(struct uk_netdev *device,
					uint16_t queue, void *argument);
typedef uint16_t (*uk_netdev_alloc_rxpkts)(void *argument,
					   struct uk_netbuf *netbufs[],
					   uint16_t count);

struct uk_netdev_rxqueue_conf {
	uk_netdev_queue_event_t callback;
	void *callback_cookie;
	struct uk_alloc *a;
	uk_netdev_alloc_rxpkts alloc_rxpkts;
	void *alloc_rxpkts_argp;
};

struct uk_netdev_txqueue_conf {
	struct uk_alloc *a;
};

struct uk_netdev_ops {
	int (*rxq_intr_enable)(struct uk_netdev *device,
			       struct uk_netdev_rx_queue *queue);
	int (*rxq_intr_disable)(struct uk_netdev *device,
				struct uk_netdev_rx_queue *queue);
	const struct uk_hwaddr *(*hwaddr_get)(struct uk_netdev *device);
	int (*hwaddr_set)(struct uk_netdev *device,
			  const struct uk_hwaddr *address);
	uint16_t (*mtu_get)(struct uk_netdev *device);
	int (*mtu_set)(struct uk_netdev *device, uint16_t mtu);
	int (*promiscuous_set)(struct uk_netdev *device, unsigned mode);
	unsigned (*promiscuous_get)(struct uk_netdev *device);
	void (*info_get)(struct uk_netdev *device, struct uk_netdev_info *info);
	int (*txq_info_get)(struct uk_netdev *device, uint16_t queue,
			    struct uk_netdev_queue_info *info);
	int (*rxq_info_get)(struct uk_netdev *device, uint16_t queue,
			    struct uk_netdev_queue_info *info);
	int (*probe)(struct uk_netdev *device);
	int (*configure)(struct uk_netdev *device,
			 const struct uk_netdev_conf *configuration);
	struct uk_netdev_tx_queue *(*txq_configure)(
		struct uk_netdev *device, uint16_t queue, uint16_t descriptors,
		struct uk_netdev_txqueue_conf *configuration);
	struct uk_netdev_rx_queue *(*rxq_configure)(
		struct uk_netdev *device, uint16_t queue, uint16_t descriptors,
		struct uk_netdev_rxqueue_conf *configuration);
	int (*start)(struct uk_netdev *device);
};

struct uk_netdev {
	int (*tx_one)(struct uk_netdev *device,
		      struct uk_netdev_tx_queue *queue,
		      struct uk_netbuf *netbuf);
	int (*rx_one)(struct uk_netdev *device,
		      struct uk_netdev_rx_queue *queue,
		      struct uk_netbuf **netbuf);
	const struct uk_netdev_ops *ops;
	/* Of a real device more is between the two; a driver knows neither. */
	struct uk_netdev_rx_queue *_rx_queue[CONFIG_LIBUKNETDEV_MAXNBQUEUES];
	struct uk_netdev_tx_queue *_tx_queue[CONFIG_LIBUKNETDEV_MAXNBQUEUES];
	uk_netdev_queue_event_t _event[CONFIG_LIBUKNETDEV_MAXNBQUEUES];
	void *_event_cookie[CONFIG_LIBUKNETDEV_MAXNBQUEUES];
};

#endif /* MOCKS_UNIKRAFT_NETDEV_H */
