/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bodies of the border's functions on Unikraft (x86-64). The functions
 * named platform_... are the longer ones, in memory.c and processor.c.
 */
#ifndef UNIKRAFT_PLATFORM_INLINE_H
#define UNIKRAFT_PLATFORM_INLINE_H

#include <stdarg.h>
#include <string.h>

/* ---- Memory ---- */

void *platform_alloc(struct port *port, size_t bytes);
void platform_free(struct port *port, void *memory);
void *platform_pages_alloc(struct port *port, size_t pages, unsigned int flags);
void platform_pages_free(struct port *port, void *memory, size_t pages);
uint64_t platform_physical(const void *address);
void *platform_mmio_map(uint64_t physical, size_t bytes);

static inline void *port_alloc(struct port *port, size_t bytes,
			       const char *what)
{
	(void)what;
	return platform_alloc(port, bytes);
}

static inline void port_free(struct port *port, void *memory)
{
	platform_free(port, memory);
}

static inline void *port_pages_alloc(struct port *port, size_t pages,
				     unsigned int flags, const char *what)
{
	(void)what;
	return platform_pages_alloc(port, pages, flags);
}

static inline void port_pages_free(struct port *port, void *memory,
				   size_t pages)
{
	platform_pages_free(port, memory, pages);
}

static inline uint64_t port_physical(struct port *port, const void *address)
{
	(void)port;
	return platform_physical(address);
}

/** Memory is coherent with devices: the compiler alone is held back. */
static inline void platform_compiler_barrier(void)
{
	__asm__ __volatile__("" ::: "memory");
}

static inline void port_dma_give(struct port *port, const void *memory,
				 size_t bytes,
				 enum port_dma_direction direction)
{
	(void)port;
	(void)memory;
	(void)bytes;
	(void)direction;
	platform_compiler_barrier();
}

static inline void port_dma_take(struct port *port, const void *memory,
				 size_t bytes,
				 enum port_dma_direction direction)
{
	(void)port;
	(void)memory;
	(void)bytes;
	(void)direction;
	platform_compiler_barrier();
}

/* ---- Time ---- */

uint64_t platform_time(void);
void platform_delay(struct port *port, uint64_t nanoseconds);
void platform_relax(struct port *port, uint64_t deadline);

static inline uint64_t port_time(struct port *port)
{
	(void)port;
	return platform_time();
}

