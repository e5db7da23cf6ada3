// The three processes' configuration files for one development installation. Secrets stand in files of their own.
#pragma once

#include <string>

#include "apps/cli/dev/layout.h"
#include "base/result.h"

namespace karv::apps::cli::dev {

// What the server and the vault need: server.toml and vault.toml.
base::Result<void> write_server_configuration(const Layout& layout, const Ports& ports);
base::Result<void> write_vault_configuration(const Layout& layout, const Ports& ports);
// What `karv vault` needs to reach the vault's admin door.
base::Result<void> write_operator_configuration(const Layout& layout);
// sandbox.toml; the shop signs in with the merchant's credential.
base::Result<void> write_sandbox_configuration(const Layout& layout, const Ports& ports, const std::string& username);

inline constexpr const char* kHsmModule = "/usr/lib/softhsm/libsofthsm2.so";
inline constexpr const char* kTokenLabel = "karv-dev";
inline constexpr const char* kKeyPrefix = "karv";

}  // namespace karv::apps::cli::dev
