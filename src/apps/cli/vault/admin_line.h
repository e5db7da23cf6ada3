// The line to the vault's admin door: one question, one answer, on the vault's own machine.
//
// Its file, operator.toml: address ("unix:/run/karv-vault/admin.sock"), server_name, ca, cert, key (of
// "karv-operator").
#pragma once

#include <memory>
#include <string>

#include "json/decode.h"
#include "net/client.h"
#include "net/loop.h"
#include "vault_api/client.h"

namespace karv::apps::cli::vault {

class AdminLine {
 public:
  // Errors: bad_value (the file), unavailable.
  static base::Result<std::unique_ptr<AdminLine>> open(const std::string& operator_file);

  // Errors: the door's own with its `code` as reason(); unavailable when nobody listens there.
  template <class Request>
  base::Result<typename Request::Answer> ask(const Request& request) {
    return vault_api::ask(*client_, request);
  }
  template <class Answer>
  base::Result<Answer> ask(net::Method method, const std::string& path, std::string body) {
    KARV_TRY(const auto text, send(method, path, std::move(body)));
    return json::decode<Answer>(text, json::kOwnChannel);
  }

 private:
  AdminLine() = default;
  base::Result<std::string> send(net::Method method, const std::string& path, std::string body);

  net::Loop loop_{1};
  std::unique_ptr<net::Client> client_;
};

}  // namespace karv::apps::cli::vault
