#include "vault/bank/file_door.h"

#include "vault/doors/tenant_messages.h"

namespace karv::vault {
namespace {

net::Response show_destinations(const BankFileDoor& door, const net::Request& request) {
  if (const auto tenant = tenant_of(door.keys, request); !tenant.ok()) return problem_response(tenant.error(), request);
  vault_api::BankDestinationsAnswer answer;
  for (const auto& name : door.destinations) {
    const auto key = door.signing.public_key(name);
    if (!key.ok()) return problem_response(key.error(), request);
    answer.destinations.push_back({.name = name, .signing_key = base::to_base64(*key)});
  }
  return json_response(json::encode(answer));
}

}  // namespace

void add_bank_file_routes(net::Router& private_router, const BankFileDoor& door) {
  const auto add = [&]<class Part, class Message>(
                       Part& part, base::Result<typename Message::Answer> (Part::*work)(TenantId, const Message&)) {
    private_router.add(net::Method::post, Message::kPath,
                       tenant_handler<Message>(door.keys, [&part, work](TenantId tenant, const Message& message) {
                         return (part.*work)(tenant, message);
                       }));
  };
  add(door.files, &BankFiles::begin);
  add(door.files, &BankFiles::add);
  add(door.files, &BankFiles::commit);
  add(door.files, &BankFiles::cancel);
  add(door.files, &BankFiles::send_again);
  add(door.files, &BankFiles::find);
  add(door.files, &BankFiles::outcomes);
  add(door.statements, &BankStatements::fetch);
  add(door.statements, &BankStatements::read);
  private_router.add(net::Method::get, vault_api::kBankDestinationsPath,
                     [door](const net::Request& request) -> net::Reply { return show_destinations(door, request); });
}

}  // namespace karv::vault
