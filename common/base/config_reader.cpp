#include "common/base/config_reader.h"

#include <fmt/format.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/spelling.h"
#include "common/base/toml_hazard.h"

namespace bauta {
namespace {

/// More problems than a person mends in one go are only counted.
constexpr std::size_t kMaxProblems = 25;

/// A key or value as it may stand in a message: one line, printable, not too long.
std::string shown(std::string_view text) {
  constexpr std::size_t kMaxShown = 120;
  const bool cut = text.size() > kMaxShown;
  std::string quoted = json_string(text.substr(0, kMaxShown));
  return quoted.substr(1, quoted.size() - 2) + (cut ? "…" : "");
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "64 KiB" in bytes, or nothing.
std::optional<double> parse_size(std::string_view text) {
  const std::size_t unit_start = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = parse_number<double>(text.substr(0, unit_start));
  if (!number) return std::nullopt;
  std::string_view unit = text.substr(unit_start);
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  static constexpr std::pair<std::string_view, double> kUnits[] = {
      {"", 1},      {"B", 1},        {"kB", 1e3},        {"MB", 1e6},           {"GB", 1e9},
      {"TB", 1e12}, {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0},
  };
  for (const auto& [name, factor] : kUnits) {
    if (name == unit) return *number * factor;
  }
  return std::nullopt;
}

std::string integer_range(IntegerBounds bounds) {
  const IntegerBounds open;
  if (bounds.min == open.min && bounds.max == open.max) return "an integer";
  if (bounds.max == open.max) return fmt::format("an integer of at least {}", bounds.min);
  if (bounds.min == open.min) return fmt::format("an integer of at most {}", bounds.max);
  return fmt::format("an integer from {} to {}", bounds.min, bounds.max);
}

std::string number_range(NumberBounds bounds) {
  const NumberBounds open;
  if (bounds.min == open.min && bounds.max == open.max) return "a finite number";
  if (bounds.max == open.max) return fmt::format("a number of at least {}", bounds.min);
  if (bounds.min == open.min) return fmt::format("a number of at most {}", bounds.max);
  return fmt::format("a number from {} to {}", bounds.min, bounds.max);
}

double in_seconds(Milliseconds duration) { return static_cast<double>(duration.count()) / 1000.0; }

std::string as_toml(std::span<const std::string> texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + json_string(text);
  return out + "]";
}

}  // namespace

namespace config_detail {

struct Override {
  std::string value;
  std::string origin;
  bool used = false;
};

/// What stands for a key: an override, else a node of the text, else nothing.
struct Setting {
  const toml::node* node = nullptr;
  Override* replacement = nullptr;
  bool set() const { return node != nullptr || replacement != nullptr; }
};

class Document {
 public:
  Document(toml::table table, std::string text_name, std::filesystem::path base)
      : root(std::move(table)), name(std::move(text_name)), base_directory(std::move(base)) {}

  static std::string join(std::string_view path, std::string_view key) {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
  }

  static const toml::table* table_of(const ConfigTable& view) { return static_cast<const toml::table*>(view.node_); }

  /// Looks the key up and remembers that it is a known one.
  Setting find(const ConfigTable& view, std::string_view key) {
    known[view.path_].emplace(key);
    Setting setting;
    if (const toml::table* table = table_of(view); table != nullptr) setting.node = table->get(key);
    if (setting.node != nullptr) used.insert(setting.node);
    if (const auto it = overrides.find(join(view.path_, key)); it != overrides.end()) {
      it->second.used = true;
      setting.replacement = &it->second;
    }
    return setting;
  }

  std::string place_of(const Setting& setting) const {
    if (setting.replacement != nullptr) return setting.replacement->origin;
    if (setting.node == nullptr) return name;
    return fmt::format("{} line {}", name, setting.node->source().begin.line);
  }

  void note(std::string problem) { problems.push_back(std::move(problem)); }

