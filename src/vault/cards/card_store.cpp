#include "vault/cards/card_store.h"

#include "base/check.h"
#include "vault/cards/card_repository.h"
#include "vault/cards/card_sealing.h"
#include "vault/keys/repository.h"
#include "vault/rotation/subject_renewal.h"

namespace karv::vault {
namespace {

constexpr int kTries = 4;  // each is overtaken only by somebody who stored this customer's card or first key

}  // namespace

// `found`: the customer's newest key, then the customer's card under each version of the fingerprint.
base::Result<CardStore::Prepared> CardStore::prepare(TenantId tenant, const CustomersCard& one,
                                                     const KeyedDigest& fingerprint,
                                                     std::span<const store::Rows> found) {
  const auto customer = one.customer;
  const Card& card = *one.card;
  Prepared out;
  for (std::size_t i = 1; i < found.size(); ++i)
    if (!found[i].empty() && !out.before) out.before = card_from(found[i].front());
  if (out.before) {
    out.row = *out.before;
  } else {
    const auto number = card.number.expose_text();
    out.row.id = base::make_id<CardTag>(wall_, random_);
    out.row.tenant = tenant;
    out.row.customer = customer;
    out.row.brand = std::string(brand_of(number));
    out.row.last4 = last4_of(number);
  }
  out.row.fingerprint = fingerprint.digest;
  out.row.fingerprint_key = fingerprint.key;
  std::optional<StoredSubjectKey> last;
  if (!found.front().empty()) last = subject_key_from(found.front().front());
  if (last && last->state == KeyState::active) {
    const auto& stored = *last;
    if (stored.uses >= policy_of(holder_.settings().policies, KeyClass::subject).most_uses) {
      KARV_TRY_VOID(renew_subject_key(database_, subject_keys_, random_, stored));
      return base::Error(base::ErrorCode::conflict);  // prepared anew with the new key
    }
    KARV_TRY(const auto key, subject_keys_.open(stored));
    seal_card(key, card, out.row, random_);
  } else {
    KARV_TRY(auto made, subject_keys_.make(tenant, subject_of(customer), last ? last->version + 1 : 1));
    seal_card(made.key, card, out.row, random_);
    out.new_key = std::move(made.row);
    out.new_key->uses = 1;
  }
  return out;
}

void CardStore::store(store::Tx& tx, const Prepared& prepared) {
  if (prepared.new_key) {
    insert_subject_key(tx, *prepared.new_key);
  } else {
    count_subject_key_use(tx, prepared.row.subject_key);
  }
  if (prepared.before) {
    update_card(tx, *prepared.before, prepared.row);
  } else {
    insert_card(tx, prepared.row, wall_.now());
  }
}

base::Result<std::vector<CardStore::Prepared>> CardStore::prepare_all(TenantId tenant,
                                                                      std::span<const CustomersCard> cards) {
  KARV_TRY(const auto ring, holder_.get_fresh());
  std::vector<std::vector<KeyedDigest>> fingerprints;
  std::vector<store::Query> batch;
  for (const auto& one : cards) {
    fingerprints.push_back(ring->fingerprints(tenant, one.card->number));
    KARV_REQUIRE(!fingerprints.back().empty());
    batch.push_back(subject_key_query(tenant, subject_of(one.customer)));
    for (const auto& f : fingerprints.back())
      batch.push_back(card_by_fingerprint_query(tenant, one.customer, f.digest));
  }
  KARV_TRY(const auto found, database_.read<std::vector<store::Rows>>(
                                 "vault_find_card", [&](store::ReadTx& tx) { return tx.read(batch); }));
  std::vector<Prepared> all;
  all.reserve(cards.size());
  std::span<const store::Rows> left = found;
  for (std::size_t i = 0; i < cards.size(); ++i) {
    const auto answers = 1 + fingerprints[i].size();
    KARV_TRY(auto prepared, prepare(tenant, cards[i], fingerprints[i].front(), left.first(answers)));
    left = left.subspan(answers);
    all.push_back(std::move(prepared));
  }
  return all;
}

base::Result<std::vector<StoredCard>> CardStore::put_all(std::string_view use_case, TenantId tenant,
                                                         std::span<const CustomersCard> cards, const WorkOnAll& work) {
  base::Error overtaken(base::ErrorCode::conflict);
  for (int i = 0; i < kTries; ++i) {
    const auto prepared = prepare_all(tenant, cards);
    std::vector<StoredCard> rows;
    base::Result<void> stored;
    if (prepared.ok()) {
      for (const auto& one : prepared.value()) rows.push_back(one.row);
      stored = database_.write<void>(use_case, [&](store::Tx& tx) -> base::Result<void> {
        for (const auto& one : prepared.value()) store(tx, one);
        return work(tx, rows);
      });
    } else {
      stored = prepared.error();
    }
    if (stored.ok()) return rows;
    if (stored.error().code() != base::ErrorCode::conflict) return std::move(stored).error();
    overtaken = std::move(stored).error();
  }
  return overtaken;
}

base::Result<StoredCard> CardStore::put(std::string_view use_case, TenantId tenant, CustomerRef customer,
                                        const Card& card, const Work& work) {
  const CustomersCard one{.customer = customer, .card = &card};
  KARV_TRY(const auto rows,
           put_all(use_case, tenant, {&one, 1},
                   [&](store::Tx& tx, const std::vector<StoredCard>& stored) { return work(tx, stored.front()); }));
  return rows.front();
}

base::Result<Card> CardStore::open(const SealedCard& sealed) {
  KARV_TRY(const auto key, subject_keys_.open(sealed.key));
  return open_card(key, sealed.card);
}

}  // namespace karv::vault
