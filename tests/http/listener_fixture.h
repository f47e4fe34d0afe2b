// A listener on port 0 with a service the test scripts, and an observer the test can wait for.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/worker.h"
#include "common/net/http_client.h"
#include "common/net/http_server.h"
#include "common/net/problem.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_pki.h"

namespace bauta::testing {

/// How long a test waits for something that must happen; reached only when it fails.
inline constexpr std::chrono::seconds kPatience{30};

/// Set by one thread, waited for by another.
class Flag {
 public:
  void set() {
    const std::scoped_lock lock(mutex_);
    set_ = true;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return set_; });
  }
  bool is_set() {
    const std::scoped_lock lock(mutex_);
    return set_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

class RecordingObserver final : public HttpObserver {
 public:
  void on_event(const HttpEvent& event) override {
    const std::scoped_lock lock(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  }
  /// The first event of that kind, waiting for it.
  HttpEvent wait_for(HttpEvent::Kind kind) {
    std::unique_lock lock(mutex_);
    HttpEvent found;
    const bool came = changed_.wait_for(lock, kPatience, [&] {
      for (const auto& event : events_) {
        if (event.kind == kind) {
          found = event;
          return true;
        }
      }
      return false;
    });
    REQUIRE_MESSAGE(came, "no event of kind ", to_string(kind));
    return found;
  }
  std::vector<HttpEvent> all() {
    const std::scoped_lock lock(mutex_);
    return events_;
  }
  std::size_t count(HttpEvent::Kind kind) {
    const std::scoped_lock lock(mutex_);
    std::size_t found = 0;
    for (const auto& event : events_) found += event.kind == kind ? 1 : 0;
    return found;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<HttpEvent> events_;
};

/// What an upload has left behind; outlives its sink.
struct UploadRecord {
  std::mutex mutex;
  Bytes bytes;
  bool finished = false;
  Flag begun;    ///< a first piece was written
  Flag dropped;  ///< the sink was destroyed
  std::atomic<bool> dropped_on_control{false};

  Bytes copy() {
    const std::scoped_lock lock(mutex);
    return bytes;
  }
};

class RecordingSink final : public BodySink {
 public:
  RecordingSink(std::shared_ptr<UploadRecord> record, const Worker& control, std::function<Status()> on_write)
      : record_(std::move(record)), control_(control), on_write_(std::move(on_write)) {}
  ~RecordingSink() override {
    record_->dropped_on_control = control_.is_current_thread();
    record_->dropped.set();
  }
  Status write(ByteView piece) override {
    {
      const std::scoped_lock lock(record_->mutex);
      append(record_->bytes, piece);
    }
    record_->begun.set();
    return on_write_ ? on_write_() : Status();
  }
  Status finish() override {
    const std::scoped_lock lock(record_->mutex);
    record_->finished = true;
    return {};
  }

 private:
  std::shared_ptr<UploadRecord> record_;
  const Worker& control_;
  std::function<Status()> on_write_;
};

/// GET /hello; POST /echo (64 KiB); PUT /upload (64 MiB, streamed); GET /wait; everything else by on_handle.
class ScriptedService final : public HttpService {
 public:
  explicit ScriptedService(const Worker& control) : control_(control) {}

  BodyRule body_rule(const HttpRequest& head) const override {
    if (head.path == "/echo") return BodyRule{64 * 1024, false};
    if (head.path == "/upload") return BodyRule{64 * 1024 * 1024, true};
    return BodyRule{};
  }

  const Worker& control() const { return control_; }

  UploadDecision open_upload(const HttpRequest& head) override {
    if (on_open) {
      if (auto refusal = on_open(head)) return std::move(*refusal);
    }
    return std::make_unique<RecordingSink>(upload, control_, on_write);
  }

  Reply handle(HttpRequest& request) override {
    ++handled;
    on_control = on_control && control_.is_current_thread();
    if (request.path == "/hello") return make_response(200, "text/plain", "hello");
    if (request.path == "/echo") return make_response(200, "application/octet-stream", as_text(request.body));
    if (request.path == "/upload") {
      const bool complete = request.upload != nullptr && upload->finished;
      return make_response(complete ? 201 : 500, "text/plain", "stored");
    }
    if (request.path == "/who") {
      return make_response(200, "text/plain", request.peer ? request.peer->partner_id : "nobody");
    }
    if (request.path == "/from") return make_response(200, "text/plain", request.remote_address);
    if (request.path == "/wait") {
      if (request.waited) return make_response(200, "text/plain", "nothing new");
      if (signal->version() != 0) return make_response(200, "text/plain", "news");
      waiting.set();
      return WaitFor{signal, 0, wait_at_most};
    }
    if (request.path == "/throw") throw std::runtime_error("a bug");
    if (on_handle) return on_handle(request);
    return problem_response(404, ErrorCode::not_found, "no such thing");
  }

  std::function<std::optional<HttpResponse>(const HttpRequest&)> on_open;
  std::function<Status()> on_write;
  std::function<Reply(HttpRequest&)> on_handle;
  std::shared_ptr<UploadRecord> upload = std::make_shared<UploadRecord>();
  std::shared_ptr<WakeSignal> signal = std::make_shared<WakeSignal>();
  Milliseconds wait_at_most{25'000};
  Flag waiting;
  std::atomic<int> handled{0};
  std::atomic<bool> on_control{true};

 private:
  const Worker& control_;
};

/// Members are destroyed in the order that the contracts ask for: server, then threads, then service.
struct Listener {
  SystemClock clock;
  Worker control{"test-control"};
  ScriptedService service{control};
  RecordingObserver observer;
  HttpServerSettings settings;
  IoThread io;
  std::unique_ptr<HttpServer> server;

  void start() {
    auto started = HttpServer::start(settings, service, io, control, clock, observer);
    REQUIRE_MESSAGE(started.ok(), started.error().message);
    server = std::move(started).value();
  }

  HttpClientSettings client_settings() const {
    HttpClientSettings client;
    client.host = "127.0.0.1";
    client.port = server->port();
    return client;
  }
  std::unique_ptr<HttpClient> client() const { return client(client_settings()); }
  std::unique_ptr<HttpClient> client(const HttpClientSettings& with) const {
    auto made = HttpClient::create(with, clock);
    REQUIRE_MESSAGE(made.ok(), made.error().message);
    return std::move(made).value();
  }
};

/// With a PKI and mutual TLS.
struct TlsListener : Listener {
  TemporaryDirectory folder;
  TestAuthority authority{folder.path()};
  IssuedCertificate coordinator = authority.coordinator();
  IssuedCertificate partner = authority.partner("grocer");

  TlsListener() {
    TlsServerSettings tls;
    tls.certificate_file = coordinator.certificate_file;
    tls.key_file = coordinator.key_file;
    tls.client_ca_file = authority.certificate_file();
    settings.tls = tls;
  }
  TlsClientSettings client_tls() const { return client_tls(partner); }
  TlsClientSettings client_tls(const IssuedCertificate& own) const {
    TlsClientSettings tls;
    tls.ca_file = authority.certificate_file();
    tls.certificate_file = own.certificate_file;
    tls.key_file = own.key_file;
    return tls;
  }
  std::unique_ptr<HttpClient> tls_client() const { return tls_client(client_tls()); }
  std::unique_ptr<HttpClient> tls_client(const TlsClientSettings& tls) const {
    auto with = client_settings();
    with.tls = tls;
    return client(with);
  }
};

inline HttpResponse must(Result<HttpResponse> response) {
  REQUIRE_MESSAGE(response.ok(), response.error().message);
  return std::move(response).value();
}

inline HttpCall get(std::string target) {
  HttpCall call;
  call.target = std::move(target);
  return call;
}

inline HttpCall send_body(std::string method, std::string target, Bytes body) {
  HttpCall call;
  call.method = std::move(method);
  call.target = std::move(target);
  call.body = std::move(body);
  return call;
}

}  // namespace bauta::testing
