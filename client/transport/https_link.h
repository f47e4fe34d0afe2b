// The calls of coordinator_link over HTTP/1.1 and mutual TLS (docs/api, "partners").
#pragma once

#include <string>

#include "client/transport/backoff.h"
#include "client/transport/coordinator_link.h"
#include "client/transport/waiter.h"
#include "common/base/clock.h"
#include "common/base/random_source.h"
#include "common/net/http_client.h"

namespace bauta::client {

struct HttpsLinkSettings {
  Digest roster_hash{};                       ///< as pinned here; told to the coordinator and compared with its own
  std::uint64_t upload_bytes_per_second = 0;  ///< 0: as fast as it goes
  BackoffSettings backoff;
};

/// Sends each call once. After a failure the next call first waits (jittered, at least the server's Retry-After), so a
/// caller may simply repeat. One thread; whoever owns the caller can cancel it from any.
class HttpsLink final : public CoordinatorLink {
 public:
  /// All references must outlive the link.
  HttpsLink(HttpsLinkSettings settings, HttpCaller& http, const Clock& clock, RandomSource& random, Waiter& waiter);

  Status hello() override;
  Result<std::optional<Bytes>> invitation(const RoundId& after) override;
  Status send_keys(const RoundId& round, ByteView message) override;
  Result<std::optional<Bytes>> key_set(const RoundId& round) override;
  Status send_shares(const RoundId& round, ByteView message) override;
  Result<std::optional<Bytes>> share_package(const RoundId& round) override;
  Result<UploadState> send_update(const RoundId& round, ByteView header) override;
  Result<UploadState> upload_state(const RoundId& round) override;
  Result<UploadState> upload(const RoundId& round, const UploadFile& file) override;
  Result<std::optional<Bytes>> survivor_set(const RoundId& round) override;
  Status send_statement(const RoundId& round, ByteView message) override;
  Result<std::optional<Bytes>> certificate(const RoundId& round) override;
  Status send_unmask(const RoundId& round, ByteView message) override;
  Result<std::optional<Bytes>> aggregate(const RoundId& round) override;
  Status aggregate_vector(const RoundId& round, std::span<std::uint64_t> words) override;
  Result<Bytes> audit_chunk(const RoundId& round, std::uint64_t chunk, std::optional<std::uint32_t> after) override;
  Result<Bytes> model(const Digest& hash, std::uint64_t max_bytes) override;

 private:
  /// Any response that arrived; waits first when a failure came before.
  Result<HttpResponse> send(const HttpCall& call);
  /// A 2xx response; anything else is its error.
  Result<HttpResponse> expect_success(const HttpCall& call);
  Result<std::optional<Bytes>> poll(const std::string& target);
  Status post(const RoundId& round, std::string_view what, ByteView message);
  void count_failure(std::optional<Milliseconds> retry_after);

  HttpsLinkSettings settings_;
  HttpCaller* http_;
  const Clock* clock_;
  RandomSource* random_;
  Waiter* waiter_;
  Backoff backoff_;
  /// Each try of an upload comes after a call that succeeds, so it needs a memory of its own.
  Backoff upload_backoff_;
  std::uint64_t upload_offset_ = 0;  ///< of the last try
  std::optional<SteadyTime> not_before_;
};

}  // namespace bauta::client
