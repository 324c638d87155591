#include "bus.h"

#include <stdlib.h>

#define DEADLINE_NS_MIN INT64_C(1000000)
#define DEADLINE_NS_MAX INT64_C(1000000000)
#define ATTEMPTS_MAX 2
#define ADDRESS_MAX 0x7f

static chw_error open_backend(const chw_bus_config *config, struct bus_backend **backend) {
  switch (config->backend) {
  case CHW_BACKEND_SIMULATED:
    return simulated_bus_open(backend);
  case CHW_BACKEND_LINUX:
    return config->path == NULL ? CHW_ERROR_INVALID
                                : i2c_open(config->path, config->deadline_ns, backend);
  }
  return CHW_ERROR_INVALID;
}

chw_error chw_bus_open(const chw_bus_config *config, chw_bus **bus) {
  *bus = NULL;
  if (config->deadline_ns < DEADLINE_NS_MIN || config->deadline_ns > DEADLINE_NS_MAX) {
    return CHW_ERROR_INVALID;
  }
  chw_bus *const opened = calloc(1, sizeof *opened);
  if (opened == NULL) {
    return CHW_ERROR_NO_MEMORY;
  }
  opened->deadline_ns = config->deadline_ns;
  const chw_error error = open_backend(config, &opened->backend);
  if (error != CHW_OK) {
    free(opened);
    return error;
  }
  *bus = opened;
  return CHW_OK;
}

void chw_bus_close(chw_bus *bus) {
  bus->backend->calls->close(bus->backend);
  free(bus);
}

/* What may go well the next time. A missing device or permission may not. */
static bool is_passing(chw_error error) {
  switch (error) {
  case CHW_ERROR_NO_ADDRESS_ACKNOWLEDGE:
  case CHW_ERROR_NO_DATA_ACKNOWLEDGE:
  case CHW_ERROR_NO_ACKNOWLEDGE:
  case CHW_ERROR_ARBITRATION_LOST:
  case CHW_ERROR_TIMEOUT:
  case CHW_ERROR_CHECKSUM:
  case CHW_ERROR_BUS_FAULT:
    return true;
  default:
    return false;
  }
}

static chw_error run(chw_bus *bus, const chw_transfer *transfer, int attempts) {
  const int64_t begin_ns = chw_monotonic_ns();
  for (int attempt = 1;; attempt++) {
    chw_error error = bus->backend->calls->transfer(bus->backend, transfer);
    const bool is_late = chw_monotonic_ns() - begin_ns > bus->deadline_ns;
    if (error == CHW_OK && is_late) {
      error = CHW_ERROR_TIMEOUT;
    }
    bus->counts.transfers++;
    bus->counts.errors[-error]++;
    if (attempt == attempts || is_late || !is_passing(error)) {
      return error;
    }
    bus->counts.retries++;
  }
}

static bool is_in_range(uint8_t address, int32_t count) {
  return address <= ADDRESS_MAX && count >= 1 && count <= CHW_TRANSFER_BYTES_MAX;
}

chw_error chw_bus_read(
    chw_bus *bus, uint8_t address, uint8_t first_register, uint8_t *bytes, int32_t count) {
  if (!is_in_range(address, count)) {
    return CHW_ERROR_INVALID;
  }
  const chw_transfer transfer = {
      .address = address,
      .first_register = first_register,
      .reads = true,
      .count = count,
      .bytes = bytes,
  };
  return run(bus, &transfer, ATTEMPTS_MAX);
}

chw_error chw_bus_write(
    chw_bus *bus, uint8_t address, uint8_t first_register, const uint8_t *bytes,
    int32_t count) {
  if (!is_in_range(address, count)) {
    return CHW_ERROR_INVALID;
  }
  uint8_t copy[CHW_TRANSFER_BYTES_MAX];
  for (int32_t i = 0; i < count; i++) {
    copy[i] = bytes[i];
  }
  const chw_transfer transfer = {
      .address = address, .first_register = first_register, .count = count, .bytes = copy};
  return run(bus, &transfer, ATTEMPTS_MAX);
}

chw_error chw_bus_probe(chw_bus *bus, uint8_t address) {
  uint8_t byte = 0;
  if (!is_in_range(address, 1)) {
    return CHW_ERROR_INVALID;
  }
  const chw_transfer transfer = {.address = address, .reads = true, .bytes = &byte};
  return run(bus, &transfer, 1);
}

chw_bus_counts chw_bus_read_counts(const chw_bus *bus) { return bus->counts; }
