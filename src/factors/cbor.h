// Reads CBOR from an authenticator, one item after the other and strictly: definite lengths in their shortest form,
// no tags, floats or undefined values; nothing is allocated and nothing is believed before the bytes are there.
//
//   CborReader reader(bytes);
//   KARV_TRY(const auto head, reader.next());       // a map's head: `count` pairs follow
// Source: RFC 8949; CTAP 2.2 section 8 (canonical form). Text is for comparing with literals: its UTF-8 is not checked.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace karv::factors {

enum class CborKind : std::uint8_t { integer, bytes, text, array, map, boolean, null };

struct CborItem {
  CborKind kind = CborKind::null;
  std::int64_t integer = 0;
  std::uint64_t count = 0;  // items of an array, pairs of a map
  base::ByteView bytes;     // of bytes and text; part of what is read
};

class CborReader {
 public:
  explicit CborReader(base::ByteView bytes) : rest_(bytes) {}

  // Errors: bad_value (all of this class's).
  base::Result<CborItem> next();
  base::Result<CborItem> next(CborKind kind);
  // One whole item. At most four collections inside each other.
  base::Result<void> skip();

  base::ByteView rest() const { return rest_; }
  bool at_end() const { return rest_.empty(); }

 private:
  base::ByteView rest_;
};

}  // namespace karv::factors
