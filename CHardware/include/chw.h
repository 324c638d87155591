/*
 * The hardware contract: what the engine may ask of a rig, and what then happens on the wire.
 *
 * One rig is one `chw_rig`. Calls marked [tick] belong to the tick thread; they allocate nothing,
 * take no lock, make no system call on the simulated backend, and say how long they can block.
 * Calls marked [any] may come from any thread. Everything else belongs to start-up and shut-down.
 *
 * A call returns 0 or a positive value, or one negative `chw_error`.
 *
 * Backends: `simulated` is memory in place of wires, and `linux` drives the lines of a GPIO chip through
 * libgpiod. Buses are apart, in chw_bus.h: no bus transfer belongs on the tick thread.
 */
#ifndef CHW_H
#define CHW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The closed set of errors, the same for every backend. */
typedef enum __attribute__((enum_extensibility(closed))) chw_error : int32_t {
  CHW_OK = 0,
  CHW_ERROR_INVALID = -1,       /* an argument outside its stated range */
  CHW_ERROR_UNSUPPORTED = -2,   /* this build or this backend cannot do it */
  CHW_ERROR_NO_MEMORY = -3,
  CHW_ERROR_PERMISSION = -4,
  CHW_ERROR_BUSY = -5,          /* somebody else holds it */
  CHW_ERROR_GONE = -6,          /* the device was there and is not any more */
  CHW_ERROR_SYSTEM = -7,        /* any other errno */
  CHW_ERROR_MISSING = -8,       /* there is no such chip, line or bus */
  CHW_ERROR_AMBIGUOUS = -9,     /* more than one chip carries the label */
  /* What only a bus transfer ends in. */
  CHW_ERROR_NO_ADDRESS_ACKNOWLEDGE = -10, /* no device took the address */
  CHW_ERROR_NO_DATA_ACKNOWLEDGE = -11,    /* a device took the address and refused a byte */
  CHW_ERROR_NO_ACKNOWLEDGE = -12,         /* one of the two: the adapter does not tell which */
  CHW_ERROR_ARBITRATION_LOST = -13,
  CHW_ERROR_TIMEOUT = -14,      /* later than the deadline, or the adapter's own time-out: a held bus,
                                   a stretched clock, and with some adapters a missing acknowledge */
  CHW_ERROR_CHECKSUM = -15,     /* a packet error code did not fit */
  CHW_ERROR_PROTOCOL = -16,     /* a device answered what the protocol does not know */
  CHW_ERROR_BUS_FAULT = -17     /* the adapter says that it failed, and not why */
} chw_error;
enum { CHW_ERROR_COUNT = 18 };

typedef enum __attribute__((enum_extensibility(closed))) chw_backend_kind : int32_t {
  CHW_BACKEND_SIMULATED = 0,
  CHW_BACKEND_LINUX = 1
} chw_backend_kind;

/* Logical output lines. "Active" is what the name says; the backend knows the electrical level. */
typedef enum __attribute__((enum_extensibility(closed))) chw_line : int32_t {
  CHW_LINE_DIRECTION = 0, /* active: the head turns backwards. The engine never sets it. */
  CHW_LINE_ENABLE = 1,    /* active: the driver holds and drives the motor */
  CHW_LINE_BUZZER = 2,
  CHW_LINE_LAMP = 3
} chw_line;
enum { CHW_LINE_COUNT = 4 };

/* What the interlock is sealed with. Step counts, not volumes: the interlock knows no dose. */
typedef struct chw_interlock_limits {
  int64_t tick_ns;              /* 1 to 100 ms */
  int64_t step_interval_ns_min; /* from one step to the next; 0 or more */
  int32_t steps_per_minute_max; /* in any 60 s: those of the fastest legal flow, rounded up, and 2;
                                   1 to CHW_STEPS_PER_MINUTE_CEILING */
  int64_t steps_per_hour_max;   /* the rig's ceiling; 1 or more */
  int64_t steps_per_day_max;    /* the rig's ceiling; 1 or more */
} chw_interlock_limits;
/* A step in every tick of 1 ms, and one for the edge on each side. */
enum { CHW_STEPS_PER_MINUTE_CEILING = 60002 };

/*
 * The wires from a GPIO chip to the rig. All are active high, so that a pull-down at each one is the
 * safe state: the driver's own enable input, active low, is driven by the gate.
 */
