#include "errors.h"

#include <errno.h>

struct meaning {
  int system_error;
  chw_error error;
};

static const struct meaning meanings[] = {
    {EACCES, CHW_ERROR_PERMISSION},
    {EPERM, CHW_ERROR_PERMISSION},
    {ELOOP, CHW_ERROR_PERMISSION}, /* a link where a file is wanted */
    {EBUSY, CHW_ERROR_BUSY},
    {ENOENT, CHW_ERROR_MISSING},
    {ENODEV, CHW_ERROR_GONE},
    {ENXIO, CHW_ERROR_GONE},
    {ENOMEM, CHW_ERROR_NO_MEMORY},
    {EOPNOTSUPP, CHW_ERROR_UNSUPPORTED},
    {ENOTTY, CHW_ERROR_UNSUPPORTED}, /* the path is a device of another kind */
};

/*
 * Documentation/i2c/fault-codes.rst of the kernel, and what adapters make of it: bcm2835 and DesignWare
 * answer EREMOTEIO to any missing acknowledge, hid-cp2112 answers ETIMEDOUT to it and EIO to all else.
 */
static const struct meaning transfer_meanings[] = {
    {ENXIO, CHW_ERROR_NO_ADDRESS_ACKNOWLEDGE},
    {EREMOTEIO, CHW_ERROR_NO_ACKNOWLEDGE},
    {EAGAIN, CHW_ERROR_ARBITRATION_LOST},
    {ETIMEDOUT, CHW_ERROR_TIMEOUT},
    {EBADMSG, CHW_ERROR_CHECKSUM},
    {EPROTO, CHW_ERROR_PROTOCOL},
    {EIO, CHW_ERROR_BUS_FAULT},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

chw_error error_of_errno(int system_error) {
  for (unsigned i = 0; i < COUNT(meanings); i++) {
    if (meanings[i].system_error == system_error) {
      return meanings[i].error;
    }
  }
  return CHW_ERROR_SYSTEM;
}

chw_error error_of_transfer(int system_error) {
  for (unsigned i = 0; i < COUNT(transfer_meanings); i++) {
    if (transfer_meanings[i].system_error == system_error) {
      return transfer_meanings[i].error;
    }
  }
  return error_of_errno(system_error);
}
