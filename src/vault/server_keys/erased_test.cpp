// Keys of a server that were named in an erasure: they open never again, whatever comes out of a backup.
#include <algorithm>
#include <filesystem>

#include "store/sqlite/sqlite.h"
#include "vault/erasure/test_support.h"
#include "vault/rotation/key_rotation.h"
#include "vault/server_keys/server_keys.h"

namespace karv::vault {
namespace {

using vault_api::ServerKeyState;
using Row = vault_api::WrappedServerKey;

class ServerKeysErased : public ErasureTest {
 protected:
  std::vector<Row> make(std::int64_t count) {
    const auto answer = server_keys.make(vault.tenant, {.count = count}).value();
    std::vector<Row> rows;
    for (const auto& key : answer.keys) rows.push_back(key.stored);
    return rows;
  }
  ServerKeyState state_of(const Row& row) {
    const auto opened = server_keys.open(vault.tenant, {.keys = {row}}).value().keys.front().state;
    EXPECT_EQ(server_keys.renew(vault.tenant, {.keys = {row}}).value().keys.front().state, opened);
    return opened;
  }
  ErasureRequest naming(const std::vector<Row>& rows) {
    auto out = request();
    out.server_keys.emplace();
    for (const auto& row : rows) out.server_keys->push_back(row.key);
    return out;
  }
  ServerKeys server_keys{*vault.database, *vault.keys, vault.wall, vault.random};
};
using ServerKeysErasedFilesTest = ServerKeysErased;

TEST_F(ServerKeysErased, control_10_a_named_key_is_gone_at_once_and_the_proof_names_it) {
  const auto rows = make(3);
  const auto answer = erase(naming({rows[1], rows[0], rows[1]})).value();  // of whom the vault itself has nothing
  EXPECT_EQ(state_of(rows[0]), ServerKeyState::gone);
  EXPECT_EQ(state_of(rows[1]), ServerKeyState::gone);
  EXPECT_EQ(state_of(rows[2]), ServerKeyState::ok);
  const auto proof = proven(answer);
  ASSERT_TRUE(proof.record.server_keys.has_value());
  std::vector named{rows[0].key, rows[1].key};
  std::ranges::sort(named);
  EXPECT_EQ(*proof.record.server_keys, named);  // in order, each once
  EXPECT_NE(journal_text().find(rows[0].key.text()), std::string::npos);
  EXPECT_NE(journal_text().find(rows[1].key.text()), std::string::npos);
  auto broken = rows[0];
  broken.wrapped = "x";
  EXPECT_EQ(state_of(broken), ServerKeyState::gone);  // whatever stands beside the id
}

TEST_F(ServerKeysErased, who_has_cards_too_is_erased_in_one) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  const auto rows = make(1);
  const auto proof = proven(erase(naming(rows)).value());
  EXPECT_FALSE(is_there(sealed));
  EXPECT_EQ(state_of(rows[0]), ServerKeyState::gone);
  EXPECT_EQ(proof.record.keys.size(), 1U);
}

TEST_F(ServerKeysErased, what_is_refused_erases_nothing) {
  const auto rows = make(200);
  auto nil = naming({rows[0]});
  nil.server_keys->emplace_back();
  EXPECT_EQ(erase(nil).error().reason(), "BAD_VALUE");
  auto many = naming(rows);
  many.server_keys->push_back(rows[0].key);
  EXPECT_EQ(erase(many).error().reason(), "BAD_VALUE");
  EXPECT_EQ(state_of(rows[0]), ServerKeyState::ok);
  EXPECT_TRUE(erase(naming(rows)).ok());
  EXPECT_EQ(count("select count(*) from erased_server_keys"), 200);
}

TEST_F(ServerKeysErased, the_same_request_never_means_more_keys_than_it_first_named) {
  const auto rows = make(3);
  auto first = naming({rows[0], rows[1]});
  const auto answer = erase(first).value();
  auto less = first;
  less.server_keys->pop_back();
  EXPECT_EQ(erase(less).value().proof, answer.proof);
  less.server_keys.reset();
  EXPECT_EQ(erase(less).value().proof, answer.proof);
  auto more = first;
  more.server_keys->push_back(rows[2].key);
  EXPECT_EQ(erase(more).error().code(), base::ErrorCode::idempotency_conflict);
  EXPECT_EQ(state_of(rows[2]), ServerKeyState::ok);

  const auto without = request();  // as callers wrote it before
  EXPECT_FALSE(proven(erase(without).value()).record.server_keys.has_value());
  auto with = without;
  with.server_keys = {rows[2].key};
  EXPECT_EQ(erase(with).error().code(), base::ErrorCode::idempotency_conflict);
}

TEST_F(ServerKeysErased, a_tenant_ends_its_own_keys_alone) {
  KeyHolder keys(*vault.database, vault.wall, vault.random, {.tenants = {"karv-server", "karv-other"}});
  ASSERT_TRUE(keys.unseal(disk.hsm).ok());
  ServerKeys all(*vault.database, keys, vault.wall, vault.random);
  const auto other = keys.get().value()->find_tenant("karv-other").value();
  const auto theirs = all.make(other, {.count = 1}).value().keys[0].stored;
  ASSERT_TRUE(erase(naming({theirs})).ok());
  EXPECT_EQ(all.open(other, {.keys = {theirs}}).value().keys[0].state, ServerKeyState::ok);
}

TEST_F(ServerKeysErased, control_10_a_restored_store_knows_it_before_it_serves) {
  const auto rows = make(2);
  ASSERT_TRUE(erase(naming({rows[0]})).ok());
  const auto go_back = [&] {
    change([&](store::Tx& tx) {
      tx.write({"delete from erased_server_keys", {}}, 1);
      tx.write({"delete from erasures", {}}, 1);
      tx.write({"update erasure_journals set head_position = 0, head_mac = $1", {base::Bytes(32)}}, 1);
    });
    ASSERT_EQ(state_of(rows[0]), ServerKeyState::ok);
  };
  go_back();
  ASSERT_TRUE(restart().ok());
  EXPECT_EQ(state_of(rows[0]), ServerKeyState::gone);
  EXPECT_EQ(state_of(rows[1]), ServerKeyState::ok);
  go_back();  // under the feet of a process that serves
  ASSERT_TRUE(eraser->catch_up().ok());
  EXPECT_EQ(state_of(rows[0]), ServerKeyState::gone);
  EXPECT_EQ(count("select count(*) from audit_records where action = 'subject_erased_again'"), 2);
}

TEST_F(ServerKeysErased, rows_about_erased_keys_go_when_the_epochs_of_their_time_are_destroyed) {
  const auto rows = make(1);
  ASSERT_TRUE(erase(naming(rows)).ok());
  KeyRotation rotation(*vault.database, *vault.keys, *vault.cards, *vault.accounts, vault.wall, vault.random);
  const auto look = [&] {
    ASSERT_TRUE(server_keys.left(vault.tenant, {.before_epoch = 2, .rows = 0}).ok());
    while (rotation.work().value()) {
    }
    ASSERT_TRUE(eraser->catch_up().ok());
  };
  vault.wall.advance(base::days(2));
  ASSERT_TRUE(rotation.rotate(vault.keys->get().value()->find_active(KeyClass::epoch)->row.id).ok());
  look();
  vault.wall.advance(base::days(6));
  look();
  EXPECT_EQ(count("select count(*) from erased_server_keys"), 1);
  vault.wall.advance(base::days(1));
  look();
  EXPECT_EQ(count("select count(*) from erased_server_keys"), 0);
  EXPECT_EQ(state_of(rows[0]), ServerKeyState::gone);  // its epoch is
  ASSERT_TRUE(restart().ok());
  EXPECT_EQ(state_of(rows[0]), ServerKeyState::gone);
}

TEST_F(ServerKeysErasedFilesTest, control_10_a_backup_of_vault_and_server_opens_no_erased_key) {
  const auto rows = make(2);
  const std::string backup = disk.store.folder() + "/backup.db";
  for (const char* end : {"", "-wal"})
    if (std::filesystem::exists(disk.store.path() + end))
      std::filesystem::copy_file(disk.store.path() + end, backup + end);
  ASSERT_TRUE(erase(naming({rows[0]})).ok());
  eraser.reset();  // lets go of the journal
  const auto restored = store::open_sqlite({.path = backup}).value();
  KeyHolder holder(*restored, vault.wall, vault.random, {});
  Eraser its(*restored, holder, vault.wall, vault.random, {.journal = settings.journal});
  holder.on_unseal([&](crypto::Hsm& hsm, const KeyRing& ring) { return its.open(hsm, ring); });
  ASSERT_TRUE(holder.unseal(disk.hsm).ok());
  ServerKeys served(*restored, holder, vault.wall, vault.random);
  const auto opened = served.open(vault.tenant, {.keys = rows}).value();
  EXPECT_EQ(opened.keys[0].state, ServerKeyState::gone);
  EXPECT_EQ(opened.keys[1].state, ServerKeyState::ok);
}

}  // namespace
}  // namespace karv::vault
