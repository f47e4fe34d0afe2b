#include "coordinator/api/unmask_job.h"

#include <algorithm>

#include "common/base/file.h"
#include "common/crypto/sha256.h"
#include "common/masking/update_codec.h"
#include "common/model/model_file.h"
#include "coordinator/round/accumulator.h"

namespace bauta::coordinator {
namespace {

constexpr std::size_t kPieceWords = 128 * 1024;

Status add_upload(Accumulator& sum, const Upload& upload) {
  if (!upload.complete()) return Error{ErrorCode::io, "a spooled upload is shorter than it was when it was verified"};
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
  const RoundDescriptor& descriptor = job.context.descriptor;
  const RoundKey round{descriptor.round_no, descriptor.attempt};
  Accumulator sum(job.context.layout());
  for (const PartnerIndex partner : job.survivors) {
    BAUTA_TRY(const Upload upload, job.spool->open_upload({round, partner}, sum.layout().byte_count()));
    BAUTA_RETURN_IF_ERROR(add_upload(sum, upload));
  }
  const auto terms = job.unmasking.mask_terms();
  sum.apply_masks(0, sum.words().size(), terms);
  BAUTA_TRY(const DecodedSum decoded, decode_sum(job.context, job.survivors, sum.words()));

  Unmasked result;
  result.metrics = decoded.mean_metrics;
  result.model = std::move(job.model);
  BAUTA_RETURN_IF_ERROR(apply(result.model, decoded.mean_update, job.server));
  result.model_hash = model_hash(result.model, descriptor.plan_hash);
  result.model_file = encode_model(result.model, job.layout, descriptor.plan_hash, descriptor.round_no);
  result.sum_hash = sha256(wire_bytes(sum.words()));
  result.secrets = std::move(job.unmasking.secrets);
  BAUTA_RETURN_IF_ERROR(write_file_atomically(job.sum_file, wire_bytes(sum.words())));
  return result;
}

}  // namespace bauta::coordinator
