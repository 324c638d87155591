#define _GNU_SOURCE
#include "ckernel_world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/uhid.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* One report: its number, how many bytes follow the number, one usage, input, output or feature. */
#define REPORT(number, bytes, main_item) \
  0x85, (number), 0x95, (bytes), 0x09, 0x01, (main_item), 0x02
#define INPUT 0x81
#define OUTPUT 0x91
#define FEATURE 0xb1

static const uint8_t report_descriptor[] = {
    0x06, 0x00, 0xff, /* usage page: vendor defined */
    0x09, 0x01,       /* usage 1 */
    0xa1, 0x01,       /* collection: application */
    0x15, 0x00,       /* logical minimum 0 */
    0x26, 0xff, 0x00, /* logical maximum 255 */
    0x75, 0x08,       /* fields of 8 bits */
    REPORT(0x13, 63, INPUT),   /* bytes that were read */
    REPORT(0x16, 63, INPUT),   /* status of the transfer */
    REPORT(0x10, 63, OUTPUT),  /* read */
    REPORT(0x11, 63, OUTPUT),  /* write, then read */
    REPORT(0x12, 63, OUTPUT),  /* send what was read */
    REPORT(0x14, 63, OUTPUT),  /* write */
    REPORT(0x15, 63, OUTPUT),  /* send the status */
    REPORT(0x17, 63, OUTPUT),  /* cancel */
    REPORT(0x02, 4, FEATURE),  /* directions of its own GPIO lines */
    REPORT(0x03, 1, FEATURE),  /* their levels */
    REPORT(0x04, 2, FEATURE),  /* set them */
    REPORT(0x05, 2, FEATURE),  /* part number and version */
    REPORT(0x06, 13, FEATURE), /* bus settings */
    0xc0,                      /* end of the collection */
};

static int send_event(int fd, const struct uhid_event *event) {
  ssize_t written = write(fd, event, sizeof *event);
  return written < 0 ? -errno : 0;
}

int ckw_uhid_open(void) {
  int fd = open("/dev/uhid", O_RDWR | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int ckw_uhid_create(int fd, const char *unique) {
  struct uhid_event event = {.type = UHID_CREATE2};
  struct uhid_create2_req *request = &event.u.create2;
  size_t length = strlen(unique);
  if (length >= sizeof request->uniq) {
    return -EINVAL;
  }
  static const char name[] = "Emulated CP2112";
  memcpy(request->name, name, sizeof name);
  memcpy(request->uniq, unique, length);
  memcpy(request->rd_data, report_descriptor, sizeof report_descriptor);
  request->rd_size = sizeof report_descriptor;
  request->bus = BUS_USB;
  request->vendor = 0x10c4;
  request->product = 0xea90;
  return send_event(fd, &event);
}

int ckw_uhid_destroy(int fd) {
  struct uhid_event event = {.type = UHID_DESTROY};
  return send_event(fd, &event);
}

/* Copies what fits; the driver's reports are never longer than CKW_REPORT_BYTES. */
static void take_bytes(ckw_report *report, const uint8_t *bytes, uint16_t size) {
  report->size = size < CKW_REPORT_BYTES ? size : CKW_REPORT_BYTES;
  memcpy(report->bytes, bytes, (size_t)report->size);
}

static void take_event(ckw_report *report, const struct uhid_event *event) {
  switch (event->type) {
  case UHID_GET_REPORT:
    report->kind = CKW_REPORT_GET;
    report->id = event->u.get_report.id;
    report->number = event->u.get_report.rnum;
    break;
  case UHID_SET_REPORT:
    report->kind = CKW_REPORT_SET;
    report->id = event->u.set_report.id;
    report->number = event->u.set_report.rnum;
    take_bytes(report, event->u.set_report.data, event->u.set_report.size);
    break;
  case UHID_OUTPUT:
    report->kind = CKW_REPORT_OUTPUT;
    report->number = event->u.output.data[0];
    take_bytes(report, event->u.output.data, event->u.output.size);
    break;
  default:
    break; /* start, stop, open, close: nothing to answer */
  }
}

int ckw_uhid_next(int fd, ckw_report *report, int timeout_ms) {
  memset(report, 0, sizeof *report);
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  int ready = poll(&wait, 1, timeout_ms);
  if (ready <= 0) {
    return ready == 0 || errno == EINTR ? 0 : -errno;
  }
  if ((wait.revents & POLLIN) == 0) {
    return -EIO;
  }
  struct uhid_event event = {0};
  if (read(fd, &event, sizeof event) < 0) {
    return errno == EINTR ? 0 : -errno;
  }
  take_event(report, &event);
  return 0;
}

int ckw_uhid_reply_get(int fd, uint32_t id, const uint8_t *bytes, int32_t size) {
  if (size < 0 || size > CKW_REPORT_BYTES) {
    return -EINVAL;
  }
  struct uhid_event event = {.type = UHID_GET_REPORT_REPLY};
  event.u.get_report_reply.id = id;
  event.u.get_report_reply.err = size == 0 ? EIO : 0;
  event.u.get_report_reply.size = (uint16_t)size;
  memcpy(event.u.get_report_reply.data, bytes, (size_t)size);
  return send_event(fd, &event);
}

int ckw_uhid_reply_set(int fd, uint32_t id) {
  struct uhid_event event = {.type = UHID_SET_REPORT_REPLY};
  event.u.set_report_reply.id = id;
  return send_event(fd, &event);
}

int ckw_uhid_input(int fd, const uint8_t *bytes, int32_t size) {
  if (size < 1 || size > CKW_REPORT_BYTES) {
    return -EINVAL;
  }
  struct uhid_event event = {.type = UHID_INPUT2};
  /* The kernel wants the report at its full length. */
  event.u.input2.size = CKW_REPORT_BYTES;
  memcpy(event.u.input2.data, bytes, (size_t)size);
  return send_event(fd, &event);
}

int ckw_bus_try(const char *path, uint8_t address) {
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    return -errno;
  }
  uint8_t byte = 0;
  int failed = ioctl(fd, I2C_SLAVE, (unsigned long)address) < 0 || read(fd, &byte, 1) != 1;
  int status = failed ? -errno : 0;
  close(fd);
  return status;
}
