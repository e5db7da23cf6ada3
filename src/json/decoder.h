// The handler that turns the parser's events into values in a described object, keeping track of where it is. Used by
// decode_into() alone, once per document.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/basic_parser.hpp>

#include "base/result.h"
#include "json/field_errors.h"
#include "json/options.h"
#include "json/secret_buffer.h"
#include "json/shape.h"
#include "json/writer.h"

namespace karv::json::detail {

class Decoder {
 public:
  using Ec = boost::json::error_code;
  using Text = boost::json::string_view;
  // The parser's own limits are off: ours come with a path.
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  Decoder(const Shape& shape, void* where, const Options& options) : root_{&shape, where, false}, options_(options) {}

  // What went wrong so far, if anything; asked after the parser is done.
  const FieldErrors& errors() const { return errors_; }
  // Set when reading stopped before the end because of ours, not because of the text.
  const std::optional<base::Error>& stopped() const { return stopped_; }

  bool on_document_begin(Ec&) { return true; }
  bool on_document_end(Ec&) { return true; }
  bool on_object_begin(Ec& ec) { return begin(Kind::object, ec); }
  bool on_object_end(std::size_t, Ec& ec) { return end(ec); }
  bool on_array_begin(Ec& ec) { return begin(Kind::list, ec); }
  bool on_array_end(std::size_t, Ec& ec) { return end(ec); }
  bool on_key_part(Text part, std::size_t, Ec& ec);
  bool on_key(Text part, std::size_t, Ec& ec);
  bool on_string_part(Text part, std::size_t, Ec& ec);
  bool on_string(Text part, std::size_t, Ec& ec);
  bool on_number_part(Text, Ec&) { return true; }  // only of documents that come in parts: ours do not
  bool on_int64(std::int64_t, Text token, Ec& ec) { return number(token, ec); }
  bool on_uint64(std::uint64_t, Text token, Ec& ec) { return number(token, ec); }
  bool on_double(double, Text token, Ec& ec) { return number(token, ec); }
  bool on_bool(bool value, Ec& ec);
  bool on_null(Ec& ec);
  bool on_comment_part(Text, Ec&) { return true; }
  bool on_comment(Text, Ec&) { return true; }

 private:
  // A place for one value.
  struct Slot {
    const Shape* shape = nullptr;  // null: nobody asked for it
    void* where = nullptr;
    bool raw = false;  // goes into raw_ as text
  };
  // An object or list that is open.
  struct Frame {
    const Shape* shape = nullptr;  // null: nobody asked for it
    void* where = nullptr;
    bool raw = false;
    bool list = false;
    std::size_t count = 0;           // members or items begun
    const Member* member = nullptr;  // the current one, when declared
    std::string name;                // the current one, when not
    std::uint64_t seen = 0;          // declared members, by position
    std::set<std::string> others;    // undeclared members
  };

  bool take_slot(Slot& slot, Ec& ec);
  bool begin(Kind kind, Ec& ec);
  bool end(Ec& ec);
  void finish_raw(const Shape* shape, void* where);
  bool name_member(std::string_view name, Ec& ec);
  bool number(std::string_view token, Ec& ec);
  bool text(const Slot& slot, std::string_view value, Ec& ec);

  std::string path() const;
  bool wrong(const Shape& shape, std::string_view received, Ec& ec);
  bool report(std::string message, Ec& ec);
  bool stop(base::Error error, Ec& ec);

  Slot root_;
  const Options& options_;
  std::vector<Frame> frames_;
  std::string partial_;            // a name or text that comes in parts
  SecretBuffer partial_secret_;    // the same, when it is a secret's
  std::optional<Slot> text_slot_;  // where a text that comes in parts goes
  std::optional<Writer> raw_;
  std::size_t values_ = 0;
  FieldErrors errors_;
  std::optional<base::Error> stopped_;
};

}  // namespace karv::json::detail
