#include "identity/sealing.h"

#include <string>

#include <gtest/gtest.h>

#include "identity/key_repository.h"
#include "identity/world_for_test.h"

namespace karv::identity {
namespace {

using base::ErrorCode;

// Another server of the same tenant: it shares the database and the vault, and has opened nothing yet.
struct AnotherServer {
  explicit AnotherServer(WorldForTest& world) : sealer(world.vault, world.wall, world.random, {}) {}
  base::Result<SubjectKeyPtr> load(WorldForTest& world, SubjectId id) {
    SealedDatabase database(*world.database, sealer);
    return database.read<SubjectKeyPtr>("load", [&](store::ReadTx& tx) { return sealer.load(tx, id); });
  }
  Sealer sealer;
};

class SealingTest : public testing::Test {
 protected:
  SubjectId make_subject_id() { return SubjectId(base::make_uuid_v7(world.wall, world.random)); }
  SubjectKeyPtr stored_subject(SubjectId id) {
    const NewSubject subject = world.sealer.make_subject(id).value();
    EXPECT_TRUE(world
                    .write<void>([&](store::Tx& tx) -> base::Result<void> {
                      world.sealer.insert(tx, subject);
                      return {};
                    })
                    .ok());
    return subject.key;
  }
  SubjectKeyPtr stored_subject() { return stored_subject(make_subject_id()); }
  SubjectKeyRow row_of(SubjectId id) {
    return world
        .read<SubjectKeyRow>([&](store::ReadTx& tx) -> base::Result<SubjectKeyRow> {
          KARV_TRY(const auto rows, tx.read_one(find_subject_key(id)));
          return read_subject_key(rows).value();
        })
        .value();
  }
  base::Result<SubjectKeyPtr> load(SubjectId id) {
    return world.read<SubjectKeyPtr>([&](store::ReadTx& tx) { return world.sealer.load(tx, id); });
  }
  void let_go() { world.wall.advance(kOpenedTime); }
  static std::string opened(const base::Result<base::SecretBytes>& text) {
    return text.ok() ? std::string(text->expose_text()) : "closed";
  }

