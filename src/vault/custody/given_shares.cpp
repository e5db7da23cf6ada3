#include "vault/custody/given_shares.h"

#include <vector>

#include "crypto/shamir.h"

namespace karv::vault {
namespace {

constexpr base::Duration kShareWaits = base::minutes(15);

}  // namespace

void GivenShares::give(CustodianId custodian, const base::SecretBytes& share, base::Instant now) {
  given_.insert_or_assign(custodian, Given{.share = share.clone(), .at = now});
}

std::int64_t GivenShares::count(base::Instant now) {
  std::erase_if(given_, [&](const auto& given) { return given.second.at + kShareWaits < now; });
  return static_cast<std::int64_t>(given_.size());
}

base::SecretBytes GivenShares::combine(std::int64_t needed, base::Instant now) {
  if (count(now) < needed) return {};
  std::vector<crypto::Share> shares;
  for (const auto& [custodian, given] : given_) {
    const auto bytes = given.share.expose();
    shares.push_back({.x = bytes[0], .y = base::SecretBytes::copy_of(bytes.subspan(1))});
  }
  given_.clear();
  auto key = crypto::combine(shares);
  return key.ok() ? std::move(key).value() : base::SecretBytes();
}

}  // namespace karv::vault
