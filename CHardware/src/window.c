#include "window.h"

/* C rounds towards zero, which would make one double bucket around time 0. */
static int64_t divide_down(int64_t number, int64_t by) {
  return number / by - (number % by < 0 ? 1 : 0);
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/* The place of a bucket in `starts`. Bucket numbers may be negative, places may not. */
static int32_t place(const struct window *window, int64_t bucket) {
  return (int32_t)(bucket - divide_down(bucket, window->buckets) * window->buckets);
}

void window_open(struct window *window, int64_t bucket_ns, int32_t buckets) {
  /* Older than any bucket that can come, and far enough from the end of the range to count with. */
  *window = (struct window){
      .bucket_ns = bucket_ns,
      .buckets = buckets,
      .newest = INT64_MIN / 2,
      .newest_end_ns = INT64_MIN,
  };
}

int64_t window_bucket(const struct window *window, int64_t time_ns) {
  return divide_down(time_ns, window->bucket_ns);
}

int64_t window_steps_since(const struct window *window, int64_t bucket) {
  return bucket > window->newest ? 0 : window->total - window->starts[place(window, bucket)];
}

void window_move_on(struct window *window, int64_t bucket) {
  /* Nothing was done in the buckets that were passed over: all begin with the same count. */
  const int64_t first_new = larger(window->newest + 1, bucket - window->buckets + 1);
  for (int64_t opened = first_new; opened <= bucket; opened++) {
    window->starts[place(window, opened)] = window->total;
  }
  window->newest = bucket;
  window->newest_end_ns = (bucket + 1) * window->bucket_ns;
  window->oldest_place = place(window, bucket + 1);
}
