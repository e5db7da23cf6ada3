#include "apps/server/process.h"

#include <algorithm>
#include <optional>

#include "api/checkout/routes.h"
#include "api/customer/routes.h"
#include "api/errors.h"
#include "api/health.h"
#include "api/merchant/dialect.h"
#include "api/merchant/order_management.h"
#include "api/merchant/payments.h"
#include "api/pages.h"
#include "api/sandbox/routes.h"
#include "api/services.h"
#include "apps/common/server_store.h"
#include "apps/server/mailer.h"
#include "apps/server/server_keys.h"
#include "audit/chain.h"
#include "base/log.h"
#include "jobs/jobs.h"
#include "net/certificate_watch.h"
#include "net/client.h"
#include "net/server.h"
#include "ops/business_clock.h"
#include "scheduler/scheduler.h"
#include "store/migrate.h"
#include "store/open.h"
#include "store/outbox.h"
#include "store/sequencer.h"
#include "vault_api/client.h"

namespace karv::apps::server {
namespace {

using base::Result;

constexpr base::Duration kGrace = base::seconds(10);
constexpr base::Duration kSequencerTick = base::milliseconds(250);
constexpr std::int64_t kSequencerBatch = 500;
// A card network answers in a second or two: 16 charges at once are about a million in a night.
constexpr std::size_t kJobQuestionsAtOnce = 16;

Result<std::unique_ptr<store::Database>> open_database(const Config& config) {
  KARV_TRY(auto database, store::open_database({.address = config.database, .use = store::StoreUse::server}));
  const auto migrations = server_migrations();
  if (config.sandbox) {
    KARV_TRY_VOID(store::migrate(*database, migrations));
  } else {
    KARV_TRY_VOID(store::require_schema(*database, migrations));
  }
  return database;
}

net::Destination vault_destination(const Config::Vault& vault, const Config::Vault::Place& place) {
  net::Destination destination;
  destination.name = std::string(vault_api::kDestination);
  destination.address = place.address;
  destination.place = place.name;
  destination.elsewhere = vault_api::has_done_nothing;
  destination.server_name = vault.server_name;
  destination.ca_file = vault.ca;
  destination.cert_file = vault.cert;
  destination.key_file = vault.key;
  destination.wipe_buffers = true;    // clear subject keys come over it
  destination.max_connections = 160;  // a hundred hanging card calls leave room for others
  return destination;
}

}  // namespace

// Members in the order they are made; they go in the opposite one.
struct Process::Impl {
  explicit Impl(const Config& c) : config(c), workers({.threads = static_cast<int>(c.listen.workers)}) {}

  Result<void> open_stores();
  Result<void> open_keys();
  void make_contexts();
  Result<void> open_channel();
  void make_jobs();
  Result<void> open_door();
  void add_routes();
  Result<base::Instant> advance(const calendar::Period& period);

