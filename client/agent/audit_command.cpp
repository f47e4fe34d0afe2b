#include "client/agent/audit_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "client/agent/evidence.h"
#include "client/agent/identity.h"
#include "client/round/finished_round.h"
#include "client/storage/round_records.h"
#include "common/crypto/system_random.h"
#include "common/evidence/evidence_folder.h"
#include "common/masking/merkle.h"

namespace bauta::client {
namespace {

/// Of one call in a row, with pauses that grow to the longest of [transport].
constexpr int kTries = 10;
constexpr std::uint64_t kProgressLines = 20;

/// Of `chunks`, rounded up, at least one.
std::uint64_t part_of(double share, std::uint64_t chunks) {
  constexpr double kRounding = 1e-9;
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(chunks) - kRounding)));
}

/// Repeats what may pass by itself. What the coordinator refuses is an audit refused, unless it has no such round.
template <class Call>
auto insist(const std::function<void(std::string_view)>& say, const Call& call) -> decltype(call()) {
  auto answer = call();
  for (int tries = 1; !answer.ok() && is_temporary(answer.error().code) && tries < kTries; ++tries) {
    say(fmt::format("{}; trying again\n", answer.error().message));
    answer = call();
  }
  if (answer.ok() || is_temporary(answer.error().code)) return answer;
  if (answer.error().code == ErrorCode::not_found) {
    return with_context("the coordinator keeps the last two rounds only", answer.error());
  }
  return Error{ErrorCode::audit_refused, answer.error().message};
}

}  // namespace

std::optional<double> parse_share(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  double share = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (percent) share /= 100;
  return share > 0 && share <= 1 ? std::optional(share) : std::nullopt;
}

std::string describe_coverage(std::uint64_t chunks, std::uint64_t checked) {
  std::string text;
  for (const double share : {0.01, 0.05, 0.10, 0.50}) {
    const std::uint64_t altered = part_of(share, chunks);
    text += fmt::format("tampering with {:>2.0f} % of the chunks ({}) escapes this with a chance of {:.2g}\n",
                        100 * share, altered, chance_of_escape(chunks, altered, checked));
  }
  return text;
}

Result<std::string> audit_round(const ClientSettings& settings, std::uint64_t round_no, double share,
                                const std::function<void(std::string_view)>& say) {
  BAUTA_TRY(const Identity identity, read_identity(settings));
  BAUTA_TRY(const RoundRecords records, RoundRecords::open(settings.store.state_directory));
  BAUTA_TRY(const KeptRound kept, records.read(round_no));
  auto opened = open_record(identity.roster, kept.record);
  if (!opened.ok()) return with_context("the record of round " + to_string(kept.id), std::move(opened).error());
  const FinishedRound round = *std::move(opened);

  const SystemClock clock;
  SystemRandom random;
  SleepingWaiter waiter;
  BAUTA_TRY(const auto http, HttpClient::create(settings.http, clock));
  HttpsLink link({identity.roster->hash, 0, settings.backoff}, *http, clock, random, waiter);
  const LaneLayout layout = round.context.layout();
  std::vector<std::uint64_t> sum(layout.word_count());
  BAUTA_RETURN_IF_ERROR(insist(say, [&] { return link.aggregate_vector(kept.id, sum); }));
  if (vector_root(wire_bytes(sum)) != round.aggregate.sum_root) {
    return Error{ErrorCode::audit_sum, "the sum that the coordinator sends now is not the one that it signed"};
  }
  BAUTA_TRY(Audit audit, Audit::create(round.context, round.u1, round.u2, round.u3, round.aggregate));
  const auto failed = [&](const Error& error) -> Error {
    if (!audit.convicts()) return error;
    const EvidenceFile evidence =
        evidence_of_audit(*identity.roster, round.aggregate_blob, audit.evidence(kept.record, sum));
    const auto found =
        keep_evidence(settings.store.state_directory, client_evidence_kinds(), identity.roster, evidence, clock.wall());
    if (found.ok() && *found) say(fmt::format("evidence: {}\n", (*found)->file.string()));
    if (!found.ok()) say(fmt::format("the evidence cannot be kept: {}\n", found.error().message));
    return error;
  };
  const std::uint64_t chunks = chunk_count(layout);
  const std::vector<std::uint64_t> drawn = draw_chunks(chunks, part_of(share, chunks), random);
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    audit.begin(drawn[i]);
    while (!audit.complete()) {
      BAUTA_TRY(const Bytes answer,
                insist(say, [&] { return link.audit_chunk(kept.id, audit.chunk(), audit.after()); }));
      if (const Status taken = audit.take(answer); !taken.ok()) return failed(taken.error());
    }
    if (const Status equal = audit.compare(chunk_of(sum, drawn[i])); !equal.ok()) return failed(equal.error());
    const std::uint64_t done = i + 1;
    if (done * kProgressLines / drawn.size() != i * kProgressLines / drawn.size()) {
      say(fmt::format("{} of {} chunks\n", done, drawn.size()));
    }
  }
  return fmt::format("round {}: {} of {} chunks ({:.3g} %) checked; each is the sum of the {} survivors' uploads\n{}",
                     to_string(kept.id), drawn.size(), chunks,
                     100 * static_cast<double>(drawn.size()) / static_cast<double>(chunks), round.u3.survivors.size(),
                     describe_coverage(chunks, drawn.size()));
}

}  // namespace bauta::client
