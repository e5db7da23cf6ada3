// One line being measured: rounds of ours and the limit in turn, and how they are told.
#pragma once

#include <string>
#include <vector>

#include "cards/sides.h"

namespace karv::bench {

struct CardLine {
  std::string engine;
  std::string task;
  int callers = 0;
  int limit_writers = 0;
  std::vector<Round> ours = {};
  std::vector<Round> limit = {};
  std::vector<double> writes_per_commit = {};
  std::vector<double> calls_ms = {};   // of ours, all rounds
  std::vector<double> beside_ms = {};  // holds while keys were moved
};

struct CardSettings {
  double seconds = 2;  // of each side of a round
  int rounds = 5;
};

// Measures one task.
CardLine measure(const Task& task, const std::string& engine, Ours& ours, Limit& limit, const CardSettings& settings);

void print_head();
void print(CardLine& line);
void write_json(const std::string& path, std::vector<CardLine>& lines);

}  // namespace karv::bench
