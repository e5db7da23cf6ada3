#include "vault/doors/public_door.h"

#include <memory>
#include <utility>

#include <boost/describe/class.hpp>

#include "json/decode.h"
#include "json/encode.h"
#include "net/limiter.h"
#include "vault/doors/problem.h"
#include "vault/pages/frame_policy.h"

namespace karv::vault {
namespace {

struct CardPost {
  std::string ticket;
  base::SecretBytes number;
  std::int32_t expiry_month = 0;
  std::int32_t expiry_year = 0;
  base::SecretBytes code;
  base::SecretBytes name;
};
BOOST_DESCRIBE_STRUCT(CardPost, (), (ticket, number, expiry_month, expiry_year, code, name))

struct CardPosted {
  std::string brand;
  std::string last4;
  std::string expiry;
};
BOOST_DESCRIBE_STRUCT(CardPosted, (), (brand, last4, expiry))

constexpr json::Options kCardPostOptions{.max_bytes = kMaxCardPost,
                                         .max_depth = 2,
                                         .unknown_members = json::UnknownMembers::refuse,
                                         .integers_as_text = false};

// The door with its counters; the routes share it.
struct LimitedDoor {
  explicit LimitedDoor(PublicDoor with)
      : door(std::move(with)),
        posts(door.wall, net::RateLimiter::per(base::minutes(1), door.limits.posts_per_minute)),
        pages(door.wall, net::RateLimiter::per(base::minutes(1), door.limits.pages_per_minute)) {}

  PublicDoor door;
  net::RateLimiter posts, pages;
};

// How many seconds the client has to wait; 0 when it need not.
std::int64_t wait_seconds(net::RateLimiter& limiter, const net::Request& request) {
  return (limiter.ask(net::address_block(request.peer)).retry_after.ms + 999) / 1000;
}

// A sentence for whoever looks into the frame; the sentence is ours, from the catalog of refusals.
net::Response sentence_page(const base::Error& error) {
  return {.status = error.http_status(),
          .headers = sentence_headers(),
          .body = "<!doctype html><html lang=\"en\"><title>Card details</title><p>" + error.public_text() + "</p>"};
}

net::Response show_form(LimitedDoor& limited, const net::Request& request) {
  if (const auto wait = wait_seconds(limited.pages, request); wait > 0) {
    auto response = sentence_page(base::Error(base::ErrorCode::too_many_requests));
    response.headers.add("Retry-After", std::to_string(wait));
    return response;
  }
  const auto facts = limited.door.desk.find_frame(request.query_parameter("ticket").value_or(""));
  if (!facts.ok()) return sentence_page(facts.error());
  const auto& door = limited.door;
  return {.status = 200,
          .headers = form_headers({.origin = door.origin,
                                   .frame_ancestors = facts->frame_ancestors,
                                   .script_hashes = door.pages.script_hashes()}),
          .body = door.pages.page_for(facts->parent_origin)};
}

net::Response show_asset(const FramePages& pages, const net::Request& request) {
  const Asset* const asset = pages.find_asset(request.parameter("name"));
  if (asset == nullptr) return problem_response(base::Error(base::ErrorCode::not_found), request);
  return {.status = 200, .headers = asset_headers(asset->content_type), .body = asset->body};
}

// The card that was posted, or the fields that are wrong.
base::Result<Checked<CardPosted>> take_card(const PublicDoor& door, const net::Request& request) {
  const auto from = request.headers.find("Origin");
  if (!from.empty() && from != door.origin)
    return base::public_error(base::ErrorCode::forbidden, "The card form posts to its own origin only.");
  if (!request.headers.find("Content-Type").starts_with("application/json"))
    return base::public_error(base::ErrorCode::bad_request, "The body is not application/json.");
  auto post = json::decode<CardPost>(request.body, kCardPostOptions);
  // Not the decoder's own words: they may name what was typed.
  if (!post.ok()) {
    const auto code =
        post.error().code() == base::ErrorCode::too_large ? base::ErrorCode::too_large : base::ErrorCode::bad_request;
    return base::Error(code);
  }
  KARV_TRY_VOID(door.desk.check_ticket(post->ticket));
  auto typed = parse_card({.number = std::move(post->number),
                           .expiry_month = post->expiry_month,
                           .expiry_year = post->expiry_year,
                           .code = std::move(post->code),
                           .name = std::move(post->name)},
                          door.wall.now());
  if (!typed) return Checked<CardPosted>(std::unexpect, std::move(typed).error());
  KARV_TRY(const auto filled, door.desk.fill_ticket(post->ticket, *std::move(typed)));
  return Checked<CardPosted>(
      CardPosted{.brand = filled.brand, .last4 = filled.last4, .expiry = expiry_text(filled.expiry)});
}

net::Response post_card(LimitedDoor& limited, const net::Request& request) {
  net::Response response;
  if (const auto wait = wait_seconds(limited.posts, request); wait > 0) {
    response = problem_response(base::Error(base::ErrorCode::too_many_requests), request);
    response.headers.add("Retry-After", std::to_string(wait));
  } else {
    const auto posted = take_card(limited.door, request);
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

net::Router public_routes(PublicDoor door) {
  const auto limited = std::make_shared<LimitedDoor>(std::move(door));
  net::Router router;
  router.add(net::Method::get, "/frame/v1/card",
             [limited](const net::Request& request) { return show_form(*limited, request); });
  router.add(net::Method::get, "/frame/v1/assets/*name",
             [limited](const net::Request& request) { return show_asset(limited->door.pages, request); });
  router.add(net::Method::post, "/frame/v1/card",
             [limited](const net::Request& request) { return post_card(*limited, request); });
  router.add(net::Method::get, "/health", [limited](const net::Request& request) -> net::Reply {
    const auto open = limited->door.desk.check_open();
    return open.ok() ? json_response(R"({"status":"ok"})") : problem_response(open.error(), request);
  });
  router.set_fallback("/", [](const net::Request& request, const std::vector<net::Method>&) {
    return problem_response(base::Error(base::ErrorCode::not_found), request);
  });
  return router;
}

}  // namespace karv::vault
