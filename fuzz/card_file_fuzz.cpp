// A chunk of a card file, as it is when it was decrypted. A good line is a possible card with a plain reference that
// holds no card number; of a wrong one the row, the field and a word of ours are known, and nothing else.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>

#include "base/card_digits.h"
#include "base/check.h"
#include "vault/import/card_file_rows.h"
#include "vault_api/import_messages.h"

namespace {

using namespace karv;

constexpr base::Instant kNow{1'780'000'000'000};  // May 2026
const std::set<std::string_view> kCodes = {"INVALID_CARD_NUMBER", "INVALID_EXPIRY",    "INVALID_NAME",
                                           "INVALID_ID",          "INVALID_REFERENCE", "WRONG_COLUMNS"};
const std::set<std::string_view> kFields = {"line", "number", "expiry", "name", "customer", "merchant", "reference"};

void check_row(const vault::CardFileRow& row) {
  if (!row.card) {
    KARV_CHECK(kCodes.contains(row.code) && kFields.contains(row.field) && row.reference.empty());
    return;
  }
  KARV_CHECK(row.code.empty() && row.field.empty() && !row.card->customer.is_nil());
  KARV_CHECK(base::passes_luhn(row.card->card.number.expose_text()));
  KARV_CHECK(!row.reference.empty() && row.reference.size() <= 64);
  KARV_CHECK(row.reference.find_first_of(",\"\r\n ") == std::string::npos);
  KARV_CHECK(base::mask_card_numbers(row.reference).masked == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rows = vault::read_card_file_rows(base::SecretBytes::copy_of(text), kNow);
  if (!rows.ok()) {
    KARV_CHECK(rows.error().reason() == "IMPORT_UNREADABLE");
    return 0;
  }
  KARV_CHECK(!rows->empty() && std::ssize(*rows) <= vault_api::kRowsPerChunk);
  for (std::size_t i = 0; i < rows->size(); ++i) {
    KARV_CHECK((*rows)[i].row == rows->front().row + static_cast<std::int64_t>(i));
    check_row((*rows)[i]);
  }
  return 0;
}
