/*
 * What the connections of one file agree on, as SQLite asks for it of any VFS: the lock of the database
 * file, and memory that all of them share, with eight locks of its own, for the index of a WAL.
 *
 * The caller holds the disk's mutex. Results are SQLite's.
 */
#ifndef LYING_LOCKS_H
#define LYING_LOCKS_H

#include <stdbool.h>
#include <stdint.h>

/* One connection's part in the lock of a file. */
struct file_locker {
  int level; /* SQLITE_LOCK_NONE to SQLITE_LOCK_EXCLUSIVE */
};

/* Many may have it shared; one of them, the writer, may have more than that. */
struct file_lock {
  int32_t sharers; /* the writer is one of them */
  const struct file_locker *writer;
};

int lying_lock(struct file_lock *lock, struct file_locker *locker, int level);
void lying_unlock(struct file_lock *lock, struct file_locker *locker, int level);

struct shared_memory;

/* One connection's part in the shared memory of a file. */
struct sharer {
  struct shared_memory *memory; /* null where it has none */
  uint32_t shared;              /* the locks that it holds, a bit each */
  uint32_t exclusive;
};

/* `*memory` is where the file keeps it, and where it is created when it is null. */
void lying_join(struct shared_memory **memory, struct sharer *sharer);

/* Gives the locks back. Returns true where that was the last one: then the memory is gone. */
bool lying_leave(struct sharer *sharer);

/* Zero at first, and never moves. Null where the region is not there and `extends` is false. */
void *lying_region(struct sharer *sharer, int number, int bytes, bool extends);

int lying_lock_shared(struct sharer *sharer, int first, int count, int flags);

#endif
