// What the vault knows of the scripts of Karv's payment pages: GET /private/v1/scripts answers ScriptsAnswer.
// Times in milliseconds since 1970.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

namespace karv::vault_api {

// What browsers reported.
//   unlisted_script     a script that is not in the inventory ran or was kept from running: an alarm
//   script_not_started  a card form whose script did not run: it was changed, or it never arrived
//   policy_violation    anything else that a page's policy stopped: a connection, a style, a foreign frame around it
//   browser_extension   an extension of the shopper's browser was stopped: not a script of the page
BOOST_DEFINE_ENUM_CLASS(FindingKind, unlisted_script, script_not_started, policy_violation, browser_extension)

// A script of the inventory. `seen`: how often browsers reported to have run it, since the vault's start.
struct KnownScript {
  std::string page;
  std::string path;
  std::string integrity;
  std::string owner;
  std::string why;
  std::int64_t seen = 0;
  std::optional<std::int64_t> last_seen = {};
};
BOOST_DESCRIBE_STRUCT(KnownScript, (), (page, path, integrity, owner, why, seen, last_seen))

// One row for all reports that say the same.
struct PageFinding {
  FindingKind kind = FindingKind::policy_violation;
  std::string page;       // "card-frame", "checkout", "account", "other"
  std::string directive;  // "script-src-elem"; "csp-hash" or "integrity-policy" for those reports
  std::string blocked;    // an origin (with the path when it is a listed script's) or a word: "inline", "eval"
  std::string hash;       // empty when the browser said none
  std::int64_t times = 0;
  std::int64_t first_seen = 0;
  std::int64_t last_seen = 0;
};
BOOST_DESCRIBE_STRUCT(PageFinding, (), (kind, page, directive, blocked, hash, times, first_seen, last_seen))

struct ScriptsAnswer {
  std::int64_t alarms = 0;  // findings of kind unlisted_script and script_not_started, counted by `times`
  std::vector<KnownScript> scripts;
  std::vector<PageFinding> findings;  // the latest first
};
BOOST_DESCRIBE_STRUCT(ScriptsAnswer, (), (alarms, scripts, findings))

inline constexpr std::string_view kScriptsPath = "/private/v1/scripts";

}  // namespace karv::vault_api
