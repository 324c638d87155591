/*
 * An ordinary program, with window.c in it: every bucket that a time can have, 154 million of a minute and
 * 10 million of a quarter of an hour, is asked for its place and for its two ends.
 *
 * That is all there is to know about times: window_bucket divides and rounds down, so it does not decrease
 * as time goes on, and what holds at both ends of a bucket holds between them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "chw.h"
#include "window.c"

#define SINCE_EPOCH_NS_MAX (INT64_C(1) << 62)

static void fail(const char *what, int64_t bucket) {
  printf("bucket %lld: %s\n", (long long)bucket, what);
  exit(1);
}

static void try_all(int64_t bucket_ns, int32_t buckets) {
  struct window window;
  window_open(&window, bucket_ns, buckets);
  const int64_t last = SINCE_EPOCH_NS_MAX / bucket_ns + 2 * buckets;
  /* Bucket 0 is at place 0; from there on it is counted, without a division. */
  int32_t expected = (int32_t)(last % buckets == 0 ? 0 : buckets - last % buckets);
  for (int64_t bucket = -last; bucket <= last; bucket++) {
    if (place(&window, bucket) != expected || (bucket == 0 && expected != 0)) {
      fail("another place", bucket);
    }
    if (window_bucket(&window, bucket * bucket_ns) != bucket) {
      fail("its first time is in another", bucket);
    }
    if (window_bucket(&window, (bucket + 1) * bucket_ns - 1) != bucket) {
      fail("its last time is in another", bucket);
    }
    expected = expected + 1 == buckets ? 0 : expected + 1;
  }
}

int main(void) {
  try_all(INT64_C(60000000000), CHW_HOUR_BUCKETS);
  try_all(INT64_C(900000000000), CHW_DAY_BUCKETS);
  return 0;
}
