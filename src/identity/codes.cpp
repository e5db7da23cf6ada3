#include "identity/codes.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "base/secret.h"
#include "identity/deeds.h"
#include "identity/repository.h"
#include "identity/service.h"

namespace karv::identity {
namespace {

constexpr std::size_t kCodeDigits = 6;
constexpr std::uint64_t kCodeSpace = 1'000'000;
constexpr std::size_t kMaxPeer = 64;
constexpr std::size_t kMacSize = 32;

bool is_code(std::string_view text) {
  return text.size() == kCodeDigits && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// What the MAC is bound to besides the address: purpose and payment session.
std::string scope_text(const CodeScope& scope) {
  return std::string(name_of(scope.purpose)) + ":" + scope.payment_session.text();
}

base::Bytes mac_nobody_knows(base::Random& random) {
  base::Bytes mac(kMacSize);
  random.fill(mac);
  return mac;
}

MailToSend code_mail(const CodeRequest& request, std::string code) {
  MailToSend mail{request.email, "sign_in_code", request.language, {{"code", std::move(code)}}};
  if (request.scope.purpose == CodePurpose::checkout) {
    mail.template_name = "checkout_code";
    mail.parameters.emplace_back("merchant", request.merchant_name);
  }
  return mail;
}

CodeState state_after(const CodeCheck& check) {
  if (check.verdict == CodeVerdict::right) return CodeState::used;
  return check.attempts_left > 0 ? CodeState::open : CodeState::dead;
}

}  // namespace

std::string_view name_of(CodePurpose purpose) { return purpose == CodePurpose::checkout ? "checkout" : "portal"; }

base::Result<void> decide_issue(const CodeCounts& counts, const CodeLimits& limits) {
  if (counts.email_in_15_minutes >= limits.per_email_in_15_minutes ||
      counts.email_in_a_day >= limits.per_email_in_a_day || counts.peer_in_an_hour >= limits.per_peer_in_an_hour)
    return base::public_error(base::ErrorCode::too_many_requests, "Too many codes were asked for. Try again later.");
  return {};
}

CodeCheck decide_attempt(const StoredCode& code, base::Instant business_now) {
  KARV_REQUIRE(code.attempts >= 0);
  if (code.attempts >= kCodeAttempts || business_now >= code.expires_at) return {CodeVerdict::unusable, 0};
  const std::int64_t left = kCodeAttempts - code.attempts - 1;
  return {code.matches ? CodeVerdict::right : CodeVerdict::wrong, left};
}

base::Error refusal_of(const CodeCheck& check) {
  KARV_REQUIRE(check.verdict != CodeVerdict::right);
  return base::Error(check.verdict == CodeVerdict::wrong ? base::ErrorCode::wrong_code : base::ErrorCode::code_expired);
}

base::Result<std::optional<MailToSend>> issue_code(store::Tx& tx, const Context& context, const CodeRequest& request) {
  KARV_REQUIRE(request.scope.payment_session.is_nil() == (request.scope.purpose == CodePurpose::portal));
  const base::Instant now = context.wall.now();
  const base::Bytes email_index = context.keys.email_index(request.email.lookup_form());
  const base::Bytes peer_index = context.keys.peer_index(request.peer.substr(0, kMaxPeer));
  KARV_TRY(const std::vector<store::Rows> answers,
           tx.read({count_codes_by_email(email_index, now - base::minutes(15)),
                    count_codes_by_email(email_index, now - kLongestCodeLimit),
                    count_codes_by_peer(peer_index, now - base::hours(1)), find_open_codes(request.scope, email_index),
                    find_customer_by_email(email_index)}));
  KARV_TRY_VOID(
      decide_issue({read_count(answers[0]), read_count(answers[1]), read_count(answers[2])}, context.code_limits));

  for (const CodeRow& older : read_codes(answers[3])) update_code(tx, older, CodeState::voided, older.attempts);
  const bool deliverable = request.scope.purpose == CodePurpose::checkout || read_customer_id(answers[4]).has_value();
  std::string code = fmt::format("{:06}", context.random.below(kCodeSpace));
  base::Bytes mac = deliverable ? context.keys.code_mac(scope_text(request.scope), email_index, code)
                                : mac_nobody_knows(context.random);
  insert_code(tx, {base::make_id<OneTimeCodeTag>(context.wall, context.random), request.scope, email_index, peer_index,
                   std::move(mac), now, context.business.now() + kCodeLifetime});
  if (!deliverable) return std::optional<MailToSend>();
  return std::optional<MailToSend>(code_mail(request, std::move(code)));
}

base::Result<CodeCheck> check_code(store::Tx& tx, const Context& context, const CodeScope& scope, const Email& email,
                                   std::string_view code) {
  const base::Bytes email_index = context.keys.email_index(email.lookup_form());
  KARV_TRY(const std::vector<store::Rows> answers, tx.read_for_update({find_open_codes(scope, email_index)}));
  const std::vector<CodeRow> open = read_codes(answers[0]);
  if (open.empty()) return CodeCheck{};

  const CodeRow& newest = open.front();
  const base::Bytes mac = context.keys.code_mac(scope_text(scope), email_index, code);
  const bool matches = is_code(code) && base::equal_constant_time(mac, newest.code_mac);
  const CodeCheck check = decide_attempt({newest.attempts, newest.expires_at, matches}, context.business.now());
  const bool counted = check.verdict != CodeVerdict::unusable;
  update_code(tx, newest, state_after(check), newest.attempts + (counted ? 1 : 0));
  if (state_after(check) == CodeState::dead && counted)
    record_deed(tx, context, {{}, "one_time_code_exhausted", {"one_time_code", newest.code_id.text()}});
  return check;
}

base::Result<std::int64_t> forget_old_codes(store::Tx& tx, const Context& context, base::Instant issued_before,
                                            std::int64_t limit) {
  KARV_REQUIRE(issued_before <= context.wall.now() - kLongestCodeLimit);
  KARV_TRY(const store::Rows rows, tx.read_one(find_old_codes(issued_before, limit)));
  const std::vector<CodeRow> codes = read_codes(rows);
  for (const CodeRow& code : codes) delete_code(tx, code.code_id);
  return static_cast<std::int64_t>(codes.size());
}

}  // namespace karv::identity
