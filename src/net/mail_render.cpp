#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "base/bytes.h"
#include "net/ascii.h"
#include "net/http_codec.h"
#include "net/mail.h"
#include "net/percent.h"

namespace karv::net {
namespace {

constexpr std::size_t kMaxAddress = 254;
constexpr std::size_t kMaxText = 256 * 1024;
// An encoded word is at most 75 characters: 45 bytes become 60 of base64, framed by "=?UTF-8?B?" and "?=".
constexpr std::size_t kWordBytes = 45;
// A base64 line of MIME: 76 characters, 57 bytes.
constexpr std::size_t kLineBytes = 57;

// local@domain in plain ASCII, without anything that could end the header or the SMTP command.
bool is_address(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size() || text.size() > kMaxAddress) return false;
  if (text.find('@', at + 1) != std::string_view::npos) return false;
  const bool plain = std::ranges::all_of(text, [](char c) {
    return is_alpha(c) || is_digit(c) || std::string_view("!#$%&'*+-./=?^_`{|}~@").find(c) != std::string_view::npos;
  });
  const std::string_view domain = text.substr(at + 1);
  return plain &&
         std::ranges::all_of(domain, [](char c) { return is_alpha(c) || is_digit(c) || c == '.' || c == '-'; });
}

bool is_header_text(std::string_view text) { return is_header_value(text) && is_utf8(text); }

// Encoded words of UTF-8 in base64, never splitting a character. Source: RFC 2047 section 2 and 5.
std::string encoded_words(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t size = std::min(text.size(), kWordBytes);
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
    const std::string word = base::to_base64(base::as_bytes(text.substr(0, size)));
    out += fmt::format("{}=?UTF-8?B?{}?=", out.empty() ? "" : "\r\n ", word);
    text.remove_prefix(size);
  }
  return out;
}

// Text in a header: as it is when it is short and plain, otherwise as encoded words.
std::string header_text(std::string_view text) {
  constexpr std::string_view kPlain = " .,:;!'()-_/#+%&*";
  const bool plain = text.size() <= 60 && trim(text) == text && std::ranges::all_of(text, [&](char c) {
                       return is_alpha(c) || is_digit(c) || kPlain.find(c) != std::string_view::npos;
                     });
  return plain ? std::string(text) : encoded_words(text);
}

std::string mail_date(base::Instant date) {
  std::string text = http1::http_date(date);
  return text.replace(text.size() - 3, 3, "+0000");
}

std::string body_of(std::string_view text) {
  std::string canonical;
  canonical.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) canonical.push_back('\r');
    canonical.push_back(text[i]);
  }
  std::string out;
  for (std::string_view rest = canonical; !rest.empty();) {
    const std::string_view line = rest.substr(0, kLineBytes);
    rest.remove_prefix(line.size());
    out.append(base::to_base64(base::as_bytes(line))).append("\r\n");
  }
  return out;
}

base::Error wrong(std::string_view what) {
  return base::internal_error(base::ErrorCode::bad_value, fmt::format("mail: {}", what));
}

}  // namespace

base::Result<std::string> render_mail(const Mail& mail) {
  if (!is_address(mail.from)) return wrong("sender's address");
  if (!is_address(mail.to)) return wrong("recipient's address");
  if (!is_header_text(mail.from_name) || mail.from_name.size() > 100) return wrong("sender's name");
  if (!is_header_text(mail.subject) || mail.subject.empty() || mail.subject.size() > 500) return wrong("subject");
  if (!is_utf8(mail.text) || mail.text.size() > kMaxText) return wrong("text");
  const bool clean_id =
      !mail.message_id.empty() && mail.message_id.size() <= 100 &&
      std::ranges::all_of(mail.message_id, [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; });
  if (!clean_id) return wrong("message id");
  const std::string_view domain = std::string_view(mail.from).substr(mail.from.find('@') + 1);
  std::string out;
  out += fmt::format("Date: {}\r\n", mail_date(mail.date));
  out += fmt::format("From: {}{}<{}>\r\n", encoded_words(mail.from_name), mail.from_name.empty() ? "" : " ", mail.from);
  out += fmt::format("To: <{}>\r\nSubject: {}\r\n", mail.to, header_text(mail.subject));
  out += fmt::format("Message-ID: <{}@{}>\r\n", mail.message_id, domain);
  out += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n";
  out += "Auto-Submitted: auto-generated\r\n\r\n";
  return out + body_of(mail.text);
}

}  // namespace karv::net
