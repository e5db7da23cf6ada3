// Seeing stored cards: a person asks, another one approves the very same words, the person looks, a few times at most
// and for minutes. Full numbers need the approval; fewer digits need the clearance alone.
//
// Each sight of card data is a look: durable and recorded before anything is shown, counted per person and day, and
// readable for the customer (looks_at). Asking, deciding and being refused are audit records too.
// Used by the staff door; looks_at() and reference_of() by the private door. Source: PCI DSS
// v4.0.1 3.4.1, 3.4.2, 10.2.1.
#pragma once

#include "vault/cards/card_store.h"
#include "vault/reveal/rules.h"
#include "vault/reveal/staff_gate.h"

namespace karv::vault {

// A request as the people concerned see it.
struct RequestView {
  RevealId request;
  std::string words;  // what is signed, to be shown as it stands
  std::string requester;
  RevealState state = RevealState::requested;
  std::int64_t looks_left = 0;
  std::int64_t expires_at = 0;
};
BOOST_DESCRIBE_STRUCT(RequestView, (), (request, words, requester, state, looks_left, expires_at))

// What waits for a person.
struct StaffView {
  StaffId staff;
  std::string name;
  Clearance clearance = Clearance::masked;
  std::int64_t review_due = 0;
  std::vector<RequestView> mine;       // of the last 24 hours, newest first
  std::vector<RequestView> to_decide;  // others' that are open; for those who approve
};
BOOST_DESCRIBE_STRUCT(StaffView, (), (staff, name, clearance, review_due, mine, to_decide))

// What is shown, until `hide_at`. Hidden digits are '*'.
struct ShownCard {
  RevealLevel level = RevealLevel::masked;
  std::string brand;
  base::SecretBytes number;
  base::SecretBytes expiry;  // "MM/YY" in full, else empty
  std::int64_t hide_at = 0;
  std::int64_t looks_left = 0;
};
BOOST_DESCRIBE_STRUCT(ShownCard, (), (level, brand, number, expiry, hide_at, looks_left))

class RevealDesk {
 public:
  RevealDesk(store::Database& database, KeyHolder& keys, CardStore& cards, StaffGate& gate, const base::Clock& wall,
             base::Random& random, RevealLimits limits = {})
      : database_(database), keys_(keys), cards_(cards), gate_(gate), wall_(wall), random_(random), limits_(limits) {}

  // All of them also answer what StaffGate::admit() and the rules answer.
  // Errors: bad_value, not_found CARD_UNKNOWN, conflict REQUEST_TAKEN.
  base::Result<RequestView> ask(const SignedWords& from);
  base::Result<StaffView> list(const SignedWords& from);
  // Over the words of a stored request, by another person. Errors: not_found REQUEST_UNKNOWN.
  base::Result<RequestView> approve(const SignedWords& from);
  base::Result<RequestView> refuse(const SignedWords& from);
  // Errors: not_found REQUEST_UNKNOWN (also for somebody else's), CARD_UNKNOWN (forgotten meanwhile); unavailable
  // VAULT_SEALED.
  base::Result<ShownCard> look(const SignedWords& from);

  // For a tenant's server.
  base::Result<vault_api::CardReferenceAnswer> reference_of(TenantId tenant,
                                                            const vault_api::CardReferenceRequest& request);
  base::Result<vault_api::LooksAnswer> looks_at(TenantId tenant, const vault_api::LooksRequest& request);

 private:
  base::Result<RequestView> decide(const Signer& signer, RevealId id, RevealCommand command, std::string_view words);
  base::Result<ShownCard> compose(const RevealRequest& request, const SealedCard& sealed);
  base::Result<ShownCard> take_look(const Signer& signer, const RevealRequest& seen, ShownCard shown);
  RequestView view_of(const RevealRequest& request, std::string requester) const;
  // Records what was refused to a person, and passes the refusal on.
  base::Error refused(const Signer& signer, const audit::Subject& subject, base::Error error);

  store::Database& database_;
  KeyHolder& keys_;
  CardStore& cards_;
  StaffGate& gate_;
  const base::Clock& wall_;
  base::Random& random_;
  RevealLimits limits_;
};

}  // namespace karv::vault
