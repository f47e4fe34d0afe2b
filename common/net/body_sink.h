// Where the bytes of a streamed body go, piece by piece.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace bauta {

/// Used by one thread at a time. On the server write() and finish() run on the disk threads, and the destructor on the
/// control thread: before finish() it means that the sender vanished or was too slow, and what has been written may be
/// kept for resuming. An error ends the request and is answered as it stands.
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual Status write(ByteView piece) = 0;
  /// After the last byte: flush, fsync, compare digests.
  virtual Status finish() = 0;
};

}  // namespace bauta
