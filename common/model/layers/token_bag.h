// The vector of an item: projection · mean(±rows of the hashed table). Each different item of a batch once.
#pragma once

#include <span>
#include <vector>

#include "common/model/layers/columns.h"
#include "common/model/layers/lanes.h"
#include "common/model/parameters.h"
#include "common/model/text_tokens.h"

namespace bauta {

template <class Scalar>
class TokenBagLayer {
 public:
  using ConstMatrix = Eigen::Map<const RowMajorMatrix<Scalar>>;
  using MutableMatrix = Eigen::Map<RowMajorMatrix<Scalar>>;

  /// table [rows, token_width], projection [width, token_width]; column i of `output` is the vector of bags[wanted[i]].
  void forward(const ConstMatrix& table, const ConstMatrix& projection, const TokenBags& bags,
               std::span<const std::uint32_t> wanted, Columns<Scalar>& output) {
    const Eigen::Index token_width = table.cols();
    means_.resize_zero(token_width, static_cast<Eigen::Index>(wanted.size()));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::span<const TokenRow> rows = bags[wanted[i]];
      if (rows.empty()) continue;
      Scalar* mean = means_.column(static_cast<Eigen::Index>(i));
      for (const TokenRow token : rows) {
        const Scalar* row = table.data() + Eigen::Index{token.row()} * token_width;
        token.negative() ? lanes::subtract(row, mean, token_width) : lanes::add(row, mean, token_width);
      }
      const Scalar scale = Scalar(1) / Scalar(rows.size());
      for (Eigen::Index k = 0; k < token_width; ++k) mean[k] *= scale;
    }
    output.resize(projection.rows(), means_.count());
    output.view().noalias() = projection * means_.view();
  }

  /// Adds to the gradients of projection and table; rows of the table met for the first time are appended to `touched`
  /// and marked in `seen` (one flag a table row).
  void backward(const ConstMatrix& projection, const TokenBags& bags, std::span<const std::uint32_t> wanted,
                const Columns<Scalar>& output_gradient, MutableMatrix projection_gradient, MutableMatrix table_gradient,
                std::vector<std::uint32_t>& touched, std::vector<bool>& seen) {
    const Eigen::Index token_width = table_gradient.cols();
    projection_gradient.noalias() += output_gradient.view() * means_.view().transpose();
    mean_gradient_.resize(token_width, output_gradient.count());
    mean_gradient_.view().noalias() = projection.transpose() * output_gradient.view();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::span<const TokenRow> rows = bags[wanted[i]];
      if (rows.empty()) continue;
      Scalar* gradient = mean_gradient_.column(static_cast<Eigen::Index>(i));
      const Scalar scale = Scalar(1) / Scalar(rows.size());
      for (Eigen::Index k = 0; k < token_width; ++k) gradient[k] *= scale;
      for (const TokenRow token : rows) {
        if (!seen[token.row()]) {
          seen[token.row()] = true;
          touched.push_back(token.row());
        }
        Scalar* row = table_gradient.data() + Eigen::Index{token.row()} * token_width;
        token.negative() ? lanes::subtract(gradient, row, token_width) : lanes::add(gradient, row, token_width);
      }
    }
  }

 private:
  Columns<Scalar> means_;          // [token_width × items]
  Columns<Scalar> mean_gradient_;  // [token_width × items]
};

}  // namespace bauta
