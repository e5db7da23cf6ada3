#include "vault/bank/statements.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "json/decode.h"
#include "json/encode.h"
#include "vault/bank/repository.h"
#include "vault/bank/sealing.h"
#include "vault/bank/statement_reading.h"
#include "vault/bank/statement_repository.h"
#include "vault/bank/statement_sealing.h"
#include "vault/keys/repository.h"

namespace karv::vault {
namespace {

constexpr int kMostAtOnce = 10;  // files of one call
constexpr std::int64_t kFilesPage = 100;
constexpr std::int64_t kLinesPage = 200;
constexpr base::Duration kLimit = base::seconds(30);
constexpr std::size_t kMostBankId = 64;

base::Error refused(const char* text, const char* reason) {
  return base::public_error(base::ErrorCode::not_found, text, reason);
}

// A head as it is sealed: its account is named by the row.
struct SealedHead {
  vault_api::BankStatementHead head;
  std::optional<BankAccountId> account;
};
BOOST_DESCRIBE_STRUCT(SealedHead, (), (head, account))
struct SealedHeads {
  std::vector<SealedHead> heads;
};
BOOST_DESCRIBE_STRUCT(SealedHeads, (), (heads))

constexpr json::Options kOwnRecord{.max_bytes = 64'000'000,
                                   .max_items = 100'000,
                                   .max_values = 10'000'000,
                                   .unknown_members = json::UnknownMembers::refuse,
                                   .integers_as_text = false};

bool is_bank_id(std::string_view text) {
  return !text.empty() && text.size() <= kMostBankId && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

}  // namespace

// A file on its way into the store: everything that takes time is done before the transaction.
struct BankStatements::Taken {
  StoredStatementFile file;
  NewSubjectKey key;
  KeyRingPtr ring;
  std::map<base::Bytes, StoredBankAccount> accounts;  // by fingerprint
  std::vector<StoredStatementLine> lines;
  std::vector<StoredBankToken> tokens;
};

std::string BankStatements::token_text(const OpenKey& key, BankStatementId file, std::int64_t number) const {
  const auto digits = std::to_string(number);
  return base::to_base64url(crypto::hmac_sha256(
      key.clear, crypto::framed({base::as_bytes("karv vault: statement token"), file.view(), base::as_bytes(digits)})));
}

base::Result<std::optional<BankAccountId>> BankStatements::account_for(Taken& taken,
                                                                       const std::optional<BankAccount>& account) {
  if (!account) return std::optional<BankAccountId>();
  const auto fingerprint = taken.ring->fingerprints(taken.file.tenant, canonical(*account)).front();
  const auto known = taken.accounts.find(fingerprint.digest);
  if (known != taken.accounts.end()) return std::optional(known->second.id);
  StoredBankAccount row{.id = base::make_id<BankAccountTag>(wall_, random_),
                        .tenant = taken.file.tenant,
                        .owner = {.kind = BankOwnerKind::counterparty, .id = subject_of(taken.file.id)},
                        .subject_key = {},
                        .sealed = {},
                        .fingerprint = fingerprint.digest,
                        .fingerprint_key = fingerprint.key,
                        .kind = account->kind,
                        .masked = mask_bank_account(*account)};
  seal_bank_account(taken.key.key, *account, row, random_);
  const auto id = row.id;
  taken.accounts.emplace(fingerprint.digest, std::move(row));
  return std::optional(id);
}

base::Result<void> BankStatements::fill(Taken& taken, base::ByteView original) {
  KARV_TRY(auto read, read_statements(original));
  const auto seal = [&](std::string_view place, std::string_view clear) {
    return seal_statement_part(taken.key.key, taken.file.id, place, base::as_bytes(clear), random_);
  };
  const auto token_key = taken.ring->token_digests(taken.file.tenant, "").front().key;
  const OpenKey* const open = taken.ring->find_key(token_key);
  KARV_REQUIRE(open != nullptr);
  SealedHeads heads;
  for (auto& [head, account] : read.heads) {
    KARV_TRY(const auto id, account_for(taken, account));
    heads.heads.push_back({.head = std::move(head), .account = id});
  }
  taken.file.heads = seal("heads", json::encode(heads));
  for (const auto& [line, account] : read.lines) {
    KARV_TRY(const auto id, account_for(taken, account));
    taken.lines.push_back({.number = line.number,
                           .account = id,
                           .token_key = token_key,
                           .sealed = seal(line_place(line.number), json::encode(line))});
    if (!id) continue;
    StoredBankToken token{.mac_key = token_key,
                          .tenant = taken.file.tenant,
                          .account = *id,
                          .scope = {.owner = {.kind = BankOwnerKind::counterparty, .id = subject_of(taken.file.id)},
                                    .purpose = BankPurpose::identify}};
    if (line.amount_minor > 0) {  // what came may go back, and no more
      token.scope.purpose = BankPurpose::refund;
      token.scope.cap_minor = line.amount_minor;
      token.scope.currency = line.currency;
    }
    token.mac = crypto::hmac_sha256(open->clear, base::as_bytes(token_text(*open, taken.file.id, line.number)));
    taken.tokens.push_back(std::move(token));
  }
  taken.file.lines = static_cast<std::int64_t>(taken.lines.size());
  return {};
}

base::Result<void> BankStatements::take(StoredStatementFile file, std::string original) {
  Taken taken;
  KARV_TRY(taken.ring, keys_.get_fresh());
  taken.file = std::move(file);
  taken.file.id = base::make_id<vault_api::BankStatementTag>(wall_, random_);
  taken.file.digest = crypto::sha256(base::as_bytes(original));
  taken.file.received_at = wall_.now();
  KARV_TRY(taken.key, subject_keys_.make(taken.file.tenant, subject_of(taken.file.id)));
  taken.file.subject_key = taken.key.row.id;
  const auto filled = fill(taken, base::as_bytes(original));
  if (!filled.ok()) {
    const bool large = filled.error().code() == base::ErrorCode::too_large;
    if (!large && filled.error().code() != base::ErrorCode::bad_value) return filled.error();
    taken.file.problem = large ? "TOO_LARGE" : "MALFORMED";
    base::log::error("bank_statement_not_read",
                     {{"file_id", taken.file.id.text()}, {"detail", filled.error().internal_text()}});
  }
  taken.file.original =
      seal_statement_part(taken.key.key, taken.file.id, "original", base::as_bytes(original), random_);
  taken.key.row.uses = static_cast<std::int64_t>(taken.accounts.size() + taken.lines.size()) + 2;
  const auto work = [&](store::Tx& tx) -> base::Result<void> {
    const auto& f = taken.file;
    KARV_TRY(const bool duplicate, has_statement_digest(tx, f.tenant, f.destination, f.digest));
    if (duplicate) {  // that it came is kept, nothing else
      insert_statement_file(tx, {.id = f.id,
                                 .tenant = f.tenant,
                                 .destination = f.destination,
                                 .position = f.position,
                                 .bank_id = f.bank_id,
                                 .digest = f.digest,
                                 .problem = "DUPLICATE",
                                 .received_at = f.received_at});
      return {};
    }
    insert_subject_key(tx, taken.key.row);
    for (const auto& [fingerprint, account] : taken.accounts) insert_bank_account(tx, account, wall_.now());
    for (const auto& token : taken.tokens) insert_bank_token(tx, token, wall_.now());
    insert_statement_file(tx, taken.file);
    insert_statement_lines(tx, taken.file.id, taken.lines);
    return {};
  };
  const auto stored = database_.write<void>("vault_take_statement", work);
  if (!stored.ok() && stored.error().code() != base::ErrorCode::conflict) return stored.error();
  base::log::info("bank_statement_taken", {{"file_id", taken.file.id.text()},
                                           {"lines", taken.file.lines},
                                           {"accounts", taken.accounts.size()},
                                           {"problem", taken.file.problem}});
  return {};  // a conflict: another process has just taken it
}

base::Result<std::optional<std::string>> BankStatements::fetch_next(TenantId tenant, const std::string& destination) {
  using Ended = std::optional<std::string>;
  KARV_TRY(const auto newest, database_.read<LastStatement>("vault_last_statement", [&](store::ReadTx& tx) {
    return find_last_statement(tx, tenant, destination);
  }));
  const auto& last = newest.bank_id;
  auto outcome = call_({.destination = destination,
                        .method = net::Method::get,
                        .path = "/v1/statements" + (last.empty() ? std::string() : "?after=" + last)},
                       kLimit);
  const auto alarmed = [&](const char* problem) {
    base::log::error("vault_bank_destination_alarm", {{"destination", destination}, {"problem", problem}});
    return Ended(problem);
  };
  if (!outcome.ok())
    return outcome.error().reason() == "PEER_NOT_TRUSTED" ? alarmed("PEER_NOT_TRUSTED") : Ended("NOT_REACHED");
  if (outcome->status >= 300 && outcome->status < 400) return alarmed("REDIRECTED");
  if (outcome->status == 204) return Ended("");
  const std::string bank_id(outcome->headers.find("Statement-Id"));
  if (outcome->status != 200 || !is_bank_id(bank_id) || bank_id == last) return Ended("NOT_UNDERSTOOD");
  KARV_TRY_VOID(
      take({.tenant = tenant, .destination = destination, .position = newest.position + 1, .bank_id = bank_id},
           std::move(outcome).value().body));
  return Ended();
}

base::Result<vault_api::BankFetchAnswer> BankStatements::fetch(TenantId tenant,
                                                               const vault_api::BankFetchRequest& request) {
  if (!destinations_.contains(request.destination))
    return refused("The vault knows no such destination.", "DESTINATION_UNKNOWN");
  KARV_TRY(const auto ring, keys_.get());  // a sealed vault asks nobody
  vault_api::BankFetchAnswer answer{.files = {}, .more = true, .problem = {}};
  for (int i = 0; i < kMostAtOnce && answer.more; ++i) {
    KARV_TRY(const auto ended, fetch_next(tenant, request.destination));
    answer.more = !ended.has_value();
    answer.problem = ended.value_or("");
  }
  KARV_TRY(const auto files,
           database_.read<std::vector<StoredStatementFile>>("vault_find_statements", [&](store::ReadTx& tx) {
             return find_statement_files(tx, tenant, request.destination, request.after.value_or(BankStatementId()),
                                         kFilesPage);
           }));
  for (const auto& file : files)
    answer.files.push_back(
        {.file = file.id, .received_at = file.received_at.ms, .lines = file.lines, .problem = file.problem});
  answer.more = answer.more || std::ssize(files) == kFilesPage;
  return answer;
}

vault_api::BankStatementAccount BankStatements::facts_of(const FoundStatementLine& found) const {
  return {.bank_token = {},
          .country = found.account->masked.country,
          .last = found.account->masked.last,
          .fingerprint = base::to_hex(found.account->fingerprint),
          .known = found.known};
}

base::Result<vault_api::BankStatementPage> BankStatements::read(TenantId tenant,
                                                                const vault_api::BankStatementQuery& request) {
  struct Rows {
    StoredStatementFile file;
    std::vector<FoundStatementLine> lines;
    store::Rows key;
  };
  KARV_TRY(const auto ring, keys_.get());
  KARV_TRY(const auto rows, database_.read<Rows>("vault_read_statement", [&](store::ReadTx& tx) -> base::Result<Rows> {
    KARV_TRY(auto file, find_statement_file(tx, request.file));
    if (!file || file->tenant != tenant) return refused("There is no such statement.", "STATEMENT_UNKNOWN");
    Rows all{.file = *std::move(file), .lines = {}, .key = {}};
    KARV_TRY(all.lines, find_statement_lines(tx, request.file, request.after, kLinesPage));
    KARV_TRY(all.key, tx.read_one(subject_key_query(tenant, subject_of(request.file))));
    return all;
  }));
  vault_api::BankStatementPage page;
  if (rows.file.heads.empty()) return page;  // a duplicate, or nothing that could be read
  KARV_REQUIRE(!rows.key.empty());
  KARV_TRY(const auto key, subject_keys_.open(subject_key_from(rows.key.front())));
  KARV_TRY(const auto sealed_heads, open_statement_part(key, request.file, "heads", rows.file.heads));
  KARV_TRY(auto heads, json::decode<SealedHeads>(sealed_heads.expose_text(), kOwnRecord));
  for (auto& [head, account] : heads.heads) {
    if (account) {
      KARV_TRY(const auto found, database_.read<std::optional<FoundStatementLine>>(
                                     "vault_read_statement_account",
                                     [&](store::ReadTx& tx) { return find_statement_account(tx, *account); }));
      if (found) head.account = facts_of(*found);
    }
    page.statements.push_back(std::move(head));
  }
  for (const auto& found : rows.lines) {
    KARV_TRY(const auto clear,
             open_statement_part(key, request.file, line_place(found.line.number), found.line.sealed));
    KARV_TRY(auto line, json::decode<vault_api::BankStatementLine>(clear.expose_text(), kOwnRecord));
    if (found.account) {
      line.account = facts_of(found);
      if (const OpenKey* const open = ring->find_key(found.line.token_key))
        line.account->bank_token = token_text(*open, request.file, found.line.number);
    }
    page.lines.push_back(std::move(line));
  }
  if (std::ssize(page.lines) == kLinesPage) page.next = page.lines.back().number;
  return page;
}

}  // namespace karv::vault
