// The measured lines of ledger_bench, and how they are told.
#pragma once

#include <string>
#include <vector>

namespace karv::bench {

// One side of one round.
struct Round {
  double per_second = 0;
  double cpu_us = 0;  // processor time of this process per transfer
};

struct Line {
  std::string engine;
  std::string shape;  // "hot": into one merchant; "uniform": any account to any other
  int batch = 0;      // transfers in one call, and in one commit
  std::vector<Round> ours;
  std::vector<Round> inserts;      // the limit: the same rows inserted, nothing else
  std::vector<Round> writes;       // also with the updates of the kept balances
  std::vector<double> batches_ms;  // of ours, all rounds
};

// The median of the rounds' ratios to a limit.
struct Ratios {
  double time = 0;
  double cpu = 0;
};
Ratios ratios(const std::vector<Round>& ours, const std::vector<Round>& limit);
// The middle of each figure.
Round median(const std::vector<Round>& rounds);

void print_head();
void print(Line& line);
void write_json(const std::string& path, std::vector<Line>& lines);

}  // namespace karv::bench
