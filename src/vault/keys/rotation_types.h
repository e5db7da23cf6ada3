// A rotation as it is stored: an old key, its successor, and how far what the old one protects has moved over.
#pragma once

#include "vault/keys/types.h"

namespace karv::vault {

struct RotationTag;
using RotationId = base::Id<RotationTag>;

// rewrapping: values move to the successor. waiting: none is left, the old key is kept until `destroy_at`. finished:
// the old key is destroyed.
BOOST_DEFINE_ENUM_CLASS(RotationState, rewrapping, waiting, finished)

struct Rotation {
  RotationId id;
  KeyClass key_class = KeyClass::epoch;
  KeyId old_key;
  RotationState state = RotationState::rewrapping;
  std::int64_t total = 0;  // values under the old key when it began
  std::int64_t done = 0;
  base::Instant started_at;
  base::Instant destroy_at;  // not before
  std::optional<base::Instant> finished_at;
};

}  // namespace karv::vault
