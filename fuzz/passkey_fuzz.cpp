// What an authenticator sends: nothing that is read goes wrong, what is read again is the same, and nothing registers
// or signs by chance.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "factors/authenticator_data.h"
#include "factors/cbor.h"
#include "factors/passkeys.h"

namespace {

using namespace karv;

void check_cbor(base::ByteView data) {
  factors::CborReader reader(data);
  while (!reader.at_end()) {
    const auto before = reader.rest().size();
    if (!reader.skip().ok()) break;
    KARV_CHECK(reader.rest().size() < before);
  }
  factors::CborReader flat(data);
  for (auto item = flat.next(); item.ok(); item = flat.next()) KARV_CHECK(item->bytes.size() <= data.size());
}

void check_key(base::ByteView data) {
  const auto read = factors::read_cose_key(data);
  if (!read.ok()) return;
  KARV_CHECK(read->size <= data.size());
  const auto again = factors::read_cose_key(data.first(read->size));
  KARV_CHECK(again.ok() && again->key.first == read->key.first && again->key.second == read->key.second);
  KARV_CHECK(!factors::verifies(read->key, base::as_bytes("a message that nobody signed"), data));
}

void check_authenticator_data(base::ByteView data) {
  const auto read = factors::read_authenticator_data(data);
  if (!read.ok() || !read->credential) return;
  KARV_CHECK(read->credential->id.size() <= factors::kLongestCredentialId);
  KARV_CHECK(factors::read_cose_key(read->credential->public_key).ok());
}

void check_ceremonies(base::ByteView data) {
  static const factors::RelyingParty kParty{.id = "vault.example", .origin = "https://vault.example"};
  static const base::Bytes kChallenge(32, 1);
  const base::Bytes bytes(data.begin(), data.end());
  constexpr std::string_view kClientData =
      R"({"type":"webauthn.create","challenge":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE","origin":"https://vault.example"})";
  const auto client = base::as_bytes(kClientData);
  (void)factors::verify_registration({.party = kParty, .challenge = kChallenge},
                                     {.client_data = {client.begin(), client.end()}, .attestation = bytes});
  KARV_CHECK(!factors::verify_registration({.party = kParty, .challenge = kChallenge},
                                           {.client_data = bytes, .attestation = bytes})
                  .ok());
  const factors::Passkey stored{.id = bytes, .public_key = bytes};
  KARV_CHECK(!factors::verify_assertion({.party = kParty, .challenge = kChallenge}, stored, data,
                                        {.credential_id = bytes,
                                         .client_data = bytes,
                                         .authenticator_data = bytes,
                                         .signature = bytes,
                                         .user_handle = bytes})
                  .ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const base::ByteView data(bytes, size);
  check_cbor(data);
  check_key(data);
  check_authenticator_data(data);
  check_ceremonies(data);
  return 0;
}
