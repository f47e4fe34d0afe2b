// A model file, as a newcomer downloads it; also with the checksum put right, so that the rest is reached.
#include <cmath>
#include <cstdint>

#include "common/crypto/sha256.h"
#include "common/model/model_file.h"

using namespace bauta;

namespace {

void decode_and_check(ByteView bytes) {
  const auto file = decode_model(bytes);
  if (!file.ok()) return;
  BAUTA_CHECK(file->state.parameters.size() == file->state.first_moment.size());
  BAUTA_CHECK(file->state.parameters.size() == file->state.second_moment.size());
  for (const float value : file->state.parameters) BAUTA_CHECK(std::isfinite(value));
  (void)model_hash(file->state, file->plan_hash);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  decode_and_check({data, size});
  Bytes completed(data, data + size);
  append(completed, sha256(completed));
  decode_and_check(completed);
  return 0;
}
