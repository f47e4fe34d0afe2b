// What a stranger's bytes become before anybody is authenticated: the request head with its target, in pieces of any
// size; and a response as a client takes it.
#include <algorithm>
#include <cstdint>
#include <string>

#include "common/base/bytes.h"
#include "common/net/http_target.h"
#include "common/net/request_head.h"
#include "common/net/response_parser.h"

using namespace bauta;

namespace {

struct Outcome {
  bool complete = false;
  std::string text;
  bool operator==(const Outcome&) const = default;
};

Outcome read_request(std::string_view text, std::size_t piece) {
  constexpr std::size_t kMostHeaderBytes = 512;
  RequestHeadParser parser({kMostHeaderBytes, 8, 128});
  std::string buffered;
  std::size_t taken = 0;
  while (true) {
    std::size_t consumed = 0;
    const auto state = parser.feed(buffered, consumed);
    BAUTA_CHECK(consumed <= buffered.size());
    buffered.erase(0, consumed);
    taken += consumed;
    BAUTA_CHECK(state == RequestHeadParser::State::failed || taken <= kMostHeaderBytes);
    if (state == RequestHeadParser::State::failed) return {false, ""};
    if (state == RequestHeadParser::State::complete) break;
    if (text.empty()) return {false, ""};
    buffered += text.substr(0, piece);
    text.remove_prefix(std::min(piece, text.size()));
  }
  const auto head = parser.take();
  if (std::holds_alternative<RequestHeadError>(head)) {
    BAUTA_CHECK(std::get<RequestHeadError>(head).status >= 400);
    return {false, ""};
  }
  const HttpRequest& request = std::get<RequestHead>(head).request;
  BAUTA_CHECK(!request.path.empty() && request.path.front() == '/');
  std::string rebuilt;
  for (const auto& segment : request.segments) {
    BAUTA_CHECK(!segment.empty() && segment != "." && segment != ".." && segment.find('/') == std::string::npos);
    rebuilt += "/" + percent_encode(segment);
  }
  const auto again = parse_target(rebuilt.empty() ? "/" : rebuilt);
  BAUTA_CHECK(again.ok() && again->segments == request.segments);
  return {true, request.method + " " + request.path + " " + std::to_string(request.content_length)};
}

void read_response(std::string_view text) {
  ResponseParser parser(false, 512);
  Bytes body;
  const auto consumed = parser.feed(as_bytes(text), body);
  if (!consumed.ok()) return;
  BAUTA_CHECK(*consumed <= text.size() && body.size() <= text.size());
  if (parser.head_done()) (void)parser.head();
  if (!parser.done()) (void)parser.end_of_input();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = as_text({data + 1, size - 1});
  const Outcome whole = read_request(text, text.size() + 1);
  const Outcome pieces = read_request(text, 1 + data[0] % 16);
  BAUTA_CHECK(whole == pieces);
  (void)parse_target(text);
  read_response(text);
  return 0;
}
