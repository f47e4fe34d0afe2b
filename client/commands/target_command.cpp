#include "client/commands/target_command.h"

#include "client/commands/output_file.h"
#include "client/commands/served_service.h"
#include "client/scoring/audience_report.h"
#include "client/scoring/demand_ranker.h"

namespace bauta::client {
namespace {

Status write_persons(const std::vector<AudiencePerson>& persons, const ByteSink& write) {
  PersonTable table(TableFormat::csv, {"rank", "person_id", "probability", "score"}, write);
  BAUTA_RETURN_IF_ERROR(table.begin({}, "persons"));
  std::size_t rank = 0;
  for (const AudiencePerson& one : persons) {
    const auto probability = one.probability ? nlohmann::ordered_json(*one.probability) : nlohmann::ordered_json();
    BAUTA_RETURN_IF_ERROR(table.row({++rank, one.id, probability, one.score}));
  }
  return table.end();
}

Result<DemandSentence> sentence_of(const TargetOptions& options) {
  BAUTA_TRY(DemandSentence sentence, parse_demand_sentence(options.sentence));
  if (options.size == 0) return sentence;
  if (sentence.limit.persons || sentence.limit.percent) {
    return Error{ErrorCode::invalid_argument, "the sentence names a number of persons and so does --size: keep one"};
  }
  sentence.limit.persons = options.size;
  return sentence;
}

}  // namespace

Result<std::string> target_command(const ClientSettings& settings, const TargetOptions& options, const Logger& log,
                                   const OnProgress& on_progress, const ByteSink& write) {
  BAUTA_TRY(const DemandSentence sentence, sentence_of(options));
  if (!options.controls.empty()) {
    const auto others = files_read(settings, {options.config, options.given.model, options.given.plan});
    std::error_code error;
    if (!options.out.empty() &&
        std::filesystem::weakly_canonical(std::filesystem::absolute(options.out), error) ==
            std::filesystem::weakly_canonical(std::filesystem::absolute(options.controls), error))
      return Error{ErrorCode::invalid_argument, "--out and --controls name the same file"};
    if (const Status free = check_output(options.controls, others); !free.ok())
      return with_context("--controls", free.error());
  }
  BAUTA_TRY(const auto service, ServedService::open(settings, options.given, log, {}));
  AudienceSettings audience;
  BAUTA_TRY(audience.now, service->now(options.at));
  audience.least = settings.contact.least;
  audience.contacts = settings.contact.limit;
  audience.hold_out = settings.contact.hold_out;
  audience.hold_out_key = settings.contact.hold_out_key;
  // Its steps are reported here, and not those within them.
  DemandRanker ranker(service->predictor());
  std::uint64_t asked = 0;
  const DemandScorer scorer = [&](const DemandSentence& what, const DemandItems& items, UnixSeconds cut) {
    auto scores = ranker.scores(what, items, cut);
    if (on_progress) on_progress(++asked, audience.past_weeks + 1, "asking past weeks and now");
    return scores;
  };
  BAUTA_TRY(const AudienceReport report, find_audience(service->loaded(), sentence, scorer, audience));
  if (options.format == TableFormat::json) {
    BAUTA_RETURN_IF_ERROR(write(as_bytes(to_json(report) + "\n")));
  } else {
    BAUTA_RETURN_IF_ERROR(write_persons(report.persons, write));
  }
  if (!options.controls.empty()) {
    const auto produce = [&](const ByteSink& sink) { return write_persons(report.controls, sink); };
    BAUTA_RETURN_IF_ERROR(write_output(options.controls, produce));
  }
  return "model: " + service->model() + "\n" + to_text(report);
}

}  // namespace bauta::client
