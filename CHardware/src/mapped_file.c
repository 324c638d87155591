#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chw.h"
#include "errors.h"

/* 0 or an errno. */
static int map_descriptor(int descriptor, size_t bytes, void **memory) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) {
    return errno;
  }
  /* A file of somebody else could be cut short under the tick thread. */
  if (!S_ISREG(status.st_mode) || status.st_uid != geteuid()) {
    return EPERM;
  }
  if (status.st_size < (off_t)bytes && ftruncate(descriptor, (off_t)bytes) != 0) {
    return errno;
  }
  *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  return *memory == MAP_FAILED ? errno : 0;
}

chw_error chw_map_file(const char *path, size_t bytes, void **memory) {
  if (path == NULL) {
    *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return *memory == MAP_FAILED ? error_of_errno(errno) : CHW_OK;
  }
  const int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) {
    return error_of_errno(errno);
  }
  const int system_error = map_descriptor(descriptor, bytes, memory);
  (void)close(descriptor);
  return system_error == 0 ? CHW_OK : error_of_errno(system_error);
}

void chw_unmap_file(void *memory, size_t bytes) { (void)munmap(memory, bytes); }
