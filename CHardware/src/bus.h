/*
 * The seam between the bus contract and what is on the wire. A backend tries once and says what became
 * of it; retries, deadline and counts are the same for all.
 */
#ifndef CHW_BUS_SEAM_H
#define CHW_BUS_SEAM_H

#include "chw_bus.h"
#include "chw_world.h"

struct bus_backend;

struct bus_calls {
  /* The address and the count are in range. */
  chw_error (*transfer)(struct bus_backend *backend, const chw_transfer *transfer);
  void (*close)(struct bus_backend *backend);
};

/* The first member of every backend. */
struct bus_backend {
  const struct bus_calls *calls;
};

struct chw_bus {
  struct bus_backend *backend;
  int64_t deadline_ns;
  chw_bus_counts counts;
};

chw_error simulated_bus_open(struct bus_backend **backend);
chw_error i2c_open(const char *path, int64_t deadline_ns, struct bus_backend **backend);

#endif
