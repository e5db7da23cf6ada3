// The elements that are messages of their own: 48 (private tag-length-value data) and 90 (which message is reversed).
// Source: ISO 8583:1987 4.4.28 (original data elements); the tags of 48 are the card network's agreement.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace karv::wire::iso8583 {

// Element 48: tags of two capital letters or digits, a length of two digits, a printable value of 1 to 99 characters.
class PrivateData {
 public:
  // Pre: a tag as above that is not there yet, a value as above.
  void add(std::string_view tag, base::ByteView value);
  void add(std::string_view tag, std::string_view value) { add(tag, base::as_bytes(value)); }
  // Null when absent.
  const base::SecretBytes* find(std::string_view tag) const;
  bool empty() const { return values_.empty(); }

  // In the order of the tags.
  base::SecretBytes encode() const;
  // Errors: bad_request, its internal text says where and what; tags in any order, none twice.
  static base::Result<PrivateData> decode(base::ByteView bytes);
  friend bool operator==(const PrivateData&, const PrivateData&) = default;

 private:
  std::map<std::string, base::SecretBytes, std::less<>> values_;
};

// Element 90: 42 digits.
struct OriginalData {
  std::string mti;                // 4
  std::string stan;               // 6: element 11 of the original
  std::string transmission_time;  // 10: element 7 of the original
  std::string acquirer;           // up to 11: element 32 of the original
  friend bool operator==(const OriginalData&, const OriginalData&) = default;
};
// Pre: digits of these lengths.
std::string encode_original(const OriginalData& original);
// Empty when the text is not 42 digits. The acquirer comes without leading zeros.
std::optional<OriginalData> decode_original(std::string_view text);

}  // namespace karv::wire::iso8583
