/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtual machine with a card: the two worlds put together.
 *
 *	virtual_machine_create()	host: machine, partition, VMBus, card
 *	virtual_machine_run(guest)	enter the guest; inside it:
 *	  virtual_machine_up()		  attach, connect, open, start
 *	  ... nic.h ...
 *	  virtual_machine_down()	  the same backwards
 *	virtual_machine_check()		is everything as it was before?
 *	virtual_machine_destroy()
 *
 * The command and the tests stand on this. What a test wants to do between two
 * of the steps it does with the members, which are all public.
 */
#ifndef MOCKS_CLI_VIRTUAL_MACHINE_H
#define MOCKS_CLI_VIRTUAL_MACHINE_H

#include "hyperv/hyperv.h"
#include "hyperv/netvsc.h"
#include "hyperv/vmbus.h"
#include "mocks/cli/vmm.h"
#include "mocks/hyperv/netvsp.h"
#include "mocks/hyperv/partition.h"
#include "mocks/hyperv/personality.h"
#include "mocks/hyperv/vmbus.h"
#include "mocks/machine/machine.h"
#include "mocks/machine/trace.h"
#include "mocks/pci/pci.h"
#include "mocks/virtio/virtio.h"
#include "mocks/vmware/vmxnet3.h"
#include "mocks/wire/wire.h"
#include "net/nic.h"
#include "pci/pci.h"
#include "virtio/virtio_net.h"
#include "vmware/vmxnet3.h"

/** Where a PCI card is plugged in. */
enum virtual_machine_pci_place {
	VIRTUAL_MACHINE_PCI_DIRECT,
	VIRTUAL_MACHINE_PCI_BRIDGE,
	VIRTUAL_MACHINE_PCI_ROOT_PORT,
};

/** What to make; zeroes mean the defaults. */
struct virtual_machine_configuration {
	/** A hypervisor's name, and a host's of it; NULL: Hyper-V, its default.
	 */
	const char *vmm, *host;
	struct machine_configuration machine;
	/** 0: as the driver's configuration says. */
	uint16_t mtu;
	/** Hyper-V: the guest's driver, and the highest VMBus version it tries.
	 */
	struct netvsc_configuration card;
	uint32_t vmbus_version_max;
	/** Hyper-V: the host's side. */
	enum host_strictness strictness;
	struct host_netvsp_configuration device;
	/** VMware: the guest's driver, the host's side, and where it is. */
	struct vmxnet3_configuration vmxnet3;
	struct host_vmxnet3_configuration host_vmxnet3;
	enum virtual_machine_pci_place pci_place;
	/** Firecracker: the guest's driver, the host's side. */
	struct virtio_net_configuration virtio_net;
	struct host_virtio_configuration host_virtio;
	/** How much of virtio the guest's driver takes; 0: all. */
	uint32_t virtio_level;
	/** What the card is plugged into, the caller's; NULL: a loop, ours. */
	struct wire *wire;
	/** Who is told of what passes between guest and host; zeroes: nobody.
	 */
	struct trace_observer observer;
};

/** How far virtual_machine_up() came, and virtual_machine_down() goes back. */
enum virtual_machine_stage {
	VIRTUAL_MACHINE_OFF,
	VIRTUAL_MACHINE_ATTACHED,  /* the hypervisor: hyperv_attach() */
	VIRTUAL_MACHINE_CONNECTED, /* its bus: vmbus_connect() */
	VIRTUAL_MACHINE_OPEN,	   /* the card: netvsc_probe() */
	VIRTUAL_MACHINE_STARTED,   /* nic_start() */
};

struct virtual_machine {
	struct virtual_machine_configuration configuration;
	const struct vmm *vmm;
	struct vmm_host host;
	/* The host. */
	struct machine *machine;
	struct wire *wire;
	bool owns_wire;
	/* The guest. */
	struct port *port;
	enum virtual_machine_stage stage;
	struct nic *nic;
	/* Hyper-V's host and guest. */
	const struct host_personality *personality;
	struct host_partition *partition;
	struct host_vmbus *host_bus;
	struct host_netvsp *device;
	struct hyperv hyperv;
	struct vmbus bus;
	/* VMware's host and guest. */
	struct host_pci *host_pci;
	struct host_pci_bus *host_pci_bus;
	struct host_vmxnet3 *vmxnet3;
	struct pci pci;
	/* Firecracker's host and guest. */
	struct host_virtio *virtio;
	struct virtio_net_kept virtio_kept;
	/** What was a card behind uk_netdev, until the machine goes. */
	void *uknetdev;
	/** What the host of vmm_extra keeps. */
	void *extra;
	/** Messages wait: virtual_machine_poll() is due. */
	bool bus_woken;
	/** What the host had counted as the guest opened the card. */
	struct vmm_counters host_before;
	/** Both sides' counters as the card was closed, since it was opened. */
	bool has_final;
	struct nic_statistics final;
	struct vmm_counters final_host;
	uint32_t final_backlog;
	/**
	 * What the bus kept, since the host never said that it let go of it, as
	 * it was disconnected; over all connections: pieces and bytes.
	 */
	uint64_t kept, kept_bytes;
};

/**
 * Make the host's side.
 * @param configuration copied
 * @return the machine, or NULL: no such personality, or out of memory
 */
struct virtual_machine *virtual_machine_create(
	const struct virtual_machine_configuration *configuration);
/** Give everything back, but a wire that is the caller's. NULL is allowed. */
void virtual_machine_destroy(struct virtual_machine *vm);

/**
 * Run guest code, see machine_run(); may be called again while it is "done".
 */
enum machine_outcome virtual_machine_run(struct virtual_machine *vm,
					 void (*guest)(void *argument),
					 void *argument);

/* ---- Inside the guest ---- */

/**
 * Bring everything up to the stage asked for, from the stage where it is.
 *
 * @param stack what uses the card; as for netvsc_open()
 * @param filter of enum nic_filter, set before the card is started; 0: the
 *	card's own
 * @return 0 or the first error; what had come up stays up, for
 *	virtual_machine_down()
 */
int virtual_machine_up(struct virtual_machine *vm,
		       enum virtual_machine_stage stage,
		       const struct nic_stack *stack, unsigned filter);

/** Dispatch what VMBus has to say, when it has: for each turn of a loop. */
void virtual_machine_poll(struct virtual_machine *vm);

/** What the host counted since the guest opened the card. */
void virtual_machine_counters(const struct virtual_machine *vm,
			      struct vmm_counters *counters);

/** Shut down as far as that stage, in order. */
void virtual_machine_back(struct virtual_machine *vm,
			  enum virtual_machine_stage stage);

/** Shut down to nothing, in order, from any stage. */
void virtual_machine_down(struct virtual_machine *vm);

/* ---- Afterwards ---- */

/**
 * Look whether a machine that was shut down is clean: nothing of the guest's
 * allocated, given to a device or shown to the host; the device alive; no rule
 * of a specification broken; as many frames on the one side as on the other.
 *
 * @param reason room for the sentence that says what is wrong
 * @return whether all is well
 */
bool virtual_machine_check(const struct virtual_machine *vm, char *reason,
			   size_t bytes);

#endif /* MOCKS_CLI_VIRTUAL_MACHINE_H */
