#include "vault/bank/swedish_account.h"

#include <array>

#include "base/card_digits.h"

namespace karv::vault {
namespace {

enum class Check {
  none,      // the form alone
  type_1,    // modulo 11 over the clearing number's last three digits and the account: type 1, comment 1
  luhn,      // modulo 10 over the account: type 2, comment 1
  modulo_11  // over the account: type 2, comment 2
};

struct Series {
  int from;
  int to;
  std::size_t digits;  // of the account
  bool filled_up;      // shorter ones are written with zeros in front
  Check check;
};
constexpr auto kSeries = std::to_array<Series>({
    {1100, 2099, 7, false, Check::type_1},    // Nordea, Danske Bank
    {2300, 2399, 7, false, Check::none},      // Alandsbanken
    {2400, 2499, 7, false, Check::type_1},    // Danske Bank
    {3000, 3299, 7, false, Check::type_1},    // Nordea
    {3300, 3300, 10, false, Check::luhn},     // Nordea, by personal identity number
    {3301, 3781, 7, false, Check::type_1},    // Nordea, Lansforsakringar
    {3782, 3782, 10, false, Check::luhn},     // Nordea, as 3300
    {3783, 3999, 7, false, Check::type_1},    // Nordea
    {4000, 4999, 7, false, Check::none},      // Nordea
    {5000, 5999, 7, false, Check::type_1},    // SEB
    {6000, 6999, 9, true, Check::modulo_11},  // Handelsbanken
    {7000, 7999, 7, false, Check::type_1},    // Swedbank
    {8000, 8999, 10, true, Check::none},      // Swedbank and savings banks
});

constexpr std::size_t kFewest = 2;  // Plusgirot's
constexpr std::size_t kMost = 12;

int number_of(std::string_view digits) {
  int number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

const Series* find_series(std::string_view clearing) {
  const int number = number_of(clearing.substr(0, 4));
  for (const auto& series : kSeries)
    if (number >= series.from && number <= series.to) return &series;
  return nullptr;
}

// Weights 1, 2, 3 ... from the right, over `before` and then `digits`.
bool passes_modulo_11(std::string_view before, std::string_view digits) {
  int sum = 0;
  int weight = static_cast<int>(before.size() + digits.size());
  for (const auto part : {before, digits})
    for (const char c : part) sum += weight-- * (c - '0');
  return sum % 11 == 0;
}

}  // namespace

bool is_clearing_number(std::string_view digits) {
  if (digits.size() != 4 && digits.size() != 5) return false;
  if (digits.size() == 5) return digits[0] == '8' && base::passes_luhn(digits);
  return digits[0] != '0';
}

std::size_t swedish_account_digits(std::string_view clearing) {
  const Series* const series = find_series(clearing);
  return series != nullptr && series->filled_up ? series->digits : 0;
}

bool is_swedish_account(std::string_view clearing, std::string_view account) {
  const Series* const series = find_series(clearing);
  if (series == nullptr) return account.size() >= kFewest && account.size() <= kMost;
  if (account.size() != series->digits) return false;
  switch (series->check) {
    case Check::none:
      return true;
    case Check::type_1:
      return passes_modulo_11(clearing.substr(1, 3), account);
    case Check::luhn:
      return base::passes_luhn(account);
    case Check::modulo_11:
      return passes_modulo_11({}, account);
  }
  return false;
}

}  // namespace karv::vault
