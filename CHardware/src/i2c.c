/*
 * The bus backend for real adapters.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <i2c/smbus.h>
#include <linux/i2c-dev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bus.h"
#include "errors.h"

#define NO_ADDRESS (-1)

/* The kernel counts an adapter's time-out in these. */
#define TIMEOUT_UNIT_NS INT64_C(10000000)

#define FUNCTIONS_NEEDED                                                                             \
  (I2C_FUNC_SMBUS_READ_BYTE | I2C_FUNC_SMBUS_BYTE_DATA | I2C_FUNC_SMBUS_WORD_DATA |                  \
      I2C_FUNC_SMBUS_I2C_BLOCK)

struct i2c_bus {
  struct bus_backend base;
  int file;
  int address; /* the one that the file is set to */
};

/* Never I2C_SLAVE_FORCE: an address that a driver of the kernel owns is not ours. */
static int select_address(struct i2c_bus *bus, uint8_t address) {
  if (bus->address == address) {
    return 0;
  }
  if (ioctl(bus->file, I2C_SLAVE, (unsigned long)address) != 0) {
    return -errno;
  }
  bus->address = address;
  return 0;
}

/* On the wire a byte, a word and a block are the same; a word is sent low byte first. */
static int read_registers(int file, const chw_transfer *transfer) {
  switch (transfer->count) {
  case 0:
    return i2c_smbus_read_byte(file);
  case 1: {
    const int byte = i2c_smbus_read_byte_data(file, transfer->first_register);
    transfer->bytes[0] = (uint8_t)byte;
    return byte;
  }
  case 2: {
    const int word = i2c_smbus_read_word_data(file, transfer->first_register);
    transfer->bytes[0] = (uint8_t)(word & 0xff);
    transfer->bytes[1] = (uint8_t)(word >> 8 & 0xff);
    return word;
  }
  default: {
    const int read = i2c_smbus_read_i2c_block_data(
        file, transfer->first_register, (uint8_t)transfer->count, transfer->bytes);
    /* A shorter block would leave old bytes behind the new ones. */
    return read >= 0 && read != transfer->count ? -EPROTO : read;
  }
  }
}

static int write_registers(int file, const chw_transfer *transfer) {
  const uint8_t *const bytes = transfer->bytes;
  switch (transfer->count) {
  case 1:
    return i2c_smbus_write_byte_data(file, transfer->first_register, bytes[0]);
  case 2:
    return i2c_smbus_write_word_data(
        file, transfer->first_register, (uint16_t)(bytes[0] | bytes[1] << 8));
  default:
    return i2c_smbus_write_i2c_block_data(
        file, transfer->first_register, (uint8_t)transfer->count, bytes);
  }
}

static chw_error transfer_i2c(struct bus_backend *backend, const chw_transfer *transfer) {
  struct i2c_bus *const bus = (struct i2c_bus *)backend;
  const int selected = select_address(bus, transfer->address);
  if (selected != 0) {
    return error_of_errno(-selected);
  }
  const int status = transfer->reads ? read_registers(bus->file, transfer)
                                     : write_registers(bus->file, transfer);
  return status < 0 ? error_of_transfer(-status) : CHW_OK;
}

static void close_i2c(struct bus_backend *backend) {
  (void)close(((struct i2c_bus *)backend)->file);
  free(backend);
}

static const struct bus_calls i2c_calls = {.transfer = transfer_i2c, .close = close_i2c};

static chw_error set_up(int file, int64_t deadline_ns) {
  unsigned long functions = 0;
  if (ioctl(file, I2C_FUNCS, &functions) != 0) {
    return error_of_errno(errno);
  }
  if ((functions & FUNCTIONS_NEEDED) != FUNCTIONS_NEEDED) {
    return CHW_ERROR_UNSUPPORTED;
  }
  const unsigned long units = (unsigned long)((deadline_ns + TIMEOUT_UNIT_NS - 1) / TIMEOUT_UNIT_NS);
  if (ioctl(file, I2C_TIMEOUT, units) != 0 || ioctl(file, I2C_RETRIES, 0UL) != 0) {
    return error_of_errno(errno);
  }
  return CHW_OK;
}

chw_error i2c_open(const char *path, int64_t deadline_ns, struct bus_backend **backend) {
  struct i2c_bus *const bus = calloc(1, sizeof *bus);
  if (bus == NULL) {
    return CHW_ERROR_NO_MEMORY;
  }
  bus->base.calls = &i2c_calls;
  bus->address = NO_ADDRESS;
  bus->file = open(path, O_RDWR | O_CLOEXEC);
  chw_error error = bus->file < 0 ? error_of_errno(errno) : set_up(bus->file, deadline_ns);
  if (error != CHW_OK) {
    if (bus->file >= 0) {
      (void)close(bus->file);
    }
    free(bus);
    return error;
  }
  *backend = &bus->base;
  return CHW_OK;
}
