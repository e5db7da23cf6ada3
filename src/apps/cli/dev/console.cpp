#include "apps/cli/dev/console.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

namespace karv::apps::cli::dev {
namespace {

constexpr std::array kColors = {"\x1b[36m", "\x1b[35m", "\x1b[33m", "\x1b[34m"};
constexpr const char* kPlain = "\x1b[0m";

}  // namespace

Console::Console() : color_(::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr) {}

void Console::say(std::string_view text) const {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

void Console::good(std::string_view text) const {
  say(color_ ? fmt::format("\x1b[32m{}{}", text, kPlain) : std::string(text));
}

void Console::problem(std::string_view text) const {
  fmt::print(stderr, "{}{}{}\n", color_ ? "\x1b[31m" : "", text, color_ ? kPlain : "");
}

void Console::child_line(std::string_view name, int index, std::string_view line) const {
  const char* const color = color_ ? kColors[static_cast<std::size_t>(index) % kColors.size()] : "";
  say(fmt::format("{}{:>12} |{} {}", color, name, color_ ? kPlain : "", line));
}

}  // namespace karv::apps::cli::dev
