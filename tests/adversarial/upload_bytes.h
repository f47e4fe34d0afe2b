// Uploads on a disk, as the coordinator takes them: for attacks on their bytes.
#pragma once

#include "coordinator/api/upload_sink.h"
#include "tests/adversarial/stepwise_round.h"
#include "tests/support/temporary_directory.h"

namespace bauta::testing {

class UploadsOnDisk {
 public:
  UploadsOnDisk() : spool_(open(directory_)) {}

  /// Bytes of an upload that is begun, or resumed where its file ends; the Merkle root where it is whole by then.
  Result<std::optional<Digest>> send(PartnerIndex from, std::uint64_t whole, ByteView bytes) {
    const coordinator::UploadKey key{{1, 1}, from};
    BAUTA_TRY(auto upload, spool_.open_upload(key, whole));
    coordinator::UploadSink sink(std::move(upload), key, 32);
    BAUTA_RETURN_IF_ERROR(sink.write(bytes));
    BAUTA_RETURN_IF_ERROR(sink.finish());
    if (!sink.complete()) return std::optional<Digest>();
    return std::optional<Digest>(sink.root());
  }
  std::uint64_t size_of(PartnerIndex from) const { return spool_.size_of({{1, 1}, from}); }
  Status remove(PartnerIndex from) { return spool_.remove({{1, 1}, from}); }

 private:
  static coordinator::UploadSpool open(const TemporaryDirectory& directory) {
    auto spool = coordinator::UploadSpool::open(directory.path(), std::uint64_t{1} << 30);
    REQUIRE(spool.ok());
    return *std::move(spool);
  }
  TemporaryDirectory directory_;
  coordinator::UploadSpool spool_;
};

/// Vectors of several chunks.
inline StepwiseRound round_with_long_vectors() {
  return {5, 3, [](RoundDescriptor& descriptor) { descriptor.dimension = 40'000; }};
}

}  // namespace bauta::testing
