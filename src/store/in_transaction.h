// Finds a work that opens a second transaction on the same database, at once: it would wait for itself. For drivers,
// and for what stands in front of one.
#pragma once

#include "base/check.h"

namespace karv::store {

class InTransaction {
 public:
  explicit InTransaction(const void* database) : outer_(open_) {
    KARV_REQUIRE(outer_ != database);
    open_ = database;
  }
  ~InTransaction() { open_ = outer_; }
  InTransaction(const InTransaction&) = delete;
  InTransaction& operator=(const InTransaction&) = delete;

 private:
  static inline thread_local const void* open_ = nullptr;
  const void* outer_;
};

}  // namespace karv::store
