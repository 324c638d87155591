/*
 * The arithmetic of the dosing core once more, in plain C, as the measure for the cost of a tick.
 * It decides nothing but steps: no alarms, modes or requests besides a bolus.
 */
#ifndef REFERENCE_CORE_H
#define REFERENCE_CORE_H

#include <stdbool.h>
#include <stdint.h>

enum { REFERENCE_BUCKETS_MAX = 97, REFERENCE_EDGES_MAX = 168, REFERENCE_PARTS_MAX = 8 };

/* Amounts of drug, in units of account. */
typedef __int128 reference_units;

/* The last buckets of a rolling window, the current one included. */
struct reference_window {
  int32_t buckets;
  int64_t ticks_per_bucket;
  int32_t steps[REFERENCE_BUCKETS_MAX];
  reference_units given[REFERENCE_BUCKETS_MAX];
  reference_units extra_units[REFERENCE_BUCKETS_MAX];
  int32_t current;
  int64_t current_number;
  int64_t next_start;
  int64_t steps_total;
  reference_units given_total;
  reference_units extra_total;
};

/* From `tick` of the week on, `units_per_tick` accrue. */
struct reference_edge {
  int64_t tick;
  reference_units units_per_tick;
};

/* One drug in the line: the last of it leaves the tip with step `end`. */
struct reference_part {
  int64_t end;
  reference_units units_per_step;
};

struct reference_bolus {
  int64_t ticks;
  int64_t ticks_left;
  reference_units units_left;
  reference_units whole_per_tick;
  int64_t remainder_per_tick;
  int64_t carry;
};

struct reference_core {
  int64_t now;

  reference_units units_per_step;
  reference_units pending;
  reference_units prescribed;
  int64_t steps;
  reference_units missed_units;
  reference_units dropped_units;
  int64_t ticks_missed;

  struct reference_edge edges[REFERENCE_EDGES_MAX];
  int32_t edge_count;
  int64_t ticks_per_week;
  reference_units units_per_tick;
  int64_t next_edge;

  struct reference_bolus bolus;

  struct reference_part parts[REFERENCE_PARTS_MAX];
  int32_t part;
  int32_t part_count;
  int64_t line_steps;

  int64_t hour_steps_max;
  int64_t day_steps_max;
  reference_units hour_units_max;
  reference_units day_units_max;
  reference_units delivered;
  struct reference_window hour;
  struct reference_window day;

  int64_t steps_to_low;
  int64_t steps_to_empty;
  int64_t next_mark;
  bool is_low;
  bool is_empty;
};

/* What a core is made of. Tick 0 is Monday 00:00 of the therapy clock. */
struct reference_setup {
  int64_t units_per_step;
  int64_t ticks_per_minute;
  int64_t line_steps;
  int64_t hour_steps_max;
  int64_t day_steps_max;
  int64_t units_per_nanogram;
  int64_t hour_nanograms_max;
  int64_t day_nanograms_max;
  int64_t steps_to_low;
  int64_t steps_to_empty;
};

void reference_core_init(
    struct reference_core *_Nonnull core, const struct reference_setup *_Nonnull setup);

/* Edges in order, the first at tick 0. */
void reference_core_add_edge(
    struct reference_core *_Nonnull core, int64_t tick, int64_t units_per_tick);

/* From here on the head takes in another drug, of which a step is worth so much at the tip. */
void reference_core_refill(struct reference_core *_Nonnull core, int64_t units_per_step);

/* Accrues from the next tick on. The dose is so many nanograms of so many units. */
void reference_core_start_bolus(
    struct reference_core *_Nonnull core, int64_t nanograms, int64_t units_per_nanogram,
    int64_t ticks);

/* Whether the motor makes a step in this tick. */
bool reference_core_step(struct reference_core *_Nonnull core, int64_t tick);

#endif
