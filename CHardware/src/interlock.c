#include "interlock.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)
#define MINUTE_NS (60 * SECOND_NS)
#define DAY_NS (24 * 60 * MINUTE_NS)

/* Permission outlives a few late ticks, whatever their length, and no more. */
#define PERMISSION_TICKS 3
#define PERMISSION_NS_MIN INT64_C(50000000)

/*
 * The interlock dates a step by its own clock, up to one tick after the deadline by which the
 * dosing core dates it. So a step of the last tick of a bucket, one at most, can be counted here
 * one bucket younger than there. Without this allowance the interlock could refuse what the core
 * may do.
 */
#define DATING_ALLOWANCE_STEPS 1

_Static_assert(
    sizeof((chw_interlock_counts){0}.refused) == sizeof((struct interlock){0}.refused),
    "one count for each result");

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

chw_error interlock_open(struct interlock *interlock) {
  interlock->tick_completed_ns = NEVER_NS;
  interlock->step_made_ns = NEVER_NS;
  interlock->therapy_steps_per_hour_max = INT64_MAX;
  interlock->therapy_steps_per_day_max = INT64_MAX;
  interlock->lease_steps_max = INT64_MAX;
  window_open(&interlock->hour, MINUTE_NS, 60);
  window_open(&interlock->day, 15 * MINUTE_NS, 96);
  interlock->minute.times_ns =
      malloc(CHW_STEPS_PER_MINUTE_CEILING * sizeof *interlock->minute.times_ns);
  interlock->history.loads = malloc(CHW_HISTORY_LOADS_MAX * sizeof *interlock->history.loads);
  if (interlock->minute.times_ns == NULL || interlock->history.loads == NULL) {
    return CHW_ERROR_NO_MEMORY;
  }
  for (int32_t i = 0; i < CHW_STEPS_PER_MINUTE_CEILING; i++) {
    interlock->minute.times_ns[i] = NEVER_NS;
  }
  return CHW_OK;
}

void interlock_close(struct interlock *interlock) {
  free(interlock->minute.times_ns);
  free(interlock->history.loads);
}

chw_error interlock_load(
    struct interlock *interlock, int64_t now_ns, int64_t age_ns, int64_t steps) {
  struct history *const history = &interlock->history;
  if (interlock->sealed || age_ns < 0 || steps < 0) {
    return CHW_ERROR_INVALID;
  }
  if (steps == 0 || age_ns > DAY_NS) {
    return CHW_OK;
  }
  const struct loaded_steps load = {.time_ns = now_ns - age_ns, .steps = steps};
  if (history->count > 0 && load.time_ns < history->loads[history->count - 1].time_ns) {
    return CHW_ERROR_INVALID;
  }
  /* No window may ever overflow, with what was loaded and with the steps of any lifetime. */
  if (steps > INT64_MAX / 2 - history->steps) {
    return CHW_ERROR_INVALID;
  }
  if (history->count == CHW_HISTORY_LOADS_MAX) {
    return CHW_ERROR_NO_MEMORY;
  }
  history->loads[history->count++] = load;
  history->steps += steps;
  return CHW_OK;
}

static void remember_time(struct step_times *times, int64_t time_ns) {
  times->times_ns[times->next] = time_ns;
  times->next = times->next + 1 < times->capacity ? times->next + 1 : 0;
}

/* Not earlier than any before them. */
static void count_steps(struct interlock *interlock, int64_t time_ns, int64_t steps) {
  interlock->step_made_ns = time_ns;
  window_add(&interlock->hour, time_ns - interlock->epoch_ns, steps);
  window_add(&interlock->day, time_ns - interlock->epoch_ns, steps);
}

static void remember_history(
    struct interlock *interlock, int64_t now_ns, int64_t time_ns, int64_t steps) {
  count_steps(interlock, time_ns, steps);
  if (time_ns <= now_ns - MINUTE_NS) {
    return;
  }
  for (int64_t i = smaller(steps, interlock->minute.capacity); i > 0; i--) {
    remember_time(&interlock->minute, time_ns);
  }
}

static bool limits_are_in_range(const chw_interlock_limits *limits) {
  return limits->tick_ns >= TICK_NS_MIN && limits->tick_ns <= TICK_NS_MAX &&
         limits->step_interval_ns_min >= 0 && limits->steps_per_minute_max >= 1 &&
         limits->steps_per_minute_max <= CHW_STEPS_PER_MINUTE_CEILING &&
         limits->steps_per_hour_max >= 1 && limits->steps_per_day_max >= 1;
}

