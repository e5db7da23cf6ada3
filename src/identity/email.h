// Email: an address that has the shape of one, in one spelling.
//
// Accepts the dot-atom form that real mailboxes have (RFC 5321 4.1.2 without quoted local parts, address literals and
// internationalized names), at most 254 characters (RFC 3696 errata 1690). The domain is lower-cased; the local part is
// kept for delivery and lower-cased for lookup, because people type it either way. Personal: has no log form.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace karv::identity {

class Email {
 public:
  static std::optional<Email> parse(std::string_view text);

  // The spelling to send to.
  const std::string& expose() const { return address_; }
  // The spelling that equal mailboxes share; what the blind index is made of.
  std::string lookup_form() const;
  std::string_view local_part() const { return std::string_view(address_).substr(0, at_); }
  std::string_view domain() const { return std::string_view(address_).substr(at_ + 1); }

  friend bool operator==(const Email& a, const Email& b) { return a.lookup_form() == b.lookup_form(); }

 private:
  Email(std::string address, std::size_t at) : address_(std::move(address)), at_(at) {}
  std::string address_;
  std::size_t at_;
};

}  // namespace karv::identity
