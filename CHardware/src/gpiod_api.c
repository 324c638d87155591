#include "gpiod_api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void copy_name(char *to, const char *from) {
  snprintf(to, CHW_NAME_BYTES, "%s", from == NULL ? "" : from);
}

/* API v1 counts its bulk lines by a macro; the header of v2 has no macro at all. */
#ifdef GPIOD_LINE_BULK_MAX_LINES

/* ---- API v1 ---- */

struct api_outputs {
  struct gpiod_chip *chip;
  struct gpiod_line_bulk lines;
  /* One request is set as a whole: the kernel takes a value for each of its lines. */
  int values[CHW_WIRE_COUNT];
};

int api_describe_chip(struct gpiod_chip *chip, char *label, int32_t *lines) {
  copy_name(label, gpiod_chip_label(chip));
  *lines = (int32_t)gpiod_chip_num_lines(chip);
  return 0;
}

int32_t api_find_line(struct gpiod_chip *chip, const char *name) {
  struct gpiod_line *const line = gpiod_chip_find_line(chip, name);
  return line == NULL ? -1 : (int32_t)gpiod_line_offset(line);
}

int api_describe_line(struct gpiod_chip *chip, int32_t offset, chw_line_state *state) {
  struct gpiod_line *const line = gpiod_chip_get_line(chip, (unsigned int)offset);
  if (line == NULL) {
    return -errno;
  }
  state->offset = offset;
  state->in_use = gpiod_line_is_used(line);
  copy_name(state->name, gpiod_line_name(line));
  copy_name(state->holder, gpiod_line_consumer(line));
  return 0;
}

struct api_outputs *api_request_outputs(
    struct gpiod_chip *chip, const int32_t *offsets, int32_t count) {
  struct api_outputs *const outputs = calloc(1, sizeof *outputs);
  if (outputs == NULL) {
    return NULL;
  }
  gpiod_line_bulk_init(&outputs->lines);
  bool found = true;
  for (int32_t i = 0; i < count && found; i++) {
    struct gpiod_line *const line = gpiod_chip_get_line(chip, (unsigned int)offsets[i]);
    found = line != NULL;
    if (found) {
      gpiod_line_bulk_add(&outputs->lines, line);
    }
  }
  if (!found ||
      gpiod_line_request_bulk_output(&outputs->lines, CHW_CONSUMER, outputs->values) != 0) {
    const int error = errno;
    free(outputs);
    errno = error;
    return NULL;
  }
  outputs->chip = chip;
  return outputs;
}

int api_drive(struct api_outputs *outputs, int32_t index, bool high) {
  const int before = outputs->values[index];
  outputs->values[index] = high;
  if (gpiod_line_set_value_bulk(&outputs->lines, outputs->values) == 0) {
    return 0;
  }
  outputs->values[index] = before;
  return -errno;
}

void api_release(struct api_outputs *outputs) {
  gpiod_line_release_bulk(&outputs->lines);
  gpiod_chip_close(outputs->chip);
  free(outputs);
}

static const char *api_version(void) { return gpiod_version_string(); }
#define API_NAME "API v1"

#else

/* ---- API v2 ---- */

struct api_outputs {
  struct gpiod_line_request *request;
  unsigned int offsets[CHW_WIRE_COUNT];
};

int api_describe_chip(struct gpiod_chip *chip, char *label, int32_t *lines) {
  struct gpiod_chip_info *const info = gpiod_chip_get_info(chip);
  if (info == NULL) {
    return -errno;
  }
  copy_name(label, gpiod_chip_info_get_label(info));
  *lines = (int32_t)gpiod_chip_info_get_num_lines(info);
  gpiod_chip_info_free(info);
  return 0;
}

int32_t api_find_line(struct gpiod_chip *chip, const char *name) {
  return gpiod_chip_get_line_offset_from_name(chip, name);
}

int api_describe_line(struct gpiod_chip *chip, int32_t offset, chw_line_state *state) {
  struct gpiod_line_info *const info = gpiod_chip_get_line_info(chip, (unsigned int)offset);
  if (info == NULL) {
    return -errno;
  }
  state->offset = offset;
  state->in_use = gpiod_line_info_is_used(info);
  copy_name(state->name, gpiod_line_info_get_name(info));
  copy_name(state->holder, gpiod_line_info_get_consumer(info));
  gpiod_line_info_free(info);
  return 0;
}

/* Null with errno, as all of these. */
static struct gpiod_line_request *request_low(
    struct gpiod_chip *chip, struct gpiod_line_settings *settings, struct gpiod_line_config *lines,
    struct gpiod_request_config *request, const unsigned int *offsets, int32_t count) {
  if (settings == NULL || lines == NULL || request == NULL) {
    errno = ENOMEM;
    return NULL;
  }
  gpiod_request_config_set_consumer(request, CHW_CONSUMER);
  if (gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT) != 0 ||
      gpiod_line_settings_set_output_value(settings, GPIOD_LINE_VALUE_INACTIVE) != 0 ||
      gpiod_line_config_add_line_settings(lines, offsets, (size_t)count, settings) != 0) {
    return NULL;
  }
  return gpiod_chip_request_lines(chip, request, lines);
}

struct api_outputs *api_request_outputs(
    struct gpiod_chip *chip, const int32_t *offsets, int32_t count) {
  struct api_outputs *const outputs = calloc(1, sizeof *outputs);
  if (outputs == NULL) {
    return NULL;
  }
  for (int32_t i = 0; i < count; i++) {
    outputs->offsets[i] = (unsigned int)offsets[i];
  }
  struct gpiod_line_settings *const settings = gpiod_line_settings_new();
  struct gpiod_line_config *const lines = gpiod_line_config_new();
  struct gpiod_request_config *const request = gpiod_request_config_new();
  outputs->request = request_low(chip, settings, lines, request, outputs->offsets, count);
  const int error = errno;
  gpiod_line_settings_free(settings);
  gpiod_line_config_free(lines);
  gpiod_request_config_free(request);
  if (outputs->request == NULL) {
    free(outputs);
    errno = error;
    return NULL;
  }
  gpiod_chip_close(chip); /* a request of this API outlives its chip */
  return outputs;
}

int api_drive(struct api_outputs *outputs, int32_t index, bool high) {
  const int status = gpiod_line_request_set_value(
      outputs->request, outputs->offsets[index],
      high ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
  return status == 0 ? 0 : -errno;
}

void api_release(struct api_outputs *outputs) {
  gpiod_line_request_release(outputs->request);
  free(outputs);
}

static const char *api_version(void) { return gpiod_api_version(); }
#define API_NAME "API v2"

#endif

const char *chw_gpiod_version(void) {
  static char version[CHW_NAME_BYTES];
  snprintf(version, sizeof version, "libgpiod %s, " API_NAME, api_version());
  return version;
}
