// A card file on disk: made from CSV for a vault's import key, and read again chunk by chunk. Only its making sees a
// card number. Its form: vault_api/import_messages.h.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

#include "base/result.h"
#include "vault_api/import_messages.h"

namespace karv::apps::cli::vault {

// Encrypts a file of CSV to the key. Answers its rows. Errors: bad_value (no such file, another first line, a line too
// long, no rows, too many); those of writing.
base::Result<std::int64_t> write_card_file(const std::string& csv, const std::string& key, const std::string& out);

class CardFileReader {
 public:
  // Reads it once for its digests. Errors: bad_value (it is none, or not whole).
  static base::Result<CardFileReader> open(const std::string& path);

  const vault_api::CardFile& file() const { return file_; }
  const std::string& digest() const { return digest_; }  // hexadecimal
  base::Bytes digest_bytes() const { return *base::from_hex(digest_); }
  std::int64_t chunks() const { return std::ssize(file_.chunks); }
  // The next chunk's text, from the first on. Pre: there is one. Errors: bad_value (the file was changed meanwhile).
  base::Result<std::string> next();

 private:
  std::string path_;
  std::ifstream stream_;
  vault_api::CardFile file_;
  std::string digest_;
};

}  // namespace karv::apps::cli::vault
