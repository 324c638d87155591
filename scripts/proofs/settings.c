/*
 * Everything else that changes an interlock: opening it, loading history, sealing it, levels, a completed
 * tick. Whatever the state and the arguments, the interlock is right afterwards. With steps.c that is
 * the induction over calls of any number in any order.
 *
 * Opening fills the ring of the minute, 60,002 places; that loop is left after 12. No claim rests on what is
 * in the ring then, and that the later turns stay inside of it is not proved but plain.
 *
 * What sealing places in the minute is tried with up to 4 places; each turn of its loop does the same.
 */
#include "interlock_facts.h"

static void opens(void) {
  struct interlock interlock = {0};
  const struct followed_step followed = {.younger = -1};
  followed_hour.before = followed_day.before = 0;
  if (interlock_open(&interlock) == CHW_OK) {
    claim(interlock_is_right(&interlock, &followed), "an interlock that was opened is right");
    claim(!interlock.sealed && !interlock.levels.open, "it permits nothing");
  }
}

static void loads(struct interlock *interlock) {
  const struct interlock before = *interlock;
  const chw_window window = any_bool() ? CHW_WINDOW_HOUR : CHW_WINDOW_DAY;
  const int64_t bucket = any_int64(), steps = any_int64();
  const chw_error error = interlock_load(interlock, window, bucket, steps);
  claim(error != CHW_OK || (!before.sealed && steps >= 0), "history is loaded before sealing only");
  if (error == CHW_OK) {
    struct followed_bucket *const followed =
        window == CHW_WINDOW_HOUR ? &followed_hour : &followed_day;
    followed->before += followed->number > bucket ? steps : 0;
  }
}

static void seals(struct interlock *interlock, int64_t now_ns) {
  const struct interlock before = *interlock;
  chw_interlock_limits limits;
  const int64_t epoch_ns = any_int64();
  assume(limits.steps_per_minute_max <= MINUTE_CAPACITY_MAX);
  const chw_error error = interlock_seal(interlock, now_ns, &limits, epoch_ns);
  claim(error != CHW_OK || !before.sealed, "an interlock is sealed once");
  claim(error != CHW_OK || interlock->sealed, "sealing seals");
  claim(
      error != CHW_OK ||
          (interlock->hour.newest <= window_bucket(&interlock->hour, now_ns - epoch_ns) &&
           interlock->day.newest <= window_bucket(&interlock->day, now_ns - epoch_ns)),
      "what was loaded has begun");
  claim(
      error == CHW_OK || interlock->sealed == before.sealed, "what cannot be sealed stays as it is");
}

static void sets_levels(struct interlock *interlock) {
  chw_interlock_levels levels;
  levels.open = any_bool();
  const chw_error error = interlock_set_levels(interlock, &levels);
  claim(
      error != CHW_OK || levels.stops_decided <= interlock->stops_asked,
      "no stop is decided before it is asked for");
}

static void completes_tick(struct interlock *interlock, int64_t now_ns) {
  interlock_complete_tick(interlock, now_ns);
}

int main(void) {
  const int64_t now_ns = any_int64();
  followed_hour = (struct followed_bucket){any_int64(), any_int64()};
  followed_day = (struct followed_bucket){any_int64(), any_int64()};
  assume(followed_hour.number > -BUCKET_MAX && followed_hour.number < BUCKET_MAX);
  assume(followed_day.number > -BUCKET_MAX && followed_day.number < BUCKET_MAX);
#if CALL == 0
  opens();
#else
  const struct followed_step followed = {CALL == 2 ? -1 : any_int64(), any_int64()};
  struct interlock interlock = any_interlock(&followed, now_ns);
  switch (CALL) {
  case 1: loads(&interlock); break;
  case 2: seals(&interlock, now_ns); break;
  case 3: sets_levels(&interlock); break;
  case 4: completes_tick(&interlock, now_ns); break;
  }
  claim(interlock_is_right(&interlock, &followed), "the interlock is right after the call");
#endif
  return 0;
}
