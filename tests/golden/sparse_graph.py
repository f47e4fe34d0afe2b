"""Which graph a plan prescribes for a cohort, docs/protocol.md §6."""
import functools
import math

SECURITY, CORRECTNESS = -40 * math.log(2), -20 * math.log(2)
NEVER = -math.inf


def log_sum(terms):
    terms = [term for term in terms if term != NEVER]
    if not terms:
        return NEVER
    most = max(terms)
    return most + math.log(math.fsum(math.exp(term - most) for term in terms))


@functools.cache
def log_factorial(n):
    return math.lgamma(n + 1)


def log_choose(n, k):
    return log_factorial(n) - log_factorial(k) - log_factorial(n - k) if 0 <= k <= n else NEVER


def log_drawn(everybody, marked, draws, counts):
    """Of `draws` from `everybody` without replacement, that as many as one of `counts` are `marked`."""
    return min(0.0, log_sum(log_choose(marked, j) + log_choose(everybody - marked, draws - j) - log_choose(everybody, draws)
                            for j in counts))


def living_needed(degree):
    return (3 * degree + 4) // 5


def log_opened(n, f, n_min, k, t):
    others = n_min - 1
    draws, colluders = min(k, others), min(f, others)
    return math.log(n) + log_drawn(others, colluders, draws, range(t, min(draws, colluders) + 1))


def log_cut_off(m, f, n_min, k, part):
    honest = m - f
    marked = part + f - 1
    within = log_choose(honest, part) + part * log_drawn(m - 1, marked, k, range(living_needed(k), min(k, marked) + 1))
    terms = []
    stretch = max(1, (honest - part) // 64)
    for other in range(max(part, n_min - f - part), honest - part + 1, stretch):
        choices = log_factorial(honest) - log_factorial(part) - log_factorial(other) - log_factorial(honest - part - other)
        all_draws = log_choose(m - 1, k)
        terms.append(math.log(stretch) + choices + part * (log_choose(m - 1 - other, k) - all_draws) +
                     other * (log_choose(m - 1 - part, k) - all_draws))
    return min(within, log_sum(terms))


def log_any_cut_off(n, f, n_min, k):
    worst = NEVER
    for m in (n, n_min + (n - n_min) // 2, n_min):
        if m <= f + 1 or k > m - 1:
            continue
        terms, part = [], 1
        while part <= (m - f) // 2:
            stretch = max(1, part // 64)
            terms.append(math.log(stretch) + log_cut_off(m, f, n_min, k, part))
            part += stretch
        worst = max(worst, log_sum(terms))
    return worst


def find(n, f, n_min, dropout):
    """(k, t), or None."""
    each = SECURITY - math.log(2)
    living = n - 1 - min(n - 1, math.floor(dropout * n))
    for k in range(2, n_min - 1 if f + 1 < n_min <= n else 2):
        t = next((t for t in range(2, k + 1) if log_opened(n, f, n_min, k, t) <= each), None)
        if t is None:
            continue
        lost = math.log(n) + log_drawn(n - 1, living, k, range(min(max(t, living_needed(k)), k + 1)))
        if lost <= CORRECTNESS and log_any_cut_off(n, f, n_min, k) <= each:
            return k, t
    return None


def choose(n, f, complete_t, n_min, dropout, vector_bytes, work_budget):
    """(graph, k, t)."""
    work = lambda neighbours: neighbours * (vector_bytes + 2**20)
    if work(n - 1) <= work_budget:
        return 1, 0, complete_t
    found = find(n, f, n_min, dropout)
    if found is None or 2 * work(2 * found[0]) >= work(n - 1):
        return 1, 0, complete_t
    return 2, *found
