#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
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

/* 0 or an errno. */
static int fill(int descriptor, const char *bytes, size_t count) {
  /* Written, not only lengthened: a page that has no room behind it would end whoever stores into it. */
  for (size_t done = 0; done < count;) {
    const ssize_t written = pwrite(descriptor, bytes + done, count - done, (off_t)done);
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return written < 0 ? errno : ENOSPC;
    }
    done += (size_t)written;
  }
  return 0;
}

chw_error chw_remap_file(const char *path, size_t bytes, void *memory) {
  if (unlink(path) != 0 && errno != ENOENT) {
    return error_of_errno(errno);
  }
  const int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) {
    return error_of_errno(errno);
  }
  int system_error = fill(descriptor, memory, bytes);
  if (system_error == 0 &&
      mmap(memory, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor, 0) ==
          MAP_FAILED) {
    system_error = errno;
  }
  (void)close(descriptor);
  return system_error == 0 ? CHW_OK : error_of_errno(system_error);
}

void chw_unmap_file(void *memory, size_t bytes) { (void)munmap(memory, bytes); }

bool chw_is_in_memory(const char *path) {
  const uint32_t tmpfs = 0x01021994, ramfs = 0x858458f6;
  struct statfs about;
  return statfs(path, &about) == 0 &&
         ((uint32_t)about.f_type == tmpfs || (uint32_t)about.f_type == ramfs);
}
