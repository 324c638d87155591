#define _GNU_SOURCE
#include "ckernel_world.h"

#include <errno.h>

#ifdef __x86_64__

#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* In the child: the two stops enclose the body. It is killed at the second one. */
static _Noreturn void run_between_stops(void (*body)(void *), void *argument) {
  /*
   * Each step makes the parent wait until the child has left the processor, and where it has not
   * quite, the kernel makes it sleep a whole tick. So both share a processor, and the child has the
   * higher priority: the parent only ever runs when the child has left. Without the privilege it is slow.
   */
  struct sched_param lowest = {.sched_priority = 1};
  sched_setscheduler(0, SCHED_FIFO, &lowest);
  if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0) {
    _exit(1);
  }
  raise(SIGSTOP);
  body(argument);
  raise(SIGSTOP);
  _exit(0);
}

/* Waits for the child to stop. Returns the signal it stopped for, or a negative errno. */
static int wait_for_stop(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, __WALL) < 0) {
    if (errno != EINTR) {
      return -errno;
    }
  }
  return WIFSTOPPED(status) ? WSTOPSIG(status) : -ECHILD;
}

/* One byte of the child's code. Aligned words never reach into a page that is not there. */
static int code_byte(pid_t child, unsigned long address, uint8_t *byte) {
  unsigned long place = address % sizeof(long);
  errno = 0;
  long word = ptrace(PTRACE_PEEKTEXT, child, (void *)(address - place), NULL);
  if (errno != 0) {
    return -errno;
  }
  *byte = (uint8_t)((unsigned long)word >> (8 * place));
  return 0;
}

/* Whether the next instruction is `syscall`: 1, 0 or a negative errno. */
static int is_at_system_call(pid_t child) {
  errno = 0;
  long address = ptrace(
      PTRACE_PEEKUSER, child, (void *)offsetof(struct user_regs_struct, rip), NULL);
  if (errno != 0) {
    return -errno;
  }
  uint8_t byte = 0;
  int status = code_byte(child, (unsigned long)address, &byte);
  if (status < 0 || byte != 0x0f) {
    return status;
  }
  status = code_byte(child, (unsigned long)address + 1, &byte);
  return status < 0 ? status : byte == 0x05;
}

/* How the child goes from its first stop to its second. */
typedef enum stride {
  INSTRUCTIONS, /* one instruction at a time */
  SYSTEM_CALLS  /* up to the beginning or the end of a system call: each counts twice */
} stride;

/* One stride. Returns the signal that the child stopped for then, or a negative errno. */
static int step(pid_t child, stride how, ckw_counts *counts) {
  if (how == SYSTEM_CALLS) {
    counts->system_calls++;
    return ptrace(PTRACE_SYSCALL, child, NULL, NULL) < 0 ? -errno : wait_for_stop(child);
  }
  int system_call = is_at_system_call(child);
  if (system_call < 0) {
    return system_call;
  }
  counts->instructions++;
  counts->system_calls += system_call;
  return ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) < 0 ? -errno : wait_for_stop(child);
}

static time_t now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

static int step_to_second_stop(pid_t child, stride how, ckw_counts *counts) {
  enum { PATIENCE_SECONDS = 60 };
  time_t deadline = now_seconds() + PATIENCE_SECONDS;
  while (now_seconds() < deadline) {
    int signal = step(child, how, counts);
    if (signal < 0) {
      return signal;
    }
    if (signal == SIGSTOP) {
      return 0;
    }
    if (signal != SIGTRAP) {
      return -ECHILD; /* the body crashed, or somebody sent a signal: no count to believe */
    }
  }
  return -ETIMEDOUT;
}

static int measure(
    void (*body)(void *), void *argument, stride how, ckw_counts *counts) {
  *counts = (ckw_counts){0};
  pid_t child = fork();
  if (child < 0) {
    return -errno;
  }
  if (child == 0) {
    run_between_stops(body, argument);
  }
  int status = wait_for_stop(child);
  if (status == SIGSTOP) {
    status = step_to_second_stop(child, how, counts);
  } else if (status >= 0) {
    status = -ECHILD;
  }
  kill(child, SIGKILL);
  while (waitpid(child, NULL, __WALL) < 0 && errno == EINTR) {
  }
  return status;
}

static void nothing(void *argument) { (void)argument; }

static int measure_beyond_nothing(
    void (*body)(void *), void *argument, stride how, ckw_counts *counts) {
  ckw_counts empty;
  int status = measure(nothing, NULL, how, &empty);
  if (status < 0) {
    return status;
  }
  status = measure(body, argument, how, counts);
  counts->instructions -= empty.instructions;
  counts->system_calls -= empty.system_calls;
  return status;
}

/* Measures with this thread, and so the child, on the processor where it is now. */
static int measure_here(
    void (*body)(void *), void *argument, stride how, ckw_counts *counts) {
  cpu_set_t before;
  if (sched_getaffinity(0, sizeof before, &before) < 0) {
    return -errno;
  }
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET((size_t)sched_getcpu(), &here);
  sched_setaffinity(0, sizeof here, &here);
  int status = measure_beyond_nothing(body, argument, how, counts);
  sched_setaffinity(0, sizeof before, &before);
  return status;
}

int ckw_count(void (*body)(void *), void *argument, ckw_counts *counts) {
  return measure_here(body, argument, INSTRUCTIONS, counts);
}

int64_t ckw_count_system_calls(void (*body)(void *), void *argument) {
  ckw_counts counts;
  int status = measure_here(body, argument, SYSTEM_CALLS, &counts);
  return status < 0 ? status : counts.system_calls / 2;
}

#else

int ckw_count(void (*body)(void *), void *argument, ckw_counts *counts) {
  (void)body;
  (void)argument;
  *counts = (ckw_counts){0};
  return -ENOSYS;
}

int64_t ckw_count_system_calls(void (*body)(void *), void *argument) {
  (void)body;
  (void)argument;
  return -ENOSYS;
}

#endif
