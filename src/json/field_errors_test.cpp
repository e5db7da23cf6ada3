#include "json/field_errors.h"

#include <gtest/gtest.h>

#include "base/check.h"

namespace karv::json {
namespace {

TEST(FieldErrors, none_is_success) {
  EXPECT_TRUE(FieldErrors().result().ok());
  EXPECT_THROW(static_cast<void>(FieldErrors().error()), base::RequirementFailed);
}

TEST(FieldErrors, each_field_is_named_once_and_every_message_has_a_line) {
  FieldErrors errors;
  errors.mismatch(item_path("order_lines", 0, "total_amount"), 900, 1000);
  errors.add("locale");
  errors.missing("order_lines[0].total_amount");
  const auto result = errors.result();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), base::ErrorCode::bad_value);
  EXPECT_EQ(message_lines(result.error()),
            (std::vector<std::string>{"Bad value: order_lines[0].total_amount, locale",
                                      "order_lines[0].total_amount: received 900, expected 1000",
                                      "order_lines[0].total_amount: is required"}));
}

TEST(FieldErrors, only_the_first_twenty_are_kept) {
  FieldErrors errors;
  for (std::size_t i = 0; i < 100; ++i) errors.missing(item_path("items", i));
  EXPECT_TRUE(errors.full());
  EXPECT_EQ(errors.all().size(), FieldErrors::kMost);
  EXPECT_EQ(errors.all().front().path, "items[0]");
}

TEST(FieldErrors, other_errors_have_their_public_text_as_their_only_line) {
  EXPECT_EQ(message_lines(base::Error(base::ErrorCode::gone)),
            (std::vector<std::string>{"This was used or has expired."}));
}

}  // namespace
}  // namespace karv::json
