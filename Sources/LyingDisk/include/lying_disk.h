/*
 * Disks in memory that lose power: what a test puts under SQLite and under plain files to see whether
 * the program brings its records through a cut.
 *
 * A disk serves every path below "/lying/<id>/", through an SQLite VFS that is the process's default
 * from the first disk on; every other path goes to the VFS that was the default before. Directories
 * below that are part of the name and no more.
 *
 * A write goes to a cache, which every reader sees. A sync brings one file from the cache to the
 * platter. When the power goes the cache goes, except for what had reached the platter by chance: each
 * write and truncation since the file's last sync is on it, or is not, or (a write of several sectors of
 * 512 bytes) is on it in parts, whatever came before or after. One call of lying_disk_cut_power draws
 * for each file how much of it survives, so that nearly all and nearly nothing both happen often.
 *
 * All chance is drawn from the disk's seed. It repeats as long as one thread at a time uses the disk.
 * Calls may come from any thread. Without memory for a disk the process is aborted.
 */
#ifndef LYING_DISK_H
#define LYING_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Compilers that know no nullability read past it. */
#ifndef __clang__
#define _Nonnull
#define _Nullable
#endif

typedef struct lying_disk lying_disk;

/* An empty disk with power, without faults. */
lying_disk *_Nonnull lying_disk_new(uint64_t seed);

/* Nothing opens on it any more. A connection that is open keeps it until it closes, dead or not. */
void lying_disk_free(lying_disk *_Nonnull disk);

/* Stands in the disk's paths: "/lying/<id>/". No two disks of a process have the same. */
uint32_t lying_disk_id(const lying_disk *_Nonnull disk);

/* ---- What is wrong with it ---- */

typedef struct lying_faults {
  /* Such a write changes nothing: SQLITE_IOERR_WRITE. */
  uint32_t write_fails_per_mille;
  /*
   * Such a sync brings nothing to the platter (SQLITE_IOERR_FSYNC). Of the changes that were waiting,
   * each by a coin never comes there, although everybody reads it until the power goes: the cache
   * took it for written. A later sync that succeeds does not mend that.
   */
  uint32_t sync_fails_per_mille;
  /* What all files together may hold; SQLITE_FULL beyond, and nothing is written. Negative: no bound. */
  int64_t bytes_max;
  /* Files open for reading only; one that is missing does not open. Writes are SQLITE_READONLY. */
  bool read_only;
  /* A sync says that it is done, and does nothing. */
  bool sync_is_ignored;
} lying_faults;

void lying_disk_set_faults(lying_disk *_Nonnull disk, lying_faults faults);

/*
 * What SQLite is told of the disk's sectors; for connections that open their database from here on. At
 * first, nothing: then SQLite fills the last sector of each commit in the WAL up. SQLite's VFS for unix
 * claims by default that a write changes no byte beside its own when the power goes (psow=1), and
 * nothing is filled up. The claim is true of these disks, made or not.
 *
 * It matters where a sync fails: what fills up is written in part after the commit's sync, so a failed
 * sync of the next commit can lose it for good, and with it every later commit until the checkpoint.
 */
void lying_disk_claim_powersafe_overwrite(lying_disk *_Nonnull disk, bool claims);

/*
 * Flips the lowest bit of one byte, in the cache and on the platter. Nothing happens where there is no
 * such file or byte.
 */
void lying_disk_flip_bit(lying_disk *_Nonnull disk, const char *_Nonnull name, int64_t offset);

/* ---- How it ends ---- */

/*
 * The power goes. Every open connection is dead from here on: it gets SQLITE_IOERR for everything, can
 * be closed at any time, and changes nothing by that. Locks and shared memory are forgotten.
 *
 * A file that was created and never synced may be gone. A file that was deleted without a sync of the
 * directory may be back, as the platter had it. Nothing happens where there is no power.
 */
void lying_disk_cut_power(lying_disk *_Nonnull disk);

/*
 * The power goes in the middle of the n-th write from now, 1 being the next one; that write has the
 * same chances as the ones before it. Writes that a fault refuses do not count. 0: not any more. A cut
 * before that forgets it.
 */
void lying_disk_cut_power_after(lying_disk *_Nonnull disk, uint64_t writes);

/* Files can be opened again. Until then opening is SQLITE_CANTOPEN. */
void lying_disk_restore_power(lying_disk *_Nonnull disk);

/* The process ends as by SIGKILL: connections are dead, locks and shared memory go, the cache stays. */
void lying_disk_kill(lying_disk *_Nonnull disk);

/* ---- Plain files, by the name that follows "/lying/<id>/" ---- */

/*
 * Writes from the file's first byte on, creating the file where it is missing. A file that was longer
 * keeps its rest. Returns 0 or -EIO, -ENOSPC, -EROFS. Without power all three return -EIO.
 */
int lying_file_write(
    lying_disk *_Nonnull disk, const char *_Nonnull name, const void *_Nonnull bytes, size_t count);

/* Returns 0 or -EIO, or -ENOENT where the file is missing. */
int lying_file_sync(lying_disk *_Nonnull disk, const char *_Nonnull name);

/* Returns how many bytes were read, at most `capacity`, or -1 where the file is missing. */
int64_t lying_file_read(
    lying_disk *_Nonnull disk, const char *_Nonnull name, void *_Nonnull bytes, size_t capacity);

/* ---- What happened to it ---- */

typedef struct lying_counts {
  uint64_t writes;      /* that the cache took */
  uint64_t syncs;       /* that were reported done, the ignored ones too */
  uint64_t cuts;        /* of power */
  uint64_t bytes_lost;  /* written, not synced, and not on the platter when the power went */
  uint64_t writes_torn; /* of which some sectors were on the platter, and some were not */
} lying_counts;

lying_counts lying_disk_counts(const lying_disk *_Nonnull disk);

#ifdef __cplusplus
}
#endif

#endif
