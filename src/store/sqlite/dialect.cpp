#include "store/sqlite/dialect.h"

#include <algorithm>
#include <cctype>

namespace karv::store::sqlite {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

// One blank between words: what the rules below look at.
std::string flat(std::string_view text) {
  std::string out;
  for (const char c : lower(text)) {
    const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (!blank) out.push_back(c);
    if (blank && !out.empty() && out.back() != ' ') out.push_back(' ');
  }
  return out;
}

std::string_view sqlite_word(std::string_view word) {
  const std::string name = lower(word);
  if (name == "bigint") return "INTEGER";
  if (name == "bytea") return "BLOB";
  return word;
}

}  // namespace

std::string to_sqlite_schema(std::string_view statement) {
  std::string out;
  bool quoted = false;
  for (std::size_t at = 0; at < statement.size();) {
    if (statement[at] == '\'') quoted = !quoted;
    if (quoted || !is_word(statement[at])) {
      out.push_back(statement[at++]);
      continue;
    }
    std::size_t end = at;
    while (end < statement.size() && is_word(statement[end])) ++end;
    out.append(sqlite_word(statement.substr(at, end - at)));
    at = end;
  }
  const std::string words = flat(statement);
  if (!words.starts_with("create table")) return out;
  const bool numbered = words.find("bigint primary key") != std::string::npos;
  const bool keyed = words.find("primary key") != std::string::npos;
  out.append(keyed && !numbered ? " STRICT, WITHOUT ROWID" : " STRICT");
  return out;
}

}  // namespace karv::store::sqlite
