#include "common/masking/mask_graph.h"

#include <algorithm>

#include "common/base/random_subset.h"

namespace bauta {

std::vector<PartnerIndex> draw_neighbours(const Graph& graph, PartnerIndex dealer, std::span<const PartnerIndex> u1,
                                          RandomSource& random) {
  std::vector<PartnerIndex> candidates(u1.begin(), u1.end());
  if (graph.kind == GraphKind::complete) return candidates;
  std::erase(candidates, dealer);
  return random_subset(std::move(candidates), graph.degree, random);
}

bool may_have_drawn(const Graph& graph, PartnerIndex dealer, std::span<const PartnerIndex> neighbours,
                    std::span<const PartnerIndex> u1) {
  if (graph.kind == GraphKind::complete) {
    return std::equal(neighbours.begin(), neighbours.end(), u1.begin(), u1.end());
  }
  return neighbours.size() == std::min<std::size_t>(graph.degree, u1.size() - 1) &&
         std::includes(u1.begin(), u1.end(), neighbours.begin(), neighbours.end()) &&
         !std::binary_search(neighbours.begin(), neighbours.end(), dealer);
}

MaskGraph::MaskGraph(const std::map<PartnerIndex, ShareKeysHeader>& headers) {
  for (const auto& [dealer, header] : headers) masks_with_[dealer].reserve(2 * header.neighbours.size());
  for (const auto& [dealer, header] : headers) {
    for (const PartnerIndex holder : header.neighbours) {
      dealers_to_[holder].push_back(dealer);
      if (holder == dealer || !headers.contains(holder)) continue;
      masks_with_[dealer].push_back(holder);
      masks_with_[holder].push_back(dealer);
    }
  }
  for (auto& [partner, others] : masks_with_) {
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    others.shrink_to_fit();
  }
}

const std::vector<PartnerIndex>& MaskGraph::dealers_to(PartnerIndex holder) const {
  static const std::vector<PartnerIndex> kNone;
  const auto found = dealers_to_.find(holder);
  return found == dealers_to_.end() ? kNone : found->second;
}

}  // namespace bauta
