#include "coordinator/api/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace bauta::coordinator {

using prometheus::BuildCounter;
using prometheus::BuildGauge;

struct Metrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& events =
      BuildCounter().Name("bauta_http_events_total").Help("What happened on the listeners").Register(registry);
  prometheus::Family<prometheus::Counter>& bytes =
      BuildCounter().Name("bauta_http_bytes_total").Help("Bytes of requests and responses").Register(registry);
  prometheus::Family<prometheus::Gauge>& gauges =
      BuildGauge().Name("bauta_coordinator").Help("State of the coordinator, by what").Register(registry);

  void set(const char* what, double value) { gauges.Add({{"what", what}}).Set(value); }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::count(const HttpEvent& event) {
  impl_->events
      .Add({{"listener", event.listener},
            {"kind", std::string(to_string(event.kind))},
            {"status", std::to_string(event.status)}})
      .Increment();
  impl_->bytes.Add({{"listener", event.listener}, {"direction", "in"}}).Increment(static_cast<double>(event.bytes_in));
  impl_->bytes.Add({{"listener", event.listener}, {"direction", "out"}})
      .Increment(static_cast<double>(event.bytes_out));
}

void Metrics::observe(const RunnerState& state, std::size_t partners_present, std::uint64_t spool_bytes) {
  impl_->set("runs_active", state.run_active ? 1 : 0);
  impl_->set("rounds_finished", static_cast<double>(state.rounds_finished));
  impl_->set("attempts_void", static_cast<double>(state.attempts_void));
  impl_->set("round_no", static_cast<double>(state.round_no));
  impl_->set("attempt", static_cast<double>(state.attempt));
  impl_->set("phase", static_cast<double>(state.phase));
  impl_->set("partners_present", static_cast<double>(partners_present));
  impl_->set("spool_bytes", static_cast<double>(spool_bytes));
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(impl_->registry.Collect()); }

}  // namespace bauta::coordinator
