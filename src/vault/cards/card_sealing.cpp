#include "vault/cards/card_sealing.h"

#include <array>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "json/secret_buffer.h"

namespace karv::vault {
namespace {

base::Bytes place_of(const StoredCard& row) {
  return crypto::framed({base::as_bytes("cards"), row.id.view(), row.customer.view(), row.subject_key.view()});
}

// number | expiry as YYYYMM | name, with a zero byte between; none of them holds one.
base::SecretBytes clear_text(const Card& card) {
  json::SecretBuffer out;
  out.append(card.number.expose_text());
  out.push_back('\0');
  std::int32_t month = card.expiry.year * 100 + card.expiry.month;
  std::array<char, 6> digits{};
  for (std::size_t i = digits.size(); i-- > 0; month /= 10) digits[i] = static_cast<char>('0' + month % 10);
  out.append({digits.data(), digits.size()});
  out.push_back('\0');
  out.append(card.name.expose_text());
  return out.take();
}

base::Result<Card> card_from(const base::SecretBytes& clear) {
  const auto text = clear.expose_text();
  const auto first = text.find('\0');
  const auto second = first == std::string_view::npos ? first : text.find('\0', first + 1);
  if (second == std::string_view::npos || second - first != 7)
    return base::internal_error(base::ErrorCode::internal, "a sealed card has another form");
  std::int32_t month = 0;
  for (const char c : text.substr(first + 1, 6)) month = month * 10 + (c - '0');
  return Card{.number = base::SecretBytes::copy_of(text.substr(0, first)),
              .expiry = {.month = month % 100, .year = month / 100},
              .name = base::SecretBytes::copy_of(text.substr(second + 1))};
}

}  // namespace

void seal_card(const SubjectKey& key, const Card& card, StoredCard& row, base::Random& random) {
  row.subject_key = key.id;
  row.sealed = crypto::seal(key.clear, clear_text(card).expose(), place_of(row), random);
}

base::Result<Card> open_card(const SubjectKey& key, const StoredCard& row) {
  KARV_REQUIRE(key.id == row.subject_key);
  KARV_TRY(const auto clear, crypto::open(key.clear, row.sealed, place_of(row)));
  return card_from(clear);
}

}  // namespace karv::vault
