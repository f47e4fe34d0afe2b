#include "common/net/request_head.h"

#include <doctest/doctest.h>

#include <random>

namespace bauta {
namespace {

using State = RequestHeadParser::State;

TEST_CASE("a head is taken up to its empty line, however it is cut") {
  const std::string head =
      "POST /a%20b?c=d HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\nExpect: 100-Continue\r\nX-y: 1\r\n\r\n";
  const std::string text = head + "and the body";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    RequestHeadParser parser(RequestHeadLimits{});
    std::size_t consumed = 0;
    auto state = parser.feed(std::string_view(text).substr(0, cut), consumed);
    std::size_t done = consumed;
    if (state == State::need_more) {
      state = parser.feed(std::string_view(text).substr(done), consumed);
      done += consumed;
    }
    REQUIRE(state == State::complete);
    CHECK(done == head.size());
    const auto taken = parser.take();
    const auto& result = std::get<RequestHead>(taken);
    CHECK(result.request.method == "POST");
    CHECK(result.request.path == "/a b");
    CHECK(result.request.query_value("c") == "d");
    CHECK_FALSE(result.request.query_value("C"));
    CHECK(result.request.header("x-Y") == "1");
    CHECK(result.request.content_length == 12);
    CHECK(result.has_length);
    CHECK(result.expect_continue);
    CHECK(result.keep_alive);
  }
}

TEST_CASE("a head that never ends is refused at its limit, in whatever pieces it comes") {
  for (const std::string_view piece : {"a: v\r\nX", "a: v\r\n", "X"}) {
    CAPTURE(piece);
    RequestHeadLimits limits;
    limits.max_header_bytes = 512;
    RequestHeadParser parser(limits);
    std::string buffered = "GET / HTTP/1.1\r\nX";
    std::size_t sent = buffered.size();
    State state = State::need_more;
    while (state == State::need_more && sent < 4096) {
      std::size_t consumed = 0;
      state = parser.feed(buffered, consumed);
      buffered.erase(0, consumed);
      buffered += piece;
      sent += piece.size();
    }
    CHECK(state == State::failed);
    CHECK(parser.error().status == 431);
    CHECK(sent <= 512 + 2 * piece.size() + 1);
  }
}

TEST_CASE("random damage ends in a head, a wish for more or an error, within the limits") {
  std::mt19937 random(11);
  const std::string good = "GET /x?a=b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\n";
  RequestHeadLimits limits;
  limits.max_header_bytes = 256;
  int complete = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (int j = 0; j < 2; ++j) text[random() % text.size()] = static_cast<char>(random());
    RequestHeadParser parser(limits);
    std::size_t consumed = 0;
    const auto state = parser.feed(text, consumed);
    CHECK(consumed <= text.size());
    if (state == State::complete) {
      ++complete;
      parser.take();
    } else if (state == State::failed) {
      CHECK(parser.error().status >= 400);
      CHECK_FALSE(parser.error().detail.empty());
    }
  }
  CHECK(complete > 0);
}

}  // namespace
}  // namespace bauta
