#define _GNU_SOURCE

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "chw.h"

/* What the body can use; a real-time one finds all of it touched. */
#define STACK_BYTES (1024 * 1024)

/* For what lies on the same mapping besides: the guard, thread-local storage, our own frames. */
#define STACK_BYTES_EXTRA (256 * 1024)

/* With the terminating zero; the kernel keeps no more. */
#define NAME_BYTES 16

#define PAGE_BYTES_MIN 4096

struct chw_thread {
  pthread_t id;
  void (*body)(void *);
  void *argument;
  bool exact_timers;
  /* Waits for no page: it asked for real time, whether or not it was given. */
  bool is_real_time;
  char name[NAME_BYTES];
};

/* Not inlined, so that the stack is given back before the body runs. */
__attribute__((noinline)) static void touch_stack(void) {
  volatile char stack[STACK_BYTES];
  for (size_t i = 0; i < sizeof stack; i += PAGE_BYTES_MIN) {
    stack[i] = 0;
  }
}

static void *run(void *argument) {
  struct chw_thread *const thread = argument;
  (void)pthread_setname_np(pthread_self(), thread->name);
  if (thread->exact_timers) {
    /* An ordinary thread wakes up to 50 us late by default; a real-time one never does. */
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  }
  if (thread->is_real_time) {
    touch_stack();
  }
  thread->body(thread->argument);
  return NULL;
}

/* `priority` 0 is the ordinary policy. Returns 0 or an errno. */
static int start(struct chw_thread *thread, int priority) {
  const struct sched_param parameters = {.sched_priority = priority};
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) {
    return error;
  }
  error = pthread_attr_setstacksize(&attributes, STACK_BYTES + STACK_BYTES_EXTRA);
  if (error == 0) {
    /* Without this the policy below is ignored and the creator's is inherited. */
    error = pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
  }
  if (error == 0) {
    error = pthread_attr_setschedpolicy(&attributes, priority > 0 ? SCHED_FIFO : SCHED_OTHER);
  }
  if (error == 0) {
    error = pthread_attr_setschedparam(&attributes, &parameters);
  }
  if (error == 0) {
    error = pthread_create(&thread->id, &attributes, run, thread);
  }
  (void)pthread_attr_destroy(&attributes);
  return error;
}

int chw_thread_start(
    void (*body)(void *), void *argument, int priority, const char *name, int *refusal,
    chw_thread **thread) {
  *refusal = 0;
  *thread = NULL;
  if (priority < 0 || priority > 99) {
    return -EINVAL;
  }
  chw_thread *const started = calloc(1, sizeof *started);
  if (started == NULL) {
    return -ENOMEM;
  }
  started->body = body;
  started->argument = argument;
  started->is_real_time = priority > 0;
  strncpy(started->name, name, NAME_BYTES - 1);
  int error = start(started, priority);
  if (error != 0 && priority > 0) {
    *refusal = error;
    started->exact_timers = true;
    error = start(started, 0);
  }
  if (error != 0) {
    free(started);
    return -error;
  }
  *thread = started;
  return 0;
}

int chw_thread_join(chw_thread *thread) {
  const int error = pthread_join(thread->id, NULL);
  if (error == 0) {
    free(thread);
  }
  return -error;
}
