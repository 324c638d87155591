/*
 * The world face of the simulated backend: what a plant or a test sees and sets on the other end of
 * the wires. Engine code never includes it. Every call is an error or does nothing on other
 * backends.
 */
#ifndef CHW_WORLD_H
#define CHW_WORLD_H

#include "chw.h"
#include "chw_bus.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One step pulse as it was on the wire. */
typedef struct chw_pulse {
  int64_t time_ns;            /* the rig's clock when the pulse was made */
  int64_t heartbeat_edge_ns;  /* the time of the last edge of the heartbeat before it */
  bool enabled;               /* the level of the enable line, before any gate */
  bool backwards;             /* the level of the direction line */
} chw_pulse;

/*
 * Moves virtual time, which starts at 0. Backwards or past 2^61 (73 years) is CHW_ERROR_INVALID;
 * CHW_ERROR_UNSUPPORTED in real time.
 */
chw_error chw_world_set_time_ns(chw_rig *_Nonnull rig, int64_t now_ns);

/*
 * Lets `ticks` ticks pass of `tick_ns` each, as if each moved virtual time on by itself and then was
 * completed. Their number costs nothing. CHW_ERROR_INVALID for less than a tick, for ticks that are not
 * those of the seal, and for more than 2^61 ns; CHW_ERROR_UNSUPPORTED in real time and before the seal.
 */
chw_error chw_world_pass_ticks(chw_rig *_Nonnull rig, int64_t ticks, int64_t tick_ns);

/*
 * Takes up to `capacity` pulses in order; returns how many. One taker at a time; may run on another
 * thread than the tick. Nothing is lost: a full trace refuses the pulse (CHW_STEP_DRIVE_ERROR).
 */
int32_t chw_world_take_pulses(
    chw_rig *_Nonnull rig, chw_pulse *_Nonnull pulses, int32_t capacity);
enum { CHW_WORLD_TRACE_CAPACITY = 65536 };

/*
 * Before the first step: keeps every pulse in a file besides, behind those that are in it already. The
 * file outlives the process, and a pulse is in it if and only if it was made, SIGKILL or not. It holds 8
 * bytes of letters, a count of 8 bytes, and the pulses, 24 bytes each. A file that is something else is
 * CHW_ERROR_INVALID; a full one refuses the pulse.
 */
chw_error chw_world_keep_pulses(chw_rig *_Nonnull rig, const char *_Nonnull path);
enum { CHW_PULSE_FILE_CAPACITY = 262144 };

/* [any] The level that the engine drives on a line. */
bool chw_world_line(const chw_rig *_Nonnull rig, chw_line line);

/* [any] The time of the last heartbeat edge; INT64_MIN before the first. */
int64_t chw_world_heartbeat_edge_ns(const chw_rig *_Nonnull rig);

/* [any] How many heartbeat edges there were. */
int64_t chw_world_heartbeat_edges(const chw_rig *_Nonnull rig);

/*
 * [any] The next `times` writes to a line, or pulses, fail with CHW_ERROR_SYSTEM and change nothing on
 * the wires. Below 0: until further notice; 0: no more from now on.
 */
void chw_world_fail_line(chw_rig *_Nonnull rig, chw_line line, int32_t times);
void chw_world_fail_drive(chw_rig *_Nonnull rig, int32_t times);

/* ---- The other end of a simulated bus ---- */

/* One transfer as it is on the wire. */
typedef struct chw_transfer {
  uint8_t address;
  uint8_t first_register;
  bool reads;                /* from the device; else it is written to */
  int32_t count;             /* 0: only the address, to see whether anything answers */
  uint8_t *_Nonnull bytes;   /* to be filled, or what is written */
} chw_transfer;

typedef chw_error (*chw_world_devices)(
    void *_Nullable context, const chw_transfer *_Nonnull transfer);

/*
 * What answers the transfers of a simulated bus, on the thread of the bus. Without it no address is
 * acknowledged. CHW_ERROR_UNSUPPORTED on another backend.
 */
chw_error chw_world_attach_devices(
    chw_bus *_Nonnull bus, chw_world_devices _Nonnull devices, void *_Nullable context);

#ifdef __cplusplus
}
#endif
#endif
