#include "vault/reveal/staff_door.h"

#include <memory>

#include "json/decode.h"
#include "json/encode.h"
#include "net/limiter.h"
#include "vault/doors/problem.h"
#include "vault/pages/frame_policy.h"

namespace karv::vault {
namespace {

using base::ErrorCode;
using base::public_error;
using base::Result;

struct Link {
  std::string link;
};
BOOST_DESCRIBE_STRUCT(Link, (), (link))
struct NewPasskey {
  std::string link;
  std::string client_data;  // base64url
  std::string attestation;
};
BOOST_DESCRIBE_STRUCT(NewPasskey, (), (link, client_data, attestation))
struct Now {
  std::int64_t now = 0;
};
BOOST_DESCRIBE_STRUCT(Now, (), (now))

// The door with its counter; the routes share it.
struct LimitedDoor {
  explicit LimitedDoor(StaffDoor with)
      : door(std::move(with)), posts(door.wall, net::RateLimiter::per(base::minutes(1), door.posts_per_minute)) {}
  StaffDoor door;
  net::RateLimiter posts;
};

Result<void> check_post(LimitedDoor& limited, const net::Request& request) {
  if (!limited.posts.admit(net::address_block(request.peer))) return base::Error(ErrorCode::too_many_requests);
  if (request.headers.find("Origin") != limited.door.origin)
    return public_error(ErrorCode::forbidden, "The staff page posts to its own origin only.");
  if (!request.headers.find("Content-Type").starts_with("application/json"))
    return public_error(ErrorCode::bad_request, "The body is not application/json.");
  return {};
}

net::Response response_of(const Result<ShownCard>& shown, const net::Request& request) {
  if (!shown.ok()) return problem_response(shown.error(), request);
  const auto body = json::encode_secret(shown.value());
  auto response = json_response(std::string(body.expose_text()));
  response.close = true;  // nothing of it lingers
  return response;
}
template <class Answer>
net::Response response_of(const Result<Answer>& answer, const net::Request& request) {
  if (!answer.ok()) return problem_response(answer.error(), request);
  return json_response(json::encode(answer.value()));
}

template <class Message, class Work>
net::Handler post_of(const std::shared_ptr<LimitedDoor>& limited, Work work) {
  return [limited, work = std::move(work)](const net::Request& request) -> net::Reply {
    if (const auto allowed = check_post(*limited, request); !allowed.ok())
      return problem_response(allowed.error(), request);
    const auto message = json::decode<Message>(request.body, json::kOwnChannel);
    if (!message.ok()) return problem_response(message.error(), request);
    return response_of(work(limited->door, message.value()), request);
  };
}

Result<Enrolled> enrol(StaffDoor& door, const NewPasskey& post) {
  const auto client_data = base::from_base64url(post.client_data);
  const auto attestation = base::from_base64url(post.attestation);
  if (!client_data || !attestation)
    return public_error(ErrorCode::forbidden, "The passkey was not accepted.", "PASSKEY_REFUSED");
  return door.staff.enrol(post.link, {.client_data = *client_data, .attestation = *attestation});
}

void add_pages(net::Router& router, const std::shared_ptr<LimitedDoor>& limited) {
  router.add(net::Method::get, "/staff/v1", [limited](const net::Request&) -> net::Reply {
    const auto& pages = limited->door.pages;
    return net::Response{.status = 200, .headers = staff_page_headers(pages.script_hashes()), .body = pages.page()};
  });
  router.add(net::Method::get, "/staff/v1/assets/*name", [limited](const net::Request& request) -> net::Reply {
    const Asset* const asset = limited->door.pages.find_asset(request.parameter("name"));
    if (asset == nullptr) return problem_response(base::Error(ErrorCode::not_found), request);
    return net::Response{.status = 200, .headers = asset_headers(asset->content_type), .body = asset->body};
  });
  router.add(net::Method::get, "/staff/v1/now", [limited](const net::Request&) -> net::Reply {
    return json_response(json::encode(Now{.now = limited->door.wall.now().ms}));
  });
}

}  // namespace

net::Router staff_routes(StaffDoor with) {
  const auto limited = std::make_shared<LimitedDoor>(std::move(with));
  net::Router router;
  add_pages(router, limited);
  const auto post = [&]<class Message>(std::string_view path, auto work) {
    router.add(net::Method::post, path, post_of<Message>(limited, std::move(work)));
  };
  post.template operator()<Link>("/staff/v1/enrolments/find", [](StaffDoor& door, const Link& message) {
    return door.staff.find_enrolment(message.link);
  });
  post.template operator()<NewPasskey>("/staff/v1/enrolments", enrol);
  post.template operator()<SignedWords>("/staff/v1/requests",
                                        [](StaffDoor& door, const SignedWords& from) { return door.reveal.ask(from); });
  post.template operator()<SignedWords>(
      "/staff/v1/list", [](StaffDoor& door, const SignedWords& from) { return door.reveal.list(from); });
  post.template operator()<SignedWords>(
      "/staff/v1/approvals", [](StaffDoor& door, const SignedWords& from) { return door.reveal.approve(from); });
  post.template operator()<SignedWords>(
      "/staff/v1/refusals", [](StaffDoor& door, const SignedWords& from) { return door.reveal.refuse(from); });
  post.template operator()<SignedWords>(
      "/staff/v1/looks", [](StaffDoor& door, const SignedWords& from) { return door.reveal.look(from); });
  router.set_fallback("/", [](const net::Request& request, const std::vector<net::Method>&) {
    return problem_response(base::Error(ErrorCode::not_found), request);
  });
  return router;
}

}  // namespace karv::vault
