#define _GNU_SOURCE
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS                                                                          \
  (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
   PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)
#define CALL_STOP (SIGTRAP | 0x80)
#define STOPS_MAX 64

struct stop {
  pid_t tid;
  int status;
};

struct trace {
  const struct plan *plan;
  struct outcome *outcome;
  pid_t program;
  bool has_begun;   /* the program's own code runs, no longer the child of the fork */
  bool is_counting;
  pid_t armed;      /* the thread whose call is to be the last one, once it has returned; or 0 */
};

/* A process's descriptor names that process still when its number was given to another. */
static int program_fd = -1;

static void signal_program(int signal_number) {
  syscall(SYS_pidfd_send_signal, program_fd, signal_number, NULL, 0);
}

/* What a terminal sends, the program gets itself. */
static void forward(int signal_number, siginfo_t *info, void *context) {
  (void)context;
  const int saved = errno;
  if (info->si_code != SI_KERNEL) {
    signal_program(signal_number);
  }
  errno = saved;
}

/* PTRACE_O_EXITKILL and the closed pipe end what was started. */
static _Noreturn void fail(int code, const char *what) {
  fprintf(stderr, "kill-at-call: %s: %s\n", what, strerror(errno));
  exit(code);
}

static _Noreturn void become_program(int go_fd, char **arguments, const sigset_t *mask) {
  char go = 0;
  if (read(go_fd, &go, 1) != 1) {
    _exit(EXIT_NOT_PERMITTED);
  }
  sigprocmask(SIG_SETMASK, mask, NULL);
  execvp(arguments[0], arguments);
  const int error = errno;
  dprintf(STDERR_FILENO, "kill-at-call: %s: %s\n", arguments[0], strerror(error));
  _exit(error == ENOENT ? 127 : 126);
}

static void seize(pid_t child) {
  program_fd = (int)syscall(SYS_pidfd_open, child, 0);
  if (program_fd < 0) {
    fail(EXIT_NOT_PERMITTED, "no descriptor of a process, which takes Linux 5.3");
  }
  if (ptrace(PTRACE_SEIZE, child, NULL, (void *)(long)(OPTIONS)) < 0) {
    const int error = errno;
    signal_program(SIGKILL);
    waitpid(child, NULL, 0);
    errno = error;
    fail(EXIT_NOT_PERMITTED, "ptrace is not permitted");
  }
}

static void forward_signals(const sigset_t *signals) {
  struct sigaction action = {.sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART};
  action.sa_mask = *signals;
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  /* Where whoever started this ignores it, the kernel would throw the program's status away. */
  signal(SIGCHLD, SIG_DFL);
}

/* A real-time thread waits for this process at each of its calls. Without the right: as it is. */
static void hurry(void) {
  const struct sched_param parameters = {.sched_priority = sched_get_priority_max(SCHED_FIFO)};
  sched_setscheduler(0, SCHED_FIFO, &parameters);
}

/* The child waits for its tracer before it becomes the program: no call of it is missed. */
static pid_t start(char **arguments) {
  sigset_t signals;
  sigset_t mask;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, &mask);
  int go[2];
  if (pipe2(go, O_CLOEXEC) < 0) {
    fail(EXIT_FAILURE, "pipe");
  }
  const pid_t child = fork();
  if (child < 0) {
    fail(EXIT_FAILURE, "fork");
  }
  if (child == 0) {
    close(go[1]);
    become_program(go[0], arguments, &mask);
  }
  seize(child);
  forward_signals(&signals);
  hurry();
  /* Whoever started this may have blocked them, and a mask is inherited. */
  sigprocmask(SIG_UNBLOCK, &signals, NULL);
  if (write(go[1], "g", 1) != 1) {
    fail(EXIT_FAILURE, "pipe");
  }
  close(go[0]);
  close(go[1]);
  return child;
}

/*
 * Waits for stops, then takes all that there are: waitpid looks at the threads in always the same
 * order, and one that calls without a pause would keep the later ones from being seen.
 */
static int collect(struct stop *stops) {
  int count = 0;
  while (count < STOPS_MAX) {
    struct stop *const stop = &stops[count];
    stop->tid = waitpid(-1, &stop->status, __WALL | (count > 0 ? WNOHANG : 0));
    if (stop->tid > 0) {
      count++;
    } else if (stop->tid == 0 || errno != EINTR) {
      break;
    }
  }
  if (count == 0) {
    fail(EXIT_FAILURE, "waitpid");
  }
  return count;
}