  /// "port in coordinator.toml line 4 must be an integer from 1 to 65535, not 70000".
  void refuse(const std::string& full_key, const Setting& setting, std::string_view wanted) {
    std::string got;
    if (setting.replacement != nullptr) {
      got = fmt::format("\"{}\"", shown(setting.replacement->value));
    } else if (setting.node->is_table()) {
      got = "a table";
    } else if (setting.node->is_array()) {
      got = "an array";
    } else {
      std::ostringstream text;
      setting.node->visit([&text](const auto& value) {
        if constexpr (toml::is_value<decltype(value)>) text << value;
      });
      got = shown(text.str());
    }
    note(fmt::format("{} in {} must be {}, not {}", shown(full_key), place_of(setting), wanted, got));
  }

  /// The common way of every getter: `read` turns what is set into a value, or nothing where it is not one of `wanted`.
  template <class T, class Read, class Show>
  T get(const ConfigTable& view, std::string_view key, const std::optional<T>& fallback, T placeholder,
        std::string_view wanted, Read read, Show show) {
    const Setting setting = find(view, key);
    const std::string full_key = join(view.path_, key);
    if (!setting.set()) {
      if (!fallback) {
        note(fmt::format("{} is missing in {}: it must be {}", full_key, name, wanted));
        return placeholder;
      }
      entries.push_back({full_key, show(*fallback), "default"});
      return *fallback;
    }
    const std::optional<T> value = read(setting);
    if (!value) {
      refuse(full_key, setting, wanted);
      return fallback.value_or(placeholder);
    }
    entries.push_back({full_key, show(*value), place_of(setting)});
    return *value;
  }

  /// Notes every key of `table` that no getter asked for.
  void note_unknown(const toml::table& table, const std::string& path) {
    for (const auto& [key, node] : table) {
      const std::string full_key = join(path, key.str());
      if (!used.contains(&node)) {
        const auto suggestion = closest(key.str(), known[path]);
        note(fmt::format("unknown key {} in {} line {}{}", shown(full_key), name, key.source().begin.line,
                         suggestion ? fmt::format("; did you mean {}?", *suggestion) : ""));
      } else if (const toml::table* inner = node.as_table(); inner != nullptr) {
        note_unknown(*inner, full_key);
      } else if (const toml::array* array = node.as_array(); array != nullptr) {
        for (std::size_t i = 0; i < array->size(); ++i) {
          if (const toml::table* element = (*array)[i].as_table(); element != nullptr && used.contains(element)) {
            note_unknown(*element, fmt::format("{}[{}]", full_key, i));
          }
        }
      }
    }
  }

  void note_unused_overrides() {
    std::set<std::string> keys;
    for (const auto& [path, names] : known) {
      for (const std::string& key : names) keys.insert(join(path, key));
    }
    for (const auto& [key, replacement] : overrides) {
      if (replacement.used) continue;
      const auto suggestion = closest(key, keys);
      note(fmt::format("{} sets the unknown key {}{}", replacement.origin, shown(key),
                       suggestion ? fmt::format("; did you mean {}?", *suggestion) : ""));
    }
  }

  ConfigTable view(const toml::table* table, std::string path) { return ConfigTable(this, table, std::move(path)); }

