// What Karv writes to people: plain-text mails in English, Swedish and German, each with the facts it needs and no
// more.
//
// A template names its parameters; a mail with a missing or unknown parameter is refused before it is queued. Values
// are written as they are: plain text has no markup to break, and line breaks or control characters in a value are
// refused, so that a shop's name cannot forge a line. No card number, address or full name has a parameter.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "identity/types.h"

namespace karv::notify {

// Names used in identity::MailToSend::template_name, with the parameters each takes.
inline constexpr std::string_view kSignInCode = "sign_in_code";         // code
inline constexpr std::string_view kCheckoutCode = "checkout_code";      // code, merchant
inline constexpr std::string_view kOrderConfirmed = "order_confirmed";  // merchant, reference, amount, account_url
inline constexpr std::string_view kAgreementConcluded =
    "agreement_concluded";  // merchant, reference, amount, plan, schedule, terms_url, account_url
inline constexpr std::string_view kInstallmentCharged =
    "installment_charged";  // merchant, reference, amount, card, left, account_url
inline constexpr std::string_view kInstallmentFailed =
    "installment_failed";  // merchant, reference, amount, next_try, account_url
inline constexpr std::string_view kPaymentRefused =
    "payment_refused";  // merchant, reference, amount, open, next_try, account_url
inline constexpr std::string_view kInstallmentDue = "installment_due";  // merchant, reference, amount, account_url
inline constexpr std::string_view kRefundMade =
    "refund_made";  // merchant, reference, amount, canceled, to_card, account_url
inline constexpr std::string_view kCardReplaced = "card_replaced";  // card, account_url

struct MailText {
  std::string subject, body;
};
// Errors: internal (unknown template, missing, unknown or malformed parameter: a caller's bug, never input).
base::Result<MailText> render(const identity::MailToSend& mail);

std::span<const std::string_view> template_names();
// The parameters of a template; empty when there is none of that name.
std::span<const std::string_view> parameters_of(std::string_view template_name);
// How long a mail is worth sending: a code is of no use after ten minutes.
base::Duration useful_for(std::string_view template_name);

}  // namespace karv::notify
