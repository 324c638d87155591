#define _GNU_SOURCE

#include "last_act.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

static _Atomic(const struct rig_outputs *) armed;

static const int fatal_signals[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
#define FATAL_SIGNALS ((int)(sizeof fatal_signals / sizeof *fatal_signals))

/* What stood there before: a crash reporter may still have its say. */
static struct sigaction before[FATAL_SIGNALS];

static const chw_wire safe_order[CHW_WIRE_COUNT] = {
    CHW_WIRE_ENABLE, CHW_WIRE_STEP,   CHW_WIRE_DIRECTION,
    CHW_WIRE_BUZZER, CHW_WIRE_LAMP,   CHW_WIRE_HEARTBEAT,
};

void make_lines_safe(const struct rig_outputs *outputs) {
  for (int i = 0; i < CHW_WIRE_COUNT; i++) {
    /* Nobody is left to tell of an error; the external gate is what remains. */
    (void)drive_wire(outputs, safe_order[i], false);
  }
}

static void act(void) {
  const struct rig_outputs *const outputs = atomic_exchange(&armed, NULL);
  if (outputs != NULL) {
    make_lines_safe(outputs);
  }
}

static void on_fatal_signal(int number) {
  act();
  for (int i = 0; i < FATAL_SIGNALS; i++) {
    if (fatal_signals[i] == number) {
      (void)sigaction(number, &before[i], NULL);
    }
  }
  /* Blocked while this handler runs: it ends the process on return. */
  (void)raise(number);
}

bool last_act_arm(const struct rig_outputs *outputs) {
  static bool installed;
  const struct rig_outputs *none = NULL;
  if (!atomic_compare_exchange_strong(&armed, &none, outputs)) {
    return false;
  }
  if (installed) {
    return true;
  }
  installed = true;
  (void)atexit(act);
  struct sigaction action = {.sa_handler = on_fatal_signal};
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < FATAL_SIGNALS; i++) {
    (void)sigaction(fatal_signals[i], &action, &before[i]);
  }
  return true;
}

void last_act_disarm(void) { atomic_store(&armed, NULL); }
