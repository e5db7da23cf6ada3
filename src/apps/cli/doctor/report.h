// What `karv doctor` says: a line for each thing it looked at, and for each that is wrong what to do about it.
#pragma once

#include <string>
#include <string_view>

namespace karv::apps::cli::doctor {

class Report {
 public:
  void section(std::string_view title);
  void good(std::string_view what);
  void note(std::string_view what);                          // worth knowing; production works without
  void wrong(std::string_view what, std::string_view cure);  // production needs it otherwise
  int wrongs() const { return wrongs_; }

 private:
  int wrongs_ = 0;
};

}  // namespace karv::apps::cli::doctor
