#include "apps/cli/vault/custodian_key.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include "crypto/aead.h"
#include "crypto/ed25519.h"
#include "crypto/files.h"
#include "crypto/hash.h"
#include "crypto/jwe.h"
#include "crypto/passphrase.h"
#include "json/decode.h"
#include "json/encode.h"

namespace karv::apps::cli::vault {
namespace {

using base::ErrorCode;
using base::Result;

struct KeyFile {
  std::string name;
  std::string salt;
  std::string sealed;
};
BOOST_DESCRIBE_STRUCT(KeyFile, (), (name, salt, sealed))

constexpr std::size_t kSaltSize = 16;

base::Error wrong(std::string what) { return base::internal_error(ErrorCode::bad_value, std::move(what)); }

base::Bytes place_of(std::string_view name) {
  return crypto::framed({base::as_bytes("karv custodian key 1"), base::as_bytes(name)});
}

// "Anna Berg" -> "anna-berg".
std::string slug_of(std::string_view name) {
  std::string slug;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      slug.push_back(upper ? static_cast<char>(c - 'A' + 'a') : c);
    } else if (!slug.empty() && slug.back() != '-') {
      slug.push_back('-');
    }
  }
  return slug;
}

// Turns the terminal's echo off while it lives.
class NoEcho {
 public:
  NoEcho() {
    there_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!there_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~NoEcho() {
    if (there_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool there_ = false;
};

}  // namespace

Result<base::SecretBytes> read_passphrase(const std::string& file) {
  if (!file.empty()) return crypto::read_secret_line(file);
  if (::isatty(STDIN_FILENO) == 0)
    return wrong("there is no terminal to ask for the passphrase: name --passphrase-file");
  fmt::print(stderr, "Passphrase: ");
  std::string line;
  line.reserve(1024);  // growing would leave copies behind
  {
    const NoEcho silent;
    for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) line.push_back(static_cast<char>(c));
  }
  fmt::print(stderr, "\n");
  auto passphrase = base::SecretBytes::copy_of(line);
  base::wipe(line.data(), line.size());
  return passphrase;
}

Result<std::string> make_custodian_key(const std::string& name, const std::string& folder,
                                       const base::SecretBytes& passphrase, base::Random& random) {
  const auto slug = slug_of(name);
  if (slug.empty() || name.size() > 100) return wrong("the name needs a letter or a digit, and at most 100 bytes");
  if (passphrase.size() < kShortestPassphrase)
    return wrong(fmt::format("the passphrase needs at least {} characters", kShortestPassphrase));
  auto path = folder + "/" + slug;
  for (const char* end : {".key", ".pub"})
    if (std::filesystem::exists(path + end))
      return base::internal_error(ErrorCode::conflict, path + end + " is there already, and is not overwritten");
  const auto signs = crypto::make_ed25519_pair(random);
  const auto opens = crypto::make_x25519_pair(random);
  base::SecretBytes both(signs.seed.size() + opens.private_key.size());
  std::ranges::copy(signs.seed.expose(), both.expose_mutable().begin());
  std::ranges::copy(opens.private_key.expose(),
                    both.expose_mutable().begin() + static_cast<std::ptrdiff_t>(signs.seed.size()));
  base::Bytes salt(kSaltSize);
  random.fill(salt);
  const auto key = crypto::stretch_passphrase(passphrase, salt);
  const KeyFile file{.name = name,
                     .salt = base::to_base64url(salt),
                     .sealed = base::to_base64url(crypto::seal(key, both.expose(), place_of(name), random))};
  const vault_api::CustodianCard card{
      .name = name, .signs = base::to_base64url(signs.public_key), .opens = base::to_base64url(opens.public_key)};
  KARV_TRY_VOID(crypto::write_private_file(path + ".key", base::as_bytes(json::encode(file) + "\n")));
  KARV_TRY_VOID(crypto::write_public_file(path + ".pub", base::as_bytes(json::encode(card) + "\n")));
  return path;
}

Result<CustodianKey> open_custodian_key(const std::string& path, const base::SecretBytes& passphrase) {
  KARV_TRY(const auto text, crypto::read_secret_file(path));
  const auto file = json::decode<KeyFile>(std::string(text.expose_text()), json::kOwnChannel);
  if (!file.ok()) return wrong(path + " is no custodian's key: " + file.error().internal_text());
  const auto salt = base::from_base64url(file->salt);
  const auto sealed = base::from_base64url(file->sealed);
  if (!salt || !sealed) return wrong(path + " is no custodian's key");
  const auto both = crypto::open(crypto::stretch_passphrase(passphrase, *salt), *sealed, place_of(file->name));
  if (!both.ok() || both->size() != crypto::kEd25519KeySize + crypto::kX25519KeySize)
    return base::internal_error(ErrorCode::forbidden, path + " does not open: another passphrase, or it was changed");
  return CustodianKey{.name = file->name,
                      .signs = base::SecretBytes::copy_of(both->expose().first(crypto::kEd25519KeySize)),
                      .opens = base::SecretBytes::copy_of(both->expose().last(crypto::kX25519KeySize))};
}

}  // namespace karv::apps::cli::vault
