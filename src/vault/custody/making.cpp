#include "vault/custody/making.h"

#include <algorithm>
#include <set>

#include "crypto/aead.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "crypto/jwe.h"
#include "crypto/shamir.h"

namespace karv::vault {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kPinBytes = 24;  // 32 characters, 192 bits: HSMs take 4 to 255

base::Error wrong(std::string what) { return base::internal_error(base::ErrorCode::bad_value, std::move(what)); }

base::SecretBytes make_pin(base::Random& random) {
  base::SecretBytes bytes(kPinBytes);
  random.fill(bytes.expose_mutable());
  std::string text = base::to_base64url(bytes.expose());
  auto pin = base::SecretBytes::copy_of(text);
  base::wipe(text.data(), text.size());
  return pin;
}

base::SecretBytes share_bytes(const crypto::Share& share) {
  base::SecretBytes out(share.y.size() + 1);
  auto bytes = out.expose_mutable();
  bytes[0] = share.x;
  std::ranges::copy(share.y.expose(), bytes.begin() + 1);
  return out;
}

}  // namespace

base::Result<void> check_plan(const CeremonyPlan& plan) {
  const auto count = static_cast<std::int64_t>(plan.custodians.size());
  if (plan.needed < 2) return wrong("at least two custodians must be needed: with one, one person holds the key alone");
  if (count < plan.needed) return wrong("there are fewer custodians than are needed to open the vault");
  if (plan.custodians.size() > kMostCustodians) return wrong("more than 20 custodians are too many to be few");
  std::set<std::string> names, keys;
  for (const auto& custodian : plan.custodians) {
    if (custodian.name.empty() || custodian.name.size() > 100) return wrong("a custodian has no name, or a long one");
    const auto signs = base::from_base64url(custodian.signs);
    const auto opens = base::from_base64url(custodian.opens);
    if (!signs || signs->size() != crypto::kEd25519KeySize || !opens || opens->size() != crypto::kX25519KeySize)
      return wrong("the keys of " + custodian.name + " are none: make them with `karv vault custodian create`");
    if (!names.insert(custodian.name).second) return wrong("two custodians are named " + custodian.name);
    if (!keys.insert(custodian.signs).second || !keys.insert(custodian.opens).second)
      return wrong("a key of " + custodian.name + " belongs to another custodian too: one person, one share");
  }
  return {};
}

base::Result<MadeCustody> make_custody(const CeremonyPlan& plan, const base::Clock& wall, base::Random& random) {
  MadeCustody made;
  made.key = base::SecretBytes(kKeySize);
  random.fill(made.key.expose_mutable());
  made.pin = make_pin(random);
  made.custody.id = base::make_id<CustodyTag>(wall, random);
  made.custody.needed = plan.needed;
  made.custody.created_at = wall.now();
  made.custody.sealed_pin = crypto::seal(made.key, made.pin.expose(), pin_place(made.custody.id), random);
  const auto shares = crypto::split(made.key, static_cast<std::uint8_t>(plan.needed),
                                    static_cast<std::uint8_t>(plan.custodians.size()), random);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const auto& card = plan.custodians[i];
    const auto bytes = share_bytes(shares[i]);
    Custodian custodian;
    custodian.id = base::make_id<vault_api::CustodianTag>(wall, random);
    custodian.name = card.name;
    custodian.signs = *base::from_base64url(card.signs);
    custodian.share_digest = share_digest(custodian.id, bytes);
    KARV_TRY(auto sealed, crypto::encrypt_jwe(*base::from_base64url(card.opens), bytes.expose(), random));
    made.files.push_back({.custodian = custodian.id, .name = card.name, .share = std::move(sealed)});
    made.custodians.push_back(std::move(custodian));
  }
  return made;
}

base::Bytes pin_place(CustodyId id) { return crypto::framed({base::as_bytes("custody"), id.view()}); }

base::Bytes former_pin_place(CustodyId id) {
  return crypto::framed({base::as_bytes("custody, the PIN before it"), id.view()});
}

base::Bytes share_digest(CustodianId custodian, const base::SecretBytes& share) {
  return crypto::hmac_sha256(share, crypto::framed({base::as_bytes("custodian's share"), custodian.view()}));
}

}  // namespace karv::vault
