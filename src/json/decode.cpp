#include "json/decode.h"

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

#include "base/wipe_stack.h"
#include "json/decoder.h"

namespace karv::json::detail {
namespace {

base::Result<> parse(std::string_view text, const Shape& shape, void* where, const Options& options) {
  boost::json::parse_options parse_options;
  parse_options.max_depth = options.max_depth + 1;  // the decoder's own limit comes first
  boost::json::basic_parser<Decoder> parser(parse_options, shape, where, options);
  boost::json::error_code ec;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  Decoder& decoder = parser.handler();
  if (decoder.stopped()) return *decoder.stopped();
  if (ec)
    return base::public_error(base::ErrorCode::bad_request, fmt::format("The request is not JSON: {}.", ec.message()));
  if (used != text.size())
    return base::public_error(base::ErrorCode::bad_request, "The request is not JSON: something follows its end.");
  return decoder.errors().result();
}

}  // namespace

base::Result<> decode_into(std::string_view text, const Shape& shape, void* where, const Options& options,
                           Secrets secrets) {
  if (text.size() > options.max_bytes) {
    return base::public_error(base::ErrorCode::too_large,
                              fmt::format("The request is larger than {} bytes.", options.max_bytes));
  }
  auto result = parse(text, shape, where, options);
  if (secrets == Secrets::some) base::wipe_stack();  // the parser unescapes text in a buffer of its own there
  return result;
}

}  // namespace karv::json::detail
