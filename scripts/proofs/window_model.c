/*
 * In place of window.c where the interlock is proved: what window_moves.c and all_buckets.c prove of
 * window.c, and no more. `knows` of the followed bucket is the invariant.
 */
#include "interlock_facts.h"

struct followed_bucket followed_hour, followed_day;

static struct followed_bucket *followed_in(const struct window *window) {
  return window->buckets == CHW_HOUR_BUCKETS ? &followed_hour : &followed_day;
}

void window_open(struct window *window, int64_t bucket_ns, int32_t buckets) {
  *window = any_window();
  window->bucket_ns = bucket_ns;
  window->buckets = buckets;
  assume(is_empty(window));
}

/* The same time has the same bucket, and a time before `newest_end_ns` has none after the newest. */
int64_t window_bucket(const struct window *window, int64_t time_ns) {
  static struct { bool asked; int64_t time_ns, bucket; } last[2];
  claim(time_ns >= -SINCE_EPOCH_NS_MAX && time_ns <= SINCE_EPOCH_NS_MAX, "the time is in range");
  const int i = window->buckets == CHW_HOUR_BUCKETS;
  if (!last[i].asked || last[i].time_ns != time_ns) {
    last[i].asked = true;
    last[i].time_ns = time_ns;
    last[i].bucket = any_int64();
  }
  const int64_t bucket = last[i].bucket;
  assume(bucket > -BUCKET_MAX + 100 && bucket < BUCKET_MAX - 100);
  assume((time_ns >= window->newest_end_ns) == (bucket > window->newest));
  return bucket;
}

int64_t window_steps_since(const struct window *window, int64_t bucket) {
  if (bucket > window->newest) {
    return 0;
  }
  claim(bucket > window->newest - window->buckets, "the bucket is still in the window");
  const int32_t place = place_counted_back(window, bucket);
  assume(counts_from(window, place));
  return window->total - window->starts[place];
}

void window_move_on(struct window *window, int64_t bucket) {
  claim(bucket >= window->newest, "a window does not move back");
  struct window moved = any_window();
  moved.bucket_ns = window->bucket_ns;
  moved.buckets = window->buckets;
  moved.newest = bucket;
  moved.total = window->total;
  assume(is_begun(&moved) && knows(&moved, followed_in(window)));
  *window = moved;
}
