#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include "common/base/thread_team.h"
#include "tests/bench/experiments/full_ranking.h"
#include "tests/bench/experiments/next_item_training.h"
#include "tests/bench/must.h"
using namespace bauta;
using namespace bauta::experiment;
int main(int argc, char** argv) {
  CLI::App app;
  std::string data, service = "Beauty";
  Recipe recipe;
  recipe.training.weights = {1, 0, 0, 0, 0, 0};
  ModelSettings model; model.table_rows = 65536; model.token_width = 32; model.width = 64; model.history = 50;
  FederatedRecipe fed;
  std::string services;
  unsigned threads = 2; std::size_t persons = 0;
  app.add_option("--data", data)->required();
  app.add_option("--service", service);
  app.add_option("--persons", persons);
  app.add_option("--threads", threads);
  app.add_option("--lr", recipe.training.learning_rate);
  app.add_option("--dropout", recipe.training.dropout);
  app.add_option("--state", recipe.training.state_dropout);
  app.add_option("--id", recipe.id_dropout);
  app.add_option("--candidates", recipe.training.candidates);
  app.add_option("--batch", recipe.training.batch_size);
  app.add_option("--steps", recipe.steps);
  app.add_option("--history", model.history);
  app.add_option("--width", model.width);
  app.add_option("--rows", model.table_rows);
  CLI11_PARSE(app, argc, argv);
  ThreadTeam team(threads);
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  const S3RecService s = load_s3rec(data, service, persons);
  Learner learner(s, model, recipe);
  std::fprintf(stderr, "loaded %.1f s\n", seconds());
  const Trained t = train_alone(learner, 1, team.executor());
  std::printf("%s lr %g dropout %g state %g id %g cand %u batch %u steps %u hist %u width %u: best %.5f at %u; %.1f s\n", service.c_str(),
              recipe.training.learning_rate, recipe.training.dropout, recipe.training.state_dropout, recipe.id_dropout,
              recipe.training.candidates, recipe.training.batch_size, recipe.steps, model.history, model.width, t.validation_ndcg, t.best_step, seconds());
}
