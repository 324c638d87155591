/*
 * The little of libgpiod that is needed, the same for its two generations: API v1 (1.6, Debian 12) and
 * API v2 (2.x, Debian 13). Which one it is, its header says at compile time, in gpiod_api.c alone.
 *
 * `struct gpiod_chip`, gpiod_chip_open(device) and gpiod_chip_close(chip) are the same in both.
 */
#ifndef CHW_GPIOD_API_H
#define CHW_GPIOD_API_H

#include <gpiod.h>

#include "chw.h"
#include "chw_inspect.h"

/* Copies the label, cut to CHW_NAME_BYTES, and the number of lines. 0 or a negative errno. */
int api_describe_chip(struct gpiod_chip *chip, char *label, int32_t *lines);

/* The offset of the line with a name; -1 where there is none. */
int32_t api_find_line(struct gpiod_chip *chip, const char *name);

/* 0 or a negative errno. */
int api_describe_line(struct gpiod_chip *chip, int32_t offset, chw_line_state *state);

/* Outputs of one chip, requested together. */
struct api_outputs;

/*
 * Requests `count` lines, at most CHW_WIRE_COUNT, all driven low. Takes the chip over. Null with errno
 * where that fails, and the chip remains the caller's.
 */
struct api_outputs *api_request_outputs(
    struct gpiod_chip *chip, const int32_t *offsets, int32_t count);

/* Drives one of them: one ioctl, no allocation. 0 or a negative errno. */
int api_drive(struct api_outputs *outputs, int32_t index, bool high);

/* Gives the lines and the chip back. */
void api_release(struct api_outputs *outputs);

#endif
