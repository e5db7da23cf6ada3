// A disk that fails when told to, as an SQLite VFS over the real one. For tests only.
//
//   FaultyDisk disk;                                        // registers the VFS "karv_faulty_disk"
//   auto db = TemporaryDatabase::create(schema, {.vfs = FaultyDisk::kName});
//   disk.bytes_left = 10'000;                               // then writes answer SQLITE_FULL
//   disk.failing_syncs = 1;                                 // the next fsync answers SQLITE_IOERR_FSYNC
//
// One at a time. Failing writes are cut short, as a full disk does.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <limits>

#include <sqlite3.h>

#include "base/check.h"

namespace karv::store {

class FaultyDisk {
 public:
  static constexpr const char* kName = "karv_faulty_disk";
  static constexpr std::int64_t kPlenty = std::numeric_limits<std::int64_t>::max();

  std::atomic<std::int64_t> bytes_left{kPlenty};
  std::atomic<int> failing_syncs{0};
  std::atomic<int> failing_writes{0};
  std::atomic<int> failing_reads{0};
  std::atomic<int> failed{0};  // how many operations failed so far

  FaultyDisk() {
    KARV_CHECK(current == nullptr);
    current = this;
    real_ = sqlite3_vfs_find(nullptr);
    vfs_ = *real_;
    vfs_.zName = kName;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.pAppData = real_->pAppData;
    vfs_.xOpen = open;
    KARV_CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
  }
  ~FaultyDisk() {
    sqlite3_vfs_unregister(&vfs_);
    current = nullptr;
  }
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

 private:
  struct File {
    sqlite3_file base;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };
  static File& as_file(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
  static const sqlite3_io_methods& methods_of(sqlite3_file* file) { return *as_file(file).real()->pMethods; }

  static bool take(std::atomic<int>& faults) {
    int left = faults.load();
    while (left > 0)
      if (faults.compare_exchange_weak(left, left - 1)) {
        ++current->failed;
        return true;
      }
    return false;
  }

  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    File& wrapped = as_file(file);
    wrapped.base.pMethods = nullptr;
    std::memset(static_cast<void*>(wrapped.real()), 0, static_cast<std::size_t>(current->real_->szOsFile));
    const int code = current->real_->xOpen(current->real_, name, wrapped.real(), flags, out_flags);
    if (code == SQLITE_OK) wrapped.base.pMethods = &kMethods;
    return code;
  }
  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    if (take(current->failing_writes)) return SQLITE_IOERR_WRITE;
    const std::int64_t left = current->bytes_left.load();
    if (left != kPlenty) {
      const int fits = static_cast<int>(std::clamp<std::int64_t>(left, 0, size));
      current->bytes_left -= fits;
      if (fits < size) {
        ++current->failed;
        if (fits > 0) std::ignore = methods_of(file).xWrite(as_file(file).real(), data, fits, offset);
        return SQLITE_FULL;
      }
    }
    return methods_of(file).xWrite(as_file(file).real(), data, size, offset);
  }
  static int read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
    if (take(current->failing_reads)) return SQLITE_IOERR_READ;
    return methods_of(file).xRead(as_file(file).real(), data, size, offset);
  }
  static int sync(sqlite3_file* file, int flags) {
    if (take(current->failing_syncs)) return SQLITE_IOERR_FSYNC;
    return methods_of(file).xSync(as_file(file).real(), flags);
  }

  static constexpr sqlite3_io_methods kMethods = {
      .iVersion = 2,
      .xClose = [](sqlite3_file* f) { return methods_of(f).xClose(as_file(f).real()); },
      .xRead = read,
      .xWrite = write,
      .xTruncate = [](sqlite3_file* f, sqlite3_int64 n) { return methods_of(f).xTruncate(as_file(f).real(), n); },
      .xSync = sync,
      .xFileSize = [](sqlite3_file* f, sqlite3_int64* n) { return methods_of(f).xFileSize(as_file(f).real(), n); },
      .xLock = [](sqlite3_file* f, int level) { return methods_of(f).xLock(as_file(f).real(), level); },
      .xUnlock = [](sqlite3_file* f, int level) { return methods_of(f).xUnlock(as_file(f).real(), level); },
      .xCheckReservedLock = [](sqlite3_file* f,
                               int* out) { return methods_of(f).xCheckReservedLock(as_file(f).real(), out); },
      .xFileControl = [](sqlite3_file* f, int op,
                         void* arg) { return methods_of(f).xFileControl(as_file(f).real(), op, arg); },
      .xSectorSize = [](sqlite3_file* f) { return methods_of(f).xSectorSize(as_file(f).real()); },
      .xDeviceCharacteristics = [](sqlite3_file* f) { return methods_of(f).xDeviceCharacteristics(as_file(f).real()); },
      .xShmMap = [](sqlite3_file* f, int page, int size, int extend,
                    void volatile** out) { return methods_of(f).xShmMap(as_file(f).real(), page, size, extend, out); },
      .xShmLock = [](sqlite3_file* f, int offset, int n,
                     int flags) { return methods_of(f).xShmLock(as_file(f).real(), offset, n, flags); },
      .xShmBarrier = [](sqlite3_file* f) { methods_of(f).xShmBarrier(as_file(f).real()); },
      .xShmUnmap = [](sqlite3_file* f, int remove) { return methods_of(f).xShmUnmap(as_file(f).real(), remove); },
      .xFetch = nullptr,
      .xUnfetch = nullptr,
  };

  inline static FaultyDisk* current = nullptr;
  sqlite3_vfs* real_ = nullptr;
  sqlite3_vfs vfs_{};
};

}  // namespace karv::store
