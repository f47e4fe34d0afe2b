#include "client/data/load_event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "client/data/interner.h"
#include "client/data/timestamp.h"

namespace bauta::client {
namespace {

constexpr std::size_t kMaxIdBytes = 256;
constexpr std::size_t kMaxTextBytes = 8 * 1024;
constexpr std::size_t kMaxChannels = 255;  // Event::channel is one byte and 0 means none
constexpr std::size_t kMaxShownBytes = 40;

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
  Loader(EventSource& source, const LoadSettings& settings)
      : source_(source), settings_(settings), store_(settings.store) {}

  Result<LoadedData> load() {
    // Persons first: nothing of an event is looked at before its person is known to consent.
    const std::array<std::string_view, 2> person_columns = {"person_id", settings_.consent_column};
    BAUTA_RETURN_IF_ERROR(source_.read(Table::persons, person_columns, [&](const SourceRow& row) { person(row); }));
    BAUTA_RETURN_IF_ERROR(consents_known_);
    count_persons();
    BAUTA_RETURN_IF_ERROR(check_share(Table::persons, report_.persons));
    rank_persons();

    const std::array<std::string_view, 6> event_columns = {"person_id", "occurred_at", "event_type",
                                                           "item_id",   "amount",      "channel"};
    BAUTA_RETURN_IF_ERROR(source_.read(Table::events, event_columns, [&](const SourceRow& row) { event(row); }));
    BAUTA_RETURN_IF_ERROR(stored_);
    BAUTA_RETURN_IF_ERROR(check_share(Table::events, report_.events));

    const std::array<std::string_view, 4> item_columns = {"item_id", "title", "category", "brand"};
    item_texts_.resize(items_.names().size());
    BAUTA_RETURN_IF_ERROR(source_.read(Table::items, item_columns, [&](const SourceRow& row) { item(row); }));
    BAUTA_RETURN_IF_ERROR(check_share(Table::items, report_.items));

    if (report_.events.kept == 0) {
      return Error{ErrorCode::bad_data,
                   fmt::format("no event of a consenting person: {} persons consent, {} do not ({} is not one of the "
                               "accepted values), {} events were dropped",
                               report_.persons.kept, report_.persons_without_consent, settings_.consent_column,
                               report_.events_without_consent + report_.events_of_unlisted_persons)};
    }
    return build();
  }

 private:
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

  /// Whom such a row is about, and whether it withdraws a consent, cannot be told.
  void unsure(const SourceRow& row, std::string_view reason) {
    if (!consents_known_.ok()) return;
    consents_known_ =
        Error{ErrorCode::bad_data,
              fmt::format("{}:{}: {}: whose consent this row gives or refuses cannot be told, so nothing is "
                          "read; mend the row",
                          row.file, row.line, reason)};
  }

  void person(const SourceRow& row) {
    ++report_.persons.rows;
    const auto reject = [&](std::string_view reason) { bad(Table::persons, report_.persons, row, reason); };
    if (!row.problem.empty()) return unsure(row, row.problem);
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

  /// Those who consent, by id: events can then be sorted before the last one is read.
  void rank_persons() {
    for (std::uint32_t number = 0; number < consent_.size(); ++number) {
      if (consent_[number] == Consent::given) by_rank_.push_back(number);
    }
    std::sort(by_rank_.begin(), by_rank_.end(),
              [&](std::uint32_t a, std::uint32_t b) { return persons_.names()[a] < persons_.names()[b]; });
    rank_.resize(consent_.size());
    for (std::uint32_t rank = 0; rank < by_rank_.size(); ++rank) rank_[by_rank_[rank]] = rank;
    events_of_.resize(by_rank_.size());
  }

  void event(const SourceRow& row) {
    if (!stored_.ok()) return;
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
    raw.person = rank_[*last_person_];
    const auto time = parse_timestamp(row.fields[1]);
    if (!time) return reject("unreadable occurred_at (YYYY-MM-DDTHH:MM:SSZ is needed)", row.fields[1]);
    raw.occurred_at = *time;
    const auto mapped = settings_.type_map.find(row.fields[2]);
    const auto type =
        mapped != settings_.type_map.end() ? std::optional(mapped->second) : event_type_from(row.fields[2]);
    if (!type) return reject("unknown event_type (name it in [data.type_map])", row.fields[2]);
    raw.type = *type;
    const std::string_view item_id = row.fields[3];
    if (item_id.size() > kMaxIdBytes) return reject("over-long item_id");
    if (const std::string_view amount = row.fields[4]; !amount.empty()) {
      double value = 0;
      const auto [end, error] = std::from_chars(amount.data(), amount.data() + amount.size(), value);
      if (error != std::errc{} || end != amount.data() + amount.size()) return reject("unreadable amount", amount);
      raw.amount = static_cast<float>(value);
      if (!std::isfinite(raw.amount)) return reject("amount is not finite", amount);
    }
    const std::string_view channel = row.fields[5];
    if (channel.size() > kMaxIdBytes) return reject("over-long channel");
    if (!channel.empty()) {
      if (channels_.names().size() == kMaxChannels && !channels_.find(channel)) {
        return reject("more than 255 different channels");
      }
      raw.channel = static_cast<std::uint8_t>(channels_(channel) + 1);
    }
    if (!item_id.empty()) raw.item = items_(item_id);
    stored_ = store_.append(raw);
    ++events_of_[raw.person];
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

  Result<LoadedData> build() {
    LoadedData loaded;
    EventLog& log = loaded.log;

    // Persons: only those with an event. The refusing ones end with this object.
    log.first_event.push_back(0);
    for (std::uint32_t rank = 0; rank < by_rank_.size(); ++rank) {
      if (events_of_[rank] == 0) {
        ++report_.persons_without_events;
        continue;
      }
      log.persons.push_back(persons_.names()[by_rank_[rank]]);
      log.first_event.push_back(log.first_event.back() + events_of_[rank]);
    }

    // Items and channels sorted by name, so that the order of the rows in the source leaves no trace.
    const std::vector<std::uint32_t> item_rank = sorted_order(items_.names());
    log.items.resize(item_rank.size());
    for (std::size_t i = 0; i < item_rank.size(); ++i) {
      ItemText& text = item_texts_[i];
      if (!text.seen) ++report_.items_without_row;
      log.items[item_rank[i]] = {
          items_.names()[i], std::move(text.title), std::move(text.category), std::move(text.brand), {}};
    }
    const std::vector<std::uint32_t> channel_rank = sorted_order(channels_.names());
    log.channels.resize(channel_rank.size() + 1);
    for (std::size_t i = 0; i < channel_rank.size(); ++i) log.channels[channel_rank[i] + 1] = channels_.names()[i];

    BAUTA_TRY(log.events, store_.sorted(item_rank, channel_rank));
    loaded.report = std::move(report_);
    return loaded;
  }

  EventSource& source_;
  const LoadSettings& settings_;
  LoadReport report_;
  Interner persons_;  // refusing persons too, until the load ends, so that their events are known
  std::vector<Consent> consent_;
  std::vector<std::uint32_t> by_rank_;  // numbers of those who consent, sorted by id
  std::vector<std::uint32_t> rank_;     // by number: the place in by_rank_, for those who consent
  std::vector<std::size_t> events_of_;  // by rank
  std::optional<std::uint32_t> last_person_;
  Interner items_, channels_;
  std::vector<ItemText> item_texts_;
  EventStore store_;
  Status consents_known_;
  Status stored_;  // of the rows read so far: a visitor cannot end the reading
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
