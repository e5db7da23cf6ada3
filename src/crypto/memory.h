// Makes OpenSSL wipe every piece of memory it gives back, so that what passed through TLS (card numbers, keys) does not
// stay behind in free memory. For processes that handle card data.
#pragma once

namespace karv::crypto {

// False when OpenSSL has already allocated memory: call it first in main().
bool wipe_openssl_memory_on_free();

}  // namespace karv::crypto
