#include "wire/iso20022_xml.h"

#include "json/utf8.h"

namespace karv::wire::iso20022 {
namespace {

constexpr std::string_view kNamespaces = "urn:iso:std:iso:20022:tech:xsd:";

base::Error malformed(const char* what) { return base::internal_error(base::ErrorCode::bad_value, what); }

// Counts as it goes down; stops at the first limit that is passed.
class Measure final : public pugi::xml_tree_walker {
 public:
  explicit Measure(const XmlLimits& limits) : limits_(limits) {}
  bool for_each(pugi::xml_node& node) override {
    if (node.type() == pugi::node_element) ++elements_;
    over_ = depth() >= limits_.max_depth || elements_ > limits_.max_elements;
    return !over_;
  }
  bool over() const { return over_; }

 private:
  const XmlLimits& limits_;
  std::size_t elements_ = 0;
  bool over_ = false;
};

std::string_view namespace_of(const pugi::xml_node& root) {
  const std::string_view name = root.name();
  const auto colon = name.find(':');
  const std::string attribute =
      colon == std::string_view::npos ? "xmlns" : "xmlns:" + std::string(name.substr(0, colon));
  return root.attribute(attribute.c_str()).value();
}

base::Result<void> check_form(const pugi::xml_document& document, std::string_view message) {
  pugi::xml_node root;
  for (const auto& node : document.children()) {
    if (node.type() == pugi::node_doctype) return malformed("the XML has a document type");
    if (node.type() == pugi::node_declaration) {
      const std::string_view encoding = node.attribute("encoding").value();
      if (!encoding.empty() && encoding != "UTF-8" && encoding != "utf-8")
        return malformed("the XML is not declared as UTF-8");
    }
    if (node.type() != pugi::node_element) continue;
    if (!root.empty()) return malformed("the XML has two roots");
    root = node;
  }
  const auto uri = namespace_of(root);
  if (local_name(root) != "Document" || !uri.starts_with(kNamespaces) ||
      !uri.substr(kNamespaces.size()).starts_with(message))
    return malformed("the XML is another message");
  return {};
}

}  // namespace

base::Result<std::unique_ptr<pugi::xml_document>> read_xml(base::ByteView bytes, std::string_view message,
                                                           XmlLimits limits) {
  if (bytes.size() > limits.max_bytes) return base::Error(base::ErrorCode::too_large);
  if (!json::is_utf8(base::as_text(bytes))) return malformed("the XML is not UTF-8");
  if (base::as_text(bytes).find('\0') != std::string_view::npos) return malformed("the XML holds a zero byte");
  auto document = std::make_unique<pugi::xml_document>();
  constexpr unsigned kOptions = pugi::parse_default | pugi::parse_doctype | pugi::parse_declaration;
  const auto parsed = document->load_buffer(bytes.data(), bytes.size(), kOptions, pugi::encoding_utf8);
  if (!parsed) return malformed("the XML is malformed");
  Measure measure(limits);
  document->traverse(measure);
  if (measure.over()) return base::Error(base::ErrorCode::too_large);
  KARV_TRY_VOID(check_form(*document, message));
  return document;
}

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
  for (const auto& each : node.children())
    if (each.type() == pugi::node_element && local_name(each) == name) return each;
  return {};
}

pugi::xml_node descend(const pugi::xml_node& node, std::string_view path) {
  pugi::xml_node at = node;
  while (!path.empty() && !at.empty()) {
    const auto slash = path.find('/');
    at = child(at, path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return at;
}

std::string_view text_at(const pugi::xml_node& node, std::string_view path) {
  std::string_view text = descend(node, path).child_value();
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace karv::wire::iso20022
