#include "common/net/io_thread.h"

#include <pthread.h>

#include "common/net/io_thread_impl.h"

namespace bauta {

IoThread::Impl::Impl(std::size_t disk_threads) : disk("bauta-disk", disk_threads) {
  thread = std::thread([this] {
    pthread_setname_np(pthread_self(), "bauta-io");
    context.run();
  });
}

IoThread::Impl::~Impl() {
  disk.stop();
  work.reset();
  context.stop();
  thread.join();
}

IoThread::IoThread(std::size_t disk_threads) : impl_(std::make_unique<Impl>(disk_threads)) {}
IoThread::~IoThread() = default;

}  // namespace bauta
