"""One round of Flower's SecAgg+ in one process, by Flower's own functions, timed.

    python flowerSecAgg.py VECTOR CLIENTS THRESHOLD DROPOUTS MEASURED

VECTOR holds little-endian float32 numbers; client i's update is the same numbers rotated i places to the right.
DROPOUTS, e.g. 0,2,5, are numbers of clients that vanish once they have shared their keys: keys and shares are made once,
masked vectors are collected and unmasked for each. Of the clients so many as MEASURED are timed, the median counts.

The client's acts are _setup, _share_keys, _collect_masked_vectors and _unmask of secaggplus_mod.py, the server's are the
stages of SecAggPlusWorkflow; what lies between them (grid, links, records on their way) is not timed. The graph is
complete: as many shares as clients. Where the work goes is told by timing the functions that those modules call.
Seconds are of the processor, all threads together. Prints one JSON object.
"""

import copy
import functools
import json
import sys
import time
from importlib import import_module
from importlib.metadata import version
from statistics import median
from types import SimpleNamespace

import numpy as np
from flwr.common import Code, FitIns, FitRes, Parameters, Status, ndarrays_to_parameters
from flwr.common.secure_aggregation.secaggplus_constants import RECORD_KEY_CONFIGS, Key, Stage
from flwr.compat.common.recorddict_compat import fitres_to_recorddict

# Their packages export functions under the names of these modules.
client = import_module("flwr.client.mod.secure_aggregation.secaggplus_mod")
server = import_module("flwr.server.workflow.secure_aggregation.secaggplus_workflow")

SAMPLES = 100  # of every client: the mean of the updates is a plain one
KINDS = {
    "mask": ["pseudo_rand_gen", "parameters_addition", "parameters_subtraction", "parameters_mod"],
    "secrets": [
        "generate_shared_key",
        "bytes_to_private_key",
        "bytes_to_public_key",
        "decrypt",
        "share_keys_plaintext_separate",
        "combine_shares",
    ],
}

spent = dict.fromkeys(KINDS, 0.0)
folded = {32: [], 44: []}  # what pseudo_rand_gen's seeds of so many bytes come to


def timed(kind, act):
    @functools.wraps(act)
    def wrapper(*args):
        before = time.process_time()
        result = act(*args)
        spent[kind] += time.process_time() - before
        return result

    return wrapper


def fold(seed):
    """As pseudo_rand_gen does."""
    words = np.frombuffer(seed, "<u4")
    return int(np.bitwise_xor.reduce(words))


def watch_seeds(act):
    def wrapper(seed, *args):
        folded[len(seed)].append(fold(seed))
        return act(seed, *args)

    return wrapper


def instrument():
    for module in (client, server):
        for kind, names in KINDS.items():
            for name in names:
                if hasattr(module, name):
                    setattr(module, name, timed(kind, getattr(module, name)))
        module.pseudo_rand_gen = watch_seeds(module.pseudo_rand_gen)


def measure(act, *args):
    """What act returns; the seconds it took, and those of them that went into each kind of work."""
    for kind in spent:
        spent[kind] = 0.0
    before = time.process_time()
    result = act(*args)
    return result, {"total": time.process_time() - before, **spent}


def message(content, dst_node_id, **_):
    """What the workflow sends. Flower's own class asks who runs it."""
    return SimpleNamespace(content=content, metadata=SimpleNamespace(dst_node_id=dst_node_id))


def medians(costs):
    return {kind: median(cost[kind] for cost in costs) for kind in costs[0]}


class Cohort:
    """The grid that Flower's workflow talks to: every client in turn, without a wire between."""

    def __init__(self, vector, count, measured):
        self.vector, self.measured = vector, measured
        self.clients = {nid: client.SecAggPlusState(nid=nid) for nid in range(1, count + 1)}
        self.dropped, self.costs, self.bytes, self.masked = set(), {}, {}, {}
        self.away = 0.0  # seconds not spent by the server

    def updates(self, nid):
        return np.roll(self.vector, nid - 1)

    def send_and_receive(self, messages, timeout):
        before, of_server = time.process_time(), dict(spent)
        replies = [self.reply(message) for message in messages if message.metadata.dst_node_id not in self.dropped]
        spent.update(of_server)
        self.away += time.process_time() - before
        return replies

    def reply(self, message):
        nid = message.metadata.dst_node_id
        configs = dict(message.content.config_records[RECORD_KEY_CONFIGS])
        stage = configs.pop(Key.STAGE)
        content = fitres_to_recorddict(FitRes(Status(Code.OK, ""), Parameters([], "numpy.ndarray"), SAMPLES, {}), True)
        content.config_records[RECORD_KEY_CONFIGS] = server.ConfigRecord(self.answer(nid, stage, configs))
        return SimpleNamespace(content=content, metadata=SimpleNamespace(src_node_id=nid), has_error=lambda: False)

    def answer(self, nid, stage, configs):
        # A masked vector is the same whoever drops out later.
        if stage == Stage.COLLECT_MASKED_VECTORS and nid in self.masked:
            return self.masked[nid]
        state = self.clients[nid]
        if stage == Stage.COLLECT_MASKED_VECTORS:
            parameters = ndarrays_to_parameters([self.updates(nid)])
            answer, cost = measure(client._collect_masked_vectors, state, configs, SAMPLES, parameters)
            self.masked[nid] = answer
        else:
            act = {Stage.SETUP: client._setup, Stage.SHARE_KEYS: client._share_keys, Stage.UNMASK: client._unmask}[stage]
            answer, cost = measure(act, state, configs)
        if nid <= self.measured:
            self.costs.setdefault(stage, []).append(cost)
            self.bytes[stage] = payload(answer.values())
        return answer


