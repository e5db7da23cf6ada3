#include "wire/iso8583.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"

namespace karv::wire::iso8583 {
namespace {

using base::ByteView;
using base::ErrorCode;
using base::SecretBytes;

constexpr std::size_t kMtiSize = 4;
constexpr std::size_t kBitmapSize = 16;
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

constexpr bool is_digit(std::uint8_t c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(std::uint8_t c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
constexpr bool is_hex(std::uint8_t c) { return is_digit(c) || (c >= 'A' && c <= 'F'); }

bool is_mti(std::string_view text) {
  return text.size() == kMtiSize && std::ranges::all_of(text, is_digit) && text.front() == '0';
}

base::Error problem(ErrorCode code, int field, std::string_view what) {
  return base::internal_error(code, fmt::format("field {}: {}", field, what));
}

// What is wrong with a value's characters; empty when nothing is.
std::string_view charset_fault(Charset charset, ByteView value) {
  const auto all = [&](auto allowed) { return std::ranges::all_of(value, allowed); };
  switch (charset) {
    case Charset::n:
      return all(is_digit) ? "" : "not numeric";
    case Charset::an:
      return all([](auto c) { return is_digit(c) || is_letter(c) || c == ' '; }) ? "" : "not alphanumeric";
    case Charset::ans:
      return all([](auto c) { return c >= 0x20 && c <= 0x7e; }) ? "" : "not printable";
    case Charset::xn: {
      const bool sign = !value.empty() && (value.front() == 'C' || value.front() == 'D');
      return sign && std::ranges::all_of(value.subspan(1), is_digit) ? "" : "not a signed amount";
    }
    case Charset::z:
      return all([](auto c) { return is_digit(c) || c == '=' || c == 'D'; }) ? "" : "not track data";
    case Charset::b:
      return all(is_hex) ? "" : "not hexadecimal";
  }
  return "not known";
}

std::string_view fault_of(const Field& field, ByteView value) {
  if (field.kind == Length::fixed && value.size() != field.length) return "wrong length";
  if (field.kind != Length::fixed && value.empty()) return "empty";
  if (value.size() > field.length) return "too long";
  return charset_fault(field.charset, value);
}

constexpr std::size_t prefix_size(Length kind) { return kind == Length::fixed ? 0 : kind == Length::llvar ? 2 : 3; }

const Field& listed(int number, Exposure exposure) {
  const Field* const field = find_field(number);
  KARV_REQUIRE(field != nullptr && field->exposure == exposure);
  return *field;
}

// Writes into a buffer that is large enough.
class Writer {
 public:
  explicit Writer(std::span<std::uint8_t> out) : out_(out) {}
  void put(ByteView bytes) {
    KARV_REQUIRE(out_.size() - at_ >= bytes.size());
    std::ranges::copy(bytes, out_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ += bytes.size();
  }
  void put(std::string_view text) { put(base::as_bytes(text)); }
  std::size_t size() const { return at_; }

 private:
  std::span<std::uint8_t> out_;
  std::size_t at_ = 0;
};

std::string bitmap_text(const Message& message, int first) {
  std::string text(kBitmapSize, '0');
  for (int nibble = 0; nibble < static_cast<int>(kBitmapSize); ++nibble) {
    unsigned value = 0;
    for (int bit = 0; bit < 4; ++bit) value = value * 2 + (message.has(first + nibble * 4 + bit) ? 1U : 0U);
    text[static_cast<std::size_t>(nibble)] = kHexDigits[value];
  }
  return text;
}

// Reads from the front, never past the end.
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}
  std::optional<ByteView> take(std::size_t size) {
    if (bytes_.size() < size) return std::nullopt;
    const ByteView taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }
  std::optional<std::size_t> take_number(std::size_t digits) {
    const auto text = take(digits);
    if (!text || !std::ranges::all_of(*text, is_digit)) return std::nullopt;
    std::size_t number = 0;
    for (const std::uint8_t digit : *text) number = number * 10 + (digit - '0');
    return number;
  }
  bool empty() const { return bytes_.empty(); }

 private:
  ByteView bytes_;
};

// The element numbers that a bitmap names, without its first bit.
base::Result<std::vector<int>> take_bitmap(Reader& reader, int first, bool& first_bit) {
  const auto text = reader.take(kBitmapSize);
  if (!text) return problem(ErrorCode::bad_request, first, "bitmap cut off");
  if (!std::ranges::all_of(*text, is_hex)) return problem(ErrorCode::bad_request, first, "bitmap not hexadecimal");
  std::vector<int> numbers;
  for (std::size_t nibble = 0; nibble < kBitmapSize; ++nibble) {
    const auto value = kHexDigits.find(static_cast<char>((*text)[nibble]));
    for (int bit = 0; bit < 4; ++bit)
      if ((value >> (3 - bit)) & 1U) numbers.push_back(first + static_cast<int>(nibble) * 4 + bit);
  }
  first_bit = !numbers.empty() && numbers.front() == first;
  if (first_bit) numbers.erase(numbers.begin());
  return numbers;
}

base::Result<SecretBytes> take_field(Reader& reader, int number) {
  const auto fail = [&](std::string_view what) { return problem(ErrorCode::bad_request, number, what); };
  const Field* const field = find_field(number);
  if (!field) return fail("not known");
  std::size_t size = field->length;
  if (field->kind != Length::fixed) {
    const auto length = reader.take_number(prefix_size(field->kind));
    if (!length) return fail("length cut off or not numeric");
    if (*length > field->length) return fail("too long");
    size = *length;
  }
  const auto value = reader.take(size);
  if (!value) return fail("cut off");
  if (const auto fault = fault_of(*field, *value); !fault.empty()) return fail(fault);
  return SecretBytes::copy_of(*value);
}

}  // namespace

std::string response_mti(std::string_view request_mti) {
  KARV_REQUIRE(is_mti(request_mti) && (request_mti[2] == '0' || request_mti[2] == '2'));
  std::string answer(request_mti);
  ++answer[2];
  answer[3] = '0';
  return answer;
}

Message::Message(std::string_view mti) : mti_(mti) { KARV_REQUIRE(is_mti(mti)); }

void Message::set(int number, std::string_view text) {
  listed(number, Exposure::plain);
  fields_.insert_or_assign(number, SecretBytes::copy_of(text));
}

void Message::set_number(int number, std::uint64_t value) {
  const Field& field = listed(number, Exposure::plain);
  const std::string text = fmt::format("{:0{}}", value, field.kind == Length::fixed ? field.length : 1);
  KARV_REQUIRE(field.charset == Charset::n && text.size() <= field.length);
  set(number, text);
}

void Message::set_padded(int number, std::string_view text) {
  const Field& field = listed(number, Exposure::plain);
  set(number, fmt::format("{:<{}}", text, field.kind == Length::fixed ? field.length : 0));
}

void Message::set_secret(int number, SecretBytes value) {
  listed(number, Exposure::secret);
  fields_.insert_or_assign(number, std::move(value));
}

std::optional<std::string_view> Message::find(int number) const {
  listed(number, Exposure::plain);
  const auto found = fields_.find(number);
  return found == fields_.end() ? std::nullopt : std::optional(found->second.expose_text());
}

std::optional<std::uint64_t> Message::find_number(int number) const {
  const auto text = find(number);
  if (!text) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), value);
  KARV_REQUIRE(fault == std::errc{} && end == text->data() + text->size() && text->size() <= 18);
  return value;
}

