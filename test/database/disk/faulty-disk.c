/*
 * A library for LD_PRELOAD that stands between a process and the data file of the embedded database.
 *
 * FAULT_KIND   write, sync or meta: which calls are counted; unset for none
 * FAULT_AT     number of the call that fails, from 1
 * FAULT_WHILE  instead of FAULT_AT, a file: calls fail while the file exists
 * FAULT_ERROR  errno of the failure, or 0 for a write that stores only its first half
 * FAULT_ALWAYS 1 if all later calls of the kind fail as well
 * FAULT_LOG    file that gets the time of the first failure, in milliseconds since 1970
 * DISK_TRACE   file that records writes, syncs and the notes of the writer: kind (1 byte), offset (8), length (4), data
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define META_BYTES 8192

enum file { OTHER, DATA, PROBE, NOTES };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int calls;

static enum file file_of(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return OTHER;
  path[length] = 0;
  char *name = strrchr(path, '/');
  if (!name) return OTHER;
  if (!strcmp(name, "/derailed.mdb.probe")) return PROBE;
  if (!strcmp(name, "/derailed.mdb") || !strcmp(name, "/derailed.mdb.new")) return DATA;
  return strcmp(name, "/notes.log") ? OTHER : NOTES;
}

static void record(char kind, uint64_t offset, const struct iovec *parts, int count) {
  static int trace = -2;
  if (trace == -2) {
    const char *path = getenv("DISK_TRACE");
    trace = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  }
  if (trace < 0) return;
  uint32_t length = 0;
  for (int i = 0; i < count; i++) length += parts[i].iov_len;
  char head[13];
  head[0] = kind;
  memcpy(head + 1, &offset, 8);
  memcpy(head + 9, &length, 4);
  struct iovec all[1 + 1024] = {{head, sizeof head}};
  memcpy(all + 1, parts, count * sizeof *parts);
  syscall(SYS_writev, trace, all, count + 1);
}

static void log_failure(void) {
  const char *path = getenv("FAULT_LOG");
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
  if (fd < 0) return;
  dprintf(fd, "%lld\n", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
  syscall(SYS_close, fd);
}

/* Returns whether this call fails. */
static int fails(const char *kind) {
  const char *wanted = getenv("FAULT_KIND"), *at = getenv("FAULT_AT"), *always = getenv("FAULT_ALWAYS"), *file = getenv("FAULT_WHILE");
  if (!wanted || strcmp(wanted, kind)) return 0;
  if (file) {
    if (access(file, F_OK)) return 0;
    log_failure();
    return 1;
  }
  if (!at) return 0;
  calls += 1;
  if (calls != atoi(at) && !(always && *always == '1' && calls > atoi(at))) return 0;
  log_failure();
  return 1;
}

static int error_number(void) {
  const char *error = getenv("FAULT_ERROR");
  return error ? atoi(error) : EIO;
}

/* Returns whether FAULT_WHILE stands for a full disk, which statfs and the probe of the free space notice as well. */
static int is_full(void) {
  const char *kind = getenv("FAULT_KIND"), *file = getenv("FAULT_WHILE");
  return kind && !strcmp(kind, "write") && file && error_number() == ENOSPC && !access(file, F_OK);
}

int statfs64(const char *path, struct statfs64 *result) {
  int (*next)(const char *, struct statfs64 *) = (int (*)(const char *, struct statfs64 *))dlsym(RTLD_NEXT, "statfs64");
  int failed = next(path, result);
  if (!failed && is_full()) result->f_bfree = result->f_bavail = 0;
  return failed;
}
int statfs(const char *path, struct statfs *result) { return statfs64(path, (struct statfs64 *)result); }

static ssize_t write_at(int fd, const struct iovec *parts, int count, off_t offset) {
  enum file file = file_of(fd);
  if (file == OTHER) return syscall(SYS_pwritev, fd, parts, count, offset, 0);
  if (file == PROBE) {
    if (!is_full()) return syscall(SYS_pwritev, fd, parts, count, offset, 0);
    errno = ENOSPC;
    return -1;
  }
  pthread_mutex_lock(&mutex);
  int durable = fcntl(fd, F_GETFL) & O_DSYNC, is_meta = offset < META_BYTES && parts[0].iov_len < 4096;
  ssize_t written;
  if (file == DATA && fails(is_meta ? "meta" : "write")) {
    struct iovec half = {parts[0].iov_base, parts[0].iov_len / 2};
    written = -1;
    if (error_number()) errno = error_number();
    else written = syscall(SYS_pwritev, fd, &half, 1, offset, 0);
  } else {
    written = syscall(SYS_pwritev, fd, parts, count, offset, 0);
    record(file == NOTES ? 'n' : durable ? 'd' : 'w', offset, parts, count);
  }
  pthread_mutex_unlock(&mutex);
  return written;
}

static ssize_t write_next(int fd, const struct iovec *parts, int count) {
  if (file_of(fd) != DATA) {
    if (file_of(fd) == NOTES) {
      pthread_mutex_lock(&mutex);
      record('n', 0, parts, count);
      pthread_mutex_unlock(&mutex);
    }
    return syscall(SYS_writev, fd, parts, count);
  }
  off_t offset = lseek(fd, 0, SEEK_CUR);
  ssize_t written = write_at(fd, parts, count, offset);
  if (written > 0) lseek(fd, offset + written, SEEK_SET);
  return written;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset) { return write_at(fd, parts, count, offset); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) { return write_at(fd, parts, count, offset); }
ssize_t writev(int fd, const struct iovec *parts, int count) { return write_next(fd, parts, count); }

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
  struct iovec part = {(void *)bytes, length};
  return write_at(fd, &part, 1, offset);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

ssize_t write(int fd, const void *bytes, size_t length) {
  struct iovec part = {(void *)bytes, length};
  return write_next(fd, &part, 1);
}

static int synced(int fd, long call) {
  if (file_of(fd) != DATA) return (int)syscall(call, fd);
  pthread_mutex_lock(&mutex);
  int result = -1;
  if (fails("sync")) errno = error_number() ? error_number() : EIO;
  else {
    result = (int)syscall(call, fd);
    record('s', 0, 0, 0);
  }
  pthread_mutex_unlock(&mutex);
  return result;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int msync(void *address, size_t length, int flags) {
  pthread_mutex_lock(&mutex);
  int failed = fails("sync");
  pthread_mutex_unlock(&mutex);
  if (!failed) return (int)syscall(SYS_msync, address, length, flags);
  errno = error_number() ? error_number() : EIO;
  return -1;
}
