/* One open file of a disk, as SQLite holds it. */
#ifndef LYING_HANDLE_H
#define LYING_HANDLE_H

#include <sqlite3.h>

#include "disk.h"

struct handle {
  sqlite3_file base; /* SQLite's part, and first */
  lying_disk *disk;
  struct entry *entry; /* not to be looked at once the handle is dead */
  uint64_t epoch;
  bool writes;
  bool syncs_directory; /* with its first sync */
  bool keeps_wal;
  bool maps_read_only;
  struct file_locker locker;
  struct sharer sharer;
};

/*
 * Opens the entry: `*handle` is one more handle of it, and a user of the disk in the place of the caller,
 * who holds the disk's mutex.
 */
void lying_handle_open(
    struct handle *handle, lying_disk *disk, struct entry *entry, int flags);

/* A negative errno as SQLite's result. `failed` is what SQLite calls the failure of this very call. */
int lying_result_of(int error, int failed);

#endif
