#include "apps/vault/production.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "apps/common/confinement/landlock.h"
#include "apps/vault/hardening.h"
#include "store/open.h"

namespace karv::apps::vault {
namespace {

std::filesystem::path folder_of(const std::string& file) {
  return std::filesystem::absolute(file).lexically_normal().parent_path();
}

// The process that traces this one; 0 for none.
int tracer() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("TracerPid:"))
      return std::atoi(line.c_str() + 10);  // NOLINT(cert-err34-c): the kernel's digits
  return 0;
}

}  // namespace

std::vector<std::string> unsafe_settings(const Config& config) {
  std::vector<std::string> unsafe;
  const auto& chosen = config.hardening;
  const std::pair<const char*, const std::string*> switches[] = {
      {"files", &chosen.files}, {"system_calls", &chosen.system_calls}, {"memory", &chosen.memory}};
  for (const auto& [name, value] : switches)
    if (*value == "off") unsafe.push_back(fmt::format("[hardening] {} is off: remove the line", name));
  if (config.private_door.listen.starts_with("unix:") && config.private_door.peer_uids.empty())
    unsafe.emplace_back(
        "[private] listens on a Unix socket and peer_uids names nobody: name karv-server's user number");
  if (!config.hsm.pin_file.empty())
    unsafe.emplace_back(
        "[hsm] pin_file: one person could open the vault; remove it, and give the PIN to custodians (`karv vault "
        "init`)");
  if (config.network.cryptograms_for.empty())
    unsafe.emplace_back(
        "[network] cryptograms_for names no key: whoever has a card's number could charge it; name the network's");
  for (const auto& bank : config.banks)
    if (bank.key_pins.empty())
      unsafe.push_back(fmt::format(
          "[banks.{}] key_pins names no key: whoever an authority signs for would get the files", bank.name));
  if (config.admin_door.peer_uids.empty())
    unsafe.emplace_back("[admin] peer_uids names nobody: name the operators' user numbers");
  if (store::is_file(config.database) && folder_of(config.erasure.journal) == folder_of(config.database))
    unsafe.emplace_back(
        "[erasure] journal lies in the store's folder: whatever copies the one copies the other; give it a folder of "
        "its "
        "own");
  if (!config.staff_door.listen.empty() && config.staff_door.client_ca.empty())
    unsafe.emplace_back("[staff] client_ca is not named: anybody could reach the page for staff; name your authority");
  if (::geteuid() == 0)
    unsafe.emplace_back("it runs as root: start it as a user of its own (deploy/systemd/karv-vault.service)");
  if (!may_lock_memory())
    unsafe.emplace_back("memory cannot be locked: LimitMEMLOCK=infinity in its unit, or `ulimit -l unlimited`");
  if (landlock_abi() == 0)
    unsafe.emplace_back("this kernel has no Landlock: Linux 5.13 or newer, with `lsm=landlock,...` at boot");
  for (const char* name : {"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0')
      unsafe.push_back(fmt::format("{} is set, so that other code may have been loaded: start it without", name));
  if (const int by = tracer(); by != 0) unsafe.push_back(fmt::format("process {} traces it: start it untraced", by));
  if (!wipes_freed_memory())
    unsafe.emplace_back("this is a sanitizer build, which does not wipe what is freed: install a release build");
  return unsafe;
}

base::Result<void> require_safe_settings(const Config& config) {
  if (config.mode != Mode::production) return {};
  const auto unsafe = unsafe_settings(config);
  if (unsafe.empty()) return {};
  return base::internal_error(base::ErrorCode::unavailable, fmt::format("not in production ({} to put right): {}",
                                                                        unsafe.size(), fmt::join(unsafe, "; ")));
}

}  // namespace karv::apps::vault
