#include "pulse_file.h"

#include <stdatomic.h>
#include <stdlib.h>

#define MAGIC UINT64_C(0x31305345534c5550) /* "PULSES01", little-endian */

/* Everything that is mapped; see chw_world.h for who reads it. */
struct pulse_map {
  uint64_t magic;
  _Atomic uint64_t count;
  chw_pulse pulses[CHW_PULSE_FILE_CAPACITY];
};

struct pulse_file {
  struct pulse_map *map;
};

chw_error pulse_file_open(const char *path, struct pulse_file **file) {
  void *memory = NULL;
  const chw_error error = chw_map_file(path, sizeof(struct pulse_map), &memory);
  if (error != CHW_OK) {
    return error;
  }
  struct pulse_map *const map = memory;
  const bool is_new = map->magic == 0 && atomic_load(&map->count) == 0;
  struct pulse_file *const opened = malloc(sizeof *opened);
  if (opened == NULL || (map->magic != MAGIC && !is_new)) {
    free(opened);
    chw_unmap_file(memory, sizeof *map);
    return opened == NULL ? CHW_ERROR_NO_MEMORY : CHW_ERROR_INVALID;
  }
  map->magic = MAGIC;
  opened->map = map;
  *file = opened;
  return CHW_OK;
}

void pulse_file_close(struct pulse_file *file) {
  if (file != NULL) {
    chw_unmap_file(file->map, sizeof *file->map);
    free(file);
  }
}

chw_error pulse_file_append(struct pulse_file *file, const chw_pulse *pulse) {
  struct pulse_map *const map = file->map;
  const uint64_t count = atomic_load_explicit(&map->count, memory_order_relaxed);
  if (count >= CHW_PULSE_FILE_CAPACITY) {
    return CHW_ERROR_BUSY;
  }
  map->pulses[count] = *pulse;
  /* From here on the pulse was made. */
  atomic_store_explicit(&map->count, count + 1, memory_order_release);
  return CHW_OK;
}
