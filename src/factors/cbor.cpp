#include "factors/cbor.h"

#include <limits>
#include <optional>
#include <vector>

#include <cbor.h>

namespace karv::factors {
namespace {

constexpr std::size_t kDeepest = 4;
constexpr std::uint64_t kMostItems = 64;  // of what is skipped

base::Error malformed(const char* what) {
  return base::internal_error(base::ErrorCode::bad_value, std::string("CBOR: ") + what);
}

// What the decoder found, with the number that its head carries; none when it is of a kind that is refused.
struct Found {
  std::optional<CborItem> item;
  std::uint64_t head = 0;

  void take(CborItem of, std::uint64_t number) {
    item = of;
    head = number;
  }
};
Found& found(void* context) { return *static_cast<Found*>(context); }

template <class T>
void take_unsigned(void* context, T value) {
  const std::uint64_t number = value;
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return;
  found(context).take({.kind = CborKind::integer, .integer = static_cast<std::int64_t>(number)}, number);
}
template <class T>
void take_negative(void* context, T value) {
  const std::uint64_t number = value;
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return;
  found(context).take({.kind = CborKind::integer, .integer = -1 - static_cast<std::int64_t>(number)}, number);
}
void take_bytes(void* context, cbor_data data, std::size_t size) {
  found(context).take({.kind = CborKind::bytes, .bytes = {data, size}}, size);
}
void take_text(void* context, cbor_data data, std::size_t size) {
  found(context).take({.kind = CborKind::text, .bytes = {data, size}}, size);
}
void take_array(void* context, std::size_t count) {
  found(context).take({.kind = CborKind::array, .count = count}, count);
}
void take_map(void* context, std::size_t count) { found(context).take({.kind = CborKind::map, .count = count}, count); }
void take_boolean(void* context, bool value) {
  found(context).take({.kind = CborKind::boolean, .integer = value ? 1 : 0}, 0);
}
void take_null(void* context) { found(context).take({.kind = CborKind::null}, 0); }

const cbor_callbacks& callbacks() {
  static const cbor_callbacks kCallbacks = [] {
    cbor_callbacks c = cbor_empty_callbacks;  // the rest: not taken, so refused
    c.uint8 = take_unsigned<std::uint8_t>;
    c.uint16 = take_unsigned<std::uint16_t>;
    c.uint32 = take_unsigned<std::uint32_t>;
    c.uint64 = take_unsigned<std::uint64_t>;
    c.negint8 = take_negative<std::uint8_t>;
    c.negint16 = take_negative<std::uint16_t>;
    c.negint32 = take_negative<std::uint32_t>;
    c.negint64 = take_negative<std::uint64_t>;
    c.byte_string = take_bytes;
    c.string = take_text;
    c.array_start = take_array;
    c.map_start = take_map;
    c.boolean = take_boolean;
    c.null = take_null;
    return c;
  }();
  return kCallbacks;
}

std::size_t shortest_head(std::uint64_t number) {
  if (number < 24) return 1;
  if (number <= std::numeric_limits<std::uint8_t>::max()) return 2;
  if (number <= std::numeric_limits<std::uint16_t>::max()) return 3;
  if (number <= std::numeric_limits<std::uint32_t>::max()) return 5;
  return 9;
}

}  // namespace

base::Result<CborItem> CborReader::next() {
  Found out;
  const auto decoded = cbor_stream_decode(rest_.data(), rest_.size(), &callbacks(), &out);
  if (decoded.status != CBOR_DECODER_FINISHED || decoded.read > rest_.size()) return malformed("cut off or no item");
  if (!out.item) return malformed("an item of a kind that is not used");
  if (decoded.read != shortest_head(out.head) + out.item->bytes.size())
    return malformed("a length that is not the shortest");
  rest_ = rest_.subspan(decoded.read);
  return *out.item;
}

base::Result<CborItem> CborReader::next(CborKind kind) {
  KARV_TRY(const auto item, next());
  if (item.kind != kind) return malformed("an item of another kind");
  return item;
}

base::Result<void> CborReader::skip() {
  std::vector<std::uint64_t> open{1};  // how many items each collection still has
  while (!open.empty()) {
    if (open.back() == 0) {
      open.pop_back();
      continue;
    }
    --open.back();
    KARV_TRY(const auto item, next());
    if (item.kind != CborKind::array && item.kind != CborKind::map) continue;
    if (item.count > kMostItems) return malformed("too many items");
    if (open.size() > kDeepest) return malformed("too deep");
    open.push_back(item.kind == CborKind::map ? 2 * item.count : item.count);
  }
  return {};
}

}  // namespace karv::factors
