// Means of signed rows of one table: hashed tokens of a text, or a single row for an id. The backward pass is cut by
// rows of the table, so that several threads can fill one gradient without meeting.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/model/layers/columns.h"
#include "common/model/layers/lanes.h"
#include "common/model/layers/vector_math.h"
#include "common/model/parameters.h"
#include "common/model/text_tokens.h"

namespace bauta {

/// The rows of one table that have a gradient, each once, in `kParts` lists of about equal length.
class TouchedRows {
 public:
  static constexpr std::size_t kParts = 8;

  /// A token's row and the column whose gradient it gets.
  struct Use {
    TokenRow token;
    std::uint32_t column = 0;
  };

  explicit TouchedRows(std::uint32_t rows = 0) : seen_(rows), parts_(kParts), uses_(kParts) {}

  /// Blocks of rows in turn: frequent rows often are neighbours, and threads must not write to one cache line.
  static std::size_t part_of(std::uint32_t row) { return row / kBlock % kParts; }
  std::span<const std::uint32_t> part(std::size_t index) const { return parts_[index]; }
  std::size_t count() const {
    std::size_t sum = 0;
    for (const auto& part : parts_) sum += part.size();
    return sum;
  }
  /// Different parts may be used by different threads at the same time.
  void touch(std::size_t part, std::uint32_t row) {
    if (seen_[row] != 0) return;
    seen_[row] = 1;
    parts_[part].push_back(row);
  }
  void clear(std::size_t part) {
    for (const std::uint32_t row : parts_[part]) seen_[row] = 0;
    parts_[part].clear();
  }
  /// The tokens of `bags[wanted[i]]` that belong to `part`, column by column; valid until the next call for this part.
  std::span<const Use> uses(std::size_t part, const TokenBags& bags, std::span<const std::uint32_t> wanted) {
    std::vector<Use>& uses = uses_[part];
    uses.clear();
    for (std::size_t i = 0; i < wanted.size(); ++i)
      for (const TokenRow token : bags[wanted[i]])
        if (part_of(token.row()) == part) uses.push_back({token, static_cast<std::uint32_t>(i)});
    return uses;
  }

 private:
  static constexpr std::uint32_t kBlock = 64;

  std::vector<std::uint8_t> seen_;
  std::vector<std::vector<std::uint32_t>> parts_;
  std::vector<std::vector<Use>> uses_;
};

template <class Scalar>
class EmbeddingBag {
 public:
  using ConstMatrix = Eigen::Map<const RowMajorMatrix<Scalar>>;
  using Index = Eigen::Index;

  /// Column i of `means` [columns × bags] ← mean of the rows of bags[wanted[i]], for i in [first, first + count); zero
  /// for an empty bag. The number of columns is a multiple of 8.
  static void forward(const ConstMatrix& table, const TokenBags& bags, std::span<const std::uint32_t> wanted,
                      std::size_t first, std::size_t count, Columns<Scalar>& means) {
    const Index width = table.cols();
    for (std::size_t i = first; i < first + count; ++i) {
      Scalar* mean = means.column(static_cast<Index>(i));
      for (Index k = 0; k < width; k += 8) Eigen::Map<lanes::Lane<Scalar>>(mean + k).setZero();
      if (i + kAhead < first + count)
        for (const TokenRow token : bags[wanted[i + kAhead]])
          lanes::prefetch(table.data() + Index{token.row()} * width, width);
      const std::span<const TokenRow> rows = bags[wanted[i]];
      if (rows.empty()) continue;
      for (const TokenRow token : rows) {
        const Scalar* row = table.data() + Index{token.row()} * width;
        token.negative() ? lanes::subtract(row, mean, width) : lanes::add(row, mean, width);
      }
      lanes::scale(Scalar(1) / Scalar(rows.size()), mean, width);
    }
  }

  /// dL/dmean → dL/d(sum of rows), in place, for the columns [first, first + count): to be called before backward.
  static void divide(const TokenBags& bags, std::span<const std::uint32_t> wanted, std::size_t first, std::size_t count,
                     Columns<Scalar>& mean_gradient) {
    for (std::size_t i = first; i < first + count; ++i) {
      const std::size_t rows = bags[wanted[i]].size();
      if (rows > 1)
        lanes::scale(Scalar(1) / Scalar(rows), mean_gradient.column(static_cast<Index>(i)), mean_gradient.rows());
    }
  }

  /// Adds to the rows of the table's gradient that belong to `part`, and lists them.
  static void backward(const TokenBags& bags, std::span<const std::uint32_t> wanted, const Columns<Scalar>& divided,
                       std::size_t part, Scalar* table_gradient, TouchedRows& touched) {
    const Index width = divided.rows();
    const std::span<const TouchedRows::Use> uses = touched.uses(part, bags, wanted);
    for (std::size_t i = 0; i < uses.size(); ++i) {
      if (i + kAhead < uses.size())
        lanes::prefetch(table_gradient + Index{uses[i + kAhead].token.row()} * width, width);
      const auto [token, column] = uses[i];
      touched.touch(part, token.row());
      const Scalar* gradient = divided.column(column);
      Scalar* row = table_gradient + Index{token.row()} * width;
      token.negative() ? lanes::subtract(gradient, row, width) : lanes::add(gradient, row, width);
    }
  }

 private:
  static constexpr std::size_t kAhead = 8;  // bags or rows between asking for memory and using it
};

}  // namespace bauta
