// Reads the keys of one TOML table and remembers them, so that what is missing, of the wrong type or left over is a
// mistake that gets named. Used by each executable's config.cpp.
//
//   KARV_TRY_VOID(Section(root, "listen").text("address", c.address).integer("workers", c.workers, 1, 256).end());
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "base/result.h"

namespace karv::apps {

class Section {
 public:
  // The table named `name`, or the root itself when the name is empty.
  Section(const toml::table& root, std::string name);

  Section& text(const char* key, std::string& into);                                             // required, not empty
  Section& integer(const char* key, std::int64_t& into, std::int64_t least, std::int64_t most);  // optional
  Section& optional_text(const char* key, std::string& into);       // not empty when it is there
  Section& texts(const char* key, std::vector<std::string>& into);  // optional: a list, no text empty
  // Optional: a list of such integers.
  Section& integers(const char* key, std::vector<std::int64_t>& into, std::int64_t least, std::int64_t most);
  // Optional: one of the words.
  Section& word(const char* key, std::string& into, std::initializer_list<std::string_view> words);
  Section& table(const char* key);  // read elsewhere
  // Errors: bad_value naming the first problem.
  base::Result<void> end();

 private:
  void note(const std::string& key, const std::string& what);

  std::string name_;
  const toml::table* table_ = nullptr;
  std::set<std::string> known_;
  std::string problem_;
};

base::Error configuration_error(const std::string& what);

// Parses the file and hands its root on. Errors: bad_value naming the file, with the line of a syntax error.
template <class Config>
base::Result<Config> read_toml(const std::string& path, base::Result<Config> (*from)(const toml::table&)) {
  std::ifstream file(path);
  if (!file || !std::filesystem::is_regular_file(path))
    return configuration_error(path + " is no file that can be read");
  try {
    return from(toml::parse(file, path));
  } catch (const toml::parse_error& error) {
    return configuration_error(std::string(error.description()) + " (line " +
                               std::to_string(error.source().begin.line) + " of " + path + ")");
  }
}

}  // namespace karv::apps
