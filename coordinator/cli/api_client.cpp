#include "coordinator/cli/api_client.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <charconv>

#include "common/base/file.h"
#include "common/net/http_target.h"
#include "common/net/problem.h"

namespace bauta::coordinator {
namespace {

constexpr std::uint16_t kDefaultPort = 8444;
constexpr std::uint64_t kMaxModelBytes = std::uint64_t{1} << 32;
constexpr Milliseconds kCallTimeout{60'000};

/// Writes to FILE.part, which becomes FILE once all is there and on the medium.
class DownloadSink final : public BodySink {
 public:
  static Result<DownloadSink> open(const std::filesystem::path& file) {
    std::filesystem::path part = file;
    part += ".part";
    BAUTA_TRY(FileDescriptor descriptor, open_file(part, O_WRONLY | O_CREAT | O_TRUNC));
    return DownloadSink(file, std::move(part), std::move(descriptor));
  }

  Status write(ByteView piece) override { return write_all(descriptor_.get(), piece, part_); }
  Status finish() override {
    BAUTA_RETURN_IF_ERROR(sync_file(descriptor_.get(), part_));
    std::error_code error;
    std::filesystem::rename(part_, file_, error);
    if (error) return file_error("write", file_, error.value());
    return {};
  }
  void discard() {
    std::error_code ignored;
    std::filesystem::remove(part_, ignored);
  }

 private:
  DownloadSink(std::filesystem::path file, std::filesystem::path part, FileDescriptor descriptor)
      : file_(std::move(file)), part_(std::move(part)), descriptor_(std::move(descriptor)) {}

  std::filesystem::path file_;
  std::filesystem::path part_;
  FileDescriptor descriptor_;
};

}  // namespace

Result<HttpClientSettings> client_settings_of(std::string_view url, const std::filesystem::path& ca_file) {
  constexpr std::string_view kScheme = "https://";
  const Error wrong{ErrorCode::invalid_argument,
                    fmt::format("--server {}: must be https://HOST or https://HOST:PORT", url)};
  if (!url.starts_with(kScheme)) return wrong;
  std::string_view rest = url.substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  HttpClientSettings settings;
  settings.port = kDefaultPort;
  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return wrong;
    settings.host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (!rest.empty() && rest.front() != ':') return wrong;
    if (!rest.empty()) port = rest.substr(1);
    if (rest == ":") return wrong;
  } else {
    const std::size_t colon = rest.find(':');
    settings.host = rest.substr(0, colon);
    if (colon != std::string_view::npos) {
      port = rest.substr(colon + 1);
      if (port.empty()) return wrong;
    }
  }
  if (settings.host.empty() || settings.host.find_first_of("/?#@ ") != std::string::npos) return wrong;
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), settings.port);
    if (error != std::errc() || end != port.data() + port.size() || settings.port == 0) return wrong;
  }
  TlsClientSettings tls;
  tls.ca_file = ca_file;
  tls.require_coordinator = false;  // the operators' listener has a certificate of its own
  settings.tls = tls;
  return settings;
}

Result<ApiClient> ApiClient::create(const ServerSettings& settings, const Clock& clock) {
  BAUTA_TRY(HttpClientSettings http, client_settings_of(settings.url, settings.ca_file));
  BAUTA_TRY(std::string token, read_text_file(settings.token_file, 4096));
  token.erase(std::min(token.find_first_of("\r\n"), token.size()));
  if (token.empty()) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("the token file {} is empty; put the output of `bauta-coordinator "
                             "token create` there",
                             settings.token_file.string())};
  }
  BAUTA_TRY(std::unique_ptr<HttpClient> client, HttpClient::create(std::move(http), clock));
  return ApiClient(std::move(client), "Bearer " + token);
}

Result<Json> ApiClient::call(HttpCall call) {
  call.headers.emplace_back("Authorization", authorization_);
  call.timeout = kCallTimeout;
  BAUTA_TRY(const HttpResponse response, client_->send(call));
  if (response.status < 200 || response.status > 299) return error_from_response(response);
  if (response.body.empty()) return Json();
  Json json = Json::parse(response.text(), nullptr, false);
  if (json.is_discarded())
    return Error{ErrorCode::malformed, "the server's answer is no JSON; is this the operator listener?"};
  return json;
}

Result<Json> ApiClient::get(const std::string& target) {
  HttpCall request;
  request.target = target;
  return call(std::move(request));
}

Result<Json> ApiClient::post(const std::string& target, const Json& body, const std::string& idempotency_key) {
  HttpCall request;
  request.method = "POST";
  request.target = target;
  if (!body.is_null()) {
    const std::string text = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    request.body = Bytes(text.begin(), text.end());
    request.headers.emplace_back("Content-Type", "application/json");
  }
  if (!idempotency_key.empty()) request.headers.emplace_back("Idempotency-Key", idempotency_key);
  return call(std::move(request));
}

Status ApiClient::download(const std::string& target, const std::filesystem::path& file) {
  BAUTA_TRY(DownloadSink sink, DownloadSink::open(file));
  HttpCall request;
  request.target = target;
  request.headers.emplace_back("Authorization", authorization_);
  request.sink = &sink;
  request.max_response_bytes = kMaxModelBytes;
  const auto response = client_->send(request);
  const bool ok = response.ok() && response->status == 200;
  if (!ok) sink.discard();
  if (!response.ok()) return response.error();
  if (!ok) return error_from_response(*response);
  return {};
}

Result<Json> ApiClient::get_all(const std::string& target, std::string_view field) {
  Json all = Json::array();
  std::string token;
  do {
    BAUTA_TRY(const Json page,
              get(target + "?page_size=200" + (token.empty() ? "" : "&page_token=" + percent_encode(token))));
    const auto items = page.is_object() ? page.find(field) : page.end();
    if (!page.is_object() || items == page.end() || !items->is_array()) {
      return Error{ErrorCode::malformed, "the server's list has an unexpected form; is this the operator listener?"};
    }
    for (const Json& item : *items) all.push_back(item);
    token = page.value("next_page_token", "");
  } while (!token.empty());
  return all;
}

}  // namespace bauta::coordinator
