#define _GNU_SOURCE

#include <errno.h>
#include <sys/timex.h>
#include <time.h>

#include "chw.h"

#define SECOND_NS INT64_C(1000000000)

static int64_t read_clock(clockid_t clock) {
  struct timespec now;
  /* Cannot fail: Linux always has these clocks, and `now` can be written. */
  (void)clock_gettime(clock, &now);
  return now.tv_sec * SECOND_NS + now.tv_nsec;
}

int64_t chw_monotonic_ns(void) { return read_clock(CLOCK_MONOTONIC); }

int64_t chw_boot_ns(void) { return read_clock(CLOCK_BOOTTIME); }

int64_t chw_utc_ns(void) { return read_clock(CLOCK_REALTIME); }

bool chw_utc_is_synchronised(void) {
  struct timex state = {.modes = 0};
  return adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

static int sleep_until(clockid_t clock, int64_t deadline_ns) {
  if (deadline_ns <= 0) {
    return 0; /* both clocks start at 0 */
  }
  const struct timespec deadline = {
      .tv_sec = deadline_ns / SECOND_NS, .tv_nsec = deadline_ns % SECOND_NS};
  int error;
  do {
    /* Returns the error and leaves errno alone. The deadline is absolute, so going on is safe. */
    error = clock_nanosleep(clock, TIMER_ABSTIME, &deadline, NULL);
  } while (error == EINTR);
  return -error;
}

int chw_sleep_until_ns(int64_t deadline_ns) { return sleep_until(CLOCK_MONOTONIC, deadline_ns); }

int chw_sleep_until_boot_ns(int64_t deadline_ns) {
  return sleep_until(CLOCK_BOOTTIME, deadline_ns);
}
