/*
 * A bare loop on libgpiod: what a step costs without a contract. It holds the same lines in one request
 * as a rig does, and has no rule and no other thought.
 */
#ifndef REFERENCE_LINES_H
#define REFERENCE_LINES_H

#include <stdbool.h>
#include <stdint.h>

enum { REFERENCE_LINES_MAX = 6 };

/* Requests lines of a chip as outputs; the first of them is the step. 0 or a negative errno. */
int reference_open(const char *_Nonnull device, const unsigned int *_Nonnull offsets, int count);
void reference_close(void);

/* `count` pulses, each high for at least 2 us, which the drivers of motors need. False on any error. */
bool reference_pulses(int count);

#endif
