/* What every proof takes for granted about an interlock, and proves again after each call. */
#ifndef INTERLOCK_FACTS_H
#define INTERLOCK_FACTS_H

#include <stdlib.h>

#include "facts.h"
#include "interlock.h"

/* The longest ring of the minute that is tried; its claims say nothing of how long it is. */
#define MINUTE_CAPACITY_MAX 4

#define MINUTE_NS (60 * SECOND_NS)

enum { HOUR_PLACE = 30, DAY_PLACE = 0 };

/* Steps, refusals and lapses that are counted in one lifetime: one in each nanosecond of 73 years. */
#define COUNT_MAX (INT64_C(1) << 61)

/* Any bucket of each window, and the steps truly in it and after it. */
extern struct followed_bucket followed_hour, followed_day;

/* Any step that the minute remembers, by how many it has remembered since; below 0: none yet. */
struct followed_step {
  int64_t younger;
  int64_t made_ns;
};

static bool window_is_right(
    const struct window *window, const struct followed_bucket *followed, int64_t steps) {
  return (is_empty(window) || is_begun(window)) && knows(window, followed) &&
         window->total >= 0 && window->total <= INT64_MAX / 2 + steps;
}

/* The oldest time is at `next` and the newest before it. */
static bool minute_is_right(
    const struct step_times *minute, const struct followed_step *followed) {
  if (minute->next < 0 || minute->next >= minute->capacity) {
    return false;
  }
  if (followed->younger < 0 || followed->younger >= minute->capacity) {
    return true;
  }
  const int32_t place = minute->next - 1 - (int32_t)followed->younger;
  return minute->times_ns[place < 0 ? place + minute->capacity : place] == followed->made_ns;
}

static bool limits_are_right(const struct interlock *interlock) {
  const chw_interlock_limits *const limits = &interlock->limits;
  if (limits->tick_ns < SECOND_NS / 1000 || limits->tick_ns > SECOND_NS / 10) {
    return false;
  }
  const int64_t ticks = 3 * limits->tick_ns;
  return limits->step_interval_ns_min >= 0 && limits->steps_per_minute_max >= 1 &&
         limits->steps_per_minute_max <= MINUTE_CAPACITY_MAX &&
         limits->steps_per_hour_max >= 1 && limits->steps_per_day_max >= 1 &&
         interlock->permission_ns == (ticks > SECOND_NS / 20 ? ticks : SECOND_NS / 20) &&
         interlock->minute.capacity == limits->steps_per_minute_max &&
         interlock->epoch_ns >= -TIME_NS_MAX && interlock->epoch_ns <= TIME_NS_MAX;
}

static bool levels_are_right(const struct interlock *interlock) {
  const chw_interlock_levels *const levels = &interlock->levels;
  return levels->stops_decided >= 0 && levels->stops_decided <= interlock->stops_asked &&
         levels->steps_per_hour_max >= 0 && levels->steps_per_day_max >= 0 &&
         levels->lease_steps_max >= 0;
}

static bool interlock_is_right(
    const struct interlock *interlock, const struct followed_step *followed) {
  return window_is_right(&interlock->hour, &followed_hour, interlock->steps) &&
         window_is_right(&interlock->day, &followed_day, interlock->steps) &&
         levels_are_right(interlock) && interlock->steps >= 0 &&
         (interlock->sealed
              ? limits_are_right(interlock) && minute_is_right(&interlock->minute, followed)
              : interlock->minute.capacity == 0 && interlock->minute.next == 0 && interlock->epoch_ns == 0 &&
                    interlock->tick_completed_ns == NEVER_NS &&
                    interlock->step_made_ns == NEVER_NS && interlock->steps == 0);
}

/* Any interlock that is right, whatever was called before. Times are not after `now_ns`. */
static struct interlock any_interlock(const struct followed_step *followed, int64_t now_ns) {
  struct interlock interlock;
  interlock.hour.bucket_ns = MINUTE_NS;
  interlock.hour.buckets = CHW_HOUR_BUCKETS;
  interlock.day.bucket_ns = 15 * MINUTE_NS;
  interlock.day.buckets = CHW_DAY_BUCKETS;
  interlock.minute.times_ns = malloc(MINUTE_CAPACITY_MAX * sizeof *interlock.minute.times_ns);
  assume(interlock.minute.times_ns != NULL);
  interlock.sealed = any_bool();
  interlock.levels.open = any_bool();
  interlock.halted = any_bool();
  /* One place of each ring; window_moves.c says why that is enough. */
  interlock.hour.oldest_place = HOUR_PLACE;
  interlock.day.oldest_place = DAY_PLACE;
  assume(now_ns >= 0 && now_ns <= TIME_NS_MAX);
  assume(interlock.step_made_ns <= now_ns && interlock.tick_completed_ns <= now_ns);
  assume(followed->made_ns <= now_ns);
  assume(interlock.stops_asked >= 0 && interlock.stops_asked < COUNT_MAX);
  assume(interlock.steps >= 0 && interlock.steps < COUNT_MAX && interlock.lapses >= 0 && interlock.lapses < COUNT_MAX);
  for (int i = 0; i <= CHW_STEP_LEASE_LIMIT; i++) {
    assume(interlock.refused[i] >= 0 && interlock.refused[i] < COUNT_MAX);
  }
  assume(interlock_is_right(&interlock, followed));
  assume(counts_from(&interlock.hour, HOUR_PLACE) && counts_from(&interlock.day, DAY_PLACE));
  return interlock;
}

#endif
