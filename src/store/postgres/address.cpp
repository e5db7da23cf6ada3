#include "store/postgres/address.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libpq-fe.h>
#include <sys/stat.h>

namespace karv::store::postgres {
namespace {

using base::ErrorCode;
using base::Result;

std::string one_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return std::string(text);
}

base::Error refused(std::string what) { return base::internal_error(ErrorCode::bad_value, std::move(what)); }

const std::string* find(const Keywords& keywords, std::string_view name) {
  const auto found = std::find_if(keywords.begin(), keywords.end(), [&](const auto& one) { return one.first == name; });
  return found == keywords.end() ? nullptr : &found->second;
}

void set_default(Keywords& keywords, std::string name, std::string value) {
  if (find(keywords, name) == nullptr) keywords.emplace_back(std::move(name), std::move(value));
}

// Not: options (could weaken durability), service and servicefile (would bring in what nobody reads here).
constexpr std::array<std::string_view, 18> kAllowed{"host",
                                                    "hostaddr",
                                                    "port",
                                                    "dbname",
                                                    "user",
                                                    "passfile",
                                                    "sslmode",
                                                    "sslrootcert",
                                                    "sslcert",
                                                    "sslkey",
                                                    "sslcrl",
                                                    "sslsni",
                                                    "gssencmode",
                                                    "connect_timeout",
                                                    "channel_binding",
                                                    "application_name",
                                                    "keepalives_idle",
                                                    "tcp_user_timeout"};

Result<void> check_names(const Keywords& keywords) {
  for (const auto& [name, value] : keywords) {
    if (name == "password")
      return refused(
          "the database address holds a password; put it into a file of its own (passfile=/path, mode 0600, "
          "one line host:port:database:user:password) and leave it out here");
    if (std::find(kAllowed.begin(), kAllowed.end(), name) == kAllowed.end())
      return refused(fmt::format("the database address has the option '{}', which Karv does not take; it takes {}",
                                 name, fmt::join(kAllowed, ", ")));
  }
  if (std::getenv("PGPASSWORD") != nullptr)
    return refused("PGPASSWORD is set; an environment is not a place for a password: use passfile=/path and unset it");
  return {};
}

bool is_socket(const std::string& host) { return host.starts_with('/'); }

Result<void> check_transport(const Keywords& keywords) {
  const std::string* host = find(keywords, "host");
  if (find(keywords, "hostaddr") == nullptr && host != nullptr) {
    std::size_t begin = 0;
    bool all_sockets = true;
    while (begin <= host->size()) {
      const std::size_t end = std::min(host->find(',', begin), host->size());
      all_sockets = all_sockets && is_socket(host->substr(begin, end - begin));
      begin = end + 1;
    }
    if (all_sockets) return {};
  }
  if (host == nullptr)
    return refused(
        "the database address names no host; write postgresql://user@host/database, or a socket's folder as "
        "postgresql://user@/database?host=/var/run/postgresql");
  const std::string* mode = find(keywords, "sslmode");
  if (mode != nullptr && *mode != "verify-full")
    return refused(
        fmt::format("sslmode={} would not verify the database server; use verify-full with sslrootcert, or a "
                    "Unix socket",
                    *mode));
  if (find(keywords, "sslrootcert") == nullptr)
    return refused(
        "the database is reached over TCP: name the authority that signed its certificate, "
        "sslrootcert=/path/ca.pem");
  return {};
}

Result<void> check_password_file(const Keywords& keywords) {
  const std::string* path = find(keywords, "passfile");
  if (path == nullptr) return {};
  struct stat file{};
  if (::stat(path->c_str(), &file) != 0)
    return refused(fmt::format("the password file {} cannot be read: error {}", *path, errno));
  if ((file.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return refused(fmt::format("the password file {} can be read by others; chmod 600 it", *path));
  return {};
}

}  // namespace

bool is_address(std::string_view text) { return text.starts_with("postgres://") || text.starts_with("postgresql://"); }

Result<Keywords> read_address(const std::string& address) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(PQconninfoParse(address.c_str(), &message),
                                                                            &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> keep(message, &PQfreemem);
  // Not libpq's own words: they repeat the address, and with it a password that somebody put there.
  if (!parsed) {
    const std::string_view why(message != nullptr ? message : "no memory");
    const bool names_option = why.starts_with("invalid URI query parameter");
    return refused(
        fmt::format("the database address cannot be read{}; it looks like "
                    "postgresql://user@host:port/database?sslrootcert=/path/ca.pem",
                    names_option ? fmt::format(" ({})", one_line(why)) : ""));
  }
  Keywords keywords;
  for (const auto* option = parsed.get(); option->keyword != nullptr; ++option)
    if (option->val != nullptr && *option->val != '\0') keywords.emplace_back(option->keyword, option->val);
  if (auto names = check_names(keywords); !names.ok()) return std::move(names).error();
  KARV_TRY_VOID(check_transport(keywords));
  KARV_TRY_VOID(check_password_file(keywords));
  // Said always, so that no environment variable decides.
  const std::string* host = find(keywords, "host");
  set_default(keywords, "sslmode", host != nullptr && is_socket(*host) ? "disable" : "verify-full");
  set_default(keywords, "passfile", "/nonexistent");  // not the one in somebody's home
  set_default(keywords, "gssencmode", "disable");
  set_default(keywords, "connect_timeout", "5");
  set_default(keywords, "application_name", "karv");
  set_default(keywords, "tcp_user_timeout", "15000");
  set_default(keywords, "keepalives_idle", "10");
  keywords.emplace_back("ssl_min_protocol_version", "TLSv1.2");
  keywords.emplace_back("target_session_attrs", "read-write");
  keywords.emplace_back("client_encoding", "UTF8");
  return keywords;
}

std::string shown(const Keywords& keywords) {
  const auto value = [&](std::string_view name) {
    const std::string* found = find(keywords, name);
    return found == nullptr ? std::string("?") : *found;
  };
  return fmt::format("{} on {}", value("dbname"), value("host"));
}

}  // namespace karv::store::postgres
