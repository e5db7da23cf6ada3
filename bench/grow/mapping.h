// How the copy of a purchase differs from the purchase: it lies earlier, and its ids are others. Pure; a function of
// the number of the copy and the value alone, so that what referred to each other still does, and two runs agree.
// Within one copy different values stay different; UUIDs of different copies differ in their time.
#pragma once

#include <cstdint>
#include <span>

#include "base/id.h"

namespace karv::bench {

// Version 7, which begins with its time (RFC 9562, 5.7).
bool is_timed(const base::Uuid& id);
// Units: milliseconds since 1970, as in the columns. Pre: is_timed(id).
std::int64_t time_of(const base::Uuid& id);
// Whether a number in a column is a moment, of this time: what it counts is not written beside it.
bool is_moment(std::int64_t number);

class Mapping {
 public:
  Mapping(std::int64_t copy, std::int64_t shift_ms);

  std::int64_t moment(std::int64_t ms) const { return ms - back_ms_; }
  base::Uuid id(base::Uuid id) const;
  // A keyed hash, or whatever else has no form.
  void blob(std::span<char> bytes) const;
  // A short reference: digits stay digits, letters letters.
  void text(std::span<char> text) const;

 private:
  std::uint64_t noise(std::size_t at) const;

  std::uint64_t copy_;
  std::int64_t back_ms_;
};

}  // namespace karv::bench
