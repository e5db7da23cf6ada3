// A PKCS#11 module that fails when told to: everything is SoftHSM2's, but for the calls that a file of faults names.
//
// $KARV_FAULTS is the path of that file, read at every call. A line is `function from calls effect`: `from` counts the
// function's calls since the file last changed, beginning with 1; `calls` is how many fail from there on. Effects:
//   0x32         the call is not made and answers this value (CKR_DEVICE_REMOVED)
//   hang:3000    the call is made after so many milliseconds
//   garble       the call is made, and one bit of what it gives back is turned over
// A line `sessions N` makes a session table of N places. Functions: those that C_GetFunctionList exchanges below.
// karv_faulty_hsm_sessions() says how many sessions are open.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

namespace {

constexpr const char* kSoftHsm = "/usr/lib/softhsm/libsofthsm2.so";

CK_FUNCTION_LIST* real = nullptr;
CK_FUNCTION_LIST ours;
std::atomic<long> open_sessions{0};

struct Effect {
  CK_RV answer = CKR_OK;
  std::chrono::milliseconds hang{0};
  bool garble = false;
};

class Faults {
 public:
  Effect next(std::string_view function) {
    const std::lock_guard lock(mutex_);
    read();
    const long call = ++calls_[std::string(function)];
    std::istringstream lines(text_);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string name, effect;
      long from = 0, calls = 0;
      if (!(words >> name >> from >> calls >> effect) || name != function) continue;
      if (call >= from && call < from + calls) return parse(effect);
    }
    return {};
  }
  long session_places() {
    const std::lock_guard lock(mutex_);
    read();
    const auto at = text_.find("sessions ");
    return at == std::string::npos ? 1000 : std::strtol(text_.c_str() + at + 9, nullptr, 10);
  }

 private:
  void read() {
    const char* const path = std::getenv("KARV_FAULTS");
    std::ifstream file(path == nullptr ? "" : path);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text == text_) return;
    text_ = std::move(text);
    calls_.clear();
  }
  static Effect parse(const std::string& effect) {
    if (effect == "garble") return {.garble = true};
    if (effect.starts_with("hang:")) return {.hang = std::chrono::milliseconds(std::stol(effect.substr(5)))};
    return {.answer = std::stoul(effect, nullptr, 16)};
  }

  std::mutex mutex_;
  std::string text_;
  std::map<std::string, long, std::less<>> calls_;
} faults;

// Makes the call, or what the file says instead. `given`: where it puts its answer, if that can be garbled.
template <class Call>
CK_RV with_faults(std::string_view function, const Call& call, CK_BYTE* given = nullptr) {
  const Effect effect = faults.next(function);
  if (effect.answer != CKR_OK) return effect.answer;
  std::this_thread::sleep_for(effect.hang);
  const CK_RV rv = call();
  if (effect.garble && rv == CKR_OK && given != nullptr) given[0] ^= 1;
  return rv;
}

CK_RV initialize(void* arguments) {
  return with_faults("C_Initialize", [&] { return real->C_Initialize(arguments); });
}
CK_RV finalize(void* reserved) {
  open_sessions = 0;
  return real->C_Finalize(reserved);
}
CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void* application, CK_NOTIFY notify, CK_SESSION_HANDLE* session) {
  return with_faults("C_OpenSession", [&]() -> CK_RV {
    if (open_sessions >= faults.session_places()) return CKR_SESSION_COUNT;
    const CK_RV rv = real->C_OpenSession(slot, flags, application, notify, session);
    if (rv == CKR_OK) ++open_sessions;
    return rv;
  });
}
CK_RV close_session(CK_SESSION_HANDLE session) {
  const CK_RV rv = real->C_CloseSession(session);
  if (rv == CKR_OK) --open_sessions;
  return rv;
}
CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE* pin, CK_ULONG size) {
  return with_faults("C_Login", [&] { return real->C_Login(session, user, pin, size); });
}
CK_RV set_pin(CK_SESSION_HANDLE session, CK_BYTE* old, CK_ULONG old_size, CK_BYTE* pin, CK_ULONG size) {
  return with_faults("C_SetPIN", [&] { return real->C_SetPIN(session, old, old_size, pin, size); });
}
CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE* wanted, CK_ULONG count) {
  return with_faults("C_FindObjectsInit", [&] { return real->C_FindObjectsInit(session, wanted, count); });
}
CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE* objects, CK_ULONG most, CK_ULONG* found) {
  return with_faults("C_FindObjects", [&] { return real->C_FindObjects(session, objects, most, found); });
}
CK_RV generate_key(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_ATTRIBUTE* attributes, CK_ULONG count,
                   CK_OBJECT_HANDLE* key) {
  return with_faults("C_GenerateKey", [&] { return real->C_GenerateKey(session, mechanism, attributes, count, key); });
}
CK_RV generate_random(CK_SESSION_HANDLE session, CK_BYTE* out, CK_ULONG size) {
  return with_faults("C_GenerateRandom", [&] { return real->C_GenerateRandom(session, out, size); });
}
CK_RV encrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  return with_faults("C_EncryptInit", [&] { return real->C_EncryptInit(session, mechanism, key); });
}
CK_RV encrypt(CK_SESSION_HANDLE session, CK_BYTE* in, CK_ULONG in_size, CK_BYTE* out, CK_ULONG* size) {
  return with_faults("C_Encrypt", [&] { return real->C_Encrypt(session, in, in_size, out, size); }, out);
}
CK_RV decrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  return with_faults("C_DecryptInit", [&] { return real->C_DecryptInit(session, mechanism, key); });
}
CK_RV decrypt(CK_SESSION_HANDLE session, CK_BYTE* in, CK_ULONG in_size, CK_BYTE* out, CK_ULONG* size) {
  return with_faults("C_Decrypt", [&] { return real->C_Decrypt(session, in, in_size, out, size); }, out);
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  void* const library = ::dlopen(kSoftHsm, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return CKR_GENERAL_ERROR;
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  if (get == nullptr || get(&real) != CKR_OK) return CKR_GENERAL_ERROR;
  ours = *real;
  ours.C_Initialize = initialize;
  ours.C_Finalize = finalize;
  ours.C_OpenSession = open_session;
  ours.C_CloseSession = close_session;
  ours.C_Login = login;
  ours.C_SetPIN = set_pin;
  ours.C_FindObjectsInit = find_init;
  ours.C_FindObjects = find;
  ours.C_GenerateKey = generate_key;
  ours.C_GenerateRandom = generate_random;
  ours.C_EncryptInit = encrypt_init;
  ours.C_Encrypt = encrypt;
  ours.C_DecryptInit = decrypt_init;
  ours.C_Decrypt = decrypt;
  *list = &ours;
  return CKR_OK;
}

__attribute__((visibility("default"))) long karv_faulty_hsm_sessions() { return open_sessions; }

}  // extern "C"
