/* A library to be loaded before all others (LD_PRELOAD): the system clock of the process is what a file says.
 *
 * MOVED_CLOCK names the file: two numbers, by how many seconds CLOCK_REALTIME is moved, and 1 where the kernel
 * says that it is synchronised. It is read at each call, so that a test moves the clock of a pump that runs.
 * MOVED_BOOT names a file that is read in place of the kernel's boot id. */
