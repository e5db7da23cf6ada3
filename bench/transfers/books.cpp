#include "transfers/books.h"

#include <algorithm>

#include <fmt/format.h>

#include "bench_support.h"
#include "engines/must.h"
#include "ledger/verify.h"

namespace karv::bench {

bool Books::verify(store::Database& database, std::int64_t transfers) {
  constexpr double kLong = 5;
  if (took_seconds_ > kLong) return false;
  const auto start = Clock::now();
  const auto verified = must(ledger::verify(database));
  took_seconds_ = seconds_since(start);
  for (std::size_t i = 0; i < std::min<std::size_t>(verified.findings.size(), 10); ++i)
    fmt::print(stderr, "{} {}: {}\n", verified.findings[i].kind, verified.findings[i].id, verified.findings[i].what);
  KARV_CHECK(verified.findings.empty());
  KARV_CHECK(verified.transfers == transfers);
  return true;
}

}  // namespace karv::bench
