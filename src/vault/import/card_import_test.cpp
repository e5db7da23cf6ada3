#include "vault/import/card_import.h"

#include <gtest/gtest.h>

#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "crypto/jwe.h"
#include "json/encode.h"
#include "vault/cards/card_repository.h"
#include "vault/custody/repository.h"
#include "vault/import/card_file_rows.h"
#include "vault/keys/repository.h"
#include "vault/rotation/subject_renewal.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

using vault_api::ImportChunkRequest;

constexpr std::string_view kCustomer = "0190a1b2-c3d4-7000-8000-0000000000";  // and two digits

std::string line(std::string_view number, int who, const std::string& reference, std::string_view expiry = "12/30") {
  return std::string(number) + "," + std::string(expiry) + ",\"Test, Astrid\"," + std::string(kCustomer) +
         std::to_string(10 + who) + ",," + reference + "\n";
}

class CardFileRows : public ::testing::Test {
 protected:
  static CardFileRow read(std::string_view text) {
    const auto rows = read_card_file_rows(base::SecretBytes::copy_of("7\n" + std::string(text)), kNow);
    EXPECT_TRUE(rows.ok());
    EXPECT_EQ(rows->size(), 1U);
    CardFileRow out{.row = rows->front().row, .card = {}, .reference = rows->front().reference};
    out.field = rows->front().field;
    out.code = rows->front().code;
    return out;
  }
  inline static const base::Instant kNow = *base::from_rfc3339("2026-11-22T12:00:00Z");
};

TEST_F(CardFileRows, a_good_line_is_a_card) {
  auto rows = read_card_file_rows(
      base::SecretBytes::copy_of("201\n" + line(testing::kVisa, 1, "old/1") +
                                 "4111 1111 1111 1111,2030-12,,0190a1b2-c3d4-7000-8000-000000000012,"
                                 "0190a1b2-c3d4-7000-8000-00000000000b,x\r\n" +
                                 std::string("5555555555554444,12/2030,A \"\"B\"\",c,,y\n")),
      kNow);
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_EQ((*rows)[0].row, 201);
  EXPECT_EQ((*rows)[0].card->card.name.expose_text(), "Test, Astrid");
  EXPECT_EQ((*rows)[0].card->card.expiry.year, 2030);
  EXPECT_EQ((*rows)[0].reference, "old/1");
  EXPECT_FALSE((*rows)[0].card->merchant.has_value());
  EXPECT_EQ((*rows)[1].card->card.number.expose_text(), testing::kVisa);
  EXPECT_TRUE((*rows)[1].card->merchant.has_value());
  EXPECT_EQ((*rows)[2].code, "WRONG_COLUMNS");  // quotes in a field that is not quoted
}

