// For the tests of servers' keys: two tenants on one vault, and what their servers would ask.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "vault/keys/repository.h"
#include "vault/rotation/key_rotation.h"
#include "vault/server_keys/server_keys.h"
#include "vault/test_support.h"

namespace karv::vault {

class ServerKeysTest : public ::testing::Test {
 protected:
  using State = vault_api::ServerKeyState;
  using Row = vault_api::WrappedServerKey;

  struct Made {
    std::vector<Row> rows;
    std::vector<std::string> clear;
  };
  Made make(std::int64_t count = 1) { return make(vault.tenant, count); }
  Made make(TenantId tenant, std::int64_t count) {
    const auto answer = server_keys.make(tenant, {.count = count}).value();
    Made made;
    for (const auto& key : answer.keys) {
      made.rows.push_back(key.stored);
      made.clear.emplace_back(key.clear.expose_text());
    }
    return made;
  }
  vault_api::OpenServerKeysAnswer open(const std::vector<Row>& rows) {
    return server_keys.open(vault.tenant, {.keys = rows}).value();
  }
  State state_of(const Row& row) { return open({row}).keys.front().state; }
  std::string clear_of(const Row& row) { return std::string(open({row}).keys.front().clear.expose_text()); }
  std::vector<Row> renewed(std::vector<Row> rows) {
    const auto answer = server_keys.renew(vault.tenant, {.keys = rows}).value();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(answer.keys[i].state, State::ok);
      rows[i] = {.key = rows[i].key, .epoch = answer.keys[i].epoch, .wrapped = answer.keys[i].wrapped};
    }
    return rows;
  }
  std::int64_t tell_left(std::int64_t before, std::int64_t left) { return tell_left(vault.tenant, before, left); }
  std::int64_t tell_left(TenantId tenant, std::int64_t before, std::int64_t left) {
    told[{tenant, before}] = left;
    return server_keys.left(tenant, {.before_epoch = before, .rows = left}).value().newest_epoch;
  }

  KeyRingPtr ring() { return vault.keys->refresh().value(); }
  KeyId active(KeyClass key_class) {
    return ring()->find_active(key_class, key_class == KeyClass::tenant ? vault.tenant : TenantId())->row.id;
  }
  KeyState state_of(KeyId id) { return std::ranges::find(ring()->rows(), id, &StoredKey::id)->state; }
  KeyId rotate(KeyClass key_class) {
    const auto id = active(key_class);
    EXPECT_TRUE(rotation.rotate(id).ok());
    return id;
  }
  void work_off() {
    for (int i = 0; i < 1000; ++i)
      if (!rotation.work().value()) return;
    FAIL() << "it never ends";
  }
  void work_for(base::Duration time) {
    work_off();
    vault.wall.advance(time);
    const auto again = told;  // as servers do all the time
    for (const auto& [about, left] : again) tell_left(about.first, about.second, left);
    work_off();
  }
  std::int64_t number(store::Sql sql) {
    return vault.database
        ->read<std::int64_t>("test",
                             [&](store::ReadTx& tx) -> base::Result<std::int64_t> {
                               KARV_TRY(const auto rows, tx.read_one({sql, {}}));
                               return rows.front().integer(0);
                             })
        .value();
  }
  void change(store::Sql sql, std::int64_t rows) {
    ASSERT_TRUE(vault.database
                    ->write<void>("test",
                                  [&](store::Tx& tx) -> base::Result<void> {
                                    tx.write({sql, {}}, rows);
                                    return {};
                                  })
                    .ok());
  }

  std::map<std::pair<TenantId, std::int64_t>, std::int64_t> told;
  testing::Disk disk;
  testing::TestVault vault{disk, nullptr, {.tenants = {"karv-server", "karv-other"}}};
  const TenantId other = vault.keys->get().value()->find_tenant("karv-other").value();
  ServerKeys server_keys{*vault.database, *vault.keys, vault.wall, vault.random};
  KeyRotation rotation{*vault.database, *vault.keys, *vault.cards, *vault.accounts, vault.wall, vault.random};
};

}  // namespace karv::vault
