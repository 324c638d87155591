/*
 * The contract, passed on to the interlock and to the backend.
 */
#include "rig.h"

#include <stdlib.h>

static chw_error open_backend(
    const chw_config *config, struct backend **backend, chw_problem *problem) {
  switch (config->backend) {
  case CHW_BACKEND_SIMULATED:
    return simulated_open(backend);
  case CHW_BACKEND_LINUX:
    return config->wiring == NULL ? CHW_ERROR_INVALID
                                  : gpiod_open(config->wiring, backend, problem);
  }
  return CHW_ERROR_INVALID;
}

chw_error chw_open(const chw_config *config, chw_rig **rig, chw_problem *problem) {
  *rig = NULL;
  *problem = (chw_problem){.wire = CHW_WIRE_NONE};
  /* A tick is 1 ms or more, so a heartbeat is too. Sealing compares it with the tick itself. */
  if (config->heartbeat_period_ns < TICK_NS_MIN || config->heartbeat_period_ns > TIME_NS_MAX) {
    return CHW_ERROR_INVALID;
  }
  if (config->virtual_time && config->backend != CHW_BACKEND_SIMULATED) {
    return CHW_ERROR_UNSUPPORTED;
  }
  chw_rig *const opened = calloc(1, sizeof *opened);
  if (opened == NULL) {
    return CHW_ERROR_NO_MEMORY;
  }
  opened->virtual_time = config->virtual_time;
  opened->heartbeat_period_ns = config->heartbeat_period_ns;
  opened->heartbeat_due_ns = NEVER_NS; /* the first complete tick makes the first edge */
  chw_error error = interlock_open(&opened->interlock);
  if (error == CHW_OK) {
    error = open_backend(config, &opened->backend, problem);
  }
  if (error != CHW_OK) {
    interlock_close(&opened->interlock);
    free(opened);
    return error;
  }
  *rig = opened;
  return CHW_OK;
}

void chw_close(chw_rig *rig) {
  for (int32_t line = 0; line < CHW_LINE_COUNT; line++) {
    /* Nobody is left to tell of an error; the external gate is what remains. */
    (void)rig->backend->calls->set_line(rig->backend, (chw_line)line, false);
  }
  rig->backend->calls->close(rig->backend);
  interlock_close(&rig->interlock);
  free(rig);
}

int64_t chw_now_ns(const chw_rig *rig) { return rig_now_ns(rig); }

chw_error chw_set_line(chw_rig *rig, chw_line line, bool active) {
  if (line < 0 || line >= CHW_LINE_COUNT) {
    return CHW_ERROR_INVALID;
  }
  return rig->backend->calls->set_line(rig->backend, line, active);
}

/* The only caller of step_pulse: there is no other way to the motor. */
chw_step_result chw_step(chw_rig *rig) {
  const int64_t now_ns = rig_now_ns(rig);
  chw_step_result result = interlock_judge(&rig->interlock, now_ns);
  if (result == CHW_STEP_MADE && rig->backend->calls->step_pulse(rig->backend, now_ns) != CHW_OK) {
    result = CHW_STEP_DRIVE_ERROR;
  }
  interlock_record(&rig->interlock, now_ns, result);
  return result;
}

void chw_complete_tick(chw_rig *rig) {
  const int64_t now_ns = rig_now_ns(rig);
  interlock_complete_tick(&rig->interlock, now_ns);
  if (now_ns < rig->heartbeat_due_ns || atomic_load(&rig->interlock.halted)) {
    return;
  }
  rig->backend->calls->toggle_heartbeat(rig->backend, now_ns);
  /* From one due time to the next, so that ticks that end early and late do not stretch the beat;
     from now after a pause of more than one beat, so that missed edges are not made up. */
  rig->heartbeat_due_ns += rig->heartbeat_period_ns;
  if (rig->heartbeat_due_ns < now_ns - rig->heartbeat_period_ns) {
    rig->heartbeat_due_ns = now_ns + rig->heartbeat_period_ns;
  }
}

chw_error chw_interlock_load(chw_rig *rig, chw_window window, int64_t bucket, int64_t steps) {
  return interlock_load(&rig->interlock, window, bucket, steps);
}

chw_error chw_interlock_seal(
    chw_rig *rig, const chw_interlock_limits *limits, int64_t epoch_ns) {
  if (limits->tick_ns > rig->heartbeat_period_ns) {
    return CHW_ERROR_INVALID;
  }
  return interlock_seal(&rig->interlock, rig_now_ns(rig), limits, epoch_ns);
}

chw_error chw_interlock_set_levels(chw_rig *rig, const chw_interlock_levels *levels) {
  return interlock_set_levels(&rig->interlock, levels);
}

int64_t chw_interlock_ask_stop(chw_rig *rig) {
  return atomic_fetch_add(&rig->interlock.stops_asked, 1) + 1;
}

int64_t chw_interlock_stops_asked(const chw_rig *rig) {
  return atomic_load(&rig->interlock.stops_asked);
}

void chw_interlock_halt(chw_rig *rig, bool halted) {
  atomic_store(&rig->interlock.halted, halted);
}

chw_interlock_counts chw_interlock_read_counts(const chw_rig *rig) {
  return interlock_read_counts(&rig->interlock, rig_now_ns(rig));
}
