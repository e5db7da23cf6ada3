// Two messages of the private door, separated by a line break: what is to be derived from a token, and what the derived
// token is then used for. What is allowed stays within its source, whatever the messages say; what was read is the same
// again when it is written.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "json/decode.h"
#include "json/encode.h"
#include "json/words.h"
#include "vault/tokens/scope.h"
#include "vault_api/card_endings.h"
#include "vault_api/refusals.h"

namespace {

using namespace karv;

template <class Message>
std::optional<Message> read(std::string_view text) {
  auto message = json::decode<Message>(text, json::kOwnChannel);
  if (!message.ok()) return std::nullopt;
  const auto written = json::encode(*message);
  const auto again = json::decode<Message>(written, json::kOwnChannel);
  KARV_CHECK(again.ok() && json::encode(*again) == written);
  return std::move(message).value();
}

// What the seeds derive from: a customer's own card, partly used up.
vault::StoredToken source_for(const vault_api::DeriveRequest& request) {
  vault::StoredToken source;
  source.scope.customer = request.customer;
  source.scope.purpose = vault::Purpose::saved;
  source.scope.cap_minor = 10'000;
  source.scope.currency = "EUR";
  source.scope.expires_at = base::Instant{2'000'000'000'000};
  source.scope.most_uses = 5;
  source.used_minor = 4'000;
  source.uses = 2;
  return source;
}

// One operation after the other, until the token refuses.
void use_up(const vault::StoredToken& token, vault::OperationKind kind, const vault_api::CardOperation& request) {
  const vault::Scope& scope = token.scope;
  auto used = token;
  for (int i = 0; i < 20; ++i) {
    if (vault::find_refusal(used, vault::wanted_use(kind, request))) return;
    KARV_CHECK(request.customer == scope.customer && request.merchant == scope.merchant);
    KARV_CHECK(request.business_time < scope.expires_at->ms && request.currency == *scope.currency);
    if (!vault::counts_against_cap(kind) || request.amount_minor < 0) return;  // the latter never comes so far
    KARV_CHECK(request.amount_minor <= *scope.cap_minor - used.used_minor && used.uses < *scope.most_uses);
    used.used_minor += request.amount_minor;
    used.uses += 1;
  }
  KARV_CHECK(false);  // nothing is used twenty times
}

void check_pair(std::string_view derive_text, std::string_view use_text) {
  const auto derive = read<vault_api::DeriveRequest>(derive_text);
  if (!derive) return;
  const auto source = source_for(*derive);
  const auto scope = vault::wanted_scope(source.scope.card, *derive);
  if (!vault::check_scope(scope).ok() || vault::find_refusal(source, scope, {derive->business_time})) return;
  const bool back = scope.purpose == vault::Purpose::refund || scope.purpose == vault::Purpose::reversal;
  KARV_CHECK(*scope.cap_minor > 0 && *scope.cap_minor <= (back ? 10'000 : 6'000));
  KARV_CHECK(*scope.most_uses > 0 && *scope.most_uses <= (back ? 5 : 3));
  KARV_CHECK(scope.currency == "EUR" && scope.expires_at->ms <= 2'000'000'000'000);
  KARV_CHECK(scope.merchant.has_value() != (scope.purpose == vault::Purpose::saved));
  vault::StoredToken token;
  token.scope = scope;
  const auto use = read<vault_api::CardOperation>(use_text);
  if (!use) return;
  json::for_each_word<vault::OperationKind>(
      [&](vault::OperationKind kind, std::string_view) { use_up(token, kind, *use); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto text = base::as_text(base::ByteView(bytes, size));
  const auto end = text.find('\n');
  check_pair(text.substr(0, end), end == std::string_view::npos ? std::string_view() : text.substr(end + 1));
  read<vault_api::EndCardRequest>(text);
  read<vault_api::RefusalsRequest>(text);
  return 0;
}