typedef enum __attribute__((enum_extensibility(closed))) chw_wire : int32_t {
  CHW_WIRE_NONE = -1,
  CHW_WIRE_STEP = 0,
  CHW_WIRE_DIRECTION = 1,
  CHW_WIRE_ENABLE = 2,
  CHW_WIRE_HEARTBEAT = 3,
  CHW_WIRE_BUZZER = 4,
  CHW_WIRE_LAMP = 5
} chw_wire;
enum { CHW_WIRE_COUNT = 6 };

/* A line of a chip: by its name, or where that is null by its offset. */
typedef struct chw_line_place {
  const char *_Nullable name;
  int32_t offset;
} chw_line_place;

/* Which line of which chip each wire is. Read by chw_open alone. */
typedef struct chw_wiring {
  const char *_Nonnull chip_label; /* as the kernel's driver labels the chip; never its number */
  chw_line_place places[CHW_WIRE_COUNT];
} chw_wiring;

enum { CHW_NAME_BYTES = 32 }; /* what the kernel has for a label, a name, a consumer; with the zero */

/* What the kernel shows as the holder of a rig's lines. */
#define CHW_CONSUMER "pumpd"

/* Why chw_open failed. */
typedef struct chw_problem {
  chw_wire wire;               /* CHW_WIRE_NONE: not one wire, but the chip or the rig */
  int32_t system_error;        /* errno; 0 where no system call failed */
  char device[CHW_NAME_BYTES]; /* the chip's device; empty where none was found */
  char holder[CHW_NAME_BYTES]; /* who holds the wire; empty where the kernel does not tell */
} chw_problem;

/* How the rig is opened. */
typedef struct chw_config {
  chw_backend_kind backend;
  const chw_wiring *_Nullable wiring; /* linux only, and needed there */
  bool virtual_time; /* simulated only: time moves only by chw_world_set_time_ns */
  int64_t heartbeat_period_ns; /* how often a complete tick toggles the heartbeat; 1 tick or more,
                                  compared with the tick when the interlock is sealed */
} chw_config;

typedef struct chw_rig chw_rig;

/*
 * Opens a rig. Every line comes up in the safe state: motor not enabled, buzzer and lamp off.
 * The interlock is open for loading and refuses every step until it is sealed.
 * Allocates everything that the rig will ever need. On error `*rig` is null and `*problem` says what
 * it was about.
 *
 * `linux`: one chip, found by its label; all wires are requested, so that nobody else can have any of
 * them, buzzer and lamp apart from the others. At most one such rig is open in a process; a second one
 * is CHW_ERROR_BUSY.
 */
chw_error chw_open(
    const chw_config *_Nonnull config, chw_rig *_Nullable *_Nonnull rig,
    chw_problem *_Nonnull problem);

/*
 * Puts every line into the safe state and frees the rig. No other call may be under way.
 *
 * `linux` does the first part on every way out that the process controls: also at exit(3), and on a
 * signal that ends the process for a fault of its own (SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV,
 * SIGSYS, SIGTRAP). On SIGKILL the kernel gives the lines back and the external gate is what remains.
 */
void chw_close(chw_rig *_Nonnull rig);

/*
 * [any] The rig's clock: CLOCK_BOOTTIME, which counts on while the machine is suspended: steps age by it.
 * Never goes back. A vDSO read; in virtual time a load.
 */
int64_t chw_now_ns(const chw_rig *_Nonnull rig);

/*
 * [tick] Drives a line; buzzer and lamp belong to one thread of their own instead, if there is one. Blocks:
 * not at all on `simulated`; one ioctl on `linux`.
 */
chw_error chw_set_line(chw_rig *_Nonnull rig, chw_line line, bool active);

/* ---- The interlock: the only way to the motor. It can only refuse. ---- */

/*
 * What became of a step. Too soon and lapsed mean "not yet"; the limits of a window mean that the
 * caller is wrong.
 */
typedef enum __attribute__((enum_extensibility(closed))) chw_step_result : int32_t {
  CHW_STEP_MADE = 0,
  CHW_STEP_TOO_SOON = 1,      /* the interval since the last step is too short */
  CHW_STEP_LAPSED = 2,        /* no complete tick within max(3 ticks, 50 ms) */
  CHW_STEP_SHUT = 3,          /* the levels say so, it is halted, or a stop was asked for and not decided */
  CHW_STEP_MINUTE_LIMIT = 4,
  CHW_STEP_HOUR_LIMIT = 5,
  CHW_STEP_DAY_LIMIT = 6,
  CHW_STEP_NOT_SEALED = 7,
  CHW_STEP_DRIVE_ERROR = 8,   /* the pulse could not be put on the wire */
  CHW_STEP_LEASE_LIMIT = 9    /* the lease is used up */
} chw_step_result;

