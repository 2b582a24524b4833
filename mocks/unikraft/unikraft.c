/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of Unikraft that a network driver calls, for tests: no memory is
 * used again, so that a netbuf which is freed twice is seen to be.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <uk/netdev_driver.h>
#include <uk/print.h>

void *uk_zalloc(struct uk_alloc *allocator, size_t bytes)
{
	void *memory;

	if (!allocator->left)
		return NULL;
	memory = calloc(1, bytes);
	if (!memory)
		return NULL;
	allocator->left--;
	allocator->live++;
	return memory;
}

void uk_free(struct uk_alloc *allocator, void *memory)
{
	allocator->live--;
	free(memory);
}

static unsigned lines;

void uk_pr_err(const char *format, ...)
{
	(void)format;
	lines++;
}

unsigned uk_pr_lines(void)
{
	return lines;
}

/* ---- Netbufs ---- */

struct uk_netbuf *uk_netbuf_alloc_buf(struct uk_alloc *allocator, size_t bytes,
				      size_t alignment, uint16_t headroom,
				      size_t private_bytes,
				      void (*dtor)(struct uk_netbuf *netbuf))
{
	struct uk_netbuf *netbuf;

	(void)alignment;
	(void)private_bytes;
	netbuf = uk_zalloc(allocator, sizeof(*netbuf) + bytes);
	if (!netbuf)
		return NULL;
	netbuf->buf = netbuf + 1;
	netbuf->buflen = bytes;
	netbuf->data = (uint8_t *)netbuf->buf + headroom;
	netbuf->refcount = 1;
	netbuf->dtor = dtor;
	netbuf->_a = allocator;
	return netbuf;
}

int uk_netbuf_header(struct uk_netbuf *netbuf, int16_t n)
{
	if (n > (uint8_t *)netbuf->data - (uint8_t *)netbuf->buf)
		return -28;
	netbuf->data = (uint8_t *)netbuf->data - n;
	netbuf->len = (uint16_t)(netbuf->len + n);
	return 1;
}

void uk_netbuf_connect(struct uk_netbuf *last, struct uk_netbuf *netbuf)
{
	last->next = netbuf;
	netbuf->prev = last;
}

void uk_netbuf_free_single(struct uk_netbuf *netbuf)
{
	if (netbuf->refcount != 1) {
		fputs("uknetdev: a netbuf was freed twice\n", stderr);
		abort();
	}
	netbuf->refcount = 0;
	if (netbuf->dtor)
		netbuf->dtor(netbuf);
	else
		uk_free(netbuf->_a, netbuf);
}

void uk_netbuf_free(struct uk_netbuf *head)
{
	struct uk_netbuf *next;

	for (; head; head = next) {
		next = head->next;
		uk_netbuf_free_single(head);
	}
}

/* ---- Devices ---- */

static struct uk_netdev *netdev_last;

struct uk_netdev *uk_netdev_last(void)
{
	return netdev_last;
}

int uk_netdev_drv_register(struct uk_netdev *device, struct uk_alloc *allocator,
			   const char *driver)
{
	const struct uk_netdev_ops *ops = device->ops;

	(void)driver;
	if (!ops->info_get || !ops->configure || !ops->rxq_info_get ||
	    !ops->rxq_configure || !ops->txq_info_get || !ops->txq_configure ||
	    !ops->start || !ops->promiscuous_get || !ops->mtu_get ||
	    !ops->hwaddr_get || !device->rx_one || !device->tx_one) {
		fputs("uknetdev: a mandatory operation is missing\n", stderr);
		abort();
	}
	netdev_last = device;
	/* What uk_netdev keeps of the device is allocated, too. */
	return allocator->left ? 0 : -12;
}

void uk_netdev_drv_rx_event(struct uk_netdev *device, uint16_t queue)
{
	if (device->_event[queue])
		device->_event[queue](device, queue,
				      device->_event_cookie[queue]);
}
