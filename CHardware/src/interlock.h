/*
 * The interlock: whether a step may be made now. It can only refuse. It keeps its own counts and
 * takes the time from the rig's clock at the moment of the step, never from its caller.
 *
 * One function judges and changes nothing, one records and judges nothing. So that no window is above
 * its ceiling holds by what these two do, whatever is called between them.
 */
#ifndef CHW_INTERLOCK_H
#define CHW_INTERLOCK_H

#include <stdatomic.h>

#include "chw.h"
#include "window.h"

#define TICK_NS_MIN INT64_C(1000000)
#define TICK_NS_MAX INT64_C(100000000)

/* 73 years. Any two points in time within this of 0 can be subtracted. */
#define TIME_NS_MAX (INT64_C(1) << 61)

/* Before every time that a clock can show. */
#define NEVER_NS INT64_MIN

/* The times of the last `capacity` steps: the oldest one is at `next`. */
struct step_times {
  int64_t *times_ns;
  int32_t capacity;
  int32_t next;
};

struct interlock {
  /* The only members that other threads touch. */
  _Atomic int64_t stops_asked;
  _Atomic bool halted;
  bool sealed;
  chw_interlock_levels levels;
  int64_t tick_completed_ns;
  int64_t permission_ns; /* how long a completed tick permits steps */
  int64_t lapses;
  int64_t step_made_ns;
  int64_t epoch_ns;
  chw_interlock_limits limits;
  struct step_times minute;
  struct window hour;
  struct window day;
  int64_t steps;
  int64_t refused[CHW_STEP_LEASE_LIMIT + 1];
};

/* The interlock is zeroed before. To be closed even if opening fails. */
chw_error interlock_open(struct interlock *interlock);
void interlock_close(struct interlock *interlock);

chw_error interlock_load(
    struct interlock *interlock, chw_window window, int64_t bucket, int64_t steps);
chw_error interlock_seal(
    struct interlock *interlock, int64_t now_ns, const chw_interlock_limits *limits,
    int64_t epoch_ns);
chw_error interlock_set_levels(
    struct interlock *interlock, const chw_interlock_levels *levels);

/* CHW_STEP_MADE: the step may be made. Changes nothing. */
chw_step_result interlock_judge(const struct interlock *interlock, int64_t now_ns);

/* What became of the step that was judged at `now_ns`. */
void interlock_record(struct interlock *interlock, int64_t now_ns, chw_step_result result);

chw_interlock_counts interlock_read_counts(const struct interlock *interlock, int64_t now_ns);

/* Here and not in interlock.c, because simulations run it tens of millions of times a second. */
static inline void interlock_complete_tick(struct interlock *interlock, int64_t now_ns) {
  /* How long a permission lasts is known from sealing on. */
  if (!interlock->sealed) {
    return;
  }
  if (interlock->tick_completed_ns < now_ns - interlock->permission_ns &&
      interlock->tick_completed_ns != NEVER_NS) {
    interlock->lapses++;
  }
  interlock->tick_completed_ns = now_ns;
}

#endif
