// An event before normalisation: its item's vector plus one row of each small table.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "common/model/layers/columns.h"
#include "common/model/layers/lanes.h"

namespace bauta {

inline constexpr std::size_t kEventTables = 6;  ///< type, gap, amount, hour, weekday, channel
inline constexpr std::uint32_t kNoSlot = 0xffffffff;

/// Where the parts of one event of the batch come from.
struct EventRow {
  std::uint32_t slot = kNoSlot;  ///< column of the item vectors, kNoSlot for none
  std::array<std::uint8_t, kEventTables> codes{};
};

template <class Scalar>
class EventEmbedding {
 public:
  static void forward(const std::array<const Scalar*, kEventTables>& tables, std::span<const EventRow> events,
                      const Columns<Scalar>& items, Eigen::Index width, Columns<Scalar>& output) {
    output.resize_zero(width, static_cast<Eigen::Index>(events.size()));
    for (std::size_t i = 0; i < events.size(); ++i) {
      Scalar* x = output.column(static_cast<Eigen::Index>(i));
      if (events[i].slot != kNoSlot) lanes::add(items.column(events[i].slot), x, width);
      for (std::size_t table = 0; table < kEventTables; ++table)
        lanes::add(tables[table] + events[i].codes[table] * width, x, width);
    }
  }

  /// Adds to the tables' gradients and to `item_gradient`.
  static void backward(std::span<const EventRow> events, const Columns<Scalar>& gradient, Eigen::Index width,
                       const std::array<Scalar*, kEventTables>& table_gradients, Columns<Scalar>& item_gradient) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      const Scalar* g = gradient.column(static_cast<Eigen::Index>(i));
      if (events[i].slot != kNoSlot) lanes::add(g, item_gradient.column(events[i].slot), width);
      for (std::size_t table = 0; table < kEventTables; ++table)
        lanes::add(g, table_gradients[table] + events[i].codes[table] * width, width);
    }
  }
};

}  // namespace bauta
