#include "apps/cli/dev/toml_text.h"

#include <iterator>

#include <fmt/format.h>

#include "crypto/files.h"

namespace karv::apps::cli::dev {

TomlText& TomlText::table(std::string_view name) {
  fmt::format_to(std::back_inserter(out_), "\n[{}]\n", name);
  return *this;
}

TomlText& TomlText::text(std::string_view key, std::string_view value) {
  fmt::format_to(std::back_inserter(out_), "{} = \"", key);
  for (const char c : value) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out_ += {'\\', c};
    } else if (code < 0x20 || code == 0x7f) {
      fmt::format_to(std::back_inserter(out_), "\\u{:04X}", code);
    } else {
      out_.push_back(c);
    }
  }
  out_ += "\"\n";
  return *this;
}

TomlText& TomlText::integer(std::string_view key, std::int64_t value) {
  fmt::format_to(std::back_inserter(out_), "{} = {}\n", key, value);
  return *this;
}

base::Result<void> TomlText::write_to(const std::string& path) const {
  return crypto::write_private_file(path, base::as_bytes("# Written by `karv dev`.\n" + out_));
}

}  // namespace karv::apps::cli::dev
