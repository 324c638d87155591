#define _GNU_SOURCE

#include "gpio_chips.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"

#define CHIPS_MAX 64

/* Some images keep an old number as a link, which would show the same chip twice. */
static int is_chip(const struct dirent *entry) {
  return strncmp(entry->d_name, "gpiochip", strlen("gpiochip")) == 0 && entry->d_type == DT_CHR;
}

static chw_chip describe(const char *name) {
  chw_chip found = {0};
  snprintf(found.device, sizeof found.device, "/dev/%.20s", name);
  struct gpiod_chip *const chip = gpiod_chip_open(found.device);
  if (chip == NULL) {
    found.system_error = errno;
    return found;
  }
  found.system_error = -api_describe_chip(chip, found.label, &found.lines);
  gpiod_chip_close(chip);
  return found;
}

int32_t chw_list_chips(chw_chip *chips, int32_t capacity) {
  struct dirent **entries;
  const int count = scandir("/dev", &entries, is_chip, versionsort);
  if (count < 0) {
    return 0;
  }
  for (int i = 0; i < count; i++) {
    if (i < capacity) {
      chips[i] = describe(entries[i]->d_name);
    }
    free(entries[i]);
  }
  free(entries);
  return count;
}

chw_error open_chip_by_label(
    const char *label, struct gpiod_chip **chip, chw_problem *problem) {
  chw_chip chips[CHIPS_MAX];
  const int32_t listed = chw_list_chips(chips, CHIPS_MAX);
  const int32_t count = listed < CHIPS_MAX ? listed : CHIPS_MAX;
  const chw_chip *found = NULL;
  const chw_chip *closed = NULL;
  for (int32_t i = 0; i < count; i++) {
    if (chips[i].system_error != 0) {
      closed = &chips[i];
    } else if (strcmp(chips[i].label, label) == 0) {
      if (found != NULL) {
        memcpy(problem->device, chips[i].device, CHW_NAME_BYTES);
        return CHW_ERROR_AMBIGUOUS;
      }
      found = &chips[i];
    }
  }
  const chw_chip *const named = found != NULL ? found : closed;
  if (named == NULL) {
    return CHW_ERROR_MISSING;
  }
  memcpy(problem->device, named->device, CHW_NAME_BYTES);
  *chip = found == NULL ? NULL : gpiod_chip_open(found->device);
  if (*chip == NULL) {
    problem->system_error = found == NULL ? closed->system_error : errno;
    return error_of_errno(problem->system_error);
  }
  return CHW_OK;
}

chw_error resolve_line(struct gpiod_chip *chip, const chw_line_place *place, int32_t *offset) {
  char label[CHW_NAME_BYTES];
  int32_t lines;
  if (api_describe_chip(chip, label, &lines) != 0) {
    return CHW_ERROR_GONE;
  }
  *offset = place->name == NULL ? place->offset : api_find_line(chip, place->name);
  return *offset >= 0 && *offset < lines ? CHW_OK : CHW_ERROR_MISSING;
}

chw_error chw_inspect_line(
    const char *device, const chw_line_place *place, chw_line_state *state) {
  *state = (chw_line_state){0};
  struct gpiod_chip *const chip = gpiod_chip_open(device);
  if (chip == NULL) {
    return error_of_errno(errno);
  }
  int32_t offset;
  chw_error error = resolve_line(chip, place, &offset);
  if (error == CHW_OK && api_describe_line(chip, offset, state) != 0) {
    error = CHW_ERROR_GONE;
  }
  gpiod_chip_close(chip);
  return error;
}