static inline uint64_t port_tsc(struct port *port)
{
	uint32_t low, high;

	(void)port;
	__asm__ __volatile__("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline void port_delay(struct port *port, uint64_t nanoseconds)
{
	platform_delay(port, nanoseconds);
}

static inline void port_relax(struct port *port, uint64_t deadline)
{
	platform_relax(port, deadline);
}

/* ---- Processors, interrupts, locks ---- */

int platform_interrupt_attach(struct port *port,
			      void (*handler)(void *argument), void *argument,
			      uint8_t *vector);
void platform_interrupt_detach(struct port *port, uint8_t vector);
int platform_interrupt_message(uint8_t vector, uint64_t *address,
			       uint32_t *data);
int platform_line_attach(struct port *port, unsigned int line,
			 bool (*handler)(void *argument), void *argument);
void platform_line_detach(struct port *port, unsigned int line,
			  bool (*handler)(void *argument), void *argument);
void platform_lock(struct port_lock *lock);
void platform_unlock(struct port_lock *lock);

static inline unsigned int port_cpu_count(struct port *port)
{
	(void)port;
	return 1;
}

static inline unsigned int port_cpu_current(struct port *port)
{
	(void)port;
	return 0;
}

static inline void port_cpu_run(struct port *port, unsigned int cpu,
				void (*function)(void *argument),
				void *argument)
{
	(void)port;
	(void)cpu;
	function(argument);
}

static inline int port_interrupt_attach(struct port *port,
					void (*handler)(void *argument),
					void *argument, uint8_t *vector)
{
	return platform_interrupt_attach(port, handler, argument, vector);
}

static inline void port_interrupt_detach(struct port *port, uint8_t vector)
{
	platform_interrupt_detach(port, vector);
}

static inline int port_interrupt_message(struct port *port, uint8_t vector,
					 unsigned int cpu, uint64_t *address,
					 uint32_t *data)
{
	(void)port;
	(void)cpu;
	return platform_interrupt_message(vector, address, data);
}

static inline int port_line_attach(struct port *port, unsigned int line,
				   bool (*handler)(void *argument),
				   void *argument)
{
	return platform_line_attach(port, line, handler, argument);
}

static inline void port_line_detach(struct port *port, unsigned int line,
				    bool (*handler)(void *argument),
				    void *argument)
{
	platform_line_detach(port, line, handler, argument);
}

static inline void port_lock(struct port *port, struct port_lock *lock)
{
	(void)port;
	platform_lock(lock);
}

static inline void port_unlock(struct port *port, struct port_lock *lock)
{
	(void)port;
	platform_unlock(lock);
}

/* ---- The processor's doors to a hypervisor ---- */

static inline struct port_cpuid port_cpuid(struct port *port, uint32_t leaf,
					   uint32_t subleaf)
{
	struct port_cpuid values;

	(void)port;
	__asm__ __volatile__("cpuid"
			     : "=a"(values.eax), "=b"(values.ebx),
			       "=c"(values.ecx), "=d"(values.edx)
			     : "a"(leaf), "c"(subleaf));
	return values;
}

static inline uint64_t port_msr_read(struct port *port, uint32_t msr)
{
	uint32_t low, high;

	(void)port;
	__asm__ __volatile__("rdmsr"
			     : "=a"(low), "=d"(high)
			     : "c"(msr)
			     : "memory");
	return (uint64_t)high << 32 | low;
}

static inline void port_msr_write(struct port *port, uint32_t msr,
				  uint64_t value)
{
	(void)port;
	__asm__ __volatile__("wrmsr"
			     :
			     : "c"(msr), "a"((uint32_t)value),
			       "d"((uint32_t)(value >> 32))
			     : "memory");
}

/* Unikraft is built without a red zone, so a call from here is safe. */
static inline uint64_t port_hypercall(struct port *port, const void *page,
				      uint64_t control, uint64_t input,
				      uint64_t output)
{
	register uint64_t r8 __asm__("r8") = output;
	uint64_t status;

	(void)port;
	__asm__ __volatile__("call *%[page]"
			     : "=a"(status), "+c"(control), "+d"(input),
			       "+r"(r8)
			     : [page] "r"(page)
			     : "r9", "r10", "r11", "cc", "memory");
	return status;
}

/* ---- Port I/O and memory mapped I/O ---- */

static inline uint8_t port_in8(struct port *port, uint16_t address)
{
	uint8_t value;

	(void)port;
	__asm__ __volatile__("inb %1, %0"
			     : "=a"(value)
			     : "Nd"(address)
			     : "memory");
	return value;
}

static inline uint16_t port_in16(struct port *port, uint16_t address)
{
	uint16_t value;

	(void)port;
	__asm__ __volatile__("inw %1, %0"
			     : "=a"(value)
			     : "Nd"(address)
			     : "memory");
	return value;
}

static inline uint32_t port_in32(struct port *port, uint16_t address)
{
	uint32_t value;

	(void)port;
	__asm__ __volatile__("inl %1, %0"
			     : "=a"(value)
			     : "Nd"(address)
			     : "memory");
	return value;
}

static inline void port_out8(struct port *port, uint16_t address, uint8_t value)
{
	(void)port;
	__asm__ __volatile__("outb %0, %1"
			     :
			     : "a"(value), "Nd"(address)
			     : "memory");
}

static inline void port_out16(struct port *port, uint16_t address,
			      uint16_t value)
{
	(void)port;
	__asm__ __volatile__("outw %0, %1"
			     :
			     : "a"(value), "Nd"(address)
			     : "memory");
}

static inline void port_out32(struct port *port, uint16_t address,
			      uint32_t value)
{
	(void)port;
	__asm__ __volatile__("outl %0, %1"
			     :
			     : "a"(value), "Nd"(address)
			     : "memory");
}

static inline void *port_mmio_map(struct port *port, uint64_t physical,
				  size_t bytes)
{
	(void)port;
	return platform_mmio_map(physical, bytes);
}

/*
 * Registers of two devices may share a page and nothing else wants their
 * addresses, so what was mapped stays mapped.
 */
static inline void port_mmio_unmap(struct port *port, void *registers,
				   size_t bytes)
{
	(void)port;
	(void)registers;
	(void)bytes;
}

/*
 * One instruction each, as a hypervisor that takes the access apart knows them.
 */
static inline uint8_t port_mmio_read8(struct port *port, const void *address)
{
	uint8_t value;

	(void)port;
	__asm__ __volatile__("movb %1, %0"
			     : "=q"(value)
			     : "m"(*(const volatile uint8_t *)address)
			     : "memory");
	return value;
}

static inline uint16_t port_mmio_read16(struct port *port, const void *address)
{
	uint16_t value;

	(void)port;
	__asm__ __volatile__("movw %1, %0"
			     : "=r"(value)
			     : "m"(*(const volatile uint16_t *)address)
			     : "memory");
	return value;
}

static inline uint32_t port_mmio_read32(struct port *port, const void *address)
{
	uint32_t value;

	(void)port;
	__asm__ __volatile__("movl %1, %0"
			     : "=r"(value)
			     : "m"(*(const volatile uint32_t *)address)
			     : "memory");
	return value;
}

static inline void port_mmio_write8(struct port *port, void *address,
				    uint8_t value)
{
	(void)port;
	__asm__ __volatile__("movb %1, %0"
			     : "=m"(*(volatile uint8_t *)address)
			     : "q"(value)
			     : "memory");
}

static inline void port_mmio_write16(struct port *port, void *address,
				     uint16_t value)
{
	(void)port;
	__asm__ __volatile__("movw %1, %0"
			     : "=m"(*(volatile uint16_t *)address)
			     : "r"(value)
			     : "memory");
}

static inline void port_mmio_write32(struct port *port, void *address,
				     uint32_t value)
{
	(void)port;
	__asm__ __volatile__("movl %1, %0"
			     : "=m"(*(volatile uint32_t *)address)
			     : "r"(value)
			     : "memory");
}

/* ---- Log ---- */

void platform_log(struct port *port, enum port_log_level level,
		  const char *format, va_list arguments);

static inline void port_log(struct port *port, enum port_log_level level,
			    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	platform_log(port, level, format, arguments);
	va_end(arguments);
}

/* ---- Words that a device reads or writes too (shared.h) ---- */

static inline uint8_t shared_load8(struct port *port, const uint8_t *word)
{
	(void)port;
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline uint16_t shared_load16(struct port *port, const le16 *word)
{
	(void)port;
	return le16_to_cpu(__atomic_load_n(word, __ATOMIC_ACQUIRE));
}

static inline uint32_t shared_load32(struct port *port, const le32 *word)
{
	(void)port;
	return le32_to_cpu(__atomic_load_n(word, __ATOMIC_ACQUIRE));
}

static inline uint64_t shared_load64(struct port *port, const le64 *word)
{
	(void)port;
	return le64_to_cpu(__atomic_load_n(word, __ATOMIC_ACQUIRE));
}

static inline void shared_store8(struct port *port, uint8_t *word,
				 uint8_t value)
{
	(void)port;
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static inline void shared_store16(struct port *port, le16 *word, uint16_t value)
{
	(void)port;
	__atomic_store_n(word, cpu_to_le16(value), __ATOMIC_RELEASE);
}

static inline void shared_store32(struct port *port, le32 *word, uint32_t value)
{
	(void)port;
	__atomic_store_n(word, cpu_to_le32(value), __ATOMIC_RELEASE);
}

static inline void shared_store64(struct port *port, le64 *word, uint64_t value)
{
	(void)port;
	__atomic_store_n(word, cpu_to_le64(value), __ATOMIC_RELEASE);
}

static inline void shared_fence(struct port *port)
{
	(void)port;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline bool shared_test_and_clear_bit(struct port *port, le32 *words,
					     unsigned int bit)
{
	le32 mask = cpu_to_le32(1u << bit % 32);

	(void)port;
	return __atomic_fetch_and(&words[bit / 32], ~mask, __ATOMIC_SEQ_CST) &
	       mask;
}

static inline bool shared_test_and_set_bit(struct port *port, le32 *words,
					   unsigned int bit)
{
	le32 mask = cpu_to_le32(1u << bit % 32);

	(void)port;
	return __atomic_fetch_or(&words[bit / 32], mask, __ATOMIC_SEQ_CST) &
	       mask;
}

/* After the barrier nothing is read again: the copy is what is looked at. */
static inline void shared_read(struct port *port, void *to, const void *from,
			       size_t bytes)
{
	(void)port;
	platform_compiler_barrier();
	memcpy(to, from, bytes);
	platform_compiler_barrier();
}

static inline void shared_write(struct port *port, void *to, const void *from,
				size_t bytes)
{
	(void)port;
	platform_compiler_barrier();
	memcpy(to, from, bytes);
	platform_compiler_barrier();
}

#endif /* UNIKRAFT_PLATFORM_INLINE_H */
