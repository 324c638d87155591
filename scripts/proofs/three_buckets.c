/*
 * An ordinary program, linked with interlock.c and window.c: an interlock whose windows have 3 buckets, and
 * every history of DEPTH acts. An act lets some time go by, from none to more than the window, and asks
 * for a step under a ceiling of 0, 1 or 2 steps. Each is compared with a list of all steps made. The other
 * limits are wide.
 */
#include <stdio.h>

#include "interlock.h"

#define MINUTE_NS INT64_C(60000000000)

enum { BUCKETS = 3, DEPTH = 6 };
static const int64_t pauses_ns[] = {0, MINUTE_NS / 2, MINUTE_NS, 2 * MINUTE_NS, 3 * MINUTE_NS, 7 * MINUTE_NS};
enum { PAUSES = sizeof pauses_ns / sizeof *pauses_ns, CEILINGS = 3 };

static int64_t steps_ns[DEPTH];
static long histories;

static int64_t floor_bucket(int64_t time_ns) {
  int64_t bucket = time_ns / MINUTE_NS;
  while (bucket * MINUTE_NS > time_ns) bucket--;
  return bucket;
}

static int64_t steps_in_window(int steps, int64_t time_ns) {
  int64_t count = 0;
  for (int i = 0; i < steps; i++) {
    count += floor_bucket(steps_ns[i]) > floor_bucket(time_ns) - BUCKETS;
  }
  return count;
}

static bool acts_on(const struct interlock *before, int64_t time_ns, int steps, int depth) {
  if (depth == DEPTH) {
    histories++;
    return true;
  }
  for (int pause = 0; pause < PAUSES; pause++) {
    for (int64_t ceiling = 0; ceiling < CEILINGS; ceiling++) {
      struct interlock interlock = *before;
      const int64_t at_ns = time_ns + pauses_ns[pause];
      const int64_t now_ns = at_ns + interlock.epoch_ns;
      /* The ring is not in the copy: what another history left at its next place goes away. */
      interlock.minute.times_ns[interlock.minute.next] = NEVER_NS;
      interlock.levels.steps_per_hour_max = ceiling;
      interlock.levels.steps_per_day_max = ceiling;
      interlock_complete_tick(&interlock, now_ns);
      const chw_step_result result = interlock_judge(&interlock, now_ns);
      interlock_record(&interlock, now_ns, result);
      const bool may = ceiling > 0 && steps_in_window(steps, at_ns) <= ceiling;
      if (result != (may ? CHW_STEP_MADE : CHW_STEP_HOUR_LIMIT)) {
        printf("after %d acts and %d steps: result %d\n", depth, steps, result);
        return false;
      }
      if (may) {
        steps_ns[steps] = at_ns;
      }
      if (!acts_on(&interlock, at_ns, steps + may, depth + 1)) {
        return false;
      }
    }
  }
  return true;
}

int main(void) {
  struct interlock interlock = {0};
  if (interlock_open(&interlock) != CHW_OK) {
    return 1;
  }
  interlock.hour.buckets = BUCKETS;
  interlock.day.buckets = BUCKETS;
  interlock.day.bucket_ns = MINUTE_NS;
  const chw_interlock_limits limits = {
      .tick_ns = TICK_NS_MIN,
      .steps_per_minute_max = CHW_STEPS_PER_MINUTE_CEILING,
      .steps_per_hour_max = 100,
      .steps_per_day_max = 100,
  };
  /* From before the epoch to after it: bucket numbers change their sign on the way. */
  const int64_t start_ns = -4 * MINUTE_NS, epoch_ns = 10 * MINUTE_NS;
  if (interlock_seal(&interlock, start_ns + epoch_ns, &limits, epoch_ns) != CHW_OK) {
    return 1;
  }
  interlock.levels = (chw_interlock_levels){.open = true, .lease_steps_max = DEPTH};
  const bool right = acts_on(&interlock, start_ns, 0, 0);
  printf("%ld histories\n", histories);
  return right ? 0 : 1;
}
