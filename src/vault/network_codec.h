// The vault's messages through wire's ISO 8583 codec: the card number and the private data (which may hold the security
// code) go in as secrets and come out in a secret frame; answers are read without ever taking a secret out of them.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace karv::vault {

struct CodecMessage {
  std::string mti;
  std::map<int, std::string> fields;  // all but 2 and 48
  base::SecretBytes number;           // DE2; empty: left out
  base::SecretBytes private_data;     // DE48; empty: left out
};

base::Result<base::SecretBytes> encode_message(const CodecMessage& message);

// DE11, DE37, DE38, DE39 and DE70 of an answer. Errors: bad_request.
struct CodecAnswer {
  std::string mti;
  std::map<int, std::string> fields;
};
base::Result<CodecAnswer> decode_answer(base::ByteView frame);

}  // namespace karv::vault