/*
 * The rolling windows. Each is cut into buckets that are numbered from the epoch: bucket b holds the
 * steps of [epoch + b x length, epoch + (b + 1) x length). b may be negative.
 */
typedef enum __attribute__((enum_extensibility(closed))) chw_window : int32_t {
  CHW_WINDOW_HOUR = 0, /* buckets of 1 min: the current one and 60 full ones */
  CHW_WINDOW_DAY = 1   /* buckets of 15 min: the current one and 96 full ones */
} chw_window;
enum { CHW_HOUR_BUCKETS = 61, CHW_DAY_BUCKETS = 97 };

/*
 * Before sealing: `steps` confirmed steps (0 or more) were made in `bucket` of a window. Numbers, not
 * ages: however long it takes until the interlock is sealed, nothing moves. Each bucket of a window
 * once, in ascending order; those that are left out are empty, and those that are too old for the
 * window when it is sealed are forgotten. Out of order, below 0, or too much to be counted is
 * CHW_ERROR_INVALID and changes nothing. Loaded steps count as any others, except in
 * chw_interlock_counts.steps.
 */
chw_error chw_interlock_load(
    chw_rig *_Nonnull rig, chw_window window, int64_t bucket, int64_t steps);

/*
 * Seals the interlock: limits cannot be changed any more, history cannot be loaded any more.
 * `epoch_ns` is the time of tick 0 (within 2^61 of 0; it may lie in the past or in the future).
 * CHW_ERROR_INVALID where a limit is out of its range, or where a bucket was loaded that has not
 * begun; then nothing is sealed.
 *
 * Each window lets pass one step more than its ceiling, because the interlock may date a step one
 * bucket later than its caller does. The minute takes what was loaded for its last two buckets as made
 * at the fastest legal flow.
 *
 * From here on steps may be made, once levels permit them and a tick has completed.
 */
chw_error chw_interlock_seal(
    chw_rig *_Nonnull rig, const chw_interlock_limits *_Nonnull limits, int64_t epoch_ns);

/*
 * What the tick says about steps, as a whole each time it changes. All are levels and none an event,
 * so that saying them again changes nothing. Before the first time nothing is permitted: all are 0.
 */
typedef struct chw_interlock_levels {
  bool open;                  /* steps may be made */
  int64_t stops_decided;      /* how many of the stops that were asked for the tick has decided */
  int64_t steps_per_hour_max; /* the therapy's ceilings; what was sealed binds where it is smaller, */
  int64_t steps_per_day_max;  /* and 0 permits no step at all */
  int64_t lease_steps_max;    /* pulses that may have been put on the wire since open, in all */
} chw_interlock_levels;

/*
 * [tick] Before or after sealing. Values below 0, and more stops decided than were asked for, are
 * CHW_ERROR_INVALID and change nothing.
 */
chw_error chw_interlock_set_levels(
    chw_rig *_Nonnull rig, const chw_interlock_levels *_Nonnull levels);

/*
 * [any] Asks for a stop: raises the count of stops asked for, and returns it. From then on every step
 * is refused, until levels tell that so many stops were decided. Takes effect within the call, even if
 * the tick hangs: a pulse that is under way is completed, and none follows.
 */
int64_t chw_interlock_ask_stop(chw_rig *_Nonnull rig);

/* [any] How many stops were asked for since open. */
int64_t chw_interlock_stops_asked(const chw_rig *_Nonnull rig);

/*
 * [any] A level of whoever supervises the tick, beside those of the tick itself: while it is halted every
 * step is refused, and the heartbeat stands, so that the gate outside takes the driver's power, whatever
 * the tick does. Takes effect within the call; a pulse that is under way is completed.
 */
void chw_interlock_halt(chw_rig *_Nonnull rig, bool halted);

/*
 * [tick] One complete step pulse, if every check passes; else nothing happens on the wire and the
 * refusal is counted. Blocks: not at all on `simulated`; on `linux` two ioctls, and between them until
 * the pulse has been high for CHW_PULSE_NS_MIN. How long that is at the most depends on the chip: `hil
 * rig` measures it on the rig at hand.
 */
chw_step_result chw_step(chw_rig *_Nonnull rig);

/*
 * The longest of the shortest STEP times of the drivers that are supported: DRV8825 1.9 us, A4988 1 us,
 * TMC2209 0.1 us, by their data sheets. Low times are a tick long.
 */
enum { CHW_PULSE_NS_MIN = 2000 };

