// What `karv dev` says on the terminal. Color when it is one and NO_COLOR is not set.
#pragma once

#include <string>
#include <string_view>

namespace karv::apps::cli::dev {

class Console {
 public:
  Console();
  void say(std::string_view text) const;      // a plain line
  void good(std::string_view text) const;     // something is up
  void problem(std::string_view text) const;  // to standard error
  // A line that a child wrote, behind its name.
  void child_line(std::string_view name, int index, std::string_view line) const;

 private:
  bool color_;
};

}  // namespace karv::apps::cli::dev
