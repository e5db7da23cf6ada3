// What a backup says about itself: manifest.json, and manifest.mac, its MAC under a key that only the installation has.
//
//   DIR/manifest.json  DIR/manifest.mac  DIR/server.copy  DIR/vault.copy
//
// The two copies belong together: the server's is of an earlier moment than the vault's, so whatever the server knows
// of the vault (tokens, card operations) the vault's copy knows too. What is the other way round is harmless: cards and
// holds that nobody asks for. No key is in a backup, and no card, name or address is in the manifest.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/result.h"
#include "base/secret.h"

namespace karv::apps::cli::backup {

inline constexpr std::int64_t kFormat = 1;

// One store's copy.
struct StoreCopy {
  std::string file;    // its name in the backup's folder
  std::string engine;  // "sqlite" or "postgresql"
  std::int64_t bytes = 0;
  std::string sha256;                    // in hex
  std::vector<std::int64_t> migrations;  // the numbers that were applied
};
BOOST_DESCRIBE_STRUCT(StoreCopy, (), (file, engine, bytes, sha256, migrations))

// What was proved of the running books just before the copies were made: what is restored holds at least that.
struct Books {
  std::int64_t accounts = 0;
  std::int64_t transfers = 0;
  std::int64_t findings = 0;  // 0, unless the books were broken already
  std::int64_t audit_sequence = 0;
  std::string audit_hash;  // in hex; empty when nothing was chained yet
};
BOOST_DESCRIBE_STRUCT(Books, (), (accounts, transfers, findings, audit_sequence, audit_hash))

struct Manifest {
  std::int64_t format = kFormat;
  std::string backup_id;
  std::string karv_version;
  std::string begun_at, finished_at;  // RFC 3339
  Books books;
  StoreCopy server, vault;
};
BOOST_DESCRIBE_STRUCT(Manifest, (), (format, backup_id, karv_version, begun_at, finished_at, books, server, vault))

// Fills in size and digest of a copy that lies in `folder`. Cost: reads the file.
base::Result<void> measure(const std::string& folder, StoreCopy& copy);

base::Result<void> write_manifest(const std::string& folder, const Manifest& manifest, const base::SecretBytes& key);

// The manifest of a complete backup, its MAC, and each file's size and digest checked.
// Errors: bad_value and unavailable, naming what is missing, cut off, changed, foreign or of a newer format.
base::Result<Manifest> read_backup(const std::string& folder, const base::SecretBytes& key);

}  // namespace karv::apps::cli::backup
