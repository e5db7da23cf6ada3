#include "vault/bank/iban.h"

#include <algorithm>
#include <array>

namespace karv::vault {
namespace {

// The structure as the registry writes it, without its "!": n digits, a capital letters, c either. Neighboring parts of
// one class are one part here.
struct Format {
  std::string_view country;
  std::string_view bban;
};
constexpr auto kFormats = std::to_array<Format>(
    {{"AD", "8n12c"},    {"AE", "19n"},      {"AL", "8n16c"},    {"AT", "16n"},     {"AZ", "4a20c"},
     {"BA", "16n"},      {"BE", "12n"},      {"BG", "4a6n8c"},   {"BH", "4a14c"},   {"BI", "23n"},
     {"BR", "23n1a1c"},  {"BY", "4c4n16c"},  {"CH", "5n12c"},    {"CR", "18n"},     {"CY", "8n16c"},
     {"CZ", "20n"},      {"DE", "18n"},      {"DJ", "23n"},      {"DK", "14n"},     {"DO", "4c20n"},
     {"EE", "16n"},      {"EG", "25n"},      {"ES", "20n"},      {"FI", "14n"},     {"FK", "2a12n"},
     {"FO", "14n"},      {"FR", "10n11c2n"}, {"GB", "4a14n"},    {"GE", "2a16n"},   {"GI", "4a15c"},
     {"GL", "14n"},      {"GR", "7n16c"},    {"GT", "24c"},      {"HN", "4a20n"},   {"HR", "17n"},
     {"HU", "24n"},      {"IE", "4a14n"},    {"IL", "19n"},      {"IQ", "4a15n"},   {"IS", "22n"},
     {"IT", "1a10n12c"}, {"JO", "4a4n18c"},  {"KW", "4a22c"},    {"KZ", "3n13c"},   {"LB", "4n20c"},
     {"LC", "4a24c"},    {"LI", "5n12c"},    {"LT", "16n"},      {"LU", "3n13c"},   {"LV", "4a13c"},
     {"LY", "21n"},      {"MC", "10n11c2n"}, {"MD", "20c"},      {"ME", "18n"},     {"MK", "3n10c2n"},
     {"MN", "16n"},      {"MR", "23n"},      {"MT", "4a5n18c"},  {"MU", "4a19n3a"}, {"NI", "4a20n"},
     {"NL", "4a10n"},    {"NO", "11n"},      {"OM", "3n16c"},    {"PK", "4a16c"},   {"PL", "24n"},
     {"PS", "4a21c"},    {"PT", "21n"},      {"QA", "4a21c"},    {"RO", "4a16c"},   {"RS", "18n"},
     {"RU", "14n15c"},   {"SA", "2n18c"},    {"SC", "4a20n3a"},  {"SD", "14n"},     {"SE", "20n"},
     {"SI", "15n"},      {"SK", "20n"},      {"SM", "1a10n12c"}, {"SO", "19n"},     {"ST", "21n"},
     {"SV", "4a20n"},    {"TL", "19n"},      {"TN", "20n"},      {"TR", "6n16c"},   {"UA", "6n19c"},
     {"VA", "18n"},      {"VG", "4a16n"},    {"XK", "16n"},      {"YE", "4a4n18c"}});
static_assert(std::ranges::is_sorted(kFormats, {}, &Format::country));

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }

// One part of a structure, taken from its front.
struct Part {
  std::size_t size;
  char kind;
};
Part take_part(std::string_view& structure) {
  Part part{.size = 0, .kind = ' '};
  while (is_digit(structure.front())) {
    part.size = part.size * 10 + static_cast<std::size_t>(structure.front() - '0');
    structure.remove_prefix(1);
  }
  part.kind = structure.front();
  structure.remove_prefix(1);
  return part;
}

std::string_view structure_of(std::string_view country) {
  const auto found = std::ranges::lower_bound(kFormats, country, {}, &Format::country);
  return found != kFormats.end() && found->country == country ? found->bban : std::string_view();
}

}  // namespace

std::size_t iban_length_of(std::string_view country) {
  auto structure = structure_of(country);
  if (structure.empty()) return 0;
  std::size_t length = 4;
  while (!structure.empty()) length += take_part(structure).size;
  return length;
}

bool has_iban_structure(std::string_view iban) {
  if (!is_digit(iban[2]) || !is_digit(iban[3])) return false;
  auto structure = structure_of(iban.substr(0, 2));
  auto rest = iban.substr(4);
  while (!structure.empty()) {
    const auto part = take_part(structure);
    const bool fits = std::ranges::all_of(rest.substr(0, part.size), [&](char c) {
      return (is_digit(c) && part.kind != 'a') || (is_capital(c) && part.kind != 'n');
    });
    if (!fits) return false;
    rest.remove_prefix(part.size);
  }
  return rest.empty();
}

bool has_iban_check_digits(std::string_view iban) {
  unsigned remainder = 0;
  const auto feed = [&](std::string_view text) {
    for (const char c : text)
      remainder = is_digit(c) ? (remainder * 10 + static_cast<unsigned>(c - '0')) % 97
                              : (remainder * 100 + static_cast<unsigned>(c - 'A') + 10) % 97;
  };
  feed(iban.substr(4));
  feed(iban.substr(0, 4));
  // Check digits are made as 98 minus a remainder: 02 to 98, never 00, 01 or 99.
  const auto digits = iban.substr(2, 2);
  return remainder == 1 && digits != "00" && digits != "01" && digits != "99";
}

bool is_iban(std::string_view iban) {
  if (iban.size() < kShortestIban || iban_length_of(iban.substr(0, 2)) != iban.size()) return false;
  return has_iban_structure(iban) && has_iban_check_digits(iban);
}

}  // namespace karv::vault
