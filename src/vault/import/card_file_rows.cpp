#include "vault/import/card_file_rows.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "json/secret_buffer.h"
#include "vault/input/number_scrub.h"
#include "vault_api/import_messages.h"

namespace karv::vault {
namespace {

constexpr std::size_t kColumns = 6;
constexpr std::size_t kLongestLine = 1'000;
constexpr std::size_t kLongestReference = 64;
constexpr std::int64_t kMostRows = 1'000'000'000;

template <class Number>
std::optional<Number> number_of(std::string_view digits) {
  Number out = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (digits.empty() || problem != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

// The text up to the separator, which is taken too.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto piece = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return piece;
}

// One field from the front of a line. Source: RFC 4180. None: a quote where none belongs.
std::optional<base::SecretBytes> take_field(std::string_view& line, bool& more) {
  json::SecretBuffer field;
  std::size_t at = 0;
  if (line.starts_with('"')) {
    for (at = 1;; ++at) {
      if (at >= line.size()) return std::nullopt;
      if (line[at] == '"' && (at + 1 >= line.size() || line[at + 1] != '"')) break;
      if (line[at] == '"') ++at;
      field.push_back(line[at]);
    }
    ++at;
    if (at < line.size() && line[at] != ',') return std::nullopt;
  } else {
    at = std::min(line.find(','), line.size());
    if (line.substr(0, at).find('"') != std::string_view::npos) return std::nullopt;
    field.append(line.substr(0, at));
  }
  more = at < line.size();
  line.remove_prefix(more ? at + 1 : at);
  return field.take();
}

std::optional<std::array<base::SecretBytes, kColumns>> fields_of(std::string_view line) {
  std::array<base::SecretBytes, kColumns> fields;
  bool more = true;
  for (auto& field : fields) {
    if (!more) return std::nullopt;
    auto taken = take_field(line, more);
    if (!taken) return std::nullopt;
    field = *std::move(taken);
  }
  if (more) return std::nullopt;
  return fields;
}

// MM/YY, MM/YYYY or YYYY-MM; a month of 0 when it is none of them.
Expiry expiry_of(std::string_view text) {
  std::string_view month = text.substr(0, 2), year = text.size() > 3 ? text.substr(3) : std::string_view();
  const bool iso = text.size() == 7 && text[4] == '-';
  if (iso) {
    year = text.substr(0, 4);
    month = text.substr(5);
  } else if (text.size() < 3 || text[2] != '/' || (year.size() != 2 && year.size() != 4)) {
    return {};
  }
  const auto m = number_of<std::int32_t>(month);
  const auto y = number_of<std::int32_t>(year);
  if (!m || !y || *m < 0 || *y < 0) return {};
  return {.month = *m, .year = year.size() == 2 ? 2000 + *y : *y};
}

bool is_reference(std::string_view text) {
  const bool plain = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._:/+=-").find(c) != std::string_view::npos;
  });
  // Whoever used card numbers as references would get them back in a file of ours.
  return plain && !text.empty() && text.size() <= kLongestReference && text.front() != '=' && text.front() != '+' &&
         text.front() != '-' && scrub_numbers(text).masked == 0;
}

CardFileRow wrong(std::int64_t row, std::string_view field, std::string_view code) {
  return {.row = row, .card = {}, .reference = {}, .field = std::string(field), .code = std::string(code)};
}

CardFileRow read_row(std::int64_t row, std::string_view line, base::Instant now) {
  if (line.size() > kLongestLine) return wrong(row, "line", "WRONG_COLUMNS");
  auto fields = fields_of(line);
  if (!fields) return wrong(row, "line", "WRONG_COLUMNS");
  auto& [number, expiry, name, customer, merchant, reference] = *fields;
  const auto when = expiry_of(expiry.expose_text());
  auto card = parse_kept_card({.number = std::move(number),
                               .expiry_month = when.month,
                               .expiry_year = when.year,
                               .code = {},
                               .name = std::move(name)},
                              now);
  if (!card) return wrong(row, card.error().all().front().field, card.error().all().front().reason);
  const auto of_customer = CustomerRef::parse(customer.expose_text());
  if (!of_customer || of_customer->is_nil()) return wrong(row, "customer", "INVALID_ID");
  std::optional<MerchantRef> of_merchant;
  if (!merchant.empty()) {
    of_merchant = MerchantRef::parse(merchant.expose_text());
    if (!of_merchant || of_merchant->is_nil()) return wrong(row, "merchant", "INVALID_ID");
  }
  if (!is_reference(reference.expose_text())) return wrong(row, "reference", "INVALID_REFERENCE");
  return {
      .row = row,
      .card = CardWithToken{.customer = *of_customer, .merchant = of_merchant, .card = *std::move(card), .token = {}},
      .reference = std::string(reference.expose_text()),
      .field = {},
      .code = {}};
}

}  // namespace

base::Result<std::vector<CardFileRow>> read_card_file_rows(const base::SecretBytes& chunk, base::Instant now) {
  const auto unreadable = [] {
    return base::public_error(base::ErrorCode::bad_value, "The chunk is none of a card file.", "IMPORT_UNREADABLE");
  };
  std::string_view text = chunk.expose_text();
  const auto first = number_of<std::int64_t>(take_until(text, '\n'));
  if (!first || *first < 1 || *first > kMostRows || text.empty()) return unreadable();
  std::vector<CardFileRow> rows;
  while (!text.empty()) {
    if (std::ssize(rows) == vault_api::kRowsPerChunk) return unreadable();
    auto line = take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    rows.push_back(read_row(*first + std::ssize(rows), line, now));
  }
  return rows;
}

}  // namespace karv::vault
