#include "grow/stencil.h"

#include <algorithm>

namespace karv::bench {
namespace {

constexpr std::size_t kIdTextSize = 36;

}  // namespace

Stencil::Stencil(Source& source, Table table, const std::string& condition, const Identities& identities)
    : table_(std::move(table)) {
  const std::string where = condition.empty() ? "" : " where " + condition;
  source.each("select * from " + table_.name + where, [&](sqlite3_stmt* row) {
    for (int column = 0; column < sqlite3_column_count(row); ++column) add(row, column, identities);
  });
}

void Stencil::print(const Mapping& mapping, std::string& into) const {
  into = bytes_;
  for (const auto& [at, size, form] : patches_) {
    const std::span<char> place(into.data() + at, size);
    if (form == Form::blob) mapping.blob(place);
    if (form == Form::text) mapping.text(place);
    if (form == Form::id) {
      base::Uuid id;
      std::ranges::copy(place, id.begin());
      std::ranges::copy(mapping.id(id), place.begin());
    }
    if (form == Form::id_text)
      std::ranges::copy(base::uuid_text(mapping.id(*base::uuid_from_text({place.data(), place.size()}))),
                        place.begin());
  }
}

void Stencil::add(sqlite3_stmt* row, int column, const Identities& identities) {
  const int type = sqlite3_column_type(row, column);
  KARV_CHECK(type != SQLITE_FLOAT);  // no table has such a column
  if (type == SQLITE_NULL) {
    cells_.emplace_back();
    return;
  }
  if (type == SQLITE_INTEGER) {
    const auto number = sqlite3_column_int64(row, column);
    cells_.push_back({.kind = is_moment(number) ? Cell::Kind::moment : Cell::Kind::number, .number = number});
    return;
  }
  const auto value = bytes_of(row, column);
  const auto at = bytes_.size();
  cells_.push_back({.kind = type == SQLITE_TEXT ? Cell::Kind::text : Cell::Kind::blob,
                    .size = static_cast<std::uint32_t>(value.size()),
                    .number = static_cast<std::int64_t>(at)});
  bytes_ += value;
  if (type == SQLITE_TEXT)
    mark_text(value, at, identities);
  else
    mark_blob(value, at, identities);
}

void Stencil::mark_blob(std::string_view bytes, std::size_t at, const Identities& identities) {
  if (!identities.has_blob(bytes)) return;
  const auto size = static_cast<std::uint32_t>(bytes.size());
  patches_.push_back({at, size, size == sizeof(base::Uuid) ? Form::id : Form::blob});
}

// A text names others by their ids' written form: as a whole (an account's owner) or among other things (a reply).
void Stencil::mark_text(std::string_view text, std::size_t at, const Identities& identities) {
  if (identities.has_text(text)) {
    patches_.push_back({at, static_cast<std::uint32_t>(text.size()), Form::text});
    return;
  }
  for (auto dash = text.find('-'); dash != text.npos; dash = text.find('-', dash + 1)) {
    if (dash < 8) continue;
    const auto begin = dash - 8;
    const auto id = base::uuid_from_text(text.substr(begin, kIdTextSize));
    if (!id || !identities.has(*id)) continue;
    patches_.push_back({at + begin, kIdTextSize, Form::id_text});
    dash += kIdTextSize - 9;
  }
}

}  // namespace karv::bench