def payload(values):
    """Bytes of what is sent: byte strings, and eight for each number."""
    return sum(len(v) if isinstance(v, bytes) else payload(v) if isinstance(v, list) else 8 for v in values)


class Sample:
    """As many stages of a workflow's context as the stages ask for: who takes part, and what came out."""

    def __init__(self, count):
        self.state = SimpleNamespace(
            config_records={server.MAIN_CONFIGS_RECORD: {server.WorkflowKey.CURRENT_ROUND: 1}},
            array_records={server.MAIN_PARAMS_RECORD: server.compat.parameters_to_arrayrecord(Parameters([], ""), True)},
        )
        self.client_manager = SimpleNamespace(num_available=lambda: count)
        self.strategy, self.mean = self, None
        self.proxies = [SimpleNamespace(node_id=nid) for nid in range(1, count + 1)]

    def configure_fit(self, *_):
        return [(proxy, FitIns(Parameters([], "numpy.ndarray"), {})) for proxy in self.proxies]

    def aggregate_fit(self, _, results, failures):
        self.mean = client.parameters_to_ndarrays(results[0][1].parameters)
        return None, {}


def stage(act, grid, context, state):
    """Runs one stage of the workflow; what the server itself spent on it."""
    grid.away = 0.0
    before = time.process_time()
    for kind in spent:
        spent[kind] = 0.0
    if not act(grid, context, state):
        raise SystemExit(f"Flower halted in {act.__name__}.")
    return {"total": time.process_time() - before - grid.away, **spent}


def main():
    path, count, threshold, dropouts, measured = sys.argv[1:]
    count, threshold = int(count), int(threshold)
    vector = np.fromfile(path, "<f4")
    instrument()
    server.Message = message
    workflow = server.SecAggPlusWorkflow(count, threshold)
    grid, context, state = Cohort(vector, count, int(measured)), Sample(count), server.WorkflowState()
    routing = [stage(act, grid, context, state) for act in (workflow.setup_stage, workflow.share_keys_stage)]
    rounds = []
    for dropped in map(int, dropouts.split(",")):
        # Every third client: so that those who are left have smaller and larger numbers than those who are gone.
        grid.dropped = set([nid for nid in grid.clients if nid % 3 == 0][:dropped])
        this = copy.deepcopy(state)
        grid.costs.pop(Stage.UNMASK, None)
        sums = stage(workflow.collect_masked_vectors_stage, grid, context, this)
        unmask = stage(workflow.unmask_stage, grid, context, this)
        left = [grid.updates(nid) for nid in grid.clients if nid not in grid.dropped]
        error = float(np.max(np.abs(context.mean[0] - np.mean(left, axis=0))))
        if error > 1e-4:
            raise SystemExit(f"Flower's mean is wrong by {error} with {dropped} dropouts.")
        answer = medians(grid.costs[Stage.UNMASK])
        rounds.append({"dropped": dropped, "sum": sums, "unmask": unmask, "answer": answer, "answerBytes": grid.bytes[Stage.UNMASK]})
    varying = {size: np.bitwise_or.reduce(seeds) & ~np.bitwise_and.reduce(seeds) for size, seeds in folded.items()}
    print(
        json.dumps(
            {
                "versions": {name: version(name) for name in ("flwr", "numpy", "cryptography", "pycryptodome")},
                "selfSeedBits": int(varying[32]).bit_count(),
                "edgeSeedBits": int(varying[44]).bit_count(),
                "client": {name: medians(costs) for name, costs in grid.costs.items() if name != Stage.UNMASK},
                "bytes": {name: size for name, size in grid.bytes.items() if name != Stage.UNMASK},
                "routing": [cost["total"] for cost in routing],
                "rounds": rounds,
            }
        )
    )


main()
