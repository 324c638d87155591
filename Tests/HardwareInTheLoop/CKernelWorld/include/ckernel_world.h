/*
 * What a test does to a kernel and to other processes, and Swift cannot say without packed unions,
 * fork or ptrace: test gear for a virtual machine, and no part of the product.
 *
 * Every call returns 0 or a positive value, or a negative errno.
 */
#ifndef CKERNEL_WORLD_H
#define CKERNEL_WORLD_H

#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- An emulated CP2112, a USB adapter for I2C, through /dev/uhid ---- */

enum { CKW_REPORT_BYTES = 64 };

/* What the kernel's driver wants of the adapter. */
typedef enum __attribute__((enum_extensibility(closed))) ckw_report_kind : int32_t {
  CKW_REPORT_NONE = 0,  /* nothing within the time, or an event that needs no answer */
  CKW_REPORT_GET = 1,   /* the feature report `number` is asked for: ckw_uhid_reply_get */
  CKW_REPORT_SET = 2,   /* a feature report is written: ckw_uhid_reply_set */
  CKW_REPORT_OUTPUT = 3 /* an output report, which has no answer of its own */
} ckw_report_kind;

typedef struct ckw_report {
  ckw_report_kind kind;
  uint32_t id;    /* of GET and SET: goes back in the reply */
  uint8_t number; /* of the report; for SET and OUTPUT it is also bytes[0] */
  int32_t size;   /* bytes that are valid, its number included; 0 for GET */
  uint8_t bytes[CKW_REPORT_BYTES];
} ckw_report;

/* Opens /dev/uhid. Returns the file; closing it takes the device away, as ckw_uhid_destroy does. */
int ckw_uhid_open(void);

/*
 * Plugs the adapter in, as 10c4:ea90 on a USB bus. It returns before the driver has asked anything:
 * another thread, or this one next, must answer. `unique` (at most 63 characters) is the serial number
 * that the device's uevent shows as HID_UNIQ.
 */
int ckw_uhid_create(int fd, const char *_Nonnull unique);

/*
 * Pulls the adapter out. What names it in /sys and /dev goes first; then the call BLOCKS until nobody
 * has its /dev/i2c-N open any more, and so does every other call on `fd` meanwhile.
 */
int ckw_uhid_destroy(int fd);

/* Waits up to `timeout_ms` (-1: for ever) for one event. */
int ckw_uhid_next(int fd, ckw_report *_Nonnull report, int timeout_ms);

/*
 * Answers a GET with `size` bytes (at most CKW_REPORT_BYTES), the report's number first; with `size` 0
 * the driver is told that reading failed (EIO).
 */
int ckw_uhid_reply_get(int fd, uint32_t id, const uint8_t *_Nonnull bytes, int32_t size);

/* Answers a SET: taken. */
int ckw_uhid_reply_set(int fd, uint32_t id);

/* Sends an input report of `size` bytes (at most CKW_REPORT_BYTES, the rest is 0), its number first. */
int ckw_uhid_input(int fd, const uint8_t *_Nonnull bytes, int32_t size);

/* Reads one byte of a device on the I2C bus at `path`, to see whether the bus works. */
int ckw_bus_try(const char *_Nonnull path, uint8_t address);

/* ---- Text of the kernel's trace_pipe, in C because hundreds of thousands of lines come ---- */

#define CKW_TRACE_EVENT ": gpio_value: "
#define CKW_TRACE_MARK "kernel-world-mark "

typedef enum __attribute__((enum_extensibility(closed))) ckw_trace_kind : int32_t {
  CKW_TRACE_OTHER = 0,  /* of no interest, such as the reading of a line */
  CKW_TRACE_SET = 1,    /* a GPIO line was set, to the level it had or to the other one */
  CKW_TRACE_MARKED = 2, /* CKW_TRACE_MARK and a number were written to trace_marker */
  CKW_TRACE_LOST = 3    /* records were overwritten before they could be read */
} ckw_trace_kind;

typedef struct ckw_trace_record {
  ckw_trace_kind kind;
  int32_t level;   /* SET: 0 or 1 */
  int64_t number;  /* SET: the line's global number; MARKED: the mark's; LOST: how many */
  int64_t time_ns; /* SET: of the trace's clock, to the microsecond */
} ckw_trace_record;

/*
 * Reads the first line of `text`, such as `  name-84   [001] .....   2.403409: gpio_value: 515 set 1`.
 * Returns how many bytes it takes up, its end included, or 0 where no line is whole.
 */
int32_t ckw_trace_next(
    const uint8_t *_Nonnull text, int32_t size, ckw_trace_record *_Nonnull record);

/* ---- Threads of other processes ---- */

/*
 * Freezes one thread of another process, by ptrace; its other threads run on. A thread in a system
 * call stops when that call is left. Only the thread that called this can let it go again, and its end
 * lets it go too: call both from the main thread.
 */
int ckw_stop_thread(pid_t tid);

/* Lets a thread go that ckw_stop_thread froze. An interrupted sleep goes on by itself. */
int ckw_continue_thread(pid_t tid);

/* ---- Watchdog and supervisor ---- */

/*
 * Opens the i6300ESB watchdog, the one that QEMU emulates, and gives it a timeout. From here on it
 * resets the machine unless something is written to the returned file in time. Other watchdogs that
 * are opened in the search are disarmed again. -ENODEV: there is none.
 */
int ckw_open_watchdog(int32_t seconds);

/* Listens as a service supervisor does: a datagram socket at `path`; what was there is removed. */
int ckw_listen_for_notifications(const char *_Nonnull path);

/* ---- Counting what code costs ---- */

typedef struct ckw_counts {
  int64_t instructions; /* user-space instructions; each round of a `rep` counts */
  int64_t system_calls; /* how many of them were `syscall` */
} ckw_counts;

/*
 * Counts what `body(argument)` executes, less what an empty body costs. It runs in a forked child, step
 * by step, so it leaves no trace in this process; as after every fork it must not need a lock that
 * another thread may hold. Call the body once before, or the dynamic linker's work counts too.
 * Meanwhile this thread stays on one processor.
 *
 * It must not read the clock where a step is slow, as in an emulated machine: the clock's page changes
 * with each tick, and its readers then begin again, for ever.
 *
 * -ECHILD: the body died. -ETIMEDOUT: not done after 60 s. -ENOSYS: this machine is no x86-64.
 */
int ckw_count(
    void (*_Nonnull body)(void *_Nullable), void *_Nullable argument, ckw_counts *_Nonnull counts);

/*
 * Counts only the system calls, as ckw_count does but at full speed between them: the body may read the
 * clock, and may run millions of instructions. Returns how many, or an error of ckw_count.
 */
int64_t ckw_count_system_calls(
    void (*_Nonnull body)(void *_Nullable), void *_Nullable argument);

#ifdef __cplusplus
}
#endif

#endif
