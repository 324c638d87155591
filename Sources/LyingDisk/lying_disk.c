#define _GNU_SOURCE

#include "disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t disks_mutex = PTHREAD_MUTEX_INITIALIZER;
static lying_disk *disks;
static uint32_t last_id;

/* ---- Disks ---- */

lying_disk *lying_disk_new(uint64_t seed) {
  lying_register_vfs();
  lying_disk *const disk = lying_allocated(calloc(1, sizeof *disk));
  pthread_mutex_init(&disk->mutex, NULL);
  disk->users = 1;
  disk->has_power = true;
  disk->random = seed;
  disk->faults.bytes_max = -1;
  pthread_mutex_lock(&disks_mutex);
  last_id++;
  disk->id = last_id;
  disk->next = disks;
  disks = disk;
  pthread_mutex_unlock(&disks_mutex);
  return disk;
}

lying_disk *lying_hold(uint32_t id) {
  pthread_mutex_lock(&disks_mutex);
  lying_disk *disk = disks;
  while (disk != NULL && disk->id != id) {
    disk = disk->next;
  }
  if (disk != NULL) {
    disk->users++;
  }
  pthread_mutex_unlock(&disks_mutex);
  return disk;
}

static void free_entry(struct entry *entry) {
  lying_content_free(&entry->content);
  free(entry->name);
  free(entry);
}

void lying_drop(lying_disk *disk) {
  pthread_mutex_lock(&disks_mutex);
  disk->users--;
  const bool is_last = disk->users == 0;
  pthread_mutex_unlock(&disks_mutex);
  if (!is_last) {
    return;
  }
  while (disk->entries != NULL) {
    struct entry *const entry = disk->entries;
    disk->entries = entry->next;
    free_entry(entry);
  }
  pthread_mutex_destroy(&disk->mutex);
  free(disk);
}

void lying_disk_free(lying_disk *disk) {
  pthread_mutex_lock(&disks_mutex);
  lying_disk **place = &disks;
  while (*place != disk) {
    place = &(*place)->next;
  }
  *place = disk->next;
  pthread_mutex_unlock(&disks_mutex);
  lying_drop(disk);
}

uint32_t lying_disk_id(const lying_disk *disk) { return disk->id; }

/* ---- The directory ---- */

struct entry *lying_find(lying_disk *disk, const char *name) {
  struct entry *entry = disk->entries;
  while (entry != NULL && !(entry->is_linked && strcmp(entry->name, name) == 0)) {
    entry = entry->next;
  }
  return entry;
}

struct entry *lying_create(lying_disk *disk, const char *name) {
  struct entry *const entry = lying_allocated(calloc(1, sizeof *entry));
  entry->name = lying_allocated(strdup(name));
  entry->is_linked = true;
  entry->next = disk->entries;
  disk->entries = entry;
  return entry;
}

/* Frees what no name leads to, no name may lead to again, and nobody has open. */
static void sweep(lying_disk *disk) {
  struct entry **place = &disk->entries;
  while (*place != NULL) {
    struct entry *const entry = *place;
    if (entry->is_linked || entry->is_on_platter || entry->handles > 0) {
      place = &entry->next;
    } else {
      *place = entry->next;
      free_entry(entry);
    }
  }
}

void lying_release(lying_disk *disk, struct entry *entry) {
  entry->handles--;
  if (entry->handles == 0 && !entry->is_linked) {
    sweep(disk);
  }
}

void lying_unlink(lying_disk *disk, struct entry *entry) {
  entry->is_linked = false;
  sweep(disk);
}

/* Whoever had the name on the platter before has lost it. */
static void bring_to_platter(lying_disk *disk, struct entry *entry) {
  for (struct entry *other = disk->entries; other != NULL; other = other->next) {
    if (other != entry && other->is_on_platter && strcmp(other->name, entry->name) == 0) {
      other->is_on_platter = false;
    }
  }
  entry->is_on_platter = true;
  sweep(disk);
}

/* ---- The cache and its faults ---- */

static bool happens(lying_disk *disk, uint32_t per_mille) {
  return per_mille > 0 && lying_random(&disk->random) % 1000 < per_mille;
}

