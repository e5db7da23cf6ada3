#include "apps/cli/dev/installation.h"

#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <toml++/toml.h>
#include <unistd.h>

#include "apps/cli/dev/configuration.h"
#include "apps/cli/dev/toml_text.h"
#include "apps/cli/server_store.h"
#include "base/random.h"
#include "crypto/files.h"
#include "crypto/hsm.h"
#include "json/writer.h"
#include "store/open.h"

namespace karv::apps::cli::dev {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::Result;

constexpr const char* kMark = "karv-dev";  // this folder is ours to empty

base::Error cannot(std::string what) { return base::internal_error(ErrorCode::unavailable, std::move(what)); }

// Empties the folder but for the lock, which is held.
Result<void> remove_contents(const Layout& layout) {
  if (!fs::exists(layout.file(kMark)))
    return base::internal_error(ErrorCode::not_allowed,
                                layout.data + " was not made by `karv dev`; --fresh empties only such folders");
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(layout.data, failed))
    if (entry.path().filename() != "lock") fs::remove_all(entry.path(), failed);
  if (failed) return cannot("emptying " + layout.data + ": " + failed.message());
  return {};
}

Result<void> make_folders(const Layout& layout) {
  for (const char* name : {"tls", "secrets", "logs", "hsm", "erasure"}) {
    std::error_code failed;
    fs::create_directories(layout.file(name), failed);
    if (failed) return cannot("making " + layout.file(name) + ": " + failed.message());
    fs::permissions(layout.file(name), fs::perms::owner_all, failed);
  }
  return crypto::write_private_file(layout.file(kMark), base::as_bytes("Made by `karv dev`.\n"));
}

Result<void> ensure_random_file(const std::string& path, std::size_t bytes, bool as_text) {
  if (fs::exists(path)) return {};
  base::SystemRandom random;
  base::SecretBytes secret(bytes);
  random.fill(secret.expose_mutable());
  if (!as_text) return crypto::write_private_file(path, secret.expose());
  std::string text = base::to_hex(secret.expose());
  auto written = crypto::write_private_file(path, base::as_bytes(text));
  base::wipe(text.data(), text.size());
  return written;
}

Result<void> ensure_token(const Layout& layout) {
  KARV_TRY(const auto configuration, crypto::write_softhsm_configuration(layout.file("hsm")));
  ::setenv("SOFTHSM2_CONF", configuration.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): no thread exists yet
  KARV_TRY(auto pin, crypto::read_secret_line(layout.secret("hsm.pin")));
  KARV_TRY(const auto officer_pin, crypto::read_secret_line(layout.secret("hsm.officer-pin")));
  crypto::HsmSettings settings{.module_path = kHsmModule, .token_label = kTokenLabel, .pin = std::move(pin)};
  auto made = crypto::initialize_token(settings, officer_pin);
  if (made.ok() || made.error().code() == ErrorCode::conflict) return {};  // conflict: it is there
  return made;
}

// The merchant of an earlier start, while its shop's origin is still the same.
std::string kept_merchant(const Layout& layout, const std::string& origin) {
  if (!fs::exists(layout.secret("merchant.password"))) return {};
  try {
    const auto table = toml::parse_file(layout.file("merchant.toml"));
    if (table["origin"].value_or(std::string()) == origin) return table["username"].value_or(std::string());
  } catch (const toml::parse_error&) {
    return {};
  }
  return {};
}

Result<identity::NewCredential> make_merchant(store::Database& database, const IdentityTools& tools,
                                              const std::string& origin) {
  return database.write<identity::NewCredential>(
      "make_merchant", [&](store::Tx& tx) -> Result<identity::NewCredential> {
        KARV_TRY(const auto id, identity::create_merchant(tx, tools.context(), {"Nordlys Outdoor", "SE", {origin}}));
        return identity::create_credential(tx, tools.context(), id);
      });
}

Result<void> write_merchant_json(const Layout& layout, const Ports& ports, const std::string& username) {
  KARV_TRY(const auto password, crypto::read_secret_line(layout.secret("merchant.password")));
  json::SecretWriter out;
  out.begin_object()
      .member("base_url", ports.pay_address())
      .member("username", username)
      .secret_member("password", password)
      .member("ca_file", layout.certificate("ca"))
      .end_object();
  const auto text = std::move(out).take();
  return crypto::write_private_file(layout.file("merchant.json"), text.expose());
}

}  // namespace

Result<std::unique_ptr<Installation>> Installation::open(const Layout& layout, bool fresh) {
  const bool existed = fs::exists(layout.data) && !fs::is_empty(layout.data);
  std::error_code failed;
  fs::create_directories(layout.data, failed);
  if (failed) return cannot("making " + layout.data + ": " + failed.message());
  fs::permissions(layout.data, fs::perms::owner_all, failed);
  const int lock = ::open(layout.file("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return cannot("opening " + layout.file("lock"));
  std::unique_ptr<Installation> installation(new Installation(layout, lock));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0)
    return base::internal_error(ErrorCode::conflict, "another `karv dev` runs on " + layout.data);
  if (fresh && existed) KARV_TRY_VOID(remove_contents(layout));
  KARV_TRY_VOID(make_folders(layout));
  return installation;
}

Installation::~Installation() { ::close(lock_); }

Result<void> Installation::ensure_secrets() const {
  for (const char* name : {"server.key", "outbox.key", "card-network.key"})
    KARV_TRY_VOID(ensure_random_file(layout_.secret(name), 32, false));
  for (const char* name : {"hsm.pin", "hsm.officer-pin"})
    KARV_TRY_VOID(ensure_random_file(layout_.secret(name), 16, true));
  return ensure_token(layout_);
}

Result<std::string> Installation::ensure_merchant(const Ports& ports) const {
  KARV_TRY(const auto files, read_server_files(layout_.file("server.toml")));
  const bool kept = !store::is_file(files.database) || fs::exists(files.database);
  KARV_TRY(const auto database, open_and_migrate(files.database));
  std::string username = kept ? kept_merchant(layout_, ports.shop_url()) : std::string();
  if (username.empty()) {
    KARV_TRY(const auto tools, IdentityTools::create(files));
    KARV_TRY(const auto credential, make_merchant(*database, *tools, ports.shop_url()));
    username = credential.username;
    KARV_TRY_VOID(crypto::write_private_file(layout_.secret("merchant.password"), credential.secret.expose()));
    TomlText out;
    out.text("username", username).text("origin", ports.shop_url());
    KARV_TRY_VOID(out.write_to(layout_.file("merchant.toml")));
  }
  KARV_TRY_VOID(write_merchant_json(layout_, ports, username));
  return username;
}

}  // namespace karv::apps::cli::dev
