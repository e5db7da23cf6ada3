// What a key may do in which state, how its state changes, and how long and how often each class may be used: three
// tables. What is not listed does not happen.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "vault/keys/types.h"

namespace karv::vault {

BOOST_DEFINE_ENUM_CLASS(KeyCommand, retire, compromise, destroy)

struct KeyStep {
  KeyState from;
  KeyCommand command;
  KeyState to;
};
inline constexpr auto kKeySteps = std::to_array<KeyStep>({
    {KeyState::active, KeyCommand::retire, KeyState::decrypt_only},
    {KeyState::active, KeyCommand::compromise, KeyState::compromised},
    {KeyState::decrypt_only, KeyCommand::compromise, KeyState::compromised},
    {KeyState::decrypt_only, KeyCommand::destroy, KeyState::destroyed},
    {KeyState::compromised, KeyCommand::destroy, KeyState::destroyed},
});
std::optional<KeyState> next_state(KeyState from, KeyCommand command);

BOOST_DEFINE_ENUM_CLASS(KeyUse, protect, open)
constexpr bool may(KeyState state, KeyUse use) {
  return state == KeyState::active || (state == KeyState::decrypt_only && use == KeyUse::open);
}

// For so long after a successor was made, digests are still made with the key before it: every process has read its
// keys by then, so none is asked for a digest that it cannot make.
inline constexpr base::Duration kHandover = base::seconds(60);

// Of one class. A key past either limit is followed by its next version.
struct KeyPolicy {
  KeyClass key_class;
  std::string_view algorithm;
  std::string_view protects;
  base::Duration cryptoperiod;
  std::int64_t most_uses;  // encryptions; 0: a digest or signature, not limited
};
// AES-GCM with random nonces stays below 2^32 encryptions (NIST SP 800-38D 8.3); half of that leaves room for the
// blocks in which uses are counted. Periods: SP 800-57 part 1 table 1 allows two years and less.
inline constexpr std::int64_t kMostUses = std::int64_t{1} << 31;
using KeyPolicies = std::array<KeyPolicy, 9>;
inline constexpr KeyPolicies kKeyPolicies{{
    {KeyClass::root, "AES-256-GCM in the HSM", "tenant keys and the ticket key", base::days(730), kMostUses},
    {KeyClass::epoch, "AES-256-GCM in the HSM, HKDF-SHA-256", "subject keys of one month", base::days(30), kMostUses},
    {KeyClass::ticket, "HMAC-SHA-256", "digests of card tickets", base::days(365), 0},
    {KeyClass::proof, "Ed25519", "signatures under proofs of erasure", base::days(730), 0},
    {KeyClass::network, "HMAC-SHA-256, HKDF-SHA-256", "cryptograms of uses of cards", base::days(365), 0},
    {KeyClass::tenant, "AES-256-GCM, HKDF-SHA-256", "subject, fingerprint and token keys of a tenant", base::days(365),
     kMostUses},
    {KeyClass::fingerprint, "HMAC-SHA-256", "fingerprints of a tenant's cards", base::days(730), 0},
    {KeyClass::token, "HMAC-SHA-256", "digests of a tenant's tokens", base::days(730), 0},
    {KeyClass::subject, "AES-256-GCM", "cards of one customer", base::days(365), std::int64_t{1} << 20},
}};
const KeyPolicy& policy_of(const KeyPolicies& policies, KeyClass key_class);

// Whether an active key is past its period or its uses.
bool is_due(const KeyPolicy& policy, base::Instant created_at, std::int64_t uses, base::Instant now);

}  // namespace karv::vault
