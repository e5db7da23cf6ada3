// Rows of this module's tables <-> types. The only place of its SQL. Queries and readers are apart, so that a use case
// can put several into one round trip.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "identity/codes.h"
#include "identity/sessions.h"
#include "identity/types.h"
#include "store/database.h"

namespace karv::identity {

// ---- merchants
store::Query find_merchant(MerchantId merchant_id);
std::optional<Merchant> read_merchant(const store::Rows& rows);
store::Query all_merchants();  // oldest first
std::vector<Merchant> read_merchants(const store::Rows& rows);
void insert_merchant(store::Tx& tx, const Merchant& merchant, base::Instant now);
void update_merchant_status(store::Tx& tx, MerchantId merchant_id, MerchantStatus status);
void update_merchant_origins(store::Tx& tx, MerchantId merchant_id, const std::vector<std::string>& origins);

struct CredentialRow {
  CredentialId credential_id;
  base::Bytes secret_mac;
  bool disabled = false;
  Merchant merchant;
};
store::Query find_credential(std::string_view username);  // with its merchant
std::optional<CredentialRow> read_credential(const store::Rows& rows);
void insert_credential(store::Tx& tx, std::string_view username, const CredentialId& credential_id,
                       const MerchantId& merchant_id, base::Bytes secret_mac, base::Instant now);
void disable_credential_row(store::Tx& tx, std::string_view username, base::Instant now);

// ---- customers
store::Query find_customer_by_email(const base::Bytes& email_index);
std::optional<CustomerId> read_customer_id(const store::Rows& rows);
struct CustomerRow {
  CustomerId customer_id;
  std::optional<base::Bytes> email_sealed;  // empty: erased
};
store::Query find_customer_row(CustomerId customer_id);
std::optional<CustomerRow> read_customer(const store::Rows& rows);
void insert_customer(store::Tx& tx, CustomerId customer_id, const base::Bytes& email_index,
                     const base::Bytes& email_sealed, base::Instant now);
void reseal_customer(store::Tx& tx, CustomerId customer_id, const base::Bytes& email_sealed);
void erase_customer_row(store::Tx& tx, CustomerId customer_id);

// ---- one-time codes
struct CodeRow {
  OneTimeCodeId code_id;
  base::Bytes code_mac;
  std::int64_t attempts = 0;
  base::Instant expires_at;
};
struct NewCodeRow {
  OneTimeCodeId code_id;
  CodeScope scope;
  base::Bytes email_index, peer_index, code_mac;
  base::Instant issued_at;   // wall
  base::Instant expires_at;  // business
};
enum class CodeState : std::uint8_t { open, used, voided, dead };
store::Query count_codes_by_email(const base::Bytes& email_index, base::Instant since);
store::Query count_codes_by_peer(const base::Bytes& peer_index, base::Instant since);
std::int64_t read_count(const store::Rows& rows);
store::Query find_open_codes(const CodeScope& scope, const base::Bytes& email_index);  // newest first
std::vector<CodeRow> read_codes(const store::Rows& rows);
void insert_code(store::Tx& tx, const NewCodeRow& code);
// Moves an open code on; fails the transaction when somebody else counted an attempt meanwhile.
void update_code(store::Tx& tx, const CodeRow& was, CodeState state, std::int64_t attempts);
store::Query find_old_codes(base::Instant issued_before, std::int64_t limit);
void delete_code(store::Tx& tx, OneTimeCodeId code_id);

// ---- customer sessions
struct CustomerSessionRow {
  CustomerPrincipal customer;
  base::Instant created_at, last_used_at, expires_at;
  bool ended = false;
};
store::Query find_session_by_mac(const base::Bytes& session_mac);
store::Query find_session_by_id(CustomerSessionId session_id);
store::Query find_sessions_of(CustomerId customer_id);  // newest first, at most 100
std::vector<CustomerSessionRow> read_sessions(const store::Rows& rows);
void insert_session(store::Tx& tx, const CustomerSessionRow& session, const base::Bytes& session_mac);
void update_last_used(store::Tx& tx, CustomerSessionId session_id, base::Instant now);
void end_session(store::Tx& tx, CustomerSessionId session_id, base::Instant now);
store::Query find_old_sessions(base::Instant expired_before, std::int64_t limit);
std::vector<base::Bytes> read_session_macs(const store::Rows& rows);
void delete_session(store::Tx& tx, const base::Bytes& session_mac);

}  // namespace karv::identity
