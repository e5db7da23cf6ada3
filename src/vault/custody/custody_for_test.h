// For the tests of custody: a vault with three custodians, their keys and shares, and an HSM that has a PIN.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "audit/record.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "crypto/jwe.h"
#include "vault/custody/ceremony.h"
#include "vault/custody/exchange.h"
#include "vault/custody/key_endings.h"
#include "vault/test_support.h"

namespace karv::vault::testing {

// Somebody with keys of his own, and what the ceremony gave him.
struct Keyholder {
  std::string name;
  crypto::Ed25519Pair signs;
  crypto::X25519Pair opens;
  CustodianId id;
  base::SecretBytes share;

  vault_api::CustodianCard card() const {
    return {.name = name, .signs = base::to_base64url(signs.public_key), .opens = base::to_base64url(opens.public_key)};
  }
};

class CustodyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"Anna", "Bela", "Cleo"})
      people.push_back({.name = name,
                        .signs = crypto::make_ed25519_pair(vault.random),
                        .opens = crypto::make_x25519_pair(vault.random)});
  }
  CeremonyPlan plan() const {
    CeremonyPlan out;
    for (const auto& person : people) out.custodians.push_back(person.card());
    return out;
  }
  CeremonyHands hands() {
    return {.check_pin = [] { return base::Result<void>(); },
            .deliver =
                [this](const std::vector<vault_api::ShareFile>& shares) {
                  delivered = shares;
                  return base::Result<void>();
                },
            .change_pin =
                [this](const base::SecretBytes& pin_now) {
                  pin = pin_now.clone();
                  return base::Result<void>();
                }};
  }
  base::Result<void> hold(const CeremonyPlan& with) {
    return hold_ceremony(*vault.database, with, hands(), vault.wall, vault.random);
  }
  // Custodians with their shares, the vault sealed.
  void init() {
    ASSERT_TRUE(hold(plan()).ok());
    for (std::size_t i = 0; i < people.size(); ++i) {
      people[i].id = delivered[i].custodian;
      people[i].share = crypto::decrypt_jwe(people[i].opens.private_key, delivered[i].share).value();
    }
    vault.keys->seal("a test");
  }
  void accept_all() {
    for (auto& person : people) ASSERT_TRUE(desk.accept(accept_of(person)).ok());
  }
  template <class Request>
  void sign(Request& request, const Keyholder& person, std::string_view act, base::ByteView about) {
    request.custodian = person.id;
    request.at = vault.wall.now().ms;
    request.nonce = "nonce " + std::to_string(++nonces);
    request.signature = base::to_base64url(crypto::sign_ed25519(
        person.signs.seed, vault_api::signed_act(act, person.id, request.at, request.nonce, about)));
  }
  vault_api::AcceptRequest accept_of(const Keyholder& person) {
    vault_api::AcceptRequest request;
    sign(request, person, "accept", base::as_bytes(vault_api::kCustodianDuty));
    return request;
  }
  vault_api::UnsealRequest unseal_of(const Keyholder& person, const base::SecretBytes& share) {
    vault_api::UnsealRequest request;
    sign(request, person, "unseal", crypto::sha256(share.expose()));
    request.share = base::SecretBytes::copy_of(base::to_base64url(share.expose()));
    return request;
  }
  base::Result<vault_api::Unsealing> unseal(const Keyholder& person) {
    return desk.unseal(unseal_of(person, person.share));
  }
  vault_api::EndKeyRequest end_of(const Keyholder& person, KeyId key, const std::string& command) {
    vault_api::EndKeyRequest request;
    request.key = key.text();
    request.command = command;
    sign(request, person, command, key.view());
    return request;
  }
  std::vector<std::string> actions_of(const std::string& subject) {
    std::vector<std::string> out;
    for (const auto& record :
         vault.database
             ->read<std::vector<audit::Record>>(
                 "test",
                 [&](store::ReadTx& tx) { return audit::list_by_subject(tx, {.kind = "vault", .id = subject}, 100); })
             .value())
      out.push_back(record.action);
    return out;
  }

  testing::Disk disk;
  testing::TestVault vault{disk, nullptr};
  std::vector<Keyholder> people;
  std::vector<vault_api::ShareFile> delivered;
  base::SecretBytes pin;
  int nonces = 0;
  int opened = 0;
  // The HSM as far as its PIN goes.
  HsmHands hsm() {
    return {.open = [this](base::SecretBytes given) -> base::Result<std::shared_ptr<crypto::Hsm>> {
              ++opened;
              if (!(given == pin)) return base::Error(base::ErrorCode::forbidden);
              return std::shared_ptr<crypto::Hsm>(disk.hsm);
            },
            .change_pin = [this](const base::SecretBytes& former, const base::SecretBytes& now) -> base::Result<void> {
              if (!(former == pin)) return base::Error(base::ErrorCode::forbidden);
              if (!power) return base::Error(base::ErrorCode::unavailable);
              pin = now.clone();
              return {};
            }};
  }
  bool power = true;  // of the HSM, when its PIN is changed
  CustodyDesk desk{*vault.database, *vault.keys, vault.wall, vault.random, hsm()};
  KeyRotation rotation{*vault.database, *vault.keys, *vault.cards, *vault.accounts, vault.wall, vault.random, {}};
  KeyEndings endings{desk, rotation, vault.wall};
};

}  // namespace karv::vault::testing
