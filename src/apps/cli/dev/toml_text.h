// Writes the little TOML that `karv dev` needs: tables one level deep with text and integers. Source: TOML 1.0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace karv::apps::cli::dev {

class TomlText {
 public:
  TomlText& table(std::string_view name);
  TomlText& text(std::string_view key, std::string_view value);
  TomlText& integer(std::string_view key, std::int64_t value);
  // Readable by its owner only.
  base::Result<void> write_to(const std::string& path) const;

 private:
  std::string out_;
};

}  // namespace karv::apps::cli::dev
