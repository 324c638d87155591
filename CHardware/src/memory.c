#define _GNU_SOURCE

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "chw.h"

static bool is_enough(rlim_t bytes) {
  return bytes == RLIM_INFINITY || bytes >= CHW_LOCKED_BYTES_MIN;
}

static int raise_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) {
    return -errno;
  }
  if (is_enough(limit.rlim_cur)) {
    return 0;
  }
  /* What anybody may do where the hard limit suffices; else what only a privileged process may. */
  if (is_enough(limit.rlim_max)) {
    limit.rlim_cur = limit.rlim_max;
  } else {
    limit.rlim_cur = RLIM_INFINITY;
    limit.rlim_max = RLIM_INFINITY;
  }
  return setrlimit(RLIMIT_MEMLOCK, &limit) == 0 ? 0 : -errno;
}

int chw_lock_memory(void) {
  const int error = raise_limit();
  if (error != 0) {
    return error;
  }
  return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? 0 : -errno;
}
