#include "base/error.h"

#include <cctype>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace karv::base {
namespace {

TEST(ErrorCatalog, every_code_has_one_row_with_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(ErrorCode::internal); ++i) {
    const auto& row = row_of(static_cast<ErrorCode>(i));
    EXPECT_EQ(static_cast<std::size_t>(row.code), i);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    for (const char c : row.name) EXPECT_TRUE(std::isupper(static_cast<unsigned char>(c)) != 0 || c == '_') << row.name;
  }
  EXPECT_EQ(names.size(), error_catalog().size());
}

TEST(ErrorCatalog, statuses_are_those_of_http_errors_and_sentences_are_sentences) {
  const std::set<int> known{400, 401, 402, 403, 404, 409, 410, 413, 422, 429, 500, 502, 503, 504};
  for (const auto& row : error_catalog()) {
    EXPECT_TRUE(known.contains(row.http_status)) << row.name;
    ASSERT_FALSE(row.public_sentence.empty()) << row.name;
    EXPECT_EQ(row.public_sentence.back(), '.') << row.name;
    EXPECT_TRUE(std::isupper(static_cast<unsigned char>(row.public_sentence.front())) != 0) << row.name;
  }
}

TEST(ErrorCatalog, a_caller_is_never_told_that_nothing_moved_when_that_is_not_known) {
  for (const auto code : {ErrorCode::unknown_outcome, ErrorCode::timeout, ErrorCode::internal})
    EXPECT_EQ(row_of(code).money_moved, MoneyMoved::unknown) << row_of(code).name;
  for (const auto& row : error_catalog())
    if (row.http_status < 500) EXPECT_EQ(row.money_moved, MoneyMoved::no) << row.name;
  EXPECT_EQ(row_of(ErrorCode::unknown_outcome).retry, Retry::same_key);
}

TEST(Error, internal_detail_never_becomes_public_text) {
  const auto error = internal_error(ErrorCode::internal, "row 7 is gone");
  EXPECT_EQ(error.public_text(), row_of(ErrorCode::internal).public_sentence);
  EXPECT_EQ(error.internal_text(), "row 7 is gone");
  const Error both(ErrorCode::not_found, PublicText("No such order."), InternalDetail("tenant 3"));
  EXPECT_EQ(both.public_text(), "No such order.");
  EXPECT_EQ(both.internal_text(), "tenant 3");
  EXPECT_EQ(both.http_status(), 404);
}

// ctest runs in the source tree.
TEST(ErrorCatalog, the_documentation_names_every_code_with_its_status_and_sentence) {
  std::ifstream file("docs/errors.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(text.empty()) << "docs/errors.md is not below the working directory";
  for (const auto& row : error_catalog()) {
    const std::string line = fmt::format("| `{}` | {} | {} |", row.name, row.http_status, row.public_sentence);
    EXPECT_NE(text.find(line), std::string::npos) << "docs/errors.md lacks: " << line;
  }
}

TEST(Error, a_reason_is_added_to_a_copy_or_to_itself) {
  const Error plain(ErrorCode::not_allowed);
  EXPECT_EQ(plain.with_reason("CAPTURE_NOT_ALLOWED").reason(), "CAPTURE_NOT_ALLOWED");
  EXPECT_EQ(plain.reason(), "");
  EXPECT_EQ(Error(ErrorCode::gone).with_reason("X").code(), ErrorCode::gone);
}

}  // namespace
}  // namespace karv::base
