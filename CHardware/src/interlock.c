#include "interlock.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)
#define MINUTE_NS (60 * SECOND_NS)

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

/* What `steps_per_minute_max` holds beyond the steps of the fastest flow: one for each edge. */
#define EDGE_STEPS 2

_Static_assert(
    sizeof((chw_interlock_counts){0}.refused) == sizeof((struct interlock){0}.refused),
    "one count for each result");
_Static_assert(CHW_DAY_BUCKETS <= WINDOW_BUCKETS_MAX, "the longest window has room");

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

chw_error interlock_open(struct interlock *interlock) {
  interlock->tick_completed_ns = NEVER_NS;
  interlock->step_made_ns = NEVER_NS;
  window_open(&interlock->hour, MINUTE_NS, CHW_HOUR_BUCKETS);
  window_open(&interlock->day, 15 * MINUTE_NS, CHW_DAY_BUCKETS);
  interlock->minute.times_ns =
      malloc(CHW_STEPS_PER_MINUTE_CEILING * sizeof *interlock->minute.times_ns);
  if (interlock->minute.times_ns == NULL) {
    return CHW_ERROR_NO_MEMORY;
  }
  for (int32_t i = 0; i < CHW_STEPS_PER_MINUTE_CEILING; i++) {
    interlock->minute.times_ns[i] = NEVER_NS;
  }
  return CHW_OK;
}

void interlock_close(struct interlock *interlock) { free(interlock->minute.times_ns); }

/* ---- Before sealing ---- */

static chw_error load(struct window *window, int64_t bucket, int64_t steps) {
  const int64_t bucket_max = TIME_NS_MAX / window->bucket_ns;
  if (bucket <= window->newest || bucket < -bucket_max || bucket > bucket_max) {
    return CHW_ERROR_INVALID;
  }
  /* The total may never overflow, with what was loaded and with the steps of any lifetime. */
  if (steps < 0 || steps > INT64_MAX / 2 - window->total) {
    return CHW_ERROR_INVALID;
  }
  window_move_on(window, bucket);
  window->total += steps;
  return CHW_OK;
}

chw_error interlock_load(
    struct interlock *interlock, chw_window window, int64_t bucket, int64_t steps) {
  if (interlock->sealed) {
    return CHW_ERROR_INVALID;
  }
  switch (window) {
  case CHW_WINDOW_HOUR:
    return load(&interlock->hour, bucket, steps);
  case CHW_WINDOW_DAY:
    return load(&interlock->day, bucket, steps);
  }
  return CHW_ERROR_INVALID;
}

static void remember_time(struct step_times *times, int64_t time_ns) {
  times->times_ns[times->next] = time_ns;
  times->next = times->next + 1 < times->capacity ? times->next + 1 : 0;
}

/*
 * The minute needs times, and only counts were loaded: those of the two buckets that can hold anything
 * of the last 60 s. Their steps are placed as the fastest legal flow makes them, with the newest one now.
 *
 * Never looser than the truth: the fastest flow makes at most `flow` steps in 60 s, so the spacing here
 * is at most its own, and each step is placed no earlier than it was made.
 * Never refuses a legal continuation: `flow` placed steps fill the minute up to EDGE_STEPS, and each
 * leaves it no later than a step of the fastest flow can follow.
 *
 * The interval from the newest of them is not known either. A step may be due at once, so none is
 * placed: what a row of restarts could make of that is bounded by the windows, which are exact.
 */
static void place_in_minute(struct interlock *interlock, int64_t now_ns) {
  const int64_t current = window_bucket(&interlock->hour, now_ns - interlock->epoch_ns);
  const int64_t flow = larger(1, interlock->limits.steps_per_minute_max - EDGE_STEPS);
  const int64_t loaded = window_steps_since(&interlock->hour, current - 1);
  for (int64_t older = smaller(loaded, interlock->minute.capacity) - 1; older >= 0; older--) {
    remember_time(&interlock->minute, now_ns - older * MINUTE_NS / flow);
  }
}

static bool limits_are_in_range(const chw_interlock_limits *limits) {
  return limits->tick_ns >= TICK_NS_MIN && limits->tick_ns <= TICK_NS_MAX &&
         limits->step_interval_ns_min >= 0 && limits->steps_per_minute_max >= 1 &&
         limits->steps_per_minute_max <= CHW_STEPS_PER_MINUTE_CEILING &&
         limits->steps_per_hour_max >= 1 && limits->steps_per_day_max >= 1;
}

static bool is_loaded_ahead(const struct window *window, int64_t time_ns) {
  return window->newest > window_bucket(window, time_ns);
}

