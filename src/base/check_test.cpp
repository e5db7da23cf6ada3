#include "base/check.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace karv::base {
namespace {

TEST(Check, a_failed_requirement_fails_the_request_and_names_the_expression_not_its_values) {
  const int secret_count = 41'421;
  try {
    KARV_REQUIRE(secret_count == 0);
    FAIL() << "did not throw";
  } catch (const RequirementFailed& failure) {
    EXPECT_THAT(failure.what(), testing::HasSubstr("secret_count == 0"));
    EXPECT_THAT(failure.what(), testing::HasSubstr("check_test.cpp"));
    EXPECT_THAT(failure.what(), testing::Not(testing::HasSubstr("41421")));
  }
}

TEST(Check, what_holds_is_evaluated_once_and_goes_on) {
  int evaluated = 0;
  KARV_REQUIRE(++evaluated == 1);
  KARV_CHECK(++evaluated == 2);
  EXPECT_EQ(evaluated, 2);
}

TEST(CheckDeathTest, a_failed_check_aborts_the_process) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(KARV_CHECK(1 + 1 == 3), "KARV_CHECK failed: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace karv::base
