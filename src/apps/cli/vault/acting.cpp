#include "apps/cli/vault/acting.h"

#include "crypto/files.h"
#include "json/decode.h"

namespace karv::apps::cli::vault {

base::Result<Acting> acting_of(const ActingFiles& files) {
  KARV_TRY(const auto passphrase, read_passphrase(files.passphrase_file));
  KARV_TRY(auto key, open_custodian_key(files.key, passphrase));
  KARV_TRY(const auto text, crypto::read_secret_file(files.share));
  auto share = json::decode<vault_api::ShareFile>(std::string(text.expose_text()), json::kOwnChannel);
  if (!share.ok())
    return base::internal_error(base::ErrorCode::bad_value, files.share + " is no share file of the ceremony");
  return Acting{.key = std::move(key), .share = std::move(share).value()};
}

}  // namespace karv::apps::cli::vault
