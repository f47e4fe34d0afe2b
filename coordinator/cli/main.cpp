// bauta: the operator's command.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <set>
#include <thread>

#include "common/base/file.h"
#include "common/base/stop_signal.h"
#include "common/base/uuid.h"
#include "common/crypto/system_random.h"
#include "common/net/http_target.h"
#include "coordinator/cli/api_client.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/output.h"

namespace bauta::coordinator {
namespace {

constexpr std::uint64_t kMaxPlanFile = 1024 * 1024;
constexpr Milliseconds kWatchPause{500};
constexpr std::chrono::minutes kWatchPatience{5};

/// What a coordinator that is restarted answers, or does not.
bool is_away(ErrorCode code) {
  return code == ErrorCode::unreachable || code == ErrorCode::busy || code == ErrorCode::timeout ||
         code == ErrorCode::tls;
}

struct Options {
  ServerSettings server;
  std::string format = "table";
  std::string name;
  std::string plan;
  std::string id;
  std::string out;
};

const std::vector<std::string_view> kRunColumns = {
    "run_id", "name", "state", "rounds_done", "rounds_total", "dropouts_survived", "mean_auc", "model_hash"};
const std::vector<std::string_view> kRoundColumns = {
    "round_no", "attempt", "state", "phase", "cohort", "u1", "u2", "u3", "mean_auc", "mean_log_loss", "void_reason"};
const std::vector<std::string_view> kModelColumns = {"hash", "run_id", "round_no", "bytes", "created_at"};
const std::vector<std::string_view> kPartnerColumns = {"partner_id", "weight", "status", "present", "last_seen"};

class Command {
 public:
  Command(const Options& options, ApiClient& api) : options_(options), api_(api) {}

  Status create_run() {
    BAUTA_TRY(const std::string plan, read_text_file(options_.plan, kMaxPlanFile));
    SystemRandom random;
    const std::string key = make_uuid_v7(SystemClock().wall(), random);
    return print_object(api_.post("/v1/runs", {{"name", options_.name}, {"plan", plan}}, key));
  }
  Status start_run() { return print_object(api_.post(run_target() + "/start", Json())); }
  Status stop_run() { return print_object(api_.post(run_target() + "/stop", Json())); }
  Status show_run() { return print_object(api_.get(run_target())); }
  Status list_runs() { return print_list(api_.get_all("/v1/runs", "runs"), kRunColumns); }
  Status list_rounds() { return print_list(api_.get_all(run_target() + "/rounds", "rounds"), kRoundColumns); }
  Status list_models() { return print_list(api_.get("/v1/models"), kModelColumns); }
  Status show_model() {
    BAUTA_TRY(const std::string hash, model_hash());
    return print_object(api_.get(model_target(hash)));
  }
  Status list_partners() { return print_list(api_.get("/v1/partners"), kPartnerColumns); }
  Status revoke_partner() { return print_object(api_.post(partner_target() + "/revoke", Json())); }
  Status reinstate_partner() { return print_object(api_.post(partner_target() + "/reinstate", Json())); }

  Status download_model() {
    BAUTA_TRY(const std::string hash, model_hash());
    BAUTA_RETURN_IF_ERROR(api_.download(model_target(hash) + "/file", options_.out));
    if (options_.format == "json") fmt::print("{}\n", Json({{"hash", hash}, {"file", options_.out}}).dump());
    return {};
  }

  Status watch_run() {
    const bool terminal = isatty(STDOUT_FILENO) != 0 && options_.format != "json";
    std::string shown;
    const SystemClock clock;
    SteadyTime last_seen = clock.steady();
    bool away = false;
    while (true) {
      const auto answer = api_.get(run_target());
      if (!answer.ok() && !shown.empty() && is_away(answer.error().code) &&
          clock.steady() - last_seen < kWatchPatience) {
        // A restart of the coordinator is no end of the run.
        if (!away) fmt::print(stderr, "{}bauta: {}; waiting for it\n", terminal ? "\n" : "", answer.error().message);
        away = true;
        std::this_thread::sleep_for(kWatchPause);
        continue;
      }
      if (!answer.ok()) return answer.error();
      last_seen = clock.steady();
      away = false;
      const Json& run = *answer;
      const std::string state = run.value("state", "");
      const std::string line = options_.format == "json" ? run.dump() : progress_text(run);
      if (line != shown) {
        fmt::print("{}{}{}", terminal ? "\r\x1b[K" : "", line, terminal ? "" : "\n");
        std::fflush(stdout);
        shown = line;
      }
      if (state == "finished" || state == "failed" || state == "stopped") {
        if (terminal) fmt::print("\n");
        if (state == "finished") return {};
        const auto reason = run.find("reason");
        return Error{ErrorCode::cancelled,
                     fmt::format("the run {}: {}", state,
                                 reason != run.end() && reason->is_string() ? reason->get<std::string>()
                                                                            : std::string("no reason is known"))};
      }
      std::this_thread::sleep_for(kWatchPause);
    }
  }

 private:
  std::string run_target() const { return "/v1/runs/" + percent_encode(options_.id); }
  static std::string model_target(const std::string& hash) { return "/v1/models/" + percent_encode(hash); }
  std::string partner_target() const { return "/v1/partners/" + percent_encode(options_.id); }

