// The keys of mails that are not sent yet. The only place of this module's SQL.
#pragma once

#include <optional>

#include "store/database.h"
#include "store/outbox.h"

namespace karv::notify {

store::Query find_mail_key(store::outbox::EntryId entry);
std::optional<base::Bytes> read_mail_key(const store::Rows& rows);
void insert_mail_key(store::Tx& tx, store::outbox::EntryId entry, const base::Bytes& wrapped_key);
void delete_mail_key(store::Tx& tx, store::outbox::EntryId entry);

}  // namespace karv::notify
