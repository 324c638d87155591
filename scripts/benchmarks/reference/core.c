#include "reference_core.h"

#include <stdlib.h>
#include <string.h>

#define MINUTES_PER_WEEK (7 * 24 * 60)

static void window_init(struct reference_window *window, int32_t buckets, int64_t ticks) {
  window->buckets = buckets;
  window->ticks_per_bucket = ticks;
  window->next_start = ticks;
}

void reference_core_init(struct reference_core *core, const struct reference_setup *setup) {
  memset(core, 0, sizeof *core);
  core->now = -1;
  core->units_per_step = setup->units_per_step;
  core->ticks_per_week = MINUTES_PER_WEEK * setup->ticks_per_minute;
  core->parts[0] = (struct reference_part){INT64_MAX, setup->units_per_step};
  core->part_count = 1;
  core->line_steps = setup->line_steps;
  core->hour_steps_max = setup->hour_steps_max;
  core->day_steps_max = setup->day_steps_max;
  core->hour_units_max = (reference_units)setup->hour_nanograms_max * setup->units_per_nanogram;
  core->day_units_max = (reference_units)setup->day_nanograms_max * setup->units_per_nanogram;
  core->steps_to_low = setup->steps_to_low;
  core->steps_to_empty = setup->steps_to_empty;
  core->next_mark = setup->steps_to_low;
  window_init(&core->hour, 61, setup->ticks_per_minute);
  window_init(&core->day, 97, 15 * setup->ticks_per_minute);
}

void reference_core_add_edge(struct reference_core *core, int64_t tick, int64_t units_per_tick) {
  if (core->edge_count == REFERENCE_EDGES_MAX) {
    abort();
  }
  core->edges[core->edge_count++] = (struct reference_edge){tick, units_per_tick};
}

void reference_core_refill(struct reference_core *core, int64_t units_per_step) {
  if (core->part_count == REFERENCE_PARTS_MAX) {
    abort();
  }
  core->parts[core->part_count - 1].end = core->steps + core->line_steps;
  core->parts[core->part_count++] = (struct reference_part){INT64_MAX, units_per_step};
}

void reference_core_start_bolus(
    struct reference_core *core, int64_t nanograms, int64_t units_per_nanogram, int64_t ticks) {
  const reference_units units = (reference_units)nanograms * units_per_nanogram;
  core->bolus = (struct reference_bolus){
      .ticks = ticks,
      .ticks_left = ticks,
      .units_left = units,
      .whole_per_tick = units / ticks,
      .remainder_per_tick = (int64_t)(units % ticks),
  };
}

/* ---- Rolling windows ---- */

/* True where a new bucket began. */
static bool window_advance(struct reference_window *window, int64_t tick) {
  if (tick < window->next_start) {
    return false;
  }
  const int64_t number = tick / window->ticks_per_bucket;
  int64_t passed = number - window->current_number;
  if (passed > window->buckets) {
    passed = window->buckets;
  }
  window->current_number = number;
  window->next_start = (number + 1) * window->ticks_per_bucket;
  for (; passed > 0; passed--) {
    window->current = window->current + 1 < window->buckets ? window->current + 1 : 0;
    window->steps_total -= window->steps[window->current];
    window->given_total -= window->given[window->current];
    window->extra_total -= window->extra_units[window->current];
    window->steps[window->current] = 0;
    window->given[window->current] = 0;
    window->extra_units[window->current] = 0;
  }
  return true;
}

static void window_count_step(struct reference_window *window, reference_units units) {
  window->steps[window->current]++;
  window->steps_total++;
  window->given[window->current] += units;
  window->given_total += units;
}

static void window_count_extra(struct reference_window *window, reference_units units) {
  window->extra_units[window->current] += units;
  window->extra_total += units;
}

static void window_check(const struct reference_window *window) {
  int64_t steps = 0;
  reference_units extra = 0;
  reference_units given = 0;
  for (int32_t i = 0; i < window->buckets; i++) {
    steps += window->steps[i];
    given += window->given[i];
    extra += window->extra_units[i];
  }
  if (steps != window->steps_total || extra != window->extra_total ||
      given != window->given_total || steps < 0 || extra < 0 || given < 0) {
    abort();
  }
}

/* ---- The schedule ---- */

/* The last edge at or before a tick of the week. */
static int32_t edge_at(const struct reference_core *core, int64_t tick_of_week) {
  int32_t found = 0;
  while (found + 1 < core->edge_count && core->edges[found + 1].tick <= tick_of_week) {
    found++;
  }
  return found;
}

static int64_t ticks_left_in(
    const struct reference_core *core, int32_t edge, int64_t tick_of_week) {
  const int64_t end =
      edge + 1 < core->edge_count ? core->edges[edge + 1].tick : core->ticks_per_week;
  return end - tick_of_week;
}

