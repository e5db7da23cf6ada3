#include "identity/schema.h"

#include <array>

namespace karv::identity {
namespace {

constexpr const char* kMerchants = R"(
  create table merchants (
    merchant_id BYTEA primary key,
    name TEXT not null,
    country TEXT not null,
    origins TEXT not null,
    status TEXT not null,
    created_at BIGINT not null
  ))";
constexpr const char* kMerchantCredentials = R"(
  create table merchant_credentials (
    username TEXT primary key,
    credential_id BYTEA not null,
    merchant_id BYTEA not null,
    secret_mac BYTEA not null,
    disabled_at BIGINT,
    created_at BIGINT not null
  ))";
constexpr const char* kSubjectKeys = R"(
  create table subject_keys (
    subject_id BYTEA primary key,
    wrapped_key BYTEA not null,
    epoch BIGINT not null
  ))";
constexpr const char* kCustomers = R"(
  create table customers (
    customer_id BYTEA primary key,
    email_index BYTEA,
    email_sealed BYTEA,
    created_at BIGINT not null
  ))";
constexpr const char* kCustomersByEmail = "create unique index customers_by_email on customers (email_index)";
constexpr const char* kOneTimeCodes = R"(
  create table one_time_codes (
    code_id BYTEA primary key,
    purpose TEXT not null,
    payment_session BYTEA not null,
    email_index BYTEA not null,
    peer_index BYTEA not null,
    code_mac BYTEA not null,
    state TEXT not null,
    attempts BIGINT not null,
    issued_at BIGINT not null,
    expires_at BIGINT not null
  ))";
constexpr const char* kCodesByEmail = "create index one_time_codes_by_email on one_time_codes (email_index, issued_at)";
constexpr const char* kCodesByPeer = "create index one_time_codes_by_peer on one_time_codes (peer_index, issued_at)";
constexpr const char* kCustomerSessions = R"(
  create table customer_sessions (
    session_mac BYTEA primary key,
    session_id BYTEA not null,
    customer_id BYTEA not null,
    kind TEXT not null,
    payment_session BYTEA,
    strength TEXT not null,
    created_at BIGINT not null,
    last_used_at BIGINT not null,
    expires_at BIGINT not null,
    ended_at BIGINT
  ))";
constexpr const char* kSessionsById = "create unique index customer_sessions_by_id on customer_sessions (session_id)";
constexpr const char* kSessionsByCustomer =
    "create index customer_sessions_by_customer on customer_sessions (customer_id, session_id)";

// For the jobs that remove what is old.
constexpr const char* kCodesByAge = "create index one_time_codes_by_age on one_time_codes (issued_at)";
constexpr const char* kSessionsByEnd = "create index customer_sessions_by_end on customer_sessions (expires_at)";

// From here on the vault wraps subject keys. No database with keys from before was ever in production: one that has any
// is refused, by a primary key whose name says what to do.
constexpr const char* kRefuseMark =
    "create table sealed_before_the_vault_held_its_keys_start_with_a_new_one (n BIGINT primary key)";
constexpr const char* kRefuseOne =
    "insert into sealed_before_the_vault_held_its_keys_start_with_a_new_one (n) values (1)";
constexpr const char* kRefuseOld =
    "insert into sealed_before_the_vault_held_its_keys_start_with_a_new_one (n) select 1 from subject_keys limit 1";
constexpr const char* kRefuseEnd = "drop table sealed_before_the_vault_held_its_keys_start_with_a_new_one";
constexpr const char* kDropSubjectKeys = "drop table subject_keys";
constexpr const char* kWrappedByVault = R"(
  create table subject_keys (
    subject_id BYTEA primary key,
    key_id BYTEA not null,
    epoch BIGINT not null,
    wrapped TEXT not null
  ))";
// For the job that renews them; all of them are of one epoch but for some minutes a month.
constexpr const char* kKeysByEpoch = "create index subject_keys_by_epoch on subject_keys (epoch, subject_id)";

}  // namespace

std::span<const store::Migration> migrations() {
  static const std::array<store::Migration, 6> kMigrations = {{
      {10001, "merchants", {kMerchants, kMerchantCredentials}},
      {10002, "customers", {kSubjectKeys, kCustomers, kCustomersByEmail}},
      {10003, "one_time_codes", {kOneTimeCodes, kCodesByEmail, kCodesByPeer}},
      {10004, "customer_sessions", {kCustomerSessions, kSessionsById, kSessionsByCustomer}},
      {10005, "retention", {kCodesByAge, kSessionsByEnd}},
      {10006,
       "vault_keys",
       {kRefuseMark, kRefuseOne, kRefuseOld, kRefuseEnd, kDropSubjectKeys, kWrappedByVault, kKeysByEpoch}},
  }};
  return kMigrations;
}

}  // namespace karv::identity
