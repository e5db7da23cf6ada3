#include "identity/sealed_database.h"

namespace karv::identity {
namespace {

using base::Result;

// Each run may find another key closed: a session's, then its customer's.
constexpr int kMostRuns = 5;

}  // namespace

Result<void> SealedDatabase::run_write(std::string_view use_case, const std::function<Result<void>(store::Tx&)>& work) {
  std::vector<SubjectKeyRow> missing;
  for (int run = 1;; ++run) {
    auto done = inner_.write<void>(use_case, [&](store::Tx& tx) {
      missing.clear();
      const Sealer::Noting here(missing);
      return work(tx);
    });
    // Nothing else may be run again here: it may have been committed.
    const bool closed = !done.ok() && done.error().reason() == Sealer::kNotOpen && !missing.empty();
    if (!closed || run == kMostRuns) return done;
    KARV_TRY_VOID(sealer_.open_keys(missing));
  }
}

// The answer of a work may be an error that this does not see, but what it missed is noted.
Result<void> SealedDatabase::run_read(std::string_view use_case,
                                      const std::function<Result<void>(store::ReadTx&)>& work) {
  std::vector<SubjectKeyRow> missing;
  for (int run = 1;; ++run) {
    auto done = inner_.read<void>(use_case, [&](store::ReadTx& tx) {
      missing.clear();
      const Sealer::Noting here(missing);
      return work(tx);
    });
    if (missing.empty() || run == kMostRuns) return done;
    KARV_TRY_VOID(sealer_.open_keys(missing));
  }
}

}  // namespace karv::identity
