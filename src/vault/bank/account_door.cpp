#include "vault/bank/account_door.h"

#include <memory>
#include <utility>

#include <boost/describe/class.hpp>

#include "net/limiter.h"
#include "vault/doors/tenant_messages.h"

namespace karv::vault {
namespace {

struct BankAccountPost {
  std::string ticket;
  BankAccountKind kind = BankAccountKind::iban;
  std::optional<base::SecretBytes> bank_code;
  base::SecretBytes number;
};
BOOST_DESCRIBE_STRUCT(BankAccountPost, (), (ticket, kind, bank_code, number))

struct BankAccountPosted {
  std::string country;
  std::string last;
};
BOOST_DESCRIBE_STRUCT(BankAccountPosted, (), (country, last))

constexpr json::Options kPostOptions{
    .max_bytes = 4096, .max_depth = 2, .unknown_members = json::UnknownMembers::refuse, .integers_as_text = false};

struct LimitedDoor {
  explicit LimitedDoor(BankAccountDoor with)
      : door(std::move(with)), posts(door.wall, net::RateLimiter::per(base::minutes(1), door.posts_per_minute)) {}

  BankAccountDoor door;
  net::RateLimiter posts;
};

// The account that was posted, or the fields that are wrong.
base::Result<Checked<BankAccountPosted>> take_account(const BankAccountDoor& door, const net::Request& request) {
  const auto from = request.headers.find("Origin");
  if (!from.empty() && from != door.origin)
    return base::public_error(base::ErrorCode::forbidden, "The form posts to its own origin only.");
  if (!request.headers.find("Content-Type").starts_with("application/json"))
    return base::public_error(base::ErrorCode::bad_request, "The body is not application/json.");
  auto post = json::decode<BankAccountPost>(request.body, kPostOptions);
  // Not the decoder's own words: they may name what was typed.
  if (!post.ok()) {
    const auto code =
        post.error().code() == base::ErrorCode::too_large ? base::ErrorCode::too_large : base::ErrorCode::bad_request;
    return base::Error(code);
  }
  KARV_TRY_VOID(door.desk.check_ticket(post->ticket));
  BankAccountFields fields{.kind = post->kind, .bank_code = {}, .number = std::move(post->number)};
  if (post->bank_code) fields.bank_code = std::move(*post->bank_code);
  const auto account = parse_bank_account(std::move(fields));
  if (!account) return Checked<BankAccountPosted>(std::unexpect, account.error());
  KARV_TRY(auto filled, door.desk.fill_ticket(post->ticket, *account));
  return Checked<BankAccountPosted>(
      BankAccountPosted{.country = std::move(filled.country), .last = std::move(filled.last)});
}

net::Response post_account(LimitedDoor& limited, const net::Request& request) {
  net::Response response;
  const auto asked = limited.posts.ask(net::address_block(request.peer));
  if (const auto wait = (asked.retry_after.ms + 999) / 1000; wait > 0) {
    response = problem_response(base::Error(base::ErrorCode::too_many_requests), request);
    response.headers.add("Retry-After", std::to_string(wait));
  } else {
    const auto posted = take_account(limited.door, request);
    if (!posted.ok())
      response = problem_response(posted.error(), request);
    else if (!posted->has_value())
      response = problem_response(posted->error(), request);
    else
      response = json_response(json::encode(**posted));
  }
  response.close = true;
  return response;
}

}  // namespace

void add_bank_account_routes(net::Router& public_router, BankAccountDoor door) {
  const auto limited = std::make_shared<LimitedDoor>(std::move(door));
  public_router.add(net::Method::post, kBankAccountPath,
                    [limited](const net::Request& request) { return post_account(*limited, request); });
}

void add_bank_desk_routes(net::Router& private_router, BankDesk& desk, const KeyHolder& keys) {
  using namespace vault_api;
  const auto post = [&](std::string_view path, net::Handler handler) {
    private_router.add(net::Method::post, path, std::move(handler));
  };
  post(BankTicketRequest::kPath, tenant_handler<BankTicketRequest>(keys, [&desk](TenantId tenant, const auto& m) {
         return desk.create_ticket(tenant, m);
       }));
  post(BankCollectRequest::kPath, tenant_handler<BankCollectRequest>(keys, [&desk](TenantId tenant, const auto& m) {
         return desk.collect_ticket(tenant, m);
       }));
  post(BankDescribeRequest::kPath, tenant_handler<BankDescribeRequest>(keys, [&desk](TenantId tenant, const auto& m) {
         return desk.describe(tenant, m);
       }));
  post(BankDeleteRequest::kPath, tenant_handler<BankDeleteRequest>(
                                     keys, [&desk](TenantId tenant, const auto& m) { return desk.remove(tenant, m); }));
}

}  // namespace karv::vault
