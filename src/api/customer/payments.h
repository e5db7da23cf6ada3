// Paying an installment now: with the purchase's card, or with a saved one that then becomes the purchase's card.
#pragma once

#include "api/services.h"
#include "base/result.h"
#include "identity/types.h"
#include "net/http.h"

namespace karv::api::customer {

// POST /customer/v1/installments/{installment_id}/pay {card_id?} -> {status: paid | processing}. Saying it again does
// not pay again: what is paid answers paid, what is on its way answers processing.
base::Result<net::Reply> pay_installment(const Services& services, const identity::CustomerPrincipal& customer,
                                         const net::Request& request);

}  // namespace karv::api::customer
