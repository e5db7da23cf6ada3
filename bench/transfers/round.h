// One side of one round: writers that make their calls at once until the time is over.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engines/play.h"
#include "transfers/world.h"

namespace karv::bench {

struct Pace {
  double seconds = 2;
  double calls_per_commit = 1;  // how many a write is given, on average. Pre: >= 1
};

// Of transfers, and of the calls that had them.
struct PlayedCalls : Played {
  std::int64_t transfers = 0;
  std::int64_t calls = 0;
};

// Writes these calls of this writer, in one commit.
using Write = std::function<void(int writer, std::span<const Call> calls)>;

// Ends early when a writer has no calls left.
PlayedCalls play(const Hands& hands, const Pace& pace, const Write& write);

}  // namespace karv::bench
