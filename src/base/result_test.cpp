#include "base/result.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace karv::base {
namespace {

Result<int> number(int n) {
  if (n < 0) return public_error(ErrorCode::bad_value, "negative", "NEGATIVE");
  return n;
}

Result<> check(int n) {
  if (n > 100) return Error(ErrorCode::too_large);
  return {};
}

Result<std::string> sum(int a, int b) {
  KARV_TRY(const auto first, number(a));
  KARV_TRY(const auto second, number(b));
  KARV_TRY_VOID(check(first + second));
  return std::to_string(first + second);
}

TEST(Result, try_goes_on_with_values_and_leaves_with_the_first_error) {
  EXPECT_EQ(sum(1, 2).value(), "3");
  EXPECT_EQ(*sum(1, 2), "3");
  EXPECT_EQ(sum(1, 2)->size(), 1U);
  const auto refused = sum(1, -2);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::bad_value);
  EXPECT_EQ(refused.error().public_text(), "negative");
  EXPECT_EQ(refused.error().reason(), "NEGATIVE");
  EXPECT_EQ(sum(60, 60).error().code(), ErrorCode::too_large);
  EXPECT_FALSE(sum(-1, 1));
}

Result<std::unique_ptr<int>> pointer(bool make) {
  if (!make) return Error(ErrorCode::not_found);
  return std::make_unique<int>(5);
}

Result<std::unique_ptr<int>> passed_on(bool make) {
  KARV_TRY(auto made, pointer(make));
  *made += 1;
  return made;
}

TEST(Result, carries_values_that_can_only_be_moved) {
  EXPECT_EQ(*passed_on(true).value(), 6);
  EXPECT_EQ(passed_on(false).error().code(), ErrorCode::not_found);
}

TEST(Result, asking_a_refusal_for_its_value_throws_rather_than_inventing_one) {
  EXPECT_ANY_THROW(static_cast<void>(number(-1).value()));
}

}  // namespace
}  // namespace karv::base
