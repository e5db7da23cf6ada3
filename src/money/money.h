// Money: a whole number of minor units of one currency. Never floating point, never without its currency.
//
// Two kinds of arithmetic. The operators are for amounts that are already inside Karv: an overflow or a mix of two
// currencies there is a bug and fails the request. add(), subtract() and multiply() are for sums over what a caller
// sent: an overflow is the caller's error. Mixing currencies is a bug in either: the edge compares them first.
// Fractions: money/rounding.h and money/rate.h. Splitting: money/allocate.h.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "money/currency.h"

namespace karv::money {

// The most that one order, line, capture or refund may be, in minor units: two million of the larger unit. The merchant
// API promises it, and it keeps everything else small: a thousand such lines, or ten thousand orders of one customer,
// are 2 * 10^12, a millionth of what 64 bits hold, so that no sum the business can produce comes near an overflow.
inline constexpr std::int64_t kMaxAmountMinor = 200'000'000;

class Money {
 public:
  constexpr Money() = default;  // nothing, of no currency
  constexpr Money(std::int64_t minor, Currency currency) : minor_(minor), currency_(currency) {}
  Money(std::floating_point auto, Currency) = delete;  // a float would be cut silently
  static constexpr Money zero(Currency currency) { return {0, currency}; }

  constexpr std::int64_t minor() const { return minor_; }
  constexpr Currency currency() const { return currency_; }
  constexpr bool is_zero() const { return minor_ == 0; }
  constexpr bool is_positive() const { return minor_ > 0; }
  constexpr bool is_negative() const { return minor_ < 0; }

  // Equal amounts of two currencies are not equal; which is less cannot be asked. Pre of the others: one currency.
  friend constexpr bool operator==(const Money&, const Money&) = default;
  friend std::strong_ordering operator<=>(const Money& a, const Money& b);
  friend Money operator+(const Money& a, const Money& b);
  friend Money operator-(const Money& a, const Money& b);
  friend Money operator-(const Money& a);
  Money& operator+=(const Money& other) { return *this = *this + other; }
  Money& operator-=(const Money& other) { return *this = *this - other; }

 private:
  std::int64_t minor_ = 0;
  Currency currency_;
};

// Pre: one currency. Errors: `unprocessable` when the result does not fit.
base::Result<Money> add(const Money& a, const Money& b);
base::Result<Money> subtract(const Money& a, const Money& b);
base::Result<Money> multiply(const Money& a, std::int64_t quantity);

// "1234.50 SEK", "-0.05 EUR", "1234 JPY": for logs, letters and tests; pages format by locale themselves.
std::string to_text(const Money& money);

}  // namespace karv::money
