/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of the device's lies, and which of them a run has.
 */
#include "mocks/virtio/faults.h"

#include <string.h>

#define FAULT_ROW(number, name, harm, text) {name, text, HOST_VIRTIO_##harm},

static const struct {
	const char *name, *text;
	enum host_virtio_harm harm;
} rows[] = {HOST_VIRTIO_FAULTS_ALL(FAULT_ROW)};

const char *host_virtio_fault_name(enum host_virtio_fault fault)
{
	return rows[fault].name;
}

const char *host_virtio_fault_text(enum host_virtio_fault fault)
{
	return rows[fault].text;
}

enum host_virtio_harm host_virtio_fault_harm(enum host_virtio_fault fault)
{
	return rows[fault].harm;
}

bool host_virtio_fault_find(const char *name, enum host_virtio_fault *fault)
{
	unsigned i;

	for (i = 0; i < HOST_VIRTIO_FAULTS; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		*fault = (enum host_virtio_fault)i;
		return true;
	}
	return false;
}

void host_virtio_faults_draw(struct machine *machine,
			     struct host_virtio_faults *faults,
			     uint32_t armed_one_in, uint32_t fires_one_in)
{
	unsigned i;

	memset(faults, 0, sizeof(*faults));
	if (!armed_one_in || !fires_one_in)
		return;
	for (i = 0; i < HOST_VIRTIO_FAULTS; i++)
		if (!machine_random_below(machine, armed_one_in))
			faults->one_in[i] =
				1 + machine_random_below(machine, fires_one_in);
}