/* A thread that cannot go on was killed while it was stopped; its end is reported in turn. */
static void resume(const struct trace *trace, pid_t tid, int signal_number) {
  ptrace(trace->has_begun ? PTRACE_SYSCALL : PTRACE_CONT, tid, NULL, (void *)(long)signal_number);
}

static void kill_program(struct trace *trace) {
  trace->outcome->was_killed = true;
  trace->armed = 0;
  signal_program(SIGKILL);
}

static bool is_counted(struct trace *trace, uint64_t number) {
  const struct plan *const plan = trace->plan;
  if (trace->outcome->was_killed) {
    return false; /* other threads had got this far when the kill came */
  }
  if (plan->from == CALL_UNKNOWN || (uint64_t)plan->from == number) {
    trace->is_counting = true;
  }
  return trace->is_counting && !(number < CALLS_MAX && plan->skips[number]);
}

/* The kernel leaves out the call of a thread that is killed while it stands at the entry. */
static void enter_call(struct trace *trace, pid_t tid, uint64_t number) {
  struct outcome *const outcome = trace->outcome;
  if (is_counted(trace, number)) {
    outcome->count++;
    if (outcome->count == trace->plan->at) {
      outcome->number = (long)number;
      if (!trace->plan->is_after) {
        kill_program(trace);
        return;
      }
      trace->armed = tid;
    }
  }
  resume(trace, tid, 0);
}

static void take_call(struct trace *trace, pid_t tid) {
  if (tgkill(trace->program, tid, 0) < 0 && errno == ESRCH) {
    ptrace(PTRACE_CONT, tid, NULL, NULL); /* of a process that the program has started */
    return;
  }
  struct __ptrace_syscall_info info = {0};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof info, &info) < 0) {
    if (errno != ESRCH) {
      fail(EXIT_NOT_PERMITTED, "no PTRACE_GET_SYSCALL_INFO, which takes Linux 5.3");
    }
  } else if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
    enter_call(trace, tid, info.entry.nr);
  } else if (tid == trace->armed) {
    kill_program(trace);
  } else {
    resume(trace, tid, 0);
  }
}

/* A thread that becomes another program takes its process's number. */
static void take_exec(struct trace *trace, pid_t tid) {
  unsigned long former = 0;
  trace->has_begun = true;
  if (trace->armed != 0 && ptrace(PTRACE_GETEVENTMSG, tid, NULL, &former) == 0 &&
      (pid_t)former == trace->armed) {
    trace->armed = tid;
  }
}

static void take_stop(struct trace *trace, const struct stop *stop) {
  const int event = stop->status >> 16;
  const int signal_number = WSTOPSIG(stop->status);
  if (signal_number == CALL_STOP) {
    take_call(trace, stop->tid);
  } else if (event == PTRACE_EVENT_STOP && signal_number != SIGTRAP) {
    ptrace(PTRACE_LISTEN, stop->tid, NULL, NULL); /* stopped by SIGSTOP or the like: stays so */
  } else if (event != 0) { /* also a new thread's first stop, which may come before its clone */
    if (event == PTRACE_EVENT_EXEC) {
      take_exec(trace, stop->tid);
    }
    resume(trace, stop->tid, 0);
  } else {
    resume(trace, stop->tid, signal_number);
  }
}

/* Returns false once the program has ended: its number is reported after all its threads. */
static bool take(struct trace *trace, const struct stop *stop) {
  if (WIFSTOPPED(stop->status)) {
    take_stop(trace, stop);
    return true;
  }
  if (stop->tid == trace->program) {
    trace->outcome->status = stop->status;
    return false;
  }
  if (stop->tid == trace->armed) {
    kill_program(trace); /* the call was the thread's end and had no exit to stop at */
  }
  return true;
}

void run_traced(const struct plan *plan, struct outcome *outcome) {
  *outcome = (struct outcome){0};
  struct trace trace = {.plan = plan, .outcome = outcome, .program = start(plan->arguments)};
  for (;;) {
    struct stop stops[STOPS_MAX];
    const int count = collect(stops);
    for (int i = 0; i < count; i++) {
      if (!take(&trace, &stops[i])) {
        return;
      }
    }
  }
}
