/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Integers as they lie on a wire.
 *
 * A wire structure declares its fields le16, le32 or le64 (be16, be32 in
 * network headers) and a value is converted where it is used. sparse checks
 * that none is used unconverted; for the compiler they are plain integers and
 * the conversions cost nothing on a little-endian machine.
 */
#ifndef PORT_BYTES_H
#define PORT_BYTES_H

#include <stdint.h>

#ifdef __CHECKER__
#define BYTES_BITWISE __attribute__((bitwise))
#define BYTES_FORCE   __attribute__((force))
#else
#define BYTES_BITWISE
#define BYTES_FORCE
#endif

typedef uint16_t BYTES_BITWISE le16;
typedef uint32_t BYTES_BITWISE le32;
typedef uint64_t BYTES_BITWISE le64;
typedef uint16_t BYTES_BITWISE be16;
typedef uint32_t BYTES_BITWISE be32;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTES_LE(bits, value) (value)
#define BYTES_BE(bits, value) __builtin_bswap##bits(value)
#else
#define BYTES_LE(bits, value) __builtin_bswap##bits(value)
#define BYTES_BE(bits, value) (value)
#endif

static inline uint16_t le16_to_cpu(le16 value)
{
	return BYTES_LE(16, (BYTES_FORCE uint16_t)value);
}

static inline uint32_t le32_to_cpu(le32 value)
{
	return BYTES_LE(32, (BYTES_FORCE uint32_t)value);
}

static inline uint64_t le64_to_cpu(le64 value)
{
	return BYTES_LE(64, (BYTES_FORCE uint64_t)value);
}

static inline le16 cpu_to_le16(uint16_t value)
{
	return (BYTES_FORCE le16)BYTES_LE(16, value);
}

static inline le32 cpu_to_le32(uint32_t value)
{
	return (BYTES_FORCE le32)BYTES_LE(32, value);
}

static inline le64 cpu_to_le64(uint64_t value)
{
	return (BYTES_FORCE le64)BYTES_LE(64, value);
}

static inline uint16_t be16_to_cpu(be16 value)
{
	return BYTES_BE(16, (BYTES_FORCE uint16_t)value);
}

static inline uint32_t be32_to_cpu(be32 value)
{
	return BYTES_BE(32, (BYTES_FORCE uint32_t)value);
}

static inline be16 cpu_to_be16(uint16_t value)
{
	return (BYTES_FORCE be16)BYTES_BE(16, value);
}

static inline be32 cpu_to_be32(uint32_t value)
{
	return (BYTES_FORCE be32)BYTES_BE(32, value);
}

/* Constants in initialisers, where a function call is not allowed. */
#define CPU_TO_LE16(value) ((BYTES_FORCE le16)BYTES_LE(16, (uint16_t)(value)))
#define CPU_TO_LE32(value) ((BYTES_FORCE le32)BYTES_LE(32, (uint32_t)(value)))
#define CPU_TO_LE64(value) ((BYTES_FORCE le64)BYTES_LE(64, (uint64_t)(value)))

#endif /* PORT_BYTES_H */
