#include "apps/cli/backup/manifest.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/bytes.h"
#include "crypto/files.h"
#include "crypto/hash.h"
#include "json/decode.h"
#include "json/encode.h"

namespace karv::apps::cli::backup {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::Result;

constexpr const char* kManifest = "manifest.json";
constexpr const char* kMac = "manifest.mac";
constexpr std::uintmax_t kLargestManifest = std::uintmax_t{1} << 20;

base::Error broken(std::string what) { return base::internal_error(ErrorCode::bad_value, std::move(what)); }

Result<std::string> read_text(const std::string& path) {
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  if (failed || !fs::is_regular_file(path))
    return broken(path +
                  " is missing: this folder is no complete backup; a backup is written under another name first "
                  "and gets its own when it is complete");
  if (size > kLargestManifest) return broken(path + " is too large to be what it is called");
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string mac_of(const std::string& text, const base::SecretBytes& key) {
  return base::to_hex(crypto::hmac_sha256(key, base::as_bytes(text))) + "\n";
}

Result<void> check_copy(const std::string& folder, const StoreCopy& copy) {
  if (copy.file.empty() || copy.file.find('/') != std::string::npos)
    return broken(fmt::format("the manifest names the file '{}'", copy.file));
  StoreCopy found = copy;
  KARV_TRY_VOID(measure(folder, found));
  if (found.bytes != copy.bytes)
    return broken(fmt::format("{}/{} has {} bytes instead of {}: the backup is not whole; use another one", folder,
                              copy.file, found.bytes, copy.bytes));
  if (found.sha256 != copy.sha256)
    return broken(
        fmt::format("{}/{} is not as it was written (its SHA-256 differs): use another backup", folder, copy.file));
  return {};
}

}  // namespace

Result<void> measure(const std::string& folder, StoreCopy& copy) {
  const std::string path = folder + "/" + copy.file;
  std::error_code failed;
  const auto bytes = fs::file_size(path, failed);
  if (failed) return broken(path + " is missing: the backup is not whole; use another one");
  copy.bytes = static_cast<std::int64_t>(bytes);
  KARV_TRY(const auto digest, crypto::sha256_of_file(path));
  copy.sha256 = base::to_hex(digest);
  return {};
}

Result<void> write_manifest(const std::string& folder, const Manifest& manifest, const base::SecretBytes& key) {
  const std::string text = json::encode(manifest) + "\n";
  KARV_TRY_VOID(crypto::write_private_file(folder + "/" + kMac, base::as_bytes(mac_of(text, key))));
  return crypto::write_private_file(folder + "/" + kManifest, base::as_bytes(text));
}

Result<Manifest> read_backup(const std::string& folder, const base::SecretBytes& key) {
  if (!fs::is_directory(folder)) return broken(folder + " is no folder: name the one that `karv backup create` made");
  KARV_TRY(const auto text, read_text(folder + "/" + kManifest));
  KARV_TRY(const auto mac, read_text(folder + "/" + kMac));
  auto manifest = json::decode<Manifest>(text);
  if (!manifest.ok())
    return broken(
        fmt::format("{}/{} cannot be read (cut off, or of another format): use another backup, or the karv "
                    "that made it",
                    folder, kManifest));
  if (manifest->format != kFormat)
    return broken(fmt::format("the backup has format {}, this program knows {}: use the karv that made it ({})",
                              manifest->format, kFormat, manifest->karv_version));
  if (!base::equal_constant_time(base::as_bytes(mac), base::as_bytes(mac_of(text, key))))
    return broken(
        fmt::format("{}/{} was changed after it was written, or belongs to an installation with another "
                    "secrets.server_key",
                    folder, kManifest));
  KARV_TRY_VOID(check_copy(folder, manifest->server));
  KARV_TRY_VOID(check_copy(folder, manifest->vault));
  return manifest;
}

}  // namespace karv::apps::cli::backup
