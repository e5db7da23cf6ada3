// Who takes part: merchants, customers and their credentials and sessions, as values.
//
// A principal is what authentication proved; only this module makes one. It records how strong the proof was, so that
// a later rule can ask for more. Not here: what a principal may do (each API decides), cards, addresses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/secret.h"
#include "identity/email.h"

namespace karv::identity {

struct MerchantTag;
struct CustomerTag;
struct CredentialTag;
struct SubjectTag;
struct CustomerSessionTag;
struct OneTimeCodeTag;
struct PaymentSessionTag;  // the shop's payment session: orders owns the rows, identity binds codes and tokens to it
using MerchantId = base::Id<MerchantTag>;
using CustomerId = base::Id<CustomerTag>;
using CredentialId = base::Id<CredentialTag>;
using CustomerSessionId = base::Id<CustomerSessionTag>;
using OneTimeCodeId = base::Id<OneTimeCodeTag>;
using PaymentSessionId = base::Id<PaymentSessionTag>;

// Whose key seals a personal field: a customer, or a payment session whose shopper is not known yet.
using SubjectId = base::Id<SubjectTag>;
template <class Tag>
SubjectId subject_of(const base::Id<Tag>& owner) {
  return SubjectId(owner.uuid());
}

// The languages that people are addressed in.
enum class Language : std::uint8_t { en, sv, de };
std::string_view name_of(Language language);
// "sv-SE" -> sv; anything unknown -> en.
Language language_of_locale(std::string_view locale);

enum class MerchantStatus : std::uint8_t { active, suspended };
std::string_view name_of(MerchantStatus status);

struct Merchant {
  MerchantId merchant_id;
  std::string name;
  std::string country;               // ISO 3166-1 alpha-2, upper case
  std::vector<std::string> origins;  // where its checkout may be framed: "https://shop.example"
  MerchantStatus status = MerchantStatus::active;
};

// What a merchant's credential proved.
struct MerchantPrincipal {
  std::shared_ptr<const Merchant> merchant;
  CredentialId credential_id;
  std::string username;
  const MerchantId& id() const { return merchant->merchant_id; }
};

// How a person was recognized, weakest first. A mailed code proves that somebody reads a mailbox: it is one factor and
// no strong authentication. Source: (EU) 2018/389 art. 4; NIST SP 800-63B-4 3.1.3.1.
enum class FactorStrength : std::uint8_t { mailed_code, strong };
std::string_view name_of(FactorStrength strength);

// Where a customer is signed in. A checkout session is good for one payment session only.
enum class SessionKind : std::uint8_t { portal, checkout };
std::string_view name_of(SessionKind kind);

struct CustomerPrincipal {
  CustomerId customer_id;
  CustomerSessionId session_id;
  SessionKind kind = SessionKind::portal;
  FactorStrength strength = FactorStrength::mailed_code;
  std::optional<PaymentSessionId> payment_session;  // checkout only
};

// A mail that the caller hands to notify: this module sends nothing itself.
struct MailToSend {
  Email to;
  std::string_view template_name;  // one of notify's templates
  Language language = Language::en;
  std::vector<std::pair<std::string, std::string>> parameters;
};

}  // namespace karv::identity
