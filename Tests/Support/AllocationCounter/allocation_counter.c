#include "allocation_counter.h"

#include <errno.h>
#include <stddef.h>

/* In the thread's static block: touching it allocates nothing, not even the first time. */
#define OF_THIS_THREAD static _Thread_local __attribute__((tls_model("initial-exec")))

OF_THIS_THREAD bool counting;
OF_THIS_THREAD int64_t allocations;

void allocation_counter_start(void) {
  allocations = 0;
  counting = true;
}

int64_t allocation_counter_stop(void) {
  counting = false;
  return allocations;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEAP_IS_TAKEN
#endif
#endif

#ifdef HEAP_IS_TAKEN

bool allocation_counter_is_there(void) { return false; }

#else

/* What the GNU C library calls its heap behind the names that are replaced here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

bool allocation_counter_is_there(void) { return true; }

static void count_one(void) {
  if (counting) {
    allocations++;
  }
}

void *malloc(size_t size) {
  count_one();
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  count_one();
  return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  count_one();
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  count_one();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) {
    return EINVAL;
  }
  void *const made = memalign(alignment, size);
  if (made == NULL) {
    return ENOMEM;
  }
  *block = made;
  return 0;
}

/* Not counted: what a tick frees, it or another has allocated. */
void free(void *block) { __libc_free(block); }

#endif