const SecretBytes* Message::secret(int number) const {
  listed(number, Exposure::secret);
  const auto found = fields_.find(number);
  return found == fields_.end() ? nullptr : &found->second;
}

base::Result<SecretBytes> encode(const Message& message) {
  std::size_t most = kMtiSize + 2 * kBitmapSize;
  for (const auto& [number, value] : message.fields()) most += 3 + value.size();
  SecretBytes buffer(most);
  Writer out(buffer.expose_mutable());
  out.put(message.mti());
  const bool extended = !message.fields().empty() && message.fields().rbegin()->first > 64;
  std::string primary = bitmap_text(message, 1);
  if (extended) primary[0] = kHexDigits[kHexDigits.find(primary[0]) | 8U];
  out.put(primary);
  if (extended) out.put(bitmap_text(message, 65));
  for (const auto& [number, value] : message.fields()) {
    const Field* const field = find_field(number);
    KARV_REQUIRE(field != nullptr);
    const ByteView bytes = value.expose();
    if (const auto fault = fault_of(*field, bytes); !fault.empty()) return problem(ErrorCode::bad_value, number, fault);
    if (field->kind != Length::fixed) out.put(fmt::format("{:0{}}", bytes.size(), prefix_size(field->kind)));
    out.put(bytes);
  }
  if (out.size() > kMaxMessage) return problem(ErrorCode::bad_value, 0, "message too long");
  return SecretBytes::copy_of(buffer.expose().first(out.size()));
}

base::Result<Message> decode(ByteView bytes) {
  if (bytes.size() > kMaxMessage) return problem(ErrorCode::bad_request, 0, "message too long");
  Reader reader(bytes);
  const auto mti = reader.take(kMtiSize);
  if (!mti) return problem(ErrorCode::bad_request, 0, "message type cut off");
  if (!is_mti(base::as_text(*mti))) return problem(ErrorCode::bad_request, 0, "message type not of this version");
  Message message(base::as_text(*mti));
  bool extended = false;
  KARV_TRY(auto numbers, take_bitmap(reader, 1, extended));
  if (extended) {
    bool third = false;
    KARV_TRY(const auto more, take_bitmap(reader, 65, third));
    if (third) return problem(ErrorCode::bad_request, 65, "not known");
    if (more.empty()) return problem(ErrorCode::bad_request, 65, "bitmap empty");
    numbers.insert(numbers.end(), more.begin(), more.end());
  }
  for (const int number : numbers) {
    KARV_TRY(auto value, take_field(reader, number));
    message.fields_.emplace(number, std::move(value));
  }
  if (!reader.empty()) return problem(ErrorCode::bad_request, 0, "bytes left over");
  return message;
}

}  // namespace karv::wire::iso8583
