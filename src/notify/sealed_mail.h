// A mail as it waits in the outbox: sealed with a key of its own, which is wrapped under the outbox key and kept apart.
// Pure; bound to its outbox entry, so that neither the key nor the text can be moved to another.
#pragma once

#include <string>

#include <boost/describe.hpp>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "store/outbox.h"

namespace karv::notify {

struct WaitingMail {
  std::string to, subject, body;
  std::int64_t useless_after_ms = 0;  // wall
};
BOOST_DESCRIBE_STRUCT(WaitingMail, (), (to, subject, body, useless_after_ms))

struct SealedMail {
  base::Bytes payload, wrapped_key;
};
SealedMail seal_mail(const base::SecretBytes& outbox_key, store::outbox::EntryId entry, const WaitingMail& mail,
                     base::Random& random);
// Errors: internal (another entry, another key, changed bytes).
base::Result<WaitingMail> open_mail(const base::SecretBytes& outbox_key, store::outbox::EntryId entry,
                                    const SealedMail& sealed);

}  // namespace karv::notify
