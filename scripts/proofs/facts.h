/*
 * What every proof takes for granted about a window, and proves again after each call.
 *
 * The proofs follow *one* bucket, any one, chosen before the first call and never told to the code: how
 * many steps were truly made or loaded before it. That the window knows this number, for as long as the
 * bucket is in it, is the whole invariant. It speaks of one bucket and of one place in `starts`, so no sum
 * has to be proved; and since the bucket was any, it holds for all of them at the same time.
 */
#ifndef FACTS_H
#define FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "chw.h"
#include "window.h"

#define SECOND_NS INT64_C(1000000000)

/* Times of the rig's clock and the epoch are within 2^61 of 0, so times since the epoch within 2^62. */
#define SINCE_EPOCH_NS_MAX (INT64_C(1) << 62)

/* No such time has a bucket beyond this one, and a window more. */
#define BUCKET_MAX (SINCE_EPOCH_NS_MAX / (60 * SECOND_NS) + 100)

#define assume(condition) __CPROVER_assume(condition)
#if UNDEFINED_ONLY /* what C leaves undefined, apart from the claims: each alone is easier */
#define claim(condition, what) ((void)0)
#else
#define claim(condition, what) __CPROVER_assert(condition, what)
#endif

/* A claim of one part of a proof: each run proves one, PART, because together they do not end. */
#define claim_of(part, condition, what) claim((part) != PART || (condition), what)

/* Any value at all: what was never set may be anything, and the checker tries everything. */
static inline bool any_bool(void) { bool any; return any; }
static inline int32_t any_int32(void) { int32_t any; return any; }
static inline int64_t any_int64(void) { int64_t any; return any; }
static inline struct window any_window(void) { struct window any; return any; }

struct followed_bucket {
  int64_t number;
  int64_t before; /* all steps truly made or loaded before it */
};

/* As window_open leaves it. Nothing was ever made or loaded. */
static bool is_empty(const struct window *window) {
  return window->newest == INT64_MIN / 2 && window->newest_end_ns == INT64_MIN && window->total == 0;
}

/* Whether the newest bucket is one that a time can have. */
static bool is_begun(const struct window *window) {
  return window->newest >= -BUCKET_MAX && window->newest <= BUCKET_MAX && window->oldest_place >= 0 &&
         window->oldest_place < window->buckets && window->total >= 0;
}

/* Where a bucket of the window is in `starts`, counted back from the oldest one without a division. */
static int32_t place_counted_back(const struct window *window, int64_t bucket) {
  const int32_t place = window->oldest_place - 1 - (int32_t)(window->newest - bucket);
  return place < 0 ? place + window->buckets : place;
}

/* The invariant. Before a bucket that has not begun come all steps that there are. */
static bool knows(const struct window *window, const struct followed_bucket *followed) {
  if (followed->number > window->newest) {
    return followed->before == window->total;
  }
  return followed->before >= 0 && followed->before <= window->total &&
         (followed->number <= window->newest - window->buckets ||
          window->starts[place_counted_back(window, followed->number)] == followed->before);
}

/* The same of the oldest bucket: the invariant holds for every bucket, so for this one too. */
static bool counts_from(const struct window *window, int32_t place) {
  return window->starts[place] >= 0 && window->starts[place] <= window->total;
}

#endif
