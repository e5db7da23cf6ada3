// The bodies of session answers.
#pragma once

#include <string>

#include "api/services.h"
#include "orders/session_service.h"

namespace karv::api::merchant {

std::string client_token_of(const Services& services, const identity::Merchant& merchant,
                            const orders::PaymentSession& session);
// session_id, client_token, payment_method_categories.
std::string created_session_json(const Services& services, const identity::Merchant& merchant,
                                 const orders::PaymentSession& session);
std::string session_json(const Services& services, const identity::Merchant& merchant,
                         const orders::OpenedSession& opened);

}  // namespace karv::api::merchant
