#include "apps/vault/process.h"

#include <algorithm>
#include <optional>

#include "apps/vault/banks.h"
#include "apps/vault/chores.h"
#include "audit/chain.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/files.h"
#include "crypto/hsm.h"
#include "net/certificate_watch.h"
#include "net/loop.h"
#include "net/server.h"
#include "net/worker_pool.h"
#include "store/migrate.h"
#include "store/open.h"
#include "store/sequencer.h"
#include "vault/bank/account_door.h"
#include "vault/doors/admin_door.h"
#include "vault/doors/batch_door.h"
#include "vault/doors/private_door.h"
#include "vault/doors/problem.h"
#include "vault/doors/public_door.h"
#include "vault/doors/report_door.h"
#include "vault/doors/script_door.h"
#include "vault/erasure/erasure_door.h"
#include "vault/network/card_line.h"
#include "vault/operations/settlement.h"
#include "vault/processes/process_register.h"
#include "vault/retention/sweep.h"
#include "vault/reveal/reveal_routes.h"
#include "vault/reveal/staff_door.h"
#include "vault/rotation/key_keeper.h"
#include "vault/schema.h"
#include "vault/server_keys/server_keys_door.h"

namespace karv::apps::vault {
namespace {

namespace kv = karv::vault;

// Card entry never waits behind card operations: each door has its own workers. Those of the private door may wait for
// the card network, so there are as many as there may be card operations at once.
constexpr int kPublicWorkers = 4;
constexpr int kPrivateWorkers = 160;
constexpr base::Duration kGrace = base::seconds(10);
constexpr int kRetentionSeconds = 600;
constexpr int kErasureSeconds = 5;  // other processes' erasures come into this one's journal
constexpr int kServerKeySeconds = 300;
constexpr int kNetworkKeySeconds = 10;  // a successor is in use two minutes after it was made
constexpr base::Duration kSequencerTick = base::milliseconds(250);
constexpr int kAdminWorkers = 2;
constexpr int kStaffWorkers = 2;
constexpr int kSandboxStaffPosts = 100'000;                  // tests all come from one address
constexpr std::size_t kAdminBody = std::size_t{512} * 1024;  // a chunk of a card file, or the digests of all

base::Result<std::unique_ptr<store::Database>> open_database(const Config& config) {
  KARV_TRY(auto database, store::open_database({.address = config.database, .use = store::StoreUse::server}));
  const auto migrations = store::all_migrations({store::migrations(), audit::migrations(), kv::migrations()});
  if (config.mode == Mode::sandbox) {
    KARV_TRY_VOID(store::migrate(*database, migrations));
  } else {
    KARV_TRY_VOID(store::require_schema(*database, migrations));
  }
  return database;
}

crypto::HsmSettings hsm_settings(const Config::Hsm& config, base::SecretBytes pin) {
  return {.module_path = config.module, .token_label = config.token_label, .pin = std::move(pin)};
}

base::Result<std::shared_ptr<crypto::Hsm>> open_hsm(const Config::Hsm& config, base::SecretBytes pin) {
  KARV_TRY(auto hsm, crypto::Hsm::open(hsm_settings(config, std::move(pin))));
  return std::shared_ptr<crypto::Hsm>(std::move(hsm));
}

net::ServerOptions door_options() {
  net::ServerOptions options;
  options.wipe_buffers = true;
  options.limits.max_body = std::size_t{64} * 1024;
  options.error_response = [](const net::Request& request, const base::Error& error) {
    return kv::problem_response(error, request);
  };
  options.on_bug = [](const net::Request& request, std::string_view what) {
    base::log::error("vault_bug", {{"correlation_id", request.correlation_id}, {"detail", what}});
  };
  return options;
}

// The name that passkeys are bound to: the host of an https origin.
std::string host_of(std::string_view origin) {
  const auto host = origin.substr(std::min(origin.size(), std::string_view("https://").size()));
  return std::string(host.substr(0, host.find_first_of(":/")));
}

// karv-server holds no card, so it cannot be the one that sends any.
base::Result<void> check_peers(const Config& config, const kv::KeySettings& settings) {
  for (const auto& peer : config.private_door.tokenize_peers)
    if (std::ranges::find(settings.tenants, peer) != settings.tenants.end())
      return base::internal_error(base::ErrorCode::bad_value,
                                  "[private] tokenize_peers names " + peer + ", which never has card numbers");
  return {};
}

}  // namespace

// Members in the order they are made; they go in the opposite one.
struct Process::Impl {
  explicit Impl(const Config& c)
      : config(c),
        public_workers({.threads = kPublicWorkers, .max_queue = 256, .wipe_stack = true}),
        private_workers({.threads = kPrivateWorkers, .max_queue = 1024, .wipe_stack = true}),
        admin_workers({.threads = kAdminWorkers, .max_queue = 32, .wipe_stack = true}),
        staff_workers({.threads = kStaffWorkers, .max_queue = 64, .wipe_stack = true}) {}

