#include "coordinator/api/partner_endpoints.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/masking/merkle.h"
#include "common/net/problem.h"
#include "coordinator/api/error_response.h"
#include "coordinator/api/path_parameters.h"
#include "coordinator/api/upload_sink.h"

namespace bauta::coordinator {
namespace {

constexpr Milliseconds kTouchEvery{30'000};
constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr BodyLimit kNone{};
/// Answers of kAuditAnswerBytes in memory at a time.
constexpr std::size_t kMostAudits = 16;

constexpr BodyLimit message_of(Phase phase) { return {BodyLimit::Kind::message, static_cast<std::uint64_t>(phase)}; }
constexpr BodyLimit kVector{BodyLimit::Kind::vector, 0};

HttpResponse protobuf(ByteView bytes) { return make_response(200, std::string(kProtobuf), as_text(bytes)); }

bool is_waiting_over(const HttpRequest& request) { return request.waited; }

}  // namespace

std::span<const Route<PartnerEndpoints>> PartnerEndpoints::routes() {
  using E = PartnerEndpoints;
  constexpr Access kPartner = Access::partner;
  static constexpr Route<E> kRoutes[] = {
      {{"GET", "/v1/invitation", kPartner, kNone}, &E::invitation},
      {{"GET", "/v1/rounds/{round}/{attempt}", kPartner, kNone}, &E::show_round},
      {{"POST", "/v1/rounds/{round}/{attempt}/keys", kPartner, message_of(Phase::advertise_keys)}, &E::post_keys},
      {{"GET", "/v1/rounds/{round}/{attempt}/keys", kPartner, kNone}, &E::get_keys},
      {{"POST", "/v1/rounds/{round}/{attempt}/shares", kPartner, message_of(Phase::share_keys)}, &E::post_shares},
      {{"GET", "/v1/rounds/{round}/{attempt}/shares", kPartner, kNone}, &E::get_shares},
      {{"POST", "/v1/rounds/{round}/{attempt}/update", kPartner, message_of(Phase::masked_update)}, &E::post_update},
      {{"GET", "/v1/rounds/{round}/{attempt}/update/vector", kPartner, kNone}, &E::get_vector},
      {{"PUT", "/v1/rounds/{round}/{attempt}/update/vector", kPartner, kVector}, &E::put_vector},
      {{"GET", "/v1/rounds/{round}/{attempt}/survivors", kPartner, kNone}, &E::get_survivors},
      {{"POST", "/v1/rounds/{round}/{attempt}/survivors", kPartner, message_of(Phase::certify_survivors)},
       &E::post_survivors},
      {{"GET", "/v1/rounds/{round}/{attempt}/certificate", kPartner, kNone}, &E::get_certificate},
      {{"POST", "/v1/rounds/{round}/{attempt}/unmask", kPartner, message_of(Phase::unmask)}, &E::post_unmask},
      {{"GET", "/v1/rounds/{round}/{attempt}/aggregate", kPartner, kNone}, &E::get_aggregate},
      {{"GET", "/v1/rounds/{round}/{attempt}/aggregate/vector", kPartner, kNone}, &E::get_sum},
      {{"GET", "/v1/rounds/{round}/{attempt}/audit/chunks/{chunk}", kPartner, kNone}, &E::get_audit},
      {{"GET", "/v1/models/{hash}", kPartner, kNone}, &E::get_model},
  };
  return kRoutes;
}

PartnerEndpoints::PartnerEndpoints(RoundRunner& runner, PartnerRegistry& registry, PartnerStore& store,
                                   UploadSpool& spool, ModelStore& models, const Clock& clock, const Logger& log)
    : runner_(runner),
      registry_(registry),
      store_(store),
      spool_(spool),
      models_(models),
      clock_(clock),
      log_(log),
      audits_(kMostAudits),
      refusals_(log, clock) {}

BodyRule PartnerEndpoints::body_rule(const HttpRequest& head) const {
  const auto* route = find_route(routes(), head, nullptr, nullptr);
  if (!route) return {};
  const BodyLimit limit = route->spec.body;
  switch (limit.kind) {
    case BodyLimit::Kind::none: return {};
    case BodyLimit::Kind::bytes: return {limit.value, false};
    case BodyLimit::Kind::message:
      return {max_message_bytes(static_cast<int>(limit.value), runner_.largest_cohort()), false};
    case BodyLimit::Kind::vector: return {runner_.largest_vector(), true};
  }
  return {};
}

HttpResponse PartnerEndpoints::refuse(const HttpRequest& request, const Error& error) {
  const RoundKey current = runner_.current() ? runner_.current()->key : refusals_of_;
  if (current != refusals_of_) {
    refusals_of_ = current;
    refusals_.clear();
  }
  // Asking for what is not there (any more) is no attack and happens in every restart.
  if (error.code != ErrorCode::not_found) refusals_.note(request.peer ? request.peer->partner_id : "", error);
  return protocol_problem(error);
}

Result<PartnerIndex> PartnerEndpoints::admit(const HttpRequest& request) {
  BAUTA_TRY(const PartnerIndex partner, registry_.admit(request.peer));
  const auto touched = touched_.find(partner);
  if (touched == touched_.end() || clock_.steady() - touched->second >= kTouchEvery) {
    // Not worth refusing a request for: the operator's "last seen" stays a little older.
    if (const Status seen = store_.touch(request.peer->partner_id, clock_.wall()); !seen.ok()) {
      log_.warning("cannot record that a partner was seen", {{"reason", seen.error().message}});
    }
    touched_[partner] = clock_.steady();
  }
  return partner;
}

Reply PartnerEndpoints::handle(HttpRequest& request) {
  std::vector<std::string_view> parameters;
  std::string allowed;
  const auto* route = find_route(routes(), request, &parameters, &allowed);
  const auto partner = admit(request);
  if (!partner.ok()) return refuse(request, partner.error());
  if (!route) return no_route(request, allowed);
  if (const auto hash = request.header("Bauta-Roster-Hash"); hash && *hash != to_hex(registry_.roster().hash)) {
    return refuse(request, {ErrorCode::wrong_context, "this partner has pinned another roster than the coordinator's " +
                                                          to_hex(registry_.roster().hash) +
                                                          "; whoever is behind changes over with `roster apply`"});
  }
  Call call{request, std::move(parameters), *partner, {}};
  Reply reply = (this->*route->handler)(call);
  if (auto* const response = std::get_if<HttpResponse>(&reply)) {
    response->headers.emplace_back("Bauta-Roster-Hash", to_hex(registry_.roster().hash));
  }
  return reply;
}

Result<Attempt*> PartnerEndpoints::attempt_of(std::span<const std::string_view> path, PartnerIndex partner) {
  const auto key = parse_round_key(path[0], path[1]);
  Attempt* const attempt = key ? runner_.find(*key) : nullptr;
  if (!attempt) {
    return Error{ErrorCode::not_found, fmt::format("there is no round {}, attempt {} (any more)", path[0], path[1])};
  }
  if (!attempt->round->context().in_cohort(partner)) {
    return Error{ErrorCode::not_in_cohort, "this partner is not in the cohort of the round"};
  }
  return attempt;
}

namespace {

/// Why nothing more comes of the attempt, or nothing.
std::optional<std::string> end_of(const Attempt& attempt) {
  if (!attempt.gone.empty()) return attempt.gone;
  if (attempt.round->phase() == Phase::voided) return "the attempt is void: " + attempt.round->void_reason();
  return std::nullopt;
}

}  // namespace

Reply PartnerEndpoints::wait_or(const Call& call, HttpResponse otherwise) {
  if (is_waiting_over(call.request)) return otherwise;
  return WaitFor{runner_.changes(), runner_.changes()->version()};
}

Reply PartnerEndpoints::when_present(const Call& call, const Attempt& attempt, const std::optional<Bytes>& answer) {
  if (const auto end = end_of(attempt)) return gone(*end);
  if (answer) return protobuf(*answer);
  return wait_or(call, make_response(204, "", ""));
}

// Opening.

void PartnerEndpoints::note_if_ahead(const Call& call, RoundKey after) {
  const auto newest = runner_.newest_round();
  if (!newest.ok() || after.round_no <= *newest) return;
  refusals_.note(
      call.request.peer->partner_id,
      {ErrorCode::wrong_context,
       fmt::format("this partner has seen round {}, the newest here is {}, so it will refuse the next ones; if "
                   "others say the same, the state was restored from a backup: run `bauta-coordinator "
                   "resume-after {}`",
                   after.round_no, *newest, after.round_no)});
}

Reply PartnerEndpoints::invitation(Call& call) {
  RoundKey after;
  if (const auto text = call.request.query_value("after")) {
    const auto key = parse_round_key(*text);
    if (!key)
      return refuse(call.request, {ErrorCode::invalid_argument, "after must be ROUND.ATTEMPT, for example 12.1"});
    after = *key;
  }
  note_if_ahead(call, after);
  registry_.mark_ready(call.partner);
  runner_.advance();
  const Attempt* const attempt = runner_.current();
  if (attempt && attempt->key > after && !attempt->over() && !attempt->excluded.contains(call.partner) &&
      attempt->round->context().in_cohort(call.partner)) {
    const bool may_join =
        attempt->round->phase() == Phase::advertise_keys || attempt->round->has_advertised(call.partner);
    if (may_join) {
      const Bytes plan(attempt->plan.begin(), attempt->plan.end());
      return protobuf(encode(Invitation{attempt->round->context().descriptor_blob, plan}));
    }
  }
  return wait_or(call, make_response(204, "", ""));
}

Reply PartnerEndpoints::show_round(Call& call) {
  const auto attempt = attempt_of(call.parameters, call.partner);
  if (!attempt.ok()) return refuse(call.request, attempt.error());
  nlohmann::ordered_json json;
  json["phase"] = (*attempt)->gone.empty() ? to_string((*attempt)->round->phase()) : to_string(Phase::voided);
  if (const auto end = end_of(**attempt)) json["void_reason"] = *end;
  return json_response(200, json.dump());
}

// Messages.

Status PartnerEndpoints::accept(Attempt& attempt, Phase phase, PartnerIndex from, ByteView message) {
  const std::size_t limit =
      max_message_bytes(static_cast<int>(phase), attempt.round->context().descriptor.cohort.size());
  if (message.size() > limit) {
    return Error{ErrorCode::oversized,
                 fmt::format("the message has {} bytes, at most {} are possible", message.size(), limit)};
  }
  const auto event = attempt.round->receive(phase, from, message);
  if (!event.ok()) {
    runner_.keep_evidence_against(attempt, phase, from, message);
    return event.error();
  }
  if (*event) BAUTA_RETURN_IF_ERROR(runner_.take(attempt, **event));
  attempt.bytes_received[from] += message.size();
  return {};
}

Reply PartnerEndpoints::post_message(Call& call, Phase phase) {
  const auto attempt = attempt_of(call.parameters, call.partner);
  if (!attempt.ok()) return refuse(call.request, attempt.error());
  if (const auto end = end_of(**attempt)) return gone(*end);
  const Status accepted = accept(**attempt, phase, call.partner, call.request.body);
  if (!accepted.ok()) {
    // The sum is being opened without this message; its answer will be there when that is done.
    if (accepted.error().code == ErrorCode::busy && !is_waiting_over(call.request)) {
      return WaitFor{runner_.changes(), runner_.changes()->version()};
    }
    // Phases 4 and 5 end as soon as enough have answered: who comes after that has done nothing wrong.
    if (accepted.error().code == ErrorCode::late && phase >= Phase::certify_survivors) {
      return protocol_problem(accepted.error());
    }
    return refuse(call.request, accepted.error());
  }
  runner_.advance();
  return make_response(200, "", "");
}

Reply PartnerEndpoints::get_keys(Call& call) {
  const auto attempt = attempt_of(call.parameters, call.partner);
  if (!attempt.ok()) return refuse(call.request, attempt.error());
  return when_present(call, **attempt, (*attempt)->round->key_set());
}

Reply PartnerEndpoints::get_shares(Call& call) {
  const auto attempt = attempt_of(call.parameters, call.partner);
  if (!attempt.ok()) return refuse(call.request, attempt.error());
  const auto package = (*attempt)->round->share_package(call.partner);
  if (!package.ok()) return refuse(call.request, package.error());
  return when_present(call, **attempt, *package);
}

Reply PartnerEndpoints::get_survivors(Call& call) {
  const auto attempt = attempt_of(call.parameters, call.partner);
  if (!attempt.ok()) return refuse(call.request, attempt.error());
  return when_present(call, **attempt, (*attempt)->round->survivor_set());
}

Reply PartnerEndpoints::get_certificate(Call& call) {
  const auto attempt = attempt_of(call.parameters, call.partner);
  if (!attempt.ok()) return refuse(call.request, attempt.error());
  return when_present(call, **attempt, (*attempt)->round->certificate());
}

Reply PartnerEndpoints::get_aggregate(Call& call) {
  const auto attempt = attempt_of(call.parameters, call.partner);
  if (!attempt.ok()) return refuse(call.request, attempt.error());
  return when_present(call, **attempt, (*attempt)->round->aggregate());
}

// The vector.

std::uint64_t PartnerEndpoints::spooled(const Attempt& attempt, PartnerIndex partner, bool complete) const {
  const std::uint64_t whole = attempt.round->context().layout().byte_count();
  if (complete) return whole;
  const std::uint64_t size = spool_.size_of({attempt.key, partner});
  return size == whole ? whole : size / UploadSpool::kChunkBytes * UploadSpool::kChunkBytes;
}

HttpResponse PartnerEndpoints::offset_response(int status, std::uint64_t offset, bool complete) const {
  nlohmann::ordered_json json;
  json["offset"] = offset;
  json["complete"] = complete;
  HttpResponse response = json_response(status, json.dump());
  response.headers.emplace_back("Upload-Offset", std::to_string(offset));
  return response;
}

Reply PartnerEndpoints::post_update(Call& call) {
  const auto attempt = attempt_of(call.parameters, call.partner);
  if (!attempt.ok()) return refuse(call.request, attempt.error());
  if (const auto end = end_of(**attempt)) return gone(*end);
  const Status accepted = accept(**attempt, Phase::masked_update, call.partner, call.request.body);
  if (!accepted.ok()) return refuse(call.request, accepted.error());
  const auto complete = (*attempt)->round->expect_upload(call.partner);
  if (!complete.ok()) return refuse(call.request, complete.error());
  return offset_response(200, spooled(**attempt, call.partner, *complete), *complete);
}

Reply PartnerEndpoints::get_vector(Call& call) {
  const auto attempt = attempt_of(call.parameters, call.partner);
  if (!attempt.ok()) return refuse(call.request, attempt.error());
  if (const auto end = end_of(**attempt)) return gone(*end);
  const auto complete = (*attempt)->round->expect_upload(call.partner);
  if (!complete.ok()) return refuse(call.request, complete.error());
  return offset_response(200, spooled(**attempt, call.partner, *complete), *complete);
}

UploadDecision PartnerEndpoints::open_upload(const HttpRequest& head) {
  std::vector<std::string_view> parameters;
  if (!find_route(routes(), head, &parameters, nullptr)) return no_route(head, "");
  const auto partner = admit(head);
  if (!partner.ok()) return refuse(head, partner.error());
  const auto attempt = attempt_of(parameters, *partner);
  if (!attempt.ok()) return refuse(head, attempt.error());
  if (const auto end = end_of(**attempt)) return gone(*end);
  const auto complete = (*attempt)->round->expect_upload(*partner);
  if (!complete.ok()) return refuse(head, complete.error());
  const auto layout = (*attempt)->round->context().layout();
  // A repeat of the last piece, whose answer was lost.
  if (*complete) return offset_response(200, layout.byte_count(), true);
  const auto header = head.header("Upload-Offset");
  const auto offset = header ? parse_decimal(*header, layout.byte_count()) : std::nullopt;
  if (!offset) {
    return refuse(head,
                  {ErrorCode::invalid_argument, "the header Upload-Offset must say at which byte the body begins"});
  }
  const UploadKey key{(*attempt)->key, *partner};
  auto upload = spool_.open_upload(key, layout.byte_count());
  if (!upload.ok()) return refuse(head, upload.error());
  if (*offset != upload->size()) {
    HttpResponse response = refuse(
        head, {ErrorCode::conflict, fmt::format("the upload goes on at byte {}, not at {}", upload->size(), *offset)});
    response.headers.emplace_back("Upload-Offset", std::to_string(upload->size()));
    return response;
  }
  if (head.content_length > layout.byte_count() - *offset) {
    return refuse(head, {ErrorCode::oversized, fmt::format("the body has {} bytes, but only {} are missing",
                                                           head.content_length, layout.byte_count() - *offset)});
  }
  log_.info("upload started", {{"partner", registry_.roster().entries[*partner].partner_id},
                               {"round", key.round.round_no},
                               {"attempt", key.round.attempt},
                               {"offset", *offset},
                               {"bytes", head.content_length}});
  return std::make_unique<UploadSink>(*std::move(upload), key, layout.lane_bits);
}

Reply PartnerEndpoints::put_vector(Call& call) {
  auto* const sink = static_cast<UploadSink*>(call.request.upload.get());
  BAUTA_CHECK(sink);
  const auto attempt = attempt_of(call.parameters, call.partner);
  if (!attempt.ok()) return refuse(call.request, attempt.error());
  if (const auto end = end_of(**attempt)) return gone(*end);
  const UploadKey key = sink->key();
  BAUTA_CHECK(key.round == (*attempt)->key && key.partner == call.partner);
  const std::uint64_t size = sink->size();
  (*attempt)->bytes_received[call.partner] += call.request.content_length;
  if (!sink->complete()) {
    // Only whole chunks are kept when the upload is opened again.
    return offset_response(200, size / UploadSpool::kChunkBytes * UploadSpool::kChunkBytes, false);
  }
  const auto event = (*attempt)->round->receive_upload(call.partner, sink->root());
  call.request.upload.reset();
  if (!event.ok()) {
    // What does not hash to the signed root is of no use to anybody: the sender may begin again.
    if (event.error().code == ErrorCode::bad_share) {
      if (const Status removed = spool_.remove(key); !removed.ok()) {
        log_.error("cannot remove a refused upload", {{"reason", removed.error().message}});
      }
    }
    return refuse(call.request, event.error());
  }
  if (*event) {
    if (const Status taken = runner_.take(**attempt, **event); !taken.ok()) return refuse(call.request, taken.error());
    log_.info("upload complete", {{"partner", registry_.roster().entries[call.partner].partner_id},
                                  {"round", key.round.round_no},
                                  {"attempt", key.round.attempt}});
    runner_.advance();
  }
  return offset_response(200, size, true);
}

// Files.

Reply PartnerEndpoints::get_sum(Call& call) {
  const auto attempt = attempt_of(call.parameters, call.partner);
  if (!attempt.ok()) return refuse(call.request, attempt.error());
  if (const auto end = end_of(**attempt)) return gone(*end);
  if ((*attempt)->round->phase() != Phase::finished) {
    return refuse(call.request,
                  {ErrorCode::wrong_phase, "the sum has not been opened yet; ask for the aggregate first"});
  }
  HttpResponse response = make_response(200, "application/octet-stream", "");
  response.file = FileRegion{runner_.sum_file((*attempt)->key), 0, (*attempt)->round->context().layout().byte_count()};
  return response;
}

Reply PartnerEndpoints::get_audit(Call& call) {
  const auto found = attempt_of(call.parameters, call.partner);
  if (!found.ok()) return refuse(call.request, found.error());
  const Attempt& attempt = **found;
  if (const auto end = end_of(attempt)) return gone(*end);
  const Round& round = *attempt.round;
  if (round.phase() != Phase::finished) {
    return refuse(call.request, {ErrorCode::wrong_phase, "the sum has not been opened yet; there is nothing to audit"});
  }
  if (!round.has_shared(call.partner)) {
    return refuse(call.request, {ErrorCode::not_in_cohort, "this partner is not in U2 of the round"});
  }
  AuditRequest audit;
  audit.round = attempt.key;
  audit.federation_id = registry_.roster().federation_id;
  audit.rctx = round.context().rctx;
  audit.u3 = round.u3_hash();
  audit.vector_bytes = round.context().layout().byte_count();
  audit.uploads = round.vector_roots();
  const std::uint64_t chunks = (audit.vector_bytes + kMerkleChunk - 1) / kMerkleChunk;
  const auto chunk = parse_decimal(call.parameters[2], chunks - 1);
  if (!chunk) {
    return refuse(call.request,
                  {ErrorCode::not_found, fmt::format("there is no such chunk; the vector has {}", chunks)});
  }
  audit.chunk = *chunk;
  if (const auto text = call.request.query_value("after")) {
    const auto after = parse_decimal(*text, kMaxPartners - 1);
    if (!after) {
      return refuse(call.request,
                    {ErrorCode::invalid_argument, "after must be the roster's index of a partner, for example 12"});
    }
    audit.after = static_cast<PartnerIndex>(*after);
    std::erase_if(audit.uploads, [&](const auto& upload) { return upload.first <= *after; });
  }
  if (audit.uploads.empty()) {
    return refuse(call.request, {ErrorCode::not_found, "no survivor comes after that one"});
  }
  auto slot = audits_.take(call.partner);
  if (!slot) return protocol_problem({ErrorCode::busy, "too many audits are being answered"});
  HttpResponse response = make_response(200, std::string(kProtobuf), "");
  response.make_body = [audit = std::move(audit), slot = std::move(slot), &spool = spool_,
                        &key = runner_.signing_key()] { return make_audit_answer(audit, spool, key); };
  return response;
}

Reply PartnerEndpoints::get_model(Call& call) {
  const auto hash = digest_from_hex(call.parameters[0]);
  if (!hash) return refuse(call.request, {ErrorCode::not_found, "a model's hash has 64 hexadecimal digits"});
  const auto row = models_.find(*hash);
  if (!row.ok()) return refuse(call.request, row.error());
  const auto path = models_.path(*hash);
  if (!path.ok()) return refuse(call.request, path.error());
  HttpResponse response = make_response(200, "application/octet-stream", "");
  response.file = FileRegion{*path, 0, row->size};
  return response;
}

}  // namespace bauta::coordinator
