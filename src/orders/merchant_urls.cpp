#include "orders/merchant_urls.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace karv::orders {
namespace {

// The brace at the front of `text`, plain or percent-encoded: its length, 0 when there is none.
std::size_t brace_length(std::string_view text, char plain, char hex_digit) {
  if (text.starts_with(plain)) return 1;
  const bool encoded = text.size() >= 3 && text[0] == '%' && text[1] == '7' &&
                       std::toupper(static_cast<unsigned char>(text[2])) == hex_digit;
  return encoded ? 3 : 0;
}
std::size_t opening(std::string_view text) { return brace_length(text, '{', 'B'); }
std::size_t closing(std::string_view text) { return brace_length(text, '}', 'D'); }

// RFC 3986 2.3: what stays as it is anywhere in a URL.
std::string percent_encoded(std::string_view value) {
  std::string out;
  for (const unsigned char c : value) {
    if (std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      out.push_back(static_cast<char>(c));
    } else {
      out += fmt::format("%{:02X}", c);
    }
  }
  return out;
}

std::optional<std::string> value_of(std::string_view name, const UrlFacts& facts) {
  if (name == "session.id") return facts.session_id.text();
  if ((name == "order.id" || name == "checkout.order.id") && facts.order_id) return facts.order_id->text();
  return std::nullopt;
}

struct Placeholder {
  std::size_t length = 0;  // braces and all
  std::string value;       // encoded
};
// The placeholder at the front of `text`, when it is one and its value is known.
std::optional<Placeholder> read_placeholder(std::string_view text, const UrlFacts& facts) {
  constexpr std::size_t kLongestName = 17;  // checkout.order.id
  const std::size_t open = opening(text);
  if (open == 0) return std::nullopt;
  const std::string_view rest = text.substr(open);
  const auto is_name = [](char c) { return c == '.' || std::islower(static_cast<unsigned char>(c)) != 0; };
  const auto end = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_name) - rest.begin());
  if (end > kLongestName) return std::nullopt;
  const std::size_t close = closing(rest.substr(end));
  if (close == 0) return std::nullopt;
  const auto value = value_of(rest.substr(0, end), facts);
  if (!value) return std::nullopt;
  return Placeholder{open + end + close, percent_encoded(*value)};
}

}  // namespace

std::string filled_url(std::string_view url, const UrlFacts& facts) {
  std::string out;
  out.reserve(url.size() + 32);
  while (!url.empty()) {
    if (const auto found = read_placeholder(url, facts)) {
      out += found->value;
      url.remove_prefix(found->length);
    } else {
      out.push_back(url.front());
      url.remove_prefix(1);
    }
  }
  return out;
}

MerchantUrls filled_urls(MerchantUrls urls, const UrlFacts& facts) {
  for (auto* url : {&urls.confirmation, &urls.notification, &urls.push, &urls.authorization})
    if (*url) *url = filled_url(**url, facts);
  return urls;
}

}  // namespace karv::orders
