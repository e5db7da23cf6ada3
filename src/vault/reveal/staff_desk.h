// The people who may reveal: invited by an operator, enrolled with a passkey of their own, confirmed by somebody else,
// reviewed every six months, removed at once.
//
// The invitation's link makes one passkey, once, within half an hour. Until somebody else has compared the passkey with
// the person and confirmed it, it opens nothing: a stolen link alone is worth nothing. Every step is an audit record.
// Source: PCI DSS v4.0.1 7.2.3, 7.2.4, 8.2.4, 8.2.5, 8.3.11.
#pragma once

#include "vault/custody/unsealing.h"
#include "vault/reveal/rules.h"
#include "vault/reveal/staff_gate.h"

namespace karv::vault {

// What the page needs to make the passkey.
struct Enrolment {
  StaffId staff;
  std::string name;
  Clearance clearance = Clearance::masked;
  std::string challenge;    // base64url
  std::string user_handle;  // base64url
};
BOOST_DESCRIBE_STRUCT(Enrolment, (), (staff, name, clearance, challenge, user_handle))
struct Enrolled {
  std::string passkey;  // as an operator sees it listed
};
BOOST_DESCRIBE_STRUCT(Enrolled, (), (passkey))

class StaffDesk {
 public:
  // `url`: of the staff door; empty: this vault has none.
  StaffDesk(store::Database& database, StaffGate& gate, CustodyDesk& custody, const base::Clock& wall,
            base::Random& random, std::string url, bool sandbox)
      : database_(database),
        gate_(gate),
        custody_(custody),
        wall_(wall),
        random_(random),
        url_(std::move(url)),
        sandbox_(sandbox) {}

  // For operators; `who` as the admin door knows him. Errors: those that staff_messages.h names.
  base::Result<vault_api::StaffInvitation> add(const vault_api::StaffAddRequest& request, const std::string& who);
  base::Result<vault_api::Done> grant(const vault_api::StaffGrantRequest& request, const std::string& who);
  base::Result<vault_api::Done> remove(const vault_api::StaffRemoveRequest& request, const std::string& who);
  base::Result<vault_api::StaffList> list();

  // For the page. Errors: not_found INVITATION_UNKNOWN (never given, used, over); of enrol() also forbidden
  // PASSKEY_REFUSED, conflict PASSKEY_TAKEN.
  base::Result<Enrolment> find_enrolment(std::string_view link);
  base::Result<Enrolled> enrol(std::string_view link, const factors::RegistrationResponse& response);

 private:
  // Who confirms: a custodian's id; in sandbox mode without custodians the operator.
  base::Result<std::string> confirmer_of(const vault_api::StaffGrantRequest& request, const Staff& staff,
                                         const std::string& who);

  store::Database& database_;
  StaffGate& gate_;
  CustodyDesk& custody_;
  const base::Clock& wall_;
  base::Random& random_;
  std::string url_;
  bool sandbox_;
};

// The first 16 hex digits of the SHA-256 of its public key; empty without one.
std::string fingerprint_of(const factors::Passkey& passkey);

}  // namespace karv::vault
