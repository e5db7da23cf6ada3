#include "notify/sealed_mail.h"

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "json/decode.h"
#include "json/encode.h"

namespace karv::notify {
namespace {

base::Bytes place(std::string_view what, store::outbox::EntryId entry) {
  return crypto::framed({base::as_bytes("outbox"), entry.view(), base::as_bytes(what)});
}

}  // namespace

SealedMail seal_mail(const base::SecretBytes& outbox_key, store::outbox::EntryId entry, const WaitingMail& mail,
                     base::Random& random) {
  base::SecretBytes key(crypto::kAeadKeySize);
  random.fill(key.expose_mutable());
  std::string text = json::encode(mail);
  SealedMail sealed{crypto::seal(key, base::as_bytes(text), place("mail", entry), random),
                    crypto::seal(outbox_key, key.expose(), place("mail key", entry), random)};
  base::wipe(text.data(), text.size());
  return sealed;
}

base::Result<WaitingMail> open_mail(const base::SecretBytes& outbox_key, store::outbox::EntryId entry,
                                    const SealedMail& sealed) {
  KARV_TRY(const base::SecretBytes key, crypto::open(outbox_key, sealed.wrapped_key, place("mail key", entry)));
  KARV_TRY(const base::SecretBytes text, crypto::open(key, sealed.payload, place("mail", entry)));
  return json::decode<WaitingMail>(text.expose_text());
}

}  // namespace karv::notify
