// The model on disk, and its name. Page of the format, all integers little-endian:
//
//   8 bytes   "BAUTAMDL"
//   u32       format version, 1
//   u32       length of the header, at most kMaxHeaderBytes
//   header    JSON: {"plan_hash": hex, "round": n, "steps": n, "tensors": [{"name", "rows", "columns"}, …]}
//   3 · 4·n   IEEE binary32: parameters, first moment, second moment; n = sum of rows·columns
//   32 bytes  SHA-256 of everything before
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/model/parameters.h"
#include "common/model/server_optimiser.h"

namespace bauta {

inline constexpr std::size_t kMaxHeaderBytes = 64 * 1024;

struct TensorShape {
  std::string name;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;

  bool operator==(const TensorShape&) const = default;
};

struct ModelFile {
  Digest plan_hash{};
  std::uint64_t round_no = 0;  ///< the last round applied; 0 for the initial model
  std::vector<TensorShape> tensors;
  ModelState state;
};

/// Names a model in every protocol message: SHA-256 over "bauta/v1/model", plan hash, steps, count (u64 big-endian
/// each) and the three vectors as little-endian binary32. The optimiser's state is part of it: two partners with equal
/// parameters but unequal moments would part at the next round.
Digest model_hash(const ModelState& state, const Digest& plan_hash);

/// `state` must have the layout's size.
Bytes encode_model(const ModelState& state, const ParameterLayout& layout, const Digest& plan_hash,
                   std::uint64_t round_no);

/// Total on hostile bytes: bounds are checked before anything is allocated; refuses other magic (malformed), a newer
/// version (newer_schema), trailing bytes, a checksum that does not match, non-finite values, negative second moments.
Result<ModelFile> decode_model(ByteView bytes);

/// Whether the file holds exactly the tensors of `layout`; else invalid_argument naming the first difference.
Status check_layout(const ModelFile& file, const ParameterLayout& layout);

}  // namespace bauta
