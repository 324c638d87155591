/*
 * The seam between the contract and what drives the wires. A backend knows no rule: whatever it is
 * asked to do has been permitted already.
 */
#ifndef CHW_BACKEND_H
#define CHW_BACKEND_H

#include "chw.h"

struct backend;

struct backend_calls {
  chw_error (*set_line)(struct backend *backend, chw_line line, bool active);
  /* One complete pulse, or none. Only chw_step may call this. */
  chw_error (*step_pulse)(struct backend *backend, int64_t now_ns);
  /* Returns nothing: a heartbeat that fails to toggle is noticed by the gate, not by us. */
  void (*toggle_heartbeat)(struct backend *backend, int64_t now_ns);
  /* Frees the backend. The lines are in the safe state already. */
  void (*close)(struct backend *backend);
};

/* The first member of every backend. */
struct backend {
  const struct backend_calls *calls;
};

/* One opener a backend. Each brings every line up inactive. */
chw_error simulated_open(struct backend **backend);
chw_error gpiod_open(
    const chw_wiring *wiring, struct backend **backend, chw_problem *problem);

#endif
