// Structured log: one JSON object per line on standard error.
//
//   log::info("order_placed", {{"order_id", id.text()}, {"amount_minor", 1000}});
//
// `event` is a stable snake_case word. Values are ids, counts, codes and our own words: never secrets, personal data or
// free text that a caller sent. Runs of 13 to 19 digits that pass the card check digit are masked as a last line of
// defense.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace karv::base::log {

enum class Level : std::uint8_t { debug, info, warn, error };

struct Field {
  template <std::integral T>
  Field(std::string_view field_name, T number) : name(field_name), value(static_cast<std::int64_t>(number)) {}
  Field(std::string_view field_name, std::string_view text) : name(field_name), value(std::string(text)) {}
  Field(std::string_view field_name, const std::string& text) : name(field_name), value(text) {}
  Field(std::string_view field_name, const char* text) : name(field_name), value(std::string(text)) {}
  std::string_view name;
  std::variant<std::int64_t, std::string> value;
};
using Fields = std::initializer_list<Field>;

void set_level(Level level);
void write(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view event, Fields fields = {}) { write(Level::debug, event, fields); }
inline void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
inline void warn(std::string_view event, Fields fields = {}) { write(Level::warn, event, fields); }
inline void error(std::string_view event, Fields fields = {}) { write(Level::error, event, fields); }

// The line without its newline, as write() would print it at `time_text`.
std::string render(Level level, std::string_view event, Fields fields, std::string_view time_text);

}  // namespace karv::base::log
