#include "locks.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "content.h"

/* ---- The lock of a file ---- */

int lying_lock(struct file_lock *lock, struct file_locker *locker, int level) {
  const bool has_other_writer = lock->writer != NULL && lock->writer != locker;
  if (locker->level >= level) {
    return SQLITE_OK;
  }
  if (level == SQLITE_LOCK_SHARED) {
    /* A writer that waits for the sharers to leave lets no new one in. */
    if (has_other_writer && lock->writer->level >= SQLITE_LOCK_PENDING) {
      return SQLITE_BUSY;
    }
    lock->sharers++;
    locker->level = SQLITE_LOCK_SHARED;
    return SQLITE_OK;
  }
  if (has_other_writer) {
    return SQLITE_BUSY;
  }
  lock->writer = locker;
  if (level == SQLITE_LOCK_EXCLUSIVE && lock->sharers > 1) {
    locker->level = SQLITE_LOCK_PENDING;
    return SQLITE_BUSY;
  }
  locker->level = level;
  return SQLITE_OK;
}

void lying_unlock(struct file_lock *lock, struct file_locker *locker, int level) {
  if (locker->level <= level) {
    return;
  }
  if (lock->writer == locker) {
    lock->writer = NULL;
  }
  if (level == SQLITE_LOCK_NONE) {
    lock->sharers--;
  }
  locker->level = level;
}

/* ---- Shared memory ---- */

struct shared_memory {
  uint32_t sharers;
  int32_t locks[SQLITE_SHM_NLOCK]; /* how many share it; -1 where one has it for itself */
  int regions_count;
  void **regions;
};

void lying_join(struct shared_memory **memory, struct sharer *sharer) {
  if (*memory == NULL) {
    *memory = lying_allocated(calloc(1, sizeof **memory));
  }
  (*memory)->sharers++;
  sharer->memory = *memory;
}

static void unlock_shared(struct sharer *sharer, int first, int count) {
  for (int i = first; i < first + count; i++) {
    const uint32_t bit = UINT32_C(1) << i;
    if ((sharer->exclusive & bit) != 0) {
      sharer->memory->locks[i] = 0;
    } else if ((sharer->shared & bit) != 0) {
      sharer->memory->locks[i]--;
    }
    sharer->exclusive &= ~bit;
    sharer->shared &= ~bit;
  }
}

bool lying_leave(struct sharer *sharer) {
  struct shared_memory *const memory = sharer->memory;
  unlock_shared(sharer, 0, SQLITE_SHM_NLOCK);
  sharer->memory = NULL;
  memory->sharers--;
  if (memory->sharers > 0) {
    return false;
  }
  for (int i = 0; i < memory->regions_count; i++) {
    free(memory->regions[i]);
  }
  free(memory->regions);
  free(memory);
  return true;
}

void *lying_region(struct sharer *sharer, int number, int bytes, bool extends) {
  struct shared_memory *const memory = sharer->memory;
  if (number >= memory->regions_count && !extends) {
    return NULL;
  }
  while (number >= memory->regions_count) {
    const size_t count = (size_t)memory->regions_count + 1;
    memory->regions = lying_allocated(realloc(memory->regions, count * sizeof *memory->regions));
    memory->regions[memory->regions_count] = lying_allocated(calloc(1, (size_t)bytes));
    memory->regions_count++;
  }
  return memory->regions[number];
}

/* SQLite asks for locks that it has not, and shared ones one at a time. */
int lying_lock_shared(struct sharer *sharer, int first, int count, int flags) {
  int32_t *const locks = sharer->memory->locks;
  const bool is_exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    unlock_shared(sharer, first, count);
    return SQLITE_OK;
  }
  for (int i = first; i < first + count; i++) {
    if (is_exclusive ? locks[i] != 0 : locks[i] < 0) {
      return SQLITE_BUSY;
    }
  }
  for (int i = first; i < first + count; i++) {
    const uint32_t bit = UINT32_C(1) << i;
    if (is_exclusive) {
      locks[i] = -1;
      sharer->exclusive |= bit;
    } else if ((sharer->shared & bit) == 0) {
      locks[i]++;
      sharer->shared |= bit;
    }
  }
  return SQLITE_OK;
}
