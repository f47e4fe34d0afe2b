#include "coordinator/api/unmask_job.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/file.h"
#include "common/base/parallel_ranges.h"
#include "common/masking/merkle.h"
#include "common/masking/update_codec.h"
#include "common/model/model_file.h"
#include "coordinator/round/accumulator.h"

namespace bauta::coordinator {
namespace {

// Of the vector, so that what one thread works on stays in its cache.
constexpr std::size_t kPieceWords = 32 * 1024;
// Uploads that are open at a time.
constexpr std::size_t kOpenUploads = 128;

class Summing {
 public:
  explicit Summing(const UnmaskJob& job)
      : job_(&job), context_(&job.round->context()), survivors_(job.round->survivors()), sum_(context_->layout()) {}

  const std::set<PartnerIndex>& survivors() const { return survivors_; }
  std::span<const std::uint64_t> words() const { return sum_.words(); }

  /// Adds all uploads, then takes the masks out.
  Status run(std::span<const MaskTerm> terms) {
    std::vector<Upload> uploads;
    auto next = survivors_.begin();
    while (next != survivors_.end()) {
      uploads.clear();
      for (; next != survivors_.end() && uploads.size() < kOpenUploads; ++next) {
        BAUTA_TRY(Upload upload, open(*next));
        uploads.push_back(std::move(upload));
      }
      const auto masks = next == survivors_.end() ? terms : std::span<const MaskTerm>();
      BAUTA_RETURN_IF_ERROR(for_each_range(
          words().size(), kPieceWords, job_->threads,
          [&](std::size_t first, std::size_t count) { return add_range(uploads, first, count, masks); }));
    }
    return {};
  }

 private:
  Result<Upload> open(PartnerIndex partner) const {
    const RoundDescriptor& descriptor = context_->descriptor;
    const UploadKey key{{descriptor.round_no, descriptor.attempt}, partner};
    BAUTA_TRY(Upload upload, job_->spool->open_upload(key, sum_.layout().byte_count()));
    if (!upload.complete()) {
      // No repetition brings the bytes back: the run ends instead of waiting for ever.
      return Error{ErrorCode::malformed,
                   fmt::format("the verified upload of {} lies cut or lost in the spool; check the disk of the state "
                               "directory and start a new run",
                               context_->roster->entries[partner].partner_id)};
    }
    return upload;
  }

  Status add_range(const std::vector<Upload>& uploads, std::size_t first, std::size_t count,
                   std::span<const MaskTerm> masks) {
    Bytes piece(count * 8);
    for (const Upload& upload : uploads) {
      BAUTA_RETURN_IF_ERROR(upload.read(first * 8, piece));
      BAUTA_RETURN_IF_ERROR(sum_.add(first, piece));
    }
    sum_.apply_masks(first, count, masks);
    return {};
  }

  const UnmaskJob* job_;
  const RoundContext* context_;
  std::set<PartnerIndex> survivors_;
  Accumulator sum_;
};

}  // namespace

Result<Unmasked> run(UnmaskJob job) {
  const RoundContext& context = job.round->context();
  const RoundDescriptor& descriptor = context.descriptor;
  BAUTA_TRY(Unmasking unmasking, job.round->unmask());
  Unmasked result;
  {
    Summing sum(job);
    BAUTA_RETURN_IF_ERROR(sum.run(unmasking.masks.terms()));
    // The model steps forward as the sum is decoded: neither is held twice.
    ServerStep step(job.model, job.server);
    auto metrics = decode_sum(context, sum.survivors(), sum.words(),
                              [&](std::size_t first, std::span<const double> mean) { return step.apply(first, mean); });
    const Status stepped = metrics.ok() ? step.finish() : Status(metrics.error());
    if (!stepped.ok()) return with_context("the aggregate is rejected", stepped.error());
    result.metrics = *metrics;
    result.sum_root = vector_root(wire_bytes(sum.words()));
    BAUTA_RETURN_IF_ERROR(write_file_atomically(job.sum_file, wire_bytes(sum.words())));
  }
  result.secrets = std::move(unmasking.secrets);
  result.model = std::move(job.model);
  result.model_hash = model_hash(result.model, descriptor.plan_hash);
  result.model_file = encode_model(result.model, job.layout, descriptor.plan_hash, descriptor.round_no);
  return result;
}

}  // namespace bauta::coordinator