chw_error interlock_seal(
    struct interlock *interlock, int64_t now_ns, const chw_interlock_limits *limits,
    int64_t epoch_ns) {
  if (interlock->sealed || !limits_are_in_range(limits) || epoch_ns < -TIME_NS_MAX ||
      epoch_ns > TIME_NS_MAX || is_loaded_ahead(&interlock->hour, now_ns - epoch_ns) ||
      is_loaded_ahead(&interlock->day, now_ns - epoch_ns)) {
    return CHW_ERROR_INVALID;
  }
  interlock->limits = *limits;
  interlock->epoch_ns = epoch_ns;
  interlock->permission_ns = larger(PERMISSION_TICKS * limits->tick_ns, PERMISSION_NS_MIN);
  interlock->minute.capacity = limits->steps_per_minute_max;
  place_in_minute(interlock, now_ns);
  interlock->sealed = true;
  return CHW_OK;
}

/* ---- Levels ---- */

chw_error interlock_set_levels(
    struct interlock *interlock, const chw_interlock_levels *levels) {
  /* More stops decided than asked for would be a stop that is forgiven before it comes. */
  if (levels->stops_decided < 0 ||
      levels->stops_decided > atomic_load(&interlock->stops_asked) ||
      levels->steps_per_hour_max < 0 || levels->steps_per_day_max < 0 ||
      levels->lease_steps_max < 0) {
    return CHW_ERROR_INVALID;
  }
  interlock->levels = *levels;
  return CHW_OK;
}

static bool is_open(const struct interlock *interlock) {
  return interlock->levels.open && !atomic_load(&interlock->halted) &&
         interlock->levels.stops_decided >= atomic_load(&interlock->stops_asked);
}

static int64_t hour_steps_max(const struct interlock *interlock) {
  return smaller(interlock->limits.steps_per_hour_max, interlock->levels.steps_per_hour_max);
}

static int64_t day_steps_max(const struct interlock *interlock) {
  return smaller(interlock->limits.steps_per_day_max, interlock->levels.steps_per_day_max);
}

/* ---- Steps ---- */

/* A ceiling of 0 leaves no legal step that could have been dated differently: no allowance. */
static bool has_room(const struct window *window, int64_t time_ns, int64_t ceiling) {
  return ceiling > 0 && window_sum(window, time_ns) - DATING_ALLOWANCE_STEPS < ceiling;
}

chw_step_result interlock_judge(const struct interlock *interlock, int64_t now_ns) {
  if (!interlock->sealed) {
    return CHW_STEP_NOT_SEALED;
  }
  if (!is_open(interlock)) {
    return CHW_STEP_SHUT;
  }
  if (interlock->tick_completed_ns < now_ns - interlock->permission_ns) {
    return CHW_STEP_LAPSED;
  }
  if (interlock->step_made_ns > now_ns - interlock->limits.step_interval_ns_min) {
    return CHW_STEP_TOO_SOON;
  }
  if (interlock->steps >= interlock->levels.lease_steps_max) {
    return CHW_STEP_LEASE_LIMIT;
  }
  if (interlock->minute.times_ns[interlock->minute.next] > now_ns - MINUTE_NS) {
    return CHW_STEP_MINUTE_LIMIT;
  }
  const int64_t time_ns = now_ns - interlock->epoch_ns;
  if (!has_room(&interlock->hour, time_ns, hour_steps_max(interlock))) {
    return CHW_STEP_HOUR_LIMIT;
  }
  if (!has_room(&interlock->day, time_ns, day_steps_max(interlock))) {
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
  interlock->step_made_ns = now_ns;
  remember_time(&interlock->minute, now_ns);
  window_add(&interlock->hour, now_ns - interlock->epoch_ns);
  window_add(&interlock->day, now_ns - interlock->epoch_ns);
}

chw_interlock_counts interlock_read_counts(const struct interlock *interlock, int64_t now_ns) {
  const int64_t time_ns = now_ns - interlock->epoch_ns;
  chw_interlock_counts counts = {
      .steps = interlock->steps,
      .hour_steps = window_sum(&interlock->hour, time_ns),
      .day_steps = window_sum(&interlock->day, time_ns),
      .lapses = interlock->lapses,
      .hour_steps_max = hour_steps_max(interlock),
      .day_steps_max = day_steps_max(interlock),
      .lease_steps_max = interlock->levels.lease_steps_max,
      .stops_asked = atomic_load(&interlock->stops_asked),
  };
  memcpy(counts.refused, interlock->refused, sizeof counts.refused);
  return counts;
}
