#include "apps/vault/init_command.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "apps/vault/config.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/files.h"
#include "crypto/hsm.h"
#include "json/decode.h"
#include "json/encode.h"
#include "store/open.h"
#include "vault/custody/ceremony.h"

namespace karv::apps::vault {
namespace {

namespace kv = karv::vault;
using base::Result;

struct Options {
  std::string config, pin_file, out;
  std::int64_t needed = 0;
  std::vector<std::string> custodians;
  bool replace = false;
};

base::Error wrong(std::string what) { return base::internal_error(base::ErrorCode::bad_value, std::move(what)); }

Result<Options> options_of(std::span<const std::string_view> words) {
  Options options;
  if (words.size() % 2 != 0) return wrong("every option of init has a value");
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::string value(words[i + 1]);
    if (words[i] == "--config") {
      options.config = value;
    } else if (words[i] == "--pin-file") {
      options.pin_file = value;
    } else if (words[i] == "--out") {
      options.out = value;
    } else if (words[i] == "--custodian") {
      options.custodians.push_back(value);
    } else if (words[i] == "--needed" && value.size() == 1 && value[0] >= '2' && value[0] <= '9') {
      options.needed = value[0] - '0';
    } else if (words[i] == "--replace" && value == "yes") {
      options.replace = true;
    } else {
      return wrong(fmt::format("init does not know {} {}", words[i], value));
    }
  }
  if (options.config.empty() || options.pin_file.empty() || options.out.empty() || options.needed == 0)
    return wrong("init needs --config, --pin-file, --needed (2 to 9) and --out");
  return options;
}

Result<vault_api::CustodianCard> read_card(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return wrong(path + " cannot be read");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto card = json::decode<vault_api::CustodianCard>(text, json::kOwnChannel);
  if (!card.ok()) return wrong(path + " is no custodian's public file: " + card.error().internal_text());
  return card;
}

Result<void> write_shares(const std::string& folder, const std::vector<vault_api::ShareFile>& shares) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  for (const auto& share : shares) {
    const auto path = fmt::format("{}/{}.share", folder, share.custodian.text());
    KARV_TRY_VOID(crypto::write_private_file(path, base::as_bytes(json::encode(share) + "\n")));
    fmt::print("{}  for {}\n", path, share.name);
  }
  return {};
}

}  // namespace

Result<int> run_init(std::span<const std::string_view> words, const std::vector<store::Migration>& migrations) {
  KARV_TRY(const auto options, options_of(words));
  KARV_TRY(const auto config, read_config(options.config));
  kv::CeremonyPlan plan{.custodians = {}, .needed = options.needed, .replace = options.replace};
  for (const auto& path : options.custodians) {
    KARV_TRY(auto card, read_card(path));
    plan.custodians.push_back(std::move(card));
  }
  KARV_TRY(const auto database, store::open_database({.address = config.database, .connections = 1}));
  KARV_TRY_VOID(store::require_schema(*database, migrations));
  KARV_TRY(const auto pin, crypto::read_secret_line(options.pin_file));
  const auto settings = [&] {
    return crypto::HsmSettings{
        .module_path = config.hsm.module, .token_label = config.hsm.token_label, .pin = pin.clone()};
  };
  const kv::CeremonyHands hands{
      .check_pin = [&]() -> Result<void> {
        KARV_TRY(const auto hsm, crypto::Hsm::open(settings()));
        return hsm != nullptr ? Result<void>() : Result<void>(base::Error(base::ErrorCode::internal));
      },
      .deliver = [&](const auto& shares) { return write_shares(options.out, shares); },
      .change_pin = [&](const base::SecretBytes& new_pin) { return crypto::change_pin(settings(), new_pin); }};
  const base::SystemClock wall;
  base::SystemRandom random;
  KARV_TRY_VOID(kv::hold_ceremony(*database, plan, hands, wall, random));
  fmt::print(
      "The HSM's PIN is now one that nobody has seen. {} of {} custodians open the vault.\n"
      "Give each the file with his name, then start the vault; each accepts his duty (`karv vault custodian accept`)\n"
      "and gives his share (`karv vault unseal`). Destroy {}.\n",
      options.needed, plan.custodians.size(), options.pin_file);
  return 0;
}

}  // namespace karv::apps::vault
