#include "content.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR_BYTES 512
#define CAPACITY_MIN 4096

/* splitmix64: any seed will do, 0 too. */
uint64_t lying_random(uint64_t *state) {
  uint64_t bits = *state += UINT64_C(0x9e3779b97f4a7c15);
  bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
  return bits ^ (bits >> 31);
}

void *lying_allocated(void *block) {
  if (block == NULL) {
    abort();
  }
  return block;
}

static bool coin(uint64_t *random) { return lying_random(random) % 2 == 0; }

/* ---- Buffers ---- */

static void reserve(struct buffer *buffer, size_t count) {
  if (count <= buffer->capacity) {
    return;
  }
  size_t capacity = buffer->capacity < CAPACITY_MIN ? CAPACITY_MIN : buffer->capacity;
  while (capacity < count) {
    capacity *= 2;
  }
  buffer->bytes = lying_allocated(realloc(buffer->bytes, capacity));
  buffer->capacity = capacity;
}

/* What is new is zero, as it is in a file. */
static void resize(struct buffer *buffer, size_t count) {
  if (count > buffer->count) {
    reserve(buffer, count);
    memset(buffer->bytes + buffer->count, 0, count - buffer->count);
  }
  buffer->count = count;
}

static void put(struct buffer *buffer, size_t offset, const void *bytes, size_t count) {
  if (count == 0) {
    return;
  }
  if (offset > buffer->count) {
    resize(buffer, offset);
  }
  reserve(buffer, offset + count);
  memcpy(buffer->bytes + offset, bytes, count);
  if (offset + count > buffer->count) {
    buffer->count = offset + count;
  }
}

static void flip(struct buffer *buffer, size_t offset) {
  if (offset < buffer->count) {
    buffer->bytes[offset] ^= 1;
  }
}

/* ---- Changes of the cache ---- */

static void note(struct content *content, struct change change) {
  if (content->changes_count == content->changes_capacity) {
    const size_t capacity = content->changes_capacity == 0 ? 64 : 2 * content->changes_capacity;
    content->changes =
        lying_allocated(realloc(content->changes, capacity * sizeof *content->changes));
    content->changes_capacity = capacity;
  }
  content->changes[content->changes_count] = change;
  content->changes_count++;
}

static void forget_changes(struct content *content) {
  content->changes_count = 0;
  content->waiting.count = 0;
}

void lying_content_write(
    struct content *content, size_t offset, const void *bytes, size_t count) {
  const size_t place = content->waiting.count;
  put(&content->cached, offset, bytes, count);
  put(&content->waiting, place, bytes, count);
  note(content, (struct change){.offset = offset, .count = count, .place = place});
}

void lying_content_truncate(struct content *content, size_t count) {
  resize(&content->cached, count);
  note(content, (struct change){.offset = count, .is_truncation = true});
}

/* ---- What reaches the platter ---- */

static void apply(struct content *content, const struct change *change) {
  if (change->is_truncation) {
    resize(&content->platter, change->offset);
  } else {
    put(&content->platter, change->offset, content->waiting.bytes + change->place, change->count);
  }
}

void lying_content_sync(struct content *content) {
  for (size_t i = 0; i < content->changes_count; i++) {
    if (!content->changes[i].is_lost) {
      apply(content, &content->changes[i]);
    }
  }
  forget_changes(content);
}

void lying_content_fail_sync(struct content *content, uint64_t *random) {
  for (size_t i = 0; i < content->changes_count; i++) {
    content->changes[i].is_lost |= coin(random);
  }
}

/* Sector by sector: each is written or is not. Returns how many bytes were not. */
static size_t tear(struct content *content, const struct change *change, uint64_t *random) {
  size_t lost = 0;
  for (size_t done = 0; done < change->count;) {
    const size_t to_boundary = SECTOR_BYTES - (change->offset + done) % SECTOR_BYTES;
    const size_t left = change->count - done;
    const size_t piece = left < to_boundary ? left : to_boundary;
    if (coin(random)) {
      put(&content->platter, change->offset + done,
          content->waiting.bytes + change->place + done, piece);
    } else {
      lost += piece;
    }
    done += piece;
  }
  return lost;
}

/* Returns how many bytes of the change are lost. */
static size_t decide(
    struct content *content, const struct change *change, uint64_t kept_per_mille,
    uint64_t *random) {
  if (change->is_lost) {
    return change->count;
  }
  if (lying_random(random) % 1000 < kept_per_mille) {
    apply(content, change);
    return 0;
  }
  return coin(random) && !change->is_truncation ? tear(content, change, random) : change->count;
}

/* In their order: where two changes meet and both survive, the later one is what the cache had. */
void lying_content_cut(struct content *content, uint64_t *random, lying_counts *counts) {
  const uint64_t kept_per_mille = lying_random(random) % 1001;
  for (size_t i = 0; i < content->changes_count; i++) {
    const struct change *const change = &content->changes[i];
    const size_t lost = decide(content, change, kept_per_mille, random);
    counts->bytes_lost += lost;
    counts->writes_torn += lost > 0 && lost < change->count;
  }
  forget_changes(content);
  content->cached.count = 0;
  put(&content->cached, 0, content->platter.bytes, content->platter.count);
}

/* Also in what waits, or the next sync would mend it. */
void lying_content_flip(struct content *content, size_t offset) {
  flip(&content->cached, offset);
  flip(&content->platter, offset);
  for (size_t i = 0; i < content->changes_count; i++) {
    const struct change *const change = &content->changes[i];
    if (offset >= change->offset && offset - change->offset < change->count) {
      flip(&content->waiting, change->place + (offset - change->offset));
    }
  }
}

void lying_content_free(struct content *content) {
  free(content->cached.bytes);
  free(content->platter.bytes);
  free(content->waiting.bytes);
  free(content->changes);
}
