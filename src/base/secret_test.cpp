#include "base/secret.h"

#include <algorithm>
#include <array>
#include <new>

#include <gtest/gtest.h>

namespace karv::base {
namespace {

constexpr std::string_view kText = "correct horse";

TEST(SecretBytes, a_move_takes_the_bytes_and_leaves_nothing) {
  auto first = SecretBytes::copy_of(kText);
  SecretBytes second(std::move(first));
  // NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move): that is the question
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(first.expose().data(), nullptr);
  // NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
  EXPECT_EQ(second.expose_text(), kText);
  SecretBytes third = SecretBytes::copy_of(std::string_view("old"));
  third = std::move(second);
  EXPECT_EQ(third.expose_text(), kText);
  auto& same = third;
  third = std::move(same);
  EXPECT_EQ(third.expose_text(), kText);
}

TEST(SecretBytes, equality_is_of_length_and_content) {
  const auto secret = SecretBytes::copy_of(kText);
  EXPECT_TRUE(secret == secret.clone());
  EXPECT_FALSE(secret == SecretBytes::copy_of(std::string_view("correct hors")));
  EXPECT_FALSE(secret == SecretBytes::copy_of(std::string_view("correct horsE")));
  EXPECT_FALSE(secret == SecretBytes());
  EXPECT_TRUE(SecretBytes() == SecretBytes(0));
}

TEST(SecretBytes, a_new_one_is_zero_and_a_cleared_one_is_empty) {
  SecretBytes secret(32);
  EXPECT_TRUE(std::ranges::all_of(secret.expose(), [](auto byte) { return byte == 0; }));
  secret.expose_mutable()[5] = 7;
  EXPECT_EQ(secret.expose()[5], 7);
  secret.clear();
  EXPECT_EQ(secret.size(), 0U);
  secret.clear();
  EXPECT_EQ(SecretBytes::copy_of(std::string_view()).size(), 0U);
}

TEST(Secret, its_memory_is_wiped_when_it_moves_and_when_it_goes) {
  using Key = std::array<std::uint8_t, 16>;
  Key key;
  key.fill(0xa5);
  alignas(Secret<Key>) std::array<std::uint8_t, sizeof(Secret<Key>)> from{};
  alignas(Secret<Key>) std::array<std::uint8_t, sizeof(Secret<Key>)> to{};
  const auto holds_key = [](const auto& memory) {
    return std::ranges::any_of(memory, [](auto byte) { return byte == 0xa5; });
  };
  auto* first = new (from.data()) Secret<Key>(key);
  EXPECT_TRUE(holds_key(from));
  auto* second = new (to.data()) Secret<Key>(std::move(*first));
  EXPECT_FALSE(holds_key(from));
  EXPECT_TRUE(second->expose() == key);
  second->~Secret();
  EXPECT_FALSE(holds_key(to));
  first->~Secret();
}

TEST(Wipe, overwrites_every_byte_and_nothing_else) {
  std::array<std::uint8_t, 64> memory;
  memory.fill(1);
  wipe(memory.data() + 8, 48);
  for (std::size_t i = 0; i < memory.size(); ++i) EXPECT_EQ(memory[i], i < 8 || i >= 56 ? 1 : 0) << i;
  wipe(memory.data(), 0);
  EXPECT_EQ(memory[0], 1);
}

TEST(ConstantTime, finds_a_difference_at_every_place) {
  Bytes a(100, 7);
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (const std::uint8_t bit : {0x01, 0x80}) {
      Bytes b = a;
      b[i] ^= bit;
      EXPECT_FALSE(equal_constant_time(a, b)) << i;
    }
  }
  EXPECT_TRUE(equal_constant_time(a, Bytes(a)));
  EXPECT_FALSE(equal_constant_time(a, ByteView(a).first(99)));
  EXPECT_TRUE(equal_constant_time({}, {}));
}

}  // namespace
}  // namespace karv::base
