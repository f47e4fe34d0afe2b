#include "client/transport/https_link.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "common/masking/merkle.h"
#include "common/masking/packed_vector.h"
#include "common/masking/wire.h"
#include "common/net/problem.h"

namespace bauta::client {
namespace {

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::chrono::seconds kLongestRetryAfter{300};
constexpr Milliseconds kShortestPoll{1000};

std::string target_of(const RoundId& round, std::string_view what) {
  return "/v1/rounds/" + std::to_string(round.round_no) + "/" + std::to_string(round.attempt) + "/" + std::string(what);
}

std::optional<std::uint64_t> number_from(std::optional<std::string_view> text) {
  std::uint64_t value = 0;
  if (!text || text->empty()) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

// The form in seconds of RFC 9110 §10.2.3; our coordinator sends no dates.
std::optional<Milliseconds> retry_after(const HttpResponse& response) {
  const auto seconds = number_from(response.header("Retry-After"));
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(std::min<std::uint64_t>(*seconds, kLongestRetryAfter.count()));
}

// What the coordinator has trouble with is never taken for a trouble of ours: its full disk is not our full disk.
Error error_of(const HttpResponse& response) {
  Error error = error_from_response(response);
  if (response.status == 429 || response.status == 502 || response.status == 503 || response.status == 504) {
    error.code = ErrorCode::busy;
  } else if (response.status >= 500 || error.code == ErrorCode::cancelled) {
    error.code = ErrorCode::internal;
  } else if (response.status == 410) {
    error.code = ErrorCode::late;
  }
  return with_context("the coordinator", std::move(error));
}

Result<UploadState> upload_state_from(const HttpResponse& response) {
  const auto body = nlohmann::json::parse(response.text(), nullptr, false);
  const auto offset = body.is_object() ? body.find("offset") : body.end();
  if (!body.is_object() || offset == body.end() || !offset->is_number_unsigned()) {
    return Error{ErrorCode::malformed, "the coordinator's answer on the upload has no offset"};
  }
  UploadState state;
  state.offset = offset->get<std::uint64_t>();
  const auto complete = body.find("complete");
  state.complete = complete != body.end() && complete->is_boolean() && complete->get<bool>();
  return state;
}

class WordSink final : public BodySink {
 public:
  explicit WordSink(std::span<std::uint64_t> words) : left_(wire_bytes_mutable(words)) {}
  Status write(ByteView piece) override {
    if (piece.size() > left_.size())
      return Error{ErrorCode::oversized, "the aggregate is longer than the round's vector"};
    std::copy(piece.begin(), piece.end(), left_.begin());
    left_ = left_.subspan(piece.size());
    return {};
  }
  Status finish() override {
    if (!left_.empty()) return Error{ErrorCode::malformed, "the aggregate is shorter than the round's vector"};
    return {};
  }

 private:
  MutableByteView left_;
};

}  // namespace

HttpsLink::HttpsLink(HttpsLinkSettings settings, HttpCaller& http, const Clock& clock, RandomSource& random,
                     Waiter& waiter)
    : settings_(std::move(settings)),
      http_(&http),
      clock_(&clock),
      random_(&random),
      waiter_(&waiter),
      backoff_(settings_.backoff),
      upload_backoff_(settings_.backoff) {}

void HttpsLink::count_failure(std::optional<Milliseconds> retry_after) {
  not_before_ = clock_->steady() + backoff_.failure(*random_, retry_after);
}

Result<HttpResponse> HttpsLink::send(const HttpCall& call) {
  if (not_before_) {
    const auto left = std::chrono::ceil<Milliseconds>(*not_before_ - clock_->steady());
    not_before_.reset();
    if (left > Milliseconds(0) && !waiter_->wait(left))
      return Error{ErrorCode::cancelled, "the client is being stopped"};
  }
  HttpCall authorised = call;
  authorised.headers.emplace_back("Bauta-Roster-Hash", to_hex(settings_.roster_hash));
  auto response = http_->send(authorised);
  if (!response.ok()) {
    if (response.error().code != ErrorCode::cancelled) count_failure(std::nullopt);
    return response;
  }
  if (const auto theirs = response->header("Bauta-Roster-Hash"); theirs && *theirs != to_hex(settings_.roster_hash)) {
    count_failure(std::nullopt);
    return Error{ErrorCode::wrong_context, "the coordinator works with the roster " +
                                               std::string(theirs->substr(0, 64)) + ", this client has pinned " +
                                               to_hex(settings_.roster_hash) +
                                               "; compare the two roster files with the other partners"};
  }
  // A phase that is over is the ordinary course of things and no reason to slow down.
  const bool refused = response->status >= 300 && error_from_response(*response).code != ErrorCode::late;
  if (refused) {
    count_failure(retry_after(*response));
  } else {
    backoff_.success();
  }
  return response;
}

Result<HttpResponse> HttpsLink::expect_success(const HttpCall& call) {
  BAUTA_TRY(HttpResponse response, send(call));
  if (response.status < 200 || response.status > 299) return error_of(response);
  return response;
}

Result<std::optional<Bytes>> HttpsLink::poll(const std::string& target) {
  HttpCall call;
  call.target = target;
  const SteadyTime asked = clock_->steady();
  BAUTA_TRY(HttpResponse response, expect_success(call));
  if (response.status == 204) {
    // "Nothing yet" comes after a long wait; from whoever says it at once it is not asked for without a pause.
    if (clock_->steady() - asked < kShortestPoll) not_before_ = asked + kShortestPoll;
    return std::optional<Bytes>();
  }
  return std::optional<Bytes>(std::move(response.body));
}

Status HttpsLink::post(const RoundId& round, std::string_view what, ByteView message) {
  HttpCall call;
  call.method = "POST";
  call.target = target_of(round, what);
  call.headers = {{"Content-Type", std::string(kProtobuf)}};
  call.body = Bytes(message.begin(), message.end());
  if (auto response = expect_success(call); !response.ok()) return std::move(response).error();
  return {};
}

Status HttpsLink::hello() {
  // There is no round 0: that the coordinator knows none is as good an answer as any.
  HttpCall call;
  call.target = "/v1/rounds/0/0";
  const auto response = expect_success(call);
  if (response.ok()) return {};
  if (response.error().code != ErrorCode::not_found) return response.error();
  backoff_.success();
  not_before_.reset();
  return {};
}

Result<std::optional<Bytes>> HttpsLink::invitation(const RoundId& after) {
  return poll("/v1/invitation?after=" + to_string(after));
}

Status HttpsLink::send_keys(const RoundId& round, ByteView message) { return post(round, "keys", message); }
Result<std::optional<Bytes>> HttpsLink::key_set(const RoundId& round) { return poll(target_of(round, "keys")); }
Status HttpsLink::send_shares(const RoundId& round, ByteView message) { return post(round, "shares", message); }
Result<std::optional<Bytes>> HttpsLink::share_package(const RoundId& round) { return poll(target_of(round, "shares")); }

Result<UploadState> HttpsLink::send_update(const RoundId& round, ByteView header) {
  HttpCall call;
  call.method = "POST";
  call.target = target_of(round, "update");
  call.headers = {{"Content-Type", std::string(kProtobuf)}};
  call.body = Bytes(header.begin(), header.end());
  BAUTA_TRY(const HttpResponse response, expect_success(call));
  return upload_state_from(response);
}

Result<UploadState> HttpsLink::upload_state(const RoundId& round) {
  HttpCall call;
  call.target = target_of(round, "update/vector");
  BAUTA_TRY(const HttpResponse response, expect_success(call));
  return upload_state_from(response);
}

Result<UploadState> HttpsLink::upload(const RoundId& round, const UploadFile& file) {
  HttpCall call;
  call.method = "PUT";
  call.target = target_of(round, "update/vector");
  call.headers = {{"Content-Type", "application/octet-stream"}, {"Upload-Offset", std::to_string(file.offset)}};
  call.body = FileRegion{file.path, file.offset, file.length};
  if (settings_.upload_bytes_per_second > 0) call.bytes_per_second = settings_.upload_bytes_per_second;
  if (file.progress) call.progress = [&](std::uint64_t sent) { file.progress(file.offset + sent); };
  // A try is worth repeating soon when the one before has brought bytes across.
  if (file.offset != upload_offset_) upload_backoff_.success();
  upload_offset_ = file.offset;
  auto sent = send(call);
  const bool failed = sent.ok() ? sent->status >= 500 : sent.error().code != ErrorCode::cancelled;
  if (failed) {
    const SteadyTime later = clock_->steady() + upload_backoff_.failure(*random_, std::nullopt);
    not_before_ = std::max(not_before_.value_or(later), later);
  } else {
    upload_backoff_.success();
  }
  BAUTA_TRY(const HttpResponse response, std::move(sent));
  if (response.status == 409) {
    // Somebody (we, before a crash) sent other bytes meanwhile: go on from where they end.
    if (const auto spooled = number_from(response.header("Upload-Offset"))) return UploadState{*spooled, false};
  }
  if (response.status < 200 || response.status > 299) return error_of(response);
  return upload_state_from(response);
}

Result<std::optional<Bytes>> HttpsLink::survivor_set(const RoundId& round) {
  return poll(target_of(round, "survivors"));
}
Status HttpsLink::send_statement(const RoundId& round, ByteView message) { return post(round, "survivors", message); }
Result<std::optional<Bytes>> HttpsLink::certificate(const RoundId& round) {
  return poll(target_of(round, "certificate"));
}
Status HttpsLink::send_unmask(const RoundId& round, ByteView message) { return post(round, "unmask", message); }
Result<std::optional<Bytes>> HttpsLink::aggregate(const RoundId& round) { return poll(target_of(round, "aggregate")); }

Status HttpsLink::aggregate_vector(const RoundId& round, std::span<std::uint64_t> words) {
  WordSink sink(words);
  HttpCall call;
  call.target = target_of(round, "aggregate/vector");
  call.sink = &sink;
  call.max_response_bytes = words.size_bytes();
  if (auto response = expect_success(call); !response.ok()) return std::move(response).error();
  return {};
}

Result<Bytes> HttpsLink::audit_chunk(const RoundId& round, std::uint64_t chunk, std::optional<std::uint32_t> after) {
  HttpCall call;
  call.target = target_of(round, "audit/chunks/" + std::to_string(chunk));
  if (after) call.target += "?after=" + std::to_string(*after);
  // One chunk may stand beyond the coordinator's own limit.
  call.max_response_bytes = kAuditAnswerBytes + 2 * kMerkleChunk;
  BAUTA_TRY(HttpResponse response, expect_success(call));
  return std::move(response.body);
}

Result<Bytes> HttpsLink::model(const Digest& hash, std::uint64_t max_bytes) {
  HttpCall call;
  call.target = "/v1/models/" + to_hex(hash);
  call.max_response_bytes = max_bytes;
  BAUTA_TRY(HttpResponse response, expect_success(call));
  return std::move(response.body);
}

}  // namespace bauta::client
