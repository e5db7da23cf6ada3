// A purchase as its customer sees it.
#pragma once

#include "json/writer.h"
#include "orders/account_service.h"

namespace karv::api::customer {

void write_purchase(json::Writer& out, const orders::PurchaseView& view);

}  // namespace karv::api::customer
