/*
 * Chips by their label. A number is never used: it changes from kernel to kernel.
 */
#ifndef CHW_GPIO_CHIPS_H
#define CHW_GPIO_CHIPS_H

#include "gpiod_api.h"

/*
 * Opens the one chip with this label and says its device in `problem`. Null with an error: MISSING,
 * AMBIGUOUS, or what kept a chip from being opened that may have been the one.
 */
chw_error open_chip_by_label(
    const char *label, struct gpiod_chip **chip, chw_problem *problem);

/* The offset of a line that the chip has. CHW_ERROR_MISSING where it has none like it. */
chw_error resolve_line(struct gpiod_chip *chip, const chw_line_place *place, int32_t *offset);

#endif
