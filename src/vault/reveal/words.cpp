#include "vault/reveal/words.h"

#include <algorithm>

#include "base/card_digits.h"
#include "crypto/hash.h"
#include "json/decode.h"

namespace karv::vault {
namespace {

constexpr std::size_t kLongestCase = 40;
constexpr std::size_t kLongestNote = 200;
constexpr json::Options kWords{
    .max_bytes = 2048, .max_depth = 1, .unknown_members = json::UnknownMembers::refuse, .integers_as_text = false};

base::Error bad_value(const char* text) { return base::public_error(base::ErrorCode::bad_value, text, "BAD_VALUE"); }

bool is_case_number(std::string_view text) {
  return !text.empty() && text.size() <= kLongestCase && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '/' ||
           c == '.';
  });
}

}  // namespace

base::Bytes words_challenge(std::string_view words) {
  return crypto::sha256(crypto::framed({base::as_bytes("karv staff words 1"), base::as_bytes(words)}));
}

base::Result<RevealWords> read_reveal_words(std::string_view text) {
  KARV_TRY(auto words, json::decode<RevealWords>(text, kWords));
  if (words.act != "reveal") return bad_value("These words ask for something else.");
  if (!is_case_number(words.case_number))
    return bad_value("The case number is 1 to 40 letters, digits, dashes, dots and slashes.");
  if (words.note.size() > kLongestNote) return bad_value("The note is longer than 200 bytes.");
  if (base::mask_card_numbers(words.note).masked != 0 || base::mask_card_numbers(words.case_number).masked != 0)
    return bad_value("A card number does not belong into the case number or the note.");
  return words;
}

base::Result<ActWords> read_act_words(std::string_view text, std::string_view act) {
  KARV_TRY(auto words, json::decode<ActWords>(text, kWords));
  if (words.act != act) return bad_value("These words ask for something else.");
  if (words.request.has_value() != (act != "list")) return bad_value("These words name no request, or one too many.");
  return words;
}

}  // namespace karv::vault
