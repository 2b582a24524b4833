/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a driver says; it is counted here.
 */
#ifndef MOCKS_UNIKRAFT_PRINT_H
#define MOCKS_UNIKRAFT_PRINT_H

void uk_pr_err(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Lines said so far. */
unsigned uk_pr_lines(void);

#endif /* MOCKS_UNIKRAFT_PRINT_H */
