/*
 * Counts the heap allocations of one thread: malloc and its relatives, from whatever library.
 *
 * The functions of the heap are replaced in every program that links this target. Where counting is
 * off they cost one load more than before.
 */
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/* False where a sanitizer replaces the heap itself: then nothing is counted. */
bool allocation_counter_is_there(void);

/* Starts to count the calling thread's allocations, from 0. Nothing is counted before. */
void allocation_counter_start(void);

/* Stops counting on the calling thread; returns how many allocations there were since the start. */
int64_t allocation_counter_stop(void);

#endif
