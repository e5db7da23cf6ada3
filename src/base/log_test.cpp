#include "base/log.h"

#include <gtest/gtest.h>

namespace karv::base::log {
namespace {

std::string line(Fields fields) { return render(Level::info, "order_placed", fields, "T"); }

TEST(Log, a_line_is_one_json_object_with_fields_in_order) {
  EXPECT_EQ(line({{"order_id", "abc"}, {"amount_minor", -1000}, {"empty", std::string()}}),
            R"({"time":"T","level":"info","event":"order_placed","order_id":"abc","amount_minor":-1000,"empty":""})");
  EXPECT_EQ(render(Level::error, "x", {}, "T"), R"({"time":"T","level":"error","event":"x"})");
}

TEST(Log, text_cannot_break_out_of_its_line_or_its_quotes) {
  EXPECT_EQ(line({{"text", "a\"b\\c\nd\x01\r"}}),
            R"({"time":"T","level":"info","event":"order_placed","text":"a\"b\\c\u000ad\u0001\u000d"})");
  EXPECT_EQ(line({{"na\"me", "v"}}).find("na\"me"), std::string::npos);
}

TEST(Log, card_numbers_in_text_are_masked) {
  EXPECT_EQ(line({{"note", "4111111111111111"}}),
            R"({"time":"T","level":"info","event":"order_placed","note":"************1111"})");
}

}  // namespace
}  // namespace karv::base::log
