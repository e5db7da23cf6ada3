#include "base/program.h"

#include <gtest/gtest.h>

namespace karv::base {
namespace {

TEST(ProgramTest, its_words_its_output_and_its_code_are_kept) {
  const auto ended = run_program({.words = {"sh", "-c", "cat; echo \"$0\" >&2; exit 3", "a b"}, .input = "hello"});
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(ended->code, 3);
  EXPECT_EQ(ended->out, "hello");
  EXPECT_EQ(ended->err, "a b\n");
}

TEST(ProgramTest, more_than_a_pipe_holds_goes_through) {
  const std::string much(3'000'000, 'x');
  const auto ended = run_program({.words = {"cat"}, .input = much});
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(ended->out, much);
}

TEST(ProgramTest, what_is_not_there_or_is_killed_is_said) {
  const auto missing = run_program({.words = {"/nonexistent/program"}});
  EXPECT_EQ(missing.error().code(), ErrorCode::unavailable);
  EXPECT_NE(missing.error().internal_text().find("/nonexistent/program cannot be started"), std::string::npos);
  EXPECT_EQ(run_program({.words = {"sh", "-c", "kill -9 $$"}}).error().code(), ErrorCode::unavailable);
}

}  // namespace
}  // namespace karv::base
