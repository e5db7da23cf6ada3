#include "apps/vault/config.h"

#include <array>
#include <set>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace karv::apps::vault {
namespace {

base::Error wrong(const std::string& what) { return base::internal_error(base::ErrorCode::bad_value, what); }

// Reads the keys of one table and remembers them, so that what is left over is a mistake that gets named.
class Section {
 public:
  Section(const toml::table& root, std::string name) : name_(std::move(name)) {
    table_ = name_.empty() ? &root : root[name_].as_table();
  }

  Section& text(const char* key, std::string& into) {
    const auto value = table_ == nullptr ? std::nullopt : (*table_)[key].value_exact<std::string>();
    if (value && !value->empty()) {
      into = *value;
    } else {
      note(key, "is missing or no text");
    }
    known_.insert(key);
    return *this;
  }
  Section& optional_integer(const char* key, std::int64_t& into, std::int64_t least, std::int64_t most) {
    known_.insert(key);
    if (table_ == nullptr || !table_->contains(key)) return *this;
    const auto value = (*table_)[key].value_exact<std::int64_t>();
    if (value && *value >= least && *value <= most) {
      into = *value;
    } else {
      note(key, fmt::format("is not an integer from {} to {}", least, most).c_str());
    }
    return *this;
  }
  Section& table(const char* key) {
    known_.insert(key);
    return *this;
  }
  base::Result<void> end() {
    if (table_ != nullptr)
      for (const auto& [key, value] : *table_)
        if (!known_.contains(std::string(key.str()))) note(std::string(key.str()).c_str(), "is not known");
    return problem_.empty() ? base::Result<void>() : wrong(problem_);
  }

 private:
  void note(const char* key, const char* what) {
    if (problem_.empty())
      problem_ = fmt::format("configuration: {}{}{} {}", name_, name_.empty() ? "" : ".", key, what);
  }
  std::string name_;
  const toml::table* table_ = nullptr;
  std::set<std::string> known_;
  std::string problem_;
};

base::Result<Config> from_table(const toml::table& root) {
  Config c;
  std::string mode;
  Section top(root, "");
  top.text("mode", mode).text("database", c.database);
  for (const char* section : {"public", "private", "network", "hsm"}) top.table(section);
  if (mode == "sandbox") top.table("sandbox");  // in production its presence is a mistake
  KARV_TRY_VOID(top.end());
  if (mode != "sandbox" && mode != "production") return wrong("configuration: mode is neither sandbox nor production");
  c.mode = mode == "sandbox" ? Mode::sandbox : Mode::production;

  auto& p = c.public_door;
  KARV_TRY_VOID(Section(root, "public")
                    .text("listen", p.listen)
                    .text("url", p.url)
                    .text("cert", p.cert)
                    .text("key", p.key)
                    .text("pages", p.pages)
                    .end());
  auto& i = c.private_door;
  KARV_TRY_VOID(Section(root, "private")
                    .text("listen", i.listen)
                    .text("cert", i.cert)
                    .text("key", i.key)
                    .text("client_ca", i.client_ca)
                    .end());
  auto& n = c.network;
  KARV_TRY_VOID(Section(root, "network")
                    .text("address", n.address)
                    .text("server_name", n.server_name)
                    .text("ca", n.ca)
                    .text("cert", n.cert)
                    .text("key", n.key)
                    .optional_integer("answer_limit_ms", n.answer_limit_ms, 100, 30'000)
                    .end());
  auto& h = c.hsm;
  KARV_TRY_VOID(Section(root, "hsm")
                    .text("module", h.module)
                    .text("token_label", h.token_label)
                    .text("pin_file", h.pin_file)
                    .text("key_label", h.key_label)
                    .end());
  if (c.mode == Mode::sandbox) KARV_TRY_VOID(Section(root, "sandbox").text("test_cards", c.test_cards).end());
  return c;
}

}  // namespace

base::Result<Config> read_config(const std::string& path) {
  try {
    return from_table(toml::parse_file(path));
  } catch (const toml::parse_error& error) {
    return wrong(fmt::format("configuration: {} (line {})", error.description(), error.source().begin.line));
  }
}

}  // namespace karv::apps::vault
