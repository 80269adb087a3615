"""Solves one instance with one solver: peers.py NAME FILE. Prints one line of JSON."""

import json
import resource
import sys
import time

import numpy as np


def read(path):
    data = np.fromfile(path, dtype=np.uint8)
    requests, mentors, edges = (int(n) for n in data[8:32].view("<u8"))
    at = 32
    starts = data[at : at + 8 * (requests + 1)].view("<u8").astype(np.int64)
    at += 8 * (requests + 1)
    mentor = data[at : at + 4 * edges].view("<u4").astype(np.int64)
    weight = data[at + 4 * edges : at + 8 * edges].view("<u4").astype(np.int64)
    places = data[at + 8 * edges :].astype(np.int64)
    request = np.repeat(np.arange(requests, dtype=np.int64), np.diff(starts))
    return requests, mentors, request, mentor, weight, places


def timed(work):
    began, worked = time.perf_counter(), time.process_time()
    result = work()
    return result, {"solve_s": time.perf_counter() - began, "cpu_s": time.process_time() - worked}


def or_tools(requests, mentors, request, mentor, weight, places):
    from ortools.graph.python import min_cost_flow

    flow = min_cost_flow.SimpleMinCostFlow()
    source, sink = requests + mentors, requests + mentors + 1
    r, m = np.arange(requests), np.arange(mentors) + requests
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([np.full(requests, source), request, m]),
        np.concatenate([r, mentor + requests, np.full(mentors, sink)]),
        np.concatenate([np.ones(requests, np.int64), np.ones(len(request), np.int64), places]),
        np.concatenate([np.zeros(requests, np.int64), -weight, np.zeros(mentors, np.int64)]),
    )
    supply = min(requests, int(places.sum()))
    flow.set_node_supply(source, supply)
    flow.set_node_supply(sink, -supply)
    status, took = timed(flow.solve_max_flow_with_min_cost)
    if status != flow.OPTIMAL:
        sys.exit(f"status {status}")
    used = flow.flows(arcs[requests : requests + len(request)]) > 0
    return used, took


def highs(requests, mentors, request, mentor, weight, places):
    import highspy

    edges = len(request)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = edges, requests + mentors
    # What a match counts beside weights up to one: enough for the same result on such instances,
    # which its figures show. With more than all weights together HiGHS takes many times as long.
    lp.col_cost_ = -(100.0 + weight / 1e6)
    lp.col_lower_, lp.col_upper_ = np.zeros(edges), np.full(edges, highspy.kHighsInf)
    lp.row_lower_ = np.full(requests + mentors, -highspy.kHighsInf)
    lp.row_upper_ = np.concatenate([np.ones(requests), places.astype(float)])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.arange(0, 2 * edges + 1, 2, dtype=np.int32)
    lp.a_matrix_.index_ = np.column_stack([request, mentor + requests]).astype(np.int32).ravel()
    lp.a_matrix_.value_ = np.ones(2 * edges)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("solver", "simplex")
    solver.passModel(lp)
    _, took = timed(solver.run)
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        sys.exit(f"status {solver.getModelStatus()}")
    return np.array(solver.getSolution().col_value) > 0.5, took


def main():
    name, path = sys.argv[-2:]
    instance = read(path)
    used, took = {"or-tools": or_tools, "highs": highs}[name](*instance)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures = {"matched": int(used.sum()), "score": int(instance[4][used].sum()), "peak_mib": peak}
    print(json.dumps(figures | took))


main()
