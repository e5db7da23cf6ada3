#include "vault/doors/tenant_messages.h"

#include <algorithm>

#include "base/check.h"

namespace karv::vault {

base::Result<void> check_peer(const KeyHolder& keys, const net::Request& request) {
  const auto& tenants = keys.settings().tenants;
  if (std::ranges::find(tenants, request.peer_certificate_cn) != tenants.end()) return {};
  return base::internal_error(base::ErrorCode::forbidden, "the client certificate is not the one of a tenant's server");
}

base::Result<TenantId> tenant_of(const KeyHolder& keys, const net::Request& request) {
  KARV_TRY_VOID(check_peer(keys, request));
  KARV_TRY(const auto ring, keys.get());
  const auto tenant = ring->find_tenant(request.peer_certificate_cn);
  KARV_REQUIRE(tenant.has_value());  // unsealing has made it
  return *tenant;
}

}  // namespace karv::vault
