/*
 * The simulated backend: memory in place of wires. The bus face is what the rig drives, the world
 * face is what a plant or a test sees, and the trace of pulses lies between them.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "chw_world.h"
#include "pulse_file.h"
#include "rig.h"

/* One writer, the tick, and one reader, the taker. Each count is written by its owner alone. */
struct trace {
  _Atomic uint32_t written;
  _Atomic uint32_t taken;
  chw_pulse *pulses;
};

_Static_assert(
    (CHW_WORLD_TRACE_CAPACITY & (CHW_WORLD_TRACE_CAPACITY - 1)) == 0,
    "the counts of the trace wrap around: its places must divide their range");

struct simulated {
  struct backend base;
  atomic_bool lines[CHW_LINE_COUNT];
  /* How many of the next ones fail; below 0 for all. */
  _Atomic int32_t line_failures[CHW_LINE_COUNT];
  _Atomic int32_t pulse_failures;
  _Atomic int64_t heartbeat_edge_ns;
  _Atomic int64_t heartbeat_edges;
  struct trace trace;
  struct pulse_file *file; /* null where nothing outlives the process */
};

static chw_pulse *place(const struct trace *trace, uint32_t number) {
  return &trace->pulses[number % CHW_WORLD_TRACE_CAPACITY];
}

static bool get_line(const struct simulated *simulated, chw_line line) {
  return atomic_load_explicit(&simulated->lines[line], memory_order_acquire);
}

static int64_t get_edge_ns(const struct simulated *simulated) {
  return atomic_load_explicit(&simulated->heartbeat_edge_ns, memory_order_acquire);
}

/* ---- The bus face ---- */

/* Whether the next one fails. The world may set the number meanwhile, and then counts from there. */
static bool take_failure(_Atomic int32_t *failures) {
  int32_t left = atomic_load_explicit(failures, memory_order_acquire);
  while (left > 0 && !atomic_compare_exchange_weak(failures, &left, left - 1)) {
  }
  return left != 0;
}

static chw_error set_line(struct backend *backend, chw_line line, bool active) {
  struct simulated *const simulated = (struct simulated *)backend;
  if (take_failure(&simulated->line_failures[line])) {
    return CHW_ERROR_SYSTEM;
  }
  atomic_store_explicit(&simulated->lines[line], active, memory_order_release);
  return CHW_OK;
}

static chw_error step_pulse(struct backend *backend, int64_t now_ns) {
  struct simulated *const simulated = (struct simulated *)backend;
  struct trace *const trace = &simulated->trace;
  const uint32_t written = atomic_load_explicit(&trace->written, memory_order_relaxed);
  const uint32_t taken = atomic_load_explicit(&trace->taken, memory_order_acquire);
  if (take_failure(&simulated->pulse_failures)) {
    return CHW_ERROR_SYSTEM;
  }
  if (written - taken == CHW_WORLD_TRACE_CAPACITY) {
    return CHW_ERROR_BUSY;
  }
  const chw_pulse pulse = {
      .time_ns = now_ns,
      .heartbeat_edge_ns = get_edge_ns(simulated),
      .enabled = get_line(simulated, CHW_LINE_ENABLE),
      .backwards = get_line(simulated, CHW_LINE_DIRECTION),
  };
  *place(trace, written) = pulse;
  if (simulated->file != NULL && pulse_file_append(simulated->file, &pulse) != CHW_OK) {
    return CHW_ERROR_BUSY;
  }
  atomic_store_explicit(&trace->written, written + 1, memory_order_release);
  return CHW_OK;
}

/* So many edges more, the last of them now. */
static void add_edges(struct simulated *simulated, int64_t count, int64_t now_ns) {
  const int64_t edges = atomic_load_explicit(&simulated->heartbeat_edges, memory_order_relaxed);
  atomic_store_explicit(&simulated->heartbeat_edge_ns, now_ns, memory_order_release);
  /* A load and a store, not one locked instruction: the tick is the only writer. */
  atomic_store_explicit(&simulated->heartbeat_edges, edges + count, memory_order_release);
}

static void toggle_heartbeat(struct backend *backend, int64_t now_ns) {
  add_edges((struct simulated *)backend, 1, now_ns);
}

static void close_simulated(struct backend *backend) {
  struct simulated *const simulated = (struct simulated *)backend;
  pulse_file_close(simulated->file);
  free(simulated->trace.pulses);
  free(simulated);
}

static const struct backend_calls simulated_calls = {
    .set_line = set_line,
    .step_pulse = step_pulse,
    .toggle_heartbeat = toggle_heartbeat,
    .close = close_simulated,
};

chw_error simulated_open(struct backend **backend) {
  struct simulated *const simulated = calloc(1, sizeof *simulated);
  if (simulated == NULL) {
    return CHW_ERROR_NO_MEMORY;
  }
  simulated->trace.pulses = calloc(CHW_WORLD_TRACE_CAPACITY, sizeof *simulated->trace.pulses);
  if (simulated->trace.pulses == NULL) {
    free(simulated);
    return CHW_ERROR_NO_MEMORY;
  }
  simulated->base.calls = &simulated_calls;
  atomic_init(&simulated->heartbeat_edge_ns, INT64_MIN);
  *backend = &simulated->base;
  return CHW_OK;
}

