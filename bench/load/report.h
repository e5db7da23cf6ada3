// The one line of JSON that the load generator prints. Used by load/main.cpp; read by support/programs.ts.
#pragma once

#include <string>

#include "load/open_loop.h"

namespace karv::bench {

// Of a closed loop. generator_share: how much of one core the generator itself used.
std::string report_of(Outcome outcome, double generator_share);
// The same, with what an open loop knows.
std::string report_of(Offered offered, double generator_share);

}  // namespace karv::bench
