// The graph of one round: who draws whom in phase 2, and who therefore masks with whom (docs/protocol.md §6).
#pragma once

#include <map>
#include <span>
#include <vector>

#include "common/base/random_source.h"
#include "common/federation/graph.h"
#include "common/masking/wire.h"

namespace bauta {

/// The partners to whom `dealer` deals its shares, ascending: all of `u1`, itself included, in the complete graph;
/// otherwise `degree` others, drawn at random.
std::vector<PartnerIndex> draw_neighbours(const Graph& graph, PartnerIndex dealer, std::span<const PartnerIndex> u1,
                                          RandomSource& random);

/// Whether `neighbours` is what draw_neighbours may have given; both lists ascending.
bool may_have_drawn(const Graph& graph, PartnerIndex dealer, std::span<const PartnerIndex> neighbours,
                    std::span<const PartnerIndex> u1);

/// Two partners of U2 share a mask when either has drawn the other.
class MaskGraph {
 public:
  MaskGraph() = default;
  explicit MaskGraph(const std::map<PartnerIndex, ShareKeysHeader>& headers);

  /// Ascending, without the partner itself; `partner` is in U2.
  const std::vector<PartnerIndex>& masks_with(PartnerIndex partner) const { return masks_with_.at(partner); }
  /// Those of U2 that have drawn `holder` and dealt it shares, ascending.
  const std::vector<PartnerIndex>& dealers_to(PartnerIndex holder) const;

 private:
  std::map<PartnerIndex, std::vector<PartnerIndex>> masks_with_;
  std::map<PartnerIndex, std::vector<PartnerIndex>> dealers_to_;
};

/// A survivor that keeps too few living ones of its own draws (living_draws_needed), or nothing. Nobody can in the
/// complete graph, where the other thresholds say more.
template <class Survives>
const ShareKeysHeader* cut_off_survivor(const Graph& graph, const std::map<PartnerIndex, ShareKeysHeader>& headers,
                                        const Survives& survives) {
  if (graph.kind == GraphKind::complete) return nullptr;
  for (const auto& [partner, header] : headers) {
    if (!survives(partner)) continue;
    std::uint32_t living = 0;
    for (const PartnerIndex neighbour : header.neighbours) living += survives(neighbour) ? 1 : 0;
    if (living < living_draws_needed(static_cast<std::uint32_t>(header.neighbours.size()))) return &header;
  }
  return nullptr;
}

}  // namespace bauta
