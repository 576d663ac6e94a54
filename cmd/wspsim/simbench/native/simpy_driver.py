"""SimPy: processes for mm1k, its textbook form; callbacks, its leanest, for the others.

    simpy_driver.py LOAD N COUNT
"""
import math
import random
import resource
import sys

import simpy

ROOM, ARRIVAL_RATE, GUARD_AFTER = 10, 0.9, 0.693147180


def cpu():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime


class Increments:
    def __init__(self):
        self.state = 1
        self.value = [-math.log(1 - i / 1024) for i in range(1024)] + [-math.log(0.5 / 1024)]
        self.slope = [(b - a) / (1 << 22) for a, b in zip(self.value, self.value[1:])]

    def next(self):
        self.state = (self.state * 1664525 + 1013904223) & 0xFFFFFFFF
        i = self.state >> 22
        return self.value[i] + (self.state & ((1 << 22) - 1)) * self.slope[i]


def hold(env, n, count):
    draw, done, left = Increments().next, env.event(), [count]

    def ring(_):
        left[0] -= 1
        if left[0] == 0:
            done.succeed()
        elif left[0] > 0:
            env.timeout(draw()).callbacks.append(ring)

    for _ in range(n):
        env.timeout(draw()).callbacks.append(ring)
    return done, lambda: f"clock {env.now:.3f}"


def mm1k(env, n, count):
    words, server = random.Random(1), simpy.Resource(env, 1)
    refused = [0]

    def customer():
        with server.request() as turn:
            yield turn
            yield env.timeout(words.expovariate(1))

    def source():
        for _ in range(count):
            yield env.timeout(words.expovariate(ARRIVAL_RATE))
            if server.count + len(server.queue) == ROOM:
                refused[0] += 1
            else:
                env.process(customer())

    return env.process(source()), lambda: f"block {refused[0] / count:.5f}"


def timers(env, n, count):
    # SimPy cannot cancel: the callback is removed, the event stays on the list.
    draw, done, guards = Increments().next, env.event(), [None] * n
    seen = {"cycles": 0, "cancelled": 0}

    def rings(_):
        pass

    def arm(who):
        guards[who] = env.timeout(GUARD_AFTER)
        guards[who].callbacks.append(rings)
        env.timeout(draw()).callbacks.append(lambda _: work(who))

    def work(who):
        if guards[who].callbacks is not None:
            guards[who].callbacks.remove(rings)
            seen["cancelled"] += 1
        seen["cycles"] += 1
        if seen["cycles"] == count:
            done.succeed()
        elif seen["cycles"] < count:
            arm(who)

    for who in range(n):
        arm(who)
    return done, lambda: f"cancelled {seen['cancelled'] / seen['cycles']:.4f}"


load, n, count = sys.argv[1], int(float(sys.argv[2])), int(float(sys.argv[3]))
loads = {"hold": hold, "mm1k": mm1k, "timers": timers}
if load in loads:
    env = simpy.Environment()
    until, check = loads[load](env, n, count)
    start = cpu()
    env.run(until=until)
    print(f"RESULT\tpeer\tSimPy {simpy.__version__}\t{load}\t{n}\t{count}\t{cpu() - start:.6f}\t{check()}")
