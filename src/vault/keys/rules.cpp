#include "vault/keys/rules.h"

#include <algorithm>

#include "base/check.h"

namespace karv::vault {

std::optional<KeyState> next_state(KeyState from, KeyCommand command) {
  const auto* const step = std::ranges::find_if(
      kKeySteps, [&](const KeyStep& listed) { return listed.from == from && listed.command == command; });
  if (step == kKeySteps.end()) return std::nullopt;
  return step->to;
}

const KeyPolicy& policy_of(const KeyPolicies& policies, KeyClass key_class) {
  const auto* const policy = std::ranges::find(policies, key_class, &KeyPolicy::key_class);
  KARV_REQUIRE(policy != policies.end());
  return *policy;
}

bool is_due(const KeyPolicy& policy, base::Instant created_at, std::int64_t uses, base::Instant now) {
  return now >= created_at + policy.cryptoperiod || (policy.most_uses > 0 && uses >= policy.most_uses);
}

}  // namespace karv::vault
