/*
 * interlock_judge and interlock_record, of interlock.c as it is shipped, with the model of the windows: one
 * step that is asked for, in any state that any calls can have left.
 *
 * What is let through is compared with what was truly done, not with what the interlock believes:
 * - `followed_hour` and `followed_day` are any one bucket: all steps but those before it are those in it
 *   and after it. Where that
 *   bucket is the oldest of the window that the step falls into, the count with this step is that of the
 *   window. As it was any bucket, no window is missed.
 * - `followed` is any one step of the past. Where it is the one as many steps back as the minute may
 *   hold, it must be 60 s old. Times do not decrease, so then no 60 s hold more. The ring
 *   is tried with 1 to 4 places. A longer one reads and writes the same two places, `next` and none else.
 *
 * A window may hold one step more than its ceiling: that is DATING_ALLOWANCE_STEPS, and the bound here
 * says so. A ceiling of 0 has no allowance.
 */
#include "interlock_facts.h"

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

enum { PERMITTED = 1, HOUR, DAY, MINUTE, COUNTED, HOUR_AFTER, DAY_AFTER };

int main(void) {
  const int64_t now_ns = any_int64();
  struct followed_step followed = {any_int64(), any_int64()};
  assume(followed.younger >= -1 && followed.younger < COUNT_MAX);
  followed_hour = (struct followed_bucket){any_int64(), any_int64()};
  followed_day = (struct followed_bucket){any_int64(), any_int64()};
  assume(followed_hour.number > -BUCKET_MAX && followed_hour.number < BUCKET_MAX);
  assume(followed_day.number > -BUCKET_MAX && followed_day.number < BUCKET_MAX);
  struct interlock interlock = any_interlock(&followed, now_ns);
  /* The newest bucket has begun: sealing proves it of what was loaded, and COUNTED of each step. */
  const int64_t time_ns = now_ns - interlock.epoch_ns;
  int64_t hour = 0, day = 0;
  if (interlock.sealed) {
    hour = window_bucket(&interlock.hour, time_ns);
    day = window_bucket(&interlock.day, time_ns);
    assume(hour >= interlock.hour.newest && day >= interlock.day.newest);
  }
  const struct interlock before = interlock;

  chw_step_result result = interlock_judge(&interlock, now_ns);
  const bool let_through = result == CHW_STEP_MADE;
  const bool made = let_through && any_bool();
  if (let_through && !made) {
    result = CHW_STEP_DRIVE_ERROR;
  }
  interlock_record(&interlock, now_ns, result);

  const int64_t hour_max =
      smaller(before.limits.steps_per_hour_max, before.levels.steps_per_hour_max);
  const int64_t day_max = smaller(before.limits.steps_per_day_max, before.levels.steps_per_day_max);
  const bool hour_is_followed = before.sealed && followed_hour.number == hour - 60;
  const bool day_is_followed = before.sealed && followed_day.number == day - 96;
  const bool minute_is_followed =
      before.sealed && followed.younger == before.limits.steps_per_minute_max - 1;

  if (let_through) {
    claim_of(PERMITTED, before.sealed, "no step while unsealed");
    claim_of(PERMITTED, before.levels.open, "no step while shut");
    claim_of(PERMITTED, !before.halted, "no step while halted");
    claim_of(PERMITTED, before.levels.stops_decided >= before.stops_asked, "no step before a stop is decided");
    claim_of(
        PERMITTED,
        before.tick_completed_ns != NEVER_NS &&
            (now_ns - before.tick_completed_ns <= 3 * before.limits.tick_ns ||
             now_ns - before.tick_completed_ns <= SECOND_NS / 20),
        "no step after the permission has lapsed");
    claim_of(
        PERMITTED,
        before.step_made_ns == NEVER_NS ||
            now_ns - before.limits.step_interval_ns_min >= before.step_made_ns,
        "no step too soon");
    claim_of(PERMITTED, before.steps + 1 <= before.levels.lease_steps_max, "no step beyond the lease");
    claim_of(PERMITTED, hour_max > 0 && day_max > 0, "no step under a ceiling of 0");
    /* With this step one more: so at most one above the ceiling. */
    claim_of(
        HOUR,
        !hour_is_followed || before.hour.total - followed_hour.before <= hour_max,
        "no hour above its ceiling and one");
    claim_of(
        DAY,
        !day_is_followed || before.day.total - followed_day.before <= day_max,
        "no day above its ceiling and one");
    claim_of(
        MINUTE,
        !minute_is_followed || followed.made_ns <= now_ns - 60 * SECOND_NS,
        "no 60 s with more steps than the minute may hold");
  }

  /* What was truly done. */
  if (made) {
    followed_hour.before += followed_hour.number > hour;
    followed_day.before += followed_day.number > day;
    if (followed.younger >= 0 || any_bool()) {
      followed.made_ns = followed.younger >= 0 ? followed.made_ns : now_ns;
      followed.younger++;
    }
  }
  claim_of(
      COUNTED,
      interlock.steps == before.steps + made &&
          interlock.hour.total == before.hour.total + made &&
          interlock.day.total == before.day.total + made,
      "a step that was made is counted once");
  claim_of(
      COUNTED,
      interlock.step_made_ns == (made ? now_ns : before.step_made_ns),
      "the interval begins with the step");
  claim_of(
      HOUR_AFTER,
      window_is_right(&interlock.hour, &followed_hour, interlock.steps),
      "the hour is right after it");
  claim_of(
      DAY_AFTER,
      window_is_right(&interlock.day, &followed_day, interlock.steps),
      "the day is right after it");
  claim_of(
      MINUTE,
      !interlock.sealed || minute_is_right(&interlock.minute, &followed),
      "the minute is right after it");
  claim_of(
      COUNTED,
      interlock.sealed == before.sealed && interlock.levels.open == before.levels.open &&
          interlock.levels.lease_steps_max == before.levels.lease_steps_max &&
          interlock.limits.step_interval_ns_min == before.limits.step_interval_ns_min &&
          interlock.permission_ns == before.permission_ns &&
          interlock.tick_completed_ns == before.tick_completed_ns,
      "a step changes no limit and no level");
  claim_of(
      COUNTED,
      !before.sealed || (interlock.hour.newest <= hour && interlock.day.newest <= day),
      "no window is ahead of the time");
  return 0;
}
