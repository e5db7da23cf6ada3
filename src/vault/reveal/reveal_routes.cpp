#include "vault/reveal/reveal_routes.h"

#include "json/decode.h"
#include "json/encode.h"
#include "vault/doors/admin_door.h"
#include "vault/doors/reply.h"
#include "vault/doors/tenant_messages.h"

namespace karv::vault {
namespace {

// Decodes a message of whom `admit` lets in, runs it, encodes the answer.
template <class Message, class Admit, class Work>
void post(net::Router& router, Admit admit, Work work) {
  router.add(net::Method::post, Message::kPath, [admit, work](const net::Request& request) -> net::Reply {
    const auto who = admit(request);
    if (!who.ok()) return problem_response(who.error(), request);
    const auto message = json::decode<Message>(request.body, json::kOwnChannel);
    if (!message.ok()) return problem_response(message.error(), request);
    return reply_of(work(who.value(), message.value()), request);
  });
}

base::Result<std::string> admit_operator(const net::Request& request) {
  KARV_TRY_VOID(check_operator(request));
  return operator_text(request);
}

}  // namespace

void add_staff_routes(net::Router& router, StaffDesk& staff) {
  post<vault_api::StaffAddRequest>(router, admit_operator,
                                   [&staff](const std::string& who, const auto& m) { return staff.add(m, who); });
  post<vault_api::StaffGrantRequest>(router, admit_operator,
                                     [&staff](const std::string& who, const auto& m) { return staff.grant(m, who); });
  post<vault_api::StaffRemoveRequest>(router, admit_operator,
                                      [&staff](const std::string& who, const auto& m) { return staff.remove(m, who); });
  router.add(net::Method::get, vault_api::StaffAddRequest::kPath, [&staff](const net::Request& request) -> net::Reply {
    if (const auto who = admit_operator(request); !who.ok()) return problem_response(who.error(), request);
    return reply_of(staff.list(), request);
  });
}

void add_reveal_routes(net::Router& router, RevealDesk& reveal, KeyHolder& keys) {
  const auto admit = [&keys](const net::Request& request) { return tenant_of(keys, request); };
  post<vault_api::CardReferenceRequest>(
      router, admit, [&reveal](TenantId tenant, const auto& m) { return reveal.reference_of(tenant, m); });
  post<vault_api::LooksRequest>(router, admit,
                                [&reveal](TenantId tenant, const auto& m) { return reveal.looks_at(tenant, m); });
}

}  // namespace karv::vault
