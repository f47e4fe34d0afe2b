// Which files make up one side's TLS. The files are PEM; keys may be encrypted.
#pragma once

#include <filesystem>

namespace bauta {

struct TlsServerSettings {
  std::filesystem::path certificate_file;  ///< leaf first, then intermediates
  std::filesystem::path key_file;
  std::filesystem::path passphrase_file;  ///< its first line opens key_file; empty: the key is not encrypted
  std::filesystem::path client_ca_file;   ///< set: mutual TLS, clients must be partners of this CA; empty: server only
};

struct TlsClientSettings {
  std::filesystem::path ca_file;           ///< who may sign the server's certificate; the system's CAs are never used
  std::filesystem::path certificate_file;  ///< the partner's own; empty: no client certificate
  std::filesystem::path key_file;
  std::filesystem::path passphrase_file;
  bool require_coordinator = true;  ///< the server's certificate must carry "urn:bauta:coordinator"
};

}  // namespace bauta
