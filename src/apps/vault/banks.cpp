#include "apps/vault/banks.h"

namespace karv::apps::vault {
namespace {

constexpr std::size_t kMaxAnswer = std::size_t{16} * 1024 * 1024;

net::Destination destination_of(const Config::Bank& bank) {
  net::Destination destination;
  destination.name = bank.name;
  destination.address = bank.address;
  destination.server_name = bank.server_name;
  destination.ca_file = bank.ca;
  destination.cert_file = bank.cert;
  destination.key_file = bank.key;
  destination.key_pins = bank.key_pins;
  destination.wipe_buffers = true;
  destination.max_connections = 2;
  destination.max_body = kMaxAnswer;
  return destination;
}

karv::vault::BankStatements::Call caller(net::Client& client) {
  return [&client](net::OutboundRequest request, base::Duration limit) {
    return client.send_blocking(std::move(request), limit);
  };
}

}  // namespace

Banks::Banks(const BankParts& parts, std::vector<std::string> names, std::unique_ptr<net::Client> client)
    : names_(std::move(names)),
      client_(std::move(client)),
      files_(parts.database, parts.keys, parts.wall, parts.random, {names_.begin(), names_.end()}),
      signing_(parts.database, parts.keys, parts.wall, parts.random),
      rendering_(parts.database, parts.keys, parts.accounts, parts.wall, parts.random),
      delivery_(parts.database, rendering_, signing_, caller(*client_), parts.wall),
      statements_(parts.database, parts.keys, caller(*client_), parts.wall, parts.random,
                  {names_.begin(), names_.end()}) {
  files_.on_due([this] { delivery_.wake(); });
}

base::Result<std::unique_ptr<Banks>> Banks::create(net::Loop& loop, const BankParts& parts,
                                                   const std::vector<Config::Bank>& configured) {
  std::vector<net::Destination> destinations;
  std::vector<std::string> names;
  for (const auto& bank : configured) {
    destinations.push_back(destination_of(bank));
    names.push_back(bank.name);
  }
  KARV_TRY(auto client, net::Client::create(loop, std::move(destinations)));
  return std::unique_ptr<Banks>(new Banks(parts, std::move(names), std::move(client)));
}

void Banks::add_routes(net::Router& private_router, const karv::vault::KeyHolder& keys) {
  karv::vault::add_bank_file_routes(
      private_router,
      {.files = files_, .statements = statements_, .signing = signing_, .keys = keys, .destinations = names_});
}

base::Result<void> Banks::start(bool alone) {
  // Beside others nobody knows whose file is under way: what was interrupted is found when its sending must be over.
  if (alone) KARV_TRY_VOID(delivery_.recover());
  delivery_.start();
  return {};
}

void Banks::stop() {
  client_->stop();  // what is under way ends, and is asked for by the next process
  delivery_.stop();
}

}  // namespace karv::apps::vault
