// Who signed: finds the person behind a passkey's signature over words, and uses the signature up. Whether he may do
// what he signed is decided by rules.h in the transaction that does it.
//
// A signature is used up before anything else happens, in a transaction of its own: the authenticator's counter moves
// on, and an act is newer than the person's last one. What is refused afterwards cannot be sent again.
// There are no sessions: every act is signed, so nothing can be taken over or left open. Thread-safe.
#pragma once

#include <boost/describe/class.hpp>

#include "audit/record.h"
#include "base/random.h"
#include "store/database.h"
#include "vault/reveal/types.h"

namespace karv::vault {

// As the page posts it; bytes as base64url.
struct SignedWords {
  std::string words;
  std::string credential;
  std::string client_data;
  std::string authenticator_data;
  std::string signature;
  std::optional<std::string> user_handle;
};
BOOST_DESCRIBE_STRUCT(SignedWords, (), (words, credential, client_data, authenticator_data, signature, user_handle))

struct Signer {
  Staff staff;
  base::Bytes proof;  // client data, authenticator data and signature, framed: enough to check it again
};

class StaffGate {
 public:
  StaffGate(store::Database& database, factors::RelyingParty party, const base::Clock& wall, base::Random& random)
      : database_(database), party_(std::move(party)), wall_(wall), random_(random) {}

  // `at`: when the act was signed, by the words; none for a signature that counts once by itself (an approval).
  // Errors: forbidden PASSKEY_REFUSED (also for a passkey that nobody has), ACT_NOT_FRESH; conflict.
  // Effects: staff. A refused signature of a known passkey is an audit record.
  base::Result<Signer> admit(const SignedWords& from, std::optional<std::int64_t> at);

  const factors::RelyingParty& party() const { return party_; }

  // What a person did, as a record of the transaction. `subject`: {"card", id} or {"staff", id}.
  audit::Record record(const std::string& actor, std::string action, audit::Subject subject, std::string reason,
                       std::vector<audit::Detail> details = {}) const;
  // The same in a transaction of its own, for what was refused.
  void record_refusal(const Staff& staff, std::string action, audit::Subject subject, const base::Error& error);

 private:
  base::Result<void> use_up(const Staff& before, const factors::Passkey& after, std::optional<std::int64_t> at);

  store::Database& database_;
  factors::RelyingParty party_;
  const base::Clock& wall_;
  base::Random& random_;
};

}  // namespace karv::vault
