#include "vault/erasure/eraser.h"

#include <algorithm>

#include <fmt/format.h>

#include "audit/record.h"
#include "base/check.h"
#include "base/log.h"
#include "crypto/ed25519.h"
#include "json/words.h"
#include "vault/keys/repository.h"
#include "vault/server_keys/repository.h"

namespace karv::vault {
namespace {

constexpr std::size_t kLongestReason = 200;
// How far back catch_up() looks for what other processes have erased: longer than any transaction lasts.
constexpr base::Duration kLookBack = base::hours(1);
constexpr base::Duration kClocksDiffer = base::days(1);

base::Error refused(base::ErrorCode code, std::string text, const char* reason) {
  return base::public_error(code, std::move(text), reason);
}
base::Error not_journaled(const base::Error& why) {
  base::log::error("erasure_not_journaled", {{"detail", why.internal_text()}});
  return refused(base::ErrorCode::unavailable,
                 "The erasure cannot be written into its journal now: ask for the same again later.",
                 "ERASURE_NOT_JOURNALED");
}

base::Result<void> check(const vault_api::ErasureRequest& request) {
  if (request.request.is_nil() || request.customer.is_nil())
    return refused(base::ErrorCode::bad_value, "The request or the customer has no id.", "BAD_VALUE");
  if (request.force && (request.force->empty() || request.force->size() > kLongestReason))
    return refused(base::ErrorCode::bad_value, "Say why by force, in 1 to 200 bytes.", "BAD_VALUE");
  if (request.server_keys && (request.server_keys->size() > vault_api::kMostServerKeys ||
                              std::ranges::any_of(*request.server_keys, &vault_api::ServerKeyId::is_nil)))
    return refused(base::ErrorCode::bad_value, "Name at most 200 keys of the server at once, each by its id.",
                   "BAD_VALUE");
  return {};
}

// In order, each once.
std::optional<std::vector<vault_api::ServerKeyId>> server_keys_of(const vault_api::ErasureRequest& request) {
  if (!request.server_keys || request.server_keys->empty()) return std::nullopt;
  auto keys = *request.server_keys;
  std::ranges::sort(keys);
  const auto twice = std::ranges::unique(keys);
  keys.erase(twice.begin(), twice.end());
  return keys;
}

// Whether a request says what the one that was recorded said, or less.
bool is_the_same(const ErasureRecord& record, const Tenant& tenant, const vault_api::ErasureRequest& request) {
  const auto named = server_keys_of(request);
  const bool keys_known = !named || (record.server_keys && std::ranges::includes(*record.server_keys, *named));
  return record.subject == vault_api::erased_subject(tenant.name, request.customer) &&
         record.reason == request.reason && keys_known;
}

// What cannot be done or undone without the number keeps it; what would only be lost may be given up by force.
// Reversals, completions and releases go on without a card.
base::Result<void> decide_erasure(const UnderWay& under_way, bool forced) {
  if (under_way.need_number > 0 || (under_way.open > 0 && !forced))
    return refused(base::ErrorCode::not_matching, "Payments of this customer are under way: try again later.",
                   "OPERATIONS_OPEN");
  if (under_way.refundable > 0 && !forced)
    return refused(base::ErrorCode::not_matching,
                   "Money of this customer's cards is held or may have to go back to them.", "REFUND_WINDOW");
  return {};
}

// Whether they say that this journal came as far as that, or further.
bool knows(const std::vector<JournalHead>& journals, ErasureJournalId journal, std::int64_t position) {
  const auto known = std::ranges::find(journals, journal, &JournalHead::journal);
  return known != journals.end() && known->position >= position;
}

audit::Record record_of(const ErasureRecord& record, std::string action, std::string reason, const base::Clock& wall,
                        base::Random& random) {
  return {.id = base::make_id<audit::RecordTag>(wall, random),
          .actor = {.kind = audit::ActorKind::system, .id = record.tenant},
          .action = std::move(action),
          .subject = {.kind = "erasure", .id = record.erasure.text()},
          .reason = std::move(reason),
          .business_time = wall.now(),
          .wall_time = wall.now(),
          .correlation_id = "",
          .details = audit::details_text({{"keys", std::ssize(record.keys)},
                                          {"reason", std::string(json::word(record.reason))},
                                          {"request", record.request.text()},
                                          {"server_keys", record.server_keys ? std::ssize(*record.server_keys) : 0},
                                          {"subject", record.subject}})};
}

}  // namespace

Eraser::JournalPtr Eraser::journal() const {
  const base::Lock lock(mutex_);
  return journal_;
}
void Eraser::use(JournalPtr journal, std::int64_t recorded) {
  const base::Lock lock(mutex_);
  journal_ = std::move(journal);
  followed_ = wall_.now();
  recorded_ = recorded;
}
std::int64_t Eraser::recorded() const {
  const base::Lock lock(mutex_);
  return recorded_;
}
void Eraser::note_recorded(std::int64_t position) {
  const base::Lock lock(mutex_);
  recorded_ = std::max(recorded_, position);
}
base::Instant Eraser::followed() const {
  const base::Lock lock(mutex_);
  return followed_;
}

base::Result<StoredErasure> Eraser::erase_now(store::Tx& tx, const Tenant& tenant,
                                              const vault_api::ErasureRequest& request) {
  const Subject subject{.tenant = tenant.id, .id = SubjectId(request.customer.uuid())};
  // The rows are ours before operations are counted: one that begins now finds its token gone.
  KARV_TRY(const auto taken, lock_subject(tx, subject));
  KARV_TRY(const bool foreign, is_no_customer(tx, subject));
  if (foreign)
    return refused(base::ErrorCode::bad_value, "This id is a merchant's or the operator's own.", "BAD_VALUE");
  KARV_TRY(const auto under_way, count_under_way(tx, subject, wall_.now() - settings_.refund_window));
  KARV_TRY_VOID(decide_erasure(under_way, request.force.has_value()));
  StoredErasure erasure;
  ErasureRecord& record = erasure.record;
  record.erasure = base::make_id<vault_api::ErasureTag>(wall_, random_);
  record.request = request.request;
  record.tenant = tenant.name;
  record.subject = vault_api::erased_subject(tenant.name, request.customer);
  record.reason = request.reason;
  record.forced = request.force.has_value();
  record.erased_at = wall_.now().ms;
  record.keys = taken.keys;
  record.removed = taken.removed;
  record.server_keys = server_keys_of(request);
  delete_subject(tx, subject, taken);
  if (record.server_keys) put_erased_server_keys(tx, tenant.id, *record.server_keys, {record.erased_at});
  insert_erasure(tx, record);
  audit::append(tx, record_of(record, "subject_erased", request.force.value_or(""), wall_, random_));
  return erasure;
}

base::Result<vault_api::ErasureAnswer> Eraser::erase(const Tenant& tenant, const vault_api::ErasureRequest& request) {
  KARV_TRY_VOID(check(request));
  KARV_TRY_VOID(keys_.get());
  const auto journal = this->journal();
  if (journal == nullptr)
    return refused(base::ErrorCode::unavailable, "This vault has no erasure journal: name one in its configuration.",
                   "ERASURE_NOT_JOURNALED");
  KARV_TRY(auto erasure,
           database_.write<StoredErasure>("vault_erase", [&](store::Tx& tx) -> base::Result<StoredErasure> {
             KARV_TRY(auto known, find_erasure_by_request(tx, tenant.name, request.request));
             if (!known) return erase_now(tx, tenant, request);
             if (!is_the_same(known->record, tenant, request))
               return base::Error(base::ErrorCode::idempotency_conflict);
             return *std::move(known);
           }));
  KARV_TRY(const auto proven, prove(*journal, std::move(erasure)));
  return vault_api::ErasureAnswer{
      .erasure = proven.record.erasure, .erased_at = proven.record.erased_at, .proof = proven.proof};
}

base::Result<StoredErasure> Eraser::prove(Journal& journal, StoredErasure erasure) {
  if (!erasure.proof.empty()) return erasure;
  KARV_TRY(const auto hsm, keys_.hsm());
  const HsmTools tools{.hsm = *hsm, .prefix = keys_.settings().hsm_prefix};
  const auto position = journal.append(tools, erasure.record);
  if (!position.ok()) return not_journaled(position.error());
  const JournalHead head = journal.head();
  KARV_TRY(const auto ring, keys_.get_fresh());
  const OpenKey* const key = ring->find_active(KeyClass::proof);
  KARV_REQUIRE(key != nullptr);
  erasure.proof_key = key->row.id;
  erasure.proof =
      vault_api::sign_erasure_proof({.record = erasure.record, .journal = head.journal, .position = position.value()},
                                    vault_api::ProofKeyId(key->row.id.uuid()), key->clear);
  const std::int64_t recorded = this->recorded();
  KARV_TRY(auto proven,
           database_.write<StoredErasure>("vault_prove_erasure", [&](store::Tx& tx) -> base::Result<StoredErasure> {
             KARV_TRY(const auto journals, load_journals(tx));
             // A store that went back is left as it is: catch_up() sees it and erases again.
             if (knows(journals, head.journal, recorded)) KARV_TRY_VOID(record_head(tx, head));
             KARV_TRY(auto stored, find_erasure(tx, erasure.record.erasure));
             KARV_REQUIRE(stored.has_value());
             if (!stored->proof.empty()) return *std::move(stored);  // another worker or process was faster
             set_proof(tx, erasure.record.erasure, erasure.proof, erasure.proof_key);
             return erasure;
           }));
  note_recorded(head.position);
  if (const auto dropped = journal.drop_anchors(tools, head.position); !dropped.ok())  // catch_up() tries again
    base::log::warn("erasure_journal_old_anchor_stays", {{"detail", dropped.error().internal_text()}});
  return proven;
}

base::Result<void> Eraser::record_head(store::Tx& tx, const JournalHead& head) {
  KARV_TRY(const auto store, find_store(tx));
  if (!store) insert_store(tx, head.store);  // it is from before its journals
  KARV_TRY(const auto journals, load_journals(tx));
  const auto known = std::ranges::find(journals, head.journal, &JournalHead::journal);
  if (known == journals.end()) {
    insert_journal(tx, head, wall_.now());
  } else if (known->position < head.position) {
    move_journal(tx, *known, head);
  }
  return {};
}

base::Result<vault_api::ProofKeys> Eraser::proof_keys() const {
  KARV_TRY(const auto ring, keys_.get());
  vault_api::ProofKeys out;
  for (const auto& row : ring->rows())
    if (const OpenKey* const key = ring->find_key(row.id); key != nullptr && row.key_class == KeyClass::proof)
      out.keys.push_back(
          vault_api::proof_key_of(vault_api::ProofKeyId(row.id.uuid()), crypto::ed25519_public_key(key->clear)));
  return out;
}

base::Result<void> Eraser::follow(Journal& journal, HsmTools tools, base::Instant since) {
  KARV_TRY(const auto stored,
           database_.read<std::vector<ErasureRecord>>(
               "vault_erasures_since", [&](store::ReadTx& tx) { return find_erasures_since(tx, since); }));
  for (const auto& record : stored) KARV_TRY_VOID(journal.append(tools, record));
  return {};
}

base::Instant needed_since(const KeyRing& ring) {
  std::optional<base::Instant> oldest;
  for (const auto& row : ring.rows())
    if (row.key_class == KeyClass::epoch && row.state != KeyState::destroyed)
      oldest = oldest ? std::min(*oldest, row.created_at) : row.created_at;
  return oldest.value_or(base::Instant{0} + kClocksDiffer) - kClocksDiffer;
}

base::Result<void> Eraser::catch_up() {
  const auto journal = this->journal();
  if (journal == nullptr || !keys_.sealed_because().empty()) return {};
  KARV_TRY(const auto ring, keys_.get());
  KARV_TRY(const auto hsm, keys_.hsm());
  const HsmTools tools{.hsm = *hsm, .prefix = keys_.settings().hsm_prefix};
  const std::int64_t recorded = this->recorded();
  const ErasureJournalId own = journal->head().journal;
  KARV_TRY(const auto known, load_known());
  if (!knows(known.journals, own, recorded)) KARV_TRY_VOID(erase_again(*journal));
  const base::Instant needed = needed_since(*ring);
  const base::Instant now = wall_.now();
  KARV_TRY_VOID(follow(*journal, tools, std::max(needed, followed() - kLookBack)));
  // Before lines go: a store that does not know of what went is too old to be opened.
  const JournalHead head = journal->head();
  if (!knows(known.journals, own, head.position))
    KARV_TRY_VOID(database_.write<void>("vault_journal_head", [&](store::Tx& tx) { return record_head(tx, head); }));
  note_recorded(head.position);
  KARV_TRY_VOID(journal->drop_anchors(tools, head.position));
  KARV_TRY(const auto pruned, journal->prune(tools, needed));
  if (pruned > 0) {
    base::log::info("erasure_journal_pruned", {{"lines", pruned}});
    KARV_TRY_VOID(forget_server_keys(needed));
  }
  const base::Lock lock(mutex_);
  if (journal_ == journal) followed_ = now;
  return {};
}

// Their epochs are destroyed, which keeps them shut from now on.
base::Result<void> Eraser::forget_server_keys(base::Instant before) {
  const auto removed = database_.write<std::int64_t>(
      "vault_forget_server_keys", [&](store::Tx& tx) { return delete_erased_server_keys(tx, before); });
  if (!removed.ok() && removed.error().code() != base::ErrorCode::conflict) return removed.error();
  return {};  // or another process does it
}

// As when it was erased. A tenant that this store does not know has no key that opens here.
base::Result<void> Eraser::erase_server_keys_again(store::Tx& tx, const ErasureRecord& record) {
  if (!record.server_keys) return {};
  KARV_TRY(const auto tenants, load_tenants(tx));
  const auto tenant = std::ranges::find(tenants, record.tenant, &Tenant::name);
  if (tenant != tenants.end()) put_erased_server_keys(tx, tenant->id, *record.server_keys, {record.erased_at});
  return {};
}

base::Result<void> Eraser::erase_again(const ErasureRecord& record) {
  return database_.write<void>("vault_erase_again", [&](store::Tx& tx) -> base::Result<void> {
    bool found = false;
    for (const auto& key : record.keys) {
      KARV_TRY(const auto subject, find_subject_of_key(tx, key.key));
      if (!subject) continue;
      found = true;
      KARV_TRY(const auto taken, lock_subject(tx, *subject));
      delete_subject(tx, *subject, taken);
    }
    KARV_TRY_VOID(erase_server_keys_again(tx, record));
    KARV_TRY(const auto stored, find_erasure(tx, record.erasure));
    KARV_TRY(const auto asked, find_erasure_by_request(tx, record.tenant, record.request));
    if (!stored && !asked) insert_erasure(tx, record);
    if (found || !stored)
      audit::append(tx,
                    record_of(record, "subject_erased_again", "the store was of before the erasure", wall_, random_));
    if (found) base::log::warn("subject_erased_again", {{"erasure", record.erasure.text()}});
    return {};
  });
}

base::Result<void> Eraser::erase_again(const Journal& journal) {
  for (const auto& record : journal.records()) {
    struct Facts {
      bool stored = false, key_there = false;
    };
    KARV_TRY(const auto facts,
             database_.read<Facts>("vault_look_for_erased", [&](store::ReadTx& tx) -> base::Result<Facts> {
               Facts out;
               KARV_TRY(const auto erasure, find_erasure(tx, record.erasure));
               out.stored = erasure.has_value();
               for (const auto& key : record.keys) {
                 KARV_TRY(const auto subject, find_subject_of_key(tx, key.key));
                 out.key_there = out.key_there || subject.has_value();
               }
               return out;
             }));
    if (!facts.stored || facts.key_there) KARV_TRY_VOID(erase_again(record));
  }
  return {};
}

}  // namespace karv::vault
