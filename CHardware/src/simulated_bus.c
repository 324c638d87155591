/*
 * The simulated bus: every transfer is answered by what the world has attached.
 */
#include <stdlib.h>

#include "bus.h"

struct simulated_bus {
  struct bus_backend base;
  chw_world_devices devices;
  void *context;
};

static chw_error transfer_simulated(
    struct bus_backend *backend, const chw_transfer *transfer) {
  struct simulated_bus *const bus = (struct simulated_bus *)backend;
  return bus->devices == NULL ? CHW_ERROR_NO_ADDRESS_ACKNOWLEDGE
                              : bus->devices(bus->context, transfer);
}

static void close_simulated(struct bus_backend *backend) { free(backend); }

static const struct bus_calls simulated_calls = {
    .transfer = transfer_simulated, .close = close_simulated};

chw_error simulated_bus_open(struct bus_backend **backend) {
  struct simulated_bus *const bus = calloc(1, sizeof *bus);
  if (bus == NULL) {
    return CHW_ERROR_NO_MEMORY;
  }
  bus->base.calls = &simulated_calls;
  *backend = &bus->base;
  return CHW_OK;
}

chw_error chw_world_attach_devices(chw_bus *bus, chw_world_devices devices, void *context) {
  if (bus->backend->calls != &simulated_calls) {
    return CHW_ERROR_UNSUPPORTED;
  }
  struct simulated_bus *const simulated = (struct simulated_bus *)bus->backend;
  simulated->devices = devices;
  simulated->context = context;
  return CHW_OK;
}
