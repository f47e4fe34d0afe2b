// The log: one line an event, key-values as JSON or text, on stderr. Never log secrets, persons or row contents.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/clock.h"

namespace bauta {

enum class LogLevel : std::uint8_t { debug, info, warning, error };
enum class LogFormat : std::uint8_t { text, json };

std::string_view to_string(LogLevel level);
std::optional<LogLevel> log_level_from(std::string_view name);
std::optional<LogFormat> log_format_from(std::string_view name);  ///< "text" or "json"

/// A value of a field. Holds a view of a string: only for use as an argument of a log call.
class LogValue {
 public:
  LogValue(std::same_as<bool> auto value) : value_(value) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) LogValue(T value)
      : value_([value] {
          if constexpr (std::is_signed_v<T>)
            return Value(static_cast<std::int64_t>(value));
          else
            return Value(static_cast<std::uint64_t>(value));
        }()) {}
  LogValue(std::floating_point auto value) : value_(static_cast<double>(value)) {}
  template <class T>
  requires std::convertible_to<const T&, std::string_view> LogValue(const T& value) : value_(std::string_view(value)) {}

  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;
  const Value& get() const { return value_; }

 private:
  Value value_;
};

struct LogField {
  std::string_view key;
  LogValue value;
};

/// The JSON string literal of `text`, quotes included. Control characters are escaped and bytes that are not
/// UTF-8 become U+FFFD, so that the result is valid JSON whatever a peer sent.
std::string json_string(std::string_view text);

/// Thread-safe. `log.info("round opened", {{"round", 3}, {"partner", "grocery"}})`.
class Logger {
 public:
  struct Settings {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;
    bool journald = false;  ///< "<4>" priority prefix and no time of our own
  };
  /// Gets one whole line without its newline. Called with the logger's lock held: calls never overlap.
  using Sink = std::function<void(LogLevel level, std::string_view line)>;

  /// Writes to stderr; `journald` is switched on by the variable JOURNAL_STREAM, which systemd sets.
  static Logger to_stderr(LogLevel level, LogFormat format, const Clock& clock);
  /// Drops everything.
  static Logger silent();

  Logger(Settings settings, const Clock& clock, Sink sink);
  Logger(Logger&& other) noexcept;

  bool enabled(LogLevel level) const { return level >= settings_.level; }
  void debug(std::string_view event, std::initializer_list<LogField> fields = {}) const;
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) const;
  void warning(std::string_view event, std::initializer_list<LogField> fields = {}) const;
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) const;

 private:
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const;

  Settings settings_;
  const Clock* clock_;
  Sink sink_;
  mutable std::mutex mutex_;
};

}  // namespace bauta
