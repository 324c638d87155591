/*
 * A file of all pulses on the simulated wires, which outlives the process that made them: a pulse is in
 * it at the moment at which it is made, without a system call, so that neither SIGKILL nor a crash
 * parts the two.
 */
#ifndef CHW_PULSE_FILE_H
#define CHW_PULSE_FILE_H

#include "chw_world.h"

struct pulse_file;

/* Goes on behind the pulses that are in the file already; makes it where it is missing. */
chw_error pulse_file_open(const char *path, struct pulse_file **file);
void pulse_file_close(struct pulse_file *file);

/* Does not block. CHW_ERROR_BUSY where the file is full: then the pulse must not be made. */
chw_error pulse_file_append(struct pulse_file *file, const chw_pulse *pulse);

#endif
