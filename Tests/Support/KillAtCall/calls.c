#define _GNU_SOURCE
#include "calls.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define CALL(name) {#name, SYS_##name}

/* The calls that newer machines were given only in the form that takes a directory or flags. */
#ifdef SYS_open
#define OLD_CALL(name) CALL(name)
#else
#define OLD_CALL(name) {#name, CALL_NOT_HERE}
#endif

static const struct call {
  const char *name;
  long number;
} calls[] = {
    /* files and what is in them */
    CALL(read), CALL(write), CALL(readv), CALL(writev), CALL(pread64), CALL(pwrite64),
    CALL(preadv), CALL(pwritev), CALL(preadv2), CALL(pwritev2), CALL(lseek), CALL(sendfile),
    CALL(splice), CALL(copy_file_range), CALL(openat), CALL(close),
    CALL(dup), CALL(dup3), CALL(pipe2), CALL(fcntl), CALL(flock), CALL(ioctl),
    CALL(fsync), CALL(fdatasync), CALL(sync), CALL(syncfs), CALL(sync_file_range),
    CALL(ftruncate), CALL(truncate), CALL(fallocate), CALL(fadvise64), CALL(readahead),

    /* names of files, and what is known about them */
    CALL(fstat), CALL(newfstatat), CALL(statx), CALL(statfs), CALL(fstatfs), CALL(faccessat),
    CALL(readlinkat), CALL(linkat), CALL(symlinkat), CALL(unlinkat),
    CALL(renameat), CALL(renameat2), CALL(mkdirat), CALL(mknodat), CALL(fchmod), CALL(fchmodat),
    CALL(fchown), CALL(fchownat), CALL(utimensat), CALL(umask), CALL(getdents64), CALL(getcwd),
    CALL(chdir), CALL(fchdir), CALL(chroot), CALL(mount), CALL(umount2), CALL(getxattr),
    CALL(setxattr), CALL(inotify_init1), CALL(inotify_add_watch), CALL(inotify_rm_watch),

    /* sockets */
    CALL(socket), CALL(socketpair), CALL(bind), CALL(listen), CALL(accept), CALL(accept4),
    CALL(connect), CALL(shutdown), CALL(sendto), CALL(recvfrom), CALL(sendmsg), CALL(recvmsg),
    CALL(sendmmsg), CALL(recvmmsg), CALL(getsockname), CALL(getpeername), CALL(getsockopt),
    CALL(setsockopt),

    /* waiting and time */
    CALL(ppoll), CALL(pselect6), CALL(epoll_create1), CALL(epoll_ctl), CALL(epoll_pwait),
    CALL(eventfd2), CALL(signalfd4), CALL(timerfd_create),
    CALL(timerfd_settime), CALL(timerfd_gettime), CALL(timer_create), CALL(timer_settime),
    CALL(timer_delete), CALL(setitimer), CALL(nanosleep), CALL(clock_nanosleep),
    CALL(clock_gettime), CALL(clock_getres), CALL(clock_settime), CALL(gettimeofday),
    CALL(futex), CALL(restart_syscall),

    /* memory */
    CALL(mmap), CALL(munmap), CALL(mremap), CALL(mprotect), CALL(madvise), CALL(msync),
    CALL(mincore), CALL(brk), CALL(mlock), CALL(mlock2), CALL(munlock), CALL(mlockall),
    CALL(munlockall), CALL(memfd_create), CALL(membarrier), CALL(mbind), CALL(get_mempolicy),

    /* threads and processes */
    CALL(clone), CALL(clone3), CALL(execve), CALL(execveat), CALL(exit), CALL(exit_group),
    CALL(wait4), CALL(waitid), CALL(getpid), CALL(getppid), CALL(gettid), CALL(getpgid),
    CALL(setpgid), CALL(getsid), CALL(setsid), CALL(set_tid_address), CALL(set_robust_list),
    CALL(get_robust_list), CALL(rseq), CALL(prctl), CALL(prlimit64), CALL(getrlimit),
    CALL(setrlimit), CALL(getrusage), CALL(times), CALL(uname), CALL(sysinfo), CALL(getcpu),
    CALL(getrandom), CALL(getuid), CALL(geteuid), CALL(getgid), CALL(getegid), CALL(getgroups),
    CALL(setuid), CALL(setgid), CALL(setgroups), CALL(setresuid), CALL(setresgid), CALL(capget),
    CALL(capset), CALL(seccomp), CALL(ptrace), CALL(bpf), CALL(perf_event_open), CALL(reboot),
    CALL(pidfd_open), CALL(pidfd_send_signal), CALL(io_uring_setup),
    CALL(io_uring_enter), CALL(io_uring_register), CALL(process_vm_readv),

    /* scheduling */
    CALL(sched_yield), CALL(sched_setscheduler), CALL(sched_getscheduler), CALL(sched_setparam),
    CALL(sched_getparam), CALL(sched_setattr), CALL(sched_getattr), CALL(sched_setaffinity),
    CALL(sched_getaffinity), CALL(sched_get_priority_max), CALL(sched_get_priority_min),
    CALL(getpriority), CALL(setpriority), CALL(ioprio_set),

    /* signals */
    CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(rt_sigpending),
    CALL(rt_sigsuspend), CALL(rt_sigtimedwait), CALL(rt_sigqueueinfo), CALL(sigaltstack),
    CALL(kill), CALL(tkill), CALL(tgkill),

    OLD_CALL(open), OLD_CALL(creat), OLD_CALL(stat), OLD_CALL(lstat), OLD_CALL(access),
    OLD_CALL(readlink), OLD_CALL(link), OLD_CALL(symlink), OLD_CALL(unlink), OLD_CALL(rename),
    OLD_CALL(mkdir), OLD_CALL(rmdir), OLD_CALL(mknod), OLD_CALL(chmod), OLD_CALL(chown),
    OLD_CALL(lchown), OLD_CALL(utime), OLD_CALL(utimes), OLD_CALL(getdents), OLD_CALL(dup2),
    OLD_CALL(pipe), OLD_CALL(poll), OLD_CALL(select), OLD_CALL(epoll_create),
    OLD_CALL(epoll_wait), OLD_CALL(eventfd), OLD_CALL(signalfd), OLD_CALL(inotify_init),
    OLD_CALL(pause), OLD_CALL(alarm), OLD_CALL(time), OLD_CALL(fork), OLD_CALL(vfork),
    OLD_CALL(getpgrp),

    /* younger than the headers of some systems in use */
#ifdef SYS_openat2
    CALL(openat2),
#endif
#ifdef SYS_close_range
    CALL(close_range),
#endif
#ifdef SYS_faccessat2
    CALL(faccessat2),
#endif
#ifdef SYS_epoll_pwait2
    CALL(epoll_pwait2),
#endif
#ifdef SYS_futex_waitv
    CALL(futex_waitv),
#endif
#ifdef SYS_pidfd_getfd
    CALL(pidfd_getfd),
#endif
#ifdef SYS_arch_prctl
    CALL(arch_prctl),
#endif
};

static const size_t calls_count = sizeof calls / sizeof calls[0];

long call_number(const char *name) {
  for (size_t i = 0; i < calls_count; i++) {
    if (strcmp(calls[i].name, name) == 0) {
      return calls[i].number;
    }
  }
  char *end = NULL;
  const long number = strtol(name, &end, 10);
  const int is_number = isdigit((unsigned char)name[0]) && *end == '\0';
  return is_number && number < CALLS_MAX ? number : CALL_UNKNOWN;
}

const char *call_name(long number) {
  for (size_t i = 0; i < calls_count; i++) {
    if (calls[i].number == number) {
      return calls[i].name;
    }
  }
  return NULL;
}
