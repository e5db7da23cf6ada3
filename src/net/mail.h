// Sends mails over SMTP: STARTTLS is required and the server's certificate verified, or nothing is sent. Waits for
// the network: for job threads (the outbox) only. Not here: queueing, repeating, templates. Source: RFC 5321, RFC 3207
// (STARTTLS), RFC 5322, RFC 2045 and 2047 (MIME).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace karv::net {

struct MailServer {
  std::string host = "127.0.0.1";  // an address
  std::uint16_t port = 0;
  std::string server_name;  // what its certificate must be for
  std::string ca_file;
  std::string user;  // empty: no login
  base::SecretBytes password;
  base::Duration limit = base::seconds(20);
};

struct Mail {
  std::string from;  // "karv@pay.example"
  std::string from_name;
  std::string to;
  std::string subject;
  std::string text;        // UTF-8
  std::string message_id;  // unique part, e.g. a UUID: a repeated mail keeps it
  base::Instant date;
};

enum class MailOutcome : std::uint8_t {
  sent,
  temporary_failure,  // try again later: server away, certificate wrong, 4xx
  permanent_failure,  // never: 5xx, a malformed address
};
struct MailResult {
  MailOutcome outcome = MailOutcome::temporary_failure;
  std::string detail;  // for the log: no address, no text
};

// Keeps the connections of mails that went well for the next ones: a TLS handshake costs more than a mail. One that the
// server has closed meanwhile is made anew. Thread-safe: as many connections as threads send at once.
class MailSender {
 public:
  explicit MailSender(MailServer server);
  ~MailSender();
  MailSender(const MailSender&) = delete;
  MailSender& operator=(const MailSender&) = delete;

  MailResult send(const Mail& mail);

 private:
  class Connections;
  const MailServer server_;
  const std::unique_ptr<Connections> connections_;
};

// The message as it goes out (without dot-stuffing). Errors: bad_value (an address or a header holds what it must not).
base::Result<std::string> render_mail(const Mail& mail);

}  // namespace karv::net
