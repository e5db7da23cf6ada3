#include "wire/iso20022_pain002.h"

#include <algorithm>

#include "wire/iso20022_xml.h"

namespace karv::wire::iso20022 {
namespace {

constexpr std::size_t kMostText = 500;

base::Error malformed(const char* what) { return base::internal_error(base::ErrorCode::bad_value, what); }

// A code of a closed list: one to four capital letters or digits. Empty stays empty.
bool is_code(std::string_view text) {
  return text.size() <= 4 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

// Identifications that we wrote ourselves.
bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 35 && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string reason_of(const pugi::xml_node& node) {
  const auto code = text_at(node, "StsRsnInf/Rsn/Cd");
  return is_code(code) ? std::string(code) : std::string();
}

base::Result<EntryStatus> entry_from(const pugi::xml_node& node) {
  EntryStatus entry{.end_to_end_id = std::string(text_at(node, "OrgnlEndToEndId")),
                    .status = std::string(text_at(node, "TxSts")),
                    .reason = reason_of(node)};
  if (!is_id(entry.end_to_end_id) || entry.status.empty() || !is_code(entry.status))
    return malformed("the report has an entry without id or status");
  return entry;
}

}  // namespace

base::Result<StatusReport> read_pain002(base::ByteView xml) {
  KARV_TRY(const auto document, read_xml(xml, "pain.002.001.", {}));
  const auto report = descend(document->document_element(), "CstmrPmtStsRpt");
  const auto group = child(report, "OrgnlGrpInfAndSts");
  StatusReport out;
  out.original_message_id = text_at(group, "OrgnlMsgId");
  out.group_status = text_at(group, "GrpSts");
  out.reason = reason_of(group);
  out.text = text_at(group, "StsRsnInf/AddtlInf").substr(0, kMostText);
  if (!is_id(out.original_message_id)) return malformed("the report names no message");
  if (!is_code(out.group_status)) return malformed("the report has a status that is no code");
  for (const auto& payment : report.children()) {
    if (local_name(payment) != "OrgnlPmtInfAndSts") continue;
    if (out.group_status.empty()) {
      const auto status = text_at(payment, "PmtInfSts");
      if (!is_code(status)) return malformed("the report has a status that is no code");
      out.group_status = status;
      out.reason = reason_of(payment);
    }
    for (const auto& node : payment.children()) {
      if (local_name(node) != "TxInfAndSts") continue;
      KARV_TRY(auto entry, entry_from(node));
      out.entries.push_back(std::move(entry));
    }
  }
  if (out.group_status.empty() && out.entries.empty()) return malformed("the report says nothing");
  return out;
}

}  // namespace karv::wire::iso20022
