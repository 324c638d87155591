/*
 * The wires of a rig in two requests of one chip: those of the motor and the heartbeat, which belong to the
 * tick thread, and those that people are told by, which belong to the annunciator's. One request is set as a
 * whole by API v1, so that two threads cannot share it.
 */
#ifndef CHW_RIG_OUTPUTS_H
#define CHW_RIG_OUTPUTS_H

#include "gpiod_api.h"

enum { FIRST_SIGNAL_WIRE = CHW_WIRE_BUZZER };

struct rig_outputs {
  struct api_outputs *motor;
  struct api_outputs *signals;
};

/* One ioctl, no allocation. 0 or a negative errno. */
static inline int drive_wire(const struct rig_outputs *outputs, chw_wire wire, bool high) {
  return wire < FIRST_SIGNAL_WIRE
             ? api_drive(outputs->motor, wire, high)
             : api_drive(outputs->signals, wire - FIRST_SIGNAL_WIRE, high);
}

#endif
