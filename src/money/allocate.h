// Splitting money into parts that always sum to the whole; nobody divides an amount by hand.
//
//   split_evenly(Money(1000, sek), 3, OddCents::first)      // 334, 333, 333
//   allocate(Money(100, eur), {{1, 1, 1}})                  // 34, 33, 33
//
// A negative whole is split like its positive and the parts are negated, so that a reversal mirrors what it reverses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "money/money.h"

namespace karv::money {

// Where the minor units go that do not divide evenly.
enum class OddCents : std::uint8_t {
  first,   // all to the first part: installments, so that later ones are equal
  last,    // all to the last part
  spread,  // one each, from the first part on
};

// Pre: parts >= 1.
std::vector<Money> split_evenly(const Money& whole, std::size_t parts, OddCents odd_cents);

// In proportion to the weights, by largest remainder (Hamilton's method): each part is its exact share rounded down,
// and what is left goes one minor unit each to the largest remainders, earlier parts first among equals. So each part
// is less than one minor unit from its exact share, and a part of weight 0 is 0.
// Pre: no weight is negative and one is positive.
std::vector<Money> allocate(const Money& whole, std::span<const std::int64_t> weights);

}  // namespace karv::money
