/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The border's platform "simulator": each call goes to a simulated machine.
 */
#ifndef MOCKS_PORT_PLATFORM_H
#define MOCKS_PORT_PLATFORM_H

#define PORT_API extern

#endif /* MOCKS_PORT_PLATFORM_H */
