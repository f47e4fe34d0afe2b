#include "common/base/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "common/base/printable.h"
#include "common/base/time_format.h"

namespace bauta {
namespace {

/// Length of the well-formed UTF-8 sequence at the start of `text` (Unicode 15, table 3-7), 0 where there is none.
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && at(i) >= low && at(i) <= high;
  };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

bool is_plain_word(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_./:@%+,").find(c) != std::string_view::npos;
    if (!plain) return false;
  }
  return true;
}

std::string format_value(const LogValue& value, LogFormat format) {
  struct Visitor {
    LogFormat format;
    std::string operator()(std::string_view text) const {
      return format == LogFormat::text && is_plain_word(text) ? std::string(text) : json_string(text);
    }
    std::string operator()(std::int64_t number) const { return fmt::to_string(number); }
    std::string operator()(std::uint64_t number) const { return fmt::to_string(number); }
    std::string operator()(double number) const {
      // JSON has no NaN and no infinity.
      if (!std::isfinite(number))
        return format == LogFormat::json ? fmt::format("\"{}\"", number) : fmt::to_string(number);
      return fmt::to_string(number);
    }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
  };
  return std::visit(Visitor{format}, value.get());
}

/// sd-daemon(3).
int journald_priority(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return 7;
    case LogLevel::info: return 6;
    case LogLevel::warning: return 4;
    case LogLevel::error: return 3;
  }
  return 3;
}

std::string format_instant(WallTime time) {
  const std::int64_t milliseconds = time.time_since_epoch().count();
  const std::int64_t part = ((milliseconds % 1000) + 1000) % 1000;
  std::string text = format_time((milliseconds - part) / 1000);
  text.insert(text.size() - 1, fmt::format(".{:03}", part));
  return text;
}

void write_to_stderr(LogLevel, std::string_view line) {
  std::string whole(line);
  whole += '\n';
  std::string_view rest = whole;
  while (!rest.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // nowhere left to report it
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "error";
}

std::optional<LogLevel> log_level_from(std::string_view name) {
  for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    if (to_string(level) == name) return level;
  }
  return std::nullopt;
}

std::optional<LogFormat> log_format_from(std::string_view name) {
  if (name == "text") return LogFormat::text;
  if (name == "json") return LogFormat::json;
  return std::nullopt;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
      continue;
    }
    const char c = text.front();
    if (length > 1 && !is_printable(text.substr(0, length))) {
      out += fmt::format("\\u{:04x}", length == 2 ? (c & 0x1FU) << 6 | (text[1] & 0x3FU)
                                                  : (c & 0x0FU) << 12 | (text[1] & 0x3FU) << 6 | (text[2] & 0x3FU));
    } else if (length > 1) {
      out += text.substr(0, length);
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
    text.remove_prefix(length);
  }
  out += '"';
  return out;
}

Logger Logger::to_stderr(LogLevel level, LogFormat format, const Clock& clock) {
  const Settings settings{level, format, std::getenv("JOURNAL_STREAM") != nullptr};  // NOLINT(concurrency-mt-unsafe)
  return Logger(settings, clock, write_to_stderr);
}

Logger Logger::silent() {
  static const SystemClock clock;
  return Logger(Settings{}, clock, nullptr);
}

Logger::Logger(Settings settings, const Clock& clock, Sink sink)
    : settings_(settings), clock_(&clock), sink_(std::move(sink)) {}

Logger::Logger(Logger&& other) noexcept
    : settings_(other.settings_), clock_(other.clock_), sink_(std::move(other.sink_)) {}

void Logger::debug(std::string_view event, std::initializer_list<LogField> fields) const {
  write(LogLevel::debug, event, fields);
}
void Logger::info(std::string_view event, std::initializer_list<LogField> fields) const {
  write(LogLevel::info, event, fields);
}
void Logger::warning(std::string_view event, std::initializer_list<LogField> fields) const {
  write(LogLevel::warning, event, fields);
}
void Logger::error(std::string_view event, std::initializer_list<LogField> fields) const {
  write(LogLevel::error, event, fields);
}

void Logger::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const {
  if (!enabled(level) || !sink_) return;
  std::string line = settings_.journald ? fmt::format("<{}>", journald_priority(level)) : "";
  if (settings_.format == LogFormat::json) {
    line += '{';
    if (!settings_.journald) line += fmt::format("\"time\":\"{}\",", format_instant(clock_->wall()));
    line += fmt::format("\"level\":\"{}\",\"event\":{}", to_string(level), json_string(event));
    for (const LogField& field : fields) {
      line += fmt::format(",{}:{}", json_string(field.key), format_value(field.value, settings_.format));
    }
    line += '}';
  } else {
    if (!settings_.journald) line += format_instant(clock_->wall()) + ' ';
    // The event goes through the same escaping as values: a line break in it would forge a second line.
    const std::string quoted = json_string(event);
    line += fmt::format("{:<7} {}", to_string(level), quoted.substr(1, quoted.size() - 2));
    for (const LogField& field : fields) {
      const std::string key = is_plain_word(field.key) ? std::string(field.key) : json_string(field.key);
      line += fmt::format(" {}={}", key, format_value(field.value, settings_.format));
    }
  }
  const std::lock_guard lock(mutex_);
  sink_(level, line);
}

}  // namespace bauta
