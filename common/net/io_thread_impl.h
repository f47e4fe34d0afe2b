// The Asio side of IoThread; only for common/net.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "common/base/worker.h"
#include "common/net/io_thread.h"

namespace bauta {

struct IoThread::Impl {
  explicit Impl(std::size_t disk_threads);
  ~Impl();

  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  Worker disk;
  std::thread thread;
};

}  // namespace bauta
