/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a driver says; nothing is heard here.
 */
#ifndef MOCKS_UNIKRAFT_PRINT_H
#define MOCKS_UNIKRAFT_PRINT_H

void uk_pr_err(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* MOCKS_UNIKRAFT_PRINT_H */
