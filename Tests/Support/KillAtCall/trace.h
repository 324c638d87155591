/* Runs a program under ptrace, counts its system calls and kills it at one of them. */
#ifndef TRACE_H
#define TRACE_H

#include "calls.h"

#include <stdbool.h>
#include <stdint.h>

#define EXIT_NOT_PERMITTED 77

struct plan {
  char **arguments;          /* of the program, its name first; ends with NULL */
  int64_t at;                /* the counted entry to kill at, from 1; 0 for never */
  bool is_after;             /* kill once the call was carried out, at its exit */
  bool skips[CALLS_MAX];     /* not counted */
  long from;                 /* counting starts with this call; CALL_UNKNOWN: with the first */
};

struct outcome {
  int status;      /* of the program, as waitpid has it */
  int64_t count;   /* of the entries that were counted */
  bool was_killed; /* here, at the call `number` */
  long number;
};

/* Returns once the program has ended. Where that cannot be done at all, it ends this process. */
void run_traced(const struct plan *plan, struct outcome *outcome);

#endif
