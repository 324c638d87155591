// What Driver.swift gives to C.
#pragma once

#include <stdint.h>

// Runs a core script. On 0 `line` holds "ticks steps digest"; else the result says why it was not
// run, and `line` is not written.
uint8_t run_script(const uint8_t *script, intptr_t count, char line[64]);

intptr_t dosing_state_size(void);
