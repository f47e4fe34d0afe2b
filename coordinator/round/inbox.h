// The messages of one phase, at most one a partner, kept as received. Same bytes again are a repeat and get the same
// answer; other bytes under the same partner are a conflict.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/federation/roster.h"

namespace bauta::coordinator {

class Inbox {
 public:
  /// True for a repeat, false for a first message, `conflict` for other bytes than before.
  Result<bool> is_repeat(PartnerIndex from, ByteView message) const {
    const auto found = messages_.find(from);
    if (found == messages_.end()) return false;
    if (std::equal(message.begin(), message.end(), found->second.begin(), found->second.end())) return true;
    return Error{ErrorCode::conflict, "another message of this partner was already accepted in this phase"};
  }

  void put(PartnerIndex from, Bytes message) { messages_.emplace(from, std::move(message)); }
  bool has(PartnerIndex from) const { return messages_.contains(from); }
  std::size_t size() const { return messages_.size(); }
  const std::map<PartnerIndex, Bytes>& all() const { return messages_; }

  /// In roster order.
  std::vector<Bytes> messages() const {
    std::vector<Bytes> list;
    for (const auto& [partner, message] : messages_) list.push_back(message);
    return list;
  }
  std::vector<PartnerIndex> partners() const {
    std::vector<PartnerIndex> list;
    for (const auto& [partner, message] : messages_) list.push_back(partner);
    return list;
  }

 private:
  std::map<PartnerIndex, Bytes> messages_;
};

}  // namespace bauta::coordinator
