/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device's lies, by name.
 */
#include "mocks/virtio/faults.h"

#include <string.h>

#define FAULT_LOSES   false
#define FAULT_CHANGES true
#define FAULT_ROW(number, name, layer, harm, text, source)                     \
	{name, layer, text, source, FAULT_##harm},

const struct host_virtio_fault_description host_virtio_fault_descriptions[] = {
	HOST_VIRTIO_FAULTS_ALL(FAULT_ROW)};

bool host_virtio_fault_find(const char *name, enum host_virtio_fault *fault)
{
	unsigned i;

	for (i = 0; i < HOST_VIRTIO_FAULTS; i++) {
		if (strcmp(host_virtio_fault_descriptions[i].name, name) != 0)
			continue;
		*fault = (enum host_virtio_fault)i;
		return true;
	}
	return false;
}