/*
 * [tick] To be called at the end of every tick that succeeded as a whole. Renews the permission to
 * step, and toggles the heartbeat line every `heartbeat_period_ns`, but while it is halted.
 */
void chw_complete_tick(chw_rig *_Nonnull rig);

typedef struct chw_interlock_counts {
  int64_t steps;           /* pulses put on the wire since open */
  int64_t hour_steps;      /* in the window that the next step would be judged by */
  int64_t day_steps;
  int64_t refused[10];     /* by chw_step_result */
  int64_t lapses;          /* how often the permission lapsed and came back */
  int64_t hour_steps_max;  /* the ceilings in force: 0 until it is sealed and has levels */
  int64_t day_steps_max;
  int64_t lease_steps_max; /* the lease in force: 0 until it has levels */
  int64_t stops_asked;
} chw_interlock_counts;

/* [tick] What the interlock has counted, and what is in force. */
chw_interlock_counts chw_interlock_read_counts(const chw_rig *_Nonnull rig);

/* ---- Time and threads. Each returns 0 or a negative errno. ---- */

/*
 * Sleeps until CLOCK_MONOTONIC reaches `deadline_ns`; returns at once where that has passed.
 * One system call; goes on after a signal.
 */
int chw_sleep_until_ns(int64_t deadline_ns);

/* The same by CLOCK_BOOTTIME, the rig's clock. A machine that is suspended is not woken for it. */
int chw_sleep_until_boot_ns(int64_t deadline_ns);

/*
 * Maps a file that is shared with whoever comes after this process: what is stored into it outlives the
 * process, without a system call, though not the power. Makes it where it is missing and lengthens it,
 * with zeros, where it is too short. A link, or a file of another user, is CHW_ERROR_PERMISSION.
 *
 * Without a path: zeroed memory that ends with the process, for a machine that is simulated in it.
 */
chw_error chw_map_file(
    const char *_Nullable path, size_t bytes, void *_Nullable *_Nonnull memory);

/*
 * Gives memory that chw_map_file mapped another file behind it: made anew at `path`, where nobody else's may
 * be, with what the memory holds. The memory keeps its place, and other threads may go on storing into it;
 * what one stores before this returns may be in the old file alone. On an error all is as before.
 */
chw_error chw_remap_file(const char *_Nonnull path, size_t bytes, void *_Nonnull memory);

/* Whether a file system in memory, tmpfs or ramfs, holds what is at `path`: it goes with the power. */
bool chw_is_in_memory(const char *_Nonnull path);
void chw_unmap_file(void *_Nonnull memory, size_t bytes);

/* CLOCK_MONOTONIC, CLOCK_BOOTTIME and CLOCK_REALTIME now, by the vDSO. */
int64_t chw_monotonic_ns(void);
int64_t chw_boot_ns(void);
int64_t chw_utc_ns(void);

/* Whether the kernel says that CLOCK_REALTIME is synchronised, as some time daemon has told it. */
bool chw_utc_is_synchronised(void);

/*
 * Locks all present and future memory of the process: a page that was used once stays. -EPERM or -ENOMEM
 * where not permitted, or where RLIMIT_MEMLOCK is below CHW_LOCKED_BYTES_MIN and may not be raised.
 *
 * Pages of files are given back before: what only the start of the libraries needed is not kept. Each
 * comes in again, from the page cache, when it is next used; so threads that must not wait have to have
 * run their code once.
 *
 * Once future memory is locked too, every mapping counts against the limit by its full length:
 * eight megabytes for an ordinary thread's stack, and more for the arena that it allocates from.
 * Where the limit is smaller than this, starting threads would fail later, in the middle of the
 * run.
 */
enum { CHW_LOCKED_BYTES_MIN = 1 << 30 };
int chw_lock_memory(void);

typedef struct chw_thread chw_thread;

/*
 * Starts a thread with a stack of 1 MiB. `priority` 1 to 99 asks for SCHED_FIFO and a stack that is
 * pre-faulted, 0 for the ordinary policy. If SCHED_FIFO is refused the thread runs with the ordinary
 * policy, with a timer slack of 1 ns, and *refusal holds the errno; else *refusal is 0.
 */
int chw_thread_start(
    void (*_Nonnull body)(void *_Nullable), void *_Nullable argument, int priority,
    const char *_Nonnull name, int *_Nonnull refusal, chw_thread *_Nullable *_Nonnull thread);

/* Waits for the end of the thread and frees it. */
int chw_thread_join(chw_thread *_Nonnull thread);

#ifdef __cplusplus
}
#endif
#endif
