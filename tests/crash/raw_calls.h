// The system calls behind the functions that crash_shim.cpp puts itself in front of.
#pragma once

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>

namespace bauta::crash::raw {

inline int open(const char* path, int flags, mode_t mode) {
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
inline ssize_t write(int fd, const void* data, std::size_t size) { return ::syscall(SYS_write, fd, data, size); }
inline ssize_t pwrite(int fd, const void* data, std::size_t size, off_t offset) {
  return ::syscall(SYS_pwrite64, fd, data, size, offset);
}
inline int ftruncate(int fd, off_t size) { return static_cast<int>(::syscall(SYS_ftruncate, fd, size)); }
inline int fsync(int fd) { return static_cast<int>(::syscall(SYS_fsync, fd)); }
inline int fdatasync(int fd) { return static_cast<int>(::syscall(SYS_fdatasync, fd)); }
inline int rename(const char* from, const char* to) { return static_cast<int>(::syscall(SYS_rename, from, to)); }
inline int unlink(const char* path) { return static_cast<int>(::syscall(SYS_unlink, path)); }
inline int mkdir(const char* path, mode_t mode) { return static_cast<int>(::syscall(SYS_mkdir, path, mode)); }

}  // namespace bauta::crash::raw
