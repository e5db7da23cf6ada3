#include "apps/cli/vault/admin_line.h"

#include "apps/common/section.h"

namespace karv::apps::cli::vault {
namespace {

constexpr base::Duration kLimit = base::seconds(30);

base::Result<net::Destination> destination_from(const toml::table& root) {
  net::Destination out;
  out.name = std::string(vault_api::kDestination);
  out.wipe_buffers = true;
  KARV_TRY_VOID(Section(root, "")
                    .text("address", out.address)
                    .text("server_name", out.server_name)
                    .text("ca", out.ca_file)
                    .text("cert", out.cert_file)
                    .text("key", out.key_file)
                    .end());
  return out;
}

}  // namespace

base::Result<std::unique_ptr<AdminLine>> AdminLine::open(const std::string& operator_file) {
  KARV_TRY(auto destination, read_toml<net::Destination>(operator_file, destination_from));
  std::unique_ptr<AdminLine> line(new AdminLine);
  KARV_TRY(line->client_, net::Client::create(line->loop_, {std::move(destination)}));
  return line;
}

base::Result<std::string> AdminLine::send(net::Method method, const std::string& path, std::string body) {
  net::OutboundRequest request{.destination = std::string(vault_api::kDestination),
                               .method = method,
                               .path = path,
                               .headers = {{"Content-Type", "application/json"}},
                               .body = std::move(body)};
  const auto outcome = client_->send_blocking(std::move(request), kLimit);
  KARV_TRY(const auto answer, vault_api::detail::body_of(outcome));
  return std::string(answer);
}

}  // namespace karv::apps::cli::vault
