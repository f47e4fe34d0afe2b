// Typed reading of TOML settings. Problems are collected, not thrown: read everything, then ask finish() once.
//
//   BAUTA_TRY(ConfigReader reader, ConfigReader::from_file("coordinator.toml"));
//   reader.override_from_environment("BAUTA_COORDINATOR_", environment);
//   reader.override_value("partner_listener.port", "8443", "--port");
//   ConfigTable listener = reader.root().table("partner_listener");
//   settings.port = listener.integer("port", {1, 65535}, 8443);
//   settings.host = listener.text("host", kRequired);
//   BAUTA_RETURN_IF_ERROR(reader.finish());
//
// Precedence flag > environment > TOML > default: a later override wins over an earlier one, any over the text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace bauta {

/// As a fallback: the key has to be there.
inline constexpr std::nullopt_t kRequired = std::nullopt;

struct IntegerBounds {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};
struct NumberBounds {
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
};
struct DurationBounds {
  Milliseconds min{0};
  Milliseconds max{std::chrono::hours(24 * 365)};
};
struct SizeBounds {
  std::uint64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::int64_t>::max();
};

/// One setting as it took effect, for `config show`.
struct ConfigEntry {
  std::string key;     ///< dotted
  std::string value;   ///< as TOML
  std::string origin;  ///< "coordinator.toml line 4", "--port", "default"
};

namespace config_detail {
class Document;
}

/// A table of the text, possibly absent (then every key takes its fallback). A cheap handle, valid as long as its
/// ConfigReader. Where a value is missing or wrong, a getter notes the problem and returns the fallback (or an empty,
/// least allowed value): nothing read may be used before finish() has said that all is well.
class ConfigTable {
 public:
  bool present() const;  ///< the table stands in the text or an override names a key in it
  bool has(std::string_view key) const;

  std::string text(std::string_view key, std::optional<std::string> fallback);
  std::int64_t integer(std::string_view key, IntegerBounds bounds, std::optional<std::int64_t> fallback);
  /// Finite; an integer is taken as well.
  double number(std::string_view key, NumberBounds bounds, std::optional<double> fallback);
  bool boolean(std::string_view key, std::optional<bool> fallback);
  /// Seconds, fractions allowed: 600 or 0.5.
  Milliseconds duration(std::string_view key, DurationBounds bounds, std::optional<Milliseconds> fallback);
  /// Bytes: 1048576, "64 KiB", "1.5 GiB" or "10 MB".
  std::uint64_t byte_size(std::string_view key, SizeBounds bounds, std::optional<std::uint64_t> fallback);
  /// One of `allowed`.
  std::string choice(std::string_view key, std::span<const std::string_view> allowed,
                     std::optional<std::string> fallback);
  std::string choice(std::string_view key, std::initializer_list<std::string_view> allowed,
                     std::optional<std::string> fallback) {
    return choice(key, std::span(allowed.begin(), allowed.size()), std::move(fallback));
  }
  /// A relative path is taken from the folder of the configuration file (an override's from the working directory).
  std::filesystem::path path(std::string_view key, std::optional<std::filesystem::path> fallback);
  /// An array of strings; an override is split at commas.
  std::vector<std::string> texts(std::string_view key, std::optional<std::vector<std::string>> fallback);
  /// Every key of this table with its string value, for free-form maps.
  std::map<std::string, std::string> text_map();

  ConfigTable table(std::string_view key);
  /// [[key]]: an array of tables; empty where absent.
  std::vector<ConfigTable> tables(std::string_view key);

  /// A problem the caller found, for example between two keys; reported with the key's place.
  void problem(std::string_view key, std::string_view message);
  /// Where `key` was set: "coordinator.toml line 4", "--port", or the text's name where it is not set.
  std::string place(std::string_view key) const;

 private:
  friend class ConfigReader;
  friend class config_detail::Document;
  ConfigTable(config_detail::Document* document, const void* node, std::string path)
      : document_(document), node_(node), path_(std::move(path)) {}

  config_detail::Document* document_;
  const void* node_;  ///< the parser's table or null; opaque here to keep the TOML templates in one file
  std::string path_;  ///< dotted name, empty for the root
};

/// Owns the parsed text. Movable. One thread at a time.
class ConfigReader {
 public:
  static constexpr std::size_t kMaxBytes = 1024 * 1024;

  /// `name` stands in the messages. The text may come from the network: bounded in size and nesting, any bytes are
  /// answered by a value or an error with line and column.
  static Result<ConfigReader> from_text(std::string_view text, std::string name, std::size_t max_bytes = kMaxBytes);
  static Result<ConfigReader> from_file(const std::filesystem::path& file);

  ~ConfigReader();
  ConfigReader(ConfigReader&&) noexcept;
  ConfigReader& operator=(ConfigReader&&) noexcept;

  /// `origin` is what the person typed: "--port", "BAUTA_COORDINATOR_STATE_DIR". Not for arrays of tables.
  void override_value(std::string_view dotted_key, std::string_view value, std::string_view origin);
  /// Every variable PREFIX_A__B_C overrides key a.b_c ("__" separates tables), but for PREFIX_CONFIG, which names the
  /// file itself.
  void override_from_environment(std::string_view prefix, const std::map<std::string, std::string>& environment);

  ConfigTable root();

  /// All problems at once, one line each: what the getters found and every key that nobody asked for.
  Status finish();

  /// In the order of reading.
  const std::vector<ConfigEntry>& effective() const;

 private:
  explicit ConfigReader(std::unique_ptr<config_detail::Document> document);
  std::unique_ptr<config_detail::Document> document_;
};

/// The process's environment, to be called once at the start of main.
std::map<std::string, std::string> process_environment();

}  // namespace bauta
