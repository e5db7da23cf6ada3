#include "apps/cli/vault/exchange_command.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "apps/cli/vault/admin_line.h"
#include "crypto/files.h"
#include "crypto/hash.h"
#include "crypto/jwe.h"
#include "json/encode.h"
#include "json/writer.h"

namespace karv::apps::cli::vault {
namespace {

using base::Result;

base::Error wrong(std::string what) { return base::internal_error(base::ErrorCode::bad_value, std::move(what)); }

Result<vault_api::CustodianCard> read_card(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return wrong(path + " cannot be read");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto card = json::decode<vault_api::CustodianCard>(text, json::kOwnChannel);
  if (!card.ok()) return wrong(path + " is no custodian's public file");
  return card;
}

// What a person compares with the others before he agrees.
std::string short_print(base::ByteView digest) { return base::to_hex(digest.first(8)); }

base::SecretBytes body_of(const vault_api::ExchangeRequest& request, const base::SecretBytes& share) {
  std::string text = base::to_base64url(share.expose());
  json::SecretWriter out;
  out.begin_object()
      .member("custodian", request.custodian.text())
      .member("at", request.at)
      .member("nonce", request.nonce)
      .member("signature", request.signature)
      .secret_member("share", base::SecretBytes::copy_of(text))
      .member("needed", request.needed)
      .member("custodians")
      .begin_array();
  base::wipe(text.data(), text.size());
  for (const auto& one : request.custodians)
    out.begin_object().member("name", one.name).member("signs", one.signs).member("opens", one.opens).end_object();
  out.end_array().end_object();
  return std::move(out).take();
}

}  // namespace

Result<int> run_exchange(const std::string& operator_file, const ActingFiles& me, int needed,
                         const std::vector<std::string>& people) {
  KARV_TRY(const auto acting, acting_of(me));
  vault_api::ExchangeRequest request;
  request.needed = needed;
  for (const auto& path : people) {
    KARV_TRY(auto card, read_card(path));
    request.custodians.push_back(std::move(card));
  }
  const auto plan = vault_api::exchange_digest(request.custodians, request.needed);
  for (const auto& one : request.custodians)
    fmt::print("  {}  key {}\n", one.name, short_print(crypto::sha256(base::as_bytes(one.signs))));
  fmt::print("{} of these {} open the vault from then on. The plan is {}: compare it with the others'.\n", needed,
             request.custodians.size(), short_print(plan));
  KARV_TRY(const auto line, AdminLine::open(operator_file));
  KARV_TRY(const auto share, crypto::decrypt_jwe(acting.key.opens, acting.share.share));
  sign(request, acting, "exchange", vault_api::exchange_about(plan, share));
  const auto body = body_of(request, share);
  KARV_TRY(const auto answer,
           line->ask<vault_api::Exchanging>(net::Method::post, std::string(vault_api::ExchangeRequest::kPath),
                                            std::string(body.expose_text())));
  if (!answer.made) {
    fmt::print("{} of {} agree; the others within 15 minutes.\n", answer.given, answer.needed);
    return 0;
  }
  fmt::print(
      "Agreed. Each of them fetches his share (`karv vault custodian share`) and accepts the duty. Then seal the "
      "vault\n"
      "(`karv vault seal`), and {} of them unseal it: with that they have taken over. Until then you open it as "
      "before.\n",
      needed);
  return 0;
}

Result<int> run_fetch_share(const std::string& operator_file, const std::string& key_file,
                            const std::string& passphrase_file, const std::string& folder) {
  KARV_TRY(const auto passphrase, read_passphrase(passphrase_file));
  KARV_TRY(const auto key, open_custodian_key(key_file, passphrase));
  KARV_TRY(const auto line, AdminLine::open(operator_file));
  KARV_TRY(const auto status, line->ask<vault_api::VaultStatus>(net::Method::get, "/admin/v1/status", ""));
  const auto me = std::ranges::find(status.next_custodians, key.name, &vault_api::CustodianLine::name);
  if (me == status.next_custodians.end())
    return wrong("nobody named " + key.name + " takes over: `karv vault status` shows who does");
  vault_api::ShareRequest request;
  sign(request, key, me->custodian, "share", me->custodian.view());
  KARV_TRY(const auto share, line->ask(request));
  KARV_TRY_VOID(crypto::decrypt_jwe(key.opens, share.share));  // that it is ours
  const auto path = fmt::format("{}/{}.share", folder, share.custodian.text());
  KARV_TRY_VOID(crypto::write_private_file(path, base::as_bytes(json::encode(share) + "\n")));
  fmt::print("{}\nKeep it apart from your key. Accept the duty next: `karv vault custodian accept`.\n", path);
  return 0;
}

}  // namespace karv::apps::cli::vault
