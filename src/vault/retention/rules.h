// How long the vault keeps what, and why: a line for each of its tables. The sweeps take their periods from here, and
// a table without a line fails a test.
//
// A vault does not know in which country a customer lives: a period is the longest that one of the countries named asks
// for, where the law asks for one. All of them count on the wall clock, which stamps the columns. Deleting a customer
// (erasure/) comes before all of it but what is marked `record`. Source: PCI DSS v4.0.1 3.2.1 and 10.5.1; GDPR articles
// 5(1)(e), 5(2), 6(1) and 17(3); HGB section 257 and AO section 147 (Germany), Bokföringslagen 7:2 (Sweden, seven
// years); BGB sections 195 and 199.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace karv::vault {

// What ends a row.
enum class KeptUntil : std::uint8_t {
  age,      // its period after `since`
  ended,    // whoever it belongs to ends it, or what it belongs to goes
  settled,  // the work it stands for is done
  rotated,  // the next version takes over, or its key is destroyed
  record,   // proof of what was done: as long as the store
  setup,    // as long as the vault is set up that way
};

struct Retention {
  std::string_view table;
  std::string_view what;
  KeptUntil until = KeptUntil::ended;
  std::string_view basis;    // why it may be kept, and why so long
  std::string_view country;  // whose law sets the period; "all": none sets another
  base::Duration period = {};
  std::string_view since = {};                  // the column from which the period counts
  base::Duration unit = base::milliseconds(1);  // of that column
};

inline constexpr base::Duration kBookYears = base::days(3660);   // ten years
inline constexpr base::Duration kClaimYears = base::days(1464);  // four years

inline constexpr auto kRetention = std::to_array<Retention>({
    // Account data.
    {"cards", "number, expiry and name, sealed", KeptUntil::ended, "contract; gone with its last token", "all"},
    {"vault_tokens", "what may be done with a card", KeptUntil::ended, "contract; gone when over", "all"},
    {"card_tickets", "an open or filled card form", KeptUntil::age, "contract; a day to look into complaints", "all",
     base::days(1), "expires_at"},
    {"bank_accounts", "account numbers, sealed", KeptUntil::ended, "contract; gone with its last token", "all"},
    {"bank_tokens", "what may be done with an account", KeptUntil::ended, "contract", "all"},
    {"bank_tickets", "an open or filled account form", KeptUntil::age, "contract; a day to look into complaints", "all",
     base::days(1), "expires_at"},
    // What was moved. No account data but under the file's own key.
    {"operations", "ids, amounts and times of card operations", KeptUntil::age, "books; not before those that quote it",
     "DE", kBookYears, "created_at"},
    {"open_operations", "what is under way", KeptUntil::settled, "contract", "all"},
    {"bank_files", "files of payments", KeptUntil::age, "books", "DE", kBookYears, "created_at"},
    {"bank_file_entries", "their payments; names sealed", KeptUntil::ended, "books; gone with its file", "DE"},
    {"bank_statement_files", "statements, sealed", KeptUntil::age, "books", "DE", kBookYears, "received_at"},
    {"bank_statement_lines", "their lines, sealed", KeptUntil::ended, "books; gone with its statement", "DE"},
    // Security.
    {"token_refusals", "counts of refused uses", KeptUntil::age, "fraud (GDPR 6(1)(f))", "all", base::days(91),
     "last_at"},
    {"token_refusal_days", "the same by merchant and day", KeptUntil::age, "fraud (GDPR 6(1)(f))", "all",
     base::days(91), "day", base::days(1)},
    {"page_findings", "what browsers reported of our pages", KeptUntil::age, "PCI DSS 10.5.1: twelve months", "all",
     base::days(366), "last_seen"},
    {"noted_acts", "digests of signed acts, against a second use", KeptUntil::age,
     "security; acts are fresh for minutes", "all", base::days(7), "noted_at"},
    {"reveal_requests", "who asked to see a card, and who allowed it", KeptUntil::age, "claims (GDPR 5(2), 17(3)(e))",
     "DE", kClaimYears, "asked_at"},
    {"reveal_looks", "each look at a card", KeptUntil::age, "claims (GDPR 5(2), 17(3)(e))", "DE", kClaimYears,
     "looked_at"},
    {"staff", "people who may see cards", KeptUntil::record, "who signed what; names and passkeys", "all"},
    {"audit_records", "acts and refusals", KeptUntil::record, "PCI DSS 10.5.1; a chain cannot be cut", "all"},
    {"audit_waiting", "records that are not chained yet", KeptUntil::settled, "PCI DSS 10.3", "all"},
    {"audit_chain", "how far it is chained", KeptUntil::record, "PCI DSS 10.3", "all"},
    // Erasure.
    {"erasures", "proofs of erasure, without the customer", KeptUntil::record, "GDPR 5(2)", "all"},
    {"erasure_store", "the store's name", KeptUntil::setup, "keeps erasures in backups", "all"},
    {"erasure_journals", "how far each journal is", KeptUntil::setup, "keeps erasures in backups", "all"},
    {"journal_acceptances", "a loss that an operator accepted", KeptUntil::age, "counts for an hour", "all",
     base::days(1), "accepted_at"},
    {"restores", "backups that were brought back", KeptUntil::record, "PCI DSS 10.2", "all"},
    // Keys and people who open the vault.
    {"vault_keys", "wrapped keys and destroyed ones' names", KeptUntil::rotated, "PCI DSS 3.7.4", "all"},
    {"subject_keys", "a customer's wrapped keys", KeptUntil::rotated, "PCI DSS 3.7.4; gone with an erasure", "all"},
    {"server_key_generations", "under which keys a tenant's server has rows", KeptUntil::rotated, "PCI DSS 3.7.4",
     "all"},
    {"erased_server_keys", "names of a server's erased keys", KeptUntil::rotated, "keeps erasures in backups", "all"},
    {"server_key_counts", "how many keys a server opened", KeptUntil::setup, "security; one line for each", "all"},
    {"server_key_minutes", "the same by minute, for an hour", KeptUntil::ended, "security; an hour's limit", "all"},
    {"key_rotations", "what moved to which key", KeptUntil::record, "PCI DSS 3.7.4", "all"},
    {"bank_signing_keys", "wrapped signing keys", KeptUntil::setup, "contract with the bank", "all"},
    {"import_keys", "the key for card files, sealed", KeptUntil::rotated, "PCI DSS 3.7.4", "all"},
    {"imports", "digests of card files", KeptUntil::record, "none is taken twice", "all"},
    {"import_approvals", "who approved a card file", KeptUntil::age, "counts for three days; audited", "all",
     base::days(30), "approved_at"},
    {"custody", "the sealed PIN", KeptUntil::rotated, "PCI DSS 3.7.6", "all"},
    {"custodians", "their public keys", KeptUntil::rotated, "PCI DSS 3.7.6", "all"},
    {"next_custody", "the one that takes over", KeptUntil::rotated, "PCI DSS 3.7.6", "all"},
    {"next_custodians", "its people", KeptUntil::rotated, "PCI DSS 3.7.6", "all"},
    {"tenants", "names of servers", KeptUntil::setup, "contract", "all"},
    {"vault_processes", "which processes serve", KeptUntil::setup, "no data of people", "all"},
    {"trace_blocks", "the next trace number", KeptUntil::setup, "no data of people", "all"},
});

// Of a table that is kept for a time.
consteval base::Duration kept_for(std::string_view table) {
  for (const auto& line : kRetention)
    if (line.table == table && line.until == KeptUntil::age) return line.period;
  throw "this table is not kept for a time";
}

}  // namespace karv::vault
