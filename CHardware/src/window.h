/*
 * How many steps there were in a rolling window, counted in buckets: the current one and a fixed
 * number of full ones before it. Buckets are aligned to time 0, and time may be negative.
 */
#ifndef CHW_WINDOW_H
#define CHW_WINDOW_H

#include <stdint.h>

enum { WINDOW_BUCKETS_MAX = 1 + 96 };

struct window {
  int64_t bucket_ns;
  int32_t buckets;       /* the current one included */
  int32_t newest_place;  /* where the newest bucket is in `counts` */
  int64_t newest;        /* the number of the newest bucket */
  int64_t newest_end_ns; /* where the one after it begins */
  int64_t sum;           /* of all buckets up to the newest */
  int64_t counts[WINDOW_BUCKETS_MAX];
};

/* `buckets_full` before the current one. */
void window_open(struct window *window, int64_t bucket_ns, int32_t buckets_full);

/* The two below, where time has reached a bucket that the window does not hold yet. */
void window_move_on(struct window *window, int64_t time_ns);
int64_t window_sum_later(const struct window *window, int64_t time_ns);

/* Times must not decrease from one call to the next. The sum of all steps must fit. */
static inline void window_add(struct window *window, int64_t time_ns, int64_t steps) {
  if (time_ns >= window->newest_end_ns) {
    window_move_on(window, time_ns);
  }
  window->counts[window->newest_place] += steps;
  window->sum += steps;
}

/* The steps in the window whose current bucket holds `time_ns`. Without a division where that is the
   newest one, since every step passes here. */
static inline int64_t window_sum(const struct window *window, int64_t time_ns) {
  return time_ns < window->newest_end_ns ? window->sum : window_sum_later(window, time_ns);
}

#endif
