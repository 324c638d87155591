#define _GNU_SOURCE
#include "ckernel_world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Waits for the stop that PTRACE_INTERRUPT asked for; signals that come before it go through. */
static int wait_for_interrupt(pid_t tid) {
  for (;;) {
    int status = 0;
    if (waitpid(tid, &status, __WALL) < 0) {
      if (errno == EINTR) {
        continue;
      }
      return -errno;
    }
    if (!WIFSTOPPED(status)) {
      return -ESRCH; /* it ended first */
    }
    if (status >> 16 == PTRACE_EVENT_STOP) {
      return 0;
    }
    if (ptrace(PTRACE_CONT, tid, NULL, (void *)(long)WSTOPSIG(status)) < 0) {
      return -errno;
    }
  }
}

int ckw_stop_thread(pid_t tid) {
  if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0) {
    return -errno;
  }
  int status = ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0 ? -errno : wait_for_interrupt(tid);
  if (status < 0) {
    ptrace(PTRACE_DETACH, tid, NULL, NULL);
  }
  return status;
}

int ckw_continue_thread(pid_t tid) {
  return ptrace(PTRACE_DETACH, tid, NULL, NULL) < 0 ? -errno : 0;
}

/* Closes a watchdog so that it does not fire: the letter tells the driver that this is on purpose. */
static void disarm(int fd) {
  ssize_t ignored = write(fd, "V", 1);
  (void)ignored;
  close(fd);
}

static int is_emulated(int fd) {
  struct watchdog_info info = {0};
  if (ioctl(fd, WDIOC_GETSUPPORT, &info) < 0) {
    return 0;
  }
  char identity[sizeof info.identity + 1] = {0};
  memcpy(identity, info.identity, sizeof info.identity);
  return strstr(identity, "i6300ESB") != NULL;
}

int ckw_open_watchdog(int32_t seconds) {
  enum { WATCHDOGS_MAX = 32 }; /* what the kernel's watchdog core gives numbers to */
  int failure = -ENODEV;
  for (int number = 0; number < WATCHDOGS_MAX; number++) {
    char path[32];
    snprintf(path, sizeof path, "/dev/watchdog%d", number);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
      failure = errno == ENOENT ? failure : -errno;
      continue;
    }
    if (!is_emulated(fd)) {
      disarm(fd);
      continue;
    }
    int timeout = seconds;
    if (ioctl(fd, WDIOC_SETTIMEOUT, &timeout) == 0) {
      return fd;
    }
    failure = -errno;
    disarm(fd);
    return failure;
  }
  return failure;
}

int ckw_listen_for_notifications(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  if (length >= sizeof address.sun_path) {
    return -ENAMETOOLONG;
  }
  memcpy(address.sun_path, path, length);
  if (unlink(path) < 0 && errno != ENOENT) {
    return -errno;
  }
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return -errno;
  }
  if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
    int failure = -errno;
    close(fd);
    return failure;
  }
  return fd;
}
