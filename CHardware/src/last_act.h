/*
 * What a process does with its lines when it ends in another way than by chw_close: at exit(3), and on
 * a signal for a fault of its own. A kernel that takes lines back may leave them as they were.
 */
#ifndef CHW_LAST_ACT_H
#define CHW_LAST_ACT_H

#include "rig_outputs.h"

/* Drives every wire low, the enable first. Safe in a signal handler: ioctls alone. */
void make_lines_safe(const struct rig_outputs *outputs);

/* The lines of the one rig of this process, from now on. False where there is one already. */
bool last_act_arm(const struct rig_outputs *outputs);
void last_act_disarm(void);

#endif
