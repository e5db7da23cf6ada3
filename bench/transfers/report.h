// The measured lines, and how they are told: a table of 120 columns, and every round as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "transfers/round.h"

namespace karv::bench {

struct Line {
  std::string engine;
  std::string shape;
  int batch = 0;  // transfers in one call
  int writers = 0;
  int limit_writers = 0;
  std::vector<Round> ours = {};
  std::vector<Round> inserts = {};            // the limit: the same rows inserted, nothing else
  std::vector<Round> writes = {};             // also with the updates of the kept balances
  std::vector<double> calls_per_commit = {};  // of ours, in each round
  std::vector<double> calls_ms = {};          // of ours, all rounds
  std::int64_t rolled_up = 0;                 // tail entries, while ours was measured
  std::optional<double> hot_to_spread = {};   // of "hot": the median of the rounds' ratios to "spread"
  bool verified = false;
};

void print_head();
void print(Line& line);
void print_legend(const std::vector<Line>& lines);
void write_json(const std::string& path, std::vector<Line>& lines);

}  // namespace karv::bench
