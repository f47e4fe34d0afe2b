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


def log_within(n, f, n_min, k, part):
    others = n_min - 1
    near = min(others, part + f - 1)
    return log_choose(n - f, part) + part * log_drawn(others, near, k, range(living_needed(k), min(k, near) + 1))


def log_between(n, f, n_min, k, part):
    honest = n - f
    all_draws = log_choose(n - 1, k)

    def term(other):
        return (log_factorial(honest) - log_factorial(part) - log_factorial(other) - log_factorial(honest - part - other) +
                part * (log_choose(n - 1 - other, k) - all_draws) + other * (log_choose(n - 1 - part, k) - all_draws))

    low, high = max(part, n_min - f - part), honest - part
    count = high - low + 1
    while low < high:  # the term is concave
        middle = (low + high) // 2
        low, high = (middle + 1, high) if term(middle) < term(middle + 1) else (low, middle)
    return math.log(count) + term(low)


def log_any_cut_off(n, f, n_min, k):
    return log_sum(min(log_within(n, f, n_min, k, part), log_between(n, f, n_min, k, part))
                   for part in range(1, (n - f) // 2 + 1))


def find(n, f, n_min, dropout, most_degree=math.inf):
    """(k, t), or None."""
    each = SECURITY - math.log(2)
    living = n - 1 - min(n - 1, math.floor(dropout * n))
    for k in range(2, min(n_min - 2, most_degree) + 1 if f + 1 < n_min <= n else 2):
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
    found = find(n, f, n_min, dropout, n // 4)
    if found is None or 2 * work(2 * found[0]) >= work(n - 1):
        return 1, 0, complete_t
    return 2, *found
