/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a driver says of itself.
 *
 * One line a call, without a line feed; the platform adds time and level. A
 * line names the driver first ("netvsc: ..."). What is repeated for each packet
 * is counted, never logged.
 */
#ifndef PORT_LOG_H
#define PORT_LOG_H

#include "port/port.h"

#define log_error(port, ...)   port_log(port, PORT_LOG_ERROR, __VA_ARGS__)
#define log_warning(port, ...) port_log(port, PORT_LOG_WARNING, __VA_ARGS__)
#define log_info(port, ...)    port_log(port, PORT_LOG_INFO, __VA_ARGS__)
#define log_debug(port, ...)   port_log(port, PORT_LOG_DEBUG, __VA_ARGS__)

#endif /* PORT_LOG_H */
