// A matrix whose columns are the vectors of a batch (events, items or samples) and which keeps its memory between
// batches.
#pragma once

#include <Eigen/Core>

namespace bauta {

template <class Scalar>
class Columns {
 public:
  using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

  /// Contents are undefined afterwards.
  void resize(Eigen::Index rows, Eigen::Index columns) {
    if (storage_.rows() != rows || storage_.cols() < columns) storage_.resize(rows, columns);
    used_ = columns;
  }
  void resize_zero(Eigen::Index rows, Eigen::Index columns) {
    resize(rows, columns);
    view().setZero();
  }
  /// Forgets all columns behind the first `columns`; their values stay readable until the next resize.
  void keep_first(Eigen::Index columns) { used_ = columns; }
  Eigen::Index rows() const { return storage_.rows(); }
  Eigen::Index count() const { return used_; }
  Scalar* column(Eigen::Index i) { return storage_.data() + i * storage_.rows(); }
  const Scalar* column(Eigen::Index i) const { return storage_.data() + i * storage_.rows(); }
  auto view() { return storage_.leftCols(used_); }
  auto view() const { return storage_.leftCols(used_); }

 private:
  Matrix storage_;
  Eigen::Index used_ = 0;
};

}  // namespace bauta
