#include "vault/doors/admin_door.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "json/decode.h"
#include "json/encode.h"
#include "json/words.h"
#include "vault/doors/reply.h"
#include "vault/keys/repository.h"

namespace karv::vault {
namespace {

template <class Message, class Work>
net::Handler handle(Work work) {
  return [work = std::move(work)](const net::Request& request) -> net::Reply {
    if (const auto peer = check_operator(request); !peer.ok()) return problem_response(peer.error(), request);
    const auto message = json::decode<Message>(request.body, json::kOwnChannel);
    if (!message.ok()) return problem_response(message.error(), request);
    return reply_of(work(message.value(), request), request);
  };
}

vault_api::RotationLine line_of(const Rotation& rotation) {
  return {.key = rotation.old_key.text(),
          .key_class = std::string(json::word(rotation.key_class)),
          .state = std::string(json::word(rotation.state)),
          .done = rotation.done,
          .total = rotation.total,
          .started_at = rotation.started_at.ms,
          .destroy_at = rotation.state == RotationState::waiting ? rotation.destroy_at.ms : 0};
}

vault_api::KeyLine line_of(const StoredKey& row, const KeyPolicies& policies, const std::vector<Tenant>& tenants) {
  const auto& policy = policy_of(policies, row.key_class);
  vault_api::KeyLine line{.key = row.id.text(),
                          .key_class = std::string(json::word(row.key_class)),
                          .tenant = "",
                          .version = row.version,
                          .state = std::string(json::word(row.state)),
                          .algorithm = std::string(policy.algorithm),
                          .protects = std::string(policy.protects),
                          .place = is_in_hsm(row.key_class) ? "HSM" : "wrapped by " + row.parent.text(),
                          .uses = row.uses,
                          .created_at = row.created_at.ms,
                          .next_at = row.state == KeyState::active ? (row.created_at + policy.cryptoperiod).ms : 0};
  for (const auto& tenant : tenants)
    if (tenant.id == row.tenant) line.tenant = tenant.name;
  return line;
}

base::Result<vault_api::KeyList> list_keys(AdminDoor& door) {
  return door.database.read<vault_api::KeyList>(
      "vault_list_keys", [&](store::ReadTx& tx) -> base::Result<vault_api::KeyList> {
        KARV_TRY(auto keys, load_keys(tx));
        KARV_TRY(const auto tenants, load_tenants(tx));
        KARV_TRY(const auto rotations, find_rotations(tx, 50));
        std::ranges::sort(keys, {},
                          [](const StoredKey& key) { return std::tuple(key.key_class, key.tenant, key.version); });
        vault_api::KeyList list;
        for (const auto& key : keys) list.keys.push_back(line_of(key, door.keys.settings().policies, tenants));
        for (const auto& rotation : rotations) list.rotations.push_back(line_of(rotation));
        return list;
      });
}

base::Result<vault_api::RotationLine> rotate(AdminDoor& door, const vault_api::RotateRequest& request,
                                             const std::string& actor) {
  const auto id = KeyId::parse(request.key);
  if (!id) return base::public_error(base::ErrorCode::not_found, "There is no such active key.");
  KARV_TRY(const auto rotation, door.rotation.rotate(*id));
  KARV_TRY_VOID(door.custody.record(actor, "vault_key_rotated", id->text(), ""));
  door.keeper.wake();
  return line_of(rotation);
}

base::Result<vault_api::VaultStatus> status_of(AdminDoor& door) {
  KARV_TRY(auto status, door.custody.status());
  if (door.certificates == nullptr) return status;
  for (const auto& one : door.certificates->states())
    status.certificates.push_back(
        {.name = one.name, .serial = one.serial, .not_after = one.not_after.ms, .refused = one.refused});
  return status;
}

void add_import_routes(net::Router& router, CardImport& imports) {
  const auto post = [&router](std::string_view path, net::Handler handler) {
    router.add(net::Method::post, path, std::move(handler));
  };
  using namespace vault_api;
  router.add(net::Method::get, kImportKeyPath, [&imports](const net::Request& request) -> net::Reply {
    if (const auto peer = check_operator(request); !peer.ok()) return problem_response(peer.error(), request);
    return reply_of(imports.key(), request);
  });
  post(ApproveImportRequest::kPath,
       handle<ApproveImportRequest>([&imports](const auto& m, const net::Request&) { return imports.approve(m); }));
  post(FindImportRequest::kPath,
       handle<FindImportRequest>([&imports](const auto& m, const net::Request&) { return imports.find(m); }));
  post(ImportChunkRequest::kPath, handle<ImportChunkRequest>([&imports](const auto& m, const net::Request& from) {
         return imports.take_chunk(m, operator_text(from));
       }));
  post(FinishImportRequest::kPath, handle<FinishImportRequest>([&imports](const auto& m, const net::Request& from) {
         return imports.finish(m, operator_text(from));
       }));
}

}  // namespace

base::Result<void> check_operator(const net::Request& request) {
  if (request.peer_certificate_cn == kOperatorName) return {};
  return base::internal_error(base::ErrorCode::forbidden, "the client certificate is not an operator's");
}

std::string operator_text(const net::Request& request) {
  const auto& peer = request.peer_credentials;
  return peer ? fmt::format("{} uid {}", request.peer_certificate_cn, peer->uid) : request.peer_certificate_cn;
}

net::Router admin_routes(AdminDoor& door) {
  net::Router router;
  const auto post = [&router](std::string_view path, net::Handler handler) {
    router.add(net::Method::post, path, std::move(handler));
  };
  post(vault_api::AcceptRequest::kPath, handle<vault_api::AcceptRequest>([&door](const auto& m, const net::Request&) {
         return door.custody.accept(m);
       }));
  post(vault_api::UnsealRequest::kPath, handle<vault_api::UnsealRequest>([&door](const auto& m, const net::Request&) {
         auto answer = door.custody.unseal(m);
         if (answer.ok() && !answer->sealed) door.keeper.wake();
         return answer;
       }));
  post(
      vault_api::ExchangeRequest::kPath,
      handle<vault_api::ExchangeRequest>([&door](const auto& m, const net::Request&) { return door.exchange.ask(m); }));
  post(vault_api::ShareRequest::kPath, handle<vault_api::ShareRequest>([&door](const auto& m, const net::Request&) {
         return door.exchange.fetch_share(m);
       }));
  post(vault_api::SealRequest::kPath, handle<vault_api::SealRequest>([&door](const auto& m, const net::Request& from) {
         return door.custody.seal(m, operator_text(from));
       }));
  post(vault_api::RotateRequest::kPath,
       handle<vault_api::RotateRequest>(
           [&door](const auto& m, const net::Request& from) { return rotate(door, m, operator_text(from)); }));
  post(vault_api::EndKeyRequest::kPath,
       handle<vault_api::EndKeyRequest>([&door](const auto& m, const net::Request&) { return door.endings.ask(m); }));
  if (door.imports != nullptr) add_import_routes(router, *door.imports);
  const auto get = [&router](std::string_view path, const auto& work) {
    router.add(net::Method::get, path, [work](const net::Request& request) -> net::Reply {
      if (const auto peer = check_operator(request); !peer.ok()) return problem_response(peer.error(), request);
      return reply_of(work(), request);
    });
  };
  get("/admin/v1/status", [&door] { return status_of(door); });
  get("/admin/v1/keys", [&door] { return list_keys(door); });
  router.set_fallback("/", [](const net::Request& request, const std::vector<net::Method>&) {
    return problem_response(base::Error(base::ErrorCode::not_found), request);
  });
  return router;
}

}  // namespace karv::vault
