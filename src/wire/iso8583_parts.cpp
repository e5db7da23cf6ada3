#include "wire/iso8583_parts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"

namespace karv::wire::iso8583 {
namespace {

constexpr std::size_t kTagSize = 2;
constexpr std::size_t kLengthSize = 2;
constexpr std::size_t kMaxValue = 99;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_tag(std::string_view text) {
  return text.size() == kTagSize &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); });
}
bool is_value(base::ByteView value) {
  return !value.empty() && value.size() <= kMaxValue &&
         std::ranges::all_of(value, [](std::uint8_t c) { return c >= 0x20 && c <= 0x7e; });
}
bool are_digits(std::string_view text, std::size_t size) {
  return text.size() == size && std::ranges::all_of(text, is_digit);
}
base::Error problem(std::string_view what) {
  return base::internal_error(base::ErrorCode::bad_request, fmt::format("field 48: {}", what));
}

}  // namespace

void PrivateData::add(std::string_view tag, base::ByteView value) {
  KARV_REQUIRE(is_tag(tag) && is_value(value) && !find(tag));
  values_.emplace(tag, base::SecretBytes::copy_of(value));
}

const base::SecretBytes* PrivateData::find(std::string_view tag) const {
  const auto found = values_.find(tag);
  return found == values_.end() ? nullptr : &found->second;
}

base::SecretBytes PrivateData::encode() const {
  std::size_t size = 0;
  for (const auto& [tag, value] : values_) size += kTagSize + kLengthSize + value.size();
  base::SecretBytes bytes(size);
  auto at = bytes.expose_mutable().begin();
  for (const auto& [tag, value] : values_) {
    at = std::ranges::copy(fmt::format("{}{:02}", tag, value.size()), at).out;
    at = std::ranges::copy(value.expose(), at).out;
  }
  return bytes;
}

base::Result<PrivateData> PrivateData::decode(base::ByteView bytes) {
  PrivateData data;
  while (!bytes.empty()) {
    if (bytes.size() < kTagSize + kLengthSize) return problem("tag or length cut off");
    const std::string tag(base::as_text(bytes.first(kTagSize)));
    const std::string_view length = base::as_text(bytes.subspan(kTagSize, kLengthSize));
    if (!is_tag(tag)) return problem("malformed tag");
    if (!are_digits(length, kLengthSize)) return problem(tag + " length not numeric");
    const auto size = static_cast<std::size_t>((length[0] - '0') * 10 + (length[1] - '0'));
    bytes = bytes.subspan(kTagSize + kLengthSize);
    if (bytes.size() < size) return problem(tag + " cut off");
    if (!is_value(bytes.first(size))) return problem(tag + " empty or not printable");
    if (data.find(tag)) return problem(tag + " twice");
    data.values_.emplace(tag, base::SecretBytes::copy_of(bytes.first(size)));
    bytes = bytes.subspan(size);
  }
  return data;
}

std::string encode_original(const OriginalData& original) {
  KARV_REQUIRE(are_digits(original.mti, 4) && are_digits(original.stan, 6));
  KARV_REQUIRE(are_digits(original.transmission_time, 10));
  KARV_REQUIRE(original.acquirer.size() <= 11 && are_digits(original.acquirer, original.acquirer.size()));
  return fmt::format("{}{}{}{:0>11}{:0>11}", original.mti, original.stan, original.transmission_time, original.acquirer,
                     "");
}

std::optional<OriginalData> decode_original(std::string_view text) {
  if (!are_digits(text, 42)) return std::nullopt;
  std::string_view acquirer = text.substr(20, 11);
  acquirer.remove_prefix(std::min(acquirer.find_first_not_of('0'), acquirer.size()));
  return OriginalData{.mti = std::string(text.substr(0, 4)),
                      .stan = std::string(text.substr(4, 6)),
                      .transmission_time = std::string(text.substr(10, 10)),
                      .acquirer = std::string(acquirer)};
}

}  // namespace karv::wire::iso8583