static bool has_room(const lying_disk *disk, const struct entry *grown, size_t count) {
  if (disk->faults.bytes_max < 0 || count <= grown->content.cached.count) {
    return true;
  }
  size_t sum = count - grown->content.cached.count;
  for (const struct entry *entry = disk->entries; entry != NULL; entry = entry->next) {
    if (entry->is_linked || entry->handles > 0) {
      sum += entry->content.cached.count;
    }
  }
  return sum <= (size_t)disk->faults.bytes_max;
}

static void cut_power(lying_disk *disk);

/* Counts a write. Whether the power went with it. */
static bool cuts_now(lying_disk *disk) {
  if (disk->writes_to_cut == 0 || --disk->writes_to_cut > 0) {
    return false;
  }
  cut_power(disk);
  return true;
}

int lying_write(
    lying_disk *disk, struct entry *entry, size_t offset, const void *bytes, size_t count) {
  if (disk->faults.read_only) {
    return -EROFS;
  }
  if (!has_room(disk, entry, offset + count)) {
    return -ENOSPC;
  }
  if (happens(disk, disk->faults.write_fails_per_mille)) {
    return -EIO;
  }
  lying_content_write(&entry->content, offset, bytes, count);
  disk->counts.writes++;
  return cuts_now(disk) ? -EIO : 0;
}

int lying_truncate(lying_disk *disk, struct entry *entry, size_t count) {
  if (disk->faults.read_only) {
    return -EROFS;
  }
  if (!has_room(disk, entry, count)) {
    return -ENOSPC;
  }
  lying_content_truncate(&entry->content, count);
  return 0;
}

static void bring_directory_to_platter(lying_disk *disk) {
  for (struct entry *entry = disk->entries; entry != NULL; entry = entry->next) {
    entry->is_on_platter = entry->is_linked;
  }
  sweep(disk);
}

int lying_sync(lying_disk *disk, struct entry *entry, bool with_directory) {
  if (happens(disk, disk->faults.sync_fails_per_mille)) {
    lying_content_fail_sync(&entry->content, &disk->random);
    return -EIO;
  }
  disk->counts.syncs++;
  if (disk->faults.sync_is_ignored) {
    return 0;
  }
  lying_content_sync(&entry->content);
  /* As file systems with a journal do: a file that is synced for the first time can be found. */
  if (with_directory) {
    bring_directory_to_platter(disk);
  } else if (entry->is_linked && !entry->is_on_platter) {
    bring_to_platter(disk, entry);
  }
  return 0;
}

int lying_sync_directory(lying_disk *disk) {
  if (happens(disk, disk->faults.sync_fails_per_mille)) {
    return -EIO;
  }
  disk->counts.syncs++;
  if (disk->faults.sync_is_ignored) {
    return 0;
  }
  bring_directory_to_platter(disk);
  return 0;
}

/* ---- Ends ---- */

/* Dead handles keep the shared memory alive for themselves, and touch no entry. */
static void forget_handles(lying_disk *disk) {
  disk->epoch++;
  for (struct entry *entry = disk->entries; entry != NULL; entry = entry->next) {
    entry->handles = 0;
    entry->lock = (struct file_lock){0};
    entry->shared = NULL;
  }
  sweep(disk);
}

/* Which files the platter has: what was created may be missing, what was deleted may be back. */
static void decide_directory(lying_disk *disk) {
  for (struct entry *entry = disk->entries; entry != NULL; entry = entry->next) {
    if (entry->is_linked && !entry->is_on_platter) {
      entry->is_linked = lying_random(&disk->random) % 2 == 0;
    }
  }
  for (struct entry *entry = disk->entries; entry != NULL; entry = entry->next) {
    if (!entry->is_linked && entry->is_on_platter && lying_find(disk, entry->name) == NULL) {
      entry->is_linked = lying_random(&disk->random) % 2 == 0;
    }
  }
  for (struct entry *entry = disk->entries; entry != NULL; entry = entry->next) {
    entry->is_on_platter = entry->is_linked;
  }
}

static void cut_power(lying_disk *disk) {
  disk->has_power = false;
  disk->writes_to_cut = 0;
  disk->counts.cuts++;
  decide_directory(disk);
  forget_handles(disk);
  for (struct entry *entry = disk->entries; entry != NULL; entry = entry->next) {
    lying_content_cut(&entry->content, &disk->random, &disk->counts);
  }
}

