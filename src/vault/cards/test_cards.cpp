#include "vault/cards/test_cards.h"

#include <chrono>
#include <fstream>
#include <sstream>
#include <vector>

#include <boost/describe/class.hpp>

#include "json/decode.h"

namespace karv::vault {
namespace {

struct TestCardRow {
  std::string name;
  base::SecretBytes number;
  std::string description;
};
BOOST_DESCRIBE_STRUCT(TestCardRow, (), (name, number, description))

constexpr std::int32_t kYearsLeft = 5;

}  // namespace

base::Result<TestCards> TestCards::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return base::internal_error(base::ErrorCode::unavailable, "cannot read " + path);
  KARV_TRY(auto rows, json::decode<std::vector<TestCardRow>>(text.str()));
  TestCards out;
  for (auto& row : rows) out.numbers_.insert_or_assign(row.name, std::move(row.number));
  return out;
}

base::Result<CardFields> TestCards::find(const std::string& name, base::Instant now) const {
  const auto found = numbers_.find(name);
  if (found == numbers_.end())
    return base::public_error(base::ErrorCode::not_found, "There is no test card of that name.", "TEST_CARD_UNKNOWN");
  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(now.ms)))};
  return CardFields{.number = found->second.clone(),
                    .expiry_month = 12,
                    .expiry_year = static_cast<std::int32_t>(static_cast<int>(today.year())) + kYearsLeft,
                    .code = base::SecretBytes::copy_of(std::string_view("123")),
                    .name = base::SecretBytes::copy_of(std::string_view("Test Shopper"))};
}

}  // namespace karv::vault
