#include "client/data/load_event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <deque>
#include <unordered_map>

#include "client/data/timestamp.h"

namespace bauta::client {
namespace {

constexpr std::size_t kMaxIdBytes = 256;
constexpr std::size_t kMaxTextBytes = 8 * 1024;
constexpr std::size_t kMaxChannels = 255;  // Event::channel is one byte and 0 means none
constexpr std::size_t kMaxShownBytes = 40;

/// Names to dense numbers in order of first sight.
class Interner {
 public:
  std::uint32_t operator()(std::string_view name) {
    const auto found = index_.find(name);
    if (found != index_.end()) return found->second;
    const auto number = static_cast<std::uint32_t>(names_.size());
    index_.emplace(names_.emplace_back(name), number);
    return number;
  }
  std::optional<std::uint32_t> find(std::string_view name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? std::nullopt : std::optional(found->second);
  }
  const std::deque<std::string>& names() const { return names_; }

 private:
  std::deque<std::string> names_;  // a deque keeps the keys of index_ in place
  std::unordered_map<std::string_view, std::uint32_t> index_;
};

/// The new number of every old one when the names are sorted.
std::vector<std::uint32_t> sorted_order(const std::deque<std::string>& names) {
  std::vector<std::uint32_t> by_name(names.size());
  for (std::uint32_t i = 0; i < by_name.size(); ++i) by_name[i] = i;
  std::sort(by_name.begin(), by_name.end(), [&](std::uint32_t a, std::uint32_t b) { return names[a] < names[b]; });
  std::vector<std::uint32_t> rank(names.size());
  for (std::uint32_t i = 0; i < by_name.size(); ++i) rank[by_name[i]] = i;
  return rank;
}

/// A value as it may stand in a one-line message: short, printable.
std::string shown(std::string_view value) {
  std::string text;
  for (const char c : value.substr(0, kMaxShownBytes)) {
    text.push_back(c >= ' ' && c <= '~' ? c : '?');
  }
  return value.size() > kMaxShownBytes ? text + "..." : text;
}

class Loader {
 public:
  Loader(EventSource& source, const LoadSettings& settings) : source_(source), settings_(settings) {}

  Result<LoadedData> load() {
    // Persons first: nothing of an event is looked at before its person is known to consent.
    const std::array<std::string_view, 2> person_columns = {"person_id", settings_.consent_column};
    BAUTA_RETURN_IF_ERROR(source_.read(Table::persons, person_columns, [&](const SourceRow& row) { person(row); }));
    count_persons();
    BAUTA_RETURN_IF_ERROR(check_share(Table::persons, report_.persons));

    const std::array<std::string_view, 6> event_columns = {"person_id", "occurred_at", "event_type",
                                                           "item_id",   "amount",      "channel"};
    BAUTA_RETURN_IF_ERROR(source_.read(Table::events, event_columns, [&](const SourceRow& row) { event(row); }));
    BAUTA_RETURN_IF_ERROR(check_share(Table::events, report_.events));

    const std::array<std::string_view, 4> item_columns = {"item_id", "title", "category", "brand"};
    item_texts_.resize(items_.names().size());
    BAUTA_RETURN_IF_ERROR(source_.read(Table::items, item_columns, [&](const SourceRow& row) { item(row); }));
    BAUTA_RETURN_IF_ERROR(check_share(Table::items, report_.items));

    if (events_.empty()) {
      return Error{ErrorCode::bad_data,
                   fmt::format("no event of a consenting person: {} persons consent, {} do not ({} is not one of the "
                               "accepted values), {} events were dropped",
                               report_.persons.kept, report_.persons_without_consent, settings_.consent_column,
                               report_.events_without_consent + report_.events_of_unlisted_persons)};
    }
    return build();
  }

 private:
  struct RawEvent {
    std::uint32_t person = 0;
    Event event;
  };
  struct ItemText {
    bool seen = false;
    std::string title, category, brand;
  };
  enum class Consent : std::uint8_t { given, refused };

  void bad(Table table, TableReport& counts, const SourceRow& row, std::string_view reason,
           std::string_view value = {}) {
    ++counts.bad;
    ++report_.bad_by_reason[fmt::format("{}: {}", to_string(table), reason)];
    if (report_.examples.size() < LoadReport::kMaxExamples) {
      report_.examples.push_back({table, std::string(row.file), row.line,
                                  value.empty() ? std::string(reason) : fmt::format("{} '{}'", reason, shown(value))});
    }
  }

