#include "vault/network/trace_numbers.h"

#include "vault/processes/process_repository.h"

namespace karv::vault {
namespace {

constexpr std::int64_t kBlockSize = 1000;
constexpr std::int64_t kBlocks = 999;

}  // namespace

base::Result<std::int64_t> TraceNumbers::next() {
  {
    const base::Lock lock(mutex_);
    if (left_ > 0) {
      --left_;
      return next_++;
    }
  }
  // Not under the lock, which nobody holds while a database is waited for: two that come at once take a block each.
  KARV_TRY(const auto block, database_.write<std::int64_t>("vault_take_trace_block", [](store::Tx& tx) {
    return take_trace_block(tx, kBlocks);
  }));
  const base::Lock lock(mutex_);
  next_ = block * kBlockSize + 2;
  left_ = kBlockSize - 1;
  return block * kBlockSize + 1;
}

}  // namespace karv::vault