void lying_disk_cut_power(lying_disk *disk) {
  pthread_mutex_lock(&disk->mutex);
  if (disk->has_power) {
    cut_power(disk);
  }
  pthread_mutex_unlock(&disk->mutex);
}

void lying_disk_cut_power_after(lying_disk *disk, uint64_t writes) {
  pthread_mutex_lock(&disk->mutex);
  disk->writes_to_cut = writes;
  pthread_mutex_unlock(&disk->mutex);
}

void lying_disk_restore_power(lying_disk *disk) {
  pthread_mutex_lock(&disk->mutex);
  disk->has_power = true;
  pthread_mutex_unlock(&disk->mutex);
}

void lying_disk_kill(lying_disk *disk) {
  pthread_mutex_lock(&disk->mutex);
  forget_handles(disk);
  pthread_mutex_unlock(&disk->mutex);
}

/* ---- What a test sets and sees ---- */

void lying_disk_set_faults(lying_disk *disk, lying_faults faults) {
  pthread_mutex_lock(&disk->mutex);
  disk->faults = faults;
  pthread_mutex_unlock(&disk->mutex);
}

void lying_disk_claim_powersafe_overwrite(lying_disk *disk, bool claims) {
  pthread_mutex_lock(&disk->mutex);
  disk->claims_powersafe_overwrite = claims;
  pthread_mutex_unlock(&disk->mutex);
}

void lying_disk_flip_bit(lying_disk *disk, const char *name, int64_t offset) {
  pthread_mutex_lock(&disk->mutex);
  struct entry *const entry = lying_find(disk, name);
  if (entry != NULL && offset >= 0) {
    lying_content_flip(&entry->content, (size_t)offset);
  }
  pthread_mutex_unlock(&disk->mutex);
}

lying_counts lying_disk_counts(const lying_disk *disk) {
  pthread_mutex_t *const mutex = (pthread_mutex_t *)&disk->mutex;
  pthread_mutex_lock(mutex);
  const lying_counts counts = disk->counts;
  pthread_mutex_unlock(mutex);
  return counts;
}

/* ---- Plain files ---- */

static int write_plain(lying_disk *disk, const char *name, const void *bytes, size_t count) {
  if (!disk->has_power) {
    return -EIO;
  }
  struct entry *entry = lying_find(disk, name);
  if (entry == NULL) {
    if (disk->faults.read_only) {
      return -EROFS;
    }
    entry = lying_create(disk, name);
  }
  return lying_write(disk, entry, 0, bytes, count);
}

static int sync_plain(lying_disk *disk, const char *name) {
  if (!disk->has_power) {
    return -EIO;
  }
  struct entry *const entry = lying_find(disk, name);
  return entry == NULL ? -ENOENT : lying_sync(disk, entry, false);
}

static int64_t read_plain(lying_disk *disk, const char *name, void *bytes, size_t capacity) {
  if (!disk->has_power) {
    return -EIO;
  }
  const struct entry *const entry = lying_find(disk, name);
  if (entry == NULL) {
    return -1;
  }
  const struct buffer *const cached = &entry->content.cached;
  const size_t count = cached->count < capacity ? cached->count : capacity;
  if (count > 0) {
    memcpy(bytes, cached->bytes, count);
  }
  return (int64_t)count;
}

int lying_file_write(lying_disk *disk, const char *name, const void *bytes, size_t count) {
  pthread_mutex_lock(&disk->mutex);
  const int error = write_plain(disk, name, bytes, count);
  pthread_mutex_unlock(&disk->mutex);
  return error;
}

int lying_file_sync(lying_disk *disk, const char *name) {
  pthread_mutex_lock(&disk->mutex);
  const int error = sync_plain(disk, name);
  pthread_mutex_unlock(&disk->mutex);
  return error;
}

int64_t lying_file_read(lying_disk *disk, const char *name, void *bytes, size_t capacity) {
  pthread_mutex_lock(&disk->mutex);
  const int64_t count = read_plain(disk, name, bytes, capacity);
  pthread_mutex_unlock(&disk->mutex);
  return count;
}
