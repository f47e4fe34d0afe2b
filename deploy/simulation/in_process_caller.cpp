#include "deploy/simulation/in_process_caller.h"

#include <algorithm>
#include <fstream>

#include "common/base/file.h"
#include "common/net/http_target.h"

namespace bauta::simulation {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

Result<std::uint64_t> body_length(const HttpCall& call) {
  if (const auto* bytes = std::get_if<Bytes>(&call.body)) return std::uint64_t{bytes->size()};
  return std::get<FileRegion>(call.body).length;
}

/// Calls `take` with piece after piece of the region.
template <class Take>
Status read_region(const FileRegion& region, const Take& take) {
  std::ifstream file(region.path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(region.offset));
  Bytes piece(kPiece);
  for (std::uint64_t left = region.length; left > 0;) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, kPiece));
    if (!file.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(count))) {
      return Error{ErrorCode::io, region.path.string() + " cannot be read"};
    }
    BAUTA_RETURN_IF_ERROR(take(ByteView(piece).first(count)));
    left -= count;
  }
  return {};
}

}  // namespace

Result<HttpResponse> InProcessCaller::send(const HttpCall& call) {
  BAUTA_TRY(const Target target, parse_target(call.target));
  BAUTA_TRY(const std::uint64_t length, body_length(call));
  HttpRequest request;
  request.method = call.method;
  request.target = call.target;
  request.path = target.path;
  request.segments = target.segments;
  request.query = target.query;
  request.headers = call.headers;
  request.content_length = length;
  request.peer = identity_;
  request.remote_address = "in-process";
  request.waited = true;
  BAUTA_TRY(HttpResponse response, answer(request, call));
  if (!call.sink || response.status < 200 || response.status > 299) return response;
  BAUTA_RETURN_IF_ERROR(call.sink->write(response.body));
  BAUTA_RETURN_IF_ERROR(call.sink->finish());
  response.body.clear();
  return response;
}

Result<HttpResponse> InProcessCaller::answer(HttpRequest& request, const HttpCall& call) {
  const BodyRule rule = service_->body_rule(request);
  if (request.content_length > rule.max_bytes) {
    return Error{ErrorCode::oversized, request.path + " takes at most " + std::to_string(rule.max_bytes) + " bytes"};
  }
  if (rule.streamed) {
    auto decision = service_->open_upload(request);
    if (auto* refusal = std::get_if<HttpResponse>(&decision)) return std::move(*refusal);
    request.upload = std::get<std::unique_ptr<BodySink>>(std::move(decision));
    if (const auto* region = std::get_if<FileRegion>(&call.body)) {
      std::uint64_t sent = 0;
      const Status streamed = read_region(*region, [&](ByteView piece) {
        sent += piece.size();
        if (call.progress) call.progress(sent);
        return request.upload->write(piece);
      });
      BAUTA_RETURN_IF_ERROR(streamed);
    } else {
      BAUTA_RETURN_IF_ERROR(request.upload->write(std::get<Bytes>(call.body)));
    }
    BAUTA_RETURN_IF_ERROR(request.upload->finish());
  } else if (const auto* bytes = std::get_if<Bytes>(&call.body)) {
    request.body = *bytes;
  }
  Reply reply = service_->handle(request);
  auto* response = std::get_if<HttpResponse>(&reply);
  BAUTA_CHECK(response);  // the wait is over: waited is set
  if (response->make_body) {
    BAUTA_TRY(response->body, response->make_body());
    response->make_body = nullptr;
  }
  if (response->file) {
    response->body.clear();
    BAUTA_RETURN_IF_ERROR(read_region(*response->file, [&](ByteView piece) -> Status {
      append(response->body, piece);
      return {};
    }));
    response->file.reset();
  }
  return std::move(*response);
}

}  // namespace bauta::simulation