chw_error interlock_seal(
    struct interlock *interlock, int64_t now_ns, const chw_interlock_limits *limits,
    int64_t epoch_ns) {
  if (interlock->sealed || !limits_are_in_range(limits) || epoch_ns < -TIME_NS_MAX ||
      epoch_ns > TIME_NS_MAX) {
    return CHW_ERROR_INVALID;
  }
  interlock->limits = *limits;
  interlock->epoch_ns = epoch_ns;
  interlock->permission_ns = larger(PERMISSION_TICKS * limits->tick_ns, PERMISSION_NS_MIN);
  interlock->minute.capacity = limits->steps_per_minute_max;
  for (int32_t i = 0; i < interlock->history.count; i++) {
    const struct loaded_steps load = interlock->history.loads[i];
    remember_history(interlock, now_ns, load.time_ns, load.steps);
  }
  free(interlock->history.loads);
  interlock->history = (struct history){0};
  interlock->sealed = true;
  return CHW_OK;
}

chw_error interlock_set_therapy_ceilings(
    struct interlock *interlock, int64_t steps_per_hour_max, int64_t steps_per_day_max) {
  if (steps_per_hour_max < 0 || steps_per_day_max < 0) {
    return CHW_ERROR_INVALID;
  }
  interlock->therapy_steps_per_hour_max = steps_per_hour_max;
  interlock->therapy_steps_per_day_max = steps_per_day_max;
  return CHW_OK;
}

chw_error interlock_set_lease(struct interlock *interlock, int64_t steps_max) {
  if (steps_max < 0) {
    return CHW_ERROR_INVALID;
  }
  interlock->lease_steps_max = steps_max;
  return CHW_OK;
}

/* A ceiling of 0 leaves no legal step that could have been dated differently: no allowance. */
static bool has_room(const struct window *window, int64_t time_ns, int64_t ceiling) {
  return ceiling > 0 && window_sum(window, time_ns) - DATING_ALLOWANCE_STEPS < ceiling;
}

chw_step_result interlock_judge(const struct interlock *interlock, int64_t now_ns) {
  const chw_interlock_limits *const limits = &interlock->limits;
  if (!interlock->sealed) {
    return CHW_STEP_NOT_SEALED;
  }
  if (atomic_load(&interlock->shut)) {
    return CHW_STEP_SHUT;
  }
  if (interlock->tick_completed_ns < now_ns - interlock->permission_ns) {
    return CHW_STEP_LAPSED;
  }
  if (interlock->step_made_ns > now_ns - limits->step_interval_ns_min) {
    return CHW_STEP_TOO_SOON;
  }
  if (interlock->steps >= interlock->lease_steps_max) {
    return CHW_STEP_LEASE_LIMIT;
  }
  if (interlock->minute.times_ns[interlock->minute.next] > now_ns - MINUTE_NS) {
    return CHW_STEP_MINUTE_LIMIT;
  }
  const int64_t time_ns = now_ns - interlock->epoch_ns;
  if (!has_room(&interlock->hour, time_ns,
          smaller(limits->steps_per_hour_max, interlock->therapy_steps_per_hour_max))) {
    return CHW_STEP_HOUR_LIMIT;
  }
  if (!has_room(&interlock->day, time_ns,
          smaller(limits->steps_per_day_max, interlock->therapy_steps_per_day_max))) {
    return CHW_STEP_DAY_LIMIT;
  }
  return CHW_STEP_MADE;
}

void interlock_record(struct interlock *interlock, int64_t now_ns, chw_step_result result) {
  if (result != CHW_STEP_MADE) {
    interlock->refused[result]++;
    return;
  }
  interlock->steps++;
  count_steps(interlock, now_ns, 1);
  remember_time(&interlock->minute, now_ns);
}

chw_interlock_counts interlock_read_counts(const struct interlock *interlock, int64_t now_ns) {
  const int64_t time_ns = now_ns - interlock->epoch_ns;
  chw_interlock_counts counts = {
      .steps = interlock->steps,
      .hour_steps = window_sum(&interlock->hour, time_ns),
      .day_steps = window_sum(&interlock->day, time_ns),
      .lapses = interlock->lapses,
  };
  memcpy(counts.refused, interlock->refused, sizeof counts.refused);
  return counts;
}