  toml::table root;
  std::string name;
  std::filesystem::path base_directory;
  std::map<std::string, Override> overrides;           ///< by dotted key
  std::set<const toml::node*> used;                    ///< nodes some getter asked for
  std::map<std::string, std::set<std::string>> known;  ///< table's dotted name → keys asked for
  std::vector<std::string> problems;
  std::vector<ConfigEntry> entries;
};

}  // namespace config_detail

using config_detail::Document;
using config_detail::Setting;

bool ConfigTable::present() const {
  if (node_ != nullptr) return true;
  const std::string prefix = path_ + ".";
  const auto next = document_->overrides.lower_bound(prefix);
  return next != document_->overrides.end() && next->first.starts_with(prefix);
}

bool ConfigTable::has(std::string_view key) const { return document_->find(*this, key).set(); }

std::string ConfigTable::place(std::string_view key) const { return document_->place_of(document_->find(*this, key)); }

void ConfigTable::problem(std::string_view key, std::string_view message) {
  document_->note(fmt::format("{} in {} {}", shown(Document::join(path_, key)), place(key), message));
}

std::string ConfigTable::text(std::string_view key, std::optional<std::string> fallback) {
  return document_->get<std::string>(
      *this, key, fallback, {}, "a string",
      [](const Setting& setting) -> std::optional<std::string> {
        if (setting.replacement != nullptr) return setting.replacement->value;
        return setting.node->value_exact<std::string>();
      },
      [](const std::string& value) { return json_string(value); });
}

std::int64_t ConfigTable::integer(std::string_view key, IntegerBounds bounds, std::optional<std::int64_t> fallback) {
  return document_->get<std::int64_t>(
      *this, key, fallback, bounds.min, integer_range(bounds),
      [bounds](const Setting& setting) -> std::optional<std::int64_t> {
        const auto value = setting.replacement != nullptr ? parse_number<std::int64_t>(setting.replacement->value)
                                                          : setting.node->value_exact<std::int64_t>();
        if (!value || *value < bounds.min || *value > bounds.max) return std::nullopt;
        return value;
      },
      [](std::int64_t value) { return fmt::to_string(value); });
}

namespace {

/// A finite number from a float, an integer or an override's text.
std::optional<double> read_number(const Setting& setting) {
  std::optional<double> value;
  if (setting.replacement != nullptr) {
    value = parse_number<double>(setting.replacement->value);
  } else if (const auto integer = setting.node->value_exact<std::int64_t>()) {
    value = static_cast<double>(*integer);
  } else {
    value = setting.node->value_exact<double>();
  }
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return value;
}

}  // namespace

double ConfigTable::number(std::string_view key, NumberBounds bounds, std::optional<double> fallback) {
  return document_->get<double>(
      *this, key, fallback, bounds.min, number_range(bounds),
      [bounds](const Setting& setting) -> std::optional<double> {
        const auto value = read_number(setting);
        if (!value || *value < bounds.min || *value > bounds.max) return std::nullopt;
        return value;
      },
      [](double value) { return fmt::to_string(value); });
}

bool ConfigTable::boolean(std::string_view key, std::optional<bool> fallback) {
  return document_->get<bool>(
      *this, key, fallback, false, "true or false",
      [](const Setting& setting) -> std::optional<bool> {
        if (setting.replacement == nullptr) return setting.node->value_exact<bool>();
        if (setting.replacement->value == "true") return true;
        if (setting.replacement->value == "false") return false;
        return std::nullopt;
      },
      [](bool value) { return std::string(value ? "true" : "false"); });
}

Milliseconds ConfigTable::duration(std::string_view key, DurationBounds bounds, std::optional<Milliseconds> fallback) {
  return document_->get<Milliseconds>(
      *this, key, fallback, bounds.min,
      fmt::format("seconds from {} to {}", in_seconds(bounds.min), in_seconds(bounds.max)),
      [bounds](const Setting& setting) -> std::optional<Milliseconds> {
        const auto seconds = read_number(setting);
        if (!seconds || *seconds < in_seconds(bounds.min) || *seconds > in_seconds(bounds.max)) return std::nullopt;
        return Milliseconds(std::llround(*seconds * 1000.0));
      },
      [](Milliseconds value) { return fmt::to_string(in_seconds(value)); });
}

std::uint64_t ConfigTable::byte_size(std::string_view key, SizeBounds bounds, std::optional<std::uint64_t> fallback) {
  return document_->get<std::uint64_t>(
      *this, key, fallback, bounds.min,
      fmt::format("a size from {} to {} bytes, such as 1048576 or \"1 MiB\"", bounds.min, bounds.max),
      [bounds](const Setting& setting) -> std::optional<std::uint64_t> {
        std::optional<double> bytes;
        if (setting.replacement != nullptr) {
          bytes = parse_size(setting.replacement->value);
        } else if (const auto integer = setting.node->value_exact<std::int64_t>()) {
          if (*integer < 0 || static_cast<std::uint64_t>(*integer) < bounds.min ||
              static_cast<std::uint64_t>(*integer) > bounds.max) {
            return std::nullopt;
          }
          return static_cast<std::uint64_t>(*integer);
        } else if (const auto text = setting.node->value_exact<std::string>()) {
          bytes = parse_size(*text);
        }
        constexpr double kExact = 9007199254740992.0;  // 2^53
        if (!bytes || *bytes > kExact) return std::nullopt;
        const auto whole = static_cast<std::uint64_t>(*bytes);
        if (whole < bounds.min || whole > bounds.max) return std::nullopt;
        return whole;
      },
      [](std::uint64_t value) { return fmt::to_string(value); });
}

std::string ConfigTable::choice(std::string_view key, std::span<const std::string_view> allowed,
                                std::optional<std::string> fallback) {
  BAUTA_CHECK(!allowed.empty());
  std::string wanted = "one of";
  for (const std::string_view name : allowed)
    wanted += fmt::format("{} \"{}\"", name == allowed.front() ? "" : ",", name);
  return document_->get<std::string>(
      *this, key, fallback, std::string(allowed.front()), wanted,
      [allowed](const Setting& setting) -> std::optional<std::string> {
        auto value = setting.replacement != nullptr ? std::optional(setting.replacement->value)
                                                    : setting.node->value_exact<std::string>();
        if (!value || std::find(allowed.begin(), allowed.end(), *value) == allowed.end()) return std::nullopt;
        return value;
      },
      [](const std::string& value) { return json_string(value); });
}

std::filesystem::path ConfigTable::path(std::string_view key, std::optional<std::filesystem::path> fallback) {
  return document_->get<std::filesystem::path>(
      *this, key, fallback, {}, "a path",
      [this](const Setting& setting) -> std::optional<std::filesystem::path> {
        if (setting.replacement != nullptr) {
          if (setting.replacement->value.empty()) return std::nullopt;
          return std::filesystem::path(setting.replacement->value);
        }
        const auto value = setting.node->value_exact<std::string>();
        if (!value || value->empty() || value->find('\0') != std::string::npos) return std::nullopt;
        return document_->base_directory / *value;
      },
      [](const std::filesystem::path& value) { return json_string(value.string()); });
}

std::vector<std::string> ConfigTable::texts(std::string_view key, std::optional<std::vector<std::string>> fallback) {
  return document_->get<std::vector<std::string>>(
      *this, key, fallback, {}, "an array of strings",
      [](const Setting& setting) -> std::optional<std::vector<std::string>> {
        std::vector<std::string> out;
        if (setting.replacement != nullptr) {
          std::string_view rest = setting.replacement->value;
          while (!rest.empty()) {
            const std::size_t comma = std::min(rest.find(','), rest.size());
            if (comma > 0) out.emplace_back(rest.substr(0, comma));
            rest.remove_prefix(std::min(comma + 1, rest.size()));
          }
          return out;
        }
        const toml::array* array = setting.node->as_array();
        if (array == nullptr) return std::nullopt;
        for (const toml::node& element : *array) {
          auto text = element.value_exact<std::string>();
          if (!text) return std::nullopt;
          out.push_back(std::move(*text));
        }
        return out;
      },
      [](const std::vector<std::string>& value) { return as_toml(value); });
}

std::map<std::string, std::string> ConfigTable::text_map() {
  std::map<std::string, std::string> out;
  std::set<std::string> keys;
  if (const toml::table* table = Document::table_of(*this); table != nullptr) {
    for (const auto& [key, node] : *table) keys.emplace(key.str());
  }
  const std::string prefix = path_.empty() ? "" : path_ + ".";
  for (const auto& [key, replacement] : document_->overrides) {
    if (key.starts_with(prefix)) keys.insert(key.substr(prefix.size()));
  }
  for (const std::string& key : keys) out[key] = text(key, kRequired);
  return out;
}

ConfigTable ConfigTable::table(std::string_view key) {
  const Setting setting = document_->find(*this, key);
  const std::string full_key = Document::join(path_, key);
  if (setting.set() && (setting.replacement != nullptr || !setting.node->is_table())) {
    document_->refuse(full_key, setting, "a table");
    return document_->view(nullptr, full_key);
  }
  return document_->view(setting.node == nullptr ? nullptr : setting.node->as_table(), full_key);
}

std::vector<ConfigTable> ConfigTable::tables(std::string_view key) {
  const Setting setting = document_->find(*this, key);
  if (!setting.set()) return {};
  const std::string full_key = Document::join(path_, key);
  const toml::array* array = setting.replacement != nullptr ? nullptr : setting.node->as_array();
  std::vector<ConfigTable> out;
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    const toml::table* element = (*array)[i].as_table();
    if (element == nullptr) break;
    document_->used.insert(element);
    out.push_back(document_->view(element, fmt::format("{}[{}]", full_key, i)));
  }
  if (array == nullptr || out.size() != array->size()) {
    document_->refuse(full_key, setting, fmt::format("an array of tables ([[{}]])", full_key));
    return {};
  }
  return out;
}

ConfigReader::ConfigReader(std::unique_ptr<Document> document) : document_(std::move(document)) {}
ConfigReader::~ConfigReader() = default;
ConfigReader::ConfigReader(ConfigReader&&) noexcept = default;
ConfigReader& ConfigReader::operator=(ConfigReader&&) noexcept = default;

Result<ConfigReader> ConfigReader::from_text(std::string_view text, std::string name, std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    return Error{ErrorCode::oversized, fmt::format("{} is longer than the {} bytes allowed", name, max_bytes)};
  }
  if (const auto hazard = toml_hazard(text)) return Error{ErrorCode::malformed, fmt::format("{} {}", name, *hazard)};
  try {
    auto document = std::make_unique<Document>(toml::parse(text), std::move(name), std::filesystem::path());
    return ConfigReader(std::move(document));
  } catch (const toml::parse_error& error) {
    return Error{ErrorCode::malformed, fmt::format("{} line {}, column {}: {}", name, error.source().begin.line,
                                                   error.source().begin.column, shown(error.description()))};
  }
}