static void follow_schedule(struct reference_core *core, int64_t tick) {
  const int64_t tick_of_week = tick % core->ticks_per_week;
  const int32_t edge = edge_at(core, tick_of_week);
  core->units_per_tick = core->edges[edge].units_per_tick;
  core->next_edge = tick + ticks_left_in(core, edge, tick_of_week);
}

static reference_units scheduled_units(const struct reference_core *core, int64_t from, int64_t ticks) {
  reference_units sum = 0;
  while (ticks > 0) {
    const int64_t tick_of_week = from % core->ticks_per_week;
    const int32_t edge = edge_at(core, tick_of_week);
    const int64_t left = ticks_left_in(core, edge, tick_of_week);
    const int64_t here = left < ticks ? left : ticks;
    sum += here * core->edges[edge].units_per_tick;
    ticks -= here;
    from += here;
  }
  return sum;
}

/* ---- The bolus ---- */

static reference_units bolus_accrue(struct reference_bolus *bolus) {
  reference_units units = bolus->whole_per_tick;
  bolus->carry += bolus->remainder_per_tick;
  if (bolus->carry >= bolus->ticks) {
    bolus->carry -= bolus->ticks;
    units++;
  }
  bolus->ticks_left--;
  bolus->units_left -= units;
  return units;
}

static reference_units bolus_miss(struct reference_bolus *bolus, int64_t count) {
  reference_units units = 0;
  while (count-- > 0 && bolus->ticks_left > 0) {
    units += bolus_accrue(bolus);
  }
  return units;
}

/* ---- The tick ---- */

static void accrue(struct reference_core *core, reference_units units) {
  core->prescribed += units;
  /* What is ordered of an empty reservoir is missing. */
  if (core->is_empty) {
    core->missed_units += units;
  } else {
    core->pending += units;
  }
}

static void miss(struct reference_core *core, int64_t from, int64_t count) {
  const reference_units units = scheduled_units(core, from, count) + bolus_miss(&core->bolus, count);
  core->ticks_missed += count;
  core->prescribed += units;
  core->missed_units += units;
}

static void pass_reservoir_mark(struct reference_core *core) {
  core->is_low = true;
  core->is_empty = core->steps >= core->steps_to_empty;
  core->next_mark = core->is_empty ? INT64_MAX : core->steps_to_empty;
}

/* What is at the tip now pays for the next step. What has accrued for a step of stronger drug is no more than a
   step of weaker drug. */
static void pass_boundary(struct reference_core *core) {
  core->units_per_step = core->parts[++core->part].units_per_step;
  if (core->pending > core->units_per_step) {
    core->dropped_units += core->pending - core->units_per_step;
    core->pending = core->units_per_step;
  }
}

static bool take_step(struct reference_core *core) {
  if (core->is_empty) {
    core->dropped_units += core->pending - core->units_per_step;
    core->pending = core->units_per_step;
    return false;
  }
  if (core->hour.steps_total >= core->hour_steps_max ||
      core->day.steps_total >= core->day_steps_max ||
      core->hour.given_total + core->units_per_step > core->hour_units_max ||
      core->day.given_total + core->units_per_step > core->day_units_max) {
    core->dropped_units += core->units_per_step;
    core->pending -= core->units_per_step;
    return false;
  }
  core->pending -= core->units_per_step;
  core->steps++;
  core->delivered += core->units_per_step;
  window_count_step(&core->hour, core->units_per_step);
  window_count_step(&core->day, core->units_per_step);
  return true;
}

static void check(const struct reference_core *core) {
  const reference_units lost = core->missed_units + core->dropped_units;
  if (core->pending < 0 || core->pending > core->units_per_step ||
      core->prescribed != core->delivered + lost + core->pending) {
    abort();
  }
  window_check(&core->hour);
  window_check(&core->day);
}

bool reference_core_step(struct reference_core *core, int64_t tick) {
  const int64_t before = core->now;
  if (tick <= before) {
    abort();
  }
  core->now = tick;
  const bool bucket_began = window_advance(&core->hour, tick);
  (void)window_advance(&core->day, tick);

  accrue(core, core->units_per_tick);
  if (core->bolus.ticks_left > 0) {
    const reference_units units = bolus_accrue(&core->bolus);
    accrue(core, units);
    window_count_extra(&core->hour, units);
    window_count_extra(&core->day, units);
  }
  if (tick - before > 1 && before >= 0) {
    miss(core, before + 1, tick - before - 1);
  }
  if (core->steps >= core->next_mark) {
    pass_reservoir_mark(core);
  }
  if (core->steps >= core->parts[core->part].end) {
    pass_boundary(core);
  }
  if (tick >= core->next_edge) {
    follow_schedule(core, tick);
  }
  const bool steps = core->pending >= core->units_per_step && take_step(core);
  if (bucket_began) {
    check(core);
  }
  return steps;
}
