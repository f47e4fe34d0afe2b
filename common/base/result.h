// Errors as values. Expected failures (a peer, the network, the disk, a setting) travel as Result<T>;
// impossible states end the process through BAUTA_CHECK, which no peer byte may ever reach.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace bauta {

/// Why something was refused. The names are part of the REST API (problem+json "code") and of the log.
enum class ErrorCode : std::uint8_t {
  invalid_argument,  ///< a setting, an option or a request field is wrong
  malformed,         ///< bytes that do not decode
  oversized,         ///< longer than the limit for its kind
  unauthenticated,   ///< no credential, or one that does not hold
  forbidden,         ///< a valid identity that may not do this
  revoked,           ///< the certificate or partner was revoked
  not_found,
  conflict,       ///< other bytes under a key that is already taken
  wrong_phase,    ///< the round is not in the phase this message belongs to
  wrong_context,  ///< another round, attempt, model, plan or roster (rctx, L1, U2 or U3 hash differ)
  bad_signature,
  not_in_cohort,
  late,               ///< after the phase's deadline
  refused_by_policy,  ///< this partner's own rules say no
  equivocation,       ///< two signed statements that exclude each other
  bad_share,          ///< a share, leaf or proof that does not verify
  audit_answer,       ///< what the coordinator signed as a chunk for an audit is not what was asked for
  audit_proof,        ///< a chunk is not the one that its sender signed
  audit_sum,          ///< a slice of the aggregate is not the sum of the uploads
  audit_refused,      ///< the coordinator does not let its aggregate be audited
  threshold_lost,     ///< too few participants to go on
  out_of_range,       ///< a number, length or lane outside its bounds
  not_finite,         ///< NaN or infinity in an update
  busy,               ///< try again later
  timeout,
  cancelled,
  unreachable,  ///< connection refused, reset or name not resolved
  tls,          ///< handshake or certificate failure
  io,           ///< file system
  disk_full,
  database,
  newer_schema,  ///< the state was written by a newer version
  bad_data,      ///< the partner's own source rows are unusable
  internal,
};

/// The snake_case name, for example "wrong_phase".
std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::internal;
  /// What failed, on which input, and what mends it; one line, no secrets.
  std::string message;
};

/// Prefixes the message: "context: message".
Error with_context(std::string_view context, Error error);

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : failed_(true), error_(std::move(error)) {}

  bool ok() const { return !failed_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  bool failed_ = false;
  Error error_;
};

using Status = Result<void>;

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace bauta

/// An invariant of our own; always on.
#define BAUTA_CHECK(expression) \
  (static_cast<bool>(expression) ? void(0) : ::bauta::check_failed(#expression, __FILE__, __LINE__))

#define BAUTA_CONCAT_(a, b) a##b
#define BAUTA_CONCAT(a, b) BAUTA_CONCAT_(a, b)

/// `BAUTA_TRY(auto x, f());` returns f()'s error from the enclosing function or declares x with its value.
#define BAUTA_TRY(declaration, expression) BAUTA_TRY_(BAUTA_CONCAT(result_, __LINE__), declaration, expression)
#define BAUTA_TRY_(result, declaration, expression)   \
  auto result = (expression);                         \
  if (!result.ok()) return std::move(result).error(); \
  declaration = std::move(result).value()

/// `BAUTA_RETURN_IF_ERROR(f());` for a Status: returns its error from the enclosing function.
#define BAUTA_RETURN_IF_ERROR(expression)                                              \
  do {                                                                                 \
    if (auto status_ = (expression); !status_.ok()) return std::move(status_).error(); \
  } while (false)
