/* Names of system calls, as strace writes them, and their numbers on this machine. */
#ifndef CALLS_H
#define CALLS_H

#define CALL_UNKNOWN (-1L)
/* The name of a call that this machine does not have, such as `open` on AArch64. */
#define CALL_NOT_HERE (-2L)

/* One above the highest number that is taken. */
#define CALLS_MAX 1024

/* Takes a name or a number. Returns CALL_UNKNOWN where it is neither. */
long call_number(const char *name);

/* NULL where the table has no name for the number. */
const char *call_name(long number);

#endif
