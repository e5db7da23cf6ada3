// CardLine over net's framed TLS client: the vault's certificate, the card network's verified one.
#pragma once

#include <memory>

#include "base/result.h"
#include "net/frames.h"
#include "vault/network/card_network.h"

namespace karv::vault {

// Errors: those of net::FramedClient::create.
base::Result<std::unique_ptr<CardLine>> open_card_line(net::Loop& loop, net::Destination destination,
                                                       CardLineEvents events);

}  // namespace karv::vault
