// A PostgreSQL address as the operator writes it, held against the house's rules before anybody connects.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace karv::store::postgres {

bool is_address(std::string_view text);  // starts with postgres:// or postgresql://

// What libpq is given: keywords and their values.
using Keywords = std::vector<std::pair<std::string, std::string>>;

// Errors: bad_value, naming what is wrong and what to write instead: unknown options, a password in the address or in
// PGPASSWORD, sslmode below verify-full over TCP, a password file that others can read.
base::Result<Keywords> read_address(const std::string& address);

// The address without what is nobody's business, for logs.
std::string shown(const Keywords& keywords);

}  // namespace karv::store::postgres