Result<ConfigReader> ConfigReader::from_file(const std::filesystem::path& file) {
  BAUTA_TRY(const std::string text, read_text_file(file, kMaxBytes));
  BAUTA_TRY(ConfigReader reader, from_text(text, file.string()));
  reader.document_->base_directory = file.parent_path();
  return reader;
}

void ConfigReader::override_value(std::string_view dotted_key, std::string_view value, std::string_view origin) {
  document_->overrides[std::string(dotted_key)] = {std::string(value), std::string(origin)};
}

void ConfigReader::override_from_environment(std::string_view prefix,
                                             const std::map<std::string, std::string>& environment) {
  for (auto it = environment.lower_bound(std::string(prefix)); it != environment.end(); ++it) {
    const auto& [variable, value] = *it;
    if (!variable.starts_with(prefix)) break;
    std::string key;
    const std::string_view rest = std::string_view(variable).substr(prefix.size());
    if (rest == "CONFIG") continue;
    for (std::size_t i = 0; i < rest.size(); ++i) {
      if (rest.substr(i, 2) == "__") {
        key += '.';
        ++i;
      } else {
        key += rest[i] >= 'A' && rest[i] <= 'Z' ? static_cast<char>(rest[i] - 'A' + 'a') : rest[i];
      }
    }
    override_value(key, value, variable);
  }
}

ConfigTable ConfigReader::root() { return document_->view(&document_->root, ""); }

Status ConfigReader::finish() {
  document_->note_unknown(document_->root, "");
  document_->note_unused_overrides();
  const std::vector<std::string> problems = std::exchange(document_->problems, {});
  if (problems.empty()) return {};
  std::string message;
  for (std::size_t i = 0; i < std::min(problems.size(), kMaxProblems); ++i)
    message += (i > 0 ? "\n" : "") + problems[i];
  if (problems.size() > kMaxProblems) message += fmt::format("\nand {} more", problems.size() - kMaxProblems);
  return Error{ErrorCode::invalid_argument, std::move(message)};
}

const std::vector<ConfigEntry>& ConfigReader::effective() const { return document_->entries; }

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

}  // namespace bauta