TEST_F(CardFileRows, what_is_wrong_is_named_and_never_repeated) {
  struct Case {
    std::string text, field, code;
  };
  const std::string id = std::string(kCustomer) + "11";
  const std::string visa(testing::kVisa);
  for (const auto& wrong :
       std::vector<Case>{{"4111111111111112,12/30,A B," + id + ",,r", "number", "INVALID_CARD_NUMBER"},
                         {"hello,12/30,A B," + id + ",,r", "number", "INVALID_CARD_NUMBER"},
                         {visa + ",13/30,A B," + id + ",,r", "expiry", "INVALID_EXPIRY"},
                         {visa + ",12/20,A B," + id + ",,r", "expiry", "INVALID_EXPIRY"},
                         {visa + ",1230,A B," + id + ",,r", "expiry", "INVALID_EXPIRY"},
                         {visa + ",-1/30,A B," + id + ",,r", "expiry", "INVALID_EXPIRY"},
                         {visa + ",,A B," + id + ",,r", "expiry", "INVALID_EXPIRY"},
                         {visa + ",12/30," + visa + "," + id + ",,r", "name", "INVALID_NAME"},
                         {visa + ",12/30,A B,somebody,,r", "customer", "INVALID_ID"},
                         {visa + ",12/30,A B," + id + ",shop,r", "merchant", "INVALID_ID"},
                         {visa + ",12/30,A B," + id + ",," + visa, "reference", "INVALID_REFERENCE"},
                         {visa + ",12/30,A B," + id + ",,tok_" + visa, "reference", "INVALID_REFERENCE"},
                         {visa + ",12/30,A B," + id + ",,=cmd()", "reference", "INVALID_REFERENCE"},
                         {visa + ",12/30,A B," + id + ",,", "reference", "INVALID_REFERENCE"},
                         {visa + ",12/30,A B," + id + ",," + std::string(65, 'r'), "reference", "INVALID_REFERENCE"},
                         {visa, "line", "WRONG_COLUMNS"},
                         {visa + ",12/30,A B," + id + ",,r,123", "line", "WRONG_COLUMNS"},
                         {visa + ",12/30,\"A B," + id + ",,r", "line", "WRONG_COLUMNS"},
                         {visa + ",12/30,\"A\"B," + id + ",,r", "line", "WRONG_COLUMNS"},
                         {std::string(2000, ','), "line", "WRONG_COLUMNS"}}) {
    const auto row = read(wrong.text + "\n");
    EXPECT_EQ(row.row, 7);
    EXPECT_EQ(row.field, wrong.field) << wrong.text;
    EXPECT_EQ(row.code, wrong.code) << wrong.text;
    EXPECT_EQ(row.reference, "");
  }
}

TEST_F(CardFileRows, a_chunk_of_another_form_is_refused_whole) {
  std::string many = "1\n";
  for (std::int64_t i = 0; i <= vault_api::kRowsPerChunk; ++i) many += "x\n";
  for (const std::string& text : {std::string(""), std::string("1\n"), std::string("0\nx\n"), std::string("x\nx\n"),
                                  std::string("-1\nx\n"), std::string("99999999999999999999\nx\n"), many})
    EXPECT_EQ(read_card_file_rows(base::SecretBytes::copy_of(text), kNow).error().reason(), "IMPORT_UNREADABLE");
}

class ImportTest : public ::testing::Test {
 protected:
  struct Person {
    CustodianId id;
    crypto::Ed25519Pair signs;
  };
  void insert_accepted(store::Tx& tx, const Person& person) {
    Custodian row;
    row.id = person.id;
    row.name = person.id.text();
    row.signs = person.signs.public_key;
    row.accepted_at = vault.wall.now();
    insert_custodian(tx, row);
    accept_custodian(tx, row);
  }
  void SetUp() override {
    for (int i = 0; i < 2; ++i)
      people.push_back({.id = base::make_id<vault_api::CustodianTag>(vault.wall, vault.random),
                        .signs = crypto::make_ed25519_pair(vault.random)});
    const auto both = [&](store::Tx& tx) -> base::Result<void> {
      for (const auto& person : people) insert_accepted(tx, person);
      return {};
    };
    ASSERT_TRUE(vault.database->write<void>("test", both).ok());
  }
  std::string encrypted(const std::string& text) {
    const auto key = *base::from_base64url(import.key().value().opens);
    return crypto::encrypt_jwe(key, base::as_bytes(text), vault.random).value();
  }
  // A file of these chunks, not approved yet.
  void make_file(const std::vector<std::string>& texts, std::int64_t rows) {
    file.rows = rows;
    base::Bytes digests;
    for (const auto& text : texts) {
      chunks.push_back(encrypted(text));
      const auto one = crypto::sha256(base::as_bytes(chunks.back()));
      digests.insert(digests.end(), one.begin(), one.end());
      file.chunks.push_back(base::to_base64url(one));
    }
    digest = vault_api::card_file_digest(rows, digests);
    name = base::to_hex(digest);
  }
  base::Result<vault_api::ImportStatus> approve(const Person& person) {
    vault_api::ApproveImportRequest request{.file = file};
    request.custodian = person.id;
    request.at = vault.wall.now().ms;
    request.nonce = "nonce " + std::to_string(++nonces);
    request.signature = base::to_base64url(crypto::sign_ed25519(
        person.signs.seed, vault_api::signed_act("import", person.id, request.at, request.nonce, digest)));
    return import.approve(request);
  }
  void approve_by_both() {
    for (const auto& person : people) ASSERT_TRUE(approve(person).ok());
  }
  base::Result<vault_api::ImportChunkAnswer> take(std::int64_t chunk) {
    return import.take_chunk({.file = name, .chunk = chunk, .jwe = chunks.at(static_cast<std::size_t>(chunk))}, "op");
  }
  std::string refusal(std::int64_t chunk) {
    const auto taken = take(chunk);
    return taken.ok() ? "" : taken.error().reason();
  }
  std::int64_t cards() {
    return vault.database
        ->read<std::int64_t>("test",
                             [](store::ReadTx& tx) -> base::Result<std::int64_t> {
                               KARV_TRY(const auto rows, tx.read_one({"select count(*) from vault_tokens", {}}));
                               return rows.front().integer(0);
                             })
        .value();
  }

