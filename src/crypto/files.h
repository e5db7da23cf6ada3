// Files that hold secrets: read into wiped memory, written so that only their owner can read them, never half.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace karv::crypto {

// The file's bytes. Errors: unavailable (cannot be read, larger than 1 MiB, or open to others than owner and group).
base::Result<base::SecretBytes> read_secret_file(const std::string& path);
// The same without white space at the end: PINs and passwords typed with an editor.
base::Result<base::SecretBytes> read_secret_line(const std::string& path);

// The digest of a file of any size. Errors: unavailable.
base::Result<base::Bytes> sha256_of_file(const std::string& path);

// Writes next to the target, flushes, renames: readers see the old or the new file. Mode 0600, or 0644 when public.
base::Result<void> write_private_file(const std::string& path, base::ByteView bytes);
base::Result<void> write_public_file(const std::string& path, base::ByteView bytes);

}  // namespace karv::crypto
