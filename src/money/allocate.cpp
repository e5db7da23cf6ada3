#include "money/allocate.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"

namespace karv::money {
namespace {

__extension__ using Wide = __int128;

bool sums_to(const std::vector<Money>& parts, const Money& whole) {
  Wide sum = 0;
  for (const auto& part : parts) sum += part.minor();
  return sum == whole.minor();
}

}  // namespace

std::vector<Money> split_evenly(const Money& whole, std::size_t parts, OddCents odd_cents) {
  KARV_REQUIRE(parts >= 1 && parts <= 1'000'000);
  const auto count = static_cast<std::int64_t>(parts);
  const std::int64_t each = whole.minor() / count;  // toward zero: the left-over has the whole's sign
  const std::int64_t left = whole.minor() % count;
  std::vector<Money> out(parts, Money(each, whole.currency()));
  switch (odd_cents) {
    case OddCents::first:
      out.front() += Money(left, whole.currency());
      break;
    case OddCents::last:
      out.back() += Money(left, whole.currency());
      break;
    case OddCents::spread:
      for (std::size_t i = 0; i < static_cast<std::size_t>(left < 0 ? -left : left); ++i)
        out[i] += Money(left < 0 ? -1 : 1, whole.currency());
      break;
  }
  KARV_REQUIRE(sums_to(out, whole));
  return out;
}

std::vector<Money> allocate(const Money& whole, std::span<const std::int64_t> weights) {
  Wide total_weight = 0;
  for (const auto weight : weights) {
    KARV_REQUIRE(weight >= 0);
    total_weight += weight;
  }
  KARV_REQUIRE(total_weight > 0);

  const Wide sign = whole.is_negative() ? -1 : 1;
  const Wide magnitude = sign * whole.minor();
  std::vector<Wide> parts(weights.size());
  std::vector<Wide> remainders(weights.size());
  Wide left = magnitude;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    parts[i] = magnitude * weights[i] / total_weight;
    remainders[i] = magnitude * weights[i] % total_weight;
    left -= parts[i];
  }
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return remainders[a] != remainders[b] ? remainders[a] > remainders[b] : a < b;
  });
  KARV_REQUIRE(left >= 0 && left <= static_cast<Wide>(order.size()));
  for (std::size_t i = 0; i < static_cast<std::size_t>(left); ++i) parts[order[i]] += 1;

  std::vector<Money> out;
  out.reserve(parts.size());
  for (const auto part : parts) out.emplace_back(static_cast<std::int64_t>(sign * part), whole.currency());
  KARV_REQUIRE(sums_to(out, whole));
  return out;
}

}  // namespace karv::money
