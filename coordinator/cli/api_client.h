// The operator's REST API from the other side.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "common/net/http_client.h"

namespace bauta::coordinator {

using Json = nlohmann::ordered_json;

struct ServerSettings {
  std::string url;                   ///< https://HOST[:PORT]
  std::filesystem::path ca_file;     ///< who may sign the server's certificate
  std::filesystem::path token_file;  ///< its first line is the bearer token
};

/// "https://host:port" or "https://[::1]:port"; the port defaults to 8444. Errors: invalid_argument.
Result<HttpClientSettings> client_settings_of(std::string_view url, const std::filesystem::path& ca_file);

class ApiClient {
 public:
  static Result<ApiClient> create(const ServerSettings& settings, const Clock& clock);

  /// The JSON of a 2xx answer; otherwise the error that the server's problem+json tells.
  Result<Json> get(const std::string& target);
  /// `idempotency_key` may be empty.
  Result<Json> post(const std::string& target, const Json& body, const std::string& idempotency_key = {});
  /// Streams to a file that appears only when it is complete.
  Status download(const std::string& target, const std::filesystem::path& file);
  /// All pages of a list.
  Result<Json> get_all(const std::string& target, std::string_view field);

 private:
  ApiClient(std::unique_ptr<HttpClient> client, std::string authorization)
      : client_(std::move(client)), authorization_(std::move(authorization)) {}
  Result<Json> call(HttpCall call);

  std::unique_ptr<HttpClient> client_;
  std::string authorization_;
};

}  // namespace bauta::coordinator
