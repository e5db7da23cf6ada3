#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/card_digits.h"
#include "base/clock.h"

namespace karv::base::log {
namespace {

std::string_view word(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "error";
}

void append_quoted(std::string& out, std::string_view text) {
  const std::string safe = mask_card_numbers(text).text;
  out.push_back('"');
  for (const char c : safe) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) {
      // Our own words are ASCII; whatever else came along is shown as its bytes, so that the line stays valid JSON.
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

spdlog::logger& sink() {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("karv", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

std::atomic<Level> least{Level::info};

}  // namespace

void set_level(Level level) { least = level; }

std::string render(Level level, std::string_view event, Fields fields, std::string_view time_text) {
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","event":)", time_text, word(level));
  append_quoted(line, event);
  for (const auto& field : fields) {
    line.push_back(',');
    append_quoted(line, field.name);
    line.push_back(':');
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      const std::string digits = fmt::format("{}", *number);
      const auto safe = mask_card_numbers(digits);
      if (safe.masked == 0) {
        line += digits;
      } else {
        append_quoted(line, safe.text);
      }
    } else {
      append_quoted(line, std::get<std::string>(field.value));
    }
  }
  line.push_back('}');
  return line;
}

void write(Level level, std::string_view event, Fields fields) {
  if (level < least.load(std::memory_order_relaxed)) return;
  sink().log(spdlog::level::info, "{}", render(level, event, fields, to_rfc3339(SystemClock().now())));
}

}  // namespace karv::base::log
