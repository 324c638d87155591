/*
 * What a chw_rig is made of. The clock and the heartbeat live here and not behind the seam, because
 * every tick passes through them and every backend has the same ones.
 */
#ifndef CHW_RIG_H
#define CHW_RIG_H

#include <stdatomic.h>

#include "backend.h"
#include "chw.h"
#include "interlock.h"

struct chw_rig {
  bool virtual_time;
  _Atomic int64_t virtual_now_ns;
  int64_t heartbeat_period_ns;
  int64_t heartbeat_due_ns;
  struct backend *backend;
  struct interlock interlock;
};

/* Relaxed: the clock orders nothing but itself. */
static inline int64_t rig_now_ns(const chw_rig *rig) {
  return rig->virtual_time ? atomic_load_explicit(&rig->virtual_now_ns, memory_order_relaxed)
                           : chw_boot_ns();
}

#endif
