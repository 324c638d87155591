#define _GNU_SOURCE

#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

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

/* Most of what ran at the start is never needed again. Only segments that nobody writes to: the file holds
 * all of them, and what is needed comes back by itself. */
static int give_back(struct dl_phdr_info *object, size_t size, void *unused) {
  (void)size;
  (void)unused;
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0) {
      continue;
    }
    const uintptr_t start = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
    const uintptr_t end = object->dlpi_addr + segment->p_vaddr + segment->p_memsz;
    (void)madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 0;
}

int chw_lock_memory(void) {
  /* One heap for all threads: those that allocate do so seldom, and the tick thread never does. */
  (void)mallopt(M_ARENA_MAX, 1);
  (void)malloc_trim(0);
  (void)dl_iterate_phdr(give_back, NULL);
  const int error = raise_limit();
  if (error != 0) {
    return error;
  }
  return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0 ? 0 : -errno;
}