  testing::Disk disk;
  testing::TestVault vault{disk, nullptr};
  CardBatch batch{*vault.database, *vault.keys, *vault.cards, vault.wall, vault.random};
  CustodyDesk custody{*vault.database, *vault.keys, vault.wall, vault.random,
                      HsmHands{.open = [](base::SecretBytes) -> base::Result<std::shared_ptr<crypto::Hsm>> {
                                 return base::Error(base::ErrorCode::unavailable);
                               },
                               .change_pin = {}}};
  CardImport import{*vault.database, *vault.keys, batch, custody, vault.wall, vault.random};
  std::vector<Person> people;
  vault_api::CardFile file;
  std::vector<std::string> chunks;
  base::Bytes digest;
  std::string name;
  int nonces = 0;
};

TEST_F(ImportTest, an_approved_file_is_kept_and_each_reference_gets_a_token) {
  make_file({"1\n" + line(testing::kVisa, 1, "a") + line("4111111111111112", 2, "b"),
             "3\n" + line(testing::kMastercard, 1, "c")},
            3);
  approve_by_both();
  const auto first = take(0).value();
  ASSERT_EQ(first.rows.size(), 2U);
  EXPECT_EQ(first.rows[0].reference, "a");
  EXPECT_EQ(first.rows[1].row, 2);
  EXPECT_EQ(first.rows[1].code, "INVALID_CARD_NUMBER");
  EXPECT_EQ(first.rows[1].reference + first.rows[1].vault_token, "");
  const auto second = take(1).value();
  vault.customer = *CustomerRef::parse(std::string(kCustomer) + "11");
  const auto tokens = batch
                          .describe(vault.tenant, {.tokens = {{first.rows[0].vault_token, vault.customer},
                                                              {second.rows[0].vault_token, vault.customer}}})
                          .value()
                          .tokens;
  EXPECT_EQ(tokens[0].brand, "visa");
  EXPECT_EQ(tokens[0].purpose, "saved");
  EXPECT_EQ(tokens[1].brand, "mastercard");
  const auto done = import.finish({.file = name}, "op").value();
  EXPECT_TRUE(done.finished);
  EXPECT_EQ(done.kept, 2);
  EXPECT_EQ(done.refused, 1);
  EXPECT_EQ(refusal(0), "IMPORT_FINISHED");
  EXPECT_EQ(approve(people[0]).error().reason(), "IMPORT_FINISHED");
  EXPECT_TRUE(import.finish({.file = name}, "op").ok());
}

