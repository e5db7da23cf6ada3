// Another program, run to its end: PostgreSQL's own tools, karv-vault's commands. Not for services, and not for
// anything that must be watched while it runs (apps/cli/dev/child.h does that). No shell is involved.
//
// Secrets never go into `words` or the environment: everybody on the machine can read a process's command line.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace karv::base {

struct Program {
  std::vector<std::string> words;  // the program first: a path, or a name that PATH has
  std::string input = {};          // its standard input
  bool capture = true;             // keep what it prints; otherwise it prints where this process does
};
struct ProgramEnd {
  int code = 0;
  std::string out, err;  // empty when not captured
};

// Waits for it. Pre: what it prints fits into memory. Errors: unavailable (not found, cannot be started, killed).
Result<ProgramEnd> run_program(const Program& program);

}  // namespace karv::base
