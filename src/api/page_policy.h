// The headers of the two pages that hold the card form's frame: the checkout in a shop's page, and the account.
//
// Scripts run by their hash alone, as in the card form itself (vault/pages/frame_policy.h); what the policy stops and
// which scripts ran is reported to the vault, which keeps the inventory of them. Source: PCI DSS 4.0.1 6.4.3
// and 11.6.1; OWASP ASVS 5.0 V3.4, V3.6.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/http.h"

namespace karv::api {

enum class FramingPage : std::uint8_t { checkout, account };

// `vault_url`: "https://vault.localhost:8444". `script_hashes`: "sha384-...".
net::Headers page_headers(FramingPage page, const std::string& vault_url,
                          const std::vector<std::string>& script_hashes);

}  // namespace karv::api
