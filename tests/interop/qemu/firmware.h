/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What firmware does before a guest runs on QEMU's q35: give buses their
 * numbers, the registers of network cards addresses, and note their interrupt
 * lines.
 */
#ifndef TESTS_INTEROP_QEMU_FIRMWARE_H
#define TESTS_INTEROP_QEMU_FIRMWARE_H

#include "tests/interop/qemu/qemu.h"

/** Where registers of cards lie. */
#define FIRMWARE_REGISTERS	 0xe0000000u
#define FIRMWARE_REGISTERS_BYTES 0x10000000u
/** The ports of configuration space. */
#define FIRMWARE_PORTS		 0xcf8u
#define FIRMWARE_PORTS_BYTES	 8u

/** A function in configuration space: bus, device and function as in CF8. */
uint32_t firmware_function(unsigned bus, unsigned device, unsigned function);
uint32_t firmware_read(struct qemu *qemu, uint32_t function, unsigned offset,
		       unsigned width);
void firmware_write(struct qemu *qemu, uint32_t function, unsigned offset,
		    uint32_t value, unsigned width);

/** @return the first network card, 0: there is none */
uint32_t firmware_run(struct qemu *qemu);

#endif /* TESTS_INTEROP_QEMU_FIRMWARE_H */
