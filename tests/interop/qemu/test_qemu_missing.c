/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A QEMU that is not there, is too old, does not come up, or refuses: each is
 * one sentence, and nothing is left.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/interop/qemu/trial.h"

#define PROGRAM "qemu-system-x86_64"

/** A folder in which alone programs are found. */
static char folder[64];

static void setup(void)
{
	strcpy(folder, "/tmp/vmmsim-qemu-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/" PROGRAM, folder);
	unlink(path);
	rmdir(folder);
}

/** A program of that name that prints and ends. */
static void pretend(const char *script)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/" PROGRAM, folder);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "#!/bin/sh\n%s\n", script);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, 0700), 0);
}

static void start_fails(const char *const arguments[], const char *sentence)
{
	const struct qemu_configuration configuration = {
		.arguments = arguments,
		.ram_bytes = 64 << 20,
	};
	char reason[QEMU_REASON_MAX] = "";

	ck_assert_ptr_null(qemu_start(&configuration, reason));
	ck_assert_msg(strstr(reason, sentence), "'%s'", reason);
}

static const char *const q35[] = {"-machine", "q35,memory-backend=" QEMU_MEMORY,
				  NULL};

START_TEST(test_missing)
{
	char reason[QEMU_REASON_MAX] = "";

	setenv("PATH", folder, 1);
	ck_assert(!qemu_is_there(reason));
	ck_assert_str_eq(reason, PROGRAM " is not installed");
	start_fails(q35, PROGRAM ": No such file or directory");
}
END_TEST

START_TEST(test_old)
{
	char reason[QEMU_REASON_MAX] = "";

	pretend("echo QEMU emulator version 7.1.0");
	setenv("PATH", folder, 1);
	ck_assert(!qemu_is_there(reason));
	ck_assert_str_eq(reason, PROGRAM " 7.1 has no -netdev dgram, 7.2 has");
	pretend("echo QEMU emulator version 10.0.3");
	ck_assert(qemu_is_there(reason));
}
END_TEST

START_TEST(test_dies_at_once)
{
	pretend("echo not today >&2; exit 3");
	setenv("PATH", folder, 1);
	start_fails(q35, "it ended with status 3 and wrote: not today");
}
END_TEST

/** The virtual machine that wants it is not made, and says why. */
START_TEST(test_no_machine)
{
	const struct virtual_machine_configuration configuration = {
		.vmm = WITNESS_VMM,
	};

	setenv("PATH", folder, 1);
	ck_assert_ptr_null(virtual_machine_create(&configuration));
	ck_assert_msg(strstr(witness_reason, "it ended with status 127"),
		      "'%s'", witness_reason);
}
END_TEST

START_TEST(test_no_device)
{
	static const char *const arguments[] = {
		"-machine", "q35,memory-backend=" QEMU_MEMORY, "-device",
		"vmxnet7", NULL};

	start_fails(arguments, "'vmxnet7' is not a valid device model name");
}
END_TEST

/** What QEMU refuses ends the conversation, and is said at the end. */
START_TEST(test_refused)
{
	const struct qemu_configuration configuration = {
		.arguments = q35,
		.ram_bytes = 64 << 20,
	};
	char reason[QEMU_REASON_MAX] = "";
	struct qemu *qemu = qemu_start(&configuration, reason);

	ck_assert_msg(qemu, "%s", reason);
	ck_assert_uint_eq(qemu_read(qemu, QEMU_REGISTERS, 0xfffffff0u, 4),
			  0xfdebf4fau);
	qemu_read(qemu, QEMU_PORTS, 0xcf8, 8);
	ck_assert_msg(strstr(qemu_failure(qemu), "QEMU refused 'inq 0xcf8'"),
		      "'%s'", qemu_failure(qemu));
	ck_assert_uint_eq(qemu_read(qemu, QEMU_PORTS, 0xcf8, 4), UINT64_MAX);
	ck_assert(!qemu_stop(qemu, reason));
	ck_assert_msg(strstr(reason, "QEMU refused 'inq 0xcf8'"), "'%s'",
		      reason);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("qemu_missing");
	TCase *tests = tcase_create("missing");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_missing);
	tcase_add_test(tests, test_old);
	tcase_add_test(tests, test_dies_at_once);
	tcase_add_test(tests, test_no_machine);
	tcase_add_test(tests, test_no_device);
	tcase_add_test(tests, test_refused);
	suite_add_tcase(suite, tests);
	return trial_main(suite);
}
