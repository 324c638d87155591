/*
 * The backend for real lines.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "errors.h"
#include "gpio_chips.h"
#include "last_act.h"
#include "rig_outputs.h"

struct gpiod_backend {
  struct backend base;
  struct rig_outputs outputs;
  bool heartbeat_is_high;
  /* The end of the last pulse failed: another rising edge is not to be had before that is mended. */
  bool step_is_high;
};

static const chw_wire wire_of_line[CHW_LINE_COUNT] = {
    [CHW_LINE_DIRECTION] = CHW_WIRE_DIRECTION,
    [CHW_LINE_ENABLE] = CHW_WIRE_ENABLE,
    [CHW_LINE_BUZZER] = CHW_WIRE_BUZZER,
    [CHW_LINE_LAMP] = CHW_WIRE_LAMP,
};

static chw_error drive(struct gpiod_backend *gpiod, chw_wire wire, bool high) {
  const int status = drive_wire(&gpiod->outputs, wire, high);
  return status == 0 ? CHW_OK : error_of_errno(-status);
}

static chw_error set_line(struct backend *backend, chw_line line, bool active) {
  return drive((struct gpiod_backend *)backend, wire_of_line[line], active);
}

/* A time read before the edge would shorten the pulse by as long as the edge took. */
static void hold_pulse(void) {
  const int64_t begin_ns = chw_monotonic_ns();
  while (chw_monotonic_ns() - begin_ns < CHW_PULSE_NS_MIN) {
  }
}

static chw_error lower_step(struct gpiod_backend *gpiod) {
  const chw_error error = drive(gpiod, CHW_WIRE_STEP, false);
  gpiod->step_is_high = error != CHW_OK;
  return error;
}

static chw_error step_pulse(struct backend *backend, int64_t now_ns) {
  (void)now_ns;
  struct gpiod_backend *const gpiod = (struct gpiod_backend *)backend;
  if (gpiod->step_is_high) {
    /* This tick mends the level; a pulse may follow in the next one. */
    const chw_error error = lower_step(gpiod);
    return error == CHW_OK ? CHW_ERROR_BUSY : error;
  }
  const chw_error error = drive(gpiod, CHW_WIRE_STEP, true);
  if (error != CHW_OK) {
    return error;
  }
  hold_pulse();
  /* The motor moved at the rising edge: that the line does not fall is the next step's error. */
  (void)lower_step(gpiod);
  return CHW_OK;
}

static void toggle_heartbeat(struct backend *backend, int64_t now_ns) {
  (void)now_ns;
  struct gpiod_backend *const gpiod = (struct gpiod_backend *)backend;
  if (drive(gpiod, CHW_WIRE_HEARTBEAT, !gpiod->heartbeat_is_high) == CHW_OK) {
    gpiod->heartbeat_is_high = !gpiod->heartbeat_is_high;
  }
}

static void release(const struct rig_outputs *outputs) {
  api_release(outputs->signals);
  api_release(outputs->motor);
}

static void close_gpiod(struct backend *backend) {
  struct gpiod_backend *const gpiod = (struct gpiod_backend *)backend;
  last_act_disarm();
  make_lines_safe(&gpiod->outputs);
  release(&gpiod->outputs);
  free(gpiod);
}

static const struct backend_calls gpiod_calls = {
    .set_line = set_line,
    .step_pulse = step_pulse,
    .toggle_heartbeat = toggle_heartbeat,
    .close = close_gpiod,
};

/* ---- Opening ---- */

/* The wire that is somebody else's, where the kernel tells which one it is. */
static void find_holder(
    struct gpiod_chip *chip, const int32_t *offsets, chw_problem *problem) {
  for (chw_wire wire = 0; wire < CHW_WIRE_COUNT; wire++) {
    chw_line_state state;
    if (api_describe_line(chip, offsets[wire], &state) == 0 && state.in_use) {
      problem->wire = wire;
      memcpy(problem->holder, state.holder, CHW_NAME_BYTES);
      return;
    }
  }
}

static chw_error resolve_wires(
    struct gpiod_chip *chip, const chw_wiring *wiring, int32_t *offsets, chw_problem *problem) {
  for (chw_wire wire = 0; wire < CHW_WIRE_COUNT; wire++) {
    problem->wire = wire;
    const chw_error error = resolve_line(chip, &wiring->places[wire], &offsets[wire]);
    if (error != CHW_OK) {
      return error;
    }
    for (chw_wire other = 0; other < wire; other++) {
      if (offsets[other] == offsets[wire]) {
        return CHW_ERROR_INVALID;
      }
    }
  }
  problem->wire = CHW_WIRE_NONE;
  return CHW_OK;
}

/* Some of them, through an opening of the chip of their own. Null with errno. */
static struct api_outputs *request_some(
    const char *device, const int32_t *offsets, int32_t count) {
  struct gpiod_chip *const chip = gpiod_chip_open(device);
  if (chip == NULL) {
    return NULL;
  }
  struct api_outputs *const outputs = api_request_outputs(chip, offsets, count);
  if (outputs == NULL) {
    const int error = errno;
    gpiod_chip_close(chip);
    errno = error;
  }
  return outputs;
}

/* All of them, or none. 0 or an errno. */
static int request_both(
    const char *device, const int32_t *offsets, struct rig_outputs *outputs) {
  outputs->motor = request_some(device, offsets, FIRST_SIGNAL_WIRE);
  if (outputs->motor == NULL) {
    return errno;
  }
  outputs->signals = request_some(
      device, offsets + FIRST_SIGNAL_WIRE, CHW_WIRE_COUNT - FIRST_SIGNAL_WIRE);
  if (outputs->signals != NULL) {
    return 0;
  }
  const int error = errno;
  api_release(outputs->motor);
  return error;
}

static chw_error request_wires(
    struct gpiod_chip *chip, const chw_wiring *wiring, struct rig_outputs *outputs,
    chw_problem *problem) {
  int32_t offsets[CHW_WIRE_COUNT];
  const chw_error error = resolve_wires(chip, wiring, offsets, problem);
  if (error != CHW_OK) {
    return error;
  }
  problem->system_error = request_both(problem->device, offsets, outputs);
  if (problem->system_error == 0) {
    return CHW_OK;
  }
  if (problem->system_error == EBUSY) {
    find_holder(chip, offsets, problem);
  }
  return error_of_errno(problem->system_error);
}

chw_error gpiod_open(
    const chw_wiring *wiring, struct backend **backend, chw_problem *problem) {
  struct gpiod_backend *const gpiod = calloc(1, sizeof *gpiod);
  if (gpiod == NULL) {
    return CHW_ERROR_NO_MEMORY;
  }
  struct gpiod_chip *chip = NULL;
  chw_error error = open_chip_by_label(wiring->chip_label, &chip, problem);
  if (error == CHW_OK) {
    error = request_wires(chip, wiring, &gpiod->outputs, problem);
    gpiod_chip_close(chip);
  }
  if (error == CHW_OK && !last_act_arm(&gpiod->outputs)) {
    release(&gpiod->outputs);
    error = CHW_ERROR_BUSY;
  }
  if (error != CHW_OK) {
    free(gpiod);
    return error;
  }
  gpiod->base.calls = &gpiod_calls;
  *backend = &gpiod->base;
  return CHW_OK;
}