TEST_F(ImportTest, a_chunk_that_comes_again_changes_nothing_and_is_answered_as_before) {
  make_file({"1\n" + line(testing::kVisa, 1, "a"), "2\n" + line(testing::kVisa, 2, "b")}, 2);
  approve_by_both();
  const auto before = take(0).value();
  CardImport other{*vault.database, *vault.keys, batch, custody, vault.wall, vault.random};  // as after a restart
  EXPECT_EQ(json::encode(other.take_chunk({.file = name, .chunk = 0, .jwe = chunks[0]}, "op").value()),
            json::encode(before));
  (void)take(1);
  EXPECT_EQ(json::encode(take(0).value()), json::encode(before));
  EXPECT_EQ(cards(), 2);
  const auto status = import.find({.file = name}).value();
  EXPECT_EQ(status.next_chunk, 2);
  EXPECT_EQ(status.kept, 2);
}

TEST_F(ImportTest, control_29_one_person_twice_does_not_approve_and_an_approval_is_over_after_three_days) {
  make_file({"1\n" + line(testing::kVisa, 1, "a")}, 1);
  EXPECT_EQ(refusal(0), "IMPORT_UNKNOWN");
  EXPECT_EQ(approve(people[0])->approvals, 1);
  EXPECT_EQ(approve(people[0])->approvals, 1);
  EXPECT_EQ(refusal(0), "IMPORT_NOT_APPROVED");
  EXPECT_EQ(approve(people[1])->approvals, 2);
  vault.wall.advance(base::days(3));
  EXPECT_EQ(refusal(0), "IMPORT_NOT_APPROVED");
  approve_by_both();
  EXPECT_EQ(refusal(0), "");
}

TEST_F(ImportTest, control_29_an_approval_ends_with_its_custodians_office) {
  make_file({"1\n" + line(testing::kVisa, 1, "a")}, 1);
  approve_by_both();
  const auto replaced = [&](store::Tx& tx) -> base::Result<void> {
    KARV_TRY_VOID(delete_custodies(tx));
    for (auto& person : people) {
      if (&person == &people[0]) person.id = base::make_id<vault_api::CustodianTag>(vault.wall, vault.random);
      insert_accepted(tx, person);
    }
    return {};
  };
  ASSERT_TRUE(vault.database->write<void>("test", replaced).ok());
  EXPECT_EQ(import.find({.file = name})->approvals, 1);
  EXPECT_EQ(refusal(0), "IMPORT_NOT_APPROVED");
  EXPECT_EQ(approve(people[0])->approvals, 2);
  EXPECT_EQ(refusal(0), "");
}

TEST_F(ImportTest, a_signature_is_for_one_file_one_person_and_one_time) {
  make_file({"1\n" + line(testing::kVisa, 1, "a")}, 1);
  auto request = vault_api::ApproveImportRequest{.file = file};
  request.custodian = people[0].id;
  request.at = vault.wall.now().ms;
  request.nonce = "n";
  const auto signature_of = [&](const Person& person, base::ByteView about) {
    return base::to_base64url(crypto::sign_ed25519(
        person.signs.seed, vault_api::signed_act("import", request.custodian, request.at, request.nonce, about)));
  };
  request.signature = signature_of(people[1], digest);
  EXPECT_EQ(import.approve(request).error().reason(), "SIGNATURE_REFUSED");
  request.signature = signature_of(people[0], crypto::sha256(digest));
  EXPECT_EQ(import.approve(request).error().reason(), "SIGNATURE_REFUSED");
  request.signature = signature_of(people[0], digest);
  EXPECT_TRUE(import.approve(request).ok());
  EXPECT_EQ(import.approve(request).error().reason(), "SIGNATURE_REFUSED");  // said again
}

