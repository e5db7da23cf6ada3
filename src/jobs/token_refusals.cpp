#include "jobs/token_refusals.h"

#include <algorithm>

#include "json/words.h"
#include "risk/token_refusal_repository.h"
#include "vault_api/client.h"
#include "vault_api/refusals.h"

namespace karv::jobs {
namespace {

using base::Result;

constexpr base::Duration kOverlap = base::minutes(1);

template <class Id, class Ref>
std::optional<Id> id_of(const std::optional<Ref>& ref) {
  return ref ? std::optional(Id(ref->uuid())) : std::nullopt;
}

risk::TokenRefusal refusal_of(const vault_api::RefusalCount& count) {
  return {.refusal_id = risk::TokenRefusalId(count.refusal.uuid()),
          .customer_id = id_of<identity::CustomerId>(count.customer),
          .merchant_id = id_of<identity::MerchantId>(count.merchant),
          .reason = std::string(json::word(count.reason)),
          .times = count.times,
          .first_at = {count.first_at},
          .last_at = {count.last_at}};
}

}  // namespace

Result<void> take_token_refusals(const Tools& tools, const scheduler::JobContext& job) {
  KARV_TRY(const auto last, job.database().read<std::optional<base::Instant>>(
                                "last_token_refusal", [](store::ReadTx& tx) { return risk::last_token_refusal(tx); }));
  vault_api::RefusalsRequest request;
  if (last) request.since = (*last - kOverlap).ms;
  for (bool more = true; more && !job.stopping();) {
    KARV_TRY(const auto page, vault_api::answer_of<vault_api::RefusalsRequest>(
                                  tools.vault.ask(vault_api::request_of(request), vault_api::kLimit)));
    if (page.counts.empty()) return {};
    std::vector<risk::TokenRefusal> refusals;
    refusals.reserve(page.counts.size());
    std::ranges::transform(page.counts, std::back_inserter(refusals), refusal_of);
    KARV_TRY_VOID(job.database().write<void>("note_token_refusals", [&](store::Tx& tx) -> Result<void> {
      risk::note_token_refusals(tx, refusals);
      return {};
    }));
    request = {.since = page.counts.back().last_at, .after = page.counts.back().refusal};
    more = page.more;
  }
  return {};
}

}  // namespace karv::jobs