  /// A hash may be shortened to its beginning, as tables show it.
  Result<std::string> model_hash() {
    std::string beginning = options_.id;
    for (char& c : beginning) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    if (beginning.size() >= kHashDigits) return beginning;
    if (beginning.empty()) return Error{ErrorCode::invalid_argument, "the hash is empty"};
    BAUTA_TRY(const Json models, api_.get("/v1/models"));
    std::set<std::string> found;
    for (const Json& model : models) {
      const std::string hash = model.value("hash", "");
      if (hash.starts_with(beginning)) found.insert(hash);
    }
    if (found.size() == 1) return *found.begin();
    return Error{ErrorCode::not_found, fmt::format("{} of the models listed begin with '{}'; give more of the hash",
                                                   found.empty() ? "none" : std::to_string(found.size()), options_.id)};
  }

  Status print_object(Result<Json> answer) const {
    if (!answer.ok()) return std::move(answer).error();
    fmt::print("{}", options_.format == "json" ? answer->dump(2) + "\n" : object_text(*answer));
    return {};
  }
  Status print_list(Result<Json> answer, const std::vector<std::string_view>& columns) const {
    if (!answer.ok()) return std::move(answer).error();
    fmt::print("{}", options_.format == "json" ? answer->dump(2) + "\n" : table_text(*answer, columns));
    return {};
  }

  const Options& options_;
  ApiClient& api_;
};

using Function = Status (Command::*)();

int main_with(int argc, char** argv) {
  CLI::App app{"Operates a Bauta coordinator: runs, rounds, models, partners."};
  app.name("bauta");
  app.set_version_flag("--version", "bauta " BAUTA_VERSION);
  app.require_subcommand(1);
  Options options;
  app.add_option("--server", options.server.url, "https://HOST:PORT of the operator listener")->envname("BAUTA_SERVER");
  app.add_option("--ca", options.server.ca_file, "PEM file of the CA that signed the server's certificate")
      ->envname("BAUTA_CA");
  app.add_option("--token-file", options.server.token_file, "file with the bearer token")->envname("BAUTA_TOKEN_FILE");
  app.add_option("-o,--output", options.format, "json or table")->check(CLI::IsMember({"json", "table"}));

  Function function = nullptr;
  const auto group = [&](const char* name, const char* help) {
    CLI::App* sub = app.add_subcommand(name, help)->require_subcommand(1);
    sub->fallthrough();
    return sub;
  };
  const auto add = [&](CLI::App* parent, const char* name, const char* help, Function call, const char* id) {
    CLI::App* sub = parent->add_subcommand(name, help);
    sub->fallthrough();
    if (id) sub->add_option(id, options.id, "which one")->required();
    sub->callback([&function, call] { function = call; });
    return sub;
  };
  CLI::App* runs = group("runs", "Training runs");
  CLI::App* create =
      add(runs, "create", "Makes a run from a plan; it trains once started", &Command::create_run, nullptr);
  create->add_option("--name", options.name, "a name for people")->required();
  create->add_option("--plan", options.plan, "plan.toml, as the partners have allowed it")->required();
  add(runs, "start", "Starts a run, or queues it behind the one that trains", &Command::start_run, "run_id");
  add(runs, "stop", "Stops a run; a certified round is finished first", &Command::stop_run, "run_id");
  add(runs, "show", "Shows one run", &Command::show_run, "run_id");
  add(runs, "list", "Lists all runs, newest first", &Command::list_runs, nullptr);
  add(runs, "watch", "Follows a run to its end; exit 0 when it finished", &Command::watch_run, "run_id");
  add(&app, "rounds", "Lists the rounds of a run, newest first", &Command::list_rounds, "run_id");
  CLI::App* models = group("models", "Models");
  add(models, "list", "Lists models, newest first", &Command::list_models, nullptr);
  add(models, "show", "Shows one model", &Command::show_model, "hash");
  add(models, "download", "Fetches a model's file", &Command::download_model, "hash")
      ->add_option("--out", options.out, "where to write it")
      ->required();
  CLI::App* partners = group("partners", "Partners of the federation");
  add(partners, "list", "Lists the partners and whether they are there", &Command::list_partners, nullptr);
  add(partners, "revoke", "Refuses every request of a partner from now on", &Command::revoke_partner, "partner_id");
  add(partners, "reinstate", "Takes a revocation back", &Command::reinstate_partner, "partner_id");
  if (const auto exit = parse_command_line(app, argc, argv)) return *exit;
  // Not CLI11's required(): a missing one must not hide a wrong command.
  if (options.server.url.empty()) return wrong_usage(app, "--server or BAUTA_SERVER is needed");
  if (options.server.ca_file.empty()) return wrong_usage(app, "--ca or BAUTA_CA is needed");
  if (options.server.token_file.empty()) return wrong_usage(app, "--token-file or BAUTA_TOKEN_FILE is needed");
  ignore_write_signals();
  const SystemClock clock;
  const auto run = [&]() -> Status {
    BAUTA_TRY(ApiClient api, ApiClient::create(options.server, clock));
    Command command(options, api);
    return (command.*function)();
  };
  const Status status = run();
  if (status.ok()) return 0;
  fmt::print(stderr, "bauta: {}\n", status.error().message);
  return 1;
}

}  // namespace
}  // namespace bauta::coordinator

int main(int argc, char** argv) {
  try {
    return bauta::coordinator::main_with(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bauta: {}\n", error.what());
    return 1;
  }
}
