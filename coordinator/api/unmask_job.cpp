#include "coordinator/api/unmask_job.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/file.h"
#include "common/masking/merkle.h"
#include "common/masking/update_codec.h"
#include "common/model/model_file.h"
#include "coordinator/round/accumulator.h"

namespace bauta::coordinator {
namespace {

constexpr std::size_t kPieceWords = 128 * 1024;

Status add_upload(Accumulator& sum, const Upload& upload) {
  Bytes piece;
  const std::size_t count = sum.layout().word_count();
  for (std::size_t word = 0; word < count; word += kPieceWords) {
    piece.resize(std::min(kPieceWords, count - word) * 8);
    BAUTA_RETURN_IF_ERROR(upload.read(word * 8, piece));
    BAUTA_RETURN_IF_ERROR(sum.add(word, piece));
  }
  return {};
}

}  // namespace

Result<Unmasked> run(UnmaskJob job) {
  const RoundContext& context = job.round->context();
  const RoundDescriptor& descriptor = context.descriptor;
  const RoundKey round{descriptor.round_no, descriptor.attempt};
  const std::set<PartnerIndex> survivors = job.round->survivors();
  BAUTA_TRY(Unmasking unmasking, job.round->unmask());
  Accumulator sum(context.layout());
  for (const PartnerIndex partner : survivors) {
    BAUTA_TRY(const Upload upload, job.spool->open_upload({round, partner}, sum.layout().byte_count()));
    if (!upload.complete()) {
      // No repetition brings the bytes back: the run ends instead of waiting for ever.
      return Error{ErrorCode::malformed,
                   fmt::format("the verified upload of {} lies cut or lost in the spool; check the disk of the state "
                               "directory and start a new run",
                               context.roster->entries[partner].partner_id)};
    }
    BAUTA_RETURN_IF_ERROR(add_upload(sum, upload));
  }
  const auto terms = unmasking.mask_terms();
  sum.apply_masks(0, sum.words().size(), terms);
  const auto rejected = [](Error error) { return with_context("the aggregate is rejected", std::move(error)); };
  auto decoded = decode_sum(context, survivors, sum.words());
  if (!decoded.ok()) return rejected(std::move(decoded).error());

  Unmasked result;
  result.metrics = decoded->mean_metrics;
  result.model = std::move(job.model);
  if (Status applied = apply(result.model, decoded->mean_update, job.server); !applied.ok()) {
    return rejected(std::move(applied).error());
  }
  result.model_hash = model_hash(result.model, descriptor.plan_hash);
  result.model_file = encode_model(result.model, job.layout, descriptor.plan_hash, descriptor.round_no);
  result.sum_root = vector_root(wire_bytes(sum.words()));
  result.secrets = std::move(unmasking.secrets);
  BAUTA_RETURN_IF_ERROR(write_file_atomically(job.sum_file, wire_bytes(sum.words())));
  return result;
}

}  // namespace bauta::coordinator
