// Whatever the decoder accepts has one form only: encoding it gives the same bytes.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "wire/iso8583.h"
#include "wire/iso8583_parts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace karv;
  const base::ByteView bytes(data, size);
  if (const auto message = wire::iso8583::decode(bytes); message.ok()) {
    const auto again = wire::iso8583::encode(*message);
    KARV_CHECK(again.ok());
    KARV_CHECK(again->expose_text() == base::as_text(bytes));
  }
  if (const auto parts = wire::iso8583::PrivateData::decode(bytes); parts.ok()) {
    const auto again = wire::iso8583::PrivateData::decode(parts->encode().expose());
    KARV_CHECK(again.ok() && *again == *parts);
  }
  if (const auto original = wire::iso8583::decode_original(base::as_text(bytes)))
    KARV_CHECK(wire::iso8583::encode_original(*original).size() == 42);
  return 0;
}