  base::Result<void> open_stores();
  void start_chores();
  base::Result<void> unseal_from_file();
  void make_parts();
  void make_reveal();
  base::Result<void> open_line();
  base::Result<bool> is_alone();
  base::Result<void> open_banks();
  base::Result<void> open_doors();
  base::Result<void> open_admin_door();
  base::Result<void> open_staff_door();
  void watch_certificates();

  Config config;
  base::SystemClock wall;
  base::SystemRandom random;
  std::unique_ptr<store::Database> database;
  std::optional<kv::KeyHolder> keys;
  std::optional<kv::CardStore> cards;
  std::optional<kv::BankStore> accounts;
  std::optional<kv::Eraser> eraser;
  std::optional<kv::ServerKeys> server_keys;
  std::optional<kv::ScriptInventory> inventory;
  std::optional<kv::FramePages> pages;
  std::optional<kv::PageWatch> page_watch;
  std::optional<kv::TestCards> test_cards;
  kv::SecurityCodes codes;
  net::CertificateWatch certificates{wall};
  net::Loop loop{2};
  net::WorkerPool public_workers;
  net::WorkerPool private_workers;
  net::WorkerPool admin_workers;
  net::WorkerPool staff_workers;
  std::optional<kv::CardNetwork> network;
  std::optional<kv::TraceNumbers> numbers;
  std::optional<kv::NetworkKeys> network_keys;
  std::optional<kv::ProcessRegister> process_register;
  std::optional<kv::Settlement> settlement;
  std::optional<kv::Refusals> refusals;
  std::optional<kv::CardEndings> card_endings;
  std::optional<kv::CardDesk> desk;
  std::optional<kv::BankDesk> bank_desk;
  std::optional<kv::Operations> operations;
  std::unique_ptr<Banks> banks;
  std::optional<kv::PrivateDoor> private_door;
  std::optional<kv::CardBatch> batch;
  std::optional<kv::BatchDoor> batch_door;
  std::optional<kv::KeyRotation> rotation;
  std::optional<kv::KeyKeeper> keeper;
  std::optional<kv::CustodyDesk> custody;
  std::optional<kv::CustodyExchange> exchange;
  std::optional<kv::KeyEndings> endings;
  std::optional<kv::CardImport> imports;
  std::optional<kv::AdminDoor> admin_door;
  std::optional<kv::FramePages> staff_pages;
  std::optional<kv::StaffGate> gate;
  std::optional<kv::StaffDesk> staff;
  std::optional<kv::RevealDesk> reveal;
  std::optional<store::Sequencer> sequencer;
  std::optional<kv::RetentionSweep> retention;
  std::optional<Chores> code_sweeper;
  std::optional<Chores> chores;
  net::Router public_router;
  net::Router private_router;
  net::Router admin_router;
  net::Router staff_router;
  std::unique_ptr<net::Server> public_server;
  std::unique_ptr<net::Server> private_server;
  std::unique_ptr<net::Server> admin_server;
  std::unique_ptr<net::Server> staff_server;
};

// In sandbox mode. Otherwise the module's code is mapped now: once everything is open, nothing more may be.
base::Result<void> Process::Impl::unseal_from_file() {
  if (config.hsm.pin_file.empty()) return crypto::load_hsm_module(config.hsm.module);
  KARV_TRY(auto pin, crypto::read_secret_line(config.hsm.pin_file));
  KARV_TRY(auto hsm, open_hsm(config.hsm, std::move(pin)));
  // A key or a journal that is not what it was: the vault serves, sealed, so that operators and its server learn why.
  auto opened = keys->unseal(std::move(hsm));
  const bool told = opened.ok() || opened.error().reason() == "KEY_ALTERED" ||
                    opened.error().reason().starts_with("ERASURE_JOURNAL_");
  return told ? base::Result<void>() : opened;
}

base::Result<void> Process::Impl::open_stores() {
  KARV_TRY(database, open_database(config));
  keys.emplace(*database, wall, random,
               kv::KeySettings{.hsm_prefix = config.hsm.key_prefix, .process = config.process});
  KARV_TRY_VOID(check_peers(config, keys->settings()));
  cards.emplace(*database, *keys, wall, random);
  accounts.emplace(*database, *keys, wall, random);
  eraser.emplace(*database, *keys, wall, random,
                 kv::EraserSettings{.journal = config.erasure.journal,
                                    .refund_window = base::days(config.erasure.refund_window_days)});
  server_keys.emplace(*database, *keys, wall, random,
                      kv::ServerKeySettings{.most_hourly = config.private_door.most_server_keys_hourly});
  keys->on_unseal([this](crypto::Hsm& hsm, const kv::KeyRing& ring) { return eraser->open(hsm, ring); });
  KARV_TRY_VOID(unseal_from_file());
  KARV_TRY(inventory, kv::ScriptInventory::load(config.public_door.pages + "/scripts.json"));
  KARV_TRY(pages, kv::FramePages::load(config.public_door.pages, *inventory));
  if (!config.staff_door.listen.empty()) {
    KARV_TRY(staff_pages, kv::FramePages::load(config.staff_door.pages, *inventory, kv::kStaffPage));
  }
  if (config.mode == Mode::sandbox) {
    KARV_TRY(test_cards, kv::TestCards::load(config.test_cards));
  }
  return {};
}

void Process::Impl::make_parts() {
  const base::Duration limit{config.network.answer_limit_ms};
  network.emplace(wall, kv::CardNetworkSettings{});
  numbers.emplace(*database);
  network_keys.emplace(*database, *network, *keys, *numbers, wall, random,
                       base::from_base64url(config.network.cryptograms_for).value_or(base::Bytes()));
  settlement.emplace(*database, *cards, *network, *numbers, wall,
                     kv::SettlementSettings{.acquirer = {}, .answer_limit = limit});
  refusals.emplace(*database, wall, random);
  card_endings.emplace(*database, *keys, *refusals);
  desk.emplace(*database, *keys, *cards, codes, *refusals, wall, random,
               kv::CardDeskSettings{.public_url = config.public_door.url,
                                    .most_payout_minor = config.network.most_payout_minor});
  bank_desk.emplace(*database, *keys, *accounts, wall, random, config.public_door.url);
  operations.emplace(*database, *keys, *cards, codes, *network, *network_keys, *refusals, *numbers, wall, random,
                     kv::OperationSettings{.acquirer = {}, .answer_limit = limit});
  operations->on_open([this] { settlement->wake(); });
  network->on_signed_on([this] { settlement->wake(); });
  network->on_unexpected([this](const kv::NetworkAnswer& answer) { settlement->handle_unexpected(answer); });
  private_door.emplace(kv::PrivateDoor{.desk = *desk,
                                       .operations = *operations,
                                       .refusals = *refusals,
                                       .endings = *card_endings,
                                       .network = *network,
                                       .keys = *keys,
                                       .database = *database,
                                       .wall = wall,
                                       .test_cards = std::move(test_cards)});
  batch.emplace(*database, *keys, *cards, wall, random);
  batch_door.emplace(
      kv::BatchDoor{.batch = *batch, .keys = *keys, .tokenize_peers = config.private_door.tokenize_peers});
  rotation.emplace(*database, *keys, *cards, *accounts, wall, random);
  keeper.emplace(*keys, *rotation);
  custody.emplace(*database, *keys, wall, random,
                  kv::HsmHands{.open = [this](base::SecretBytes pin) { return open_hsm(config.hsm, std::move(pin)); },
                               .change_pin =
                                   [this](const base::SecretBytes& former, const base::SecretBytes& now) {
                                     return crypto::change_pin(hsm_settings(config.hsm, former.clone()), now);
                                   }});
  exchange.emplace(*database, *custody, wall, random);
  endings.emplace(*custody, *rotation, wall);
  imports.emplace(*database, *keys, *batch, *custody, wall, random);
  admin_door.emplace(kv::AdminDoor{.custody = *custody,
                                   .exchange = *exchange,
                                   .endings = *endings,
                                   .keys = *keys,
                                   .rotation = *rotation,
                                   .keeper = *keeper,
                                   .database = *database,
                                   .imports = &*imports,
                                   .certificates = &certificates});
  std::vector<store::Sequencer::Step> steps;
  steps.push_back({"audit_chain", [this] { return audit::chain_waiting(*database); }});
  sequencer.emplace(std::move(steps), kSequencerTick);
  sequencer->start();
  page_watch.emplace(*database, *inventory, wall);
  start_chores();
  if (!store::is_file(config.database)) process_register.emplace(*database, *keys, *network, wall, random);
}

// Codes are wiped on a thread of their own: no database may keep them waiting.
void Process::Impl::start_chores() {
  code_sweeper.emplace(std::vector<Chore>{{.name = "wipe_old_secrets", .every_seconds = 1, .work = [this] {
                                             codes.sweep(wall.now());
                                             custody->forget_old_shares();
                                             exchange->forget_old_shares();
                                             return base::Result<void>();
                                           }}});
  retention.emplace(*database, wall);
  chores.emplace(std::vector<Chore>{
      {.name = "follow_erasures", .every_seconds = kErasureSeconds, .work = [this] { return eraser->catch_up(); }},
      {.name = "hand_over_network_keys",
       .every_seconds = kNetworkKeySeconds,
       .work = [this] { return network_keys->hand_over(); }},
      {.name = "look_after_server_keys",
       .every_seconds = kServerKeySeconds,
       .work = [this] { return server_keys->look_after(); }},
      {.name = "remove_old", .every_seconds = kRetentionSeconds, .work = [this] { return retention->run(); }}});
}

void Process::Impl::make_reveal() {
  const auto& url = config.staff_door.url;
  gate.emplace(*database, factors::RelyingParty{.id = host_of(url), .origin = url}, wall, random);
  staff.emplace(*database, *gate, *custody, wall, random, url, config.mode == Mode::sandbox);
  reveal.emplace(*database, *keys, *cards, *gate, wall, random);
}

base::Result<void> Process::Impl::open_line() {
  // One vault at a time serves a file: whatever was under way in it lost its process.
  if (store::is_file(config.database)) KARV_TRY_VOID(settlement->recover());
  const auto& n = config.network;
  net::Destination destination;
  destination.name = "card_network";
  destination.address = n.address;
  destination.server_name = n.server_name;
  destination.ca_file = n.ca;
  destination.cert_file = n.cert;
  destination.key_file = n.key;
  destination.wipe_buffers = true;
  base::Result<void> opened;
  network->start([&](kv::CardLineEvents events) -> std::unique_ptr<kv::CardLine> {
    auto line = kv::open_card_line(loop, destination, std::move(events));
    if (line.ok()) return std::move(line).value();
    opened = std::move(line).error();
    return nullptr;
  });
  KARV_TRY_VOID(opened);
  settlement->start();
  return {};
}

// Whether no other process serves the database now. One of this name that was killed is nobody.
base::Result<bool> Process::Impl::is_alone() {
  if (store::is_file(config.database)) return true;
  KARV_TRY(const auto processes, kv::list_processes(*database, wall.now()));
  return std::ranges::none_of(processes, [&](const auto& one) { return one.here && one.name != config.process; });
}

base::Result<void> Process::Impl::open_banks() {
  KARV_TRY(
      banks,
      Banks::create(loop, {.database = *database, .keys = *keys, .accounts = *accounts, .wall = wall, .random = random},
                    config.banks));
  KARV_TRY(const bool alone, is_alone());
  return banks->start(alone);
}

base::Result<void> Process::Impl::open_doors() {
  public_router =
      kv::public_routes({.desk = *desk,
                         .pages = *pages,
                         .wall = wall,
                         .origin = config.public_door.url,
                         .limits = {.posts_per_minute = static_cast<int>(config.public_door.posts_per_minute),
                                    .pages_per_minute = static_cast<int>(config.public_door.pages_per_minute)}});
  const auto posts = static_cast<int>(config.public_door.posts_per_minute);
  kv::add_report_routes(public_router, {.watch = *page_watch, .wall = wall, .limits = {.posts_per_minute = 2 * posts}});
  kv::add_bank_account_routes(
      public_router, {.desk = *bank_desk, .wall = wall, .origin = config.public_door.url, .posts_per_minute = posts});
  auto options = door_options();
  options.listen = config.public_door.listen;
  options.cert_file = config.public_door.cert;
  options.key_file = config.public_door.key;
  options.limits.max_body = kv::kMaxReportPost;  // a card's post is held to less where it is read
  KARV_TRY(public_server, net::Server::start(loop, public_workers, nullptr, options,
                                             [this](net::Request& request) { return public_router.handle(request); }));
  private_router = kv::private_routes(*private_door);
  kv::add_script_route(private_router, *page_watch, *keys);
  kv::add_bank_desk_routes(private_router, *bank_desk, *keys);
  kv::add_erasure_routes(private_router, *eraser, *keys);
  kv::add_reveal_routes(private_router, *reveal, *keys);
  kv::add_server_key_routes(private_router, *server_keys, *keys);
  kv::add_batch_routes(private_router, *batch_door);
  banks->add_routes(private_router, *keys);
  options = door_options();
  options.listen = config.private_door.listen;
  options.cert_file = config.private_door.cert;
  options.key_file = config.private_door.key;
  options.client_ca_file = config.private_door.client_ca;
  options.socket_group = config.private_door.socket_group;
  options.allowed_peer_uids.assign(config.private_door.peer_uids.begin(), config.private_door.peer_uids.end());
  options.hsts = false;
  KARV_TRY(private_server, net::Server::start(loop, private_workers, nullptr, options, [this](net::Request& request) {
             return private_router.handle(request);
           }));
  return {};
}

base::Result<void> Process::Impl::open_admin_door() {
  const auto& admin = config.admin_door;
  if (admin.listen.empty()) return {};
  admin_router = kv::admin_routes(*admin_door);
  kv::add_proof_keys_route(admin_router, *eraser);
  kv::add_staff_routes(admin_router, *staff);
  auto options = door_options();
  options.listen = admin.listen;
  options.limits.max_body = kAdminBody;
  options.cert_file = admin.cert;
  options.key_file = admin.key;
  options.client_ca_file = admin.client_ca;
  options.socket_group = admin.socket_group;
  options.allowed_peer_uids.assign(admin.peer_uids.begin(), admin.peer_uids.end());
  options.hsts = false;
  KARV_TRY(admin_server, net::Server::start(loop, admin_workers, nullptr, options,
                                            [this](net::Request& request) { return admin_router.handle(request); }));
  return {};
}

base::Result<void> Process::Impl::open_staff_door() {
  const auto& door = config.staff_door;
  if (door.listen.empty()) return {};
  kv::StaffDoor with{.staff = *staff, .reveal = *reveal, .pages = *staff_pages, .wall = wall, .origin = door.url};
  if (config.mode == Mode::sandbox) with.posts_per_minute = kSandboxStaffPosts;
  staff_router = kv::staff_routes(std::move(with));
  auto options = door_options();
  options.listen = door.listen;
  options.cert_file = door.cert;
  options.key_file = door.key;
  options.client_ca_file = door.client_ca;
  KARV_TRY(staff_server, net::Server::start(loop, staff_workers, nullptr, options,
                                            [this](net::Request& request) { return staff_router.handle(request); }));
  return {};
}

void Process::Impl::watch_certificates() {
  const auto reload_of = [](net::Server& server) { return [&server] { return server.reload_certificates(); }; };
  const auto& c = config;
  certificates.add({"public door", c.public_door.cert, c.public_door.key, "", reload_of(*public_server)});
  certificates.add(
      {"private door", c.private_door.cert, c.private_door.key, c.private_door.client_ca, reload_of(*private_server)});
  if (admin_server)
    certificates.add(
        {"admin door", c.admin_door.cert, c.admin_door.key, c.admin_door.client_ca, reload_of(*admin_server)});
  certificates.add(
      {"card network", c.network.cert, c.network.key, c.network.ca, [this] { return network->reload_certificates(); }});
  for (const auto& bank : c.banks)
    certificates.add({"bank " + bank.name, bank.cert, bank.key, bank.ca,
                      [this, name = bank.name] { return banks->reload_certificates(name); }});
  if (staff_server)
    certificates.add(
        {"staff door", c.staff_door.cert, c.staff_door.key, c.staff_door.client_ca, reload_of(*staff_server)});
  certificates.start();
}

base::Result<std::unique_ptr<Process>> Process::start(const Config& config) {
  std::unique_ptr<Process> process(new Process(std::make_unique<Impl>(config)));
  Impl& impl = *process->impl_;
  KARV_TRY_VOID(impl.open_stores());
  impl.make_parts();
  impl.make_reveal();
  KARV_TRY_VOID(impl.open_line());
  KARV_TRY_VOID(impl.open_banks());
  KARV_TRY_VOID(impl.open_doors());
  KARV_TRY_VOID(impl.open_admin_door());
  KARV_TRY_VOID(impl.open_staff_door());
  impl.watch_certificates();
  if (impl.process_register) impl.process_register->start();
  return process;
}

Process::Process(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Process::~Process() { stop(); }

Ports Process::ports() const {
  return {.public_port = impl_->public_server->port(), .private_port = impl_->private_server->port()};
}

void Process::read_certificates_again() { impl_->certificates.read_at_once(); }

void Process::stop() {
  Impl& impl = *impl_;
  impl.certificates.stop();
  if (impl.public_server) impl.public_server->stop(kGrace);
  if (impl.private_server) impl.private_server->stop(kGrace);
  if (impl.admin_server) impl.admin_server->stop(kGrace);
  if (impl.staff_server) impl.staff_server->stop(kGrace);
  if (impl.banks) impl.banks->stop();
  if (impl.settlement) impl.settlement->stop();
  if (impl.network) impl.network->stop();
  impl.public_workers.stop();
  impl.private_workers.stop();
  impl.admin_workers.stop();
  impl.staff_workers.stop();
  if (impl.sequencer) impl.sequencer->stop();
  impl.chores.reset();
  impl.code_sweeper.reset();
  impl.process_register.reset();
  impl.keeper.reset();
  impl.public_server.reset();
  impl.private_server.reset();
  impl.banks.reset();  // its client ends while the loop still runs
  impl.admin_server.reset();
  impl.staff_server.reset();
  impl.loop.stop();
}

}  // namespace karv::apps::vault
