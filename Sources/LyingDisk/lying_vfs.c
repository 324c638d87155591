/*
 * Which paths go to a disk. Where SQLite leaves a choice to a VFS, this one does as the one for unix.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"

#define PREFIX "/lying/"

/* ---- Paths ---- */

static sqlite3_vfs *former; /* the default before this one */

/* A path taken apart. */
struct place {
  bool is_lying;
  uint32_t id;
  const char *name;
};

static struct place place_of(const char *path) {
  const size_t prefix = strlen(PREFIX);
  if (path == NULL || strncmp(path, PREFIX, prefix) != 0) {
    return (struct place){0};
  }
  char *rest = NULL;
  const unsigned long id = strtoul(path + prefix, &rest, 10);
  if (rest == path + prefix || *rest != '/' || id > UINT32_MAX) {
    return (struct place){0};
  }
  return (struct place){.is_lying = true, .id = (uint32_t)id, .name = rest + 1};
}

/* Null where it does not open. `*flags` becomes how it was opened. */
static struct entry *open_entry(lying_disk *disk, const char *name, int *flags) {
  struct entry *const entry = lying_find(disk, name);
  const bool creates = (*flags & SQLITE_OPEN_CREATE) != 0;
  if (!disk->has_power || (entry == NULL && (!creates || disk->faults.read_only)) ||
      (entry != NULL && creates && (*flags & SQLITE_OPEN_EXCLUSIVE) != 0)) {
    return NULL;
  }
  if (disk->faults.read_only) {
    *flags &= ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    *flags |= SQLITE_OPEN_READONLY;
  }
  return entry == NULL ? lying_create(disk, name) : entry;
}

static int open_file(
    sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *flags_out) {
  (void)vfs;
  const struct place place = place_of(path);
  if (!place.is_lying) {
    return former->xOpen(former, path, file, flags, flags_out);
  }
  file->pMethods = NULL;
  lying_disk *const disk = lying_hold(place.id);
  if (disk == NULL) {
    return SQLITE_CANTOPEN;
  }
  pthread_mutex_lock(&disk->mutex);
  struct entry *const entry = open_entry(disk, place.name, &flags);
  if (entry != NULL) {
    lying_handle_open((struct handle *)file, disk, entry, flags);
  }
  pthread_mutex_unlock(&disk->mutex);
  if (entry == NULL) {
    lying_drop(disk);
  }
  if (flags_out != NULL) {
    *flags_out = flags;
  }
  return entry == NULL ? SQLITE_CANTOPEN : SQLITE_OK;
}

static int delete_entry(lying_disk *disk, const char *name, bool syncs) {
  struct entry *const entry = lying_find(disk, name);
  if (!disk->has_power || disk->faults.read_only) {
    return SQLITE_IOERR_DELETE;
  }
  if (entry == NULL) {
    return SQLITE_IOERR_DELETE_NOENT;
  }
  lying_unlink(disk, entry);
  return syncs ? lying_result_of(lying_sync_directory(disk), SQLITE_IOERR_DIR_FSYNC) : SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int syncs) {
  (void)vfs;
  const struct place place = place_of(path);
  if (!place.is_lying) {
    return former->xDelete(former, path, syncs);
  }
  lying_disk *const disk = lying_hold(place.id);
  if (disk == NULL) {
    return SQLITE_IOERR_DELETE_NOENT;
  }
  pthread_mutex_lock(&disk->mutex);
  const int result = delete_entry(disk, place.name, syncs != 0);
  pthread_mutex_unlock(&disk->mutex);
  lying_drop(disk);
  return result;
}

/* An empty file does not exist: so says unix, for the sake of journals. */
static bool can_access(lying_disk *disk, const char *name, int flags) {
  const struct entry *const entry = lying_find(disk, name);
  if (entry == NULL) {
    return false;
  }
  return flags == SQLITE_ACCESS_EXISTS ? entry->content.cached.count > 0
                                       : !(flags == SQLITE_ACCESS_READWRITE &&
                                           disk->faults.read_only);
}

static int access_file(sqlite3_vfs *vfs, const char *path, int flags, int *answer) {
  (void)vfs;
  const struct place place = place_of(path);
  if (!place.is_lying) {
    return former->xAccess(former, path, flags, answer);
  }
  *answer = 0;
  lying_disk *const disk = lying_hold(place.id);
  if (disk == NULL) {
    return SQLITE_OK;
  }
  pthread_mutex_lock(&disk->mutex);
  const bool has_power = disk->has_power;
  *answer = has_power && can_access(disk, place.name, flags);
  pthread_mutex_unlock(&disk->mutex);
  lying_drop(disk);
  return has_power ? SQLITE_OK : SQLITE_IOERR_ACCESS;
}

static int full_path(sqlite3_vfs *vfs, const char *path, int capacity, char *full) {
  (void)vfs;
  if (!place_of(path).is_lying) {
    return former->xFullPathname(former, path, capacity, full);
  }
  if (strlen(path) >= (size_t)capacity) {
    return SQLITE_CANTOPEN;
  }
  strcpy(full, path);
  return SQLITE_OK;
}

/* ---- What is asked of a VFS without a path ---- */

static void *open_library(sqlite3_vfs *vfs, const char *path) {
  (void)vfs;
  return former->xDlOpen(former, path);
}

static void library_error(sqlite3_vfs *vfs, int capacity, char *text) {
  (void)vfs;
  former->xDlError(former, capacity, text);
}

static void (*library_symbol(sqlite3_vfs *vfs, void *library, const char *name))(void) {
  (void)vfs;
  return former->xDlSym(former, library, name);
}

static void close_library(sqlite3_vfs *vfs, void *library) {
  (void)vfs;
  former->xDlClose(former, library);
}

static int randomness(sqlite3_vfs *vfs, int count, char *bytes) {
  (void)vfs;
  return former->xRandomness(former, count, bytes);
}

static int sleep_us(sqlite3_vfs *vfs, int time_us) {
  (void)vfs;
  return former->xSleep(former, time_us);
}

static int current_time(sqlite3_vfs *vfs, double *days) {
  (void)vfs;
  return former->xCurrentTime(former, days);
}

static int last_error(sqlite3_vfs *vfs, int capacity, char *text) {
  (void)vfs;
  return former->xGetLastError(former, capacity, text);
}

static int current_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *time_ms) {
  (void)vfs;
  return former->xCurrentTimeInt64(former, time_ms);
}

static sqlite3_vfs lying_vfs = {
    .zName = "lying",
    .xOpen = open_file,
    .xDelete = delete_file,
    .xAccess = access_file,
    .xFullPathname = full_path,
    .xDlOpen = open_library,
    .xDlError = library_error,
    .xDlSym = library_symbol,
    .xDlClose = close_library,
    .xRandomness = randomness,
    .xSleep = sleep_us,
    .xCurrentTime = current_time,
    .xGetLastError = last_error,
    .xCurrentTimeInt64 = current_time_ms,
};

static void register_once(void) {
  former = lying_allocated(sqlite3_vfs_find(NULL));
  const int bytes = (int)sizeof(struct handle);
  lying_vfs.iVersion = former->iVersion < 2 ? 1 : 2;
  lying_vfs.szOsFile = former->szOsFile > bytes ? former->szOsFile : bytes;
  lying_vfs.mxPathname = former->mxPathname;
  sqlite3_vfs_register(&lying_vfs, 1);
}

void lying_register_vfs(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, register_once);
}
