/*
 * A bare loop on libgpiod: what a step costs without a contract. One line, no rule, no other thought.
 */
#ifndef REFERENCE_LINES_H
#define REFERENCE_LINES_H

#include <stdbool.h>
#include <stdint.h>

/* Requests one line of a chip as an output. 0 or a negative errno. */
int reference_open(const char *_Nonnull device, unsigned int offset);
void reference_close(void);

/* `count` pulses, each high for at least 2 us, which the drivers of motors need. False on any error. */
bool reference_pulses(int count);

#endif
