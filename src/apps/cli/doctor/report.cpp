#include "apps/cli/doctor/report.h"

#include <fmt/format.h>

namespace karv::apps::cli::doctor {

void Report::section(std::string_view title) { fmt::print("{}\n", title); }
void Report::good(std::string_view what) { fmt::print("  ok    {}\n", what); }
void Report::note(std::string_view what) { fmt::print("  note  {}\n", what); }
void Report::wrong(std::string_view what, std::string_view cure) {
  fmt::print("  wrong {}\n        -> {}\n", what, cure);
  ++wrongs_;
}

}  // namespace karv::apps::cli::doctor
