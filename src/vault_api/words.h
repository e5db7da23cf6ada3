// The closed lists of words of the private channel; each enumerator is its wire and stored word.
// Used by the vault and by whoever talks to it. Not here: what is allowed when (vault/operations/operation_rules.h,
// scope.h).
#pragma once

#include <boost/describe/enum.hpp>

namespace karv::vault_api {

// What a ticket or a vault token is for. It refuses every other use.
//   purchase      one purchase: hold, complete, reverse, and the charge that replaces an expired hold
//   installments  the installments of one agreement
//   recurring     charges that the merchant makes on an agreed rhythm, the shopper not there
//   refund        back to the same card
//   payout        money to the customer's card, not for anything that it paid
//   reversal      giving holds free
//   saved         the customer's own card: only other tokens are derived from it; not bound to a merchant
BOOST_DEFINE_ENUM_CLASS(Purpose, purchase, installments, recurring, refund, reversal, payout, saved)

BOOST_DEFINE_ENUM_CLASS(OperationKind, hold, charge, complete, refund, reverse, payout)

// Why a use of a vault token was refused; told to risk, not to who presented it.
//   unknown             no such token, or another tenant's
//   customer, merchant  somebody else's
//   purpose             for another kind of operation, or for deriving what may not be derived
//   agreement, currency, cap, uses, expired  outside what it was made for
//   ended               its card was deleted or replaced
BOOST_DEFINE_ENUM_CLASS(RefusalReason, unknown, purpose, customer, merchant, agreement, expired, currency, cap, uses,
                        ended)

// What the caller can rely on.
//   approved  the card network said yes
//   declined  it said no, or was never asked (response code 91): no money moved
//   unknown   it may have said yes; the vault settles it by itself (ask for the operation again)
//   accepted  recorded durably; the vault repeats it until the network confirms
BOOST_DEFINE_ENUM_CLASS(Outcome, approved, declined, unknown, accepted)

// What is known about an operation inside the vault.
//   barred      it never came, and its caller was told that it never will: a later arrival is refused. Final
//   recorded    intent is durable; the network may or may not have been asked yet
//   not_sent    nothing left the vault: final
//   approved, declined  the network's answer: final, but for an approved hold that is released
//   released    a hold that was reversed by its own wish: final
//   reversing   the answer was lost; a reversal is repeated until confirmed
//   reversed    the reversal is confirmed: no money moved
//   repeating   a refund or payout whose answer was lost; the same request is repeated until answered
//   delivering  an advice on its way, repeated until confirmed
//   confirmed   an advice that the network took: final
//   rejected    an advice that the network refused: final. What was counted on it must be undone by the caller
BOOST_DEFINE_ENUM_CLASS(OperationState, barred, recorded, not_sent, approved, declined, released, reversing, reversed,
                        repeating, delivering, confirmed, rejected)

// Whether the shopper is there. A charge of an agreed installment is the merchant's, also when the shopper asks for it
// early: it uses the stored credential, without a security code.
BOOST_DEFINE_ENUM_CLASS(Initiator, cardholder, merchant)

}  // namespace karv::vault_api
