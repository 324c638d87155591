// Everything under the Swift code on a Cortex-M4: the vector table, the start, the few functions
// that compilers expect, and semihosting for output and exit. No C library, and no allocator.

#include <stddef.h>
#include <stdint.h>

#include "driver.h"

extern uint32_t stack_bottom[], stack_top[];
extern uint32_t data_start[], data_end[], data_load[], bss_start[], bss_end[];
extern const uint8_t script[], script_end[];

// Semihosting

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

static void semihost(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void put(const char *text) { semihost(SYS_WRITE0, text); }

static void put_number(uint32_t number) {
    char text[11];
    char *first = &text[10];
    *first = 0;
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put(first);
}

static _Noreturn void leave(uint32_t status) {
    const uint32_t block[2] = {APPLICATION_EXIT, status};
    semihost(SYS_EXIT_EXTENDED, block);
    for (;;) {}
}

// The stack is filled with a pattern first, so that its deepest use can be told at the end.

static const uint32_t unused = 0xa5a5a5a5;

// Words under the frame of `start` that are its own.
static const int below_frame = 64;

static uint32_t stack_used(void) {
    const uint32_t *word = stack_bottom;
    while (*word == unused) word++;
    return (uint32_t)((const char *)stack_top - (const char *)word);
}

static _Noreturn void start(void) {
    const uint32_t *from = data_load;
    for (uint32_t *to = data_start; to < data_end;) *to++ = *from++;
    for (uint32_t *to = bss_start; to < bss_end;) *to++ = 0;
    const uint32_t *frame = __builtin_frame_address(0);
    for (uint32_t *to = stack_bottom; to < frame - below_frame;) *to++ = unused;

    char line[64];
    uint8_t fault = run_script(script, script_end - script, line);
    if (fault != 0) {
        put("not a usable core script, fault ");
        put_number(fault);
        put("\n");
        leave(65);
    }
    put(line);
    put("\nstate ");
    put_number((uint32_t)dosing_state_size());
    put("\nstack ");
    put_number(stack_used());
    put("\n");
    leave(0);
}

__attribute__((used)) static _Noreturn void tell_trap(void) {
    put("the processor trapped\n");
    leave(70);
}

// A trap of Swift is an undefined instruction. A stack that is too small leaves the memory, so what
// tells of it begins with a new one.
__attribute__((naked)) static void trapped(void) {
    __asm__("ldr r0, =stack_top\n mov sp, r0\n b tell_trap");
}

// The stack, the start, and 14 exceptions. No interrupt is ever enabled.
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    stack_top, start, [2 ... 15] = trapped,
};

// What compilers call

uintptr_t __stack_chk_guard = 0x595e9fbd;

_Noreturn void __stack_chk_fail(void) { tell_trap(); }

void *memcpy(void *to, const void *from, size_t count) {
    uint8_t *target = to;
    const uint8_t *source = from;
    if ((((uintptr_t)target | (uintptr_t)source) & 3) == 0) {
        for (; count >= 4; count -= 4, target += 4, source += 4) {
            *(uint32_t *)target = *(const uint32_t *)source;
        }
    }
    while (count-- > 0) *target++ = *source++;
    return to;
}

void *memmove(void *to, const void *from, size_t count) {
    uint8_t *target = to;
    const uint8_t *source = from;
    if ((uintptr_t)target - (uintptr_t)source >= count) return memcpy(to, from, count);
    while (count-- > 0) target[count] = source[count];
    return to;
}

void *memset(void *to, int byte, size_t count) {
    uint8_t *target = to;
    while (count-- > 0) *target++ = (uint8_t)byte;
    return to;
}

// The same under the names of the ARM ABI, whose memset takes its arguments in another order.

#define SAME_AS(function) __attribute__((alias(#function)))

void *__aeabi_memcpy(void *, const void *, size_t) SAME_AS(memcpy);
void *__aeabi_memcpy4(void *, const void *, size_t) SAME_AS(memcpy);
void *__aeabi_memcpy8(void *, const void *, size_t) SAME_AS(memcpy);
void *__aeabi_memmove(void *, const void *, size_t) SAME_AS(memmove);
void *__aeabi_memmove4(void *, const void *, size_t) SAME_AS(memmove);
void *__aeabi_memmove8(void *, const void *, size_t) SAME_AS(memmove);

void __aeabi_memset(void *to, size_t count, int byte) { memset(to, byte, count); }
void __aeabi_memset4(void *, size_t, int) SAME_AS(__aeabi_memset);
void __aeabi_memset8(void *, size_t, int) SAME_AS(__aeabi_memset);

void __aeabi_memclr(void *to, size_t count) { memset(to, 0, count); }
void __aeabi_memclr4(void *, size_t) SAME_AS(__aeabi_memclr);
void __aeabi_memclr8(void *, size_t) SAME_AS(__aeabi_memclr);
