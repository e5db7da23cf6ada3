// Whether this is a sanitizer build: its runtime needs files and system calls that a release build must not have.
#pragma once

namespace karv::apps {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define KARV_SANITIZED_BUILD true
#endif
#endif
#ifndef KARV_SANITIZED_BUILD
#define KARV_SANITIZED_BUILD false
#endif
inline constexpr bool kSanitized = KARV_SANITIZED_BUILD;
#undef KARV_SANITIZED_BUILD

}  // namespace karv::apps
