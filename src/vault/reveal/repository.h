// Rows of staff, requests and looks. No decisions here.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/reveal/types.h"

namespace karv::vault {

base::Result<std::optional<Staff>> find_staff(store::ReadTx& tx, StaffId id);
base::Result<std::optional<Staff>> find_staff_by_credential(store::ReadTx& tx, const base::Bytes& credential);
base::Result<std::optional<Staff>> find_staff_by_invitation(store::ReadTx& tx, const base::Bytes& digest);
// The row stays ours until the end.
base::Result<std::optional<Staff>> lock_staff(store::Tx& tx, StaffId id);
base::Result<std::vector<Staff>> list_staff(store::ReadTx& tx);
void insert_staff(store::Tx& tx, const Staff& staff);
// Everything but name, clearance and when it was made. Fails the transaction when it is not as in `before`, and when
// the passkey is somebody's already.
void update_staff(store::Tx& tx, const Staff& before, const Staff& staff);
// Makes the review of everybody who is active due: nobody counts until he is confirmed again.
base::Result<void> suspend_all_staff(store::Tx& tx);

base::Result<std::optional<RevealRequest>> find_request(store::ReadTx& tx, RevealId id);
base::Result<std::optional<RevealRequest>> lock_request(store::Tx& tx, RevealId id);
// Newest first.
base::Result<std::vector<RevealRequest>> find_requests_of(store::ReadTx& tx, StaffId requester, base::Instant since);
// Those that wait for somebody and are not over.
base::Result<std::vector<RevealRequest>> find_waiting_requests(store::ReadTx& tx, base::Instant now);
base::Result<std::int64_t> count_requests(store::ReadTx& tx, StaffId requester, RevealLevel level, base::Instant since);
// Fails the transaction when the id is taken.
void insert_request(store::Tx& tx, const RevealRequest& request);
// State, looks taken and the decision. Fails the transaction when state and looks are not as in `before`.
void update_request(store::Tx& tx, const RevealRequest& before, const RevealRequest& request);

void insert_look(store::Tx& tx, const Look& look);
base::Result<std::int64_t> count_looks(store::ReadTx& tx, StaffId staff, RevealLevel level, base::Instant since);
// Newest first, at most 200.
base::Result<std::vector<Look>> find_looks_at(store::ReadTx& tx, TenantId tenant, CustomerRef customer);

}  // namespace karv::vault
