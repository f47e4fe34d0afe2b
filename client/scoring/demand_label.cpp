#include "client/scoring/demand_label.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "client/scoring/matching_words.h"
#include "common/base/time_format.h"

namespace bauta::client {
namespace {

using Forms = std::vector<std::string>;

bool holds(const Forms& forms, const std::string& form) {
  return std::find(forms.begin(), forms.end(), form) != forms.end();
}

/// Connecting words included, for a demand may consist of nothing else.
Forms all_forms(std::string_view text) {
  Forms forms = words_of(text);
  for (std::string& form : forms) form = comparing_form(form);
  return forms;
}

/// The words of every item; a category's are found once, for many items share it.
class ItemForms {
 public:
  explicit ItemForms(const EventLog& log) {
    for (const Item& item : log.items) {
      auto& category = by_path_[item.category];
      if (category.empty()) category = all_forms(item.category);
      categories_.push_back(&category);
      titles_.push_back(all_forms(item.title));
      brands_.push_back(all_forms(item.brand));
    }
  }

  bool by_category(std::size_t item, const Forms& wanted) const {
    return std::all_of(wanted.begin(), wanted.end(),
                       [&](const std::string& w) { return holds(*categories_[item], w); });
  }
  bool by_text(std::size_t item, const Forms& wanted) const {
    return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& w) {
      return holds(*categories_[item], w) || holds(titles_[item], w) || holds(brands_[item], w);
    });
  }

 private:
  std::map<std::string_view, Forms> by_path_;
  std::vector<const Forms*> categories_;
  std::vector<Forms> titles_, brands_;
};

DemandItems::Alternative match(const EventLog& log, const ItemForms& forms, const std::string& words,
                               std::vector<bool>& matches) {
  const Forms wanted = all_forms(words);
  DemandItems::Alternative found;
  found.words = words;
  std::set<std::string> categories;
  std::vector<std::size_t> by_category;
  std::vector<std::size_t> by_text;
  for (std::size_t i = 0; i < log.items.size(); ++i) {
    if (forms.by_category(i, wanted)) {
      by_category.push_back(i);
      categories.insert(log.items[i].category);
    } else if (forms.by_text(i, wanted)) {
      by_text.push_back(i);
    }
  }
  const auto& taken = by_category.empty() ? by_text : by_category;
  if (!taken.empty()) found.by = by_category.empty() ? DemandItems::By::text : DemandItems::By::category;
  found.items = taken.size();
  found.categories.assign(categories.begin(), categories.end());
  for (const std::size_t i : taken) matches[i] = true;
  return found;
}

}  // namespace

bool DemandItems::empty() const {
  return !any && std::none_of(matches.begin(), matches.end(), [](bool match) { return match; });
}

DemandItems match_items(const EventLog& log, const DemandWords& words) {
  DemandItems items;
  items.any = words.empty();
  items.matches.assign(log.items.size(), false);
  if (items.any) return items;
  const ItemForms forms(log);
  for (const std::string& alternative : words.alternatives) {
    items.alternatives.push_back(match(log, forms, alternative, items.matches));
  }
  return items;
}

bool is_demanded(const Event& event, EventType type, const DemandItems& items, const AmountBand& amount) {
  return event.type == type && items.contains(event.item) && amount.contains(event.amount);
}

Result<std::vector<Sample>> demand_samples(const EventLog& log, const DemandSentence& sentence,
                                           const DemandItems& items, UnixSeconds cut) {
  const std::int64_t horizon = std::int64_t{sentence.horizon_days} * 86400;
  const UnixSeconds last = std::max(cut, log.last_time().value_or(cut));
  if (last < cut + horizon) {
    return Error{
        ErrorCode::bad_data,
        fmt::format("the data end at {}, before the {} days after {} do: take an earlier cut or a shorter time",
                    format_time(last), sentence.horizon_days, format_time(cut))};
  }
  std::vector<Sample> samples;
  for (std::uint32_t p = 0; p < log.persons.size(); ++p) {
    if (log.before(p, cut).empty()) continue;
    const auto future = log.after(p, cut, cut + horizon);
    const bool label = std::any_of(future.begin(), future.end(), [&](const Event& e) {
      return is_demanded(e, sentence.type, items, sentence.amount);
    });
    samples.push_back({p, kNoItem, cut, label});
  }
  return samples;
}

}  // namespace bauta::client
