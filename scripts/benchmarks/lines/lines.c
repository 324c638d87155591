#define _GNU_SOURCE

#include "reference_lines.h"

#include <errno.h>
#include <gpiod.h>
#include <time.h>

#define PULSE_NS 2000

static struct gpiod_chip *chip;

#ifdef GPIOD_LINE_BULK_MAX_LINES

static struct gpiod_line_bulk lines;
static int values[REFERENCE_LINES_MAX];

int reference_open(const char *device, const unsigned int *offsets, int count) {
  chip = gpiod_chip_open(device);
  if (chip == NULL) {
    return -errno;
  }
  gpiod_line_bulk_init(&lines);
  for (int i = 0; i < count; i++) {
    struct gpiod_line *const line = gpiod_chip_get_line(chip, offsets[i]);
    if (line == NULL) {
      return -errno;
    }
    gpiod_line_bulk_add(&lines, line);
  }
  return gpiod_line_request_bulk_output(&lines, "reference", values) == 0 ? 0 : -errno;
}

void reference_close(void) {
  gpiod_line_release_bulk(&lines);
  gpiod_chip_close(chip);
}

static int set(int value) {
  values[0] = value;
  return gpiod_line_set_value_bulk(&lines, values);
}

#else

static struct gpiod_line_request *request;
static unsigned int step;

int reference_open(const char *device, const unsigned int *offsets, int count) {
  step = offsets[0];
  chip = gpiod_chip_open(device);
  struct gpiod_line_settings *const settings = gpiod_line_settings_new();
  struct gpiod_line_config *const config = gpiod_line_config_new();
  if (chip == NULL || settings == NULL || config == NULL) {
    return -errno;
  }
  gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT);
  gpiod_line_config_add_line_settings(config, offsets, (size_t)count, settings);
  request = gpiod_chip_request_lines(chip, NULL, config);
  const int error = errno;
  gpiod_line_settings_free(settings);
  gpiod_line_config_free(config);
  return request == NULL ? -error : 0;
}

void reference_close(void) {
  gpiod_line_request_release(request);
  gpiod_chip_close(chip);
}

static int set(int value) {
  return gpiod_line_request_set_value(
      request, step, value ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
}

#endif

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

bool reference_pulses(int count) {
  for (int i = 0; i < count; i++) {
    if (set(1) != 0) {
      return false;
    }
    const int64_t begin_ns = now_ns();
    while (now_ns() - begin_ns < PULSE_NS) {
    }
    if (set(0) != 0) {
      return false;
    }
  }
  return true;
}
