/*
 * The I2C contract: registers of devices on one bus.
 *
 * A bus belongs to one thread, which is never the tick thread: a transfer blocks for as long as its
 * adapter likes, commonly up to a second. Calls return CHW_OK or one negative `chw_error`.
 *
 * Backends: `simulated` is answered by what chw_world.h attaches; `linux` is libi2c on /dev/i2c-N.
 */
#ifndef CHW_BUS_H
#define CHW_BUS_H

#include "chw.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct chw_bus chw_bus;

typedef struct chw_bus_config {
  chw_backend_kind backend;
  const char *_Nullable path; /* linux only, and needed there: /dev/i2c-N */
  int64_t deadline_ns;        /* of one call, retries included; 1 ms to 1 s */
} chw_bus_config;

/*
 * Opens a bus. `linux` asks the adapter first what it can: without SMBus byte, word and I2C block
 * transfers it is CHW_ERROR_UNSUPPORTED. It then sets the adapter's own time-out to the deadline and its
 * own retries to none, for every user of that adapter, since Linux knows no other way.
 */
chw_error chw_bus_open(
    const chw_bus_config *_Nonnull config, chw_bus *_Nullable *_Nonnull bus);
void chw_bus_close(chw_bus *_Nonnull bus);

enum { CHW_TRANSFER_BYTES_MAX = 32 };

/*
 * Reads `count` bytes (1 to 32) from `first_register` on, in the order of the wire. On the wire:
 *   S address W A register A Sr address R A byte A ... byte N P
 *
 * A transfer that fails for a missing acknowledge, lost arbitration, time or checksum is tried once
 * more, if the deadline has not passed. What comes after the deadline is CHW_ERROR_TIMEOUT: too old to
 * be believed. CHW_ERROR_BUSY: a driver of the kernel owns the address, and it is not taken from it.
 */
chw_error chw_bus_read(
    chw_bus *_Nonnull bus, uint8_t address, uint8_t first_register, uint8_t *_Nonnull bytes,
    int32_t count);

/*
 * Writes `count` bytes (1 to 32), in the order of the wire, with the retries of chw_bus_read: write only
 * what may be written twice. On the wire:
 *   S address W A register A byte A ... byte A P
 */
chw_error chw_bus_write(
    chw_bus *_Nonnull bus, uint8_t address, uint8_t first_register,
    const uint8_t *_Nonnull bytes, int32_t count);

/* Whether anything answers at an address: one byte is read from it, once, and thrown away. */
chw_error chw_bus_probe(chw_bus *_Nonnull bus, uint8_t address);

typedef struct chw_bus_counts {
  int64_t transfers; /* on the wire, retries included */
  int64_t retries;
  int64_t errors[CHW_ERROR_COUNT]; /* of transfers on the wire, by the negated chw_error */
} chw_bus_counts;

chw_bus_counts chw_bus_read_counts(const chw_bus *_Nonnull bus);

#ifdef __cplusplus
}
#endif
#endif
