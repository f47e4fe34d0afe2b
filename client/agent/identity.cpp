#include "client/agent/identity.h"

#include "common/base/file.h"
#include "common/base/time_format.h"
#include "common/membership/roster_files.h"

namespace bauta::client {
namespace {

constexpr std::uint64_t kMaxKeyBytes = 64 * 1024;

std::string utc(WallTime time) {
  return format_time(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

Error invalid(std::string message) { return {ErrorCode::invalid_argument, std::move(message)}; }

}  // namespace

Result<Identity> read_identity(const ClientSettings& settings) {
  Identity identity;
  BAUTA_TRY(identity.roster, read_roster(settings.roster));
  const auto self = identity.roster->find(settings.name);
  if (!self) {
    return invalid(settings.roster.string() + " does not hold the partner \"" + settings.name +
                   "\"; mend `name` or get the roster that names it");
  }
  identity.self = *self;
  BAUTA_TRY(Bytes pem, read_file(settings.signing_key, kMaxKeyBytes));
  const WipeOnExit wipe_pem(pem);
  Bytes passphrase;
  const WipeOnExit wipe_passphrase(passphrase);
  if (!settings.signing_passphrase_file.empty()) {
    BAUTA_TRY(passphrase, read_file(settings.signing_passphrase_file, kMaxKeyBytes));
  }
  const std::string_view text = as_text(passphrase);
  auto key = SigningKey::from_pem(as_text(pem), text.substr(0, text.find_first_of("\r\n")));
  if (!key.ok()) return with_context(settings.signing_key.string(), std::move(key).error());
  if (key->spki() != identity.roster->entries[*self].signing_key.spki()) {
    return invalid(settings.signing_key.string() + " is not the key that " + settings.roster.string() +
                   " pins for the partner \"" + settings.name + "\"; mend [signing] key or get the current roster");
  }
  identity.signing_key = std::make_unique<const SigningKey>(*std::move(key));
  return identity;
}

Status check_certificate(const ClientSettings& settings, const std::optional<CertificateIdentity>& certificate,
                         WallTime now) {
  const std::string file = settings.http.tls->certificate_file.string();
  if (!certificate || certificate->partner_id != settings.name) {
    return invalid(file + " is not the certificate of the partner \"" + settings.name +
                   "\"; mend `name` or [tls] certificate");
  }
  if (now > certificate->not_after) {
    return Error{ErrorCode::tls, file + " expired at " + utc(certificate->not_after) +
                                     "; get a new certificate from the federation's CA"};
  }
  if (now < certificate->not_before) {
    return Error{ErrorCode::tls,
                 file + " is valid only from " + utc(certificate->not_before) + "; check this machine's clock"};
  }
  return {};
}

}  // namespace bauta::client
