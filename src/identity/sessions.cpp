#include "identity/sessions.h"

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "identity/deeds.h"
#include "identity/repository.h"
#include "identity/service.h"

namespace karv::identity {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kTokenText = 43;  // base64url of 32 bytes

base::SecretBytes make_session_token(base::Random& random) {
  base::SecretBytes raw(kTokenBytes);
  random.fill(raw.expose_mutable());
  std::string text = base::to_base64url(raw.expose());
  base::SecretBytes token = base::SecretBytes::copy_of(text);
  base::wipe(text.data(), text.size());
  return token;
}

base::Error not_signed_in() { return base::Error(base::ErrorCode::unauthorized); }

bool is_alive(const CustomerSessionRow& session, base::Instant now) {
  if (session.ended || now >= session.expires_at) return false;
  return session.customer.kind == SessionKind::checkout || now < session.last_used_at + kPortalIdleLimit;
}

SessionGrant open_session(store::Tx& tx, const Context& context, const CodeScope& scope, CustomerId customer_id) {
  const bool checkout = scope.purpose == CodePurpose::checkout;
  const base::Instant now = context.wall.now();
  SessionGrant grant;
  grant.session_token = make_session_token(context.random);
  grant.customer.customer_id = customer_id;
  grant.customer.session_id = base::make_id<CustomerSessionTag>(context.wall, context.random);
  grant.customer.kind = checkout ? SessionKind::checkout : SessionKind::portal;
  grant.customer.strength = FactorStrength::mailed_code;
  if (checkout) grant.customer.payment_session = scope.payment_session;
  grant.expires_at = now + (checkout ? kCheckoutLimit : kPortalLimit);
  insert_session(tx, {grant.customer, now, now, grant.expires_at, false},
                 context.keys.session_mac(grant.session_token.expose_text()));
  record_deed(tx, context,
              {{audit::ActorKind::customer, customer_id.text()},
               checkout ? "customer_identified" : "customer_signed_in",
               {"customer_session", grant.customer.session_id.text()}});
  return grant;
}

// The row of a session token that is still good.
base::Result<CustomerSessionRow> find_alive(store::ReadTx& tx, const Context& context, std::string_view session_token,
                                            SessionKind kind) {
  if (session_token.size() != kTokenText) return not_signed_in();
  KARV_TRY(const store::Rows rows, tx.read_one(find_session_by_mac(context.keys.session_mac(session_token))));
  const std::vector<CustomerSessionRow> sessions = read_sessions(rows);
  if (sessions.empty() || sessions[0].customer.kind != kind || !is_alive(sessions[0], context.wall.now()))
    return not_signed_in();
  return sessions[0];
}

}  // namespace

base::Result<SignIn> sign_in(store::Tx& tx, const Context& context, const CodeScope& scope, const Email& email,
                             std::string_view code) {
  SignIn answer;
  KARV_TRY(answer.check, check_code(tx, context, scope, email, code));
  if (answer.check.verdict != CodeVerdict::right) return answer;

  // A right portal code implies a customer: no code of an unknown address can match.
  KARV_TRY(const EnsuredCustomer customer, ensure_customer(tx, context, email));
  answer.grant = open_session(tx, context, scope, customer.customer_id);
  return answer;
}

base::Result<ActiveSession> authenticate_portal(store::ReadTx& tx, const Context& context,
                                                std::string_view session_token) {
  KARV_TRY(const CustomerSessionRow session, find_alive(tx, context, session_token, SessionKind::portal));
  const bool touch_due = context.wall.now() - session.last_used_at >= kTouchInterval;
  return ActiveSession{session.customer, touch_due};
}

base::Result<CustomerPrincipal> authenticate_checkout(store::ReadTx& tx, const Context& context,
                                                      std::string_view session_token, PaymentSessionId session) {
  KARV_TRY(const CustomerSessionRow found, find_alive(tx, context, session_token, SessionKind::checkout));
  if (found.customer.payment_session != session) return not_signed_in();
  return found.customer;
}

base::Result<void> touch_session(store::Tx& tx, const Context& context, const CustomerPrincipal& customer) {
  KARV_TRY(const store::Rows rows, tx.read_one(find_session_by_id(customer.session_id)));
  const std::vector<CustomerSessionRow> sessions = read_sessions(rows);
  if (sessions.empty() || !is_alive(sessions[0], context.wall.now())) return not_signed_in();
  update_last_used(tx, customer.session_id, context.wall.now());
  return {};
}

base::Result<void> sign_out(store::Tx& tx, const Context& context, const CustomerPrincipal& customer) {
  KARV_TRY(const store::Rows rows, tx.read_one(find_session_by_id(customer.session_id)));
  const std::vector<CustomerSessionRow> sessions = read_sessions(rows);
  if (sessions.empty() || sessions[0].ended) return {};
  end_session(tx, customer.session_id, context.wall.now());
  record_deed(tx, context,
              {{audit::ActorKind::customer, customer.customer_id.text()},
               "customer_signed_out",
               {"customer_session", customer.session_id.text()}});
  return {};
}

base::Result<std::int64_t> forget_old_sessions(store::Tx& tx, const Context& context, base::Instant expired_before,
                                               std::int64_t limit) {
  KARV_REQUIRE(expired_before <= context.wall.now());
  KARV_TRY(const store::Rows rows, tx.read_one(find_old_sessions(expired_before, limit)));
  const std::vector<base::Bytes> macs = read_session_macs(rows);
  for (const base::Bytes& mac : macs) delete_session(tx, mac);
  return static_cast<std::int64_t>(macs.size());
}

base::Result<std::vector<SessionEntry>> list_sessions(store::ReadTx& tx, const Context& context,
                                                      CustomerId customer_id) {
  KARV_TRY(const store::Rows rows, tx.read_one(find_sessions_of(customer_id)));
  std::vector<SessionEntry> entries;
  for (const CustomerSessionRow& row : read_sessions(rows))
    if (is_alive(row, context.wall.now()))
      entries.push_back(
          {row.customer.session_id, row.customer.kind, row.customer.strength, row.created_at, row.last_used_at});
  return entries;
}

}  // namespace karv::identity
