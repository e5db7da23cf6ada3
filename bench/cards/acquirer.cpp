#include "cards/acquirer.h"

#include "base/check.h"
#include "base/mutex.h"
#include "wire/iso8583.h"

namespace karv::bench {
namespace {

namespace iso = wire::iso8583;

base::SecretBytes approval_of(const base::SecretBytes& frame) {
  const auto request = iso::decode(frame.expose());
  KARV_CHECK(request.ok());
  iso::Message response(iso::response_mti(request->mti()));
  for (const int field : {7, 11, 37, 70})
    if (const auto value = request->find(field)) response.set(field, *value);
  if (request->mti() != iso::mti::kNetworkRequest) response.set(38, "A1B2C3");
  response.set(39, "00");
  auto encoded = iso::encode(response);
  KARV_CHECK(encoded.ok());
  return std::move(encoded).value();
}

class ApprovingLine final : public vault::CardLine {
 public:
  explicit ApprovingLine(vault::CardLineEvents events) : events_(std::move(events)) { events_.opened(); }
  bool send(base::SecretBytes frame) override {
    auto approval = approval_of(frame);
    const base::Lock lock(telling_);  // never two at the same time
    events_.frame(std::move(approval));
    return true;
  }
  void restart() override { KARV_CHECK(false); }  // nobody has a reason to

 private:
  const vault::CardLineEvents events_;
  base::Mutex telling_;
};

}  // namespace

vault::CardNetwork::Connect approving_acquirer() {
  return [](vault::CardLineEvents events) { return std::make_unique<ApprovingLine>(std::move(events)); };
}

}  // namespace karv::bench
