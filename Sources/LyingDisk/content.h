/*
 * The bytes of one file twice: as the cache has them, which is what everybody reads, and as the platter
 * has them; and the changes that lie between the two.
 */
#ifndef LYING_CONTENT_H
#define LYING_CONTENT_H

#include "lying_disk.h"

struct buffer {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
};

/* A write, or a truncation to `offset`. */
struct change {
  size_t offset;
  size_t count; /* of a write */
  size_t place; /* of a write: where its bytes stand among those that wait */
  bool is_truncation;
  bool is_lost; /* a failed sync dropped it: it never reaches the platter */
};

struct content {
  struct buffer cached;
  struct buffer platter;
  struct buffer waiting; /* the bytes of all writes since the last sync, end to end */
  struct change *changes;
  size_t changes_count;
  size_t changes_capacity;
};

/* The next number of a disk's chance. */
uint64_t lying_random(uint64_t *state);

/* An allocation that is there, or no process: no test could say anything without memory. */
void *lying_allocated(void *block);

void lying_content_write(
    struct content *content, size_t offset, const void *bytes, size_t count);
void lying_content_truncate(struct content *content, size_t count);
void lying_content_sync(struct content *content);
void lying_content_fail_sync(struct content *content, uint64_t *random);
void lying_content_cut(struct content *content, uint64_t *random, lying_counts *counts);
void lying_content_flip(struct content *content, size_t offset);
void lying_content_free(struct content *content);

#endif
