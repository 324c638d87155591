/*
 * window.c alone. The window knows, of each bucket in it, how many steps were made before that bucket began:
 * that is the invariant. Any state that has it is moved on, or makes a step, and still has it; and the
 * steps that it says are all steps but those before.
 *
 * Fixed are the number of the newest bucket, NEWEST, and how far the window moves. Why that is enough:
 *
 * - Turned rings. A bucket's number is used in place() and in comparisons and differences of numbers,
 *   nowhere else, and all_buckets.c shows by trying every one that place() counts up by one from bucket to
 *   bucket and begins again after BUCKETS. So adding one to all numbers turns the ring by one place and
 *   changes nothing else. Two places are tried nevertheless, one where the numbers come to 0.
 * - Other moves. A move by d < BUCKETS is d moves by 1: each bucket opened gets the same total, and
 *   the rest depends on the new number alone. A move by BUCKETS or more writes the BUCKETS places
 *   that there are. Tried are 0, 1, 2 and the moves around BUCKETS and twice that.
 * - Sequences of calls, of any length: an empty window has the invariant, and each call that finds it leaves
 *   it. That is induction.
 */
#include "facts.h"

#if DAY
enum { BUCKETS = CHW_DAY_BUCKETS };
#define BUCKET_NS (15 * 60 * SECOND_NS)
#else
enum { BUCKETS = CHW_HOUR_BUCKETS };
#define BUCKET_NS (60 * SECOND_NS)
#endif

static int32_t floor_place(int64_t bucket) {
  return (int32_t)((bucket % BUCKETS + BUCKETS) % BUCKETS);
}

/* All steps truly made or loaded before a bucket, where the window before was right. */
static int64_t steps_before(const struct window *before, int64_t bucket) {
  return bucket > before->newest ? before->total : before->starts[floor_place(bucket)];
}

static void begins_empty(void) {
  struct window window;
  window_open(&window, BUCKET_NS, BUCKETS);
  claim(is_empty(&window), "a new window is empty");
  claim(window.bucket_ns == BUCKET_NS && window.buckets == BUCKETS, "it has its buckets");
  for (int64_t bucket = NEWEST; bucket < NEWEST + BUCKETS; bucket++) {
    claim(window_steps_since(&window, bucket) == 0, "no steps are in a new window");
  }
}

/* Everything of `window` that is not in `starts`. */
static void is_right(const struct window *window, int64_t newest, int64_t total) {
  claim(window->newest == newest, "the newest bucket is the one that was said");
  claim(window->newest_end_ns == (newest + 1) * BUCKET_NS, "it ends where the next begins");
  claim(window->oldest_place == floor_place(newest + 1), "the oldest place is the next to be used");
  claim(is_begun(window), "the newest bucket is in range");
  claim(window->total == total, "only a step makes the total grow, by one");
  claim(window->bucket_ns == BUCKET_NS && window->buckets == BUCKETS, "the buckets stay the same");
}

/* Of each bucket that is in the window now, one of them the followed one. */
static void knows_all(const struct window *window, const struct window *before) {
  for (int64_t bucket = window->newest - BUCKETS + 1; bucket <= window->newest; bucket++) {
    claim(
        window->starts[place_counted_back(window, bucket)] == steps_before(before, bucket),
        "the window knows all steps before any bucket in it");
  }
}

/* What it says of a bucket is all steps but those before it. */
static void says(const struct window *window, const struct window *before, int64_t bucket) {
  claim(
      window_steps_since(window, bucket) == window->total - steps_before(before, bucket),
      "it says the steps of any bucket in it");
}

int main(void) {
  begins_empty();

  struct window before;
#if EMPTY
  window_open(&before, BUCKET_NS, BUCKETS);
#else
  before = any_window();
  before.bucket_ns = BUCKET_NS;
  before.buckets = BUCKETS;
  before.newest = NEWEST;
  before.newest_end_ns = (NEWEST + INT64_C(1)) * BUCKET_NS;
  before.oldest_place = floor_place(NEWEST + INT64_C(1));
  assume(before.total >= 0 && before.total < INT64_MAX);
  for (int32_t place = 0; place < BUCKETS; place++) {
    assume(before.starts[place] >= 0 && before.starts[place] <= before.total);
  }
#endif

#if READS
  says(&before, &before, NEWEST - BUCKETS + 1);
  says(&before, &before, NEWEST - BUCKETS / 2);
  says(&before, &before, NEWEST);
  claim(window_steps_since(&before, NEWEST + 1) == 0, "no steps are in what has not begun");
  claim(
      window_sum(&before, before.newest_end_ns - 1) ==
          before.total - steps_before(&before, NEWEST - BUCKETS + 1),
      "its sum is the steps of all its buckets");
#else
  static const int32_t moves[] = {0, 1, 2, BUCKETS - 1, BUCKETS, BUCKETS + 1, 2 * BUCKETS - 1};
  for (int32_t i = 0; i < (int32_t)(sizeof moves / sizeof *moves); i++) {
    const int64_t by = moves[i];
    struct window window = before;
    window_move_on(&window, NEWEST + by);
    is_right(&window, NEWEST + by, before.total);
    knows_all(&window, &before);

    /* A step in the newest bucket. */
    window_add(&window, window.newest_end_ns - 1);
    is_right(&window, NEWEST + by, before.total + 1);
    knows_all(&window, &before);
  }
#endif
  return 0;
}