  WorldForTest world;
  const base::Bytes record = base::Bytes(16, 9);
  const SealedField place{"customers", record, "email"};
};

TEST_F(SealingTest, a_sealed_value_opens_where_it_was_sealed_and_nowhere_else) {
  const SubjectKeyPtr key = world.sealer.make_subject(make_subject_id())->key;
  const SubjectKeyPtr other = world.sealer.make_subject(make_subject_id())->key;
  base::Bytes sealed = world.sealer.seal(*key, place, base::as_bytes("anna@example.com"));
  EXPECT_EQ(opened(Sealer::open(*key, place, sealed)), "anna@example.com");

  const base::Bytes elsewhere(16, 8);
  EXPECT_FALSE(Sealer::open(*key, {"customers", record, "name"}, sealed).ok());
  EXPECT_FALSE(Sealer::open(*key, {"orders", record, "email"}, sealed).ok());
  EXPECT_FALSE(Sealer::open(*key, {"customers", elsewhere, "email"}, sealed).ok());
  EXPECT_FALSE(Sealer::open(*other, place, sealed).ok());
  // A key for one person cannot be relabeled as another's.
  EXPECT_FALSE(Sealer::open(SubjectKey{other->subject, key->key.clone()}, place, sealed).ok());
}

TEST_F(SealingTest, any_changed_byte_and_any_cut_is_noticed) {
  const SubjectKeyPtr key = world.sealer.make_subject(make_subject_id())->key;
  const base::Bytes sealed = world.sealer.seal(*key, place, base::as_bytes("x"));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    base::Bytes changed = sealed;
    changed[i] ^= 1;
    EXPECT_FALSE(Sealer::open(*key, place, changed).ok()) << i;
    EXPECT_FALSE(Sealer::open(*key, place, base::ByteView(sealed).first(i)).ok()) << i;
  }
}

TEST_F(SealingTest, another_server_has_the_vault_open_what_this_one_sealed) {
  const auto key = stored_subject();
  const base::Bytes sealed = world.sealer.seal(*key, place, base::as_bytes("hello"));
  AnotherServer server(world);
  const auto loaded = server.load(world, key->subject);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(opened(Sealer::open(**loaded, place, sealed)), "hello");
  EXPECT_NE(server.sealer.find_open(key->subject), nullptr);
  EXPECT_EQ(world.vault.open_calls, 1);
  ASSERT_TRUE(server.load(world, key->subject).ok());
  EXPECT_EQ(world.vault.open_calls, 1);  // open for minutes
}

TEST_F(SealingTest, an_open_key_is_let_go_after_five_minutes) {
  const auto key = stored_subject();
  world.wall.advance(kOpenedTime - base::milliseconds(1));
  EXPECT_NE(world.sealer.find_open(key->subject), nullptr);
  world.wall.advance(base::milliseconds(1));
  EXPECT_EQ(world.sealer.find_open(key->subject), nullptr);
  EXPECT_TRUE(load(key->subject).ok());
  EXPECT_EQ(world.vault.open_calls, 1);
}

TEST_F(SealingTest, what_is_stored_is_not_the_key) {
  const auto key = stored_subject();
  const auto row = row_of(key->subject);
  EXPECT_EQ(row.stored.epoch, 1);
  const auto wrapped = base::from_base64url(row.stored.wrapped).value();
  const auto found = std::ranges::search(wrapped, key->key.expose());
  EXPECT_TRUE(found.empty());
}

TEST_F(SealingTest, with_the_vault_away_open_keys_serve_and_closed_ones_are_unavailable_until_it_is_back) {
  const auto closed = stored_subject();
  let_go();
  const auto open = stored_subject();
  world.vault.away = true;
  EXPECT_TRUE(load(open->subject).ok());
  EXPECT_EQ(load(closed->subject).error().code(), ErrorCode::unavailable);
  const int calls = world.vault.open_calls;
  EXPECT_EQ(load(closed->subject).error().code(), ErrorCode::unavailable);
  EXPECT_EQ(world.vault.open_calls, calls);  // it failed a moment ago
  world.vault.away = false;
  world.wall.advance(base::seconds(1));
  EXPECT_TRUE(load(closed->subject).ok());
}

TEST_F(SealingTest, a_row_of_another_key_and_a_changed_one_open_nothing) {
  const auto a = stored_subject();
  const auto b = stored_subject();
  auto mixed = row_of(a->subject);
  mixed.stored.wrapped = row_of(b->subject).stored.wrapped;
  auto changed = row_of(b->subject);
  changed.stored.wrapped[20] = changed.stored.wrapped[20] == 'A' ? 'B' : 'A';
  for (const auto& wrong : {mixed, changed}) {
    ASSERT_TRUE(world
                    .write<void>([&](store::Tx& tx) -> base::Result<void> {
                      delete_subject_key(tx, wrong.subject);
                      insert_subject_key(tx, wrong);
                      return {};
                    })
                    .ok());
    EXPECT_EQ(AnotherServer(world).load(world, wrong.subject).error().code(), ErrorCode::internal);
  }
}

TEST_F(SealingTest, what_the_vault_erased_is_gone_although_the_row_is_there) {
  const auto key = stored_subject();
  world.vault.erase(row_of(key->subject).stored.key);
  AnotherServer server(world);
  EXPECT_EQ(server.load(world, key->subject).error().code(), ErrorCode::gone);
  EXPECT_EQ(server.load(world, key->subject).error().code(), ErrorCode::gone);
  EXPECT_EQ(world.vault.open_calls, 1);
}

TEST_F(SealingTest, a_row_of_an_epoch_that_was_destroyed_is_gone) {
  const auto key = stored_subject();
  world.vault.turn();
  world.vault.destroy(1);
  EXPECT_EQ(AnotherServer(world).load(world, key->subject).error().code(), ErrorCode::gone);
}

TEST_F(SealingTest, an_erased_subject_can_never_be_opened_again) {
  const auto id = stored_subject()->subject;
  ASSERT_NE(world.sealer.find_open(id), nullptr);
  ASSERT_TRUE(world.write<void>([&](store::Tx& tx) { return world.sealer.erase_subject(tx, id); }).ok());
  EXPECT_EQ(world.sealer.find_open(id), nullptr);
  EXPECT_EQ(load(id).error().code(), ErrorCode::gone);
  EXPECT_EQ(world.write<void>([&](store::Tx& tx) { return world.sealer.erase_subject(tx, id); }).error().code(),
            ErrorCode::not_found);
}

TEST_F(SealingTest, the_ids_of_a_persons_keys_are_found_for_the_vaults_erasure) {
  const auto a = stored_subject()->subject;
  const auto b = stored_subject()->subject;
  const std::vector<SubjectId> asked = {a, make_subject_id(), b};
  const auto ids =
      world.read<std::vector<vault_api::ServerKeyId>>([&](store::ReadTx& tx) { return Sealer::key_ids(tx, asked); });
  ASSERT_TRUE(ids.ok());
  EXPECT_EQ(*ids, (std::vector{row_of(a).stored.key, row_of(b).stored.key}));
}

TEST_F(SealingTest, a_rolled_back_subject_is_not_open) {
  const NewSubject subject = world.sealer.make_subject(make_subject_id()).value();
  EXPECT_FALSE(world
                   .write<void>([&](store::Tx& tx) -> base::Result<void> {
                     world.sealer.insert(tx, subject);
                     return base::Error(ErrorCode::refused);
                   })
                   .ok());
  EXPECT_EQ(world.sealer.find_open(subject.key->subject), nullptr);
}

TEST_F(SealingTest, a_write_that_finds_closed_keys_is_undone_and_run_again_with_all_of_them) {
  const auto a = stored_subject()->subject;
  const auto b = stored_subject()->subject;
  let_go();
  int runs = 0;
  const auto added = make_subject_id();
  const auto made = world.sealer.make_subject(added).value();
  const auto done = world.write<void>([&](store::Tx& tx) -> base::Result<void> {
    ++runs;
    world.sealer.insert(tx, made);
    KARV_TRY(const auto first, world.sealer.load(tx, a));
    KARV_TRY(const auto second, world.sealer.load(tx, b));
    EXPECT_NE(first, second);
    return {};
  });
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(row_of(added).stored.key, made.stored.key);  // once: its primary key would have refused a second
  EXPECT_EQ(world.vault.open_calls, 2);
}

TEST_F(SealingTest, without_the_vault_a_write_that_finds_a_closed_key_leaves_nothing_behind) {
  const auto closed = stored_subject()->subject;
  let_go();
  world.vault.away = true;
  const auto made = world.sealer.make_subject(make_subject_id()).value();
  const auto done = world.write<void>([&](store::Tx& tx) -> base::Result<void> {
    world.sealer.insert(tx, made);
    KARV_TRY(const auto key, world.sealer.load(tx, closed));
    static_cast<void>(key);
    return {};
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code(), ErrorCode::unavailable);
  EXPECT_TRUE(done.error().reason().empty());  // the catalogue's own word, for every API
  EXPECT_EQ(load(made.key->subject).error().code(), ErrorCode::gone);
}

TEST_F(SealingTest, a_refusal_that_has_nothing_to_do_with_keys_is_not_run_again) {
  const auto closed = stored_subject()->subject;
  let_go();
  int runs = 0;
  const auto done = world.write<void>([&](store::Tx& tx) -> base::Result<void> {
    ++runs;
    EXPECT_FALSE(world.sealer.load(tx, closed).ok());
    return base::Error(ErrorCode::refused);
  });
  EXPECT_EQ(done.error().code(), ErrorCode::refused);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(world.vault.open_calls, 0);
}

TEST(KeysTest, a_short_secret_is_refused) {
  EXPECT_FALSE(Keys::derive(base::SecretBytes(31)).ok());
  EXPECT_TRUE(Keys::derive(base::SecretBytes(32)).ok());
}

TEST(KeysTest, each_purpose_and_each_split_has_its_own_mac) {
  const Keys keys = Keys::derive(key_for_test(1)).value();
  EXPECT_NE(keys.credential_mac("ab", "c"), keys.credential_mac("a", "bc"));
  EXPECT_NE(keys.credential_mac("a", "b"), keys.credential_cache_key("a", "b"));
  EXPECT_NE(keys.email_index("x"), keys.peer_index("x"));
  EXPECT_NE(keys.email_index("x"), Keys::derive(key_for_test(2)).value().email_index("x"));
  EXPECT_EQ(keys.email_index("x"), keys.email_index("x"));
}

}  // namespace
}  // namespace karv::identity
