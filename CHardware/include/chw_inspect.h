/*
 * What a machine offers, for people who set up a rig. Nothing here requests a line or moves a thing.
 */
#ifndef CHW_INSPECT_H
#define CHW_INSPECT_H

#include "chw.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A GPIO chip of this machine. */
typedef struct chw_chip {
  char device[CHW_NAME_BYTES];
  char label[CHW_NAME_BYTES]; /* empty where the chip could not be opened */
  int32_t lines;
  int32_t system_error;       /* the errno with which it could not be opened, or 0 */
} chw_chip;

/*
 * Lists the chips, in the order of their names. Returns how many there are, which may be more than
 * `capacity`. Links, such as the old numbers of some images, are left out: each chip stands once.
 */
int32_t chw_list_chips(chw_chip *_Nonnull chips, int32_t capacity);

/* A line as the kernel sees it. */
typedef struct chw_line_state {
  int32_t offset;
  bool in_use;
  char name[CHW_NAME_BYTES];
  char holder[CHW_NAME_BYTES]; /* empty where the kernel does not tell */
} chw_line_state;

/* CHW_ERROR_MISSING where the chip has no such line. */
chw_error chw_inspect_line(
    const char *_Nonnull device, const chw_line_place *_Nonnull place,
    chw_line_state *_Nonnull state);

/* The libgpiod that this program was built with and runs on, as in "libgpiod 1.6.3, API v1". */
const char *_Nonnull chw_gpiod_version(void);

#ifdef __cplusplus
}
#endif
#endif
