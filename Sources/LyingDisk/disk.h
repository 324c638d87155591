/*
 * A disk as its SQLite face sees it. Every function here wants the disk's mutex held, and returns 0 or
 * a negative errno where it returns an int.
 */
#ifndef LYING_DISK_INSIDE_H
#define LYING_DISK_INSIDE_H

#include <pthread.h>

#include "content.h"
#include "locks.h"

/* A file and its place in the directory, which has a cache of its own. */
struct entry {
  struct entry *next;
  char *name;
  bool is_linked;     /* the name leads here, as everybody sees it */
  bool is_on_platter; /* the name leads here, as the platter has it */
  uint32_t handles;   /* a file lives on while somebody has it open */
  struct content content;
  struct file_lock lock;
  struct shared_memory *shared; /* null while nobody maps it; belongs to those who do */
};

struct lying_disk {
  lying_disk *next;
  uint32_t users; /* its owner and each open file; the mutex of the disks is theirs */
  pthread_mutex_t mutex;
  uint32_t id;
  bool has_power;
  uint64_t epoch; /* a handle of an earlier one is dead, and what it points at may be gone */
  uint64_t random;
  uint64_t writes_to_cut; /* 0: no cut is planned */
  bool claims_powersafe_overwrite;
  lying_faults faults;
  lying_counts counts;
  struct entry *entries;
};

/* One user more of the disk; null where there is none. Wants no lock held, and lying_drop after it. */
lying_disk *lying_hold(uint32_t id);

/* One user less. The disk may be gone after it. Wants no lock held. */
void lying_drop(lying_disk *disk);

/* Null where the name leads to no file. */
struct entry *lying_find(lying_disk *disk, const char *name);
struct entry *lying_create(lying_disk *disk, const char *name);
int lying_write(
    lying_disk *disk, struct entry *entry, size_t offset, const void *bytes, size_t count);
int lying_truncate(lying_disk *disk, struct entry *entry, size_t count);
int lying_sync(lying_disk *disk, struct entry *entry, bool with_directory);
void lying_unlink(lying_disk *disk, struct entry *entry);
int lying_sync_directory(lying_disk *disk);

/* One handle less. The entry may be gone after it. */
void lying_release(lying_disk *disk, struct entry *entry);

/* In lying_vfs.c. More than once does no harm. */
void lying_register_vfs(void);

#endif
