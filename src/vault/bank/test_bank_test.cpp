#include "vault/bank/test_bank.h"

namespace karv::vault::testing {
namespace {

std::string text_of(const std::string& xml, const std::string& element) {
  const auto begin = xml.find("<" + element + ">");
  if (begin == std::string::npos) return {};
  const auto from = begin + element.size() + 2;
  return xml.substr(from, xml.find("</", from) - from);
}

}  // namespace

std::string status_report(const std::string& message_id, const std::string& status, const std::string& entries) {
  return R"(<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><OrgnlGrpInfAndSts>)"
         "<OrgnlMsgId>" +
         message_id + "</OrgnlMsgId><GrpSts>" + status +
         "</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>x</OrgnlPmtInfId>" + entries +
         "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>";
}

net::CallOutcome TestBank::answer(const net::OutboundRequest& request) {
  const auto report = [](const std::string& text) { return net::Response{.status = 200, .body = text}; };
  if (behavior == BankBehavior::deaf) return base::Error(base::ErrorCode::unavailable);
  if (behavior == BankBehavior::impostor)
    return base::Error(base::ErrorCode::unavailable).with_reason("PEER_NOT_TRUSTED");
  if (behavior == BankBehavior::redirect) return net::Response{.status = 307, .headers = {{"Location", "/other"}}};
  if (behavior == BankBehavior::garbage) return report("<html>");
  if (behavior == BankBehavior::foreign_report) return report(status_report("another", "ACSC"));
  if (request.method == net::Method::get) {
    ++asked;
    const auto id = request.path.substr(std::string("/v1/payments/").size(), 32);
    const auto found = known.find(id);
    if (found == known.end()) return net::Response{.status = 404};
    return report(status_report(id, found->second));
  }
  received.push_back(request);
  const auto id = text_of(request.body, "MsgId");
  if (behavior == BankBehavior::lost) return base::Error(base::ErrorCode::unknown_outcome);
  known[id] = behavior == BankBehavior::reject ? "RJCT" : status;
  if (behavior == BankBehavior::silent) return base::Error(base::ErrorCode::timeout);
  if (behavior != BankBehavior::take_partly) return report(status_report(id, known[id]));
  const auto first = text_of(request.body, "EndToEndId");
  return report(status_report(id, "PART",
                              "<TxInfAndSts><OrgnlEndToEndId>" + first +
                                  "</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn>"
                                  "</StsRsnInf></TxInfAndSts><TxInfAndSts><OrgnlEndToEndId>nobody's"
                                  "</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts>"));
}

}  // namespace karv::vault::testing
