// The documented test cards, by name, from a file that the configuration names: no number is part of the program.
// Sandbox mode only. Used by the private door.
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "vault/cards/card.h"

namespace karv::vault {

class TestCards {
 public:
  // A JSON list of {name, number, description}. Errors: unavailable, bad_value.
  static base::Result<TestCards> load(const std::string& path);
  // As a shopper would type it, good for years. Errors: not_found.
  base::Result<CardFields> find(const std::string& name, base::Instant now) const;

 private:
  std::map<std::string, base::SecretBytes> numbers_;
};

}  // namespace karv::vault
