// A vault for the tests of this module and of those above it: remembers operations by id like the real one, answers as
// it is told, and can lose its answers on the way back. Not a stand-in anywhere else.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/decode.h"
#include "json/encode.h"
#include "rails/dispatch.h"
#include "vault_api/card_endings.h"
#include "vault_api/client.h"
#include "vault_api/refusals.h"

namespace karv::rails {

class FakeVaultForTest {
 public:
  enum class Channel { works, refuses_connections, loses_answers, refuses_scope };

  AskVault ask() {
    return [this](const net::OutboundRequest& request, base::Duration) { return answer(request); };
  }
  // What happened at the card network, by kind and in order: "hold", "complete", ...
  const std::vector<std::string>& done() const { return done_; }
  const std::vector<vault_api::CardOperation>& messages() const { return messages_; }
  int requests() const { return requests_; }
  const std::vector<vault_api::EndCardRequest>& endings() const { return endings_; }
  const std::vector<vault_api::RefusalsRequest>& refusals_asked() const { return refusals_asked_; }
  std::vector<vault_api::RefusalsAnswer> refusals;  // one after the other; then there are none
  bool loses_endings = false;
  vault_api::SweepCardsAnswer swept;  // once

  Channel channel = Channel::works;
  vault_api::Outcome outcome = vault_api::Outcome::approved;  // of holds, charges and refunds
  std::string response_code = "00";
  // The network's word on an advice that was taken; until then it is on its way.
  void answer_advice(CardOperationId id, vault_api::OperationState state, const std::string& code) {
    auto& answer = known_.at(id.text()).answer;
    answer.state = state;
    answer.response_code = code;
    answer.outcome =
        state == vault_api::OperationState::rejected ? vault_api::Outcome::declined : vault_api::Outcome::accepted;
  }

  static net::CallOutcome problem(int status, const std::string& code) {
    return net::Response{status,
                         {{"Content-Type", "application/problem+json"}},
                         R"({"code":")" + code + R"(","title":"t","detail":"d","correlation_id":"c"})",
                         false};
  }
  template <class Answer>
  static net::CallOutcome good(const Answer& answer) {
    return net::Response{200, {{"Content-Type", "application/json"}}, json::encode(answer), false};
  }

 private:
  struct Known {
    std::string body;
    vault_api::OperationAnswer answer;
  };

  net::CallOutcome answer(const net::OutboundRequest& request) {
    ++requests_;
    if (channel == Channel::refuses_connections) return base::Error(base::ErrorCode::unavailable);
    auto said = handle(request);
    if (channel == Channel::loses_answers) return base::Error(base::ErrorCode::timeout);
    return said;
  }

  net::CallOutcome handle(const net::OutboundRequest& request) {
    constexpr std::string_view kOperations = "/private/v1/operations/";
    constexpr std::string_view kCards = "/private/v1/cards/";
    if (request.path == vault_api::BarRequest::kPath) return bar(request.body);  // before the names below its folder
    if (request.path.starts_with(kOperations)) {
      const auto known = known_.find(request.path.substr(kOperations.size()));
      return known == known_.end() ? problem(404, "NOT_FOUND") : good(known->second.answer);
    }
    if (request.path == vault_api::RefusalsRequest::kPath) return tell_refusals(request.body);
    if (request.path == vault_api::SweepCardsRequest::kPath) return good(std::exchange(swept, {}));
    if (request.path == vault_api::EndCardRequest::kPath) {
      endings_.push_back(json::decode<vault_api::EndCardRequest>(request.body).value());
      if (loses_endings) return base::Error(base::ErrorCode::timeout);
      return good(vault_api::EndCardAnswer{1});
    }
    if (request.path == vault_api::DeriveRequest::kPath)
      return good(vault_api::DeriveAnswer{"derived-" + std::to_string(++derived_)});
    if (request.path == vault_api::TestCardRequest::kPath || request.path == vault_api::CollectRequest::kPath)
      return good(vault_api::CardAnswer{"saved-" + std::to_string(++derived_), "visa", "1111", 12, 2030, "print"});
    if (request.path == vault_api::TicketRequest::kPath)
      return good(vault_api::TicketAnswer{"ticket", "https://vault.localhost:8444/frame/v1/card?ticket=ticket", 0});
    if (channel == Channel::refuses_scope) return problem(403, "SCOPE_REFUSED");
    if (request.path.starts_with(kCards)) return operate(request.path.substr(kCards.size()), request.body);
    return problem(404, "NOT_FOUND");
  }

  net::CallOutcome tell_refusals(const std::string& body) {
    refusals_asked_.push_back(json::decode<vault_api::RefusalsRequest>(body).value());
    if (refusals.empty()) return good(vault_api::RefusalsAnswer{});
    const auto answer = good(refusals.front());
    refusals.erase(refusals.begin());
    return answer;
  }

  net::CallOutcome bar(const std::string& body) {
    const auto message = json::decode<vault_api::BarRequest>(body);
    if (!message.ok()) return problem(400, "BAD_VALUE");
    const Known never{{}, {vault_api::Outcome::declined, vault_api::OperationState::barred, {}, {}, {}}};
    return good(known_.try_emplace(message->operation.text(), never).first->second.answer);
  }

  net::CallOutcome operate(const std::string& kind, const std::string& body) {
    const auto message = json::decode<vault_api::CardOperation>(body);
    if (!message.ok()) return problem(400, "BAD_VALUE");
    const std::string id = message->operation.text();
    if (const auto known = known_.find(id); known != known_.end() && known->second.body.empty())
      return problem(410, "OPERATION_BARRED");
    if (const auto known = known_.find(id); known != known_.end())
      return known->second.body == body ? good(known->second.answer) : problem(409, "IDEMPOTENCY_CONFLICT");
    const bool quotes = message->original_operation.has_value();
    if (message->merchant_reference.empty() || quotes == (kind == "hold")) return problem(400, "BAD_VALUE");
    const bool advice = kind == "complete" || kind == "reverse";
    vault_api::OperationAnswer said;
    said.outcome = advice ? vault_api::Outcome::accepted : outcome;
    said.state = advice ? vault_api::OperationState::delivering : vault_api::OperationState::approved;
    said.response_code = advice ? "" : response_code;
    known_[id] = {body, said};
    done_.push_back(kind);
    messages_.push_back(*message);
    return good(said);
  }

  std::map<std::string, Known, std::less<>> known_;
  std::vector<std::string> done_;
  std::vector<vault_api::CardOperation> messages_;
  std::vector<vault_api::EndCardRequest> endings_;
  std::vector<vault_api::RefusalsRequest> refusals_asked_;
  int requests_ = 0;
  int derived_ = 0;
};

}  // namespace karv::rails
