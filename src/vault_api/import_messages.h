// A card file that moves in: what `karv vault import` says to karv-vault's admin door, and the form of the file.
//
// The file is text. Its first line is a CardFileHead as JSON; each further line is one chunk: a JWE for the vault's
// import key of up to 200 lines of CSV, after a line with the number of the first row (the row after the header is 1).
// CSV columns: number,expiry,name,customer,merchant,reference (RFC 4180, no line breaks in a field). expiry is MM/YY,
// MM/YYYY or YYYY-MM; name may be empty; customer and merchant are Karv's ids, merchant may be empty (the customer's
// own card, `saved`); reference is the card's old token: 1 to 64 letters, digits and . _ : / + = -. Two custodians sign
// for the file's digest; then an operator sends it chunk by chunk, in order, each as often as needed. Units: times in
// milliseconds since 1970. Bytes as base64url without padding, digests of files in hexadecimal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vault_api/admin_messages.h"

namespace karv::vault_api {

inline constexpr std::string_view kCardFileColumns = "number,expiry,name,customer,merchant,reference";
inline constexpr std::int64_t kRowsPerChunk = 200;
inline constexpr std::int64_t kMostChunks = 2'000;  // a larger file is sent as several

struct CardFileHead {
  std::int64_t karv_card_file = 1;  // the form's version
  std::int64_t rows = 0;
};
BOOST_DESCRIBE_STRUCT(CardFileHead, (), (karv_card_file, rows))

// What makes a file this one: its rows and the SHA-256 of every chunk's line.
struct CardFile {
  std::int64_t rows = 0;
  std::vector<std::string> chunks;
};
BOOST_DESCRIBE_STRUCT(CardFile, (), (rows, chunks))

// Pre: the chunks' digests are bytes put together.
base::Bytes card_file_digest(std::int64_t rows, base::ByteView chunk_digests);

// GET kImportKeyPath. It is made when it is first asked for, and again when its time is over.
inline constexpr std::string_view kImportKeyPath = "/admin/v1/imports/key";
struct ImportKeyAnswer {
  std::string opens;  // X25519 public key
};
BOOST_DESCRIBE_STRUCT(ImportKeyAnswer, (), (opens))

struct ImportStatus {
  std::string file;  // its digest
  std::int64_t rows = 0;
  std::int64_t chunks = 0;
  std::int64_t approvals = 0;  // of different custodians, not older than three days
  std::int64_t next_chunk = 0;
  std::int64_t kept = 0;
  std::int64_t refused = 0;
  bool finished = false;
};
BOOST_DESCRIBE_STRUCT(ImportStatus, (), (file, rows, chunks, approvals, next_chunk, kept, refused, finished))

// Signed as "import" about the file's digest. Errors: of unsealing; 400 IMPORT_FILE (no chunks or too many, digests
// that are none), 409 IMPORT_FINISHED.
struct ApproveImportRequest {
  using Answer = ImportStatus;
  static constexpr std::string_view kPath = "/admin/v1/imports/approve";
  CardFile file;
  CustodianId custodian;
  std::int64_t at = 0;
  std::string nonce;
  std::string signature;
};
BOOST_DESCRIBE_STRUCT(ApproveImportRequest, (), (file, custodian, at, nonce, signature))

// Errors: 404 IMPORT_UNKNOWN.
struct FindImportRequest {
  using Answer = ImportStatus;
  static constexpr std::string_view kPath = "/admin/v1/imports/find";
  std::string file;
};
BOOST_DESCRIBE_STRUCT(FindImportRequest, (), (file))

// Of a row that is kept: its reference and token. Of one that is not: which field and why, and nothing that was in it.
struct ImportedRow {
  std::int64_t row = 0;
  std::string reference;
  std::string vault_token;
  std::string field;
  std::string code;  // INVALID_CARD_NUMBER, INVALID_EXPIRY, INVALID_NAME, INVALID_ID, INVALID_REFERENCE, WRONG_COLUMNS
};
BOOST_DESCRIBE_STRUCT(ImportedRow, (), (row, reference, vault_token, field, code))

struct ImportChunkAnswer {
  std::vector<ImportedRow> rows;
};
BOOST_DESCRIBE_STRUCT(ImportChunkAnswer, (), (rows))

// A chunk that was sent before is answered as then. Errors: 404 IMPORT_UNKNOWN; 409 IMPORT_NOT_APPROVED (by two, in the
// last three days), IMPORT_OUT_OF_ORDER, IMPORT_FINISHED; 400 IMPORT_CHUNK_CHANGED (not the one of the approved file),
// IMPORT_UNREADABLE (not for this vault's key, or another form); 503 VAULT_SEALED.
struct ImportChunkRequest {
  using Answer = ImportChunkAnswer;
  static constexpr std::string_view kPath = "/admin/v1/imports/chunk";
  std::string file;
  std::int64_t chunk = 0;  // from 0
  std::string jwe;
};
BOOST_DESCRIBE_STRUCT(ImportChunkRequest, (), (file, chunk, jwe))

// Nothing more is taken of the file. Errors: 404 IMPORT_UNKNOWN, 409 IMPORT_OUT_OF_ORDER (chunks are missing).
struct FinishImportRequest {
  using Answer = ImportStatus;
  static constexpr std::string_view kPath = "/admin/v1/imports/finish";
  std::string file;
};
BOOST_DESCRIBE_STRUCT(FinishImportRequest, (), (file))

}  // namespace karv::vault_api
