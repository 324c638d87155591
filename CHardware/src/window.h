/*
 * How many steps there were in a rolling window, which is a fixed number of buckets: the current one and
 * full ones before it. Buckets are numbered from time 0, and both may be negative.
 *
 * What is kept is not the steps of each bucket but the count of all steps before it. So there is one
 * number that grows and nothing that has to be taken off it again: the steps since any bucket are one
 * difference, and making a step changes no bucket.
 */
#ifndef CHW_WINDOW_H
#define CHW_WINDOW_H

#include <stdint.h>

enum { WINDOW_BUCKETS_MAX = 1 + 96 };

struct window {
  int64_t bucket_ns;
  int32_t buckets;       /* in the window, the current one included */
  int32_t oldest_place;  /* where the oldest bucket is in `starts` */
  int64_t newest;        /* the number of the newest bucket */
  int64_t newest_end_ns; /* where the one after it begins */
  int64_t total;         /* all steps so far */
  int64_t starts[WINDOW_BUCKETS_MAX]; /* `total` before the first step of each bucket */
};

void window_open(struct window *window, int64_t bucket_ns, int32_t buckets);

/* The number of the bucket that holds a time. */
int64_t window_bucket(const struct window *window, int64_t time_ns);

/* Makes `bucket` the newest one; it is not older than the one that is. */
void window_move_on(struct window *window, int64_t bucket);

/* The steps in `bucket` and all after it. Not for a bucket that the newest one has pushed out. */
int64_t window_steps_since(const struct window *window, int64_t bucket);

/* One step. Times must not decrease from one call to the next. */
static inline void window_add(struct window *window, int64_t time_ns) {
  if (time_ns >= window->newest_end_ns) {
    window_move_on(window, window_bucket(window, time_ns));
  }
  window->total++;
}

/* The steps in the window whose current bucket holds `time_ns`. Without a division where that is the
   newest one, since every step passes here. */
static inline int64_t window_sum(const struct window *window, int64_t time_ns) {
  if (time_ns < window->newest_end_ns) {
    return window->total - window->starts[window->oldest_place];
  }
  return window_steps_since(window, window_bucket(window, time_ns) - window->buckets + 1);
}

#endif
