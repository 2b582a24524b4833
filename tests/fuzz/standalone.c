/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where there is no libFuzzer: each file that is named, and each file of a
 * folder that is named, goes through the target once.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

static unsigned files;

/* The bytes have no room behind them, so that a sanitizer sees each overrun. */
static void run_file(const char *path, size_t bytes)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(bytes ? bytes : 1);

	fuzz_want(file && data && fread(data, 1, bytes, file) == bytes,
		  "%s cannot be read", path);
	fclose(file);
	fprintf(stderr, "%s: %zu bytes\n", path, bytes);
	LLVMFuzzerTestOneInput(data, bytes);
	free(data);
	files++;
}

static void run(const char *path)
{
	struct stat status;
	struct dirent *entry;
	char inner[4096];
	DIR *folder;

	fuzz_want(stat(path, &status) == 0, "there is no %s", path);
	if (!S_ISDIR(status.st_mode)) {
		run_file(path, (size_t)status.st_size);
		return;
	}
	folder = opendir(path);
	fuzz_want(folder, "%s cannot be read", path);
	while ((entry = readdir(folder))) {
		snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			run(inner);
	}
	closedir(folder);
}

int main(int argc, char *argv[])
{
	int n;

	for (n = 1; n < argc; n++)
		run(argv[n]);
	fprintf(stderr, "%u files\n", files);
	fuzz_want(files, "nothing was run");
	return 0;
}
