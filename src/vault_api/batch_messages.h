// Lists of cards and tokens over the private channel: at most 100 in one message, each item with its own answer.
//
// TokenizeRequest is the one message with card numbers in it: whoever moves an existing card file over sends it with a
// certificate of his own, which the vault's configuration names; karv-server never does (docs/vault.md).
// Answers are in the order of the request. An item that failed has a `code` and says nothing else; the others are done.
// Errors of all: 400 BATCH_SIZE (none, or more than 100), 503 VAULT_SEALED.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/secret.h"
#include "vault_api/messages.h"

namespace karv::vault_api {

inline constexpr std::size_t kMostInBatch = 100;

struct CardToTokenize {
  base::SecretBytes number;
  std::int32_t expiry_month = 0;
  std::int32_t expiry_year = 0;  // four digits
  base::SecretBytes name;        // may be empty
  CustomerRef customer;
  std::optional<MerchantRef> merchant = {};  // absent: the customer's own card, `saved`; else for purchases there
};
BOOST_DESCRIBE_STRUCT(CardToTokenize, (), (number, expiry_month, expiry_year, name, customer, merchant))

struct TokenizedCard {
  std::string vault_token;
  std::string brand;
  std::string last4;
  std::string fingerprint;
  std::string field;  // the first that is wrong
  std::string code;   // INVALID_CARD_NUMBER, INVALID_EXPIRY, INVALID_NAME; empty: it is stored
};
BOOST_DESCRIBE_STRUCT(TokenizedCard, (), (vault_token, brand, last4, fingerprint, field, code))

struct TokenizeAnswer {
  std::vector<TokenizedCard> cards;
};
BOOST_DESCRIBE_STRUCT(TokenizeAnswer, (), (cards))

// Said again, the same cards get other tokens. Errors: also 404 for whoever may not.
struct TokenizeRequest {
  using Answer = TokenizeAnswer;
  static constexpr std::string_view kPath = "/private/v1/batch/tokenize";
  std::vector<CardToTokenize> cards;
};
BOOST_DESCRIBE_STRUCT(TokenizeRequest, (), (cards))

struct TokenOf {
  std::string vault_token;
  CustomerRef customer;
};
BOOST_DESCRIBE_STRUCT(TokenOf, (), (vault_token, customer))

struct DescribedToken {
  std::string brand;
  std::string last4;
  std::int32_t expiry_month = 0;
  std::int32_t expiry_year = 0;
  std::string fingerprint;
  std::string purpose;
  bool frozen = false;
  std::string code;  // TOKEN_UNKNOWN: or another customer's; CARD_UNREADABLE: its key is gone
};
BOOST_DESCRIBE_STRUCT(DescribedToken, (), (brand, last4, expiry_month, expiry_year, fingerprint, purpose, frozen, code))

struct DescribeAnswer {
  std::vector<DescribedToken> tokens;
};
BOOST_DESCRIBE_STRUCT(DescribeAnswer, (), (tokens))

struct DescribeRequest {
  using Answer = DescribeAnswer;
  static constexpr std::string_view kPath = "/private/v1/batch/describe";
  std::vector<TokenOf> tokens;
};
BOOST_DESCRIBE_STRUCT(DescribeRequest, (), (tokens))

struct DeletedToken {
  std::string code;  // TOKEN_UNKNOWN, TOKEN_IN_USE (an operation with it is not settled: later); empty: it is gone
};
BOOST_DESCRIBE_STRUCT(DeletedToken, (), (code))

struct DeleteAnswer {
  std::vector<DeletedToken> tokens;
};
BOOST_DESCRIBE_STRUCT(DeleteAnswer, (), (tokens))

// All of a list in one transaction. Deletes tokens, not cards: a card goes with its customer.
struct DeleteRequest {
  using Answer = DeleteAnswer;
  static constexpr std::string_view kPath = "/private/v1/batch/delete";
  std::vector<TokenOf> tokens;
};
BOOST_DESCRIBE_STRUCT(DeleteRequest, (), (tokens))

}  // namespace karv::vault_api
