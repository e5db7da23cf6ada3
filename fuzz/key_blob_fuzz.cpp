// What lies in the store, at a tenant's server or on a custodian's medium in place of a wrapped key, a share or a
// message: nothing but what was wrapped under the very key opens, and nothing that is read goes wrong.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "crypto/ed25519.h"
#include "crypto/jwe.h"
#include "crypto/shamir.h"
#include "vault/keys/wrapping.h"
#include "vault/server_keys/blob.h"

namespace {

using namespace karv;

const base::SecretBytes& some_key() {
  static const auto kKey = base::SecretBytes::copy_of(std::string_view("32 bytes that are no one's secret"));
  static const auto kCut = base::SecretBytes::copy_of(kKey.expose().first(32));
  return kCut;
}

void check_wrapped(base::ByteView data) {
  vault::StoredSubjectKey row;
  row.wrapped.assign(data.begin(), data.end());
  const auto opened = vault::unwrap_subject_key(some_key(), row);
  KARV_CHECK(!opened.ok() && opened.error().reason() == "KEY_ALTERED");
  // What was wrapped opens; the same with bytes of the input mixed in does not.
  base::SystemRandom random;
  row.wrapped = vault::wrap_subject_key(some_key(), row, some_key(), random);
  KARV_CHECK(vault::unwrap_subject_key(some_key(), row).ok());
  bool changed = false;
  for (std::size_t i = 0; i < data.size() && i < row.wrapped.size(); ++i) {
    row.wrapped[i] ^= data[i];
    changed = changed || data[i] != 0;
  }
  KARV_CHECK(vault::unwrap_subject_key(some_key(), row).ok() == !changed);
}

// As text, as a server sends it; and what was wrapped, with bytes of the input mixed in.
void check_server_key(base::ByteView data) {
  vault::OpenKey tenant, epoch;
  tenant.row.id = vault::KeyId(base::Uuid{1});
  epoch.row.id = vault::KeyId(base::Uuid{2});
  tenant.clear = some_key().clone();
  epoch.clear = some_key().clone();
  const vault::ServerKeyParents parents{.tenant = tenant, .epoch = epoch};
  if (const auto blob = vault::parse_server_key_blob(base::as_text(data)))
    KARV_CHECK(!vault::unwrap_server_key(parents, {}, *blob).ok());
  base::SystemRandom random;
  auto bytes = base::from_base64url(vault::wrap_server_key(parents, {}, some_key(), random)).value();
  bool changed = false;
  for (std::size_t i = 0; i < data.size() && i < bytes.size(); ++i) {
    bytes[i] ^= data[i];
    changed = changed || data[i] != 0;
  }
  const auto blob = vault::parse_server_key_blob(base::to_base64url(bytes));
  const bool opens = blob && blob->tenant_key == tenant.row.id && blob->epoch_key == epoch.row.id &&
                     vault::unwrap_server_key(parents, {}, *blob).ok();
  KARV_CHECK(opens == !changed);
}

// Shares of 5 bytes: x and four of y.
void check_shares(base::ByteView data) {
  std::vector<crypto::Share> shares;
  for (std::size_t at = 0; at + 5 <= data.size() && shares.size() < 300; at += 5)
    shares.push_back({.x = data[at], .y = base::SecretBytes::copy_of(data.subspan(at + 1, 4))});
  if (const auto combined = crypto::combine(shares); combined.ok()) KARV_CHECK(combined->size() == 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const base::ByteView data(bytes, size);
  check_wrapped(data);
  check_server_key(data);
  check_shares(data);
  KARV_CHECK(!crypto::decrypt_jwe(some_key(), base::as_text(data)).ok());
  KARV_CHECK(!crypto::verifies_ed25519(data.first(size < 32 ? size : 32), base::as_bytes("unseal"), data));
  return 0;
}
