// One chunk of a card file, decrypted: its lines as cards, or what is wrong with each. Pure; the form is in
// vault_api/import_messages.h. Nothing of a line that is wrong goes on: neither its number nor any other field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "vault/cards/card_batch.h"

namespace karv::vault {

struct CardFileRow {
  std::int64_t row = 0;
  std::optional<CardWithToken> card;  // without its token's text yet; none: the line is wrong
  std::string reference;              // of a good line
  std::string field, code;            // of a wrong one
};

// Errors: bad_value IMPORT_UNREADABLE (no row number in front, no lines, or more than a chunk has).
base::Result<std::vector<CardFileRow>> read_card_file_rows(const base::SecretBytes& chunk, base::Instant now);

}  // namespace karv::vault
