#include "orders/lines.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace karv::orders {
namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

OrderLine line_of(std::int64_t quantity, std::int64_t unit_price, std::optional<std::int64_t> tax_rate = {},
                  std::optional<std::int64_t> tax = {}) {
  OrderLine line;
  line.name = "Boots";
  line.quantity = quantity;
  line.unit_price = unit_price;
  line.total_amount = quantity * unit_price;
  line.tax_rate = tax_rate;
  line.total_tax_amount = tax;
  return line;
}

std::vector<json::FieldError> problems_of(const std::vector<OrderLine>& lines, std::int64_t order_amount,
                                          std::optional<std::int64_t> tax = {}, std::string_view country = "SE") {
  json::FieldErrors problems;
  check_lines(lines, country, order_amount, tax, problems);
  return problems.all();
}

std::vector<json::FieldError> partial_problems(const std::vector<OrderLine>& lines, std::int64_t amount) {
  json::FieldErrors problems;
  check_partial_lines(lines, amount, "captured_amount", problems);
  return problems.all();
}

// Whether a tax passes for a line of this total and rate.
bool tax_passes(std::int64_t total, std::int64_t tax, std::int64_t rate) {
  return problems_of({line_of(1, total, rate, tax)}, total).empty();
}

TEST(LineArithmeticTest, lines_that_add_up_pass) {
  auto discounted = line_of(3, 1'000);
  discounted.total_discount_amount = 500;
  discounted.total_amount = 2'500;
  auto discount = line_of(1, -250);
  discount.type = LineType::discount;
  EXPECT_TRUE(problems_of({discounted, discount, line_of(0, 999)}, 2'250).empty());
}

TEST(LineArithmeticTest, a_wrong_total_names_the_field_the_value_and_the_right_value) {
  auto wrong = line_of(3, 1'000);
  wrong.total_amount = 2'999;
  const auto problems = problems_of({line_of(1, 1), wrong}, 3'000);
  ASSERT_EQ(problems.size(), 1U);  // and not also the sum, which would only repeat it
  EXPECT_EQ(problems[0].path, "order_lines[1].total_amount");
  EXPECT_EQ(problems[0].message, "received 2999, expected 3000 (quantity x unit_price - total_discount_amount)");
}

TEST(LineArithmeticTest, a_wrong_sum_names_the_orders_amount) {
  const auto problems = problems_of({line_of(1, 1'000), line_of(2, 500)}, 2'001);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].path, "order_amount");
  EXPECT_EQ(problems[0].message, "received 2001, expected 2000 (the sum of the lines' total_amount)");
}

// The rule: tax within one of total - total x 10000 / (10000 + rate), or the rate from the amounts within one.
// Source: merchant API contract, section 3.3.
TEST(LineTaxTest, roundings_of_clients_pass_and_a_misstated_rate_does_not) {
  EXPECT_TRUE(tax_passes(12'500, 2'500, 2'500));
  EXPECT_TRUE(tax_passes(2'900, 483, 2'000));  // 483.33
  EXPECT_TRUE(tax_passes(2'900, 484, 2'000));
  EXPECT_TRUE(tax_passes(9'917, 1'652, 2'000));  // 1652.83, rounded down per line
  EXPECT_TRUE(tax_passes(9'917, 1'653, 2'000));
  EXPECT_FALSE(tax_passes(9'917, 1'655, 2'000));
  EXPECT_FALSE(tax_passes(11'900, 1'900, 2'500));  // 19 % called 25 %
  EXPECT_TRUE(tax_passes(100, 0, 0));
  EXPECT_FALSE(tax_passes(100, 100, 2'500));
}

TEST(LineTaxTest, rounding_per_unit_passes_while_the_rate_still_fits) {
  // 1000 x 12.50 with 2.50 tax each rounded to 2.50: exact; 1000 x 9.99 at 25 % is 199.8 -> 200 per unit.
  EXPECT_TRUE(tax_passes(999'000, 199'800, 2'500));
  EXPECT_TRUE(tax_passes(999'000, 199'850, 2'500));  // 25.007 %: within one hundredth of a percent
  EXPECT_FALSE(tax_passes(999'000, 200'000, 2'500));
}

TEST(LineTaxTest, a_wrong_tax_says_what_was_expected) {
  const auto problems = problems_of({line_of(1, 11'900, 2'500, 1'900)}, 11'900);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].path, "order_lines[0].total_tax_amount");
  EXPECT_EQ(problems[0].message, "received 1900, expected 2380, give or take 1");
}

TEST(OrderTaxTest, the_orders_tax_is_the_sum_of_its_lines_within_one_per_item) {
  const std::vector<OrderLine> lines{line_of(2, 1'250, 2'500, 500), line_of(1, 1'250, 2'500, 250)};
  EXPECT_TRUE(problems_of(lines, 3'750, 750).empty());
  EXPECT_TRUE(problems_of(lines, 3'750, 753).empty());
  const auto problems = problems_of(lines, 3'750, 754);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].path, "order_tax_amount");
  EXPECT_EQ(problems[0].message, "received 754, expected 750, give or take 3");
  EXPECT_EQ(problems_of(lines, 3'750, -1)[0].path, "order_tax_amount");
}

// In the US the tax is a line of its own, and order_tax_amount equals it.
TEST(OrderTaxTest, american_sales_tax_equals_its_line) {
  auto tax = line_of(1, 800);
  tax.type = LineType::sales_tax;
  const std::vector<OrderLine> lines{line_of(1, 10'000), tax};
  EXPECT_TRUE(problems_of(lines, 10'800, 800, "US").empty());
  const auto problems = problems_of(lines, 10'800, 801, "US");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].message, "received 801, expected 800 (the sales_tax line)");
}

TEST(LineRangesTest, what_no_line_may_be_is_named) {
  const auto path_of = [](const OrderLine& line) {
    const auto problems = problems_of({line}, 0);
    return problems.empty() ? std::string("none") : problems[0].path;
  };
  auto line = line_of(1, 100);
  line.name.clear();
  EXPECT_EQ(path_of(line), "order_lines[0].name");
  line.name = std::string(256, 'n');
  EXPECT_EQ(path_of(line), "order_lines[0].name");
  EXPECT_EQ(path_of(line_of(-1, 100)), "order_lines[0].quantity");
  EXPECT_EQ(path_of(line_of(1, -100)), "order_lines[0].unit_price");
  EXPECT_EQ(path_of(line_of(1, 200'000'001)), "order_lines[0].unit_price");
  EXPECT_EQ(path_of(line_of(1, 100, 10'001)), "order_lines[0].tax_rate");
  EXPECT_EQ(path_of(line_of(1, 100, -1)), "order_lines[0].tax_rate");
  line = line_of(1, 100);
  line.total_discount_amount = -1;
  EXPECT_EQ(path_of(line), "order_lines[0].total_discount_amount");
  line = line_of(1, 100);
  line.reference = std::string(256, 'r');
  EXPECT_EQ(path_of(line), "order_lines[0].reference");
}

TEST(LineRangesTest, extreme_integers_are_refused_without_overflow) {
  for (const auto extreme : {kLowest, kLowest + 1, kHighest, kHighest - 1}) {
    OrderLine line = line_of(1, 100);
    line.unit_price = extreme;
    EXPECT_FALSE(problems_of({line}, 100).empty());
    line = line_of(1, 100);
    line.quantity = extreme;
    EXPECT_FALSE(problems_of({line}, 100).empty());
    line = line_of(1, 100);
    line.total_amount = extreme;
    EXPECT_FALSE(problems_of({line}, 100).empty());
    line = line_of(1, 100, 2'500, extreme);
    EXPECT_FALSE(problems_of({line}, 100).empty());
    line = line_of(1, 100);
    line.total_discount_amount = extreme;
    EXPECT_FALSE(problems_of({line}, 100).empty());
    EXPECT_FALSE(problems_of({line_of(1, 100)}, extreme).empty());
    EXPECT_FALSE(problems_of({line_of(1, 100)}, 100, extreme).empty());
  }
  // The largest that passes: quantity times price far beyond what the total may be.
  OrderLine many = line_of(1, 200'000'000);
  many.quantity = 200'000'000;
  EXPECT_EQ(problems_of({many}, 100)[0].path, "order_lines[0].total_amount");
}

TEST(LineCountTest, no_lines_and_too_many_are_refused) {
  EXPECT_EQ(problems_of({}, 0)[0].message, "received 0 lines, expected 1 to 1000");
  EXPECT_TRUE(problems_of(std::vector<OrderLine>(1'000, line_of(1, 1)), 1'000).empty());
  EXPECT_EQ(problems_of(std::vector<OrderLine>(1'001, line_of(1, 1)), 1'001)[0].path, "order_lines");
}

TEST(PartialLinesTest, lines_of_a_capture_add_up_to_its_amount_or_are_left_out) {
  EXPECT_TRUE(partial_problems({}, 4'000).empty());
  EXPECT_TRUE(partial_problems({line_of(4, 1'000)}, 4'000).empty());
  const auto problems = partial_problems({line_of(4, 1'000)}, 4'001);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].path, "captured_amount");
  EXPECT_EQ(problems[0].message, "received 4001, expected 4000 (the sum of the lines' total_amount)");
  EXPECT_EQ(partial_problems(std::vector<OrderLine>(1'001, line_of(1, 1)), 1'001)[0].path, "order_lines");
}

}  // namespace
}  // namespace karv::orders
