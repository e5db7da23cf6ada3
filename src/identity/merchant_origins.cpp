#include "identity/merchant_origins.h"

#include <algorithm>
#include <charconv>

#include "identity/deeds.h"
#include "identity/repository.h"
#include "identity/service.h"

namespace karv::identity {
namespace {

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && text.front() != '0' && port > 0 && port < 65536;
}
bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_host_character(char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; }

// The merchant's row is ours until the end of the transaction.
base::Result<Merchant> lock_merchant(store::Tx& tx, MerchantId merchant_id) {
  KARV_TRY(const auto rows, tx.read_for_update({find_merchant(merchant_id)}));
  auto merchant = read_merchant(rows.front());
  if (!merchant)
    return base::public_error(base::ErrorCode::not_found, "There is no such merchant: `karv merchant list` shows all.");
  return *std::move(merchant);
}

struct Change {
  std::string_view action;
  std::string origin;
};
void save(store::Tx& tx, const Context& context, MerchantAuthenticator& authenticator, const Merchant& merchant,
          const Change& change) {
  update_merchant_origins(tx, merchant.merchant_id, merchant.origins);
  record_deed(tx, context,
              {.actor = {},
               .action = change.action,
               .subject = {"merchant", merchant.merchant_id.text()},
               .details = audit::details_text({{"origin", change.origin}})});
  tx.after_commit([&authenticator] { authenticator.forget_all(); });
}

}  // namespace

std::optional<std::string> parse_origin(std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  constexpr std::size_t kMaxOrigin = 200;
  if (!text.starts_with(kScheme) || text.size() > kMaxOrigin) return std::nullopt;
  const std::string_view authority = text.substr(kScheme.size());
  const std::size_t colon = authority.find(':');
  const std::string_view host = authority.substr(0, colon);
  if (colon != std::string_view::npos && (colon + 1 == authority.size() || !is_port(authority.substr(colon + 1))))
    return std::nullopt;
  if (host.empty() || !is_letter_or_digit(host.front()) || !is_letter_or_digit(host.back())) return std::nullopt;
  if (host.find("..") != std::string_view::npos || !std::ranges::all_of(host, is_host_character)) return std::nullopt;
  return std::string(text);
}

base::Result<void> add_origin(store::Tx& tx, const Context& context, MerchantAuthenticator& authenticator,
                              MerchantId merchant_id, std::string_view origin) {
  const auto parsed = parse_origin(origin);
  if (!parsed)
    return base::public_error(base::ErrorCode::bad_value,
                              "An origin must be https://host or https://host:port, in lower case.");
  KARV_TRY(auto merchant, lock_merchant(tx, merchant_id));
  if (std::ranges::find(merchant.origins, *parsed) != merchant.origins.end()) return {};
  if (merchant.origins.size() >= kMaxOrigins)
    return base::public_error(base::ErrorCode::bad_value,
                              "A merchant has at most " + std::to_string(kMaxOrigins) + " origins; remove one first.");
  merchant.origins.push_back(*parsed);
  save(tx, context, authenticator, merchant, {"merchant_origin_added", *parsed});
  return {};
}

base::Result<void> remove_origin(store::Tx& tx, const Context& context, MerchantAuthenticator& authenticator,
                                 MerchantId merchant_id, std::string_view origin) {
  KARV_TRY(auto merchant, lock_merchant(tx, merchant_id));
  if (std::erase(merchant.origins, origin) == 0)
    return base::public_error(base::ErrorCode::not_found,
                              "The merchant has no such origin: `karv merchant origin list` shows them.");
  save(tx, context, authenticator, merchant, {"merchant_origin_removed", std::string(origin)});
  return {};
}

}  // namespace karv::identity
