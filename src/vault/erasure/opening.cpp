// The eraser's opening: which journal there must be, and what is done before the vault opens with it.
#include <algorithm>

#include <fmt/format.h>

#include "audit/record.h"
#include "base/log.h"
#include "vault/erasure/eraser.h"

namespace karv::vault {
namespace {

constexpr std::size_t kLongestReason = 200;
constexpr base::Duration kAcceptedFor = base::hours(1);

base::Error kept_shut(std::string text, const char* reason) {
  return base::public_error(
      base::ErrorCode::not_matching,
      std::move(text) + " Bring it back to its place; if it is lost for good, `karv vault journal accept` says so.",
      reason);
}
constexpr const char* kRefused = "ERASURE_JOURNAL_REFUSED";
base::Error refused(std::string text) {
  return base::public_error(base::ErrorCode::not_matching, std::move(text), kRefused);
}

audit::Record record_about(const std::string& path, std::string action, std::string reason, const std::string& actor,
                           const base::Clock& wall, base::Random& random) {
  return {.id = base::make_id<audit::RecordTag>(wall, random),
          .actor = {.kind = actor.empty() ? audit::ActorKind::vault : audit::ActorKind::staff, .id = actor},
          .action = std::move(action),
          .subject = {.kind = "erasure_journal", .id = path},
          .reason = std::move(reason),
          .business_time = wall.now(),
          .wall_time = wall.now(),
          .correlation_id = "",
          .details = "{}"};
}

}  // namespace

base::Result<Eraser::Known> Eraser::load_known() {
  return database_.read<Known>("vault_known_journals", [&](store::ReadTx& tx) -> base::Result<Known> {
    Known known;
    KARV_TRY(known.store, find_store(tx));
    KARV_TRY(known.journals, load_journals(tx));
    KARV_TRY(known.acceptance, find_acceptance(tx, settings_.journal));
    if (known.acceptance && known.acceptance->accepted_at + kAcceptedFor <= wall_.now()) known.acceptance.reset();
    return known;
  });
}

base::Result<void> Eraser::check_known(const Journal& journal, const Known& known) const {
  const JournalHead head = journal.head();
  if (known.store && *known.store != head.store)
    return refused("The erasure journal " + settings_.journal + " is another store's.");
  const auto stored = std::ranges::find(known.journals, head.journal, &JournalHead::journal);
  const bool is_known = stored != known.journals.end();  // else the store is from before its first line
  const auto mac = journal.mac_at(is_known ? stored->position : 0);
  if (!mac && (!is_known || stored->position < head.position))
    return refused("The erasure journal " + settings_.journal + " no longer has what was erased since this store.");
  if (!mac || (is_known && *mac != stored->mac))
    return refused("The erasure journal " + settings_.journal + " lacks erasures that this store knows of.");
  return {};
}

base::Result<std::vector<JournalHead>> Eraser::find_ahead(HsmTools tools, ErasureJournalId own) {
  KARV_TRY(const auto known, load_known());
  std::vector<JournalHead> ahead;
  for (const auto& other : known.journals) {
    if (other.journal == own) continue;
    KARV_TRY(const bool there, Journal::is_anchored(tools, other));
    if (!there) ahead.push_back(other);
  }
  if (ahead.empty()) return ahead;
  KARV_TRY(const auto now, load_known());  // whose row moved meanwhile serves this store
  std::erase_if(ahead, [&](const JournalHead& one) {
    const auto other = std::ranges::find(now.journals, one.journal, &JournalHead::journal);
    return other == now.journals.end() || other->position != one.position;
  });
  return ahead;
}

base::Result<Eraser::JournalPtr> Eraser::begin_anew(HsmTools tools, const KeyRing& ring, const Known& known,
                                                    std::string reason) {
  const auto store = known.store.value_or(base::make_id<ErasureStoreTag>(wall_, random_));
  // Whatever ends this in the middle: the next start begins again, and does not miss a journal. Of two processes that
  // begin a store's first journal at once, one comes to here.
  KARV_TRY_VOID(database_.write<void>("vault_begin_journal", [&](store::Tx& tx) -> base::Result<void> {
    if (!known.store) insert_store(tx, store);
    if (!known.acceptance)
      put_acceptance(tx, {.path = settings_.journal, .reason = reason, .accepted_at = wall_.now()});
    return {};
  }));
  KARV_TRY(const auto records,
           database_.read<std::vector<ErasureRecord>>(
               "vault_erasures_since", [&](store::ReadTx& tx) { return find_erasures_since(tx, needed_since(ring)); }));
  KARV_TRY_VOID(set_journal_aside(settings_.journal, fmt::format("refused-{}", wall_.now().ms)));
  KARV_TRY(JournalPtr journal, Journal::begin(settings_.journal, tools, store, records, wall_, random_));
  KARV_TRY_VOID(database_.write<void>("vault_journal_begun", [&](store::Tx& tx) -> base::Result<void> {
    insert_journal(tx, journal->head(), wall_.now());
    audit::append(tx, record_about(settings_.journal, "erasure_journal_begun", reason, "", wall_, random_));
    return {};
  }));
  base::log::warn("erasure_journal_begun", {{"reason", reason}});
  return journal;
}

base::Result<Eraser::JournalPtr> Eraser::open_or_begin(HsmTools tools, const KeyRing& ring, const Known& known) {
  auto opened = Journal::open(settings_.journal, tools);
  base::Result<void> fits;
  if (opened.ok()) fits = check_known(*opened.value(), known);
  if (opened.ok() && fits.ok()) return JournalPtr(std::move(opened).value());
  auto error = opened.ok() ? std::move(fits).error() : std::move(opened).error();
  opened = base::Error(error.code());  // lets go of the file
  const bool missing = error.code() == base::ErrorCode::not_found;
  if (!missing && error.code() != base::ErrorCode::not_matching)
    return error;  // in use, or a disk that does not answer
  if (known.acceptance) return begin_anew(tools, ring, known, known.acceptance->reason);
  if (!missing) return kept_shut(error.public_text(), kRefused);
  KARV_TRY(const bool ever, Journal::was_ever_begun(tools));
  if (!known.store && !ever) return begin_anew(tools, ring, known, "the store's first");
  return kept_shut("The erasure journal " + settings_.journal + " is missing.", "ERASURE_JOURNAL_MISSING");
}

base::Result<void> Eraser::end_acceptance(const std::vector<JournalHead>& lost, const std::string& reason) {
  return database_.write<void>("vault_end_acceptance", [&](store::Tx& tx) -> base::Result<void> {
    KARV_TRY(const auto said, find_acceptance(tx, settings_.journal));
    if (said) delete_acceptance(tx, settings_.journal);
    for (const auto& head : lost) {
      delete_journal(tx, head);
      audit::append(tx, record_about(head.journal.text(), "erasure_journal_given_up", reason, "", wall_, random_));
    }
    return {};
  });
}

base::Result<void> Eraser::open(crypto::Hsm& hsm, const KeyRing& ring) {
  use(nullptr, 0);
  KARV_TRY(const auto known, load_known());
  if (settings_.journal.empty()) {
    if (!known.store) return {};
    return kept_shut("The configuration names no erasure journal, and this store has one.", "ERASURE_JOURNAL_MISSING");
  }
  const HsmTools tools{.hsm = hsm, .prefix = keys_.settings().hsm_prefix};
  KARV_TRY(const auto journal, open_or_begin(tools, ring, known));
  KARV_TRY_VOID(erase_again(*journal));
  KARV_TRY_VOID(follow(*journal, tools, needed_since(ring)));
  const JournalHead head = journal->head();
  KARV_TRY_VOID(database_.write<void>("vault_journal_head", [&](store::Tx& tx) { return record_head(tx, head); }));
  KARV_TRY_VOID(journal->drop_anchors(tools, head.position));
  // Our row is right by now, so that of two processes which wait for each other the other one opens.
  KARV_TRY(const auto ahead, find_ahead(tools, head.journal));
  if (!ahead.empty() && !known.acceptance)
    return kept_shut("Another process's erasure journal, " + ahead.front().journal.text() +
                         ", has erasures that this store does not know of: start that process, then this one again.",
                     "ERASURE_JOURNAL_MISSING");
  KARV_TRY_VOID(end_acceptance(ahead, known.acceptance ? known.acceptance->reason : ""));
  use(journal, head.position);
  return {};
}

base::Result<void> accept_journal_loss(store::Database& database, const JournalAcceptance& acceptance,
                                       const std::string& actor, const base::Clock& wall, base::Random& random) {
  if (acceptance.reason.empty() || acceptance.reason.size() > kLongestReason)
    return base::public_error(base::ErrorCode::bad_value, "Say why, in 1 to 200 bytes.", "BAD_VALUE");
  return database.write<void>("vault_accept_journal_loss", [&](store::Tx& tx) -> base::Result<void> {
    put_acceptance(tx, acceptance);
    audit::append(
        tx, record_about(acceptance.path, "erasure_journal_loss_accepted", acceptance.reason, actor, wall, random));
    return {};
  });
}

}  // namespace karv::vault
