// A database, clocks, keys and a seeded random source for the tests of this module and of those above it.
#pragma once

#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "audit/record.h"
#include "base/check.h"
#include "identity/key_vault_for_test.h"
#include "identity/service.h"
#include "store/temporary.h"

namespace karv::identity {

inline base::SecretBytes key_for_test(std::uint8_t fill) { return base::SecretBytes::copy_of(base::Bytes(32, fill)); }

struct WorldForTest {
  using Migrations = std::span<const store::Migration>;
  explicit WorldForTest(std::initializer_list<Migrations> above = {}) : WorldForTest(std::vector<Migrations>(above)) {}
  explicit WorldForTest(const std::vector<Migrations>& above)
      : database(store::TemporaryDatabase::create(
            schema_with(above), [this](const store::WriteReport& report) { round_trips = report.round_trips; })) {
    KARV_CHECK(sealer.stock().refill().ok());
  }

  static std::vector<store::Migration> schema_with(const std::vector<Migrations>& above) {
    std::vector<store::Migration> schema =
        store::all_migrations({store::migrations(), audit::migrations(), migrations()});
    for (const auto& module : above) schema.insert(schema.end(), module.begin(), module.end());
    return schema;
  }
  Context context() { return {keys, sealer, wall, business, random, limits, {}}; }
  static Email email(std::string_view text) {
    const auto parsed = Email::parse(text);
    KARV_CHECK(parsed.has_value());
    return *parsed;
  }
  void advance(base::Duration by) {
    wall.advance(by);
    business.advance(by);
    std::ignore = sealer.stock().refill();  // as its thread would
  }

  template <class T, class Work>
  base::Result<T> write(Work&& work) {
    return sealed.write<T>("test", std::forward<Work>(work));
  }
  template <class T, class Work>
  base::Result<T> read(Work&& work) {
    return sealed.read<T>("test", std::forward<Work>(work));
  }

  int round_trips = 0;  // of the last write
  base::ManualClock wall{base::Instant{1'795'000'000'000}};
  base::ManualClock business{base::Instant{1'795'000'000'000}};
  base::SeededRandom random{42};
  Keys keys = Keys::derive(key_for_test(3)).value();
  CodeLimits limits{};
  KeyVaultForTest vault;
  Sealer sealer{vault, wall, random};
  store::TemporaryDatabase database;
  SealedDatabase sealed{*database, sealer};
};

}  // namespace karv::identity
