// A second reading of JSON that a strict decoder has accepted: how deep it goes, how many there are of each, and
// whether a name stands twice. Knows nothing of the decoder, and judges accepted text only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace karv::fuzz {

struct JsonCounts {
  std::size_t depth = 0;
  std::size_t most_members = 0;
  std::size_t most_items = 0;
  bool name_twice = false;  // spelled the same way; escapes are not taken out
};

class JsonOracle {
 public:
  static JsonCounts count(std::string_view text) {
    JsonOracle oracle;
    for (std::size_t at = 0; at < text.size();) at = oracle.step(text, at);
    return oracle.counts_;
  }

 private:
  struct Open {
    bool list = false;
    std::size_t values = 0;
    bool expects_name = true;  // of an object
    std::set<std::string, std::less<>> names;
  };

  std::size_t step(std::string_view text, std::size_t at) {
    const char c = text[at];
    if (std::string_view(" \t\r\n").find(c) != std::string_view::npos) return at + 1;
    if (c == '}' || c == ']') {
      open_.pop_back();
      return at + 1;
    }
    if (c == ',') {
      open_.back().expects_name = true;
      return at + 1;
    }
    if (c == ':') {
      open_.back().expects_name = false;
      return at + 1;
    }
    if (c == '"' && !open_.empty() && !open_.back().list && open_.back().expects_name) return name(text, at);
    return value(text, at);
  }

  std::size_t name(std::string_view text, std::size_t at) {
    const std::size_t end = after_string(text, at);
    Open& top = open_.back();
    if (!top.names.emplace(text.substr(at, end - at)).second) counts_.name_twice = true;
    counts_.most_members = std::max(counts_.most_members, ++top.values);
    return end;
  }

  std::size_t value(std::string_view text, std::size_t at) {
    if (!open_.empty() && open_.back().list) counts_.most_items = std::max(counts_.most_items, ++open_.back().values);
    if (text[at] == '{' || text[at] == '[') {
      open_.push_back({.list = text[at] == '[', .names = {}});
      counts_.depth = std::max(counts_.depth, open_.size());
      return at + 1;
    }
    if (text[at] == '"') return after_string(text, at);
    return std::min(text.find_first_of(",:]} \t\r\n", at), text.size());
  }

  static std::size_t after_string(std::string_view text, std::size_t at) {
    for (++at; text[at] != '"'; ++at)
      if (text[at] == '\\') ++at;
    return at + 1;
  }

  std::vector<Open> open_;
  JsonCounts counts_;
};

}  // namespace karv::fuzz