  void person(const SourceRow& row) {
    ++report_.persons.rows;
    const auto reject = [&](std::string_view reason) { bad(Table::persons, report_.persons, row, reason); };
    if (!row.problem.empty()) return reject(row.problem);
    const std::string_view id = row.fields[0];
    if (id.empty()) return reject("empty person_id");
    if (id.size() > kMaxIdBytes) return reject("over-long person_id");
    const auto& accepted = settings_.consent_values;
    const bool consents = std::find(accepted.begin(), accepted.end(), row.fields[1]) != accepted.end();
    const std::uint32_t number = persons_(id);
    if (number < consent_.size()) {
      // Listed twice. Whatever else that means, a single refusal is a refusal.
      if (!consents) consent_[number] = Consent::refused;
      return reject("duplicate person_id");
    }
    consent_.push_back(consents ? Consent::given : Consent::refused);
  }

  void count_persons() {
    for (const Consent consent : consent_) {
      if (consent == Consent::given) {
        ++report_.persons.kept;
      } else {
        ++report_.persons_without_consent;
      }
    }
  }

  void event(const SourceRow& row) {
    ++report_.events.rows;
    const auto reject = [&](std::string_view reason, std::string_view value = {}) {
      bad(Table::events, report_.events, row, reason, value);
    };
    if (!row.problem.empty()) return reject(row.problem);
    const std::string_view person_id = row.fields[0];
    if (person_id.empty()) return reject("empty person_id");
    if (!last_person_ || persons_.names()[*last_person_] != person_id) last_person_ = persons_.find(person_id);
    if (!last_person_) {
      ++report_.events_of_unlisted_persons;
      return;
    }
    if (consent_[*last_person_] != Consent::given) {
      ++report_.events_without_consent;
      return;
    }

    RawEvent raw;
    raw.person = *last_person_;
    const auto time = parse_timestamp(row.fields[1]);
    if (!time) return reject("unreadable occurred_at (YYYY-MM-DDTHH:MM:SSZ is needed)", row.fields[1]);
    raw.event.occurred_at = *time;
    const auto mapped = settings_.type_map.find(row.fields[2]);
    const auto type =
        mapped != settings_.type_map.end() ? std::optional(mapped->second) : event_type_from(row.fields[2]);
    if (!type) return reject("unknown event_type (name it in [data.type_map])", row.fields[2]);
    raw.event.type = *type;
    const std::string_view item_id = row.fields[3];
    if (item_id.size() > kMaxIdBytes) return reject("over-long item_id");
    if (const std::string_view amount = row.fields[4]; !amount.empty()) {
      double value = 0;
      const auto [end, error] = std::from_chars(amount.data(), amount.data() + amount.size(), value);
      if (error != std::errc{} || end != amount.data() + amount.size()) return reject("unreadable amount", amount);
      raw.event.amount = static_cast<float>(value);
      if (!std::isfinite(raw.event.amount)) return reject("amount is not finite", amount);
    }
    const std::string_view channel = row.fields[5];
    if (channel.size() > kMaxIdBytes) return reject("over-long channel");
    if (!channel.empty()) {
      if (channels_.names().size() == kMaxChannels && !channels_.find(channel)) {
        return reject("more than 255 different channels");
      }
      raw.event.channel = static_cast<std::uint8_t>(channels_(channel) + 1);
    }
    if (!item_id.empty()) raw.event.item = items_(item_id);
    events_.push_back(raw);
    ++report_.events.kept;
  }

  void item(const SourceRow& row) {
    ++report_.items.rows;
    const auto reject = [&](std::string_view reason) { bad(Table::items, report_.items, row, reason); };
    if (!row.problem.empty()) return reject(row.problem);
    if (row.fields[0].empty()) return reject("empty item_id");
    const auto number = items_.find(row.fields[0]);
    if (!number) {
      ++report_.items_not_needed;
      return;
    }
    for (const std::string_view text : row.fields.subspan(1)) {
      if (text.size() > kMaxTextBytes) return reject("over-long title, category or brand");
    }
    ItemText& text = item_texts_[*number];
    if (text.seen) return reject("duplicate item_id");
    text = {true, std::string(row.fields[1]), std::string(row.fields[2]), std::string(row.fields[3])};
    ++report_.items.kept;
  }

  Status check_share(Table table, const TableReport& counts) const {
    const auto judged = static_cast<double>(counts.bad + counts.kept);
    if (static_cast<double>(counts.bad) <= settings_.max_bad_share * judged) return {};
    return Error{
        ErrorCode::bad_data,
        fmt::format("{} of {} rows of the {} table are unusable, more than max_bad_share = {} allows; {}", counts.bad,
                    counts.bad + counts.kept, to_string(table), settings_.max_bad_share, report_.problems())};
  }

