#include "common/net/problem.h"

#include <doctest/doctest.h>

namespace bauta {
namespace {

TEST_CASE("every error code survives the way over HTTP") {
  for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
    const Error error{static_cast<ErrorCode>(i), "what \"failed\" and where"};
    const auto response = problem_response(error);
    CHECK(response.status >= 400);
    CHECK(reason_phrase(response.status) != "Unknown");
    CHECK(error_from_response(response).code == error.code);
    CHECK(error_from_response(response).message == error.message);
  }
}

TEST_CASE("a problem has the fields of RFC 9457, whatever bytes are quoted in it") {
  CHECK(problem_response(404, ErrorCode::not_found, "no \xff").text() ==
        R"({"type":"urn:bauta:problem:not_found","title":"Not Found","status":404,"code":"not_found","detail":"no )"
        "\xEF\xBF\xBD\"}");
}

TEST_CASE("an error answer that is no problem, or a strange one, falls back on its status") {
  CHECK(error_from_response(make_response(503, "text/html", "<h1>")).code == ErrorCode::busy);
  CHECK(error_from_response(make_response(502, "", "")).code == ErrorCode::internal);
  for (const auto* body : {"", "{", "[]", "7", R"({"code":7,"detail":[]})", R"({"code":"unheard_of"})"}) {
    const auto error = error_from_response(make_response(403, "application/problem+json", body));
    CHECK(error.code == ErrorCode::forbidden);
    CHECK(error.message == "the server answered 403 Forbidden");
  }
  const auto lines = make_response(403, "application/problem+json", R"({"detail":"two\nlines"})");
  CHECK(error_from_response(lines).message == "two; lines");
}

}  // namespace
}  // namespace bauta
