#include "identity/sealing.h"

#include <string>

#include <gtest/gtest.h>

#include "identity/world_for_test.h"

namespace karv::identity {
namespace {

class SealingTest : public testing::Test {
 protected:
  SubjectId make_subject_id() { return SubjectId(base::make_uuid_v7(world.wall, world.random)); }
  SubjectKeyPtr stored_subject(SubjectId id) {
    const NewSubject subject = world.sealer->make_subject(id);
    EXPECT_TRUE(world
                    .write<void>([&](store::Tx& tx) -> base::Result<void> {
                      world.sealer->insert(tx, subject);
                      return {};
                    })
                    .ok());
    return subject.key;
  }
  base::Result<SubjectKeyPtr> load(Sealer& sealer, SubjectId id) {
    return world.read<SubjectKeyPtr>([&](store::ReadTx& tx) { return sealer.load(tx, id); });
  }
  std::unique_ptr<Sealer> another_server(std::uint8_t fill, std::int64_t epoch = 1) {
    std::vector<EpochKey> epochs;
    epochs.push_back({epoch, key_for_test(fill)});
    return Sealer::create(std::move(epochs), world.wall, world.random).value();
  }
  static std::string opened(const base::Result<base::SecretBytes>& text) {
    return text.ok() ? std::string(text->expose_text()) : "closed";
  }

  WorldForTest world;
  const base::Bytes record = base::Bytes(16, 9);
  const SealedField place{"customers", record, "email"};
};

TEST_F(SealingTest, a_sealed_value_opens_where_it_was_sealed_and_nowhere_else) {
  const SubjectKeyPtr key = world.sealer->make_subject(make_subject_id()).key;
  const SubjectKeyPtr other = world.sealer->make_subject(make_subject_id()).key;
  base::Bytes sealed = world.sealer->seal(*key, place, base::as_bytes("anna@example.com"));
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
  const SubjectKeyPtr key = world.sealer->make_subject(make_subject_id()).key;
  const base::Bytes sealed = world.sealer->seal(*key, place, base::as_bytes("x"));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    base::Bytes changed = sealed;
    changed[i] ^= 1;
    EXPECT_FALSE(Sealer::open(*key, place, changed).ok()) << i;
    EXPECT_FALSE(Sealer::open(*key, place, base::ByteView(sealed).first(i)).ok()) << i;
  }
}

TEST_F(SealingTest, another_server_with_the_same_epoch_key_opens_the_same_values) {
  const SubjectId id = make_subject_id();
  const SubjectKeyPtr key = stored_subject(id);
  const base::Bytes sealed = world.sealer->seal(*key, place, base::as_bytes("hello"));
  const auto server = another_server(7);
  const auto loaded = load(*server, id);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(opened(Sealer::open(**loaded, place, sealed)), "hello");
  EXPECT_NE(server->find_cached(id), nullptr);
}

TEST_F(SealingTest, a_wrong_or_unknown_epoch_key_opens_no_subject) {
  const SubjectId id = make_subject_id();
  stored_subject(id);
  EXPECT_EQ(load(*another_server(8), id).error().code(), base::ErrorCode::internal);
  EXPECT_EQ(load(*another_server(7, 2), id).error().code(), base::ErrorCode::internal);
}

TEST_F(SealingTest, an_erased_subject_can_never_be_opened_again) {
  const SubjectId id = make_subject_id();
  stored_subject(id);
  ASSERT_NE(world.sealer->find_cached(id), nullptr);
  ASSERT_TRUE(world.write<void>([&](store::Tx& tx) { return world.sealer->erase_subject(tx, id); }).ok());
  EXPECT_EQ(world.sealer->find_cached(id), nullptr);
  EXPECT_EQ(load(*world.sealer, id).error().code(), base::ErrorCode::gone);
  EXPECT_EQ(world.write<void>([&](store::Tx& tx) { return world.sealer->erase_subject(tx, id); }).error().code(),
            base::ErrorCode::not_found);
}

TEST_F(SealingTest, a_rolled_back_subject_is_not_cached) {
  const SubjectId id = make_subject_id();
  const NewSubject subject = world.sealer->make_subject(id);
  EXPECT_FALSE(world
                   .write<void>([&](store::Tx& tx) -> base::Result<void> {
                     world.sealer->insert(tx, subject);
                     return base::Error(base::ErrorCode::refused);
                   })
                   .ok());
  EXPECT_EQ(world.sealer->find_cached(id), nullptr);
}

TEST_F(SealingTest, several_keys_are_loaded_at_once_and_erased_ones_are_empty) {
  const SubjectId a = make_subject_id();
  const SubjectId b = make_subject_id();
  stored_subject(a);
  stored_subject(b);
  const auto server = another_server(7);
  const std::vector<SubjectId> asked = {a, make_subject_id(), b};
  const auto keys =
      world.read<std::vector<SubjectKeyPtr>>([&](store::ReadTx& tx) { return server->load_all(tx, asked); });
  ASSERT_TRUE(keys.ok());
  ASSERT_EQ(keys->size(), 3U);
  EXPECT_NE((*keys)[0], nullptr);
  EXPECT_EQ((*keys)[1], nullptr);
  EXPECT_NE((*keys)[2], nullptr);
}

TEST_F(SealingTest, epoch_keys_must_be_present_rising_and_whole) {
  const auto create = [&](std::vector<std::pair<std::int64_t, std::size_t>> keys) {
    std::vector<EpochKey> epochs;
    for (const auto& [epoch, size] : keys) epochs.push_back({epoch, base::SecretBytes(size)});
    return Sealer::create(std::move(epochs), world.wall, world.random).ok();
  };
  EXPECT_FALSE(create({}));
  EXPECT_FALSE(create({{1, 31}}));
  EXPECT_FALSE(create({{2, 32}, {1, 32}}));
  EXPECT_FALSE(create({{1, 32}, {1, 32}}));
  EXPECT_TRUE(create({{1, 32}, {2, 32}}));
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