TEST_F(ImportTest, chunks_that_are_not_the_approved_ones_are_refused) {
  make_file({"1\n" + line(testing::kVisa, 1, "a"), "2\n" + line(testing::kVisa, 2, "b")}, 2);
  approve_by_both();
  EXPECT_EQ(refusal(1), "IMPORT_OUT_OF_ORDER");
  EXPECT_EQ(import.finish({.file = name}, "op").error().reason(), "IMPORT_OUT_OF_ORDER");
  std::swap(chunks[0], chunks[1]);
  EXPECT_EQ(refusal(0), "IMPORT_CHUNK_CHANGED");
  chunks[0] = encrypted("1\n" + line(testing::kMastercard, 1, "a"));
  EXPECT_EQ(refusal(0), "IMPORT_CHUNK_CHANGED");
  for (const std::int64_t chunk : {std::int64_t{-1}, std::int64_t{2}, std::numeric_limits<std::int64_t>::max()})
    EXPECT_EQ(import.take_chunk({.file = name, .chunk = chunk, .jwe = "x"}, "op").error().reason(),
              "IMPORT_OUT_OF_ORDER");
  for (const char* odd : {"", "zz", "00"}) EXPECT_EQ(import.find({.file = odd}).error().reason(), "IMPORT_UNKNOWN");
  EXPECT_EQ(cards(), 0);
}

TEST_F(ImportTest, what_is_no_file_or_for_another_key_is_refused) {
  for (auto& odd : std::vector<vault_api::CardFile>{{.rows = 1, .chunks = {}},
                                                    {.rows = 0, .chunks = {base::to_base64url(base::Bytes(32))}},
                                                    {.rows = 201, .chunks = {base::to_base64url(base::Bytes(32))}},
                                                    {.rows = 1, .chunks = {"AAAA"}},
                                                    {.rows = 1, .chunks = {"?"}},
                                                    {.rows = 5000, .chunks = std::vector<std::string>(2001, "x")}}) {
    file = odd;
    EXPECT_EQ(approve(people[0]).error().reason(), "IMPORT_FILE");
  }
  file = {};
  make_file({"1\n" + line(testing::kVisa, 1, "a"), "no rows"}, 2);
  const auto stranger = crypto::make_x25519_pair(vault.random);
  chunks[0] = crypto::encrypt_jwe(stranger.public_key, base::as_bytes("1\nx\n"), vault.random).value();
  base::Bytes digests;
  file.chunks.clear();
  for (const auto& chunk : chunks) {
    const auto one = crypto::sha256(base::as_bytes(chunk));
    digests.insert(digests.end(), one.begin(), one.end());
    file.chunks.push_back(base::to_base64url(one));
  }
  digest = vault_api::card_file_digest(2, digests);
  name = base::to_hex(digest);
  approve_by_both();
  EXPECT_EQ(refusal(0), "IMPORT_UNREADABLE");
  EXPECT_EQ(import.find({.file = name})->next_chunk, 0);
}

TEST_F(ImportTest, the_import_key_stays_until_its_own_key_ends) {
  const auto first = import.key()->opens;
  EXPECT_EQ(import.key()->opens, first);
  make_file({"1\n" + line(testing::kVisa, 1, "a")}, 1);
  approve_by_both();
  vault.keys->seal("a test");
  EXPECT_EQ(refusal(0), "VAULT_SEALED");
  ASSERT_TRUE(vault.keys->unseal(disk.hsm).ok());
  EXPECT_EQ(refusal(0), "");
  EXPECT_EQ(import.key()->opens, first);
  // The key under which it is sealed is renewed like any customer's: then there is another one, and files for the old
  // one are encrypted anew.
  const auto owner = *SubjectId::parse("6b617276-0000-7000-8000-696d706f7274");
  const auto rows =
      vault.database
          ->read<store::Rows>("test",
                              [&](store::ReadTx& tx) { return tx.read_one(subject_key_query(vault.tenant, owner)); })
          .value();
  SubjectKeys subject_keys(*vault.keys, vault.wall, vault.random);
  ASSERT_TRUE(renew_subject_key(*vault.database, subject_keys, vault.random, subject_key_from(rows.front())).ok());
  const auto second = import.key()->opens;
  EXPECT_NE(second, first);
  EXPECT_EQ(import.key()->opens, second);
  EXPECT_EQ(refusal(0), "IMPORT_UNREADABLE");
}

}  // namespace
}  // namespace karv::vault
