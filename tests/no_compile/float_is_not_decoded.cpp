// JSON has no floating point in Karv.
// expect: JSON does not map to this type
#include "json/decode.h"

#ifdef KARV_MISUSE
struct Price {
  double amount = 0;
};
#else
struct Price {
  std::int64_t amount = 0;
};
#endif
BOOST_DESCRIBE_STRUCT(Price, (), (amount))

karv::base::Result<Price> read(std::string_view text) { return karv::json::decode<Price>(text); }