/* ---- The world face ---- */

/* Null where the rig stands on another backend. */
static struct simulated *simulated_of(const chw_rig *rig) {
  return rig->backend->calls == &simulated_calls ? (struct simulated *)rig->backend : NULL;
}

static void move_time(chw_rig *rig, int64_t now_ns) {
  atomic_store_explicit(&rig->virtual_now_ns, now_ns, memory_order_release);
}

chw_error chw_world_set_time_ns(chw_rig *rig, int64_t now_ns) {
  if (!rig->virtual_time) {
    return CHW_ERROR_UNSUPPORTED;
  }
  if (now_ns < rig_now_ns(rig) || now_ns > TIME_NS_MAX) {
    return CHW_ERROR_INVALID;
  }
  move_time(rig, now_ns);
  return CHW_OK;
}

chw_error chw_world_pass_ticks(chw_rig *rig, int64_t ticks, int64_t tick_ns) {
  struct simulated *const simulated = simulated_of(rig);
  if (simulated == NULL || !rig->virtual_time || !rig->interlock.sealed) {
    return CHW_ERROR_UNSUPPORTED;
  }
  const int64_t now_ns = rig_now_ns(rig);
  if (ticks < 1 || tick_ns != rig->interlock.limits.tick_ns ||
      ticks > (TIME_NS_MAX - now_ns) / tick_ns) {
    return CHW_ERROR_INVALID;
  }
  /* The first one may renew a permission that has lapsed, and beats that are behind are caught up with. */
  int64_t passed = 0;
  do {
    passed++;
    move_time(rig, now_ns + passed * tick_ns);
    chw_complete_tick(rig);
  } while (passed < ticks && rig->heartbeat_due_ns <= rig_now_ns(rig) &&
           !atomic_load(&rig->interlock.halted));
  if (passed == ticks) {
    return CHW_OK;
  }
  /* From here on each beat comes with the first tick at or after its time: a beat is no shorter than a
     tick, and the next one is due behind now. */
  const int64_t end_ns = now_ns + ticks * tick_ns;
  if (rig->heartbeat_due_ns <= end_ns && !atomic_load(&rig->interlock.halted)) {
    const int64_t more = (end_ns - rig->heartbeat_due_ns) / rig->heartbeat_period_ns;
    const int64_t last_due_ns = rig->heartbeat_due_ns + more * rig->heartbeat_period_ns;
    const int64_t last_tick = (last_due_ns - now_ns + tick_ns - 1) / tick_ns;
    add_edges(simulated, more + 1, now_ns + last_tick * tick_ns);
    rig->heartbeat_due_ns = last_due_ns + rig->heartbeat_period_ns;
  }
  move_time(rig, end_ns);
  rig->interlock.tick_completed_ns = end_ns;
  return CHW_OK;
}

int32_t chw_world_take_pulses(chw_rig *rig, chw_pulse *pulses, int32_t capacity) {
  struct simulated *const simulated = simulated_of(rig);
  if (simulated == NULL) {
    return 0;
  }
  struct trace *const trace = &simulated->trace;
  const uint32_t first = atomic_load_explicit(&trace->taken, memory_order_relaxed);
  const uint32_t written = atomic_load_explicit(&trace->written, memory_order_acquire);
  const int32_t waiting = (int32_t)(written - first);
  int32_t count = 0;
  while (count < waiting && count < capacity) {
    pulses[count] = *place(trace, first + (uint32_t)count);
    count++;
  }
  atomic_store_explicit(&trace->taken, first + (uint32_t)count, memory_order_release);
  return count;
}

chw_error chw_world_keep_pulses(chw_rig *rig, const char *path) {
  struct simulated *const simulated = simulated_of(rig);
  if (simulated == NULL || simulated->file != NULL) {
    return CHW_ERROR_UNSUPPORTED;
  }
  return pulse_file_open(path, &simulated->file);
}

bool chw_world_line(const chw_rig *rig, chw_line line) {
  const struct simulated *const simulated = simulated_of(rig);
  return simulated != NULL && line >= 0 && line < CHW_LINE_COUNT && get_line(simulated, line);
}

int64_t chw_world_heartbeat_edge_ns(const chw_rig *rig) {
  const struct simulated *const simulated = simulated_of(rig);
  return simulated == NULL ? INT64_MIN : get_edge_ns(simulated);
}

int64_t chw_world_heartbeat_edges(const chw_rig *rig) {
  const struct simulated *const simulated = simulated_of(rig);
  return simulated == NULL
             ? 0
             : atomic_load_explicit(&simulated->heartbeat_edges, memory_order_acquire);
}

void chw_world_fail_line(chw_rig *rig, chw_line line, int32_t times) {
  struct simulated *const simulated = simulated_of(rig);
  if (simulated != NULL && line >= 0 && line < CHW_LINE_COUNT) {
    atomic_store_explicit(&simulated->line_failures[line], times, memory_order_release);
  }
}

void chw_world_fail_drive(chw_rig *rig, int32_t times) {
  struct simulated *const simulated = simulated_of(rig);
  if (simulated != NULL) {
    atomic_store_explicit(&simulated->pulse_failures, times, memory_order_release);
  }
}
