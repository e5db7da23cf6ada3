// For the tests of bank files: a bank in memory that remembers what reached it and answers as told.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "net/http.h"

namespace karv::vault::testing {

// What it does with the next file. `silent`: it has the file, its answer is lost. `deaf`: nothing reached it.
// `impostor`: another certificate is there. `redirect`: it points elsewhere.
enum class BankBehavior { take, reject, take_partly, silent, lost, deaf, impostor, redirect, garbage, foreign_report };

struct TestBank {
  net::CallOutcome answer(const net::OutboundRequest& request);
  // The last file; empty when there is none.
  std::string last_file() const { return received.empty() ? std::string() : received.back().body; }

  BankBehavior behavior = BankBehavior::take;
  std::string status = "ACTC";                 // of files that it has
  std::vector<net::OutboundRequest> received;  // whatever reached it of files
  std::map<std::string, std::string> known;    // message id to status, of what it has taken
  int asked = 0;
};

std::string status_report(const std::string& message_id, const std::string& status, const std::string& entries = {});

}  // namespace karv::vault::testing
