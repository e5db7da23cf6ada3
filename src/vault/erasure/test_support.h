// For the tests of erasing: a vault with a journal beside it, opened and restarted as a process would.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "vault/cards/card_repository.h"
#include "vault/erasure/eraser.h"
#include "vault/keys/repository.h"
#include "vault/test_support.h"

namespace karv::vault {

class ErasureTest : public ::testing::Test {
 protected:
  using ErasureRequest = vault_api::ErasureRequest;

  ErasureTest() { EXPECT_TRUE(reopen().ok()); }

  // The vault is sealed and opened again, as at a start.
  base::Result<void> reopen() {
    vault.keys->on_unseal([this](crypto::Hsm& hsm, const KeyRing& ring) { return eraser->open(hsm, ring); });
    vault.keys->seal("a test");
    return vault.keys->unseal(disk.hsm);
  }
  // Another run of the process.
  base::Result<void> restart() {
    eraser.emplace(*vault.database, *vault.keys, vault.wall, vault.random, settings);
    return reopen();
  }
  ErasureRequest request(std::optional<std::string> force = {}) {
    ErasureRequest out;
    out.request = base::make_id<vault_api::ErasureRequestTag>(vault.wall, vault.random);
    out.customer = vault.customer;
    out.force = std::move(force);
    return out;
  }
  Tenant tenant() const { return {.id = vault.tenant, .name = "karv-server"}; }
  base::Result<vault_api::ErasureAnswer> erase(const ErasureRequest& what) { return eraser->erase(tenant(), what); }
  std::string reason_of_erasing(std::optional<std::string> force = {}) {
    const auto done = erase(request(std::move(force)));
    return done.ok() ? "" : done.error().reason();
  }
  std::string reason(OperationKind kind, const vault_api::CardOperation& what) {
    const auto done = vault.operations->run(vault.tenant, kind, what);
    return done.ok() ? "" : done.error().reason();
  }
  vault_api::ErasureProof proven(const vault_api::ErasureAnswer& answer) {
    return vault_api::verify_erasure_proof(answer.proof, eraser->proof_keys().value()).value();
  }
  bool is_there(const SealedCard& sealed) {
    return vault.database
        ->read<bool>("test",
                     [&](store::ReadTx& tx) -> base::Result<bool> {
                       KARV_TRY(const auto found, find_card(tx, sealed.card.id));
                       return found.has_value();
                     })
        .value();
  }
  std::int64_t count(store::Sql sql) {
    return vault.database
        ->read<std::int64_t>("test",
                             [&](store::ReadTx& tx) -> base::Result<std::int64_t> {
                               KARV_TRY(const auto rows, tx.read_one({sql, {}}));
                               return rows.front().integer(0);
                             })
        .value();
  }
  // As a backup from before brings them back: rows of the customer, and no word of the erasure.
  void bring_back(const SealedCard& sealed);
  std::string journal_text() {
    std::ifstream in(settings.journal, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void overwrite_journal(const std::string& text) {
    std::ofstream(settings.journal, std::ios::binary) << text;
    std::filesystem::permissions(settings.journal,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  // Until no operation is open; repeats wait on the clock.
  bool settles();
  void accept_loss(const std::string& why = "case 12: the disk is gone") {
    ASSERT_TRUE(accept_journal_loss(*vault.database,
                                    {.path = settings.journal, .reason = why, .accepted_at = vault.wall.now()},
                                    "uid 1000", vault.wall, vault.random)
                    .ok());
  }

  void change(const std::function<void(store::Tx&)>& work) {
    ASSERT_TRUE(vault.database
                    ->write<void>("test",
                                  [&](store::Tx& tx) -> base::Result<void> {
                                    work(tx);
                                    return {};
                                  })
                    .ok());
  }

  testing::Disk disk;
  testing::FakePeer peer;
  testing::TestVault vault{disk, &peer};
  EraserSettings settings{.journal = (disk.folder / "journal").string()};
  std::optional<Eraser> eraser{std::in_place, *vault.database, *vault.keys, vault.wall, vault.random, settings};
};

}  // namespace karv::vault
