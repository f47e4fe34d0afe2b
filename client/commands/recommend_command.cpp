#include "client/commands/recommend_command.h"

#include <fmt/format.h>

#include "client/commands/served_service.h"
#include "client/scoring/explanation.h"
#include "client/scoring/recommendation.h"
#include "common/base/time_format.h"

namespace bauta::client {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kExplainedEvents = 3;  // of each item

Status write_items(const EventLog& log, const RecommendOptions& options, const Recommendations& made, const Json& head,
                   const ByteSink& write) {
  PersonTable table(options.format, {"person_id", "rank", "item_id", "item_text", "score"}, write);
  BAUTA_RETURN_IF_ERROR(table.begin(head, "recommendations"));
  for (std::size_t p = 0; p < made.persons.size(); ++p) {
    std::size_t rank = 0;
    for (const RankedItem& one : made.items[p]) {
      const Item& item = log.items[one.item];
      BAUTA_RETURN_IF_ERROR(table.row({log.persons[made.persons[p]], ++rank, item.id, text_of(item), one.score}));
    }
  }
  return table.end();
}

/// The attention when asked for the task's target with each recommended item.
Status write_explanations(ServedService& service, const RecommendOptions& options, const TaskSettings& task,
                          UnixSeconds now, const Recommendations& made, const Json& head, const ByteSink& write) {
  const EventLog& log = service.log();
  PersonTable table(options.format,
                    {"rank", "item_id", "item_text", "occurred_at", "event_type", "event_item_id", "event_item_text",
                     "weight", "share"},
                    write);
  BAUTA_RETURN_IF_ERROR(table.begin(head, "events"));
  std::size_t rank = 0;
  for (const RankedItem& ranked : made.items.front()) {
    const Item& item = log.items[ranked.item];
    ++rank;
    BAUTA_TRY(const auto events,
              explain(service.predictor(), made.persons.front(), now, ranked.item, task.target, kExplainedEvents));
    for (const ExplainedEvent& one : events) {
      const bool has_item = one.event.item != kNoItem;
      const Item& what = has_item ? log.items[one.event.item] : Item();
      BAUTA_RETURN_IF_ERROR(table.row({rank, item.id, text_of(item), format_time(one.event.occurred_at),
                                       to_string(one.event.type), has_item ? Json(what.id) : Json(),
                                       has_item ? Json(text_of(what)) : Json(), one.weight, one.share}));
    }
  }
  return table.end();
}

}  // namespace

Result<std::string> recommend_command(const ClientSettings& settings, const RecommendOptions& options,
                                      const Logger& log, const OnProgress& on_progress, const ByteSink& write) {
  BAUTA_TRY(const auto service, ServedService::open(settings, options.given, log, on_progress));
  RecommendationSettings asked;
  asked.top = options.top;
  asked.new_only = options.new_only;
  BAUTA_TRY(asked.now, service->now(options.at));
  std::optional<std::uint32_t> only;
  if (!options.explain.empty()) {
    BAUTA_TRY(only, service->person(options.explain));
  }
  BAUTA_TRY(const Recommendations made, recommend(service->predictor(), asked, on_progress, only));
  Json head{{"at", format_time(asked.now)}, {"model", service->model()},     {"top", options.top},
            {"new_only", options.new_only}, {"popularity", made.popularity}, {"coverage", made.coverage},
            {"catalogue", made.catalogue}};
  const std::string summary = fmt::format(
      "{} persons at {}, model: {}\npopularity of what is recommended {:.3f} (1: the most popular item, 0.5: a blind "
      "choice); {:.1f} % of the {} items are recommended to somebody\n",
      made.persons.size(), format_time(asked.now), service->model(), made.popularity, 100 * made.coverage,
      made.catalogue);
  if (!only) {
    BAUTA_RETURN_IF_ERROR(write_items(service->log(), options, made, head, write));
    return summary;
  }
  head["person_id"] = options.explain;
  BAUTA_RETURN_IF_ERROR(write_explanations(*service, options, settings.task, asked.now, made, head, write));
  return summary + "the weights are the model's attention when asked for a " +
         std::string(to_string(settings.task.target)) +
         " of the item; the ranking itself is read from the newest state of the whole history\n";
}

}  // namespace bauta::client
