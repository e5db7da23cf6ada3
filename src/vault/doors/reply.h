// What a door says to the answer of a work: the answer as JSON, or its error in the vault's dialect.
#pragma once

#include "base/result.h"
#include "json/encode.h"
#include "vault/doors/problem.h"

namespace karv::vault {

template <class Answer>
net::Reply reply_of(const base::Result<Answer>& answer, const net::Request& request) {
  if (!answer.ok()) return problem_response(answer.error(), request);
  return json_response(json::encode(answer.value()));
}

}  // namespace karv::vault
