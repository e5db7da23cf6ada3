#include "apps/server/mailer.h"

#include <memory>

#include "net/mail.h"

namespace karv::apps::server {
namespace {

base::Result<void> result_of(const net::MailResult& result) {
  switch (result.outcome) {
    case net::MailOutcome::sent:
      return {};
    case net::MailOutcome::temporary_failure:
      return base::internal_error(base::ErrorCode::unavailable, result.detail);
    case net::MailOutcome::permanent_failure:
      return base::internal_error(base::ErrorCode::refused, result.detail);
  }
  return base::internal_error(base::ErrorCode::unavailable, "mail outcome");
}

}  // namespace

notify::SendMail make_mailer(const Config::Mail& config, const base::Clock& wall) {
  net::MailServer server;
  server.host = config.host;
  server.port = static_cast<std::uint16_t>(config.port);
  server.server_name = config.server_name;
  server.ca_file = config.ca;
  // Shared: std::function is copied.
  return [sender = std::make_shared<net::MailSender>(std::move(server)), from = config.sender,
          &wall](const notify::OutgoingMail& mail) {
    net::Mail message;
    message.from = from;
    message.from_name = "Karv";
    message.to = mail.to;
    message.subject = mail.subject;
    message.text = mail.body;
    message.message_id = mail.message_id;
    message.date = wall.now();
    return result_of(sender->send(message));
  };
}

}  // namespace karv::apps::server
