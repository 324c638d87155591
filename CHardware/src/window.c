#include "window.h"

/* C rounds towards zero, which would make one double bucket around time 0. */
static int64_t divide_down(int64_t number, int64_t by) {
  return number / by - (number % by < 0 ? 1 : 0);
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* The place of a bucket in `counts`. Bucket numbers may be negative, places may not. */
static int32_t place(const struct window *window, int64_t bucket) {
  return (int32_t)(bucket - divide_down(bucket, window->buckets) * window->buckets);
}

void window_open(struct window *window, int64_t bucket_ns, int32_t buckets_full) {
  /* Older than any bucket that can come, and far enough from the end of the range to count with. */
  *window = (struct window){
      .bucket_ns = bucket_ns,
      .buckets = buckets_full + 1,
      .newest = INT64_MIN / 2,
      .newest_end_ns = INT64_MIN,
  };
}

static int64_t sum_at(const struct window *window, int64_t bucket) {
  const int64_t oldest_held = window->newest - window->buckets + 1;
  const int64_t newest_gone = smaller(bucket - window->buckets, window->newest);
  int64_t sum = window->sum;
  for (int64_t gone = oldest_held; gone <= newest_gone; gone++) {
    sum -= window->counts[place(window, gone)];
  }
  return sum;
}

int64_t window_sum_later(const struct window *window, int64_t time_ns) {
  return sum_at(window, divide_down(time_ns, window->bucket_ns));
}

void window_move_on(struct window *window, int64_t time_ns) {
  const int64_t bucket = divide_down(time_ns, window->bucket_ns);
  window->sum = sum_at(window, bucket);
  const int64_t first_new = larger(window->newest + 1, bucket - window->buckets + 1);
  for (int64_t opened = first_new; opened <= bucket; opened++) {
    window->counts[place(window, opened)] = 0;
  }
  window->newest = bucket;
  window->newest_place = place(window, bucket);
  window->newest_end_ns = (bucket + 1) * window->bucket_ns;
}