  LoadedData build() {
    LoadedData loaded;
    EventLog& log = loaded.log;

    // Persons: only those with an event, sorted by id. The refusing ones end with this object.
    std::vector<std::size_t> events_of(persons_.names().size(), 0);
    for (const RawEvent& raw : events_) ++events_of[raw.person];
    std::vector<std::uint32_t> kept;
    for (std::uint32_t i = 0; i < events_of.size(); ++i) {
      if (events_of[i] > 0) {
        kept.push_back(i);
      } else if (consent_[i] == Consent::given) {
        ++report_.persons_without_events;
      }
    }
    std::sort(kept.begin(), kept.end(),
              [&](std::uint32_t a, std::uint32_t b) { return persons_.names()[a] < persons_.names()[b]; });
    std::vector<std::size_t> next(events_of.size(), 0);
    log.first_event.push_back(0);
    for (const std::uint32_t old : kept) {
      log.persons.push_back(persons_.names()[old]);
      next[old] = log.first_event.back();
      log.first_event.push_back(log.first_event.back() + events_of[old]);
    }

    // Items and channels sorted by name, so that the order of the rows in the source leaves no trace.
    const std::vector<std::uint32_t> item_rank = sorted_order(items_.names());
    log.items.resize(item_rank.size());
    for (std::size_t i = 0; i < item_rank.size(); ++i) {
      ItemText& text = item_texts_[i];
      if (!text.seen) ++report_.items_without_row;
      log.items[item_rank[i]] = {items_.names()[i], std::move(text.title), std::move(text.category),
                                 std::move(text.brand)};
    }
    const std::vector<std::uint32_t> channel_rank = sorted_order(channels_.names());
    log.channels.resize(channel_rank.size() + 1);
    for (std::size_t i = 0; i < channel_rank.size(); ++i) log.channels[channel_rank[i] + 1] = channels_.names()[i];

    log.events.resize(events_.size());
    for (const RawEvent& raw : events_) {
      Event& event = log.events[next[raw.person]++];
      event = raw.event;
      if (event.item != kNoItem) event.item = item_rank[event.item];
      if (event.channel != 0) event.channel = static_cast<std::uint8_t>(channel_rank[event.channel - 1U] + 1);
    }
    for (std::size_t p = 0; p < log.persons.size(); ++p) {
      const auto begin = log.events.begin() + static_cast<std::ptrdiff_t>(log.first_event[p]);
      const auto end = log.events.begin() + static_cast<std::ptrdiff_t>(log.first_event[p + 1]);
      const auto earlier = [](const Event& a, const Event& b) { return a.occurred_at < b.occurred_at; };
      if (!std::is_sorted(begin, end, earlier)) std::stable_sort(begin, end, earlier);
    }
    loaded.report = std::move(report_);
    return loaded;
  }

  EventSource& source_;
  const LoadSettings& settings_;
  LoadReport report_;
  Interner persons_;  // refusing persons too, until the load ends, so that their events are known
  std::vector<Consent> consent_;
  std::optional<std::uint32_t> last_person_;
  Interner items_, channels_;
  std::vector<ItemText> item_texts_;
  std::vector<RawEvent> events_;
};

}  // namespace

std::string LoadReport::problems() const {
  std::string text;
  for (const auto& [reason, rows] : bad_by_reason)
    text += fmt::format("{}{} x {}", text.empty() ? "" : ", ", rows, reason);
  for (const BadRow& row : examples) text += fmt::format("; {}:{}: {}", row.file, row.line, row.reason);
  return text;
}

std::string LoadReport::summary() const {
  std::string text = fmt::format(
      "persons: {} rows, {} consent, {} do not, {} bad, {} without events; events: {} rows, {} kept, {} bad, {} of "
      "refusing and {} of unlisted persons dropped; items: {} rows, {} kept, {} bad, {} not needed, {} without a row",
      persons.rows, persons.kept, persons_without_consent, persons.bad, persons_without_events, events.rows,
      events.kept, events.bad, events_without_consent, events_of_unlisted_persons, items.rows, items.kept, items.bad,
      items_not_needed, items_without_row);
  if (!bad_by_reason.empty()) text += "; " + problems();
  return text;
}

Result<LoadedData> load_event_log(EventSource& source, const LoadSettings& settings) {
  return Loader(source, settings).load();
}

}  // namespace bauta::client
