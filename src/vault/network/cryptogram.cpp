#include "vault/network/cryptogram.h"

#include <fmt/format.h>

#include "base/check.h"
#include "crypto/hash.h"

namespace karv::vault {
namespace {

constexpr std::size_t kCryptogramSize = 20;
constexpr std::size_t kNameSize = 8;

base::SecretBytes card_key(const base::SecretBytes& key, const base::SecretBytes& number) {
  auto info = crypto::framed({base::as_bytes("karv network card key"), number.expose()});
  auto derived = crypto::hkdf_sha256(key, {}, info, 32);
  base::wipe(info.data(), info.size());
  return derived;
}

base::ByteView value_of(const base::SecretBytes* value) {
  return value == nullptr ? base::ByteView() : value->expose();
}

std::string shortened(base::Bytes mac) {
  mac.resize(kCryptogramSize);
  return base::to_base64(mac);
}

}  // namespace

std::string use_number(const Operation& operation) {
  return fmt::format("{:013}{:06}", operation.sent_at.ms, operation.stan);
}

std::string network_key_name(const base::SecretBytes& key) {
  auto mac = crypto::hmac_sha256(key, base::as_bytes("karv network key name"));
  mac.resize(kNameSize);
  return base::to_hex(mac);
}

std::string network_key_voucher(const base::SecretBytes& former, const base::SecretBytes& next) {
  const std::string name = network_key_name(next);
  return shortened(
      crypto::hmac_sha256(former, crypto::framed({base::as_bytes("karv network key"), base::as_bytes(name)})));
}

std::string cryptogram_of(const base::SecretBytes& key, const wire::iso8583::Message& message,
                          const wire::iso8583::PrivateData& extra, std::string_view use) {
  const auto* const number = message.secret(2);
  const auto* const expiry = message.secret(14);
  KARV_REQUIRE(number != nullptr && expiry != nullptr);
  const auto text = [&](int element) { return base::as_bytes(message.find(element).value_or("")); };
  auto content = crypto::framed({base::as_bytes("karv network cryptogram"), base::as_bytes(use),
                                 base::as_bytes(std::string_view(message.mti()).substr(0, 3)), number->expose(),
                                 text(3), text(4), text(7), text(11), expiry->expose(), text(32), text(37), text(41),
                                 text(42), text(49), value_of(extra.find("IN")), value_of(extra.find("OR"))});
  auto mac = crypto::hmac_sha256(card_key(key, *number), content);
  base::wipe(content.data(), content.size());
  return shortened(std::move(mac));
}

void add_cryptogram(wire::iso8583::PrivateData& extra, const base::SecretBytes& key,
                    const wire::iso8583::Message& message, const Operation& operation) {
  const std::string use = use_number(operation);
  const std::string cryptogram = cryptogram_of(key, message, extra, use);
  extra.add("UK", network_key_name(key));
  extra.add("UN", use);
  extra.add("UC", cryptogram);
}

}  // namespace karv::vault
