/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a test leaves behind that fails: the trace of its last machine, in the
 * folder that the variable VMMSIM_FAILURES names; without it, nothing.
 *
 * The linker puts these between tests and machines (--wrap in CMakeLists.txt),
 * so that each test is covered as it stands: each machine is recorded while
 * nobody else listens, and the frameworks tell here of a failure.
 */
#ifndef TESTS_SUPPORT_FAILED_MACHINES_H
#define TESTS_SUPPORT_FAILED_MACHINES_H

/** A test begins: what machines did before it is of no interest. */
void failed_machines_begin(void);

/**
 * It failed: leave fail-TEST-SEED.vt and .pcapng, if it had a machine.
 * @param reason what the event at which it failed gets as its comment
 */
void failed_machines_leave(const char *test, const char *reason);

#endif /* TESTS_SUPPORT_FAILED_MACHINES_H */