  Config config;
  base::SystemClock wall;
  base::OffsetClock business{wall};
  base::SystemRandom random;
  std::unique_ptr<store::Database> database;
  net::CertificateWatch certificates{wall};
  net::Loop loop{2};
  net::WorkerPool workers;
  std::unique_ptr<net::Client> client;
  std::optional<ServerKeys> server_keys;
  std::optional<identity::Sealer> sealer;
  std::optional<identity::SealedDatabase> sealed;  // what requests and jobs work on
  base::SecretBytes server_key, outbox_key;
  std::optional<identity::Keys> keys;
  std::optional<orders::Tokens> tokens;
  notify::LiveFeed feed;
  ledger::AccountCache known_accounts;
  std::optional<identity::Context> identity_context;
  std::optional<notify::Context> mail_context;
  std::optional<orders::Context> orders_context;
  std::optional<identity::MerchantAuthenticator> authenticator;
  std::optional<api::merchant::Rates> rates;
  std::optional<api::Services> services;
  std::optional<api::Pages> pages;
  std::unique_ptr<store::News> news;
  std::optional<jobs::Tools> tools;
  std::optional<scheduler::Scheduler> scheduler;
  std::optional<store::Sequencer> sequencer;
  net::Router router;
  std::unique_ptr<net::Server> server;
};

Result<void> Process::Impl::open_stores() {
  KARV_TRY(database, open_database(config));
  if (config.sandbox) {
    KARV_TRY(const auto offset, ops::read_clock_offset(*database));
    business.set_offset(offset);
  }
  KARV_TRY(pages, api::Pages::load(config.pages));
  KARV_TRY(news, store::open_news(config.database, [this](std::string_view text) { feed.hear(text); }));
  feed.share_through([this](std::string_view text) { news->tell(text); });
  return {};
}

Result<void> Process::Impl::open_keys() {
  KARV_TRY(server_key, read_server_key(config.secrets.server_key));
  KARV_TRY(outbox_key, read_outbox_key(config.secrets.outbox_key));
  KARV_TRY(keys, identity::Keys::derive(server_key));
  tokens.emplace(server_key);
  server_keys.emplace(*client);
  // A quarter of the workers may wait for the vault; the others serve what needs no sealed data.
  sealer.emplace(*server_keys, wall, random,
                 identity::SealerOptions{.most_waiting = std::max<std::size_t>(1, config.listen.workers / 4)});
  sealed.emplace(*database, *sealer);
  if (const auto filled = sealer->stock().refill(); !filled.ok())  // its thread goes on asking
    base::log::warn("subject_keys_not_made", {{"detail", filled.error().internal_text()}});
  sealer->stock().start();
  return {};
}

void Process::Impl::make_contexts() {
  identity_context.emplace(identity::Context{*keys, *sealer, wall, business, random});
  mail_context.emplace(notify::Context{outbox_key, wall, random});
  orders_context.emplace(orders::Context{wall, business, random, *sealer, *identity_context, *mail_context, feed,
                                         *tokens, config.public_url, config.sandbox, &known_accounts});
  authenticator.emplace(*keys, wall);
  rates.emplace(wall, api::merchant::Rates::Limits{
                          .session_creations = static_cast<int>(config.merchant_api.session_creations_per_second),
                          .calls = static_cast<int>(config.merchant_api.calls_per_second)});
  services.emplace(api::Services{.database = *sealed,
                                 .orders = *orders_context,
                                 .merchants = *authenticator,
                                 .rates = *rates,
                                 .base_url = config.public_url,
                                 .vault_url = config.vault_url,
                                 .environment = config.sandbox ? "sandbox" : "live",
                                 .sandbox = config.sandbox,
                                 .location_is_a_path = config.merchant_api.location == "path"});
}

Result<void> Process::Impl::open_channel() {
  std::vector<net::Destination> destinations;
  for (const auto& place : config.vault.places) destinations.push_back(vault_destination(config.vault, place));
  KARV_TRY(client, net::Client::create(loop, std::move(destinations)));
  return {};
}

void Process::Impl::make_jobs() {
  const auto ask_vault = [this](net::OutboundRequest request, base::Duration limit) {
    return client->send_blocking(std::move(request), limit);
  };
  tools.emplace(jobs::Tools{*orders_context, {ask_vault, kJobQuestionsAtOnce}, make_mailer(config.mail, wall)});
  scheduler.emplace(*sealed, business, wall, jobs::all_jobs(*tools), scheduler::SchedulerOptions{.threads = 4});
  std::vector<store::Sequencer::Step> steps;
  steps.push_back({"audit_chain", [this] { return audit::chain_waiting(*database, kSequencerBatch); }});
  steps.push_back({"outbox_numbers", [this] {
                     return database->write<std::int64_t>("outbox_numbers", [](store::Tx& tx) {
                       return store::outbox::assign_numbers(tx, kSequencerBatch);
                     });
                   }});
  sequencer.emplace(std::move(steps), kSequencerTick);
}

Result<base::Instant> Process::Impl::advance(const calendar::Period& period) {
  KARV_TRY(const auto now, ops::advance_clock(*database, business, wall, period));
  KARV_TRY(const auto report, scheduler->run_due_now());
  for (const auto& failed : report.failed) base::log::warn("job_failed_after_clock_move", {{"job", failed}});
  return now;
}

void Process::Impl::add_routes() {
  api::merchant::add_payments_routes(router, *services);
  api::merchant::add_order_management_routes(router, *services);
  api::checkout::add_routes(router, *services);
  api::customer::add_routes(router, *services);
  api::add_page_routes(router, *pages, *services);
  api::add_health_route(router, *database);
  if (config.sandbox)
    api::sandbox::add_routes(router, *services, [this](const calendar::Period& period) { return advance(period); });
}

Result<void> Process::Impl::open_door() {
  add_routes();
  net::ServerOptions options;
  options.listen = config.listen.address;
  options.cert_file = config.listen.cert;
  options.key_file = config.listen.key;
  options.error_response = [](const net::Request& request, const base::Error& error) {
    return api::error_response_for(request, error);
  };
  options.on_bug = [](const net::Request& request, std::string_view what) {
    base::log::error("server_bug", {{"correlation_id", request.correlation_id}, {"detail", what}});
  };
  KARV_TRY(server, net::Server::start(loop, workers, client.get(), std::move(options),
                                      [this](net::Request& request) { return router.handle(request); }));
  return {};
}

Result<std::unique_ptr<Process>> Process::start(const Config& config) {
  std::unique_ptr<Process> process(new Process(std::make_unique<Impl>(config)));
  Impl& impl = *process->impl_;
  KARV_TRY_VOID(impl.open_stores());
  KARV_TRY_VOID(impl.open_channel());
  KARV_TRY_VOID(impl.open_keys());
  impl.make_contexts();
  impl.make_jobs();
  KARV_TRY_VOID(impl.open_door());
  const auto& listen = impl.config.listen;
  impl.certificates.add({"door", listen.cert, listen.key, "", [&impl] { return impl.server->reload_certificates(); }});
  const auto& vault = impl.config.vault;
  impl.certificates.add({"line to the vault", vault.cert, vault.key, vault.ca,
                         [&impl] { return impl.client->reload_certificates(std::string(vault_api::kDestination)); }});
  impl.certificates.start();
  impl.sequencer->start();
  // One server at a time serves a file: whatever held a lease on it is dead.
  if (store::is_file(impl.config.database)) KARV_TRY_VOID(impl.scheduler->end_old_leases());
  impl.scheduler->start();
  return process;
}

Process::Process(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Process::~Process() { stop(); }

int Process::port() const { return impl_->server->port(); }

void Process::read_certificates_again() { impl_->certificates.read_at_once(); }

void Process::stop() {
  Impl& impl = *impl_;
  impl.certificates.stop();
  if (impl.server) impl.server->stop(kGrace);
  if (impl.scheduler) impl.scheduler->stop();
  if (impl.sequencer) impl.sequencer->stop();
  if (impl.client) impl.client->stop();
  if (impl.sealer) impl.sealer->stock().stop();
  impl.workers.stop();
  impl.server.reset();
  impl.client.reset();  // on the loop, which ends next; stopping twice is then nothing
  impl.loop.stop();
}

}  // namespace karv::apps::server
