#include "cards/token.h"

#include <cstdlib>

#include "engines/must.h"

namespace karv::bench {
namespace {

crypto::HsmSettings settings() {
  return {.module_path = "/usr/lib/softhsm/libsofthsm2.so",
          .token_label = "karv-bench",
          .pin = base::SecretBytes::copy_of(std::string_view("123456"))};
}

}  // namespace

Token::Token() {
  const auto configuration = must(crypto::write_softhsm_configuration(folder_.path()));
  ::setenv("SOFTHSM2_CONF", configuration.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): no thread exists yet
  must(crypto::initialize_token(settings(), base::SecretBytes::copy_of(std::string_view("officer"))));
  hsm_ = must(crypto::Hsm::open(settings()));
}

}  // namespace karv::bench
