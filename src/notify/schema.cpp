#include "notify/schema.h"

#include <array>

namespace karv::notify {
namespace {

constexpr const char* kMailKeys = R"(
  create table mail_keys (
    entry_id BYTEA primary key,
    wrapped_key BYTEA not null
  ))";

}  // namespace

std::span<const store::Migration> migrations() {
  static const std::array<store::Migration, 1> kMigrations = {{{51001, "mail_keys", {kMailKeys}}}};
  return kMigrations;
}

}  // namespace karv::notify
