#include "orders/lines.h"

#include <algorithm>

#include <fmt/format.h>

namespace karv::orders {
namespace {

using Wide = __int128;

constexpr std::int64_t kMaxLineAmount = 200'000'000;  // the contract's cap per line and per order
constexpr std::size_t kMaxLines = 1000;

// std::abs of the lowest integer is undefined, and a request may well carry it.
bool is_beyond_cap(std::int64_t amount) { return amount > kMaxLineAmount || amount < -kMaxLineAmount; }

std::string member(std::size_t index, std::string_view name) { return fmt::format("order_lines[{}].{}", index, name); }

bool may_be_negative(const OrderLine& line) {
  const auto type = line.type.value_or(LineType::physical);
  return type == LineType::discount || type == LineType::gift_card || type == LineType::store_credit ||
         type == LineType::return_fee;
}

void check_text(json::FieldErrors& problems, const std::string& field, const std::optional<std::string>& value,
                std::size_t most) {
  if (value && value->size() > most)
    complain(problems, field, fmt::format("{} bytes", value->size()), fmt::format("at most {}", most));
}

void check_ranges(const OrderLine& line, std::size_t index, json::FieldErrors& problems) {
  if (line.name.empty() || line.name.size() > 255)
    complain(problems, member(index, "name"), fmt::format("{} bytes", line.name.size()), "1 to 255");
  if (line.quantity < 0 || line.quantity > kMaxLineAmount)
    complain(problems, member(index, "quantity"), fmt::to_string(line.quantity),
             fmt::format("0 to {}", kMaxLineAmount));
  if (is_beyond_cap(line.unit_price))
    complain(problems, member(index, "unit_price"), fmt::to_string(line.unit_price),
             fmt::format("at most {}", kMaxLineAmount));
  if (is_beyond_cap(line.total_amount))
    complain(problems, member(index, "total_amount"), fmt::to_string(line.total_amount),
             fmt::format("at most {}", kMaxLineAmount));
  if (line.unit_price < 0 && !may_be_negative(line))
    complain(problems, member(index, "unit_price"), fmt::to_string(line.unit_price), "0 or more for this type of line");
  if (line.total_discount_amount && (*line.total_discount_amount < 0 || *line.total_discount_amount > kMaxLineAmount))
    complain(problems, member(index, "total_discount_amount"), fmt::to_string(*line.total_discount_amount),
             "0 or more");
  if (line.tax_rate && (*line.tax_rate < 0 || *line.tax_rate > 10'000))
    complain(problems, member(index, "tax_rate"), fmt::to_string(*line.tax_rate), "0 to 10000");
  check_text(problems, member(index, "reference"), line.reference, 255);
  check_text(problems, member(index, "quantity_unit"), line.quantity_unit, 10);
  check_text(problems, member(index, "image_url"), line.image_url, 1024);
  check_text(problems, member(index, "product_url"), line.product_url, 1024);
  check_text(problems, member(index, "merchant_data"), line.merchant_data, 1024);
}

// Either the tax fits the rate within one minor unit, or the rate computed back from the amounts fits within one step:
// shops round per line or per unit, and both must pass.
bool tax_fits(std::int64_t total, std::int64_t tax, std::int64_t rate) {
  const Wide difference = Wide{tax} * (10'000 + rate) - Wide{total} * rate;
  const Wide size = difference < 0 ? -difference : difference;
  if (size <= 10'000 + rate) return true;
  const Wide net = Wide{total} - tax;
  if (net == 0) return false;
  const Wide off = Wide{tax} * 10'000 - Wide{rate} * net;
  return (off < 0 ? -off : off) <= (net < 0 ? -net : net);
}

void check_line(const OrderLine& line, std::size_t index, json::FieldErrors& problems) {
  const std::size_t before = problems.all().size();
  check_ranges(line, index, problems);
  if (problems.all().size() != before) return;
  const Wide expected = Wide{line.quantity} * line.unit_price - line.total_discount_amount.value_or(0);
  if (expected != line.total_amount)
    complain(problems, member(index, "total_amount"), fmt::to_string(line.total_amount),
             fmt::format("{} (quantity x unit_price - total_discount_amount)", static_cast<std::int64_t>(expected)));
  if (line.tax_rate && line.total_tax_amount && !tax_fits(line.total_amount, *line.total_tax_amount, *line.tax_rate)) {
    const Wide tax = Wide{line.total_amount} * *line.tax_rate / (10'000 + *line.tax_rate);
    complain(problems, member(index, "total_tax_amount"), fmt::to_string(*line.total_tax_amount),
             fmt::format("{}, give or take 1", static_cast<std::int64_t>(tax)));
  }
}

Wide sum_of(std::span<const OrderLine> lines) {
  Wide sum = 0;
  for (const auto& line : lines) sum += line.total_amount;
  return sum;
}

void check_tax(std::span<const OrderLine> lines, std::string_view country, std::int64_t order_tax_amount,
               json::FieldErrors& problems) {
  Wide line_taxes = 0;
  Wide sales_tax = 0;
  bool has_sales_tax = false;
  Wide tolerance = 0;
  for (const auto& line : lines) {
    line_taxes += line.total_tax_amount.value_or(0);
    tolerance += std::max<std::int64_t>(1, line.quantity);
    if (line.type == LineType::sales_tax) {
      has_sales_tax = true;
      sales_tax += line.total_amount;
    }
  }
  if (has_sales_tax && country == "US") {
    if (sales_tax != order_tax_amount)
      complain(problems, "order_tax_amount", fmt::to_string(order_tax_amount),
               fmt::format("{} (the sales_tax line)", static_cast<std::int64_t>(sales_tax)));
    return;
  }
  const Wide off = line_taxes - order_tax_amount;
  if (off > tolerance || off < -tolerance)
    complain(problems, "order_tax_amount", fmt::to_string(order_tax_amount),
             fmt::format("{}, give or take {}", static_cast<std::int64_t>(line_taxes),
                         static_cast<std::int64_t>(tolerance)));
}

}  // namespace

void complain(json::FieldErrors& errors, std::string field, std::string_view received, std::string_view expected) {
  errors.add(std::move(field), fmt::format("received {}, expected {}", received, expected));
}

void check_lines(std::span<const OrderLine> lines, std::string_view country, std::int64_t order_amount,
                 std::optional<std::int64_t> order_tax_amount, json::FieldErrors& problems) {
  if (order_amount < 0 || order_amount > kMaxLineAmount)
    complain(problems, "order_amount", fmt::to_string(order_amount), fmt::format("0 to {}", kMaxLineAmount));
  if (order_tax_amount && *order_tax_amount < 0)
    complain(problems, "order_tax_amount", fmt::to_string(*order_tax_amount), "0 or more");
  if (lines.empty() || lines.size() > kMaxLines) {
    complain(problems, "order_lines", fmt::format("{} lines", lines.size()), fmt::format("1 to {}", kMaxLines));
    return;
  }
  for (std::size_t i = 0; i < lines.size(); ++i) check_line(lines[i], i, problems);
  if (!problems.empty()) return;  // sums of wrong lines would only repeat the complaint
  const Wide sum = sum_of(lines);
  if (sum != order_amount)
    complain(problems, "order_amount", fmt::to_string(order_amount),
             fmt::format("{} (the sum of the lines' total_amount)", static_cast<std::int64_t>(sum)));
  if (order_tax_amount) check_tax(lines, country, *order_tax_amount, problems);
}

void check_partial_lines(std::span<const OrderLine> lines, std::int64_t amount, std::string_view amount_field,
                         json::FieldErrors& problems) {
  if (lines.empty()) return;
  if (lines.size() > kMaxLines) {
    complain(problems, "order_lines", fmt::format("{} lines", lines.size()), fmt::format("at most {}", kMaxLines));
    return;
  }
  for (std::size_t i = 0; i < lines.size(); ++i) check_line(lines[i], i, problems);
  if (!problems.empty()) return;
  const Wide sum = sum_of(lines);
  if (sum != amount)
    complain(problems, std::string(amount_field), fmt::to_string(amount),
             fmt::format("{} (the sum of the lines' total_amount)", static_cast<std::int64_t>(sum)));
}

}  // namespace karv::orders
