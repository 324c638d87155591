#include "handle.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#define SECTOR_BYTES 512

static struct handle *handle_of(sqlite3_file *file) { return (struct handle *)file; }

static bool is_alive(const struct handle *handle) { return handle->epoch == handle->disk->epoch; }

/* Locks the handle's disk. False, and nothing is locked, where the handle is dead. */
static bool begin(struct handle *handle) {
  pthread_mutex_lock(&handle->disk->mutex);
  if (is_alive(handle)) {
    return true;
  }
  pthread_mutex_unlock(&handle->disk->mutex);
  return false;
}

static int end(struct handle *handle, int result) {
  pthread_mutex_unlock(&handle->disk->mutex);
  return result;
}

int lying_result_of(int error, int failed) {
  switch (error) {
  case 0:
    return SQLITE_OK;
  case -ENOSPC:
    return SQLITE_FULL;
  case -EROFS:
    return SQLITE_READONLY;
  default:
    return failed;
  }
}

/* ---- Bytes ---- */

static int read_at(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
  struct handle *const handle = handle_of(file);
  const size_t wanted = (size_t)count;
  const size_t first = (size_t)offset;
  if (!begin(handle)) {
    return SQLITE_IOERR;
  }
  const struct buffer *const cached = &handle->entry->content.cached;
  const size_t there = first < cached->count ? cached->count - first : 0;
  const size_t taken = there < wanted ? there : wanted;
  if (taken > 0) {
    memcpy(bytes, cached->bytes + first, taken);
  }
  memset((uint8_t *)bytes + taken, 0, wanted - taken);
  return end(handle, taken < wanted ? SQLITE_IOERR_SHORT_READ : SQLITE_OK);
}

static int write_at(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
  struct handle *const handle = handle_of(file);
  if (!begin(handle)) {
    return SQLITE_IOERR;
  }
  const int error = handle->writes
                        ? lying_write(
                              handle->disk, handle->entry, (size_t)offset, bytes, (size_t)count)
                        : -EROFS;
  return end(handle, lying_result_of(error, SQLITE_IOERR_WRITE));
}

static int truncate_to(sqlite3_file *file, sqlite3_int64 count) {
  struct handle *const handle = handle_of(file);
  if (!begin(handle)) {
    return SQLITE_IOERR;
  }
  const int error =
      handle->writes ? lying_truncate(handle->disk, handle->entry, (size_t)count) : -EROFS;
  return end(handle, lying_result_of(error, SQLITE_IOERR_TRUNCATE));
}

static int sync_file(sqlite3_file *file, int flags) {
  struct handle *const handle = handle_of(file);
  (void)flags;
  if (!begin(handle)) {
    return SQLITE_IOERR;
  }
  const int error = lying_sync(handle->disk, handle->entry, handle->syncs_directory);
  handle->syncs_directory &= error != 0;
  return end(handle, lying_result_of(error, SQLITE_IOERR_FSYNC));
}

static int file_size(sqlite3_file *file, sqlite3_int64 *count) {
  struct handle *const handle = handle_of(file);
  if (!begin(handle)) {
    return SQLITE_IOERR;
  }
  *count = (sqlite3_int64)handle->entry->content.cached.count;
  return end(handle, SQLITE_OK);
}

/* ---- Locks ---- */

static int lock_file(sqlite3_file *file, int level) {
  struct handle *const handle = handle_of(file);
  if (!begin(handle)) {
    return SQLITE_IOERR;
  }
  return end(handle, lying_lock(&handle->entry->lock, &handle->locker, level));
}

static int unlock_file(sqlite3_file *file, int level) {
  struct handle *const handle = handle_of(file);
  if (!begin(handle)) {
    return SQLITE_IOERR;
  }
  lying_unlock(&handle->entry->lock, &handle->locker, level);
  return end(handle, SQLITE_OK);
}

static int is_reserved(sqlite3_file *file, int *answer) {
  struct handle *const handle = handle_of(file);
  if (!begin(handle)) {
    return SQLITE_IOERR;
  }
  *answer = handle->entry->lock.writer != NULL;
  return end(handle, SQLITE_OK);
}

/* ---- Shared memory ---- */

