/*
 * kill-at-call [--at N[x]] [--count FILE] [--skip NAME[,NAME...]] [--from NAME]
 *              -- PROGRAM ARGUMENTS...
 *
 * Runs PROGRAM and counts the entries of the system calls of all its threads, from exec on. At
 * entry N it kills the whole process with SIGKILL before the call is carried out; with Nx, after.
 * Without --at it only counts.
 *
 *   --skip   calls that are not counted, by name or number
 *   --from   counting starts with the first call of this name, which is counted
 *   --count  the file for one line: how many calls were counted and, where it killed, the name and
 *            the number of the call; a call that has no name here has its number twice
 *
 * Once Nx is reached, the other threads go on until its call returns, and their calls are counted.
 * Where it may, this process runs under SCHED_FIFO, so that a real-time PROGRAM is not late.
 * SIGTERM and SIGINT are forwarded to PROGRAM. Processes that PROGRAM has started are not counted,
 * and are killed when PROGRAM has ended. It ends with PROGRAM's exit code, or 128 + signal; with
 * 64 where the usage is wrong, 77 where ptrace is not permitted, 127 or 126 where PROGRAM is not
 * found or cannot be run, and 1 where the system or FILE fails.
 */
#define _GNU_SOURCE
#include "trace.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define EXIT_USAGE 64

static _Noreturn void complain(int code, const char *format, ...) {
  va_list values;
  va_start(values, format);
  fputs("kill-at-call: ", stderr);
  vfprintf(stderr, format, values);
  fputc('\n', stderr);
  va_end(values);
  exit(code);
}

static void take_at(struct plan *plan, const char *text) {
  char *end = NULL;
  errno = 0;
  plan->at = strtoll(text, &end, 10);
  plan->is_after = *end == 'x';
  if (!isdigit((unsigned char)text[0]) || errno != 0 || plan->at < 1 ||
      strcmp(end, plan->is_after ? "x" : "") != 0) {
    complain(EXIT_USAGE, "--at takes a number from 1, or one with an x, not '%s'", text);
  }
}

static long known_call(const char *name) {
  const long number = call_number(name);
  if (number == CALL_UNKNOWN) {
    complain(EXIT_USAGE, "no system call '%s' is known; its number is taken too", name);
  }
  return number;
}

static void take_skip(struct plan *plan, char *names) {
  for (char *name = strsep(&names, ","); name != NULL; name = strsep(&names, ",")) {
    const long number = known_call(name);
    if (number != CALL_NOT_HERE) {
      plan->skips[number] = true;
    }
  }
}

static void take_from(struct plan *plan, const char *name) {
  plan->from = known_call(name);
  if (plan->from == CALL_NOT_HERE) {
    complain(EXIT_USAGE, "this machine has no system call '%s'", name);
  }
}

/* Returns the path of --count, or NULL. */
static const char *take_arguments(int count, char **arguments, struct plan *plan) {
  static const struct option options[] = {
      {"at", required_argument, NULL, 'a'},
      {"count", required_argument, NULL, 'c'},
      {"skip", required_argument, NULL, 's'},
      {"from", required_argument, NULL, 'f'},
      {0},
  };
  const char *path = NULL;
  opterr = 0;
  for (int option = 0; (option = getopt_long(count, arguments, "+", options, NULL)) != -1;) {
    switch (option) {
    case 'a':
      take_at(plan, optarg);
      break;
    case 'c':
      path = optarg;
      break;
    case 's':
      take_skip(plan, optarg);
      break;
    case 'f':
      take_from(plan, optarg);
      break;
    default:
      complain(EXIT_USAGE, "'%s' is no option, or its value is missing", arguments[optind - 1]);
    }
  }
  if (optind == count) {
    complain(
        EXIT_USAGE, "usage: kill-at-call [--at N[x]] [--count FILE] [--skip NAME[,NAME...]] "
                    "[--from NAME] -- PROGRAM ARGUMENTS...");
  }
  plan->arguments = arguments + optind;
  return path;
}

/* The program may have ended by itself where it was to be killed: then no call is named. */
static int write_count(FILE *file, const struct outcome *outcome) {
  fprintf(file, "%lld", (long long)outcome->count);
  if (outcome->was_killed && WIFSIGNALED(outcome->status) && WTERMSIG(outcome->status) == SIGKILL) {
    const char *const name = call_name(outcome->number);
    if (name != NULL) {
      fprintf(file, " %s %ld", name, outcome->number);
    } else {
      fprintf(file, " %ld %ld", outcome->number, outcome->number);
    }
  }
  fputc('\n', file);
  return fclose(file);
}

int main(int count, char **arguments) {
  struct plan plan = {.from = CALL_UNKNOWN};
  const char *const path = take_arguments(count, arguments, &plan);
  FILE *const file = path == NULL ? NULL : fopen(path, "we");
  if (path != NULL && file == NULL) {
    complain(EXIT_FAILURE, "%s: %s", path, strerror(errno));
  }
  struct outcome outcome;
  run_traced(&plan, &outcome);
  if (file != NULL && write_count(file, &outcome) != 0) {
    complain(EXIT_FAILURE, "%s: %s", path, strerror(errno));
  }
  return WIFEXITED(outcome.status) ? WEXITSTATUS(outcome.status) : 128 + WTERMSIG(outcome.status);
}
