#define _GNU_SOURCE
#include "ckernel_world.h"

#include <stdlib.h>
#include <string.h>

/* What follows `name` in a line, or NULL. The line is a string of its own. */
static const char *after(const char *line, const char *name) {
  const char *found = strstr(line, name);
  return found == NULL ? NULL : found + strlen(name);
}

/* Seconds with six decimals, the last word before `end`. Returns -1 where it is none. */
static int64_t time_before(const char *line, const char *end) {
  const char *stamp = end;
  while (stamp > line && stamp[-1] != ' ') {
    stamp--;
  }
  char *point = NULL;
  long long seconds = strtoll(stamp, &point, 10);
  if (point == stamp || *point != '.' || end - point != 7) {
    return -1;
  }
  return seconds * 1000000000 + strtoll(point + 1, NULL, 10) * 1000;
}

/* `515 set 1`, or `515 get 1`, which is of no interest. */
static void take_value(const char *line, const char *text, ckw_trace_record *record) {
  static const char event[] = CKW_TRACE_EVENT;
  char *rest = NULL;
  long number = strtol(text, &rest, 10);
  int64_t time_ns = time_before(line, text - strlen(event));
  if (rest == text || strncmp(rest, " set ", 5) != 0 || time_ns < 0) {
    return;
  }
  record->kind = CKW_TRACE_SET;
  record->number = number;
  record->level = rest[5] == '1';
  record->time_ns = time_ns;
}

/* The name of the program stands first and may hold anything, so names are searched for. */
static void take_line(const char *line, ckw_trace_record *record) {
  const char *text = after(line, CKW_TRACE_EVENT);
  if (text != NULL) {
    take_value(line, text, record);
    return;
  }
  text = after(line, CKW_TRACE_MARK);
  if (text != NULL) {
    record->kind = CKW_TRACE_MARKED;
    record->number = strtol(text, NULL, 10);
    return;
  }
  text = after(line, " [LOST ");
  if (text != NULL) {
    record->kind = CKW_TRACE_LOST;
    record->number = strtol(text, NULL, 10);
  }
}

int32_t ckw_trace_next(const uint8_t *text, int32_t size, ckw_trace_record *record) {
  *record = (ckw_trace_record){0};
  const uint8_t *end = size > 0 ? memchr(text, '\n', (size_t)size) : NULL;
  if (end == NULL) {
    return 0;
  }
  char line[256] = {0}; /* a record has about 75 characters; a longer line is none of ours */
  size_t length = (size_t)(end - text);
  if (length < sizeof line) {
    memcpy(line, text, length);
    take_line(line, record);
  }
  return (int32_t)length + 1;
}
