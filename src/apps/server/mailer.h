// Sends the outbox's mails through the configured server: net's SMTP client in notify's words.
#pragma once

#include "apps/server/config.h"
#include "base/clock.h"
#include "notify/service.h"

namespace karv::apps::server {

// `wall` outlives it.
notify::SendMail make_mailer(const Config::Mail& config, const base::Clock& wall);

}  // namespace karv::apps::server
