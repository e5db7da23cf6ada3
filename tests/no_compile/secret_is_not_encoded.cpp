// A struct with a secret in it is not encoded into plain memory.
// expect: a secret is not encodable
#include "json/encode.h"

struct Card {
  karv::base::SecretBytes number;
};
BOOST_DESCRIBE_STRUCT(Card, (), (number))

karv::base::SecretBytes wiped(const Card& card) { return karv::json::encode_secret(card); }
#ifdef KARV_MISUSE
std::string plain(const Card& card) { return karv::json::encode(card); }
#endif