static int share(struct handle *handle) {
  if (handle->sharer.memory != NULL) {
    return SQLITE_OK;
  }
  /* For unix it is a file, which cannot be created on a disk that is read-only. */
  handle->maps_read_only = handle->disk->faults.read_only;
  if (handle->maps_read_only && handle->entry->shared == NULL) {
    return SQLITE_CANTOPEN;
  }
  lying_join(&handle->entry->shared, &handle->sharer);
  return SQLITE_OK;
}

static int map_shared(
    sqlite3_file *file, int number, int bytes, int extends, void volatile **region) {
  struct handle *const handle = handle_of(file);
  *region = NULL;
  if (!begin(handle)) {
    return SQLITE_IOERR;
  }
  const int result = share(handle);
  if (result != SQLITE_OK) {
    return end(handle, result);
  }
  *region = lying_region(&handle->sharer, number, bytes, extends != 0 && !handle->maps_read_only);
  return end(handle, handle->maps_read_only ? SQLITE_READONLY : SQLITE_OK);
}

static int lock_shared(sqlite3_file *file, int first, int count, int flags) {
  struct handle *const handle = handle_of(file);
  if (!begin(handle)) {
    return SQLITE_IOERR;
  }
  return end(
      handle, handle->sharer.memory == NULL
                  ? SQLITE_IOERR_SHMLOCK
                  : lying_lock_shared(&handle->sharer, first, count, flags));
}

static void order_shared(sqlite3_file *file) {
  (void)file;
  atomic_thread_fence(memory_order_seq_cst);
}

/* The dead share with the dead alone: their file has forgotten the memory. */
static void unshare(struct handle *handle) {
  if (handle->sharer.memory != NULL && lying_leave(&handle->sharer) && is_alive(handle)) {
    handle->entry->shared = NULL;
  }
}

static int unmap_shared(sqlite3_file *file, int deletes) {
  struct handle *const handle = handle_of(file);
  (void)deletes; /* whoever comes first finds it empty in any case */
  pthread_mutex_lock(&handle->disk->mutex);
  unshare(handle);
  return end(handle, SQLITE_OK);
}

/* ---- The rest of a file ---- */

static int close_file(sqlite3_file *file) {
  struct handle *const handle = handle_of(file);
  pthread_mutex_lock(&handle->disk->mutex);
  unshare(handle);
  if (is_alive(handle)) {
    lying_unlock(&handle->entry->lock, &handle->locker, SQLITE_LOCK_NONE);
    lying_release(handle->disk, handle->entry);
  }
  const int result = end(handle, SQLITE_OK);
  lying_drop(handle->disk);
  return result;
}

static int control(sqlite3_file *file, int operation, void *argument) {
  struct handle *const handle = handle_of(file);
  if (!begin(handle)) {
    return SQLITE_IOERR;
  }
  if (operation != SQLITE_FCNTL_PERSIST_WAL) {
    return end(handle, SQLITE_NOTFOUND);
  }
  int *const answer = argument;
  if (*answer < 0) {
    *answer = handle->keeps_wal;
  } else {
    handle->keeps_wal = *answer != 0;
  }
  return end(handle, SQLITE_OK);
}

static int sector_size(sqlite3_file *file) {
  (void)file;
  return SECTOR_BYTES;
}

static int characteristics(sqlite3_file *file) {
  lying_disk *const disk = handle_of(file)->disk;
  pthread_mutex_lock(&disk->mutex);
  const bool claims = disk->claims_powersafe_overwrite;
  pthread_mutex_unlock(&disk->mutex);
  return claims ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_at,
    .xWrite = write_at,
    .xTruncate = truncate_to,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = is_reserved,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = map_shared,
    .xShmLock = lock_shared,
    .xShmBarrier = order_shared,
    .xShmUnmap = unmap_shared,
};

/* SQLite counts on it: a new journal or WAL is in the directory, and what was deleted is out of it. */
static bool is_new_journal(int flags) {
  const int journals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
  return (flags & SQLITE_OPEN_CREATE) != 0 && (flags & journals) != 0;
}

void lying_handle_open(
    struct handle *handle, lying_disk *disk, struct entry *entry, int flags) {
  entry->handles++;
  *handle = (struct handle){
      .base.pMethods = &methods,
      .disk = disk,
      .entry = entry,
      .epoch = disk->epoch,
      .writes = (flags & SQLITE_OPEN_READWRITE) != 0,
      .syncs_directory = is_new_journal(flags),
  };
}
