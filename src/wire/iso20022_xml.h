// Reading XML that somebody else wrote, under limits, into pugixml's tree; and walking that tree by local names,
// whatever prefix the writer chose. Internal to wire: its users see values (iso20022_pain002.h, iso20022_camt053.h).
//
// Refused: more than the limits, document types (and with them every entity that expands), another encoding than
// UTF-8, bytes that are not UTF-8, text after the end. Source: XML 1.0 (fifth edition); CWE-776, CWE-611.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <pugixml.hpp>

#include "base/bytes.h"
#include "base/result.h"

namespace karv::wire::iso20022 {

struct XmlLimits {
  std::size_t max_bytes = std::size_t{16} * 1024 * 1024;
  int max_depth = 32;
  std::size_t max_elements = 2'000'000;
};

// The document whose root element is <Document> in the namespace "urn:iso:std:iso:20022:tech:xsd:" + `message`, where
// `message` ends before the version ("pain.002.001."). Errors: too_large; bad_value, saying what is wrong and never
// what is in it.
base::Result<std::unique_ptr<pugi::xml_document>> read_xml(base::ByteView bytes, std::string_view message,
                                                           XmlLimits limits);

// "Ntry" of "<ns:Ntry>".
std::string_view local_name(const pugi::xml_node& node);
// The first child element of that name; an empty node when there is none.
pugi::xml_node child(const pugi::xml_node& node, std::string_view name);
// By a path of names: child(child(node, "A"), "B") for "A/B".
pugi::xml_node descend(const pugi::xml_node& node, std::string_view path);
// The text of the element at the end of a path, without white space around it; empty when there is none.
std::string_view text_at(const pugi::xml_node& node, std::string_view path);

}  // namespace karv::wire::iso20022
