// SystemC: a method process for each client, woken by next_trigger or an event.
//   systemc LOAD N COUNT
#include "common.h"
#include <random>
#include <systemc>
#include <vector>

using namespace sc_core;

static Increments increments;
static long left, cycles, cancelled, target;

static sc_time ns(int64_t n) { return sc_time(double(n), SC_NS); }

struct Holder : sc_module {
    SC_HAS_PROCESS(Holder);
    explicit Holder(sc_module_name name) : sc_module(name) { SC_METHOD(ring); }
    void ring() {
        if (begun && --left == 0) {
            sc_stop();
            return;
        }
        begun = true;
        next_trigger(ns(increments.next()));
    }
    bool begun = false;
};

struct Guarded : sc_module {
    SC_HAS_PROCESS(Guarded);
    explicit Guarded(sc_module_name name) : sc_module(name) {
        SC_METHOD(guardRings);
        sensitive << guard;
        dont_initialize();
        SC_METHOD(workComes);
        sensitive << work;
    }
    void guardRings() { waiting = false; }
    void workComes() {
        if (begun) {
            if (waiting) {
                guard.cancel();
                cancelled++;
            }
            if (++cycles == target) {
                sc_stop();
                return;
            }
        }
        begun = waiting = true;
        guard.notify(ns(kGuardAfter));
        work.notify(ns(increments.next()));
    }
    sc_event guard, work;
    bool begun = false, waiting = false;
};

struct Queue : sc_module {
    SC_HAS_PROCESS(Queue);
    explicit Queue(sc_module_name name) : sc_module(name) {
        SC_METHOD(arrive);
        sensitive << arrival;
        SC_METHOD(depart);
        sensitive << departure;
        dont_initialize();
    }
    void arrive() {
        if (begun) {
            if (++offered == target) {
                sc_stop();
                return;
            }
            if (inside == kRoom) refused++;
            else if (++inside == 1) departure.notify(sc_time(service(words), SC_SEC));
        }
        begun = true;
        arrival.notify(sc_time(between(words), SC_SEC));
    }
    void depart() {
        if (--inside > 0) departure.notify(sc_time(service(words), SC_SEC));
    }
    sc_event arrival, departure;
    std::mt19937_64 words{1};
    std::exponential_distribution<double> between{kArrivalRate}, service{1};
    long offered = 0, refused = 0;
    int inside = 0;
    bool begun = false;
};

int sc_main(int argc, char** argv) {
    if (argc < 4) return 2;
    Job job(argv);
    sc_set_time_resolution(1, SC_NS);
    left = target = job.count;
    std::vector<sc_module*> clients;
    Queue* queue = nullptr;
    for (long i = 0; i < job.n; i++) {
        std::string name = "c" + std::to_string(i);
        if (job.load == "hold") clients.push_back(new Holder(name.c_str()));
        else if (job.load == "timers") clients.push_back(new Guarded(name.c_str()));
    }
    if (job.load == "mm1k") clients.push_back(queue = new Queue("queue"));
    if (clients.empty()) return 0;
    sc_start(SC_ZERO_TIME); // all processes have begun
    double start = cpuSeconds();
    sc_start();
    double seconds = cpuSeconds() - start;
    char check[80];
    if (queue) std::snprintf(check, sizeof check, "block %.5f", double(queue->refused) / queue->offered);
    else if (job.load == "timers") std::snprintf(check, sizeof check, "cancelled %.4f", double(cancelled) / cycles);
    else std::snprintf(check, sizeof check, "clock %.3f", sc_time_stamp().to_seconds());
    job.report("SystemC", seconds, check);
    std::fflush(stdout);
    _exit(0); // the time to destroy a million modules is not measured
}
